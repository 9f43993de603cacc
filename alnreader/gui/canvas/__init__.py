"""The canvas: one picture with its layers, and the tools that work on it. Knows no controller.

`CanvasView` (a QWidget) is given everything by setters and tells everything by signals; an edit is shown when
`set_regions` brings it back.

Setters
    ``set_image(UltrasoundImage | None, pixels | None)`` (None while loading: black, the words are the
    host's; layers of another picture go at once), ``set_pixels(key, pixels) ->
    bool`` (ignored unless that picture waits for them),
    ``set_regions(regions, selected=None)``, ``set_proposals(regions)``, ``show_proposals(bool)``,
    ``show_outlines(bool)``, ``show_labels(bool)``, ``show_ruler(bool)``,
    ``set_heat_map((H, W) 0..1 | None)``, ``set_heat_opacity(0..1)``,
    ``set_heat_mode("over" | "side")``, ``set_tool(Tool)``,
    ``set_brush_size(screen px)``, ``set_kind(RegionKind)``, ``fill_holes()``, ``smooth()`` (of the chosen
    region), ``fit()``, ``one_to_one()``, ``zoom_in()``, ``zoom_out()``, ``set_left_inset(px)``
    (kept free of the fitted picture), ``set_zoom(zoom, at=None)``,
    ``set_window(centre, width)``, ``reset_window()``, ``invert(bool)``, ``clear_measures()`` (this picture),
    ``forget_measures()`` (another patient).
State
    ``image, tool, kind, brush_size, selected, zoom, window_level, inverted, measures, live_measure``.
Signals
    ``mask_edited(int, mask)`` and ``region_drawn(mask, RegionKind)`` once a stroke, on release (an empty
    mask: all was erased); ``regions_joined((int, ...), mask)`` in their place where a stroke makes several
    regions one, the first; ``box_drawn((x0, y0, x1, y1))`` px, end exclusive; ``region_clicked(int | None)``;
    ``hint(str)``; ``cursor_moved(str)``; ``measured(str)``; ``view_changed(zoom, (centre, width))``;
    ``frame_requested(int)`` (Shift+wheel); ``space_tapped()`` (play or pause); ``tool_changed(Tool)``;
    ``brush_size_changed(float)``; ``kind_changed(RegionKind)``, also where the kind follows the regions of
    the picture: it does when all are of one kind, unless it was chosen on this picture.
Mouse
    wheel zooms to the mouse, Ctrl+wheel sizes the brush; middle button or Space and drag move, right drag
    changes the window; Alt turns brush into eraser and cuts what is drawn out of the chosen region, Shift
    adds it. Esc drops a stroke or lets go of the chosen region, Enter closes a polygon and makes an ellipse
    a region, Backspace/Delete take back a corner or a measurement.

Beside it (all take a `TaskRunner` or nothing, none knows the canvas)
    `FrameCache(runner)`: ``want(image) -> pixels | None``, ``get(key)``, ``clear()``; signals ``ready(key,
    pixels)``, ``failed(key, str)``. `CinePlayer()`: ``set_cine(frames, frame_time, frame=1)``, ``play()``,
    ``pause()``, ``toggle()``, ``step(n)``, ``seek(n)``, ``set_speed(x)``, ``rate_text``; signals
    ``frame_requested(n)``, ``state_changed()``.

    Put together: on another image ``canvas.set_image(image, cache.want(image))``, ``player.set_cine(...)``.
    On ``player.frame_requested(n)`` ask ``cache.want(image.at_frame(n))``; if the pixels are there,
    ``canvas.set_image(image.at_frame(n), pixels)`` and that frame's regions. On ``cache.ready(key, pixels)``
    the same for the frame of that key. A frame not decoded in time is skipped; the last one stays.
"""

from alnreader.gui.canvas.cine import CinePlayer
from alnreader.gui.canvas.frames import FrameCache
from alnreader.gui.canvas.tools import Tool
from alnreader.gui.canvas.view import CanvasView

__all__ = ["CanvasView", "CinePlayer", "FrameCache", "Tool"]
