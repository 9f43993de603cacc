"""Weight files and the tensors in them, checked before they are believed. No torch at import."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from alnreader.case.errors import BundleError
from alnreader.model.card import CardContent, FileEntry, read_plain_file, require_plain_file

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from alnreader.model.multi_instance import MultiInstanceConfig
    from alnreader.model.multitask import MultitaskConfig

_PICKLE_STARTS: Final = (b"PK\x03\x04", b"\x80")
"""A torch file is a zip archive or, the old kind, a bare pickle."""

_PICKLE_SUFFIXES: Final = (".pt", ".pth", ".bin", ".ckpt", ".pkl")

_STORED_BYTES: Final = {"F16": 2, "F32": 4, "F64": 8}
"""Types that a tensor may have, and bytes of a number."""

_LENGTH_BYTES: Final = 8
"""A safetensors file begins with the length of its header, little-endian."""

MAX_HEADER_BYTES: Final = 4 << 20
"""A hundred times the longest of a network that can be had."""

_PIECE_BYTES: Final = 1 << 20
_LONGEST_NAME: Final = 100

AGAIN: Final = "Get the bundle again."

_RUNS_CODE: Final = (
    "such files can run code. Turn a checkpoint into a bundle by: alnreader import-checkpoint."
)


def refuse_pickle(path: Path) -> None:
    """Refuse a file that is a pickle under another name, or stands in for a missing one."""
    try:
        require_plain_file(path)
        with path.open("rb") as file:
            start = file.read(9)
    except FileNotFoundError:
        stand_in = [suffix for suffix in _PICKLE_SUFFIXES if path.with_suffix(suffix).exists()]
        if stand_in:
            raise BundleError(
                f"{path} is missing; {path.stem}{stand_in[0]} beside it is never loaded: {_RUNS_CODE}"
            ) from None
        raise BundleError(f"{path} is missing. {AGAIN}") from None
    except OSError as error:
        raise BundleError(
            f"{path} cannot be read: {error.strerror or error}. Check its permissions."
        ) from error
    # The length in front of a safetensors header may begin with 0x80 too; then the header itself follows.
    if start.startswith(_PICKLE_STARTS) and start[8:] != b"{":
        raise BundleError(
            f"{path} is a torch or pickle file, not safetensors; it is not loaded: {_RUNS_CODE}"
        )


def read_weights(path: Path, entry: FileEntry) -> bytes:
    """Return a weight file's bytes, which are those that the card promises."""
    _check_size(path, entry)
    try:
        data = read_plain_file(path, entry["bytes"])
    except OSError as error:
        raise _unreadable(path, error) from error
    _check_hash(path, entry, hashlib.sha256(data).hexdigest())
    return data


def check_weights(path: Path, entry: FileEntry) -> None:
    """Refuse a weight file that is not what the card promises, without holding it in memory.

    Parameters
    ----------
    path : Path
    entry : FileEntry
        The card's word on it.

    Raises
    ------
    BundleError
        If the file is missing, of another size or hash, or no safetensors file of floating-point numbers.
    """
    _check_size(path, entry)
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                found.update(piece)
    except OSError as error:
        raise _unreadable(path, error) from error
    _check_hash(path, entry, found.hexdigest())
    stored_shapes(path)


def stored_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the shape of each tensor in a safetensors file, read from its header alone.

    Raises
    ------
    BundleError
        As `check_types`.
    """
    try:
        with path.open("rb") as file:
            start = file.read(_LENGTH_BYTES)
            length = int.from_bytes(start, "little")
            # One byte more than is allowed: `check_types` tells of it.
            start += file.read(min(length, MAX_HEADER_BYTES + 1))
            return check_types(start, path, file.seek(0, os.SEEK_END))
    except OSError as error:
        raise _unreadable(path, error) from error


def _check_size(path: Path, entry: FileEntry) -> None:
    # Before it is read: a wrong file may be of any size.
    refuse_pickle(path)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise _unreadable(path, error) from error
    if size != entry["bytes"]:
        raise BundleError(f"{path} has {size} bytes, the card says {entry['bytes']}. {AGAIN}")


def _check_hash(path: Path, entry: FileEntry, found: str) -> None:
    if found != entry["sha256"]:
        raise BundleError(
            f"{path} was changed: its SHA-256 is {found}, the card says {entry['sha256']}. {AGAIN}"
        )


def _unreadable(path: Path, error: OSError) -> BundleError:
    return BundleError(f"{path} cannot be read: {error.strerror or error}. Check its permissions.")


def check_types(data: bytes, path: Path, size: int | None = None) -> dict[str, tuple[int, ...]]:
    """Refuse a broken safetensors header, and tensors that are no plain floating-point numbers.

    Parameters
    ----------
    data : bytes
        The file, or its beginning with the header.
    path : Path
        For the message.
    size : int, optional
        Bytes of the whole file; those of `data` if not given.

    Returns
    -------
    dict of str to tuple of int
        Each tensor's shape.

    Raises
    ------
    BundleError
        If the header is broken or too long, a tensor of another type, or the file longer or shorter than
        its tensors.
    """
    size = len(data) if size is None else size
    length = int.from_bytes(data[:_LENGTH_BYTES], "little")
    if length > MAX_HEADER_BYTES:
        raise BundleError(
            f"{path} is not a safetensors file of a network: its header has {length} bytes, the longest "
            f"allowed has {MAX_HEADER_BYTES}. {AGAIN}"
        )
    try:
        header = json.loads(data[_LENGTH_BYTES : _LENGTH_BYTES + length])
        tensors = {
            name: (str(entry["dtype"]), [*map(_extent, entry["shape"])])
            for name, entry in header.items()
            if name != "__metadata__"
        }
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError) as error:
        raise BundleError(f"{path} is not a safetensors file: {error}. {AGAIN}") from error
    promised = _LENGTH_BYTES + length
    for name, (kind, shape) in tensors.items():
        if kind not in _STORED_BYTES:
            raise BundleError(
                f"{path}: tensor {name[:_LONGEST_NAME]} is stored as {kind[:_LONGEST_NAME]}, not one of "
                f"{', '.join(_STORED_BYTES)}. {AGAIN}"
            )
        promised += math.prod(shape) * _STORED_BYTES[kind]
    if promised != size:
        raise BundleError(
            f"{path} is not a safetensors file: it has {size} bytes, its header tells of {promised}. {AGAIN}"
        )
    return {name: tuple(shape) for name, (_, shape) in tensors.items()}


def _extent(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("a shape is made of whole numbers")
    return value


def configs(card: CardContent) -> tuple[MultitaskConfig, MultiInstanceConfig]:
    """Return the two networks' configurations as the card has them."""
    from alnreader.model.multi_instance import MultiInstanceConfig
    from alnreader.model.multitask import MultitaskConfig

    architecture = card["architecture"]
    stage_2 = architecture["multi_instance"]
    return MultitaskConfig(architecture["backbone"], architecture["embedding"]), MultiInstanceConfig(
        embedding=architecture["embedding"],
        depth=stage_2["depth"],
        heads=stage_2["heads"],
        feed_forward=stage_2["feed_forward"],
        dropout=stage_2["dropout"],
    )


def empty_network(config: MultitaskConfig | MultiInstanceConfig) -> nn.Module:
    """Return the network without memory for its tensors: their names and shapes, to be filled.

    Parameters
    ----------
    config : MultitaskConfig or MultiInstanceConfig

    Returns
    -------
    nn.Module
        On torch's "meta" device. The random generator is not touched: loading a model changes no later
        random number.
    """
    import torch

    from alnreader.model.multi_instance import MultiInstanceConfig, MultiInstanceNetwork
    from alnreader.model.multitask import MultitaskNetwork

    with torch.device("meta"):
        if isinstance(config, MultiInstanceConfig):
            return MultiInstanceNetwork(config)
        return MultitaskNetwork(config)


def check_shapes(
    network: nn.Module, shapes: Mapping[str, tuple[int, ...]], where: str, advice: str = AGAIN
) -> None:
    """Refuse names and shapes that are not exactly those of a network's tensors.

    Parameters
    ----------
    network : nn.Module
    shapes : mapping of str to tuple of int
    where, advice : str
        As for `check_state`.

    Raises
    ------
    BundleError
        Naming the first tensor that is missing, unknown or of another shape.
    """
    expected = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    what = f"{where} does not fit its network"
    for name in sorted(expected.keys() - shapes.keys()):
        raise BundleError(f"{what}: tensor {name} is missing. {advice}")
    for name in sorted(shapes.keys() - expected.keys()):
        raise BundleError(f"{what}: tensor {name[:_LONGEST_NAME]} is unknown. {advice}")
    for name, shape in expected.items():
        if shapes[name] != shape:
            raise BundleError(f"{what}: tensor {name} is {shapes[name]}, not {shape}. {advice}")


def check_state(network: nn.Module, state: Mapping[str, Tensor], where: str, advice: str = AGAIN) -> None:
    """Refuse tensors that are not exactly a network's, or not finite.

    Parameters
    ----------
    network : nn.Module
    state : mapping of str to Tensor
    where : str
        File name for the message.
    advice : str
        What the user can do, for the message.

    Raises
    ------
    BundleError
        Naming the first tensor that is missing, unknown, of another shape or not finite.
    """
    check_shapes(network, {name: tuple(tensor.shape) for name, tensor in state.items()}, where, advice)
    for name in network.state_dict():
        if not bool(state[name].isfinite().all()):
            raise BundleError(f"{where}: tensor {name} holds a value that is not finite. {advice}")


def check_features(arrays: Mapping[str, NDArray[Any]], card: CardContent, where: str) -> None:
    """Refuse feature statistics without a mean of the embedding's width, or with values not finite."""
    shape = (card["architecture"]["embedding"],)
    mean = arrays.get("mean")
    if mean is None or mean.shape != shape:
        raise BundleError(f"{where}: the array mean must be there with shape {shape}. {AGAIN}")
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise BundleError(f"{where}: the array {name} holds a value that is not finite. {AGAIN}")
