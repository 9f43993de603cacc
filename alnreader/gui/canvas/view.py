"""The canvas: what moves the picture is done here, the rest goes to the tool in hand."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from alnreader.gui.canvas.measures import position_text
from alnreader.gui.canvas.surface import Surface
from alnreader.gui.canvas.tool_measure import MeasureTool
from alnreader.gui.canvas.tool_outline import BoxTool, LassoTool, PolygonTool
from alnreader.gui.canvas.tool_paint import PaintTool
from alnreader.gui.canvas.tool_select import SelectTool
from alnreader.gui.canvas.tools import EDITING, Handler, MoveTool, Pointer, Tool
from alnreader.gui.widgets.labels import plain_tip

_BRUSH_STEP = 1.15
"""Of the brush's size, for a notch of the wheel with Ctrl."""

_CLICK = 3.0
"""Screen pixels that a press may wander and still be a click."""


class CanvasView(Surface):
    """A picture that can be worked on.

    Signals
    -------
    cursor_moved(str)
        Where the mouse is, in mm or px; empty off the picture.
    frame_requested(int)
        Frame of the cine that the reader has turned to (1-based).
    space_tapped()
        Space was pressed and let go without moving the picture: play or pause.
    tool_changed(Tool)
        Another tool is in hand.
    """

    cursor_moved = Signal(str)
    frame_requested = Signal(int)
    space_tapped = Signal()
    tool_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Listen to mouse and keys."""
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents, False)
        self.setAccessibleName(self.tr("Picture"))
        self.setAccessibleDescription(
            self.tr("The ultrasound picture with its regions. The wheel zooms, the middle button moves it.")
        )
        self.setToolTip(
            self.tr("The wheel zooms, the middle button moves the picture, the right one changes its greys")
        )
        self._tool = Tool.PAN
        self._handlers: dict[Tool, Handler] = {
            Tool.PAN: MoveTool(self, Tool.PAN),
            Tool.WINDOW: MoveTool(self, Tool.WINDOW),
            Tool.SELECT: SelectTool(self),
            Tool.BRUSH: PaintTool(self, erase=False),
            Tool.ERASER: PaintTool(self, erase=True),
            Tool.POLYGON: PolygonTool(self),
            Tool.LASSO: LassoTool(self),
            Tool.BOX: BoxTool(self),
            Tool.CALIPER: MeasureTool(self, ellipse=False),
            Tool.ELLIPSE: MeasureTool(self, ellipse=True),
        }
        self._drag: str = ""
        self._drag_button = Qt.MouseButton.NoButton
        self._drag_pane = 0
        self._drag_start = QPointF()
        self._drag_last = QPointF()
        self._space = False
        self._space_used = False
        self.set_tool(Tool.PAN)

    @property
    def tool(self) -> Tool:
        """The tool in hand."""
        return self._tool

    def set_tool(self, tool: Tool) -> None:
        """Take a tool in hand; what the last one had begun is dropped.

        Where regions may not be changed, a tool for that gives way to `Tool.SELECT`, whose hint says why.
        """
        if self.refusal and tool in EDITING:
            tool = Tool.SELECT
        self.handler.cancel()
        self.handler.hover(None)
        self._drag = ""
        self._tool = tool
        self.handler = self._handlers[tool]
        self._show_cursor()
        self.say(self.handler.hint)
        self.update()
        self.tool_changed.emit(tool)

    def refuse_editing(self, why: str) -> None:
        """Refuse to change regions, with a sentence that says why and what to do; allow it where empty."""
        if why == self._refusal:
            return
        self._refusal = why
        if why and (self._tool in EDITING or self._tool is Tool.SELECT):
            self.set_tool(self._tool)
        else:
            self.say(self.handler.hint)
        self.update()

    # --- mouse ---------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to move the picture, to change the window, or to work."""
        if self._drag or not self.ready:
            return
        place, button = event.position(), event.button()
        self._drag_button = button
        self._drag_pane = self.pane_of(place)
        self._drag_start = self._drag_last = place
        left = button == Qt.MouseButton.LeftButton
        if button == Qt.MouseButton.MiddleButton or (left and (self._space or self._tool is Tool.PAN)):
            self._drag = "pan"
            self._space_used = self._space
        elif button == Qt.MouseButton.RightButton or (left and self._tool is Tool.WINDOW):
            self._drag = "window"
        elif left:
            self._drag = "tool"
            self.handler.press(self._pointer(event))
        self._show_cursor()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with what was begun, and tell where the mouse is."""
        if not self.ready:
            return
        place = event.position()
        step = place - self._drag_last
        self._drag_last = place
        if self._drag == "pan":
            self.move_picture(step.x(), step.y())
        elif self._drag == "window":
            self.drag_window(step.x(), step.y())
        elif self._drag == "tool":
            self.handler.move(self._pointer(event))
        else:
            self.handler.hover(self._pointer(event))
        self._tell_position(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End what was begun. A click with the pan tool chooses a region."""
        if event.button() != self._drag_button:  # another button of a chord: what was begun goes on
            return
        drag, self._drag = self._drag, ""
        if drag == "tool":
            self.handler.release(self._pointer(event))
        elif drag == "pan" and self._tool is Tool.PAN and event.button() == Qt.MouseButton.LeftButton:
            way = event.position() - self._drag_start
            if not self._space and way.manhattanLength() <= _CLICK:
                self.choose(self.region_at(self._pointer(event).at))
        self._show_cursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Close a polygon, make an ellipse a region; else a second press is a press."""
        shape = self._tool in (Tool.POLYGON, Tool.ELLIPSE)
        if self.ready and event.button() == Qt.MouseButton.LeftButton and shape:
            self.handler.double(self._pointer(event))
        else:
            self.mousePressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Hide the brush."""
        self.handler.hover(None)
        self.cursor_moved.emit("")
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom to the mouse; with Ctrl the brush's size, with Shift the frame of a cine."""
        # Some systems turn the wheel to the other axis while Shift or Alt is held.
        delta = event.angleDelta().y() or event.angleDelta().x()
        notches = self.notches(delta)
        modifiers = event.modifiers()
        if not self.ready or not notches:
            event.ignore()
            return
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            self.set_brush_size(self.brush_size * _BRUSH_STEP**notches)
        elif modifiers & Qt.KeyboardModifier.ShiftModifier:
            self._step_frame(-1 if notches > 0 else 1)
        else:
            self.wheel_zoom(notches, event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Take pinch gestures, and keys that a begun stroke needs before any shortcut gets them."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), plain_tip(self.tip_at(QPointF(event.pos()))), self)
            return True
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture and self.ready:
                self.set_zoom(self.zoom * (1 + event.value()), event.position())
                return True
        elif event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            wanted = self._needs(event)
            event.setAccepted(wanted)
            return wanted
        return super().event(event)

    def tip_at(self, place: QPointF) -> str:
        """Return the tool tip at a point: a region's name and size, nothing over the bare picture."""
        point = self.to_picture(place)
        columns, rows = self.picture_size
        if not (self.ready and 0 <= point[0] < columns and 0 <= point[1] < rows):
            return self.toolTip()
        number = self.region_at(point) if self._tool in (Tool.PAN, Tool.SELECT) else None
        return "" if number is None else self.region_words(number)

    # --- keys ----------------------------------------------------------------------------------------------

    def _needs(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key == Qt.Key.Key_Space:
            return event.modifiers() == Qt.KeyboardModifier.NoModifier
        if key == Qt.Key.Key_Escape:
            return self.handler.busy or self.selected is not None
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            command = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            return self.handler.can_confirm and not command
        return key in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete) and self.handler.can_go_back

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape drops a stroke or lets go of a region, Enter closes it, Backspace goes a step back."""
        key = event.key()
        if key == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._space, self._space_used = True, False
                self._show_cursor()
        elif not self._needs(event):
            super().keyPressEvent(event)
        elif key == Qt.Key.Key_Escape:
            if self.handler.busy:
                self.handler.cancel()
                self._drag = ""
            else:
                self.choose(None)
            self.say(self.handler.hint)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            modifiers = event.modifiers()
            self.handler.confirm(
                add=bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
                cut=bool(modifiers & Qt.KeyboardModifier.AltModifier),
            )
        else:
            self.handler.back()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space alone plays or pauses."""
        if event.key() != Qt.Key.Key_Space:
            super().keyReleaseEvent(event)
        elif not event.isAutoRepeat() and self._space:
            self._space = False
            self._show_cursor()
            if not self._space_used:
                self.space_tapped.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Let go of Space: its release goes elsewhere."""
        self._space = False
        super().focusOutEvent(event)

    # --- helpers -------------------------------------------------------------------------------------------

    def _pointer(self, event: QMouseEvent) -> Pointer:
        # A drag that crosses into the other pane goes on in its own.
        pane = self._drag_pane if self._drag else self.pane_of(event.position())
        modifiers = event.modifiers()
        return Pointer(
            self.to_picture(event.position(), pane),
            add=bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
            cut=bool(modifiers & Qt.KeyboardModifier.AltModifier),
        )

    def _tell_position(self, place: QPointF) -> None:
        point = self.to_picture(place, self._drag_pane if self._drag else None)
        columns, rows = self.picture_size
        inside = 0 <= point[0] < columns and 0 <= point[1] < rows
        self.cursor_moved.emit(position_text(point, self.calibration) if inside else "")

    def _step_frame(self, steps: int) -> None:
        image = self.image
        if image is not None and image.number_of_frames > 1:
            frame = min(max(image.key.frame + steps, 1), image.number_of_frames)
            if frame != image.key.frame:
                self.frame_requested.emit(frame)

    def _show_cursor(self) -> None:
        shape = Qt.CursorShape.CrossCursor
        if self._drag == "pan":
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._drag == "window":
            shape = Qt.CursorShape.SizeAllCursor
        elif self._space or self._tool is Tool.PAN:
            shape = Qt.CursorShape.OpenHandCursor
        elif self._tool in (Tool.SELECT, Tool.WINDOW):
            shape = Qt.CursorShape.ArrowCursor
        self.setCursor(shape)
