"""What the tests of an evaluation share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Evaluate = Callable[..., int]


@dataclass(frozen=True)
class Toy:
    """A cohort in the authors' layout and the bundle that was trained on it."""

    data: Path
    bundle: Path
