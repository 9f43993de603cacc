"""Pixels to network input, the same in training and inference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from alnreader.case.errors import InvalidValueError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor


@dataclass(frozen=True)
class Preprocessing:
    """Resize without keeping the aspect ratio, then normalise each channel.

    Parameters
    ----------
    height, width : int
        Network input in pixels; multiples of 32. 512 x 512 is published.
    mean, std : tuple of float
        R, G, B, on the scale 0..255; the defaults are the published ones.
    antialias : bool
        Average over the source pixels when shrinking. The published network was trained without.
    scales : tuple of float
        Sizes at which the picture is looked at, as factors of height and width, rounded to multiples of 32.
        What the network says of them is averaged. The published network looks once.
    mirrored : bool
        Look at each of them mirrored left to right, too.

    Raises
    ------
    InvalidValueError
        If a size is not a positive multiple of 32 or a standard deviation or scale not positive.
    """

    height: int = 512
    width: int = 512
    mean: tuple[float, float, float] = (39.02, 39.34, 41.44)
    std: tuple[float, float, float] = (54.45, 53.53, 53.74)
    antialias: bool = False
    scales: tuple[float, ...] = (1.0,)
    mirrored: bool = False

    def __post_init__(self) -> None:
        for side, value in (("height", self.height), ("width", self.width)):
            if value <= 0 or value % 32:
                raise InvalidValueError(
                    f"preprocessing {side} must be a positive multiple of 32, not {value}"
                )
        if min(self.std) <= 0:
            raise InvalidValueError(f"preprocessing std must be positive, not {self.std}")
        if not self.scales or min(self.scales) <= 0:
            raise InvalidValueError(f"preprocessing scales must be positive numbers, not {self.scales}")

    def views(self) -> tuple[Preprocessing, ...]:
        """Return the preprocessing of each size at which the picture is looked at."""
        return tuple(
            replace(
                self,
                height=max(1, round(self.height * scale / 32)) * 32,
                width=max(1, round(self.width * scale / 32)) * 32,
                scales=(1.0,),
            )
            for scale in self.scales
        )

    def prepare(self, pixels: NDArray[np.uint8]) -> Tensor:
        """Return the network's input for one picture.

        Parameters
        ----------
        pixels : ndarray
            (H, W, 3) uint8, RGB, any size.

        Returns
        -------
        Tensor
            (3, height, width) float32 on the CPU.

        Raises
        ------
        InvalidValueError
            If the pixels are not such an array.
        """
        # Here, so that a card can be read without torch.
        import torch

        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
            raise InvalidValueError(
                f"the network reads (H, W, 3) uint8 pixels, not {pixels.shape} {pixels.dtype}"
            )
        # A copy: torch warns about the read-only arrays that decoders hand out.
        image = torch.from_numpy(pixels.copy()).permute(2, 0, 1).float()
        if image.shape[-2:] != (self.height, self.width):
            image = torch.nn.functional.interpolate(
                image[None],
                size=(self.height, self.width),
                mode="bilinear",
                align_corners=False,
                antialias=self.antialias,
            )[0]
        return (image - torch.tensor(self.mean).view(3, 1, 1)) / torch.tensor(self.std).view(3, 1, 1)
