"""Asks for a folder to write to; a new one is made by typing its name."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFileDialog, QLineEdit, QWidget

from alnreader.case.language import tr

_NAME = "fileNameEdit"
"""Qt's own name of the field in its own dialog; a dialog of the system has no such part."""


class FolderDialog(QFileDialog):
    """Qt's own dialog for folders, used where the system has none.

    By itself Qt's refuses a name that is not there, greys its button, and takes the folder that is shown, the
    new one's parent, as soon as the name is deleted.
    """

    def __init__(self, parent: QWidget | None, title: str, begin: Path) -> None:
        """Show a folder; none is chosen yet."""
        super().__init__(parent, title, str(begin))
        self.setFileMode(QFileDialog.FileMode.Directory)
        self.setOption(QFileDialog.Option.ShowDirsOnly)
        self.setOption(QFileDialog.Option.DontUseNativeDialog)
        # The option above makes it Qt's own dialog, which has the field.
        self.name: QLineEdit = self.findChild(QLineEdit, _NAME)  # type: ignore[assignment]
        # Queued: Qt greys the button in answer to the same signal.
        self.name.textChanged.connect(self._offer, Qt.ConnectionType.QueuedConnection)

    def _to_make(self) -> Path | None:
        """Return the folder that the name field says, where it alone is missing.

        Nothing is, where the field is empty: then the folder shown is meant.
        """
        text = self.name.text().strip()
        try:
            typed = Path(self.directory().absolutePath()) / Path(text).expanduser()
        except RuntimeError:  # ~somebody: no such user
            return None
        return typed if text and not os.path.lexists(typed) and typed.parent.is_dir() else None

    def _offer(self) -> None:
        if self._to_make() is not None:
            for box in self.findChildren(QDialogButtonBox):
                for button in box.buttons():
                    if box.buttonRole(button) is QDialogButtonBox.ButtonRole.AcceptRole:
                        button.setEnabled(True)

    def accept(self) -> None:
        """Make the folder that was typed where only it is missing, and take it."""
        folder = self._to_make()
        if folder is not None:
            try:
                folder.mkdir()
            except OSError as error:
                why = tr("{folder} cannot be made: {reason}.")
                self.setLabelText(
                    QFileDialog.DialogLabel.FileName,
                    why.format(folder=folder.name, reason=error.strerror or error),
                )
                return
        super().accept()


def ask_folder(parent: QWidget, title: str, begin: Path) -> str:
    """Ask for a folder to write to; return its path, empty where the reader gives up."""
    if QFileDialog().findChild(QLineEdit, _NAME) is None:
        return QFileDialog.getExistingDirectory(parent, title, str(begin))
    dialog = FolderDialog(parent, title, begin)
    chosen = dialog.selectedFiles() if dialog.exec() == QDialog.DialogCode.Accepted else []
    dialog.deleteLater()
    return chosen[0] if chosen else ""
