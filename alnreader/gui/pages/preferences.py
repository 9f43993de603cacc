"""Preferences. Every change holds at once; nothing has to be saved by hand."""

from __future__ import annotations

import dataclasses
from typing import Any

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from alnreader.case.assessment import PUBLISHED_CUT_OFFS
from alnreader.case.errors import InvalidValueError
from alnreader.case.language import LANGUAGES, told
from alnreader.case.protocol import ReadingMode
from alnreader.gui.controller import Controller
from alnreader.gui.pages.page import Page
from alnreader.gui.widgets import Banner, HintLabel, push_button, rule, text_label
from alnreader.gui.widgets.combo import ComboBox
from alnreader.gui.widgets.number import NumberField

_LABEL_WIDTH = 220
_FIELD_WIDTH = 320


class PreferencesPage(Page):
    """Fields that follow the controller's settings and change them."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        """Show the settings."""
        super().__init__(self.tr("Preferences"), parent)
        self._controller = controller
        self._filling = False
        self.fault = Banner(tone="error", parent=self)
        self.fault.hide()
        self.column.addWidget(self.fault)
        self._add_reader()
        self._add_looks()
        self._add_machine()
        self._add_criteria()
        self.column.addStretch(1)
        controller.settings_changed.connect(self.fill)
        controller.model_changed.connect(self.fill)
        self.fill()

    # --- sections ------------------------------------------------------------------------------------------

    def _section(self, title: str) -> QFormLayout:
        if self.column.count() > 1:
            self.column.addWidget(rule())
        self.column.addWidget(text_label(title, "strong"))
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
        self.column.addLayout(form)
        return form

    def _row(self, form: QFormLayout, title: str, field: QWidget, hint: str = "") -> None:
        label = text_label(title)
        label.setFixedWidth(_LABEL_WIDTH)
        label.setBuddy(field)
        field.setAccessibleName(title)
        if isinstance(field, QLineEdit | QComboBox | NumberField):
            field.setFixedWidth(_FIELD_WIDTH)
        if not hint:
            form.addRow(label, field)
            return
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(field)
        column.addWidget(text_label(hint, "caption"))
        field.setToolTip(hint)
        form.addRow(label, box)

    def _add_reader(self) -> None:
        form = self._section(self.tr("Reader and reading"))
        self.reader = QLineEdit()
        self.reader.setPlaceholderText(self.tr("Your name, as it stands under a reading"))
        self.reader.setToolTip(self.tr("Stands under a reading; another name can be entered there"))
        self.reader.editingFinished.connect(lambda: self._change(reader=self.reader.text().strip()))
        self._row(form, self.tr("Reader's name"), self.reader)
        self.site = QLineEdit()
        self.site.setPlaceholderText(self.tr("Hospital or practice"))
        self.site.setToolTip(self.tr("Stands at the head of a report"))
        self.site.editingFinished.connect(lambda: self._change(site=self.site.text().strip()))
        self._row(form, self.tr("Site"), self.site)
        self.mode = ComboBox()
        self.mode.addItem(self.tr("Blinded: read first, then see the score"), ReadingMode.BLINDED)
        self.mode.addItem(self.tr("Concurrent: the score from the start"), ReadingMode.CONCURRENT)
        self.mode.activated.connect(lambda _index: self._change(mode=ReadingMode(self.mode.currentData())))
        hint = self.tr("Holds for patients opened from now on. The mode is recorded and printed.")
        self._row(form, self.tr("Reading mode"), self.mode, hint)
        self.deidentify = QCheckBox(self.tr("Leave the patient's identity out of exports"))
        self.deidentify.setToolTip(
            self.tr("Pictures become black outside the ultrasound; writing inside it stays")
        )
        self.deidentify.toggled.connect(lambda on: self._change(deidentify=on))
        self._row(form, self.tr("De-identified export"), self.deidentify)

    def _add_looks(self) -> None:
        form = self._section(self.tr("Appearance"))
        self.theme = ComboBox()
        self.theme.addItem(self.tr("Dark"), "dark")
        self.theme.addItem(self.tr("Light"), "light")
        self.theme.activated.connect(lambda _index: self._change(theme=self.theme.currentData()))
        self._row(form, self.tr("Theme"), self.theme, self.tr("Pictures are read on black in both."))
        self.language = ComboBox()
        self.language.setToolTip(self.tr("Language of the window"))
        for code, name in LANGUAGES.items():
            self.language.addItem(name, code)
        self.language.activated.connect(lambda _index: self._change(language=self.language.currentData()))
        self._row(form, self.tr("Language"), self.language)

    def _add_machine(self) -> None:
        form = self._section(self.tr("Model and device"))
        self.device = ComboBox()
        for name, text in (
            ("auto", self.tr("The fastest that works")),
            ("cpu", self.tr("Processor (CPU)")),
            ("cuda", "NVIDIA (CUDA)"),
            ("mps", "Apple (MPS)"),
            ("xpu", "Intel (XPU)"),
        ):
            self.device.addItem(text, name)
        self.device.activated.connect(lambda _index: self._change(device=self.device.currentData()))
        hint = self.tr(
            "The device in use stands in the window's head. Where one fails, the processor takes over."
        )
        self._row(form, self.tr("Device"), self.device, hint)
        self.model = QLineEdit()
        self.model.setToolTip(self.tr("Folder with card.json and the weights; empty for the one that ships"))
        self.model.setPlaceholderText(self.tr("The model that ships with the program"))
        self.model.editingFinished.connect(lambda: self._change(model=self.model.text().strip()))
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.model.setFixedWidth(_FIELD_WIDTH)
        row.addWidget(self.model)
        row.addWidget(
            push_button(
                self.tr("Choose"),
                self._choose_model,
                icon="folder-open",
                tip=self.tr("Choose a model's folder"),
            )
        )
        row.addStretch(1)
        self._row(form, self.tr("Model folder"), box)
        self.model.setAccessibleName(self.tr("Model folder"))
        self.own_threshold = QCheckBox(self.tr("As the model's card says"))
        self.own_threshold.setToolTip(self.tr("The threshold that the model's card was published with"))
        self.own_threshold.toggled.connect(self._threshold_toggled)
        self.threshold = NumberField()
        self.threshold.setRange(0.1, 99.9)
        self.threshold.setDecimals(1)
        self.threshold.setSuffix(" %")
        self.threshold.valueChanged.connect(self._threshold_changed)
        self._row(form, self.tr("Operating point"), self.own_threshold)
        hint = self.tr("A site's own threshold has no published sensitivity and specificity.")
        self._row(form, "", self.threshold, hint)
        self.threshold.setAccessibleName(self.tr("Own threshold"))

    def _add_criteria(self) -> None:
        form = self._section(self.tr("Node criteria"))
        self.column.addWidget(
            HintLabel(
                self.tr(
                    "The program measures; the judgement is the reader's. Sources stand beside the numbers."
                ),
                self,
            )
        )
        self.cut_offs: dict[str, NumberField] = {}
        self._sources: dict[str, Any] = {}
        for name, title, unit in (
            ("cortex_mm", self.tr("Suspicious cortex above"), " mm"),
            ("round_ratio", self.tr("Round: long by short axis below"), ""),
            ("burden_low_mm", self.tr("Nodal burden, grade 2 from"), " mm"),
            ("burden_high_mm", self.tr("Nodal burden, grade 3 from"), " mm"),
        ):
            field = NumberField()
            field.setRange(0.1, 30.0)
            field.setDecimals(1)
            field.setSingleStep(0.1)
            field.setSuffix(unit)
            field.valueChanged.connect(lambda value, name=name: self._cut_off(name, value))
            source = text_label("", "caption")
            box = QWidget()
            row = QHBoxLayout(box)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(12)
            field.setFixedWidth(110)
            field.setAccessibleName(title)
            field.setToolTip(title)
            row.addWidget(field)
            row.addWidget(source)
            row.addStretch(1)
            self._row(form, title, box)
            self.cut_offs[name] = field
            self._sources[name] = source
        restore = push_button(
            self.tr("Published values"), lambda: self._change(cut_offs=PUBLISHED_CUT_OFFS), icon="rotate-ccw"
        )
        row = QHBoxLayout()
        row.addWidget(restore)
        row.addStretch(1)
        self.column.addLayout(row)

    # --- settings ------------------------------------------------------------------------------------------

    def fill(self) -> None:
        """Show the settings as they are."""
        settings = self._controller.settings
        self._filling = True
        for field, text in (
            (self.reader, settings.reader),
            (self.site, settings.site),
            (self.model, settings.model),
        ):
            if field.text() != text:
                field.setText(text)
        for box, value in (
            (self.mode, settings.mode),
            (self.theme, settings.theme),
            (self.language, settings.language),
            (self.device, settings.device),
        ):
            box.setCurrentIndex(max(box.findData(value), 0))
        self.deidentify.setChecked(settings.deidentify)
        self.own_threshold.setChecked(settings.threshold is None)
        self.threshold.setEnabled(settings.threshold is not None)
        model = self._controller.model
        shown = settings.threshold or (model.threshold if model is not None else 0.5)
        self.threshold.setValue(100 * shown)
        cut_offs = settings.cut_offs
        for name, cut_off in self.cut_offs.items():
            cut_off.setValue(getattr(cut_offs, name))
        for name, source in (
            ("cortex_mm", cut_offs.cortex_source),
            ("round_ratio", cut_offs.ratio_source),
            ("burden_low_mm", cut_offs.burden_source),
            ("burden_high_mm", cut_offs.burden_source),
        ):
            self._sources[name].setText(told(source))
        self._filling = False

    def _change(self, **values: Any) -> None:
        if self._filling:
            return
        try:
            settings = dataclasses.replace(self._controller.settings, **values)
        except InvalidValueError as error:
            self.fault.show_message(str(error), "error")
            return
        self.fault.hide()
        if settings != self._controller.settings:
            self._controller.change_settings(settings)

    def _cut_off(self, name: str, value: float) -> None:
        if self._filling:
            return
        try:
            cut_offs = dataclasses.replace(self._controller.settings.cut_offs, **{name: round(value, 1)})
        except InvalidValueError as error:
            self.fault.show_message(str(error), "error")
            return
        self._change(cut_offs=cut_offs)

    def _threshold_toggled(self, own: bool) -> None:
        self.threshold.setEnabled(not own)
        self._change(threshold=None if own else round(self.threshold.value() / 100, 4))

    def _threshold_changed(self, value: float) -> None:
        if not self._filling and not self.own_threshold.isChecked():
            self._change(threshold=round(value / 100, 4))

    def _choose_model(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder of a model"), self.model.text())
        if folder:
            self._change(model=folder)
