"""`monitor worker` of a wrong build: `python -m tests.chaos.worker MUTANT`, settings from the environment."""

import sys

from monitor.cli import main
from tests.chaos._mutants import MUTANTS

if __name__ == "__main__":
    MUTANTS[sys.argv[1]]()
    sys.argv[1:] = ["worker"]
    main()
