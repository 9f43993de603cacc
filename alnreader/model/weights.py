"""Weight files and the tensors in them, checked before they are believed. No torch at import."""

from __future__ import annotations

import hashlib
import json
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

_STORED_TYPES: Final = ("F16", "F32", "F64")

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
    refuse_pickle(path)
    try:
        size = path.stat().st_size
        # Before it is read: a wrong file may be of any size.
        data = read_plain_file(path, size) if size == entry["bytes"] else b""
    except OSError as error:
        raise BundleError(
            f"{path} cannot be read: {error.strerror or error}. Check its permissions."
        ) from error
    if size != entry["bytes"]:
        raise BundleError(f"{path} has {size} bytes, the card says {entry['bytes']}. {AGAIN}")
    found = hashlib.sha256(data).hexdigest()
    if found != entry["sha256"]:
        raise BundleError(
            f"{path} was changed: its SHA-256 is {found}, the card says {entry['sha256']}. {AGAIN}"
        )
    return data


def check_types(data: bytes, path: Path) -> None:
    """Refuse a broken safetensors header, and tensors that are no plain floating-point numbers."""
    try:
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + length])
        types = {name: entry["dtype"] for name, entry in header.items() if name != "__metadata__"}
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError) as error:
        raise BundleError(f"{path} is not a safetensors file: {error}. {AGAIN}") from error
    for name, kind in types.items():
        if kind not in _STORED_TYPES:
            raise BundleError(
                f"{path}: tensor {name} is stored as {kind}, not one of {', '.join(_STORED_TYPES)}."
            )


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
    expected = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    what = f"{where} does not fit its network"
    for name in sorted(expected.keys() - state.keys()):
        raise BundleError(f"{what}: tensor {name} is missing. {advice}")
    for name in sorted(state.keys() - expected.keys()):
        raise BundleError(f"{what}: tensor {name} is unknown. {advice}")
    for name, shape in expected.items():
        if tuple(state[name].shape) != shape:
            raise BundleError(f"{what}: tensor {name} is {tuple(state[name].shape)}, not {shape}. {advice}")
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
