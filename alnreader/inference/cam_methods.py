"""Other heat-map methods, run by pytorch-grad-cam on the heads alone, whose input is the cached g."""

from __future__ import annotations

import importlib
import sys
import threading
import types
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from typing import Any, Final, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from alnreader.case.errors import AlnReaderError, InvalidValueError
from alnreader.inference.gate import HeadWeights
from alnreader.inference.patient import PatientModel

GRAD_CAM: Final = "Grad-CAM"
"""The program's own; needs no package."""

_CLASSES: Final = {
    "Grad-CAM++": "GradCAMPlusPlus",
    "XGrad-CAM": "XGradCAM",
    "Layer-CAM": "LayerCAM",
    "Eigen-CAM": "EigenCAM",
    "Score-CAM": "ScoreCAM",
    "Ablation-CAM": "AblationCAM",
}

METHODS: Final = (GRAD_CAM, *_CLASSES)
"""Names that `Engine.heat_maps` takes."""

_PLACEHOLDERS: Final = {
    "torchvision": (),
    "torchvision.transforms": ("Compose", "Normalize", "ToTensor"),
    "torchvision.transforms.functional": ("resize",),
}
"""What pytorch-grad-cam imports from torchvision, in helpers that are not used here."""

_import_lock = threading.Lock()
_Item = TypeVar("_Item")


class MissingPackageError(AlnReaderError):
    """A heat-map method needs a package that is not installed."""


def check_method(method: str) -> None:
    """Refuse a method that does not exist."""
    if method not in METHODS:
        raise InvalidValueError(f"Unknown heat map {method!r}. Choose one of {', '.join(METHODS)}.")


class ImageHead(nn.Module):
    """The image head from g on: (B, C, h, w) to (B, 1)."""

    def __init__(self, heads: HeadWeights) -> None:
        super().__init__()
        self.gated = nn.Identity()
        self.weight = nn.Parameter(heads.image, requires_grad=False)
        self.bias = heads.image_bias

    def forward(self, g: Tensor) -> Tensor:
        """Return the image logit."""
        pooled: Tensor = self.gated(g).mean(dim=(2, 3))
        return pooled @ self.weight[:, None] + self.bias


class PatientHead(nn.Module):
    """Stage 2 from one image's g on, the other images as they are: (B, C, h, w) to (B, 1)."""

    def __init__(self, patient: PatientModel, bag: Tensor, position: int) -> None:
        super().__init__()
        self.gated = nn.Identity()
        self._patient = patient
        # The library takes the device from the first parameter.
        self.bag = nn.Parameter(bag.detach().clone(), requires_grad=False)
        self._position = position

    def forward(self, g: Tensor) -> Tensor:
        """Return the patient's evidence."""
        pooled: Tensor = self.gated(g).mean(dim=(2, 3))
        before = self.bag[: self._position].expand(len(pooled), -1, -1)
        after = self.bag[self._position + 1 :].expand(len(pooled), -1, -1)
        return self._patient.evidence(torch.cat([before, pooled[:, None], after], dim=1))[:, None]


def _first(output: Tensor) -> Tensor:
    return output[0]


def class_activation(method: str, head: ImageHead | PatientHead, g: Tensor) -> NDArray[np.float32]:
    """Run one of the package's methods on one image.

    Parameters
    ----------
    method : str
        One of `METHODS` but Grad-CAM.
    head : ImageHead or PatientHead
        What is explained.
    g : Tensor
        (C, h, w) float32.

    Returns
    -------
    ndarray
        (h, w) float32, not negative, unscaled: the package's own scaling to 0..1 would make the images of a
        patient incomparable.

    Raises
    ------
    MissingPackageError
        If pytorch-grad-cam is not installed.
    """
    package = load_package()
    name = _CLASSES[method]
    options = {"ablation_layer": package.AblationLayer()} if name == "AblationCAM" else {}
    cam = getattr(package, name)(model=head, target_layers=[head.gated], **options)
    with torch.enable_grad():
        leaf = g.detach().clone()[None].requires_grad_(cam.uses_gradients)
        output = cam.activations_and_grads(leaf)
        if cam.uses_gradients:
            output.sum().backward()
    hooked = cam.activations_and_grads
    activations = hooked.activations[0].numpy()
    gradients = hooked.gradients[0].numpy() if cam.uses_gradients else None
    raw = cam.get_cam_image(leaf.detach(), head.gated, [_first], activations, gradients, False)[0]
    hooked.release()
    if name == "EigenCAM" and -raw.min() > raw.max():
        # A principal component has no sign; evidence has.
        raw = -raw
    # An ablation score of zero divides by zero inside the package.
    finite = np.nan_to_num(raw, nan=0.0, posinf=0.0, neginf=0.0)
    result: NDArray[np.float32] = np.maximum(finite, 0).astype(np.float32)
    return result


def load_package() -> Any:
    """Import pytorch-grad-cam, without torchvision.

    Raises
    ------
    MissingPackageError
        If it, or something it needs, is not installed.
    """
    with _import_lock:
        loaded = sys.modules.get("pytorch_grad_cam")
        if loaded is not None:
            return loaded
        with _without_torchvision():
            try:
                package = importlib.import_module("pytorch_grad_cam")
            except ImportError as error:
                raise MissingPackageError(
                    f"This heat map needs pytorch-grad-cam, which cannot be imported ({error}). Install it "
                    "with 'pip install --no-deps grad-cam', or choose Grad-CAM, which needs no package."
                ) from error
        for name in ("score_cam", "ablation_cam"):
            # A progress bar on the standard error stream, which a windowed program does not have.
            importlib.import_module(f"pytorch_grad_cam.{name}").tqdm = _NoBar  # type: ignore[attr-defined]  # no stub
        return package


class _NoBar:
    """Stands for the module tqdm."""

    @staticmethod
    def tqdm(items: Iterable[_Item]) -> Iterable[_Item]:
        return items


@contextmanager
def _without_torchvision() -> Iterator[None]:
    """Put placeholders for torchvision in place while the package is imported.

    A torchvision built for another torch fails to import, and leaves transformers unable to import its
    networks (docs/decisions/0003-grad-cam.md). One that is imported already works, and stays.
    """
    if "torchvision" in sys.modules:
        yield
        return
    for name, attributes in _PLACEHOLDERS.items():
        module = types.ModuleType(name)
        module.__spec__ = ModuleSpec(name, loader=None)
        module.__path__ = []
        for attribute in attributes:
            setattr(module, attribute, None)
        sys.modules[name] = module
    try:
        yield
    finally:
        for name in _PLACEHOLDERS:
            sys.modules.pop(name, None)
