"""Print the report."""

from .report import report

if __name__ == "__main__":
    print("\n".join(report()))  # noqa: T201
