"""What needs no cluster: replay, evaluation, the demo."""
