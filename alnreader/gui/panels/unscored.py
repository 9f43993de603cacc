"""The question before a signature where a probability was to be had, and the case as it is has none."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QPushButton, QVBoxLayout, QWidget

from alnreader.gui.controller import Controller
from alnreader.gui.session import PatientSession
from alnreader.gui.widgets import push_button


class Unscored(QWidget):
    """Score again, or sign without a probability."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        """Build the two answers."""
        super().__init__(parent)
        self._controller = controller
        self.again: QPushButton = push_button(
            self.tr("Score again"), controller.score_again, icon="refresh-cw",
            tip=self.tr("Make the score of the case as it is now"),
        )  # fmt: skip
        self.without = QCheckBox(self.tr("Sign without a probability"))
        self.without.setToolTip(self.tr("The report then says that none belongs to what is signed"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.again)
        column.addWidget(self.without)

    def ask(self, session: PatientSession | None) -> None:
        """Show the question where it has to be asked; else forget the answer."""
        asked = session is not None and self.lacks(session)
        if not asked:
            self.without.setChecked(False)
        self.setVisible(asked)

    def lacks(self, session: PatientSession) -> bool:
        """Whether there is no probability although one was shown, or there is a model that could make one."""
        if session.visible_score is not None or session.scoring or not session.human.score_visible:
            return False
        return bool(session.seen) or (self._controller.model is not None and not self._controller.model_error)

    def missing(self, session: PatientSession) -> str:
        """Say what has to be decided before the signature; empty where nothing has."""
        if not self.lacks(session) or self.without.isChecked():
            return ""
        if session.seen:
            return self.tr(
                "The probability that was shown is of an earlier state: score again, or sign without it."
            )
        return self.tr("There is no probability of the case as it is: score again, or sign without one.")

    def note(self, session: PatientSession) -> str:
        """Say what stands under the signature; empty where nothing has to be said."""
        if not self.lacks(session):
            return ""
        return self.tr("There is no score of the case as it is: it is signed without one.")
