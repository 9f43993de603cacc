"""What a double-click starts: the window."""

import sys

from alnreader.gui.launch import main

if __name__ == "__main__":
    sys.exit(main())
