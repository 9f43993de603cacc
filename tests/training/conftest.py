"""Makes `training_cohort` importable: tests are imported by file, without their folder on the path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
