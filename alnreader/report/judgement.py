"""A reader's judgement as options of a command."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from enum import StrEnum
from typing import TypeVar

from alnreader.case.assessment import (
    Assessment,
    Hilum,
    NodeCriteria,
    NodeShape,
    NodeStatus,
    Outline,
    Vascularity,
)
from alnreader.case.clock import now
from alnreader.case.errors import InvalidValueError, ProtocolError
from alnreader.case.protocol import HumanReading

_CRITERIA = {"hilum": Hilum, "shape": NodeShape, "outline": Outline, "vascularity": Vascularity}

Answer = TypeVar("Answer", bound=StrEnum)


def add_judgement(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """Add the reader, the judgement and what it rests on."""
    kept = "" if required else " (none: the first read stands)"
    parser.add_argument("--reader", required=True, metavar="NAME", help="who judges and signs")
    parser.add_argument(
        "--status", choices=[str(each) for each in NodeStatus], required=required, help=f"of the axilla{kept}"
    )
    parser.add_argument("--confidence", type=int, required=required, metavar="0-100")
    parser.add_argument("--cortex", type=float, metavar="MM", help="largest cortical thickness, by caliper")
    parser.add_argument("--focal-bulge", choices=("yes", "no"))
    for name, kind in _CRITERIA.items():
        # An option has no blanks: "not-seen".
        parser.add_argument(f"--{name}", choices=[str(each).replace(" ", "-") for each in kind])
    parser.add_argument("--remarks", default="", metavar="TEXT")


@contextlib.contextmanager
def as_entered() -> Iterator[None]:
    """Take what a case refuses in the block for wrong use of the command: it was typed."""
    try:
        yield
    except InvalidValueError as error:
        raise ProtocolError(str(error)) from error


def first_read(options: argparse.Namespace) -> Assessment:
    """Return the first read as entered.

    Raises
    ------
    ProtocolError
        If something is missing or out of range.
    """
    with as_entered():
        return _judgement(options, None)


def final_read(options: argparse.Namespace, human: HumanReading) -> Assessment:
    """Return the final read: what was entered, or the first read where that stands.

    Raises
    ------
    ProtocolError
        As `first_read`, and where nothing was entered and no first read can stand.
    """
    first = human.first_read
    if options.status is not None:
        return _judgement(options, first)
    entered = (options.confidence, options.cortex, options.focal_bulge, *map(vars(options).get, _CRITERIA))
    if any(one is not None for one in entered):
        raise ProtocolError("A judgement that differs from the first read needs its --status.")
    if first is None:
        raise ProtocolError("There is no first read that could stand: give --status and --confidence.")
    if human.versions:
        raise ProtocolError("An amendment is a judgement of its own: give --status and --confidence.")
    remarks = options.remarks or first.remarks
    return Assessment(first.status, first.confidence, options.reader, now(), first.criteria, remarks)


def _judgement(options: argparse.Namespace, first: Assessment | None) -> Assessment:
    """Return what was entered; criteria that were not are those of the first read."""
    if options.confidence is None:
        raise ProtocolError("A judgement has a confidence: give --confidence, 0 to 100.")
    base = NodeCriteria() if first is None else first.criteria
    criteria = NodeCriteria(
        base.cortex_mm if options.cortex is None else options.cortex,
        base.focal_bulge if options.focal_bulge is None else options.focal_bulge == "yes",
        _answer(Hilum, options.hilum, base.hilum),
        _answer(NodeShape, options.shape, base.shape),
        _answer(Outline, options.outline, base.outline),
        _answer(Vascularity, options.vascularity, base.vascularity),
    )
    status = NodeStatus(options.status)
    return Assessment(status, options.confidence, options.reader, now(), criteria, options.remarks)


def _answer(kind: type[Answer], given: str | None, before: Answer | None) -> Answer | None:
    return before if given is None else kind(given.replace("-", " "))
