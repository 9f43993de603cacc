"""A judgement as it is entered: status, confidence, the node's criteria, remarks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from alnreader.case.assessment import (
    Assessment,
    CriteriaCutOffs,
    Criterion,
    Hilum,
    NodeCriteria,
    NodeShape,
    NodeStatus,
    Outline,
    Vascularity,
    burden_grade,
    criteria_met,
)
from alnreader.case.clock import now
from alnreader.case.draft import Entered
from alnreader.case.language import told
from alnreader.gui.panels import words
from alnreader.gui.widgets import HintLabel, plain_tip, push_button, text_label
from alnreader.gui.widgets.combo import ComboBox
from alnreader.gui.widgets.slider import OpenSlider

_REMARK_LINES = (1, 3)
"""The remarks begin with so few lines, to be in sight on a small screen, and grow to so many."""
_REMARK_EDGE = 22
_LETTERS = 8
_LEAST_FIELD = 84


_CALIPER = re.compile(r"^\D*(\d+(?:\.\d+)?) mm$")


def caliper_mm(text: str) -> float | None:
    """Return the length of a caliper as the canvas tells it; None for one in px, and for an ellipse."""
    match = _CALIPER.match(text)
    return float(match.group(1)) if match else None


def millimetres(text: str) -> float | None:
    """Return a typed thickness, with a point or a comma; None where the field is empty.

    Raises
    ------
    ValueError
        If it is no number.
    """
    text = text.strip().removesuffix("mm").strip().replace(",", ".")
    return float(text) if text else None


def narrow(box: QComboBox) -> None:
    """Let a box be narrower than its longest entry, so that the panel fits beside the picture."""
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(_LETTERS)


def share_width(field: QWidget) -> None:
    """Let a field have what its column leaves, however long its text is."""
    field.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    field.setMinimumWidth(_LEAST_FIELD)


def captioned(title: str, field: QWidget) -> QHBoxLayout:
    """Return a row of a field after its name."""
    label = text_label(title, "quiet")
    label.setBuddy(field)
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    row.addWidget(label)
    row.addWidget(field, 1)
    return row


def _by_source(met: Sequence[Criterion]) -> dict[str, list[Criterion]]:
    """Return what rests on the same source together, in the order of the first of each."""
    found: dict[str, list[Criterion]] = {}
    for item in met:
        found.setdefault(item.source, []).append(item)
    return found


class Choice(ComboBox):
    """One of some values, or nothing noted."""

    def __init__(self, values: Sequence[Hilum | NodeShape | Outline | Vascularity], name: str) -> None:
        """Offer the values after an empty entry."""
        super().__init__()
        self.addItem(self.tr("Not noted"), None)
        for value in values:
            self.addItem(words.of(value), value.value)
        self._values = {value.value: value for value in values}
        self.setAccessibleName(name)
        self.setToolTip(name)
        narrow(self)

    @property
    def value(self) -> Any:
        """What is noted: a value of the enumeration that it was made of, or None."""
        return self._values.get(self.currentData())

    def set_value(self, value: Hilum | NodeShape | Outline | Vascularity | None) -> None:
        """Show a value."""
        self.setCurrentIndex(0 if value is None else self.findData(value.value))


class AssessmentForm(QWidget):
    """The fields of a judgement. `changed` tells every entry, `fault` what cannot be taken."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Begin with nothing noted and no status chosen."""
        super().__init__(parent)
        self._cut_offs = CriteriaCutOffs()
        self._ratio: float | None = None
        self._caliper: float | None = None
        self._loading = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(text_label(self.tr("Axillary nodes"), "quiet"))
        self.status = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(4)
        self.status_buttons: dict[NodeStatus, QPushButton] = {}
        for number, status in enumerate(NodeStatus):
            button = push_button(
                words.of(status), role="choice", tip=self.tr("Axillary nodes: {0}").format(words.of(status))
            )
            button.setCheckable(True)
            self.status.addButton(button, number)
            self.status_buttons[status] = button
            row.addWidget(button, 1)
        column.addLayout(row)
        self.confidence = OpenSlider(
            self.tr("Confidence"), 0, 100, self.tr("{0} of 100").format, self.tr("Confidence in it, 0 to 100")
        )
        column.addWidget(self.confidence)
        column.addWidget(text_label(self.tr("The node's criteria (optional)"), "quiet"))
        self.criteria = QWidget()
        grid = QGridLayout(self.criteria)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        for column_number in (1, 3):
            grid.setColumnStretch(column_number, 1)
        self.cortex = QLineEdit()
        self.cortex.setPlaceholderText(self.tr("mm"))
        self.cortex.setAccessibleName(self.tr("Cortex in mm"))
        self.cortex.setToolTip(self.tr("Largest cortical thickness in mm"))
        self.from_caliper = push_button(self.tr("No caliper in mm"), self._take_caliper, icon="ruler")
        self.from_caliper.setToolTip(self.tr("Take the length of the last caliper; measure the cortex first"))
        self.from_caliper.setEnabled(False)
        grid.addWidget(self._caption(self.tr("Cortex"), self.cortex), 0, 0)
        grid.addWidget(self.cortex, 0, 1)
        grid.addWidget(self.from_caliper, 0, 2, 1, 2)
        self.bulge = ComboBox()
        for text, value in ((self.tr("Not noted"), None), (self.tr("No"), False), (self.tr("Yes"), True)):
            self.bulge.addItem(text, value)
        narrow(self.bulge)
        self.bulge.setAccessibleName(self.tr("Focal bulge"))
        self.bulge.setToolTip(self.tr("Whether the cortex bulges at one place"))
        self.hilum = Choice(list(Hilum), self.tr("Fatty hilum"))
        self.shape = Choice(list(NodeShape), self.tr("Shape"))
        self.outline = Choice(list(Outline), self.tr("Outline"))
        self.flow = Choice(list(Vascularity), self.tr("Flow in Doppler"))
        for place, (title, choice) in enumerate(
            (
                (self.tr("Bulge"), self.bulge),
                (self.tr("Hilum"), self.hilum),
                (self.tr("Shape"), self.shape),
                (self.tr("Outline"), self.outline),
                (self.tr("Flow"), self.flow),
            )
        ):
            row_number, side = 1 + place // 2, 2 * (place % 2)
            grid.addWidget(self._caption(title, choice), row_number, side)
            grid.addWidget(choice, row_number, side + 1)
        for field in (
            self.cortex,
            self.from_caliper,
            self.bulge,
            self.hilum,
            self.shape,
            self.outline,
            self.flow,
        ):
            share_width(field)
        column.addWidget(self.criteria)
        self.met = HintLabel()
        self.met.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self.met)
        self.count = push_button("", self._show_met, role="link", parent=self.criteria)
        """How much is met, where it is seen on the smallest window, too; a click shows it all."""
        share_width(self.count)
        self.count.hide()
        grid.addWidget(self.count, 3, 2, 1, 2)
        self.remarks = QPlainTextEdit()
        self.remarks.setPlaceholderText(self.tr("Remarks (optional)"))
        self.remarks.setAccessibleName(self.tr("Remarks"))
        self.remarks.setToolTip(self.tr("Free text; it is printed in the report"))
        self.remarks.setTabChangesFocus(True)
        self._fit_remarks()
        column.addWidget(self.remarks)
        self.fault = text_label("", "error", wrap=True)
        self.fault.hide()
        column.addWidget(self.fault)
        self.status.idClicked.connect(self._told)
        self.confidence.value_changed.connect(self._told)
        self.cortex.textChanged.connect(self._told)
        self.bulge.currentIndexChanged.connect(self._told)
        for choice in (self.hilum, self.shape, self.outline, self.flow):
            choice.currentIndexChanged.connect(self._told)
        self.remarks.textChanged.connect(self._told)
        self.remarks.document().documentLayout().documentSizeChanged.connect(self._fit_remarks)

    @staticmethod
    def _caption(title: str, field: QWidget) -> QLabel:
        label = text_label(title, "quiet")
        label.setBuddy(field)
        label.setToolTip(field.toolTip())
        return label

    def _fit_remarks(self, *_: object) -> None:
        """Be as high as what is written, within `_REMARK_LINES`."""
        least, most = _REMARK_LINES
        written = round(self.remarks.document().size().height())  # a plain text's size counts lines
        lines = min(max(written, least), most)
        self.remarks.setFixedHeight(self.remarks.fontMetrics().lineSpacing() * lines + _REMARK_EDGE)

    # --- what is entered -----------------------------------------------------------------------------------

    @property
    def chosen_status(self) -> NodeStatus | None:
        """The status chosen, None before."""
        return next((status for status, button in self.status_buttons.items() if button.isChecked()), None)

    def missing(self) -> str:
        """Return what the reader has not said yet; empty where nothing is missing."""
        if self.chosen_status is None:
            return self.tr("Choose negative, indeterminate or suspicious.")
        if self.confidence.given is None:
            return self.tr("Set your confidence, from 0 to 100.")
        return ""

    def noted(self) -> NodeCriteria:
        """Return the criteria.

        Raises
        ------
        ValueError
            If the thickness is none (`InvalidValueError` is one of these).
        """
        return NodeCriteria(
            cortex_mm=millimetres(self.cortex.text()),
            focal_bulge=self.bulge.currentData(),
            hilum=self.hilum.value,
            shape=self.shape.value,
            outline=self.outline.value,
            vascularity=self.flow.value,
        )

    def assessment(self, reader: str) -> Assessment | None:
        """Return what is entered, None while no status is chosen or a field cannot be taken."""
        status = self.chosen_status
        try:
            criteria = self.noted()
            confidence = self.confidence.given
            if status is None or confidence is None or not reader.strip():
                return None
            return Assessment(
                status,
                confidence,
                reader.strip(),
                now(),
                criteria,
                self.remarks.toPlainText().strip(),
            )
        except ValueError:
            return None

    def show_assessment(self, assessment: Assessment | None) -> None:
        """Fill the fields; None empties them. Emits nothing."""
        if assessment is None:
            self.restore(Entered())
            return
        criteria = assessment.criteria
        self.restore(
            Entered(
                status=assessment.status,
                confidence=assessment.confidence,
                cortex="" if criteria.cortex_mm is None else f"{criteria.cortex_mm:g}",
                focal_bulge=criteria.focal_bulge,
                hilum=criteria.hilum,
                shape=criteria.shape,
                outline=criteria.outline,
                vascularity=criteria.vascularity,
                remarks=assessment.remarks,
            )
        )

    def state(self) -> Entered:
        """Return the fields as they stand, finished or not."""
        return Entered(
            status=self.chosen_status,
            confidence=self.confidence.given,
            cortex=self.cortex.text(),
            focal_bulge=self.bulge.currentData(),
            hilum=self.hilum.value,
            shape=self.shape.value,
            outline=self.outline.value,
            vascularity=self.flow.value,
            remarks=self.remarks.toPlainText(),
        )

    def restore(self, state: Entered) -> None:
        """Fill the fields with what `state` returned. Emits nothing."""
        self._loading = True
        # An exclusive group never lets its last button go.
        self.status.setExclusive(False)
        for status, button in self.status_buttons.items():
            button.setChecked(status is state.status)
        self.status.setExclusive(True)
        self.confidence.give(state.confidence)
        self.cortex.setText(state.cortex)
        self.bulge.setCurrentIndex({None: 0, False: 1, True: 2}[state.focal_bulge])
        self.hilum.set_value(state.hilum)
        self.shape.set_value(state.shape)
        self.outline.set_value(state.outline)
        self.flow.set_value(state.vascularity)
        self.remarks.setPlainText(state.remarks)
        self._loading = False
        self.judge()

    # --- what it means -------------------------------------------------------------------------------------

    def set_cut_offs(self, cut_offs: CriteriaCutOffs) -> None:
        """Use the site's cut-offs."""
        self._cut_offs = cut_offs
        self.judge()

    def set_ratio(self, ratio: float | None) -> None:
        """Take long by short axis of the node's outline."""
        if ratio != self._ratio:
            self._ratio = ratio
            self.judge()

    def set_caliper(self, mm: float | None) -> None:
        """Take the length of the last caliper; None where it is not in mm."""
        self._caliper = mm
        self.from_caliper.setEnabled(mm is not None)
        text = self.tr("No caliper in mm") if mm is None else self.tr("Take {0} mm").format(f"{mm:.1f}")
        self.from_caliper.setText(text)

    def _take_caliper(self) -> None:
        if self._caliper is not None:
            self.cortex.setText(f"{self._caliper:.1f}")

    def judge(self) -> None:
        """Say which criteria are met, each number beside its source."""
        try:
            criteria = self.noted()
        except ValueError:
            self.fault.setText(self.tr("The cortex is a number of millimetres, 2.5 for example."))
            self.fault.show()
            self.met.setText("")
            self.count.hide()
            return
        self.fault.hide()
        met = [item for item in criteria_met(criteria, self._cut_offs, self._ratio) if item.met]
        lines = [
            self.tr("{0} ({1})").format(
                self.tr("; ").join(told(item.sentence) for item in some), told(source)
            )
            for source, some in _by_source(met).items()
        ]
        grade = burden_grade(criteria, self._cut_offs)
        if lines:
            lines.insert(0, self.tr("Criteria of suspicion met:"))
        if grade is not None:
            lines.append(self.tr("{0} ({1})").format(told(grade.sentence), told(grade.source)))
        self.met.setText("\n".join(lines))
        if met or grade is None:
            self.count.setText(self.tr("Criteria met: {0}").format(len(met)))
        else:
            self.count.setText(self.tr("Grade {0}").format(grade.grade))
        self.count.setAccessibleName(self.count.text())
        self.count.setToolTip(plain_tip("\n".join(lines or [self.tr("Show which criteria are met")])))
        self.count.setVisible(bool(lines))

    def _show_met(self) -> None:
        """Scroll to what is met."""
        area = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is not None:
            area.ensureWidgetVisible(self.met, 0, 0)

    def _told(self, *_: object) -> None:
        if not self._loading:
            self.judge()
            self.changed.emit()
