"""What of the installed packages goes into the frozen program, and what stays out."""

from __future__ import annotations

import sys
from fnmatch import fnmatch
from pathlib import Path

METADATA = ("pylibjpeg", "pylibjpeg-openjpeg", "pylibjpeg-rle", "pydicom", "transformers", "torch", "numpy")
"""Distributions whose entry points or version are asked for while the program runs."""

HIDDEN = [
    "gdcm",
    "openjpeg",
    "rle",
    "pylibjpeg",
    "pytorch_grad_cam",
    "transformers.models.segformer.modeling_segformer",
    "transformers.models.segformer.configuration_segformer",
    "transformers.models.resnet.modeling_resnet",
    "transformers.models.resnet.configuration_resnet",
    "transformers.models.swin.modeling_swin",
    "transformers.models.swin.configuration_swin",
]
"""Imported by name while the program runs, where PyInstaller does not see it."""

EXCLUDED = [
    "IPython",
    "PyQt5",
    "PyQt6",
    "PySide2",
    "_pytest",
    "accelerate",
    "datasets",
    "flax",
    "hypothesis",
    "jax",
    "mypy",
    "onnx",
    "onnxruntime",
    "openvino",
    "pandas",
    "pip",
    "pytest",
    "setuptools",
    "tensorboard",
    "tensorboardX",
    "tensorflow",
    "tkinter",
    "torchaudio",
    "torchvision",
]
"""Never part of the program; some are imported by libraries where they are installed."""

_UNWANTED = (
    "*/PySide6/Qt/translations/*",
    "*.pyi",
    "torch/include/*",
    "torch/share/*",
    "torch/test/*",
    "torch/bin/*",
)

_WANTED = ("torch/bin/torch_shm_manager",)
"""Asked for when torch is imported, although nothing of the program uses it."""


def is_wanted(name: str) -> bool:
    """Return whether a collected file, named by its place in the program, goes in."""
    place = name.replace("\\", "/")
    return place in _WANTED or not any(fnmatch(place, pattern) for pattern in _UNWANTED)


def icon(root: Path) -> str | None:
    """Return the program's icon for this system, if there is one."""
    suffix = {"win32": "ico", "darwin": "icns"}.get(sys.platform)
    path = root / "resources" / "icons" / f"alnreader.{suffix}"
    return str(path) if suffix and path.is_file() else None
