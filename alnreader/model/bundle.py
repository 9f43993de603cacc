"""A model on disk: a directory with a card and safetensors, never pickle.

Torch is imported only where networks are built.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from alnreader.case.errors import BundleError, CannotWriteError
from alnreader.case.score import ModelSummary
from alnreader.model.card import (
    CARD_FILE,
    FEATURES_FILE,
    MULTI_INSTANCE_FILE,
    MULTITASK_FILE,
    Card,
    CardContent,
    OperatingPoint,
    canonical_json,
    card_hash,
    check_card,
    read_card,
)
from alnreader.model.preprocess import Preprocessing
from alnreader.model.weights import (
    AGAIN,
    check_features,
    check_shapes,
    check_state,
    check_types,
    check_weights,
    configs,
    empty_network,
    read_weights,
    stored_shapes,
)
from alnreader.paths import models_dir

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from alnreader.model.multi_instance import MultiInstanceConfig, MultiInstanceNetwork
    from alnreader.model.multitask import MultitaskConfig, MultitaskNetwork


@dataclass(frozen=True)
class Bundle:
    """A bundle whose card is valid and whose weights are those the card names.

    Attributes
    ----------
    directory : Path
    card : Card
        The parsed card; treat it as read-only.
    sha256 : str
        Of the canonical card, which holds the weights' hashes.
    """

    directory: Path
    card: Card
    sha256: str

    @classmethod
    def load(cls, directory: Path) -> Bundle:
        """Read the card and check every file against it. Does not import torch.

        Parameters
        ----------
        directory : Path

        Returns
        -------
        Bundle

        Raises
        ------
        BundleError
            If the directory, the card or a file is missing, broken, changed, or of another schema; the
            message names the file and says what to do.
        """
        directory = Path(directory)
        if not directory.exists():
            raise BundleError(
                f"There is no model bundle at {directory}. Name a directory that holds {CARD_FILE}."
            )
        if not directory.is_dir():
            raise BundleError(
                f"{directory} is a file, not a model bundle. Name the directory of {CARD_FILE}."
            )
        card = read_card(directory / CARD_FILE)
        for name, entry in card["files"].items():
            check_weights(directory / name, entry)
        return cls(directory, card, card_hash(card))

    @property
    def name(self) -> str:
        """The card's name."""
        return self.card["name"]

    @property
    def demonstration(self) -> bool:
        """Whether the metastasis labels it was trained on are anything but clinical."""
        return self.card["training_data"]["metastasis_labels"] != "clinical"

    @property
    def preprocessing(self) -> Preprocessing:
        """The card's preprocessing."""
        values = self.card["preprocessing"]
        return Preprocessing(
            height=values["height"],
            width=values["width"],
            mean=cast("tuple[float, float, float]", tuple(values["mean"])),
            std=cast("tuple[float, float, float]", tuple(values["std"])),
            antialias=values["antialias"],
            scales=tuple(values.get("scales", (1.0,))),
            mirrored=values.get("mirrored", False),
        )

    @property
    def operating_point(self) -> OperatingPoint:
        """The default operating point."""
        default = self.card["default_operating_point"]
        return next(point for point in self.card["operating_points"] if point["name"] == default)

    @property
    def threshold(self) -> float:
        """Probability at and above which the default operating point calls a patient positive."""
        return self.operating_point["threshold"]

    @property
    def summary(self) -> ModelSummary:
        """What a score and a report say of the model."""
        card, point = self.card, self.operating_point
        return ModelSummary(
            name=self.name,
            version=card["version"],
            sha256=self.sha256,
            demonstration=self.demonstration,
            title=card["title"],
            intended_use=card["intended_use"],
            training_data=card["training_data"]["description"],
            citation=card["citation"],
            limitations=tuple(card["limitations"]),
            threshold=point["threshold"],
            operating_point=point["name"],
            sensitivity=point["sensitivity"],
            specificity=point["specificity"],
            chosen_on=point["chosen_on"],
            licence=card["licence"],
        )

    def multitask(self) -> MultitaskNetwork:
        """Build stage 1 from the stored weights.

        Returns
        -------
        MultitaskNetwork
            float32, in evaluation mode, on the CPU.

        Raises
        ------
        BundleError
            If the file changed since `load`, or its tensors are not the network's.
        """
        config, _ = configs(self.card)
        return cast("MultitaskNetwork", self._network(MULTITASK_FILE, config))

    def multi_instance(self) -> MultiInstanceNetwork:
        """Build stage 2 from the stored weights.

        Returns
        -------
        MultiInstanceNetwork
            float32, in evaluation mode, on the CPU.

        Raises
        ------
        BundleError
            If the file changed since `load`, or its tensors are not the network's.
        """
        _, config = configs(self.card)
        return cast("MultiInstanceNetwork", self._network(MULTI_INSTANCE_FILE, config))

    def features(self) -> dict[str, NDArray[np.floating[Any]]] | None:
        """Return the training features' statistics, or None where the bundle has none.

        Returns
        -------
        dict of str to ndarray or None
            ``mean`` (embedding,) and whatever else the training stored.

        Raises
        ------
        BundleError
            If the file changed since `load`, or has no mean of the right length.
        """
        if self.card["feature_statistics"] is None:
            return None
        from safetensors import SafetensorError
        from safetensors.numpy import load

        path = self.directory / FEATURES_FILE
        try:
            arrays = load(read_weights(path, self.card["files"][FEATURES_FILE]))
        except SafetensorError as error:
            raise BundleError(f"{path} is not a safetensors file: {error}. {AGAIN}") from error
        check_features(arrays, self.card, str(path))
        return cast("dict[str, NDArray[np.floating[Any]]]", arrays)

    def _network(self, file: str, config: MultitaskConfig | MultiInstanceConfig) -> nn.Module:
        from safetensors import SafetensorError
        from safetensors.torch import load

        path = self.directory / file
        network = empty_network(config)
        # Before memory is taken: a file may be right by its hash and of another network.
        check_shapes(network, stored_shapes(path), str(path))
        try:
            state = load(read_weights(path, self.card["files"][file]))
        except SafetensorError as error:
            raise BundleError(f"{path} is not a safetensors file: {error}. {AGAIN}") from error
        check_state(network, state, str(path))
        network.load_state_dict({name: tensor.float() for name, tensor in state.items()}, assign=True)
        return network.eval()


def write_bundle(
    directory: Path,
    card: CardContent,
    multitask: Mapping[str, Tensor],
    multi_instance: Mapping[str, Tensor],
    features: Mapping[str, NDArray[np.floating[Any]]] | None = None,
    *,
    replace: bool = False,
) -> Bundle:
    """Write a bundle whole or not at all.

    It is written beside its place, loaded as a check, and renamed.

    Parameters
    ----------
    directory : Path
        Where it shall lie; its parent is made if missing.
    card : CardContent
        Without ``files``, which is computed (and replaced, if there).
    multitask, multi_instance : mapping of str to Tensor
        The networks' ``state_dict``; tensors of type float16 or float32 are stored as they are.
    features : mapping of str to ndarray, optional
        Statistics of the training features, with ``mean`` (embedding,); they and the card's
        ``feature_statistics`` are both there or both absent.
    replace : bool
        Put it in the place of a bundle that lies there already.

    Returns
    -------
    Bundle
        The bundle as loaded back.

    Raises
    ------
    BundleError
        If the card is not valid or the tensors are not those of its networks.
    CannotWriteError
        If something lies there already, or the disk refuses. Nothing half-written is left.
    """
    from safetensors.numpy import save

    directory = Path(directory).absolute()
    contents: dict[str, bytes] = {}
    # First of all, without the files: a card that is wrong is told before the work of packing the weights.
    draft = _complete_card(card, dict.fromkeys(_weight_files(features), b"\0"), directory)
    stage_1, stage_2 = configs(draft)
    contents[MULTITASK_FILE] = _pack(MULTITASK_FILE, multitask, stage_1)
    contents[MULTI_INSTANCE_FILE] = _pack(MULTI_INSTANCE_FILE, multi_instance, stage_2)
    if features is not None:
        check_features(features, draft, FEATURES_FILE)
        contents[FEATURES_FILE] = save({key: np.ascontiguousarray(value) for key, value in features.items()})
    complete = _complete_card(card, contents, directory)
    contents[CARD_FILE] = (json.dumps(complete, indent=2, ensure_ascii=False) + "\n").encode()
    try:
        if not replace and directory.exists():
            raise CannotWriteError(f"{directory} exists already. Name another directory or remove it.")
        _write_whole(directory, contents)
    except OSError as error:
        raise CannotWriteError(
            f"the bundle {directory} could not be written: {error.strerror or error}. "
            "Name another directory or make room; nothing was left there."
        ) from error
    return Bundle.load(directory)


def _pack(file: str, state: Mapping[str, Tensor], config: MultitaskConfig | MultiInstanceConfig) -> bytes:
    """Return checked tensors as the bytes of a safetensors file."""
    from safetensors.torch import save

    check_state(empty_network(config), state, file)
    data: bytes = save({name: tensor.detach().cpu().contiguous() for name, tensor in state.items()})
    check_types(data, Path(file))
    return data


def _weight_files(features: object) -> tuple[str, ...]:
    both = (MULTITASK_FILE, MULTI_INSTANCE_FILE)
    return both if features is None else (*both, FEATURES_FILE)


def _complete_card(card: CardContent, contents: Mapping[str, bytes], directory: Path) -> Card:
    """Return the checked card with the files' hashes and sizes."""
    files = {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        for name, data in contents.items()
    }
    value: dict[str, Any] = {**card, "files": files}
    # There and back, so that tuples become JSON's lists before they are checked.
    with suppress(ValueError, TypeError):
        value = json.loads(canonical_json(value))
    return check_card(value, str(directory / CARD_FILE))


def _write_whole(directory: Path, contents: Mapping[str, bytes]) -> None:
    """Write the files into a directory beside, then put it in its place; clean up whatever happens."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    token = secrets.token_hex(4)
    fresh = directory.with_name(f".{directory.name}.{token}.new")
    old = directory.with_name(f".{directory.name}.{token}.old")
    try:
        fresh.mkdir()
        for name, data in contents.items():
            with (fresh / name).open("wb") as file:
                file.write(data)
                file.flush()
                # Before the rename: after a power cut the name must not stand for an empty file.
                os.fsync(file.fileno())
        if directory.exists():
            directory.rename(old)
        try:
            fresh.rename(directory)
        except OSError:
            if old.exists():
                old.rename(directory)
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def default_bundle_directory() -> Path:
    """Return the directory of the bundle shipped with the program.

    Returns
    -------
    Path

    Raises
    ------
    BundleError
        If none is shipped, or several.
    """
    found = sorted(path.parent for path in models_dir().glob(f"[!.]*/{CARD_FILE}"))
    if not found:
        raise BundleError(
            f"No model bundle is shipped with this program (looked in {models_dir()}). Install it again, "
            "or name a bundle with --model."
        )
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise BundleError(f"{models_dir()} holds several model bundles: {names}. Name one with --model.")
    return found[0]


def find_bundle(directory: Path | None = None) -> Bundle:
    """Load the bundle of a directory, or the shipped one.

    Parameters
    ----------
    directory : Path, optional

    Returns
    -------
    Bundle

    Raises
    ------
    BundleError
        As `Bundle.load` and `default_bundle_directory`.
    """
    return Bundle.load(default_bundle_directory() if directory is None else directory)
