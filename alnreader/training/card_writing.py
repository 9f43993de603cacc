"""The card of a trained bundle: texts that a person wrote, figures that were measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from alnreader.case.errors import TrainingDataError
from alnreader.model.card import SCHEMA, Calibration, CardContent, MaskCard, Metric, OperatingPoint
from alnreader.model.multi_instance import MultiInstanceConfig
from alnreader.model.multitask import MultitaskConfig
from alnreader.model.preprocess import Preprocessing
from alnreader.training.calibrate import LIMIT_QUANTILE, FeatureCheck
from alnreader.training.manifest import KINDS, Record

TEXT_FIELDS = (
    "name",
    "version",
    "title",
    "intended_use",
    "limitations",
    "description",
    "sources",
    "citation",
    "licence",
    "log",
    "earlier_commands",
    "earlier_seeds",
    "earlier_seconds",
)

PAPER = "doi 10.1038/s41698-025-00971-0"

_LABEL_LIMITS = {
    "clinical": [],
    "simulated": [
        "The metastasis labels are those of simulated patients. The probability says nothing about a person: "
        "it shows how the program works."
    ],
    "unknown": ["Where the metastasis labels come from is not known. The probability must not be relied on."],
}


def read_texts(path: Path | None) -> dict[str, Any]:
    """Return the texts of a JSON file with some of `TEXT_FIELDS`; nothing where no file is given.

    Raises
    ------
    TrainingDataError
        If it is not readable JSON or has other fields.
    """
    if path is None:
        return {}
    try:
        texts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingDataError(f"{path}: the card's texts cannot be read ({error}).") from error
    other = sorted(set(texts) - set(TEXT_FIELDS)) if isinstance(texts, dict) else ["no object"]
    if other:
        raise TrainingDataError(
            f"{path}: not texts of a card: {', '.join(other)}. Known are {', '.join(TEXT_FIELDS)}."
        )
    return dict(texts)


def sources_of(records: list[Record]) -> list[dict[str, Any]]:
    """Return the training data's sources with their counts, for a card whose texts name none."""
    names = sorted({record.source or "pictures" for record in records})
    found = []
    for name in names:
        part = [r for r in records if r.split == "train" and (r.source or "pictures") == name]
        found.append(
            {
                "name": name,
                "citation": "not given",
                "licence": "not given",
                "images": len(part),
                "patients": len({r.patient for r in part}),
            }
        )
    return found


def compose(
    *,
    texts: dict[str, Any],
    name: str,
    records: list[Record],
    labels: Literal["clinical", "simulated", "unknown"],
    multitask: MultitaskConfig,
    multi_instance: MultiInstanceConfig,
    preprocessing: Preprocessing,
    points: list[OperatingPoint],
    default_point: str,
    calibration: Calibration,
    mask: MaskCard,
    check: FeatureCheck,
    empty_bag_probability: float,
    metrics: list[Metric],
    commands: tuple[str, ...],
    seed: int,
    seconds: float,
) -> CardContent:
    """Return the card, without its files."""
    default_use = (
        "Second reading of axillary lymph node status on breast ultrasound, after a human first reading."
        if labels == "clinical"
        else "Research demonstration of the program. Not for clinical use."
    )
    return {
        "schema": SCHEMA,
        "name": texts.get("name", name),
        "version": texts.get("version", "1"),
        "title": texts.get("title", name),
        "intended_use": texts.get("intended_use", default_use),
        "limitations": [*_LABEL_LIMITS[labels], *texts.get("limitations", [])],
        "training_data": {
            "description": texts.get("description", "Not described."),
            "metastasis_labels": labels,
            "sources": texts.get("sources") or sources_of(records),  # type: ignore[typeddict-item]  # checked with the card
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
            "height": preprocessing.height,
            "width": preprocessing.width,
            "mean": list(preprocessing.mean),
            "std": list(preprocessing.std),
            "antialias": preprocessing.antialias,
            "scales": list(preprocessing.scales),
            "mirrored": preprocessing.mirrored,
        },
        "class_names": {"type": list(KINDS), "patient": ["negative", "metastasis"]},
        "operating_points": points,
        "default_operating_point": default_point,
        "calibration": calibration,
        "mask": mask,
        "feature_statistics": {
            "file": "features.safetensors",
            "limit": check.limit,
            "quantile": LIMIT_QUANTILE,
        },
        "empty_bag_probability": empty_bag_probability,
        "metrics": metrics,
        "training": {
            "commands": [*texts.get("earlier_commands", []), *commands],
            "seeds": [*texts.get("earlier_seeds", []), seed],
            "seconds": round(seconds + texts.get("earlier_seconds", 0.0), 1),
            "log": texts.get("log", ""),
        },
        "citation": texts.get("citation", f"Network: {PAPER}."),
        "licence": texts.get("licence", "not stated"),
    }
