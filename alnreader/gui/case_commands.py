"""The commands around saved cases: a copy for elsewhere, pictures that moved, tables for audit and study."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from alnreader.case.language import tr
from alnreader.gui.actions import Commands
from alnreader.gui.controller import Controller
from alnreader.store.package import SUFFIX


class CaseCommands(QObject):
    """Adds the commands to the registry, asks where to, and hands on to the controller."""

    def __init__(self, commands: Commands, controller: Controller, window: QWidget) -> None:
        """Belong to a window."""
        super().__init__(window)
        self._commands, self._controller, self._window = commands, controller, window
        group = self.tr("Cases")
        commands.add("save_copy", group, self.tr("Save the case as a file"), ["Ctrl+S"], self.save_copy)
        commands.add("find_pictures", group, self.tr("Find the pictures"), ["Ctrl+F"], self.find_pictures)
        commands.add(
            "export_journal", group, self.tr("Export the journal"), ["Ctrl+Shift+J"], self.export_journal
        )
        commands.add(
            "export_reads", group, self.tr("Export all reads as a table"), ["Ctrl+Shift+E"], self.export_reads
        )
        for signal in (controller.session_changed, controller.worklist_changed):
            signal.connect(self.enable)
        self.enable()

    def enable(self) -> None:
        """Offer what there is something for."""
        desk = self._controller
        kept = desk.session is not None and bool(desk.session.kept_as)
        self._commands["save_copy"].setEnabled(kept or (desk.session is not None and desk.saving.waiting > 0))
        self._commands["find_pictures"].setEnabled(kept)
        for name in ("export_journal", "export_reads"):
            self._commands[name].setEnabled(bool(desk.saving.rows))

    def save_copy(self) -> None:
        """Ask for a place and write the current case there."""
        session = self._controller.session
        # The name of the patient does not go into a file's name by itself.
        target = self._ask_name(self.tr("Save the case as a file"), f"case{SUFFIX}", f"*{SUFFIX}")
        if session is not None and target is not None:
            self._controller.saving.save_copy(session, target)

    def find_pictures(self) -> None:
        """Ask for the folder where the pictures are now."""
        chosen = QFileDialog.getExistingDirectory(self._window, self.tr("Find the pictures"))
        if chosen:
            self._controller.saving.find_pictures(Path(chosen))

    def export_journal(self) -> None:
        """Ask for a place and write the journal of all cases there."""
        target = self._ask_name(self.tr("Export the journal"), "journal.csv", "*.csv")
        if target is not None:
            self._export(target, None)

    def export_reads(self) -> None:
        """Ask for a place and write all reads there."""
        target = self._ask_name(self.tr("Export all reads as a table"), "reads.csv", "*.csv")
        if target is not None:
            self._export(None, target)

    def _export(self, journal: Path | None, reads: Path | None) -> None:
        desk = self._controller

        def work() -> list[Path]:
            from alnreader.store.command import export_tables

            return export_tables(desk.saving.a_store(), journal, reads)

        def done(paths: list[Path] | None, error: Exception | None) -> None:
            if paths is None:
                desk.tell(error)
            else:
                desk.message.emit("info", tr("Written: {0}").format(", ".join(map(str, paths))))

        desk.saving.put(work, done)

    def _ask_name(self, title: str, name: str, pattern: str) -> Path | None:
        chosen, _filter = QFileDialog.getSaveFileName(self._window, title, name, pattern)
        if not chosen:
            return None
        path = Path(chosen)
        return path if path.suffix else path.with_suffix(pattern[1:])
