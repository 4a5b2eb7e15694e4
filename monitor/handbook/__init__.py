"""What makes the pages of docs/ from the code: `python -m monitor.handbook` writes them."""
