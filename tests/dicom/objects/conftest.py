"""Makes `objects_readings` and the makers of other parts importable: tests are imported by file."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
for folder in (HERE, HERE.parent, HERE.parent.parent / "report"):
    sys.path.insert(0, str(folder))
