"""Time the slow and the fast half of a reading, the brush, the start and the window: ``make bench``.

Times depend on size and backbone, not on what the weights know: without --model, random ones are used.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import brush
import numpy as np
import reading
import torch
import window

from alnreader.case.case import Case
from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.patient import Patient
from alnreader.case.region import Origin, Region, RegionKind
from alnreader.inference.cam_methods import METHODS
from alnreader.inference.engine import Engine
from alnreader.model.bundle import Bundle, write_bundle
from alnreader.model.card import CardContent
from alnreader.model.multi_instance import MultiInstanceConfig, MultiInstanceNetwork
from alnreader.model.multitask import MultitaskConfig, MultitaskNetwork

ROWS, COLUMNS = 768, 1024


def random_bundle(directory: Path, backbone: str, size: int) -> Bundle:
    """Write a bundle of random weights."""
    torch.manual_seed(0)
    stage_2 = MultiInstanceConfig()
    card: CardContent = {
        "schema": "alnreader.bundle/1",
        "name": f"random-{backbone}-{size}",
        "version": "0",
        "title": "Random weights",
        "intended_use": "Timing.",
        "limitations": [],
        "training_data": {"description": "None.", "metastasis_labels": "unknown", "sources": []},
        "architecture": {
            "backbone": backbone,
            "embedding": 256,
            "multi_instance": {
                "depth": stage_2.depth,
                "heads": stage_2.heads,
                "feed_forward": stage_2.feed_forward,
                "dropout": stage_2.dropout,
            },
        },
        "preprocessing": {
            "height": size,
            "width": size,
            "mean": [39.02, 39.34, 41.44],
            "std": [54.45, 53.53, 53.74],
            "antialias": False,
        },
        "class_names": {"type": ["tumour", "lymph_node"], "patient": ["negative", "metastasis"]},
        "operating_points": [
            {"name": "half", "threshold": 0.5, "sensitivity": None, "specificity": None, "chosen_on": "-"}
        ],
        "default_operating_point": "half",
        "calibration": {"method": "none", "slope": 1.0, "intercept": 0.0},
        "mask": {"logit_k": 6.0, "k_drift": None, "threshold_logit": 0.0, "minimum_area_fraction": 0.001},
        "feature_statistics": None,
        "empty_bag_probability": None,
        "metrics": [],
        "training": {"commands": [], "seeds": [], "seconds": None, "log": ""},
        "citation": "None.",
        "licence": "Apache-2.0",
    }
    networks = MultitaskNetwork(MultitaskConfig(backbone)), MultiInstanceNetwork(stage_2)
    return write_bundle(directory, card, *(network.state_dict() for network in networks))


def pictures(count: int) -> Case:
    """Return a case of noise pictures that are decoded already."""
    generator = np.random.default_rng(0)
    images = []
    for number in range(count):
        grey = generator.gamma(4.0, 20.0, (ROWS, COLUMNS, 1)).clip(0, 255).astype(np.uint8)
        pixels = np.repeat(grey, 3, axis=2)
        images.append(
            UltrasoundImage(ImageKey(f"1.2.{number}"), f"{number}", ROWS, COLUMNS, lambda _, p=pixels: p)
        )
    return Case(Patient("bench"), (), tuple(images))


def box(seed: int) -> Region:
    """Return a drawn region."""
    top, left = np.random.default_rng(seed).integers(50, 400, 2)
    mask = np.zeros((ROWS, COLUMNS), dtype=np.bool_)
    mask[top : top + 200, left : left + 300] = True
    return Region(mask, RegionKind.TUMOUR, Origin.DRAWN)


def median(work: Callable[[int], object], repeats: int) -> tuple[float, float]:
    """Return the median wall and processor time of a call in milliseconds; the first call is not counted."""
    work(-1)
    wall, busy = [], []
    for number in range(repeats):
        start = time.perf_counter(), time.process_time()
        work(number)
        wall.append(time.perf_counter() - start[0])
        busy.append(time.process_time() - start[1])
    return statistics.median(wall) * 1000, statistics.median(busy) * 1000


def tell(name: str, milliseconds: tuple[float, float]) -> None:
    """Write one line of the table."""
    wall, busy = milliseconds
    sys.stdout.write(f"{name:<50}{wall:>10.1f} ms wall{busy:>10.1f} ms processor\n")


def bench(engine: Engine, repeats: int, cams: bool) -> None:
    """Write the table of one engine."""
    whole = pictures(11)
    encoded = {image.key: engine.encode(image) for image in whole.images}
    size = sum(entry.nbytes for entry in encoded.values()) / len(encoded)
    sys.stdout.write(
        f"{engine.bundle.name}; {engine.device}; {torch.get_num_threads()} threads; "
        f"an encoded image keeps {size / 1e6:.2f} MB\n"
    )
    first = whole.images[0]
    tell("encode one image", median(lambda _: engine.encode(first), repeats))
    fresh = [engine.encode(first) for _ in range(repeats + 1)]
    tell("propose, after encoding", median(lambda n: engine.propose(first, fresh[n]), repeats))
    for count in (1, 6, 10, 11):
        images = whole.images[:count]
        case = Case(whole.patient, (), images)
        edits = [case.with_regions(first.key, [box(seed)]) for seed in range(repeats + 1)]

        def edited(number: int, interval: bool, contributions: bool, edits: list[Case] = edits) -> object:
            return engine.score(edits[number], encoded, interval=interval, contributions=contributions)

        tell(f"{count} images, one edited: probability", median(lambda n: edited(n, False, False), repeats))
        tell(f"{count} images, one edited: + interval", median(lambda n: edited(n, True, False), repeats))
        few = max(1, repeats // 4)
        tell(f"{count} images, one edited: + contributions", median(lambda n: edited(n, False, True), few))
    six = Case(whole.patient, (), whole.images[:6])
    methods = METHODS if cams else METHODS[:1]
    for method in methods:
        for target in ("patient", "image"):
            few = repeats if method == METHODS[0] else 1
            work = median(lambda _, m=method, t=target: engine.heat_maps(six, encoded, m, t), few)
            tell(f"6 images, {method}, {target}", work)


def main() -> None:
    """Parse the options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="bundle to time (default: random weights)")
    parser.add_argument("--backbone", default="mit_b0", help="of the random weights: mit_b0, mit_b1, mit_b2")
    parser.add_argument("--size", type=int, default=512, help="input size of the random weights")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, help="threads of torch")
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--cams", action="store_true", help="time pytorch-grad-cam's methods too")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as scratch:
        if options.model is None:
            bundle = random_bundle(Path(scratch) / "random", options.backbone, options.size)
        else:
            bundle = Bundle.load(options.model)
        bench(Engine(bundle, device=options.device), options.repeats, options.cams)
    brush.main()
    window.main()
    reading.main()


if __name__ == "__main__":
    main()
