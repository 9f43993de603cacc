"""What the program is made from, and under which licences: texts from the installed packages themselves."""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from alnreader import __version__
from alnreader.paths import resources_dir

_LICENCE_FILE = re.compile(r"(licen[cs]e|copying|notice)", re.IGNORECASE)
_FIELDS = ("Name", "Version", "License-Expression", "Home-page", "Author", "Author-email")
_PYTHON_LICENCE = "The whole text: https://docs.python.org/3/license.html"
_RULE = "\n\n" + "-" * 72 + "\n\n"


@dataclass(frozen=True)
class Part:
    """Something that the program is made from.

    Attributes
    ----------
    title
        As it is known.
    licence
        Short name (SPDX where it has one).
    package
        Name of the installed distribution; empty for what is none.
    file
        Text of the licence within ``resources``; empty where the package brings it.
    """

    title: str
    licence: str
    package: str = ""
    file: str = ""

    @property
    def version(self) -> str:
        """Installed version; empty where it has none."""
        if self.title == "ALN Reader":
            return __version__
        if self.title == "Python":
            return platform.python_version()
        return metadata.version(self.package) if self.package else ""

    def text(self) -> str:
        """Return the licence as its authors ship it, or who they are where they ship no text."""
        if self.file:
            return (resources_dir() / self.file).read_text(encoding="utf-8")
        if not self.package:
            return f"{self.title}: {self.licence}. {_PYTHON_LICENCE}"
        distribution = metadata.distribution(self.package)
        files = [file for file in distribution.files or () if _LICENCE_FILE.match(file.name)]
        files = sorted(
            (file for file in files if ".dist-info" in str(file)), key=lambda file: len(file.parts)
        )
        texts = [
            file.read_text(encoding="utf-8").strip() for file in files if Path(str(file.locate())).is_file()
        ]
        return _RULE.join(texts) if texts else self._about(distribution)

    def _about(self, distribution: metadata.Distribution) -> str:
        fields = distribution.metadata
        lines = [f"{name}: {fields[name]}" for name in _FIELDS if name in fields]
        lines += [str(line) for line in fields.get_all("Project-URL") or ()]
        lines.insert(0, f"{self.title}: {self.licence}")
        return "\n".join(lines)


_PARTS = (
    Part("ALN Reader", "Apache-2.0", "alnreader", "fonts/LICENSE-Apache-2.0.txt"),
    Part("Python", "PSF-2.0"),
    Part("Qt, PySide6", "LGPL-3.0", "PySide6-Essentials"),
    Part("pyqtgraph", "MIT", "pyqtgraph"),
    Part("PyTorch", "BSD-3-Clause", "torch"),
    Part("Transformers", "Apache-2.0", "transformers"),
    Part("Accelerate", "Apache-2.0", "accelerate"),
    Part("safetensors", "Apache-2.0", "safetensors"),
    Part("OpenVINO", "Apache-2.0", "openvino"),
    Part("pytorch-grad-cam", "MIT", "grad-cam"),
    Part("TTAch", "MIT", "ttach"),
    Part("scikit-learn", "BSD-3-Clause", "scikit-learn"),
    Part("OpenCV", "Apache-2.0", "opencv-python-headless"),
    Part("NumPy", "BSD-3-Clause", "numpy"),
    Part("SciPy", "BSD-3-Clause", "scipy"),
    Part("Matplotlib", "Matplotlib (PSF-like)", "matplotlib"),
    Part("pydicom", "MIT", "pydicom"),
    Part("highdicom", "MIT", "highdicom"),
    Part("pynetdicom", "MIT", "pynetdicom"),
    Part("dicomweb-client", "MIT", "dicomweb-client"),
    Part("Requests", "Apache-2.0", "requests"),
    Part("pylibjpeg", "MIT", "pylibjpeg"),
    Part("pylibjpeg-openjpeg", "MIT", "pylibjpeg-openjpeg"),
    Part("pylibjpeg-rle", "MIT", "pylibjpeg-rle"),
    Part("cryptography", "Apache-2.0 or BSD-3-Clause", "cryptography"),
    Part("GDCM", "BSD-3-Clause, Apache-2.0", "python-gdcm"),
    Part("Pillow", "MIT-CMU", "pillow"),
    Part("ReportLab", "BSD-3-Clause", "reportlab"),
    Part("pypdfium2, PDFium", "Apache-2.0 or BSD-3-Clause", "pypdfium2"),
    Part("jsonschema", "MIT", "jsonschema"),
    Part("tqdm", "MPL-2.0 and MIT", "tqdm"),
    Part("Lucide icons", "ISC, parts MIT", file="icons/LICENSE-ISC.txt"),
    Part("Open Sans", "Apache-2.0", file="fonts/LICENSE-Apache-2.0.txt"),
    Part("Droid Sans Fallback", "Apache-2.0", file="fonts/LICENSE-Apache-2.0.txt"),
)


def listed_packages() -> set[str]:
    """Return the names of all distributions that the list knows, installed or not."""
    return {part.package for part in _PARTS if part.package}


def installed_parts() -> list[Part]:
    """Return what this copy of the program has."""
    there = []
    for part in _PARTS:
        if part.package and part.title != "ALN Reader":
            try:
                metadata.version(part.package)
            except metadata.PackageNotFoundError:
                continue
        there.append(part)
    return there
