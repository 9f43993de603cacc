"""The commands of a reading: images, regions and steps, and when each is offered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence

from alnreader.case.image import ImageKey
from alnreader.case.language import told
from alnreader.case.protocol import Event
from alnreader.case.region import RegionKind
from alnreader.gui import colour
from alnreader.gui.actions import Commands
from alnreader.gui.canvas.tools import EDITING, Tool
from alnreader.gui.controller import Controller
from alnreader.gui.panels.regions import CONFIRM_KEY, REJECT_KEY
from alnreader.gui.rail import Rail
from alnreader.gui.stage import Stage
from alnreader.gui.widgets.buttons import tip_with_key

_DRAWING: Final = (
    *(f"tool_{tool}" for tool in Tool if tool in EDITING and tool is not Tool.BOX),
    "kind",
    "brush_smaller",
    "brush_larger",
)
_EDITING: Final = ("confirm", "confirm_all", "retype", "fill", "smooth", "delete", "undo", "redo")


class ReadingCommands(QObject):
    """Adds the commands to the registry and turns them into the controller's intents.

    Parameters
    ----------
    commands
        The registry.
    controller, stage, rail
        What they work on.
    open_step
        Shows a step of the rail.
    """

    def __init__(
        self,
        commands: Commands,
        controller: Controller,
        stage: Stage,
        rail: Rail,
        open_step: Callable[[int], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.commands, self.controller = commands, controller
        self._stage, self._rail = stage, rail
        self._picture_shown = False
        self._tips: dict[str, str] = {}
        self._why: dict[str, str] = {}
        self._add(open_step)

    def _add(self, open_step: Callable[[int], None]) -> None:
        add, controller, rail = self.commands.add, self.controller, self._rail
        group = self.tr("Images")
        add("next_image", group, self.tr("Next image"), ["PgDown"], lambda: controller.step_image(1))
        add("previous_image", group, self.tr("Previous image"), ["PgUp"], lambda: controller.step_image(-1))
        add(
            "include",
            group,
            self.tr("Leave the image out, or take it in"),
            ["D"],
            self._include,
            icon="circle-minus",
        )
        colours = (
            self.tr("Colour: as the program finds it"),
            self.tr("Colour: as tagged"),
            self.tr("Colour: RGB"),
            self.tr("Colour: YCbCr"),
        )
        for number, (choice, text) in enumerate(zip(colour.CHOICES, colours, strict=True), start=1):
            key = f"Alt+{number}"
            add(colour.command(choice), group, text, [key], lambda choice=choice: self._colour(choice))
        group = self.tr("Regions")
        add("propose", group, self.tr("Propose on this image"), ["P"], self._propose, icon="sparkles")
        add("propose_all", group, self.tr("Propose on all images"), ["Shift+P"], lambda: controller.propose())
        add(
            "confirm", group, self.tr("Confirm the chosen region"), [CONFIRM_KEY], self._confirm, icon="check"
        )
        add(
            "confirm_all",
            group,
            self.tr("Confirm all on this image"),
            ["Shift+A"],
            self._confirm_all,
            icon="check-check",
        )
        add("retype", group, self.tr("Tumour or lymph node"), ["T"], self._retype, icon="tag")
        add("fill", group, self.tr("Fill holes"), ["H"], self._stage.canvas.fill_holes, icon="paint-bucket")
        add("smooth", group, self.tr("Smooth"), ["S"], self._stage.canvas.smooth, icon="spline")
        self._stage.column.add_edit(self.commands["fill"], "paint-bucket")
        self._stage.column.add_edit(self.commands["smooth"], "spline")
        add(
            "delete",
            group,
            self.tr("Delete the chosen region"),
            [REJECT_KEY, "Backspace"],
            self._delete,
            icon="trash-2",
        )
        add("undo", group, self.tr("Undo"), ["Ctrl+Z"], lambda: self._travel(controller.undo), icon="undo-2")
        redo_keys = ["Ctrl+Y", "Ctrl+Shift+Z"]
        add("redo", group, self.tr("Redo"), redo_keys, lambda: self._travel(controller.redo), icon="redo-2")
        add("next_region", group, self.tr("Next region"), ["Y"], self._next_region)
        group = self.tr("Reading")
        for place, text in enumerate(
            (self.tr("Regions"), self.tr("First read"), self.tr("Second reader"), self.tr("Sign and report"))
        ):
            add(
                f"step_{place}",
                group,
                text,
                [f"Ctrl+{place + 1}"],
                lambda place=place: open_step(place),
            )
        add("act", group, self.tr("Do what the filled button says"), ["Ctrl+Return"], rail.act)
        maps = rail.score.show_maps
        heat = add(
            "heat",
            group,
            self.tr("Heat map"),
            ["Shift+H"],
            maps.setChecked,
            icon="flame",
            checkable=True,
        )
        maps.toggled.connect(heat.setChecked)
        maps.setToolTip(tip_with_key(maps.toolTip(), heat.shortcut().toString()))
        where = rail.score.place
        add(
            "heat_place",
            group,
            self.tr("Heat map over or beside the image"),
            ["Ctrl+Shift+H"],
            lambda: where.setCurrentIndex(1 - where.currentIndex()),
            icon="columns-2",
        )
        add("unlock", group, self.tr("Unlock the first read"), ["Ctrl+U"], controller.unlock_first_read)
        add("preview", group, self.tr("Preview the report"), ["Ctrl+P"], controller.preview, icon="file-text")
        add(
            "export",
            group,
            self.tr("Export to a folder"),
            ["Ctrl+E"],
            rail.sign.export.click,
            icon="download",
        )

    def show_picture(self, shown: bool) -> None:
        """Offer what changes the picture only while it is seen."""
        self._picture_shown = shown
        self.enable()

    def enable(self) -> None:
        """Offer what the protocol and the choice allow now."""
        session = self.controller.session
        there = session is not None
        seen = there and self._picture_shown
        edit = seen and session is not None and session.may(Event.EDIT_REGION)
        chosen = edit and self.controller.region_index is not None
        for name in ("close_case", "preview"):
            self.commands[name].setEnabled(there)
        for name in ("next_image", "previous_image"):
            self.commands[name].setEnabled(seen)
        for action in self.commands.in_groups(*self._stage.groups):
            action.setEnabled(seen)
        no_edit, no_frame, no_proposal = map(
            self._refusal, (Event.EDIT_REGION, Event.SET_INCLUDED, Event.PROPOSE)
        )
        no_proposal = no_proposal or (told(self.controller.model_error) if there else "")
        self._stage.refuse(no_edit, no_frame)
        for name in _DRAWING:
            self.commands[name].setEnabled(seen and not no_edit)
            self._explain(name, no_edit)
        self.commands["tool_box"].setEnabled(seen and not no_proposal)
        self.commands["key_frame"].setEnabled(seen and not no_frame)
        for name, why in (
            *((name, no_edit) for name in _EDITING),
            *((name, no_frame) for name in ("include", "key_frame")),
            *((name, no_proposal) for name in ("propose", "propose_all", "tool_box")),
        ):
            self._explain(name, why)
        include = seen and session is not None and session.may(Event.SET_INCLUDED)
        self.commands["include"].setEnabled(include)
        for choice in colour.CHOICES:
            offered = include and session is not None and session.image.is_dicom
            self.commands[colour.command(choice)].setEnabled(offered)
        for name in ("propose", "propose_all"):
            self.commands[name].setEnabled(seen and not no_proposal)
        for name in ("confirm", "retype", "fill", "smooth", "delete"):
            self.commands[name].setEnabled(chosen)
        for name in ("confirm_all", "next_region"):
            self.commands[name].setEnabled(edit)
        history = session.history if session is not None else None
        key = session.current if session is not None else None
        self.commands["undo"].setEnabled(
            edit and history is not None and key is not None and history.can_undo(key)
        )
        self.commands["redo"].setEnabled(
            edit and session is not None and key is not None and session.can_redo(key)
        )
        self.commands["export"].setEnabled(session is not None and session.may(Event.EXPORT))
        self._explain("export", self._refusal(Event.EXPORT))
        revealed = seen and session is not None and session.human.score_visible
        for name in ("heat", "heat_place"):
            self.commands[name].setEnabled(revealed)
        self.commands["unlock"].setEnabled(
            seen and session is not None and session.may(Event.UNLOCK_FIRST_READ)
        )
        self.commands["work_list"].setEnabled(bool(self.controller.sessions or self.controller.saving.rows))

    def _refusal(self, event: Event) -> str:
        """Return why a change is refused now and what to do; empty where it is allowed or nothing is open."""
        session = self.controller.session
        return "" if session is None else session.refusal(event)

    def _explain(self, name: str, why: str) -> None:
        action = self.commands[name]
        tip = self._tips.setdefault(name, action.toolTip())
        action.setToolTip(f"{tip}\n{why}" if why else tip)
        self._why[name] = why

    def say_refusal(self, keys: QKeySequence) -> bool:
        """Say why a key of the picture does nothing now. Return whether there is anything to say."""
        for name, why in self._why.items():
            if self._picture_shown and why and keys in self.commands[name].shortcuts():
                self.controller.message.emit("caution", why)
                return True
        return False

    def _colour(self, choice: str) -> None:
        # Frames decoded with the old colour must not be shown as the new one.
        self._stage.cache.clear()
        if not colour.choose_colour(self.controller, choice):
            self.controller.image_changed.emit()

    def _propose(self) -> None:
        if self.controller.session is not None:
            self.controller.propose([self.controller.session.current])

    def _include(self) -> None:
        session = self.controller.session
        if session is not None:
            self.controller.include(session.current, session.current in session.case.excluded)

    def _confirm(self) -> None:
        self._on_region(self.controller.confirm)

    def _delete(self) -> None:
        self._on_region(self.controller.delete_region)

    def _on_region(self, intent: Callable[[ImageKey, int], None]) -> None:
        session, index = self.controller.session, self.controller.region_index
        if session is not None and index is not None:
            intent(session.current, index)

    def _confirm_all(self) -> None:
        if self.controller.session is not None:
            self.controller.confirm(self.controller.session.current)

    def _retype(self) -> None:
        session, index = self.controller.session, self.controller.region_index
        if session is not None and index is not None:
            node = self.controller.regions()[index].kind is RegionKind.LYMPH_NODE
            self.controller.retype(
                session.current, index, RegionKind.TUMOUR if node else RegionKind.LYMPH_NODE
            )

    def _travel(self, way: Callable[[ImageKey], None]) -> None:
        if self.controller.session is not None:
            way(self.controller.session.current)

    def _next_region(self) -> None:
        count = len(self.controller.regions())
        if count:
            index = self.controller.region_index
            self.controller.select_region(0 if index is None else (index + 1) % count)
