"""A small real bundle with seeded random weights: the command line does not care what it learned."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from alnreader.model.bundle import write_bundle
from alnreader.model.multi_instance import MultiInstanceConfig, MultiInstanceNetwork
from alnreader.model.multitask import MultitaskConfig, MultitaskNetwork


@pytest.fixture(scope="session")
def random_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory: Path = tmp_path_factory.mktemp("models") / "random"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        multitask = MultitaskNetwork(MultitaskConfig("mit_b0"))
        multi_instance = MultiInstanceNetwork(MultiInstanceConfig(depth=1))
    write_bundle(
        directory,
        {
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
                "multi_instance": {"depth": 1, "heads": 4, "feed_forward": 768, "dropout": 0.1},
            },
            "preprocessing": {
                "height": 64,
                "width": 64,
                "mean": [39.02, 39.34, 41.44],
                "std": [54.45, 53.53, 53.74],
                "antialias": True,
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
            "calibration": {"method": "none", "slope": 1.0, "intercept": 0.0},
            # A quarter of the picture at least, so that random outlines stay few.
            "mask": {"logit_k": 6.0, "k_drift": None, "threshold_logit": 0.0, "minimum_area_fraction": 0.25},
            "feature_statistics": None,
            "empty_bag_probability": None,
            "metrics": [],
            "training": {"commands": [], "seeds": [], "seconds": None, "log": ""},
            "citation": "None.",
            "licence": "Apache-2.0",
        },
        multitask.state_dict(),
        multi_instance.state_dict(),
    )
    return directory
