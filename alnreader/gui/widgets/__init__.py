"""Small widgets that know nothing of the controller.

From here comes what the window's front is made of. ``labels``: `text_label`, `ElidedLabel`, `HintLabel`,
`plain_tip`, `rule`, `set_role`. ``badge``: `Badge`. ``banner``: `Banner`. ``flow``: `FlowLayout`.
``drop_zone``: `DropZone`, `dropped_paths`. ``buttons``: `push_button`, `tool_button`.

The others are imported from their modules, after the front stands. ``slider``: `ValueSlider`, `OpenSlider`.
``number``: `NumberField`. ``combo``: `ComboBox`. ``step_rail``: `StepRail`. ``scale``: `ProbabilityScale`.
``bars``: `ContributionBars`, `Contribution`. ``picture_box``: a picture to draw boxes on.
"""

from alnreader.gui.widgets.badge import Badge
from alnreader.gui.widgets.banner import Banner
from alnreader.gui.widgets.buttons import push_button, tool_button
from alnreader.gui.widgets.drop_zone import DropZone, dropped_paths
from alnreader.gui.widgets.flow import FlowLayout
from alnreader.gui.widgets.labels import ElidedLabel, HintLabel, plain_tip, rule, set_role, text_label

__all__ = [
    "Badge",
    "Banner",
    "DropZone",
    "ElidedLabel",
    "FlowLayout",
    "HintLabel",
    "dropped_paths",
    "plain_tip",
    "push_button",
    "rule",
    "set_role",
    "text_label",
    "tool_button",
]
