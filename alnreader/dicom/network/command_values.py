"""What the options of ``alnreader pacs`` may be: numbers, UIDs and days."""

from __future__ import annotations

import argparse
from datetime import date

_UID_LENGTH = 64
"""Characters (PS3.5 9.1)."""


def count(text: str) -> int:
    """Take a number of times, 0 or more."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of times; write 0 or more")
    return int(text)


def uid(text: str) -> str:
    """Take digits and dots, 64 at most (PS3.5 9.1); zeros in front of a number are met, and let through."""
    if len(text) > _UID_LENGTH or not all(part.isascii() and part.isdecimal() for part in text.split(".")):
        raise argparse.ArgumentTypeError(f"{text!r} is no UID; 'alnreader pacs find' lists those of studies")
    return text


def day(text: str) -> date:
    """Take a day as ``2024-01-31``."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write 2024-01-31") from None


def days(text: str) -> tuple[date | None, date | None]:
    """Take a day, or two with ``..`` between, of which one may be missing."""
    first, dots, last = text.partition("..")
    if not dots:
        return day(first), day(first)
    return (day(first) if first else None), (day(last) if last else None)
