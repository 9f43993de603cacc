"""A real bundle with seeded random weights, small enough to be quick, and pictures to read with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from alnreader.case.case import Case
from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.patient import Patient
from alnreader.inference.encode import Encoded
from alnreader.inference.engine import Engine
from alnreader.model.bundle import Bundle, write_bundle
from alnreader.model.card import CardContent
from alnreader.model.multi_instance import MultiInstanceConfig, MultiInstanceNetwork
from alnreader.model.multitask import MultitaskConfig, MultitaskNetwork

SIZE = 128
DEPTH = 2
SEED = 8


def card_content(**changes: object) -> CardContent:
    card: CardContent = {
        "schema": "alnreader.bundle/1",
        "name": "random",
        "version": "0",
        "title": "Random weights",
        "intended_use": "Tests of the program.",
        "limitations": ["It knows nothing."],
        "training_data": {"description": "None.", "metastasis_labels": "unknown", "sources": []},
        "architecture": {
            "backbone": "mit_b0",
            "embedding": 256,
            "multi_instance": {"depth": DEPTH, "heads": 4, "feed_forward": 768, "dropout": 0.1},
        },
        "preprocessing": {
            "height": SIZE,
            "width": SIZE,
            "mean": [39.02, 39.34, 41.44],
            "std": [54.45, 53.53, 53.74],
            "antialias": False,
        },
        "class_names": {"type": ["tumour", "lymph_node"], "patient": ["negative", "metastasis"]},
        "operating_points": [
            {
                "name": "half",
                "threshold": 0.5,
                "sensitivity": None,
                "specificity": None,
                "chosen_on": "nothing",
            }
        ],
        "default_operating_point": "half",
        "calibration": {"method": "platt", "slope": 0.7, "intercept": -0.3},
        "mask": {"logit_k": 6.0, "k_drift": None, "threshold_logit": 0.0, "minimum_area_fraction": 0.002},
        "feature_statistics": None,
        "empty_bag_probability": None,
        "metrics": [],
        "training": {"commands": [], "seeds": [], "seconds": None, "log": ""},
        "citation": "None.",
        "licence": "Apache-2.0",
    }
    card.update(changes)  # type: ignore[typeddict-item]
    return card


class Networks:
    """Both networks with weights that make their outputs differ from image to image."""

    def __init__(self) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            self.multitask = MultitaskNetwork(MultitaskConfig("mit_b0")).eval()
            self.multi_instance = MultiInstanceNetwork(MultiInstanceConfig(depth=DEPTH)).eval()
        with torch.no_grad():
            for head in (self.multitask.image_head, self.multitask.type_head):
                head.weight.mul_(50)
            for layer in self.multi_instance.layers:
                layer.qkv.weight.mul_(4)
                layer.projection.weight.mul_(4)
            self.multi_instance.head.weight.mul_(10)


def picture(seed: int, rows: int = 150, columns: int = 190) -> np.ndarray:
    """Speckle with a dark ellipse: (rows, columns, 3) uint8, grey."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[:rows, :columns]
    centre_y, centre_x = generator.uniform(0.3, 0.7, 2) * (rows, columns)
    half_y, half_x = generator.uniform(0.12, 0.3, 2) * (rows, columns)
    inside = ((y - centre_y) / half_y) ** 2 + ((x - centre_x) / half_x) ** 2 < 1
    grey = generator.gamma(4.0, 20.0, (rows, columns)) * np.where(inside, 0.15, 1.0)
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def image_of(pixels: np.ndarray, name: str, **more: object) -> UltrasoundImage:
    return UltrasoundImage(
        key=ImageKey(f"1.2.3.{name}"),
        source=f"{name}.dcm",
        rows=pixels.shape[0],
        columns=pixels.shape[1],
        loader=lambda frame: pixels,
        **more,  # type: ignore[arg-type]
    )


def case_of(*images: UltrasoundImage) -> Case:
    return Case(Patient("P1"), (), images)


class Samples:
    """What tests make pictures, cases and cards with."""

    picture = staticmethod(picture)
    image_of = staticmethod(image_of)
    case_of = staticmethod(case_of)
    card_content = staticmethod(card_content)


@pytest.fixture(scope="session")
def samples() -> Samples:
    return Samples()


@pytest.fixture(scope="session")
def networks() -> Networks:
    return Networks()


@pytest.fixture(scope="session")
def bundle(networks: Networks, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    directory: Path = tmp_path_factory.mktemp("models") / "random"
    return write_bundle(
        directory, card_content(), networks.multitask.state_dict(), networks.multi_instance.state_dict()
    )


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def engine(bundle: Bundle) -> Engine:
    return Engine(bundle, device="cpu")


@pytest.fixture(scope="session")
def images() -> tuple[UltrasoundImage, ...]:
    sizes = [(150, 190), (96, 200), (140, 140), (256, 300)]
    return tuple(image_of(picture(index, *size), str(index)) for index, size in enumerate(sizes))


@pytest.fixture(scope="session")
def encoded(engine: Engine, images: tuple[UltrasoundImage, ...]) -> dict[ImageKey, Encoded]:
    return {image.key: engine.encode(image) for image in images}


@pytest.fixture
def case(images: tuple[UltrasoundImage, ...]) -> Case:
    """Four images, nothing outlined."""
    return case_of(*images)


@pytest.fixture
def proposed(case: Case, engine: Engine, encoded: dict[ImageKey, Encoded]) -> Case:
    """The same with the network's regions on it."""
    for image in case.images:
        case = case.with_regions(image.key, engine.propose(image, encoded[image.key]))
    return case
