"""What the model's card says, in short."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QVBoxLayout, QWidget

from alnreader.case.language import told, tr
from alnreader.case.score import DEMONSTRATION_BANNER
from alnreader.gui.controller import Controller
from alnreader.gui.widgets import Banner, HintLabel, text_label
from alnreader.report.sentences import operating_point_words, percent

_LABEL_WIDTH = 120


class ModelCardPanel(QWidget):
    """Name, intended use, training data, operating point and limits of the model in use."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        """Follow the controller's model."""
        super().__init__(parent)
        self._controller = controller
        self._rows: list[tuple[str, str]] = []
        self.banner = Banner(parent=self)
        self.none = HintLabel(parent=self)
        self._body = QWidget()
        self._form = QFormLayout(self._body)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(16)
        self._form.setVerticalSpacing(12)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        for widget in (self.banner, self.none, self._body):
            column.addWidget(widget)
        column.addStretch(1)
        controller.model_changed.connect(self._refresh)
        controller.device_changed.connect(self._refresh)
        self._refresh()

    def text(self) -> str:
        """Return all that is shown, for a test and for the clipboard."""
        return "\n".join(value for _, value in self._rows)

    def _refresh(self, *_: object) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        model = self._controller.model
        self._rows = []
        self._body.setVisible(model is not None)
        if model is None:
            error = self._controller.model_error
            self.none.setText(told(error) or self.tr("The model is not loaded yet."))
            self.banner.hide()
            return
        self.none.setText(told(self._controller.model_error))
        if model.demonstration:
            self.banner.show_message(tr(DEMONSTRATION_BANNER), "caution")
        else:
            self.banner.hide()
        known = operating_point_words(model)
        point = percent(model.threshold, 1)
        if model.operating_point:
            point = self.tr("{0} ({1})").format(point, told(model.operating_point))
        rows = [
            (self.tr("Model"), f"{told(model.title)}\n{model.name} {model.version}"),
            (self.tr("Intended use"), told(model.intended_use)),
            (self.tr("Training data"), told(model.training_data)),
            (
                self.tr("Operating point"),
                self.tr("{0}; {1}").format(point, known)
                if known
                else self.tr("{0}; what it finds is not published").format(point),
            ),
            (self.tr("Limits"), "\n".join(f"• {told(limit)}" for limit in model.limitations)),
            (self.tr("Device"), told(self._controller.device)),
            (self.tr("Citation"), model.citation),
            (self.tr("Licence"), told(model.licence)),
            ("SHA-256", f"{model.sha256[:32]}\n{model.sha256[32:]}"),
        ]
        self._rows = [(title, value) for title, value in rows if value]
        for title, value in self._rows:
            label = text_label(value, wrap=True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            name = text_label(title, "quiet")
            name.setFixedWidth(_LABEL_WIDTH)
            # Else it stands lower than the first line of what it names.
            name.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            self._form.addRow(name, label)
