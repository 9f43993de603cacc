"""The PACS nodes of the preferences: a list, the fields of the chosen one, and a test of the connection."""

from __future__ import annotations

import dataclasses
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from alnreader.case.errors import InvalidValueError
from alnreader.dicom.network.nodes import CharacterSet, Node, Protocol, Retrieve
from alnreader.gui.pacs import PacsDesk
from alnreader.gui.widgets import Banner, push_button, text_label
from alnreader.gui.widgets.combo import ComboBox

_LABEL_WIDTH, _FIELD_WIDTH, _SHORT_WIDTH = 220, 320, 110

_FOR_DIMSE = ("host", "port", "ae_title", "own_ae_title", "retrieve", "listen_port", "tls", "character_set")
_FOR_WEB = ("url", "user", "password")
_FOR_TLS = ("ca_file", "certificate_file", "key_file", "check_host_name")
_KINDS = {"protocol": Protocol, "retrieve": Retrieve, "character_set": CharacterSet}
_NUMBERS = ("port", "listen_port", "connect_timeout", "answer_timeout")


class NodesEditor(QWidget):
    """Edits the desk's nodes. A change holds once the node is valid; until then it says what is not.

    Parameters
    ----------
    desk
        Owns the nodes.
    """

    def __init__(self, desk: PacsDesk, parent: QWidget | None = None) -> None:
        """Show the nodes."""
        super().__init__(parent)
        self._desk = desk
        self._filling = False
        self.choice = ComboBox()
        self.choice.setAccessibleName(self.tr("PACS node"))
        self.choice.setToolTip(self.tr("Node whose fields stand below"))
        self.choice.setFixedWidth(_FIELD_WIDTH)
        self.choice.currentIndexChanged.connect(lambda _index: self._fill())
        self.add_button = push_button(self.tr("Add"), self._add, icon="plus")
        self.remove_button = push_button(self.tr("Remove"), self._remove, icon="trash-2")
        self.test_button = push_button(self.tr("Test connection"), self._test, icon="refresh-cw")
        self.answer = Banner(parent=self)
        self.answer.hide()
        self.fields: dict[str, QLineEdit | QComboBox | QCheckBox] = {}
        self._labels: dict[str, QLabel] = {}
        self._boxes: dict[str, QWidget] = {}
        row = QHBoxLayout()
        row.setSpacing(8)
        title = text_label(self.tr("Node"))
        title.setFixedWidth(_LABEL_WIDTH + 8)
        title.setBuddy(self.choice)
        row.addWidget(title)
        row.addWidget(self.choice)
        row.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addSpacing(_LABEL_WIDTH + 16)
        for button in (self.add_button, self.remove_button, self.test_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(16)
        self._form.setVerticalSpacing(8)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
        self._add_fields()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(text_label(self.tr("PACS"), "strong"))
        column.addLayout(row)
        column.addLayout(buttons)
        column.addWidget(self.answer)
        column.addLayout(self._form)
        desk.nodes_changed.connect(self.refresh)
        desk.tested.connect(self._show_answer)
        self.refresh()

    # --- building ------------------------------------------------------------------------------------------

    def _add_fields(self) -> None:
        self._line("name", self.tr("Name"), self.tr("What you call it"))
        self._combo(
            "protocol",
            self.tr("Speaks"),
            (("DICOM (C-FIND, C-GET, C-STORE)", Protocol.DIMSE), ("DICOMweb", Protocol.DICOMWEB)),
        )
        self._line("host", self.tr("Computer"), self.tr("Host name or IP address"))
        self._line("port", self.tr("Port"), "104", _SHORT_WIDTH)
        self._line("ae_title", self.tr("AE title of the PACS"), "")
        self._line("own_ae_title", self.tr("Own AE title"), self.tr("As the PACS knows this program"))
        self._combo(
            "retrieve",
            self.tr("Fetch by"),
            (
                (self.tr("C-GET: needs no open port here"), Retrieve.GET),
                (self.tr("C-MOVE: the PACS sends to a port here"), Retrieve.MOVE),
            ),
        )
        self._line("listen_port", self.tr("Listening port"), "11112", _SHORT_WIDTH)
        self._line("url", self.tr("Address"), "https://pacs.example/dicom-web")
        self._line("user", self.tr("User"), "")
        self._line("password", self.tr("Password"), "")
        password = self.fields["password"]
        if isinstance(password, QLineEdit):
            password.setEchoMode(QLineEdit.EchoMode.Password)
        self._check("tls", self.tr("Encryption"), self.tr("TLS"))
        self._file("ca_file", self.tr("Trusted authority (PEM)"), self.tr("The authorities of this system"))
        self._file("certificate_file", self.tr("Own certificate (PEM)"), self.tr("None"))
        self._file("key_file", self.tr("Own key (PEM)"), self.tr("None"))
        self._check("check_host_name", self.tr("Certificate"), self.tr("Must name this computer"))
        self._line("connect_timeout", self.tr("Wait for a connection (s)"), "10", _SHORT_WIDTH)
        self._line("answer_timeout", self.tr("Wait for an answer (s)"), "60", _SHORT_WIDTH)
        self._combo(
            "character_set",
            self.tr("Search terms in"),
            (
                ("UTF-8", CharacterSet.UTF8),
                ("GB18030", CharacterSet.GB18030),
                ("Latin-1", CharacterSet.LATIN1),
            ),
        )

    def _put(self, name: str, title: str, field: QLineEdit | QComboBox | QCheckBox, box: QWidget) -> None:
        label = text_label(title)
        label.setFixedWidth(_LABEL_WIDTH)
        label.setBuddy(field)
        field.setAccessibleName(title)
        field.setToolTip(title)
        self.fields[name], self._labels[name], self._boxes[name] = field, label, box
        self._form.addRow(label, box)

    def _line(self, name: str, title: str, hint: str, width: int = _FIELD_WIDTH) -> None:
        field = QLineEdit()
        field.setPlaceholderText(hint)
        field.setFixedWidth(width)
        field.editingFinished.connect(self._changed)
        self._put(name, title, field, field)

    def _file(self, name: str, title: str, hint: str) -> None:
        field = QLineEdit()
        field.setPlaceholderText(hint)
        field.setFixedWidth(_FIELD_WIDTH)
        field.editingFinished.connect(self._changed)
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(field)
        row.addWidget(
            push_button(self.tr("Choose"), lambda: self._choose(name), icon="folder-open", tip=title)
        )
        row.addStretch(1)
        self._put(name, title, field, box)

    def _combo(self, name: str, title: str, entries: tuple[tuple[str, Any], ...]) -> None:
        field = ComboBox()
        field.setFixedWidth(_FIELD_WIDTH)
        for text, value in entries:
            field.addItem(text, value)
        field.activated.connect(lambda _index: self._changed())
        self._put(name, title, field, field)

    def _check(self, name: str, title: str, text: str) -> None:
        field = QCheckBox(text)
        field.toggled.connect(lambda _on: self._changed())
        self._put(name, title, field, field)

    # --- showing -------------------------------------------------------------------------------------------

    @property
    def node(self) -> Node | None:
        """The chosen node."""
        index = self.choice.currentIndex()
        return self._desk.nodes[index] if 0 <= index < len(self._desk.nodes) else None

    def refresh(self) -> None:
        """Show the desk's nodes."""
        kept = self.choice.currentIndex()
        self._filling = True
        self.choice.clear()
        for node in self._desk.nodes:
            self.choice.addItem(node.name)
        self.choice.setCurrentIndex(min(max(kept, 0), len(self._desk.nodes) - 1))
        self._filling = False
        self._fill()

    def _fill(self) -> None:
        if self._filling:
            return
        node = self.node
        for button in (self.remove_button, self.test_button):
            button.setEnabled(node is not None)
        self.choice.setEnabled(node is not None)
        self._show_fields(node)
        self._filling = True
        for name, field in self.fields.items():
            value = getattr(node, name) if node is not None else None
            if isinstance(field, QCheckBox):
                field.setChecked(bool(value))
            elif isinstance(field, QComboBox):
                field.setCurrentIndex(max(field.findData(value), 0))
            else:
                text = f"{value:g}" if isinstance(value, float) else str(value if value is not None else "")
                if field.text() != text:
                    field.setText(text)
        self._filling = False

    def _show_fields(self, node: Node | None) -> None:
        """Show what belongs to the protocol and its encryption."""
        web = node is not None and node.protocol is Protocol.DICOMWEB
        hidden = set(_FOR_DIMSE if web else _FOR_WEB)
        if node is not None and not node.encrypted:
            hidden |= set(_FOR_TLS)
        if node is None or node.retrieve is not Retrieve.MOVE:
            hidden.add("listen_port")
        for name, label in self._labels.items():
            shown = node is not None and name not in hidden
            label.setVisible(shown)
            self._boxes[name].setVisible(shown)

    def _show_answer(self, _name: str, level: str, sentence: str) -> None:
        self.answer.show_message(sentence, level)
        self.test_button.setEnabled(self.node is not None)

    # --- changing ------------------------------------------------------------------------------------------

    def _values(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, field in self.fields.items():
            if isinstance(field, QCheckBox):
                values[name] = field.isChecked()
            elif isinstance(field, QComboBox):
                # Qt hands out the text of an enumeration, not the member.
                values[name] = _KINDS[name](field.currentData())
            elif name in _NUMBERS:
                values[name] = _number(
                    field.text(), whole=name.endswith("port"), title=self._labels[name].text()
                )
            else:
                values[name] = field.text() if name == "password" else field.text().strip()
        return values

    def _changed(self) -> None:
        node = self.node
        if self._filling or node is None:
            return
        try:
            values = self._values()
            if values["protocol"] is not node.protocol:
                values = _for_protocol(values, node)
            changed = dataclasses.replace(node, **values)
            if any(other.name == changed.name for other in self._desk.nodes if other is not node):
                raise InvalidValueError(f"There is another node {changed.name!r}: choose another name.")
        except InvalidValueError as error:
            self.answer.show_message(str(error), "error")
            return
        self.answer.hide()
        if changed != node:
            self._desk.save([changed if other is node else other for other in self._desk.nodes])

    def _add(self) -> None:
        taken = {node.name for node in self._desk.nodes}
        names = ("PACS", *(f"PACS {number}" for number in range(2, len(taken) + 2)))
        name = next(each for each in names if each not in taken)
        if self._desk.save([*self._desk.nodes, Node(name, host="localhost", ae_title="PACS")]):
            self.choice.setCurrentIndex(len(self._desk.nodes) - 1)
            self.fields["name"].setFocus(Qt.FocusReason.OtherFocusReason)

    def _remove(self) -> None:
        node = self.node
        if node is not None:
            self.answer.hide()
            self._desk.save([other for other in self._desk.nodes if other is not node])

    def _test(self) -> None:
        node = self.node
        if node is not None:
            self.answer.show_message(self.tr("Testing {0}").format(node.address), "info")
            self._desk.test(node)

    def _choose(self, name: str) -> None:
        field = self.fields[name]
        if isinstance(field, QLineEdit):
            chosen, _filter = QFileDialog.getOpenFileName(self, self._labels[name].text(), field.text())
            if chosen:
                field.setText(chosen)
                self._changed()


def _number(text: str, *, whole: bool, title: str) -> int | float:
    try:
        return int(text) if whole else float(text.replace(",", "."))
    except ValueError:
        raise InvalidValueError(f"{title}: {text!r} is no number.") from None


def _for_protocol(values: dict[str, Any], node: Node) -> dict[str, Any]:
    """Fill in what the other protocol cannot do without, for the reader to correct."""
    if values["protocol"] is Protocol.DICOMWEB:
        return {**values, "url": values["url"] or f"https://{node.host or 'localhost'}/dicom-web"}
    return {**values, "host": values["host"] or "localhost", "ae_title": values["ae_title"] or "PACS"}
