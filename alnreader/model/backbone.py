"""The encoder of the multi-task network, built from `transformers`, and the neck that fuses its maps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor, nn

LAYER_NORM_EPS: Final = 1e-6
"""Epsilon of every normalisation of the SegFormer encoder.

The published weights were trained with it. `transformers` leaves torch's 1e-5 in place whatever its
configuration says, so it is set by hand.
"""

DROP_PATH: Final = 0.1
"""Stochastic depth of the last block in training, growing linearly from 0 (doi 10.48550/arXiv.2105.15203)."""

INITIAL_STD: Final = 0.02
"""Standard deviation of a linear layer before training, as SegFormer and Swin are published."""


@dataclass(frozen=True)
class BackboneShape:
    """Widths and depths of the encoder's four stages (at 1/4, 1/8, 1/16 and 1/32 of the input)."""

    widths: tuple[int, int, int, int]
    depths: tuple[int, int, int, int]


SEGFORMERS: Final[dict[str, BackboneShape]] = {
    "mit_b0": BackboneShape((32, 64, 160, 256), (2, 2, 2, 2)),
    "mit_b1": BackboneShape((64, 128, 320, 512), (2, 2, 2, 2)),
    "mit_b2": BackboneShape((64, 128, 320, 512), (3, 4, 6, 3)),
}
"""The SegFormer encoders (doi 10.48550/arXiv.2105.15203, table 6)."""

BACKBONES: Final[dict[str, BackboneShape]] = {
    **SEGFORMERS,
    # doi 10.1109/CVPR.2016.90, table 1
    "resnet50": BackboneShape((256, 512, 1024, 2048), (3, 4, 6, 3)),
    # doi 10.1109/ICCV48922.2021.00986, section 3.3
    "swin_t": BackboneShape((96, 192, 384, 768), (2, 2, 6, 2)),
    # doi 10.48550/arXiv.1905.11946, table 1; without squeeze-and-excitation and with ReLU6
    "efficientnet_lite0": BackboneShape((24, 40, 112, 320), (3, 2, 6, 5)),
}
"""The encoders a bundle may name."""


class StochasticDepth(nn.Module):
    """Leave a residual branch out for some pictures in training (doi 10.1007/978-3-319-46493-0_39).

    Parameters
    ----------
    rate : float
        Share of pictures that go without the branch, 0..1.

    Attributes
    ----------
    whole : int or None
        Size of the batch that several processes share, None for one that is not shared.
    part : slice
        Which pictures of the whole batch are this process's.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.whole: int | None = None
        self.part = slice(None)

    def forward(self, branch: Tensor) -> Tensor:
        """Return the branch (B, ...), zero where it is left out and larger elsewhere: its mean stays."""
        if not self.training or self.rate == 0:
            return branch
        # Drawn for the whole batch, on the CPU: however many processes share it, and on whatever device,
        # a picture meets the same chance.
        kept = (torch.rand(self.whole or len(branch)) >= self.rate)[self.part].to(branch)
        return branch * (kept / (1 - self.rate)).view(-1, *[1] * (branch.ndim - 1))


def share_batch(network: nn.Module, whole: int, part: slice) -> None:
    """Tell every `StochasticDepth` of a network which pictures of a shared batch it is given."""
    for module in network.modules():
        if isinstance(module, StochasticDepth):
            module.whole, module.part = whole, part


def _own_stochastic_depth(network: nn.Module) -> None:
    """Put `StochasticDepth` in the place of the library's own, which draws for its process alone."""
    for module in network.modules():
        for name, child in module.named_children():
            if type(child).__name__.endswith("DropPath"):
                setattr(module, name, StochasticDepth(float(child.drop_prob)))  # type: ignore[arg-type]  # a number, as DropPath keeps it


class Segformer(nn.Module):
    """SegFormer encoder (MiT) that returns its four maps.

    Parameters
    ----------
    name : str
        A key of `SEGFORMERS`.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        # Seconds to import: only a process that builds a network pays.
        from transformers import SegformerConfig, SegformerModel

        shape = SEGFORMERS[name]
        config = SegformerConfig(
            depths=list(shape.depths),
            hidden_sizes=list(shape.widths),
            num_attention_heads=[1, 2, 5, 8],
            sr_ratios=[8, 4, 2, 1],
            drop_path_rate=DROP_PATH,
            layer_norm_eps=LAYER_NORM_EPS,
        )
        self.stages = SegformerModel(config).stages
        _own_stochastic_depth(self)
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
        """Return the four maps; see `make_backbone`."""
        maps: list[Tensor] = []
        hidden = images
        for stage in self.stages:
            # The stages are called one by one: the model's own forward collects maps by hooks, which
            # neither copies nor exports well.
            hidden = stage(hidden)
            maps.append(hidden)
        return maps


class ResNet(nn.Module):
    """ResNet with bottleneck blocks that returns its four maps.

    Parameters
    ----------
    name : str
        "resnet50".
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        from transformers import ResNetConfig, ResNetModel

        shape = BACKBONES[name]
        model = ResNetModel(
            ResNetConfig(
                embedding_size=64,
                hidden_sizes=list(shape.widths),
                depths=list(shape.depths),
                layer_type="bottleneck",
            )
        )
        self.stem, self.stages = model.embedder, model.encoder.stages

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the four maps; see `make_backbone`."""
        maps: list[Tensor] = []
        hidden = self.stem(images)
        for stage in self.stages:
            hidden = stage(hidden)
            maps.append(hidden)
        return maps


class Swin(nn.Module):
    """Swin transformer that returns its four maps, each through a norm of its own.

    Parameters
    ----------
    name : str
        "swin_t".
    """

    WINDOW: Final = 7

    def __init__(self, name: str) -> None:
        super().__init__()
        from transformers import SwinConfig, SwinModel

        shape = BACKBONES[name]
        config = SwinConfig(
            embed_dim=shape.widths[0],
            depths=list(shape.depths),
            num_heads=[width // 32 for width in shape.widths],
            window_size=self.WINDOW,
            drop_path_rate=DROP_PATH,
            initializer_range=INITIAL_STD,
        )
        model = SwinModel(config, add_pooling_layer=False)
        self.embeddings, self.stages = model.embeddings, model.encoder.layers
        self.norms = nn.ModuleList(nn.LayerNorm(width) for width in shape.widths)
        _own_stochastic_depth(self)
        self._fill_indices()

    def _fill_indices(self) -> None:
        """Give every window its table of relative places, which no state dict holds.

        A network that is built without memory, to be filled from a file, would never get it.
        """
        with torch.device("cpu"):
            place = torch.cartesian_prod(torch.arange(self.WINDOW), torch.arange(self.WINDOW))
            apart = place[:, None] - place[None, :] + self.WINDOW - 1
            index = (apart[..., 0] * (2 * self.WINDOW - 1) + apart[..., 1]).flatten()
        for module in self.modules():
            if hasattr(module, "relative_position_index"):
                module.relative_position_index = nn.Buffer(index.clone(), persistent=False)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the four maps; see `make_backbone`."""
        maps: list[Tensor] = []
        hidden, (height, width) = self.embeddings(images)
        for stage, norm in zip(self.stages, self.norms, strict=True):
            # Small maps are padded to the window: left to itself a stage would shrink its window for good.
            hidden, before, _ = stage(
                hidden,
                (height, width),
                always_partition=True,
                output_hidden_states_before_downsampling=True,
            )
            maps.append(norm(before.permute(0, 2, 3, 1)).permute(0, 3, 1, 2).contiguous())
            height, width = (height + 1) // 2, (width + 1) // 2
        return maps


class EfficientNetLite(nn.Module):
    """EfficientNet-B0 without squeeze-and-excitation and with ReLU6, which returns its four maps.

    It is the "lite" member of the family of doi 10.48550/arXiv.1905.11946, made for small processors. Its
    published weights are free to use and come as a package; see `alnreader.model.pretrained`.

    Parameters
    ----------
    name : str
        "efficientnet_lite0".
    """

    MOMENTUM: Final = 0.1
    """Of the batch norms, torch's own. `transformers` hands torch Keras's 0.99, which means the reverse."""

    def __init__(self, name: str) -> None:
        super().__init__()
        from transformers import EfficientNetConfig, EfficientNetModel

        config = EfficientNetConfig(
            width_coefficient=1.0, depth_coefficient=1.0, hidden_act="relu6", hidden_dim=1280
        )
        model = EfficientNetModel(config)
        self.stem = model.embeddings
        blocks = list(model.encoder.blocks)
        for block in blocks:
            block.squeeze_excite = nn.Identity()
        # The library drops single numbers of a branch; as published, a picture goes without the branch.
        projections: list[Any] = [block.projection for block in blocks]
        residual = [projection for projection in projections if projection.apply_dropout]
        for number, branch in enumerate(residual):
            branch.dropout = StochasticDepth(DROP_PATH * number / (len(residual) - 1))
        depths = BACKBONES[name].depths
        ends = [sum(depths[: number + 1]) for number in range(len(depths))]
        self.stages = nn.ModuleList(
            nn.Sequential(*blocks[end - depth : end]) for depth, end in zip(depths, ends, strict=True)
        )
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = self.MOMENTUM
            elif isinstance(module, nn.Conv2d):
                fan_out = module.kernel_size[0] * module.kernel_size[1] * module.out_channels // module.groups
                nn.init.normal_(module.weight, std=math.sqrt(2.0 / fan_out))

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the four maps; see `make_backbone`."""
        maps: list[Tensor] = []
        hidden = self.stem(images)
        for stage in self.stages:
            hidden = stage(hidden)
            maps.append(hidden)
        return maps


def make_backbone(name: str) -> nn.Module:
    """Return an untrained encoder.

    Parameters
    ----------
    name : str
        A key of `BACKBONES`.

    Returns
    -------
    nn.Module
        Called with images (B, 3, H, W) float, normalised, H and W multiples of 32, it returns a list of four
        maps (B, widths[i], H / 2**(i + 2), W / 2**(i + 2)).
    """
    if name in SEGFORMERS:
        return Segformer(name)
    return {"resnet50": ResNet, "swin_t": Swin, "efficientnet_lite0": EfficientNetLite}[name](name)


class Neck(nn.Module):
    """Bring the four maps to the 1/8 grid and fuse them by one 1x1 convolution."""

    def __init__(self, widths: Sequence[int], embedding: int) -> None:
        super().__init__()
        self.fuse = nn.Conv2d(sum(widths), embedding, kernel_size=1)

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Return (B, embedding, H/8, W/8) from the four maps of the encoder."""
        grid = maps[1].shape[-2:]
        resized = [
            stage
            if stage.shape[-2:] == grid
            else nn.functional.interpolate(stage, size=grid, mode="bilinear", align_corners=False)
            for stage in maps
        ]
        fused: Tensor = self.fuse(torch.cat(resized, dim=1))
        return fused
