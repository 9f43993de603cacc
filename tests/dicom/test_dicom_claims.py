"""Every claim of docs/dicom-claims.md names a test that is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@cache
def functions_of(path: Path) -> frozenset[str]:
    """Return the functions of a module that pytest collects."""
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def rows(text: str) -> list[str]:
    """Return the rows of the tables without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [line for line in lines if line != "| claim | held by |"]


def missing(text: str) -> list[str]:
    """Return what a table names and nobody has written."""
    return [f"{path}::{name}" for path, name in NAMED.findall(text) if name not in functions_of(ROOT / path)]


def test_every_claim_names_tests_that_are_there() -> None:
    text = (ROOT / "docs" / "dicom-claims.md").read_text("utf-8")
    assert len(rows(text)) > 50
    assert [row for row in rows(text) if not NAMED.search(row)] == [], "claims without a test"
    assert missing(text) == []


def test_a_test_that_is_gone_is_found() -> None:
    here = "tests/dicom/test_dicom_claims.py"
    assert missing(f"| x | `{here}::test_a_test_that_is_gone_is_found` |") == []
    assert missing(f"| x | `{here}::test_gone` |") == [f"{here}::test_gone"]
    assert missing("| x | `tests/dicom/test_gone.py::test_x` |") == ["tests/dicom/test_gone.py::test_x"]
