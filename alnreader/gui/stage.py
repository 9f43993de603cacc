"""The middle of the window: canvas, tool column over its left edge, and the cine bar under it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QVBoxLayout, QWidget

from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.language import told
from alnreader.case.measure import length, measure
from alnreader.case.region import Mask, Region, RegionKind
from alnreader.gui.actions import Commands
from alnreader.gui.canvas import CanvasView, CinePlayer, FrameCache, Tool
from alnreader.gui.canvas.cine import SPEEDS
from alnreader.gui.canvas.measures import Caliper, slip_length
from alnreader.gui.canvas.scene import region_names
from alnreader.gui.cine_bar import CineBar
from alnreader.gui.controller import Controller
from alnreader.gui.tool_column import ToolColumn
from alnreader.gui.widgets import text_label
from alnreader.report.heat import DrawnHeat, drawn_alone, drawn_of_patient

_BRUSH_STEP = 1.25
_SMALLEST_BRUSH = 2.0


class Stage(QWidget):
    """Shows the controller's image and turns what is drawn into intents."""

    hint_changed = Signal(str)
    place_changed = Signal(str)
    view_changed = Signal(str)
    caliper_measured = Signal(object)

    def __init__(self, controller: Controller, commands: Commands, parent: QWidget | None = None) -> None:
        """Follow the controller, and add the canvas's commands to the registry."""
        super().__init__(parent)
        self._controller = controller
        self._commands = commands
        self._session_number = -1
        self._drawn: tuple[Region, ...] = ()
        self._heat: tuple[Any, DrawnHeat | None] = (None, None)
        self._own_scale = True
        self.cache = FrameCache(controller.runner, self)
        self.player = CinePlayer(self)
        self.canvas = CanvasView()
        self.canvas.setAccessibleName(self.tr("Picture"))
        self.cine = CineBar(self.player, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.cine)
        self._note = text_label("", "canvas", wrap=True, parent=self.canvas)
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._note.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._note.hide()
        self._add_commands()
        groups = [[(f"tool_{tool}", icon) for tool, _text, _key, icon in group] for group in self._tools()]
        self.column = ToolColumn(self.canvas, commands, groups, commands["kind"])
        self.column.add_view(commands["fit"], "maximize")
        self.column.add_view(commands["invert"], "contrast")
        self.column.add_view(commands["outlines"], "eye")
        self.column.add_view(commands["proposals"], "circle-dashed")
        self.canvas.installEventFilter(self)
        self._listen()
        self._new_image()

    # --- putting together ----------------------------------------------------------------------------------

    def _tools(self) -> tuple[tuple[tuple[Tool, str, str, str], ...], ...]:
        """Return tool, name, key and icon, in the groups of the column."""
        return (
            (
                (Tool.SELECT, self.tr("Select and move outlines"), "V", "mouse-pointer-2"),
                (Tool.PAN, self.tr("Move the picture"), "N", "hand"),
                (Tool.WINDOW, self.tr("Window: brightness and contrast"), "W", "sun-medium"),
            ),
            (
                (Tool.BRUSH, self.tr("Brush"), "B", "brush"),
                (Tool.ERASER, self.tr("Eraser"), "E", "eraser"),
                (Tool.POLYGON, self.tr("Polygon"), "G", "vector-polygon"),
                (Tool.LASSO, self.tr("Lasso"), "L", "lasso"),
            ),
            ((Tool.BOX, self.tr("Box: look again here"), "X", "scan-search"),),
            (
                (Tool.CALIPER, self.tr("Caliper"), "C", "ruler"),
                (Tool.ELLIPSE, self.tr("Ellipse"), "M", "ellipse"),
            ),
        )

    def _add_commands(self) -> None:
        commands, canvas = self._commands, self.canvas
        tools, view, cine = self.tr("Tools"), self.tr("View"), self.tr("Cine")
        self.groups = (tools, view, cine)
        group = QActionGroup(self)
        for tool, text, key, icon in (entry for entries in self._tools() for entry in entries):
            action = commands.add(
                f"tool_{tool}",
                tools,
                text,
                [key],
                lambda on, tool=tool: canvas.set_tool(tool) if on else None,
                icon=icon,
                checkable=True,
                checked=tool is canvas.tool,
            )
            group.addAction(action)
        commands.add("kind", tools, self.tr("Draw the other kind"), ["Shift+T"], self.toggle_kind)
        commands.add(
            "brush_smaller", tools, self.tr("Smaller brush"), ["["], lambda: self._brush(1 / _BRUSH_STEP)
        )
        commands.add("brush_larger", tools, self.tr("Larger brush"), ["]"], lambda: self._brush(_BRUSH_STEP))
        commands.add(
            "clear_measures", tools, self.tr("Clear the measurements"), ["Shift+C"], self._clear_measures
        )
        for text, held in (
            (self.tr("Brush erases; a shape is cut out of the region"), self.tr("hold Alt")),
            (self.tr("A shape is added to the chosen region"), self.tr("hold Shift")),
            (self.tr("Drop what is being drawn"), "Esc"),
            (self.tr("Close a polygon; make an ellipse a region"), "Enter"),
            (self.tr("Take back a corner or a measurement"), "Backspace"),
        ):
            commands.add_gesture(tools, text, held)
        for name, text, keys, run, icon in (
            ("fit", self.tr("Fit the picture"), ["0"], canvas.fit, "maximize"),
            ("one_to_one", self.tr("One to one"), ["1"], canvas.one_to_one, "scan"),
            ("zoom_in", self.tr("Zoom in"), ["+", "="], canvas.zoom_in, "zoom-in"),
            ("zoom_out", self.tr("Zoom out"), ["-"], canvas.zoom_out, "zoom-out"),
            ("window_reset", self.tr("Window as recorded"), ["R"], canvas.reset_window, "rotate-ccw"),
        ):
            commands.add(name, view, text, keys, run, icon=icon)
        for name, text, key, show, on in (
            ("invert", self.tr("Invert the greys"), "I", canvas.invert, False),
            ("outlines", self.tr("Outlines"), "O", canvas.show_outlines, True),
            ("proposals", self.tr("The network's own outlines"), "J", canvas.show_proposals, False),
            ("labels", self.tr("Labels"), "Shift+O", canvas.show_labels, True),
            ("ruler", self.tr("Ruler"), "U", canvas.show_ruler, True),
        ):
            commands.add(name, view, text, [key], show, checkable=True, checked=on)
            show(on)
        commands.add_gesture(view, self.tr("Zoom to the mouse"), self.tr("Wheel"))
        commands.add_gesture(view, self.tr("Move the picture"), self.tr("Space + drag"))
        commands.add_gesture(view, self.tr("Window"), self.tr("Right drag"))
        commands.add_gesture(tools, self.tr("Brush size"), self.tr("Ctrl + wheel"))
        commands.add("play", cine, self.tr("Play or pause"), ["K"], self.player.toggle, icon="play")
        commands.add("frame_back", cine, self.tr("One frame back"), [","], lambda: self.player.step(-1))
        commands.add("frame_on", cine, self.tr("One frame on"), ["."], lambda: self.player.step(1))
        commands.add("slower", cine, self.tr("Slower"), ["<"], lambda: self._speed(-1))
        commands.add("faster", cine, self.tr("Faster"), [">"], lambda: self._speed(1))
        commands.add(
            "key_frame", cine, self.tr("Read this frame"), ["Shift+K"], self._choose_frame, icon="star"
        )
        commands.add_gesture(cine, self.tr("Play or pause, the mouse over the picture"), "Space")
        commands.add_gesture(cine, self.tr("Frame on or back"), self.tr("Shift + wheel"))

    def _listen(self) -> None:
        controller, canvas = self._controller, self.canvas
        controller.session_changed.connect(self._new_session)
        controller.image_changed.connect(self._new_image)
        controller.regions_changed.connect(lambda _key: self._show_regions())
        controller.selection_changed.connect(self._show_regions)
        controller.maps_changed.connect(self._show_heat)
        controller.score_changed.connect(self._show_heat)
        self.cache.ready.connect(self._decoded)
        self.cache.failed.connect(self._not_decoded)
        self.player.frame_requested.connect(self._show_frame)
        self.cine.key_frame_chosen.connect(self._choose_frame)
        canvas.mask_edited.connect(self._edited)
        canvas.regions_joined.connect(self._joined)
        canvas.region_drawn.connect(self._region_drawn)
        canvas.box_drawn.connect(self._box_drawn)
        canvas.region_clicked.connect(controller.select_region)
        canvas.frame_requested.connect(self.player.seek)
        canvas.space_tapped.connect(self.player.toggle)
        canvas.hint.connect(self.hint_changed)
        canvas.cursor_moved.connect(self.place_changed)
        canvas.measured.connect(self._measured)
        canvas.tool_changed.connect(self._tool_changed)
        canvas.kind_changed.connect(self.column.show_kind)
        canvas.view_changed.connect(self._tell_view)

    def take_over(self, other: Stage, playing: bool) -> None:
        """Show what another stage does, as it does: frame, zoom, window, tool, measurements."""
        self.player.set_speed(other.player.speed)
        self.player.seek(other.player.frame)
        self.canvas.take_over(other.canvas)
        self.column.show_kind(self.canvas.kind)
        self._show_regions()
        self._show_heat()
        if playing:
            self.player.play()

    # --- pictures ------------------------------------------------------------------------------------------

    def _shown(self) -> UltrasoundImage | None:
        """Return the frame on the canvas, which need not be the one that is read."""
        image = self._controller.image
        return (
            image.at_frame(self.player.frame) if image is not None and image.number_of_frames > 1 else image
        )

    def _new_session(self) -> None:
        session = self._controller.session
        number = session.number if session is not None else -1
        if number != self._session_number:
            self._session_number = number
            self.player.pause()
            self.cache.clear()
            self.canvas.forget_measures()

    def _new_image(self) -> None:
        image = self._controller.image
        if image is None:
            self.player.set_cine(1, None)
            self.canvas.set_image(None, None)
        else:
            self.player.set_cine(image.number_of_frames, image.frame_time, image.key.frame)
            self._put(image)
        self._offer_caliper()
        self.cine.set_key_frame(image.key.frame if image is not None else 1)
        self._show_tools()

    def _put(self, image: UltrasoundImage) -> None:
        pixels = self.cache.want(image)
        self.canvas.set_image(image, pixels)
        self._say("" if pixels is not None else self.tr("Decoding the picture"))
        self._show_regions()
        self._show_heat()

    def _show_frame(self, frame: int) -> None:
        image = self._controller.image
        if image is None:
            return
        wanted = image.at_frame(frame)
        pixels = self.cache.want(wanted)
        if pixels is not None:  # else the last frame stays until this one is there
            self.canvas.set_image(wanted, pixels)
            self._show_regions()
            self._show_heat()
            self._offer_caliper()

    def _decoded(self, key: ImageKey, pixels: object) -> None:
        image = self._controller.image
        if image is None or key.uid != image.key.uid:
            return
        self._say("")
        if image.number_of_frames > 1:
            self.canvas.set_image(image.at_frame(key.frame), pixels)  # type: ignore[arg-type]  # uint8, as decoded
        else:
            self.canvas.set_pixels(key, pixels)  # type: ignore[arg-type]  # uint8, as decoded
        self._show_regions()
        self._show_heat()

    def _not_decoded(self, key: ImageKey, reason: str) -> None:
        image = self._controller.image
        if image is not None and key.uid == image.key.uid:
            self._say(self.tr("This picture cannot be shown.") + "\n" + told(reason))

    def _on_canvas(self) -> ImageKey | None:
        return self.canvas.image.key if self.canvas.image is not None else None

    def _show_regions(self) -> None:
        controller, key = self._controller, self._on_canvas()
        session = controller.session
        if session is None or key is None:
            self._drawn = ()
            return
        read = key == session.current
        self._drawn = session.case.regions_of(key) if read else ()
        self.canvas.set_regions(self._drawn, controller.region_index if read else None)
        self.canvas.set_proposals(session.proposals.get(key, ()))

    def show_own_scale(self, own: bool) -> None:
        """Draw the patient's heat maps each on its own scale, or all on one."""
        self._own_scale = own
        self._show_heat()

    def _show_heat(self) -> None:
        drawn = self._drawn_heat()
        if drawn is None:
            self.canvas.set_heat_map(None)
        else:
            self.canvas.set_heat_map(drawn.values, drawn.top, drawn.note)

    def _drawn_heat(self) -> DrawnHeat | None:
        """Return the heat map on the canvas as it is drawn; made once for each map."""
        controller, key = self._controller, self._on_canvas()
        maps, session = controller.heat_maps, controller.session
        if session is None or key is None or key not in maps:
            return None
        of_patient, included = controller.map_target == "patient", key not in session.case.excluded
        wanted = (maps[key], of_patient, included, self._own_scale)
        before, drawn = self._heat
        if before is None or before[0] is not wanted[0] or before[1:] != wanted[1:]:
            image = session.case.image(key)
            if of_patient:
                drawn = drawn_of_patient(maps, image, included, own_scale=self._own_scale)
            else:
                drawn = drawn_alone(maps, image)
            self._heat = (wanted, drawn)
        return drawn

    def _say(self, text: str) -> None:
        self._note.setText(text)
        self._note.setVisible(bool(text))
        self._place_note()

    # --- what is drawn -------------------------------------------------------------------------------------

    def _edited(self, index: int, mask: Mask) -> None:
        key = self._on_canvas()
        if key is not None and index < len(self._drawn):
            self._controller.replace_mask(key, index, mask, self._drawn[index])
            self._show_regions()  # what was refused goes from the canvas

    def _joined(self, numbers: tuple[int, ...], mask: Mask) -> None:
        key = self._on_canvas()
        if key is not None and max(numbers) < len(self._drawn):
            first, *others = (self._drawn[number] for number in numbers)
            self._controller.replace_mask(key, numbers[0], mask, first, others)
            self._show_regions()

    def _region_drawn(self, mask: Mask, kind: RegionKind) -> None:
        key = self._read_what_is_shown()
        if key is not None:
            before = len(self._controller.regions())
            self._controller.add_region(key, mask, kind)
            if len(self._controller.regions()) > before:
                self._tell_new()
        self._show_regions()

    def _tell_new(self) -> None:
        """Say that a region was begun: a slip of the hand would count as a lesion, and go unnoticed."""
        regions, image = self._controller.regions(), self._controller.image
        if image is None:
            return
        name, mask = region_names(regions)[-1], regions[-1].mask
        small = slip_length(measure(mask, image.calibration), mask.shape)
        if small:
            words = self.tr("{0} is new and only {1} long. If it is a slip, Ctrl+Z takes it back.")
            self._controller.message.emit("caution", words.format(name, small))
        else:
            self.canvas.say(self.tr("{0} is new. Ctrl+Z takes it back.").format(name))

    def _box_drawn(self, box: tuple[int, int, int, int]) -> None:
        key = self._read_what_is_shown()
        if key is not None:
            self._controller.propose_in_box(key, box)

    def _read_what_is_shown(self) -> ImageKey | None:
        """Make the frame on the canvas the one that is read; None where the protocol refuses."""
        key, session = self._on_canvas(), self._controller.session
        if key is None or session is None:
            return None
        if key != session.current:
            self._controller.set_frame(key.frame, drawn_on=True)
        return key if session.current == key else None

    def _choose_frame(self) -> None:
        shown = self._shown()
        if shown is not None and shown.number_of_frames > 1:
            self.player.pause()
            self._controller.set_frame(shown.key.frame)

    def _measured(self, text: str) -> None:
        self.hint_changed.emit(text)
        self._offer_caliper()

    def _offer_caliper(self) -> None:
        """Offer the last caliper of the picture that is shown, and no other's."""
        lines = [measure for measure in self.canvas.measures if isinstance(measure, Caliper)]
        ends = (lines[-1].start, lines[-1].end) if lines else None
        self.caliper_measured.emit(None if ends is None else length(*ends, self.canvas.calibration).mm)

    def _clear_measures(self) -> None:
        self.canvas.clear_measures()
        self._offer_caliper()

    def refuse(self, editing: str, choosing: str) -> None:
        """Say why regions may not be changed, and no other frame be read; empty where they may."""
        self.canvas.refuse_editing(editing)
        self.cine.refuse_choice(choosing)

    # --- tools ---------------------------------------------------------------------------------------------

    def toggle_kind(self) -> None:
        """Draw the other kind from now on."""
        other = RegionKind.LYMPH_NODE if self.canvas.kind is RegionKind.TUMOUR else RegionKind.TUMOUR
        self.canvas.set_kind(other)

    def _speed(self, steps: int) -> None:
        """Take the next speed that is offered."""
        place = SPEEDS.index(self.player.speed) + steps
        self.player.set_speed(SPEEDS[min(max(place, 0), len(SPEEDS) - 1)])

    def _brush(self, factor: float) -> None:
        self.canvas.set_brush_size(max(self.canvas.brush_size * factor, _SMALLEST_BRUSH))

    def _tool_changed(self, tool: Tool) -> None:
        self._commands[f"tool_{tool}"].setChecked(True)

    def _tell_view(self, zoom: float, window: tuple[float, float]) -> None:
        centre, width = window
        self.view_changed.emit(f"{100 * zoom:.0f} %   W {width:.0f}  L {centre:.0f}")

    def _show_tools(self) -> None:
        self.column.set_shown(self._controller.image is not None)

    # --- Qt ------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the note in the middle of the canvas."""
        if watched is self.canvas and event.type() == QEvent.Type.Resize:
            self._place_note()
        return False

    def _place_note(self) -> None:
        width = min(self.canvas.width() - 32, 520)
        self._note.setFixedWidth(max(width, 1))
        self._note.adjustSize()
        self._note.move(
            (self.canvas.width() - self._note.width()) // 2, (self.canvas.height() - self._note.height()) // 2
        )
