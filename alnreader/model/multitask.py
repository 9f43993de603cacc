"""Stage 1: mask, image label, picture kind and pooled feature of one image.

The network of doi 10.1038/s41698-025-00971-0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from alnreader.model.backbone import BACKBONES, Neck, make_backbone
from alnreader.model.mask_decoder import UPSCALED_WIDTHS, MaskDecoder

GRID: Final = 32
"""The input's height and width are multiples of this: the encoder's coarsest map is at 1/32."""

GATE_DIVISOR: Final = 2.0
"""The mask logits are divided by it before the gate's sigmoid, as published: a softer gate."""

HEAD_STD: Final = 0.01
"""Standard deviation of the two heads before training: both start near probability 0.5."""


@dataclass(frozen=True)
class MultitaskConfig:
    """What fixes the tensors of `MultitaskNetwork`.

    Parameters
    ----------
    backbone : str
        A key of `BACKBONES`.
    embedding : int
        Width of the fused map and of the pooled feature.

    Raises
    ------
    ValueError
        If the backbone is unknown.
    """

    backbone: str = "mit_b0"
    embedding: int = 256

    def __post_init__(self) -> None:
        if self.backbone not in BACKBONES:
            raise ValueError(f"backbone {self.backbone!r} is not one of {', '.join(BACKBONES)}")


class Maps(NamedTuple):
    """The slow half's result: everything that an edited mask does not change."""

    x: Tensor
    """(B, embedding, H/8, W/8) fused map."""
    u: Tensor
    """(B, 32, H/2, W/2) up-scaled features."""
    mask_logits: Tensor
    """(B, 1, H, W)."""


class Heads(NamedTuple):
    """The fast half's result."""

    gated: Tensor
    """(B, embedding, H/8, W/8) the fused map under the gate: the layer that heat maps explain."""
    pooled: Tensor
    """(B, embedding) mean of `gated`: this image's instance in stage 2."""
    image_logit: Tensor
    """(B,) metastasis, from this image alone."""
    type_logit: Tensor
    """(B,) negative: tumour; positive: lymph node."""


class MultitaskOutput(NamedTuple):
    """`Maps` and `Heads` together."""

    x: Tensor
    u: Tensor
    mask_logits: Tensor
    gated: Tensor
    pooled: Tensor
    image_logit: Tensor
    type_logit: Tensor


class MultitaskNetwork(nn.Module):
    """The multi-task network.

    `encode` is the slow half, once an image; `heads` the fast half, once a mask.

    Parameters
    ----------
    config : MultitaskConfig
    """

    def __init__(self, config: MultitaskConfig | None = None) -> None:
        super().__init__()
        self.config = config or MultitaskConfig()
        self.backbone = make_backbone(self.config.backbone)
        self.neck = Neck(BACKBONES[self.config.backbone].widths, self.config.embedding)
        self.mask_decoder = MaskDecoder(self.config.embedding)
        self.image_head = nn.Conv2d(self.config.embedding, 1, kernel_size=1)
        self.type_head = nn.Conv2d(UPSCALED_WIDTHS[-1], 1, kernel_size=1)
        for head in (self.image_head, self.type_head):
            nn.init.normal_(head.weight, std=HEAD_STD)
            nn.init.constant_(head.get_parameter("bias"), 0.0)
        # g passes through it, so that a hook on this module sees (and differentiates) g.
        self.gated = nn.Identity()

    def encode(self, images: Tensor) -> Maps:
        """Run backbone, neck and mask decoder.

        Parameters
        ----------
        images : Tensor
            (B, 3, H, W) float, RGB, normalised by `Preprocessing.prepare`.

        Returns
        -------
        Maps

        Raises
        ------
        ValueError
            If H or W is not a multiple of 32.
        """
        height, width = images.shape[-2:]
        if height % GRID or width % GRID:
            raise ValueError(f"height and width must be multiples of {GRID}, not {height} x {width}")
        x = self.neck(self.backbone(images))
        u, mask = self.mask_decoder(x)
        logits = nn.functional.interpolate(mask, size=(height, width), mode="bilinear", align_corners=False)
        return Maps(x, u, logits)

    @staticmethod
    def gate(maps: Tensor, mask_logits: Tensor) -> Tensor:
        """Return maps weighted by the mask; the weight is cut from the gradient.

        Parameters
        ----------
        maps : Tensor
            (B, C, h, w): `Maps.x` or `Maps.u`.
        mask_logits : Tensor
            (B, 1, H, W), predicted or edited.

        Returns
        -------
        Tensor
            (B, C, h, w).
        """
        resized = nn.functional.interpolate(
            mask_logits.detach(), size=maps.shape[-2:], mode="bilinear", align_corners=False
        )
        return maps * torch.sigmoid(resized / GATE_DIVISOR)

    def heads(self, x: Tensor, u: Tensor, mask_logits: Tensor) -> Heads:
        """Gate, pool and classify.

        Parameters
        ----------
        x, u, mask_logits : Tensor
            As in `Maps`; the mask logits may be edited ones.

        Returns
        -------
        Heads
        """
        gated = self.gated(self.gate(x, mask_logits))
        pooled = gated.mean(dim=(2, 3))
        type_pooled = self.gate(u, mask_logits).mean(dim=(2, 3))
        return Heads(
            gated,
            pooled,
            self.image_head(pooled[:, :, None, None]).flatten(),
            self.type_head(type_pooled[:, :, None, None]).flatten(),
        )

    def forward(self, images: Tensor) -> MultitaskOutput:
        """Return `encode` and `heads` with the predicted mask, from (B, 3, H, W) normalised images."""
        maps = self.encode(images)
        return MultitaskOutput(*maps, *self.heads(*maps))
