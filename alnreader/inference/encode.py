"""The slow half: one image through the network, once; what is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from alnreader.case.errors import UnreadableInputError
from alnreader.case.image import ImageKey, Pixels, UltrasoundImage
from alnreader.inference.backend import Backend
from alnreader.inference.colour import coloured_share, flow
from alnreader.inference.device import CPU, OutOfMemoryError, is_out_of_memory
from alnreader.model.multitask import Maps
from alnreader.model.preprocess import Preprocessing


@dataclass(frozen=True, eq=False)
class Encoded:
    """What the network saw in one image: everything that an edited mask does not change. On the CPU.

    Attributes
    ----------
    key
        The image.
    bundle
        SHA-256 of the bundle that encoded it.
    rows, columns
        Size of the picture in pixels.
    x
        ``(C, h, w) float32`` fused map, h and w an eighth of the network's input.
    type_map
        ``(4h, 4w) float32``: the up-scaled features weighted by the type head. The head is linear, so that
        gating and pooling this one map gives its logit; the 32 maps it stands for are not kept.
    mask_logits
        ``(8h, 8w) float32``, predicted.
    overview
        ``(C,) float32``, mean of `x` without a gate: what the input check compares with the training images.
    coloured
        ``colour.GRID`` float32: share of clearly coloured pixels in each cell of the picture.
    flow
        Largest patch of clear red or blue, a share of the picture (`colour.flow`).
    device
        What it ran on, for the user.
    fallback
        Why it did not run on the device asked for; empty where it did.
    """

    key: ImageKey
    bundle: str
    rows: int
    columns: int
    x: Tensor = field(repr=False)
    type_map: Tensor = field(repr=False)
    mask_logits: Tensor = field(repr=False)
    overview: Tensor = field(repr=False)
    coloured: Tensor = field(repr=False)
    flow: float
    device: str
    fallback: str = ""

    @property
    def nbytes(self) -> int:
        """Memory it holds, in bytes."""
        kept = (self.x, self.type_map, self.mask_logits, self.overview, self.coloured)
        return sum(tensor.nbytes for tensor in kept)


class Encoder:
    """Encodes images with a backend, and with the CPU where the backend's memory is full.

    Parameters
    ----------
    backend : Backend
    type_weights : Tensor
        (32,) of the type head.
    preprocessing : Preprocessing
    bundle : str
        SHA-256 of the bundle.
    spare : callable, optional
        Makes the backend for the CPU when it is needed for the first time.
    """

    def __init__(
        self,
        backend: Backend,
        type_weights: Tensor,
        preprocessing: Preprocessing,
        bundle: str,
        spare: Callable[[], Backend] | None = None,
    ) -> None:
        self._backend = backend
        self._type_weights = type_weights
        self._preprocessing = preprocessing
        self._bundle = bundle
        self._make_spare = spare
        self._spare: Backend | None = None

    @property
    def device(self) -> str:
        """What it runs on, for the user."""
        return self._backend.device.words

    def encode(self, image: UltrasoundImage, pixels: Pixels | None = None) -> Encoded:
        """Run the network on one image.

        Parameters
        ----------
        image : UltrasoundImage
        pixels : ndarray, optional
            (H, W, 3) uint8 RGB where they are at hand already; decoded otherwise.

        Returns
        -------
        Encoded

        Raises
        ------
        UnreadableInputError
            If the picture cannot be decoded or is not of the size its header says.
        OutOfMemoryError
            If the computer's own memory is full.
        """
        if pixels is None:
            pixels = image.pixels()
        if pixels.shape[:2] != (image.rows, image.columns):
            raise UnreadableInputError(
                f"{image.source}: the picture is {pixels.shape[1]} x {pixels.shape[0]} pixels, its header "
                f"says {image.columns} x {image.rows}. Export it again."
            )
        maps, backend, fallback = self._run(pixels, image)
        # Weighted where the maps lie, so that 1 of 32 has to travel.
        weights = self._type_weights.to(maps.u.device)
        with torch.inference_mode():
            type_map = torch.einsum("c,chw->hw", weights, maps.u[0])
        x = _kept(maps.x[0])
        return Encoded(
            key=image.key,
            bundle=self._bundle,
            rows=image.rows,
            columns=image.columns,
            x=x,
            type_map=_kept(type_map),
            mask_logits=_kept(maps.mask_logits[0, 0]),
            overview=overview(x),
            coloured=torch.from_numpy(coloured_share(pixels)),
            flow=flow(pixels),
            device=backend.device.words,
            fallback=fallback,
        )

    def _run(self, pixels: Pixels, image: UltrasoundImage) -> tuple[Maps, Backend, str]:
        try:
            return averaged_maps(self._backend.encode, self._preprocessing, pixels), self._backend, ""
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if self._make_spare is None or self._backend.device == CPU:
                raise _no_memory(image) from error
        # Outside the handler: the failed pass's tensors hang on the error's traceback.
        if self._spare is None:
            self._spare = self._make_spare()
        try:
            maps = averaged_maps(self._spare.encode, self._preprocessing, pixels)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            raise _no_memory(image) from error
        return maps, self._spare, f"{self.device} was out of memory"


def averaged_maps(encode: Callable[[Tensor], Maps], preprocessing: Preprocessing, pixels: Pixels) -> Maps:
    """Return what a network says of one picture: the mean over the views that its preprocessing asks for.

    Parameters
    ----------
    encode : callable
        (B, 3, h, w) float32 on the CPU to `Maps`: a `Backend`'s.
    preprocessing : Preprocessing
    pixels : ndarray
        (H, W, 3) uint8 RGB.

    Returns
    -------
    Maps
        Of a batch of one, in the sizes that one view of `preprocessing.height` x `width` has.
    """
    found: list[Maps] = []
    for view in preprocessing.views():
        batch = view.prepare(pixels)[None]
        found.append(encode(batch))
        if view.mirrored:
            found.append(Maps(*(maps.flip(-1) for maps in encode(batch.flip(-1)))))
    if len(found) == 1:
        return found[0]
    height, width = preprocessing.height, preprocessing.width
    return Maps(
        *(
            torch.stack([_resized(maps, (height // part, width // part)) for maps in field]).mean(0)
            for part, field in zip((8, 2, 1), zip(*found, strict=True), strict=True)
        )
    )


def _resized(maps: Tensor, size: tuple[int, int]) -> Tensor:
    if maps.shape[-2:] == size:
        return maps
    return torch.nn.functional.interpolate(maps, size=size, mode="bilinear", align_corners=False)


def overview(x: Tensor) -> Tensor:
    """Return the mean over the grid, (..., C), of fused maps (..., C, h, w)."""
    return x.mean(dim=(-2, -1))


def _kept(maps: Tensor) -> Tensor:
    """Return an ordinary float32 tensor on the CPU that shares memory with nothing."""
    return maps.to("cpu", torch.float32, copy=True, memory_format=torch.contiguous_format)


def _no_memory(image: UltrasoundImage) -> OutOfMemoryError:
    return OutOfMemoryError(
        f"{image.source}: there is not enough memory to read this image. Close other programs, or read fewer "
        "images at a time."
    )
