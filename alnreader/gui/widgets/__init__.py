"""Small widgets that know nothing of the controller.

``labels``: `text_label`, `ElidedLabel`, `HintLabel`, `rule`, `set_role`. ``badge``: `Badge`.
``banner``: `Banner`.
``step_rail``: `StepRail`. ``scale``: `ProbabilityScale`. ``bars``: `ContributionBars`, `Contribution`.
``flow``: `FlowLayout`. ``slider``: `ValueSlider`. ``drop_zone``: `DropZone`, `dropped_paths`.
``buttons``: `push_button`, `tool_button`. ``number``: `NumberField`.
"""

from alnreader.gui.widgets.badge import Badge
from alnreader.gui.widgets.banner import Banner
from alnreader.gui.widgets.bars import Contribution, ContributionBars
from alnreader.gui.widgets.buttons import push_button, tool_button
from alnreader.gui.widgets.drop_zone import DropZone, dropped_paths
from alnreader.gui.widgets.flow import FlowLayout
from alnreader.gui.widgets.labels import ElidedLabel, HintLabel, rule, set_role, text_label
from alnreader.gui.widgets.number import NumberField
from alnreader.gui.widgets.scale import ProbabilityScale
from alnreader.gui.widgets.slider import OpenSlider, ValueSlider
from alnreader.gui.widgets.step_rail import StepRail, StepState

__all__ = [
    "Badge",
    "Banner",
    "Contribution",
    "ContributionBars",
    "DropZone",
    "ElidedLabel",
    "FlowLayout",
    "HintLabel",
    "NumberField",
    "OpenSlider",
    "ProbabilityScale",
    "StepRail",
    "StepState",
    "ValueSlider",
    "dropped_paths",
    "push_button",
    "rule",
    "set_role",
    "text_label",
    "tool_button",
]
