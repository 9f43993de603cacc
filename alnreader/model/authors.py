"""Import of the paper's authors' checkpoints. The only place that calls `torch.load`."""

from __future__ import annotations

import hashlib
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import torch
from torch import Tensor

from alnreader.case.errors import BundleError
from alnreader.model.authors_names import convert_multi_instance, convert_multitask
from alnreader.model.bundle import Bundle, write_bundle
from alnreader.model.card import SCHEMA, CardContent
from alnreader.model.multi_instance import MultiInstanceConfig
from alnreader.model.multitask import MultitaskConfig
from alnreader.model.preprocess import Preprocessing
from alnreader.model.weights import check_state, empty_network

UNMEASURED_LOGIT_K: Final = 5.0
"""Logit that an edited mask takes where no image was at hand to measure the best one.

The gate is then sigmoid(2.5) = 0.92 inside and 0.08 outside.
"""

PUBLISHED_THRESHOLD: Final = 0.5
"""The authors read at 0.5 everywhere and publish no calibration (doi 10.1038/s41698-025-00971-0)."""

CITATION: Final = "doi 10.1038/s41698-025-00971-0"

Labels = Literal["clinical", "simulated", "unknown"]


class _Inert:
    """Stands for every object of a checkpoint that is no tensor: made, and never used."""

    def __new__(cls, *_args: object, **_keywords: object) -> _Inert:
        return super().__new__(cls)

    def __setstate__(self, _state: object) -> None:
        pass


def read_state(path: Path) -> dict[str, Tensor]:
    """Return the tensors of an mmseg or mmcls checkpoint without running anything of it.

    Such files carry log buffers and arrays beside the weights, whose classes a safe load refuses. They
    become placeholders: nothing that the file names is imported or called.

    Parameters
    ----------
    path : Path
        A dict with ``state_dict``, or the state dict itself, saved by `torch.save`.

    Returns
    -------
    dict of str to Tensor

    Raises
    ------
    BundleError
        If the file is missing, no torch file, or holds no tensors.
    """
    if not path.is_file():
        raise BundleError(f"there is no checkpoint file {path}. Name the file that the authors' tools saved.")
    # What a broken or hostile pickle raises is as varied as its contents.
    faults = (
        pickle.UnpicklingError, RuntimeError, OSError, EOFError,
        ValueError, TypeError, AttributeError, LookupError,
    )  # fmt: skip
    try:
        # Torch lists the names in its present format alone; an old file is read without placeholders.
        zipped = zipfile.is_zipfile(path)
        names = torch.serialization.get_unsafe_globals_in_checkpoint(path) if zipped else []
        placeholders: list[Any] = [(_Inert, name) for name in names]
        with torch.serialization.safe_globals(placeholders):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except faults as error:
        # Torch's own words are not passed on: they advise to load the file unsafely.
        raise BundleError(
            f"{path} cannot be read as a torch checkpoint: it is damaged, no torch file, or holds more than "
            "tensors. Save it again where it was made: "
            "torch.save({'state_dict': checkpoint['state_dict']}, file)."
        ) from error
    state = content.get("state_dict", content) if isinstance(content, Mapping) else None
    if not isinstance(state, Mapping) or not state:
        raise BundleError(f"{path} holds no state_dict. Name the file that the authors' tools saved.")
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise BundleError(f"{path}: the state_dict's entry {name!r} is not a tensor.")
    return dict(state)


def import_checkpoint(
    multitask_file: Path,
    multi_instance_file: Path,
    out_dir: Path,
    *,
    labels: Labels = "unknown",
) -> Bundle:
    """Turn the authors' two checkpoints into a bundle.

    The encoder is found from the tensors' shapes. What the files do not say (training data, operating
    points, calibration) the card says it does not know.

    Parameters
    ----------
    multitask_file, multi_instance_file : Path
        Stage 1 (saved by mmseg) and stage 2 (saved by mmcls).
    out_dir : Path
        The bundle's directory, which must not exist; its name becomes the bundle's.
    labels : str
        What is known of the metastasis labels it was trained on. Without "clinical" the bundle is a
        demonstration model.

    Returns
    -------
    Bundle

    Raises
    ------
    BundleError
        If a file cannot be read, is of another network, or the two are swapped.
    CannotWriteError
        If the bundle cannot be written.
    """
    multitask_file, multi_instance_file = Path(multitask_file), Path(multi_instance_file)
    out_dir = Path(out_dir).absolute()
    stage_1, stage_2 = read_state(multitask_file), read_state(multi_instance_file)
    if any(name.endswith("cls_token") for name in stage_1) and any("decode_head" in name for name in stage_2):
        raise BundleError(
            f"the two checkpoints are swapped: {multitask_file} is stage 2 and {multi_instance_file} stage 1."
        )
    multitask_config, multitask = _converted(convert_multitask, stage_1, multitask_file)
    multi_instance_config, multi_instance = _converted(convert_multi_instance, stage_2, multi_instance_file)
    if multitask_config.embedding != multi_instance_config.embedding:
        raise BundleError(
            f"{multitask_file} makes instances of width {multitask_config.embedding}, {multi_instance_file} "
            f"reads {multi_instance_config.embedding}: they do not belong together."
        )
    card = _card(out_dir.name, multitask_config, multi_instance_config, labels)
    card["training"]["log"] = "; ".join(
        f"{stage} from a checkpoint with SHA-256 {_sha256(path)}"
        for stage, path in (("stage 1", multitask_file), ("stage 2", multi_instance_file))
    )
    return write_bundle(out_dir, card, multitask, multi_instance)


def _converted(convert: Any, state: dict[str, Tensor], path: Path) -> tuple[Any, dict[str, Tensor]]:
    """Convert, with the file's name in the message and the tensors in float32."""
    try:
        config, ours = convert(state)
    except BundleError as error:
        raise BundleError(f"{path}: {error}") from error
    check_state(empty_network(config), ours, str(path), "Save it again where it was made.")
    return config, {name: tensor.float() for name, tensor in ours.items()}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _card(
    name: str, multitask: MultitaskConfig, multi_instance: MultiInstanceConfig, labels: Labels
) -> CardContent:
    """Return a card that claims nothing which the checkpoints do not show."""
    published = Preprocessing()
    return {
        "schema": SCHEMA,
        "name": name,
        "version": "1",
        "title": "Two-stage network imported from checkpoints",
        "intended_use": "Research. The hospital that holds the checkpoints answers for any other use.",
        "limitations": [
            "Imported: sensitivity, specificity and calibration of these weights were not measured.",
            "How much redrawing a region by itself moves the probability was not measured.",
            "No statistics of the training images: unusual images are not recognised as such.",
        ],
        "training_data": {
            "description": "Not recorded in the checkpoints.",
            "metastasis_labels": labels,
            "sources": [],
        },
        "architecture": {
            "backbone": multitask.backbone,
            "embedding": multitask.embedding,
            "multi_instance": {
                "depth": multi_instance.depth,
                "heads": multi_instance.heads,
                "feed_forward": multi_instance.feed_forward,
                "dropout": multi_instance.dropout,
            },
        },
        "preprocessing": {
            "height": published.height,
            "width": published.width,
            "mean": list(published.mean),
            "std": list(published.std),
            "antialias": published.antialias,
        },
        "class_names": {"type": ["tumour", "lymph_node"], "patient": ["negative", "metastasis"]},
        "operating_points": [
            {
                "name": "published",
                "threshold": PUBLISHED_THRESHOLD,
                "sensitivity": None,
                "specificity": None,
                "chosen_on": "The paper's threshold; not checked for these weights.",
            }
        ],
        "default_operating_point": "published",
        "calibration": {"method": "none", "slope": 1.0, "intercept": 0.0},
        "mask": {
            "logit_k": UNMEASURED_LOGIT_K,
            "k_drift": None,
            "threshold_logit": 0.0,
            "minimum_area_fraction": 0.0,
        },
        "feature_statistics": None,
        "empty_bag_probability": None,
        "metrics": [],
        "training": {
            "commands": ["alnreader import-checkpoint"],
            "seeds": [],
            "seconds": None,
            "log": "",
        },
        "citation": CITATION,
        "licence": "As the checkpoints' owner states; none was stated in them.",
    }
