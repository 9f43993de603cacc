"""The model card as a page."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from alnreader.gui.controller import Controller
from alnreader.gui.pages.page import Page
from alnreader.gui.panels.model_card import ModelCardPanel


class ModelPage(Page):
    """What the network is, was trained on, and may be used for."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        """Show the card."""
        super().__init__(self.tr("Model card"), parent, width=860)
        self.column.addWidget(ModelCardPanel(controller))
        self.column.addStretch(1)
