"""The SegFormer encoder (MiT) of the multi-task network, built from `transformers`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

LAYER_NORM_EPS: Final = 1e-6
"""Epsilon of every normalisation of the encoder.

The published weights were trained with it. `transformers` leaves torch's 1e-5 in place whatever its
configuration says, so it is set by hand.
"""

DROP_PATH: Final = 0.1
"""Stochastic depth of the last block in training, growing linearly from 0 (doi 10.48550/arXiv.2105.15203)."""

INITIAL_STD: Final = 0.02
"""Standard deviation of a linear layer before training, as SegFormer is published."""


@dataclass(frozen=True)
class BackboneShape:
    """Widths and depths of the encoder's four stages (at 1/4, 1/8, 1/16 and 1/32 of the input)."""

    widths: tuple[int, int, int, int]
    depths: tuple[int, int, int, int]


BACKBONES: Final[dict[str, BackboneShape]] = {
    "mit_b0": BackboneShape((32, 64, 160, 256), (2, 2, 2, 2)),
    "mit_b1": BackboneShape((64, 128, 320, 512), (2, 2, 2, 2)),
    "mit_b2": BackboneShape((64, 128, 320, 512), (3, 4, 6, 3)),
}
"""The encoders a bundle may name (doi 10.48550/arXiv.2105.15203, table 6)."""


class Backbone(nn.Module):
    """SegFormer encoder that returns its four maps.

    Parameters
    ----------
    name : str
        A key of `BACKBONES`.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        # Seconds to import: only a process that builds a network pays.
        from transformers import SegformerConfig, SegformerModel

        shape = BACKBONES[name]
        config = SegformerConfig(
            depths=list(shape.depths),
            hidden_sizes=list(shape.widths),
            num_attention_heads=[1, 2, 5, 8],
            sr_ratios=[8, 4, 2, 1],
            drop_path_rate=DROP_PATH,
            layer_norm_eps=LAYER_NORM_EPS,
        )
        self.stages = SegformerModel(config).stages
        for module in self.modules():
            if isinstance(module, nn.LayerNorm):
                module.eps = LAYER_NORM_EPS
            elif isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=INITIAL_STD)
                nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Conv2d):
                # A fixed 0.02, which transformers uses, all but switches the 3x3 depth-wise convolution off.
                fan_out = module.kernel_size[0] * module.kernel_size[1] * module.out_channels // module.groups
                nn.init.normal_(module.weight, std=math.sqrt(2.0 / fan_out))
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the four maps.

        Parameters
        ----------
        images : Tensor
            (B, 3, H, W) float, normalised; H and W multiples of 32.

        Returns
        -------
        list of Tensor
            (B, widths[i], H / 2**(i + 2), W / 2**(i + 2)) for i = 0..3.
        """
        maps: list[Tensor] = []
        hidden = images
        for stage in self.stages:
            # The stages are called one by one: the model's own forward collects maps by hooks, which
            # neither copies nor exports well.
            hidden = stage(hidden)
            maps.append(hidden)
        return maps


class Neck(nn.Module):
    """Bring the four maps to the 1/8 grid and fuse them by one 1x1 convolution."""

    def __init__(self, widths: tuple[int, ...], embedding: int) -> None:
        super().__init__()
        self.fuse = nn.Conv2d(sum(widths), embedding, kernel_size=1)

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Return (B, embedding, H/8, W/8) from the four maps of `Backbone`."""
        grid = maps[1].shape[-2:]
        resized = [
            stage
            if stage.shape[-2:] == grid
            else nn.functional.interpolate(stage, size=grid, mode="bilinear", align_corners=False)
            for stage in maps
        ]
        fused: Tensor = self.fuse(torch.cat(resized, dim=1))
        return fused
