"""Words that the program never says to a user."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROMISE = re.compile("anonym|匿名", re.IGNORECASE)
"""Pictures of a person can be recognised by who knows them: what is written is de-identified, never more."""


def strings(source: Path) -> list[str]:
    """Return every string of a module that is not a docstring."""
    tree = ast.parse(source.read_text("utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    ]


def test_nothing_is_called_anonymous() -> None:
    found = [
        f"{source.relative_to(ROOT)}: {text[:60]}"
        for source in sorted((ROOT / "alnreader").rglob("*.py"))
        for text in strings(source)
        if PROMISE.search(text)
    ]
    others = [*(ROOT / "resources").rglob("*.ts"), *(ROOT / "resources").rglob("*.md"), *ROOT.glob("*.md")]
    found += [str(path) for path in others if PROMISE.search(path.read_text("utf-8"))]
    assert found == []


def test_the_search_finds_it(tmp_path: Path) -> None:
    planted = tmp_path / "a.py"
    planted.write_text('"""An anonymous module."""\nTEXT = tr("Anonymous export")\n', "utf-8")
    assert [text for text in strings(planted) if PROMISE.search(text)] == ["Anonymous export"]
