"""The controller's helpers, each imported and made when it is first asked for: the window stands before."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from alnreader.gui.controller import Controller
    from alnreader.gui.exports import Exports
    from alnreader.gui.judging import Judging
    from alnreader.gui.machine import Machine
    from alnreader.gui.opening import Opening
    from alnreader.gui.outlining import Outlining
    from alnreader.gui.scoring import Scoring


class Helpers(QObject):
    """What a `Controller`, which it is the base of, hands its intents on to."""

    @property
    def _itself(self) -> Controller:
        return cast("Controller", self)

    @cached_property
    def machine(self) -> Machine:
        """Model and device."""
        from alnreader.gui.machine import Machine

        settings = self._itself.settings
        return Machine(Path(settings.model) if settings.model else None, settings.device)

    def forget_machine(self) -> None:
        """Let another be made, by other settings."""
        vars(self).pop("machine", None)

    @cached_property
    def outlining(self) -> Outlining:
        """Intents that change regions."""
        from alnreader.gui.outlining import Outlining

        return Outlining(self._itself)

    @cached_property
    def scoring(self) -> Scoring:
        """Intents that ask the network."""
        from alnreader.gui.scoring import Scoring

        return Scoring(self._itself)

    @cached_property
    def opening(self) -> Opening:
        """Intents that open patients."""
        from alnreader.gui.opening import Opening

        return Opening(self._itself)

    @cached_property
    def _judging(self) -> Judging:
        from alnreader.gui.judging import Judging

        return Judging(self._itself)

    @cached_property
    def exports(self) -> Exports:
        """Intents that make a report."""
        from alnreader.gui.exports import Exports

        return Exports(self._itself)
