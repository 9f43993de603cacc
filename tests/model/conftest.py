"""Weights made from names, golden vectors, and a small bundle to break."""

from __future__ import annotations

import copy
import json
import math
import shutil
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from alnreader.model.bundle import Bundle, write_bundle
from alnreader.model.card import CardContent
from alnreader.model.multi_instance import MultiInstanceConfig, MultiInstanceNetwork
from alnreader.model.multitask import MultitaskConfig, MultitaskNetwork

MakeWeights = Callable[[Mapping[str, Sequence[int]]], dict[str, Tensor]]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """For pictures this small, threads cost more than they give, and ten times as much on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def make_weights() -> MakeWeights:
    """Every tensor from its name alone, by the rule of the golden vectors."""

    def make(shapes: Mapping[str, Sequence[int]]) -> dict[str, Tensor]:
        weights = {}
        for name, shape in shapes.items():
            generator = torch.Generator().manual_seed(zlib.crc32(name.encode()) % 2**31)
            tensor = torch.randn(tuple(shape), generator=generator)
            last = name.rpartition(".")[2]
            if last == "positional_encoding_gaussian_matrix":
                pass
            elif len(shape) >= 2:
                tensor /= math.sqrt(math.prod(shape[1:]))
            elif last == "weight":
                tensor = 1 + 0.1 * tensor
            else:
                tensor *= 0.1
            weights[name] = tensor
        return weights

    return make


@dataclass(frozen=True)
class Golden:
    """The authors' names and shapes, weights made from them, and their networks' outputs."""

    multitask: dict[str, Tensor]
    multi_instance: dict[str, Tensor]
    arrays: dict[str, np.ndarray]


@pytest.fixture(scope="session")
def golden(shared: Path, make_weights: MakeWeights) -> Golden:
    folder = shared / "golden"
    mtl, mil = (
        make_weights(json.loads((folder / f"mit_b0_seed0_{part}_state_dict.json").read_text()))
        for part in ("mtl", "mil")
    )
    with np.load(folder / "mit_b0_seed0.npz") as arrays:
        return Golden(mtl, mil, dict(arrays))


SMALL_MULTITASK = MultitaskConfig("mit_b0", 32)
SMALL_MULTI_INSTANCE = MultiInstanceConfig(embedding=32, depth=1, heads=2, feed_forward=16)

CARD: CardContent = {
    "schema": "alnreader.bundle/1",
    "name": "small",
    "version": "1.2",
    "title": "Small",
    "intended_use": "Tests.",
    "limitations": ["Knows nothing."],
    "training_data": {
        "description": "None.",
        "metastasis_labels": "simulated",
        "sources": [
            {"name": "none", "citation": "", "licence": "CC0-1.0", "images": 0, "patients": None},
        ],
    },
    "architecture": {
        "backbone": "mit_b0",
        "embedding": 32,
        "multi_instance": {"depth": 1, "heads": 2, "feed_forward": 16, "dropout": 0.1},
    },
    "preprocessing": {
        "height": 64,
        "width": 96,
        "mean": [39.02, 39.34, 41.44],
        "std": [54.45, 53.53, 53.74],
        "antialias": True,
    },
    "class_names": {"type": ["tumour", "lymph_node"], "patient": ["negative", "metastasis"]},
    "operating_points": [
        {"name": "a", "threshold": 0.3, "sensitivity": 0.9, "specificity": 0.5, "chosen_on": "x"},
        {"name": "b", "threshold": 0.6, "sensitivity": None, "specificity": None, "chosen_on": "x"},
    ],
    "default_operating_point": "b",
    "calibration": {"method": "platt", "slope": 1.1, "intercept": -0.2},
    "mask": {"logit_k": 4.0, "k_drift": 0.01, "threshold_logit": 0.0, "minimum_area_fraction": 0.001},
    "feature_statistics": {"file": "features.safetensors", "limit": 5.0, "quantile": 0.99},
    "empty_bag_probability": 0.4,
    "metrics": [
        {"name": "AUC", "dataset": "x", "n": 9, "value": 0.7, "low": 0.5, "high": 0.9, "method": "DeLong"},
    ],
    "training": {"commands": ["alnreader train"], "seeds": [0], "seconds": 1.5, "log": ""},
    "citation": "none",
    "licence": "Apache-2.0",
}


@pytest.fixture
def card() -> CardContent:
    """A valid card of the small networks; the test may change it."""
    return copy.deepcopy(CARD)


@dataclass(frozen=True)
class Small:
    """What `write_bundle` takes, for networks as small as they get."""

    multitask: dict[str, Tensor]
    multi_instance: dict[str, Tensor]
    features: dict[str, np.ndarray]


@pytest.fixture(scope="session")
def small() -> Small:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        first, second = MultitaskNetwork(SMALL_MULTITASK), MultiInstanceNetwork(SMALL_MULTI_INSTANCE)
    halves = {name: tensor.half() for name, tensor in first.state_dict().items()}
    features = {"mean": np.zeros(32, np.float32), "precision": np.eye(32, dtype=np.float32)}
    return Small(halves, dict(second.state_dict()), features)


@pytest.fixture(scope="session")
def written(small: Small, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle that tests only read."""
    directory = tmp_path_factory.mktemp("bundles") / "small"
    return write_bundle(directory, CARD, small.multitask, small.multi_instance, small.features)


@pytest.fixture
def broken(written: Bundle, tmp_path: Path) -> Path:
    """A copy of the bundle for the test to break."""
    return Path(shutil.copytree(written.directory, tmp_path / "broken"))
