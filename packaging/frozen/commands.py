"""The command line of the frozen program."""

import sys

from alnreader.cli import main

if __name__ == "__main__":
    sys.exit(main())
