"""About: what the program is, its version, and the licences of what it is made from."""

from __future__ import annotations

import platform
from importlib import metadata

from PySide6.QtCore import qVersion
from PySide6.QtWidgets import QGridLayout, QWidget

from alnreader import __version__
from alnreader.gui.pages.page import Page
from alnreader.gui.widgets import Banner, rule, text_label

_PACKAGES = (
    ("PySide6_Essentials", "PySide6 (Qt)", "LGPL-3.0"),
    ("torch", "PyTorch", "BSD-3-Clause"),
    ("transformers", "Transformers", "Apache-2.0"),
    ("safetensors", "safetensors", "Apache-2.0"),
    ("numpy", "NumPy", "BSD-3-Clause"),
    ("scipy", "SciPy", "BSD-3-Clause"),
    ("pydicom", "pydicom", "MIT"),
    ("pylibjpeg", "pylibjpeg", "MIT"),
    ("python-gdcm", "GDCM", "BSD-3-Clause"),
    ("pillow", "Pillow", "MIT-CMU"),
    ("reportlab", "ReportLab", "BSD-3-Clause"),
    ("pypdfium2", "pypdfium2 (PDFium)", "Apache-2.0 or BSD-3-Clause"),
    ("grad-cam", "pytorch-grad-cam", "MIT"),
    ("opencv-python-headless", "OpenCV", "Apache-2.0"),
    ("matplotlib", "Matplotlib", "Matplotlib (PSF-like)"),
    ("scikit-learn", "scikit-learn", "BSD-3-Clause"),
)
_ART = (
    ("Lucide", "ISC, parts MIT"),
    ("Open Sans", "Apache-2.0"),
    ("Droid Sans Fallback", "Apache-2.0"),
)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "–"


class AboutPage(Page):
    """Asks for the versions when it is first shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Show what needs no look at the installed packages."""
        super().__init__(self.tr("About"), parent)
        self._filled = False
        self.column.addWidget(text_label("ALN Reader", "heading"))
        self.column.addWidget(text_label(self.tr("Version {0}").format(__version__), "quiet"))
        self.column.addWidget(
            text_label(
                self.tr(
                    "A second reader for metastasis of axillary lymph nodes on breast ultrasound. "
                    "You read first; "
                    "then the program shows its opinion and what it rests on; you decide."
                ),
                wrap=True,
            )
        )
        self.column.addWidget(
            Banner(self.tr("Not a medical device. Research and teaching only."), "caution", parent=self)
        )
        self.column.addWidget(
            text_label(
                self.tr("Nothing leaves this computer: no network is used, no statistics are kept."),
                "quiet",
                wrap=True,
            )
        )
        self.column.addWidget(text_label(self.tr("Licence: Apache-2.0"), "quiet"))
        self.column.addWidget(rule())
        self.column.addWidget(text_label(self.tr("Made with"), "strong"))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(2, 1)
        self.column.addLayout(self._grid)
        self.column.addStretch(1)

    def showEvent(self, event: object) -> None:  # noqa: N802
        """List the packages."""
        super().showEvent(event)  # type: ignore[arg-type]
        if self._filled:
            return
        self._filled = True
        rows = [(title, _version(package), licence) for package, title, licence in _PACKAGES]
        rows.insert(0, ("Python", platform.python_version(), "PSF-2.0"))
        rows.insert(1, ("Qt", qVersion(), "LGPL-3.0"))
        rows += [(title, "", licence) for title, licence in _ART]
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                self._grid.addWidget(text_label(text, "" if column == 0 else "quiet"), number, column)
