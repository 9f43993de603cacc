"""No sentence of the window is shown as it stands in the source: it would never be translated."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

GUI = Path(__file__).resolve().parent.parent / "alnreader" / "gui"

SHOWING = frozenset(
    [
        "emit",
        "setText",
        "setToolTip",
        "setWindowTitle",
        "setStatusTip",
        "setWhatsThis",
        "setPlaceholderText",
        "setAccessibleName",
        "setAccessibleDescription",
        "setTitle",
        "addItem",
        "addAction",
        "addMenu",
        "addTab",
        "showMessage",
        "information",
        "question",
        "setLabelText",
        "setInformativeText",
        "setDetailedText",
        "setHtml",
        "setPlainText",
        "setHeaderLabels",
        "QLabel",
        "QPushButton",
        "QAction",
        "QCheckBox",
        "QRadioButton",
        "QGroupBox",
        "QToolButton",
        "QMenu",
    ]
)
"""Signals and methods that put what they are given before the reader."""

WORDS = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")

NAMES = {"ALN Reader"}
"""The program's name is the same in every language."""


def _literals(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and text of what is given as it stands; what another call returns is that call's matter."""
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "join"):
            yield from _literals(node.func.value)
    elif isinstance(node, ast.JoinedStr):
        parts = [part.value for part in node.values if isinstance(part, ast.Constant)]
        yield node.lineno, "".join(str(part) for part in parts)
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node.lineno, node.value
    else:
        for child in ast.iter_child_nodes(node):
            yield from _literals(child)


def unwrapped(source: str) -> list[tuple[int, str]]:
    """Return line and text of each sentence that a call of `SHOWING` is given untranslated."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if name in SHOWING:
                given = [*node.args, *(keyword.value for keyword in node.keywords)]
                found += [text for argument in given for text in _literals(argument)]
    return [(line, text) for line, text in found if WORDS.search(text) and text not in NAMES]


def test_every_sentence_that_is_shown_is_translated() -> None:
    found = {
        f"{file.relative_to(GUI)}:{line}": text
        for file in sorted(GUI.rglob("*.py"))
        for line, text in unwrapped(file.read_text(encoding="utf-8"))
    }
    assert not found


def test_a_sentence_that_is_not_wrapped_is_found() -> None:
    planted = (
        'self.message.emit("info", "A plain sentence.")',
        'label.setText(f"There are {count} of them here")',
        'button.setToolTip("Kept in {0} as it was".format(name))',
        'QLabel(text="Some words" if first else self.tr("Other words"))',
    )
    for line in planted:
        assert len(unwrapped(line)) == 1, line
    assert not unwrapped('self.message.emit("info", self.tr("A plain sentence, {0}.").format(name))')
