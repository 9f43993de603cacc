"""``python -m alnreader``."""

import sys

from alnreader.cli import main

sys.exit(main())
