"""A folder to export to is typed, new or not, and that very folder is written to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox

from alnreader.gui.widgets.folder_dialog import FolderDialog


@pytest.fixture
def dialog(qtbot: Any, tmp_path: Path) -> FolderDialog:
    (tmp_path / "base" / "old").mkdir(parents=True)
    dialog = FolderDialog(None, "Export to a folder", tmp_path / "base")
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    return dialog


def choose(dialog: FolderDialog, qtbot: Any) -> None:
    (box,) = dialog.findChildren(QDialogButtonBox)
    (button,) = [
        one for one in box.buttons() if box.buttonRole(one) is QDialogButtonBox.ButtonRole.AcceptRole
    ]
    qtbot.waitUntil(button.isEnabled)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.mark.qt_log_ignore("does not support (raise|grabbing)", extend=True)  # the list under the field
@pytest.mark.parametrize("by", ["key", "mouse"])
@pytest.mark.parametrize("name", ["old", "new", "新文件夹", "old/inner"])
def test_the_folder_that_is_typed_is_the_one_that_is_taken(
    dialog: FolderDialog, qtbot: Any, tmp_path: Path, name: str, by: str
) -> None:
    qtbot.keyClicks(dialog.name, name) if name.isascii() else dialog.name.insert(name)
    if by == "key":
        qtbot.keyClick(dialog.name, Qt.Key.Key_Return)
    else:
        choose(dialog, qtbot)
    assert dialog.result() == QDialog.DialogCode.Accepted
    assert dialog.selectedFiles() == [(tmp_path / "base" / name).as_posix()]
    assert (tmp_path / "base" / name).is_dir()


def test_a_whole_path_is_taken_wherever_the_dialog_stands(
    dialog: FolderDialog, qtbot: Any, tmp_path: Path
) -> None:
    dialog.name.insert(str(tmp_path / "elsewhere"))
    qtbot.keyClick(dialog.name, Qt.Key.Key_Return)
    assert dialog.selectedFiles() == [(tmp_path / "elsewhere").as_posix()]
    assert (tmp_path / "elsewhere").is_dir()


def test_a_folder_that_cannot_be_made_is_refused_and_nothing_else_is_taken(
    dialog: FolderDialog, qtbot: Any, tmp_path: Path
) -> None:
    name = "x" * 300  # longer than any file system takes
    dialog.name.insert(name)
    qtbot.keyClick(dialog.name, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert dialog.result() == QDialog.DialogCode.Rejected
    assert "cannot be made" in dialog.labelText(FolderDialog.DialogLabel.FileName)
    dialog.name.setText("new")
    qtbot.keyClick(dialog.name, Qt.Key.Key_Return)
    assert dialog.selectedFiles() == [(tmp_path / "base" / "new").as_posix()]
