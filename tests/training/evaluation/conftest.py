"""A toy bundle, trained once: it reads blobs badly, but everything can be measured on it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))

from evaluation_toy import Evaluate, Toy
from training_cohort import write_authors_layout

from alnreader.training import command as training
from alnreader.training.evaluation import command


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toy]:
    """`alnreader train` on the toy cohort, four steps of it."""
    folder = tmp_path_factory.mktemp("toy")
    data = write_authors_layout(folder / "data")
    parser = argparse.ArgumentParser()
    training.add_arguments(parser)
    words = f"{data} --out {folder / 'bundle'} --work {folder / 'work'} --labels simulated --device cpu"
    words += " --size 64 --early-size 64 --steps 4 --batch 4 --bag-epochs 2 --threads 1"
    threads = torch.get_num_threads()
    assert training.run(parser.parse_args(words.split())) == 0
    yield Toy(data, folder / "bundle")
    torch.set_num_threads(threads)


@pytest.fixture
def evaluate() -> Evaluate:
    """Run `alnreader evaluate` and return its exit code."""

    def run(*words: object) -> int:
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        return command.run(parser.parse_args([str(word) for word in words]))

    return run
