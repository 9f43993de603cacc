"""The panels around the canvas. Each takes the controller, shows its state and emits intents to it.

`FilmStrip` (controller, thumbnails): signal ``chosen_changed(list of ImageKey)``, for
`RegionsPanel.set_chosen`.
`RegionsPanel` (controller), step 1: signal ``box_wanted()``: take the box tool.
`FirstReadPanel` (controller), step 2: slots ``set_caliper(mm or None)`` and ``take_measurement(text)``, the
latter for the canvas's ``measured``.
`SecondReaderPanel` (controller, thumbnails=...), step 3: signals ``maps_shown(bool)``,
``opacity_changed(0..1)``, ``side_by_side_changed(bool)``,
``own_scale_changed(bool)``; the maps themselves are ``controller.heat_maps``.
`SignPanel` (controller), step 4: the same two slots; the preview comes as
``controller.preview_ready(bytes)``.
`ModelCardPanel` (controller).

The four steps are `StepPanel`: ``summary()`` is the folded line, ``locked_reason()`` says what opens it
(empty where it is open), ``finished()``; ``state_changed()`` tells that one of them may differ, ``advance()``
asks for the next step; ``primary`` is the one filled button.
"""

from alnreader.gui.panels.film import FilmStrip
from alnreader.gui.panels.first_read import FirstReadPanel
from alnreader.gui.panels.model_card import ModelCardPanel
from alnreader.gui.panels.regions import RegionsPanel
from alnreader.gui.panels.score import SecondReaderPanel
from alnreader.gui.panels.sign import SignPanel
from alnreader.gui.panels.step import StepPanel

__all__ = [
    "FilmStrip",
    "FirstReadPanel",
    "ModelCardPanel",
    "RegionsPanel",
    "SecondReaderPanel",
    "SignPanel",
    "StepPanel",
]
