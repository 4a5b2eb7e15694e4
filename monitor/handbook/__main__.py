"""`python -m monitor.handbook` writes the pages anew."""

from monitor.handbook.pages import main

if __name__ == "__main__":
    main()
