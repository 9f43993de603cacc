"""Step 1: what is outlined on this image, what it measures, and whether the image counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAction, QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from alnreader.case.image import ImageKey
from alnreader.case.language import told
from alnreader.case.measure import Measurement, measure
from alnreader.case.protocol import Event
from alnreader.case.region import Origin, Region, RegionKind
from alnreader.gui import theme
from alnreader.gui.canvas.measures import slip_length
from alnreader.gui.canvas.raster import parts_of
from alnreader.gui.canvas.scene import region_names
from alnreader.gui.controller import Controller
from alnreader.gui.panels import words
from alnreader.gui.panels.step import StepPanel
from alnreader.gui.panels.words import kind_pixmap
from alnreader.gui.session import PatientSession
from alnreader.gui.widgets import (
    Badge,
    ElidedLabel,
    HintLabel,
    plain_tip,
    push_button,
    set_role,
    text_label,
    tool_button,
)
from alnreader.gui.widgets.buttons import tip_with_key

CONFIRM_KEY, REJECT_KEY = "A", "Del"
"""The window's keys for the chosen region, for its tool tips and for the registry."""


class Measured(NamedTuple):
    """What an outline measures, and of how many separate parts it is."""

    axes: Measurement
    parts: int


class RegionRow(QFrame):
    """One region: kind, origin, whether confirmed, measurements, and what can be done with it."""

    def __init__(
        self,
        controller: Controller,
        key: ImageKey,
        index: int,
        region: Region,
        measured: Measured,
        name: str,
        open_: bool,
    ) -> None:
        """Show a region under its name; ``open_``: whether it may be changed."""
        super().__init__()
        self._controller, self._key, self._index, self._region = controller, key, index, region
        self.setProperty("role", "card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        state = self.tr("confirmed") if region.confirmed else self.tr("not confirmed")
        head = QHBoxLayout()
        head.setSpacing(6)
        mark = QLabel()
        mark.setPixmap(kind_pixmap(region.kind, 14, self.devicePixelRatioF()))
        head.addWidget(mark)
        head.addWidget(text_label(name, "strong"))
        head.addStretch(1)
        badges = QHBoxLayout()
        badges.setSpacing(6)
        badges.addWidget(Badge(words.of(region.origin), "quiet"))
        badges.addWidget(Badge(state, "good" if region.confirmed else "caution"))
        badges.addStretch(1)
        self.measured = text_label(words.axes(measured.axes), "number")
        if region.kind is RegionKind.LYMPH_NODE:
            self.measured.setToolTip(self.tr("The cortex is not in an outline: measure it with the caliper"))
        self.reason = HintLabel()
        self.parts = text_label("", "caution", wrap=True)
        if measured.parts > 1:
            self.parts.setText(
                self.tr("In {0} separate parts: the lengths span all of them.").format(measured.parts)
            )
        if region.origin is Origin.DRAWN and (small := slip_length(measured.axes, region.mask.shape)):
            self.parts.setText(self.tr("Only {0} long: reject it if it is a slip.").format(small))
        other = RegionKind.TUMOUR if region.kind is RegionKind.LYMPH_NODE else RegionKind.LYMPH_NODE
        self.confirm = tool_button("check", self.tr("Confirm this region"), self._confirm)
        self.retype = tool_button(
            "repeat",
            self.tr("Call it a tumour") if other is RegionKind.TUMOUR else self.tr("Call it a lymph node"),
            lambda: controller.retype(key, index, other),
        )
        self.reject = tool_button("trash-2", self.tr("Reject this region"), self._reject)
        self.confirm.setEnabled(open_ and not region.confirmed)
        for button in (self.retype, self.reject):
            button.setEnabled(open_)
        buttons = QHBoxLayout()
        buttons.setSpacing(0)
        for button in (self.confirm, self.retype, self.reject):
            buttons.addWidget(button)
        head.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 6, 8)
        column.setSpacing(2)
        column.addLayout(head)
        column.addLayout(badges)
        column.addWidget(self.measured)
        column.addWidget(self.reason)
        column.addWidget(self.parts)
        self.parts.setVisible(bool(self.parts.text()))  # not before: alone it would be a window
        self.reason.setText(told(measured.axes.reason))
        self.setAccessibleName(f"{name}, {words.of(region.origin)}, {state}")
        said = (self.measured.text(), self.reason.text(), self.parts.text())
        self.setAccessibleDescription(" ".join(text for text in said if text))
        self.setToolTip(self.tr("Click to choose; on the chosen row Return confirms, Delete rejects"))

    def set_current(self, current: bool) -> None:
        """Mark the region that is chosen on the canvas: the window's keys work on that one alone."""
        set_role(self, current=current)
        for button, key in ((self.confirm, CONFIRM_KEY), (self.reject, REJECT_KEY)):
            button.setToolTip(tip_with_key(button.accessibleName(), key if current else ""))

    def _confirm(self) -> None:
        self._controller.confirm(self._key, self._index)

    def _reject(self) -> None:
        self._controller.delete_region(self._key, self._index)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose it."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._controller.select_region(self._index)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Choose it when the tab key reaches it."""
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._controller.select_region(self._index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Confirm or reject."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.confirm.isEnabled():
            self._confirm()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.reject.isEnabled():
            self._reject()
        else:
            super().keyPressEvent(event)


class RegionsPanel(StepPanel):
    """Step 1."""

    box_wanted = Signal()
    """The reader wants the network to look again in a box: take the box tool."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        """Build the controls and follow the controller."""
        super().__init__(controller, parent)
        self._chosen: tuple[ImageKey, ...] = ()
        self._measured: dict[Region, Measured] = {}
        self._looked_at: dict[tuple[int, ImageKey], tuple[Region, ...]] = {}
        self.rows: list[RegionRow] = []
        self.title = ElidedLabel("", "strong", Qt.TextElideMode.ElideMiddle)
        self.included = QCheckBox(self.tr("This image counts in the score"))
        self.included.setToolTip(self.tr("Leave the image out of the patient's score, or take it in again"))
        self.included.clicked.connect(self._include)
        self.notes = HintLabel()
        self.empty = HintLabel()
        self._list = QVBoxLayout()
        self._list.setSpacing(6)
        self.propose = push_button(
            self.tr("Propose"), icon="sparkles", tip=self.tr("Let the network outline")
        )
        menu = QMenu(self.propose)
        # Not what QMenu.addAction returns for a text: its Python half is lost in a long run.
        self.propose_this = QAction(self.tr("On this image"), menu)
        self.propose_this.triggered.connect(self._propose_this)
        self.propose_chosen = QAction(self.tr("On the chosen images"), menu)
        self.propose_chosen.triggered.connect(self._propose_chosen)
        self.propose_all = QAction(self.tr("On all images"), menu)
        self.propose_all.triggered.connect(lambda: controller.propose())
        for action in (self.propose_this, self.propose_chosen, self.propose_all):
            menu.addAction(action)
        self.propose.setMenu(menu)
        self.box = push_button(
            self.tr("Look in a box"), self.box_wanted.emit, icon="scan-search",
            tip=self.tr("Draw a box on the image: the network looks at it enlarged"), shortcut="X",
        )  # fmt: skip
        self.undo = tool_button("undo-2", self.tr("Undo on this image"), self._undo, shortcut="Ctrl+Z")
        self.redo = tool_button("redo-2", self.tr("Redo on this image"), self._redo, shortcut="Ctrl+Shift+Z")
        self.confirm_rest = push_button(
            "", self._confirm_rest, icon="check-check",
            tip=self.tr("Every image with something to confirm was on the screen as it is now"),
        )  # fmt: skip
        self._tips = self.propose.toolTip(), self.box.toolTip()
        tools = QGridLayout()
        tools.setSpacing(8)
        tools.addWidget(self.propose, 0, 0)
        tools.addWidget(self.box, 0, 1)
        head = QHBoxLayout()
        head.setSpacing(4)
        for widget in (self.title, self.undo, self.redo):
            head.addWidget(widget)
        head.setStretch(0, 1)
        self.column.addLayout(head)
        for part in (self.included, self.notes, self.empty):
            self.column.addWidget(part)
        self.column.addLayout(self._list)
        self.column.addLayout(tools)
        self.column.addWidget(self.foot)
        self.keep_in_sight(self.confirm_rest)
        self.column.addStretch(1)
        controller.session_changed.connect(self._refresh)
        controller.image_changed.connect(self._refresh)
        controller.regions_changed.connect(self._regions_changed)
        controller.protocol_changed.connect(self._refresh)
        controller.worklist_changed.connect(self._retitle)
        controller.model_changed.connect(self._refresh)
        controller.selection_changed.connect(self._mark)
        theme.signals().changed.connect(self._redress)
        self._refresh()

    # --- what it says --------------------------------------------------------------------------------------

    def summary(self) -> str:
        """Count the confirmed regions, and those that wait."""
        tumours, nodes, waiting = self._counts()
        if not tumours + nodes + waiting:
            return self.tr("Nothing is outlined yet")
        if not tumours + nodes:
            return self.tr("To confirm: {0}").format(waiting)
        text = self.tr("{0} tumour, {1} node regions confirmed").format(tumours, nodes)
        text += self.tr(", {0} not confirmed").format(waiting) if waiting else ""
        left = len(self._untouched())
        return text + (self.tr(", %n image(s) not outlined", "", left) if left else "")

    def finished(self) -> bool:
        """Whether something is confirmed, nothing waits, and every image was outlined or looked through."""
        tumours, nodes, waiting = self._counts()
        return tumours + nodes > 0 and waiting == 0 and not self._untouched()

    def _counts(self) -> tuple[int, int, int]:
        session = self.controller.session
        regions = [region for some in session.case.regions.values() for region in some] if session else []
        confirmed = [region.kind for region in regions if region.confirmed]
        tumours, nodes = (confirmed.count(kind) for kind in (RegionKind.TUMOUR, RegionKind.LYMPH_NODE))
        return tumours, nodes, len(regions) - tumours - nodes

    # --- following -----------------------------------------------------------------------------------------

    def set_chosen(self, keys: Iterable[ImageKey]) -> None:
        """Take the images that are chosen in the film strip."""
        self._chosen = tuple(keys)
        self.propose_chosen.setEnabled(bool(self._chosen))

    def _redress(self, _theme: str) -> None:
        self._refresh()

    def _regions_changed(self, key: ImageKey) -> None:
        session = self.controller.session
        if session is not None and key == session.current:
            self._refresh()
        else:
            self._retitle()

    def _refresh(self) -> None:
        session = self.controller.session
        self.setEnabled(session is not None)
        regions = self.controller.regions()
        focused = next((row for row in self.rows if row.hasFocus()), None)
        place = self.rows.index(focused) if focused is not None else -1
        for row in self.rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []
        # A closed patient's masks are let go with it.
        open_now = {one.number for one in self.controller.sessions}
        self._looked_at = {place: seen for place, seen in self._looked_at.items() if place[0] in open_now}
        if session is None:
            self._measured = {}
            self.title.setText("")
            self.empty.setText("")
            self.notes.setText("")
            self._retitle()
            return
        image = session.image
        self._looked_at[session.number, image.key] = regions
        number = [one.key for one in session.case.images].index(image.key) + 1
        self.title.setText(words.image_name(number, image))
        frame = self.tr("Frame {0} of {1} is read: its regions stand here.")
        cine = image.number_of_frames > 1
        read = [frame.format(image.key.frame, image.number_of_frames)] if cine else []
        self.notes.setText(" ".join((*read, *image.notes)))
        may_edit = session.may(Event.EDIT_REGION)
        self.included.setChecked(image.key not in session.case.excluded)
        self.included.setEnabled(session.may(Event.SET_INCLUDED))
        # Only what is new is measured: the others are the same objects.
        self._measured = {
            region: self._measured.get(region)
            or Measured(measure(region.mask, image.calibration), parts_of(region.mask))
            for region in regions
        }
        for index, (region, name) in enumerate(zip(regions, region_names(regions), strict=True)):
            row = RegionRow(self.controller, image.key, index, region, self._measured[region], name, may_edit)
            self.rows.append(row)
            self._list.addWidget(row)
            row.show()  # at once: a layout shows what is added to it one turn of the event loop later
        self.empty.setText("" if regions else self._nothing(session))
        if 0 <= place < len(self.rows):
            self.rows[place].setFocus()
        without = self.controller.model_error
        for widget, tip in ((self.propose, self._tips[0]), (self.box, self._tips[1])):
            widget.setEnabled(session.may(Event.PROPOSE) and not without)
            widget.setToolTip(plain_tip(f"{tip}\n{told(without)}") if without else tip)
        self.undo.setEnabled(may_edit and session.history.can_undo(image.key))
        self.redo.setEnabled(may_edit and session.can_redo(image.key))
        self._mark()
        self._retitle()

    def _nothing(self, session: PatientSession) -> str:
        if session.current in session.unreadable:
            return session.unreadable[session.current]
        if self.controller.model_error:
            return self.tr("Nothing is outlined on this image: draw with the tools.")
        if session.current in session.proposals:
            return self.tr(
                "The network outlined nothing here. Draw what you see, or let it look again in a box."
            )
        return self.tr("Nothing is outlined on this image: let the network propose, or draw with the tools.")

    def _mark(self) -> None:
        for index, row in enumerate(self.rows):
            row.set_current(index == self.controller.region_index)

    def changeEvent(self, event: QEvent) -> None:
        """Keep the primary button's words when the language changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retitle()

    # --- the primary button --------------------------------------------------------------------------------

    def _waiting(self) -> list[ImageKey]:
        session = self.controller.session
        if session is None:
            return []
        return [
            image.key
            for image in session.case.images
            if any(not region.confirmed for region in session.case.regions_of(image.key))
        ]

    def _retitle(self) -> None:
        session = self.controller.session
        self.enable_primary(session is not None)
        self.state_changed.emit()
        waiting = self._waiting() if session is not None and session.may(Event.EDIT_REGION) else []
        self.hint.setText(self.tr("Images to confirm: {0}").format(len(waiting)) if waiting else "")
        self.confirm_rest.setText(self.tr("Confirm all {0} images").format(len(waiting)))
        self.confirm_rest.setVisible(len(waiting) > 1 and self._all_looked_at(waiting))
        if session is None:
            self.set_primary(self.tr("Propose on all images"))
            return
        if session.current in waiting:
            more = len(waiting) > 1
            self.set_primary(
                self.tr("Confirm, next image") if more else self.tr("Confirm"),
                self.tr("Confirm every region on this image (Shift+A confirms and stays)"),
            )
        elif waiting:
            self.set_primary(self.tr("Next image to confirm"))
        elif len(left := self._untouched()) == len(session.case.images):
            self.set_primary(self.tr("Propose on all images"), self.tr("Let the network outline every image"))
        elif left:
            self.set_primary(
                self.tr("Propose on the other images"),
                self.tr("Let the network outline the %n image(s) that nothing was drawn on", "", len(left)),
            )
        else:
            self.set_primary(self.tr("Continue"), self.tr("Go on to the next step"))

    def _all_looked_at(self, keys: Iterable[ImageKey]) -> bool:
        """Whether images were on the canvas with the regions that they have now."""
        session = self.controller.session
        return session is not None and all(
            self._looked_at.get((session.number, key)) == session.case.regions_of(key) for key in keys
        )

    def _confirm_rest(self) -> None:
        for key in self._waiting():
            self.controller.confirm(key)

    def _untouched(self) -> list[ImageKey]:
        """Return the images that count and that neither the reader nor the network has outlined.

        None where the network cannot be asked: only the reader knows whether there is more to draw.
        """
        session = self.controller.session
        if session is None or not session.may(Event.PROPOSE) or self.controller.model_error:
            return []
        done = session.case.excluded | set(session.proposals) | set(session.unreadable)
        return [
            image.key
            for image in session.case.images
            if image.key not in done and not session.case.regions_of(image.key)
        ]

    def act(self) -> None:
        """Propose, confirm, go to the next image that waits, or go on."""
        session = self.controller.session
        if session is None:
            return
        waiting = self._waiting() if session.may(Event.EDIT_REGION) else []
        if session.current in waiting:
            self.controller.confirm(session.current)
            waiting = self._waiting()
            if waiting:
                self.controller.select_image(self._next_of(session, waiting))
        elif waiting:
            self.controller.select_image(waiting[0])
        elif left := self._untouched():
            self.controller.propose(left)
        else:
            self._show_a_node(session)
            self.advance.emit()

    def _show_a_node(self, session: PatientSession) -> None:
        """Go to an image with a node: the first read asks about it. Stay where one is, or none at all."""
        if not session.may(Event.ENTER_FIRST_READ):
            return
        with_node = [
            image.key
            for image in session.case.images
            if image.key not in session.case.excluded
            and any(region.kind is RegionKind.LYMPH_NODE for region in session.case.regions_of(image.key))
        ]
        if with_node and session.current not in with_node:
            self.controller.select_image(with_node[0])

    @staticmethod
    def _next_of(session: PatientSession, waiting: list[ImageKey]) -> ImageKey:
        """Return the next of the waiting images in reading order, from the first again after the last."""
        keys = [image.key for image in session.case.images]
        place = keys.index(session.current)
        return next((key for key in waiting if keys.index(key) > place), waiting[0])

    # --- intents -------------------------------------------------------------------------------------------

    def _include(self, included: bool) -> None:
        session = self.controller.session
        if session is not None:
            self.controller.include(session.current, included)
            self.included.setChecked(session.current not in session.case.excluded)

    def _propose_this(self) -> None:
        if self.controller.session is not None:
            self.controller.propose([self.controller.session.current])

    def _propose_chosen(self) -> None:
        self.controller.propose(self._chosen)

    def _undo(self) -> None:
        if self.controller.session is not None:
            self.controller.undo(self.controller.session.current)

    def _redo(self) -> None:
        if self.controller.session is not None:
            self.controller.redo(self.controller.session.current)
