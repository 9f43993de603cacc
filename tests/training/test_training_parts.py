from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from alnreader.case.errors import InvalidValueError
from alnreader.inference.scope import feature_distance
from alnreader.model.multi_instance import MultiInstanceConfig
from alnreader.model.multitask import MultitaskConfig, MultitaskNetwork
from alnreader.training import stage2
from alnreader.training.augment import augment
from alnreader.training.batches import UNKNOWN, Batch, Logits, losses, target_counts, total
from alnreader.training.calibrate import feature_check, operating_points, platt, probabilities
from alnreader.training.evaluation.masks import dice
from alnreader.training.features import Reading, jitter_mask
from alnreader.training.manifest import Record
from alnreader.training.marks import blank_marks
from alnreader.training.recipes import PUBLISHED, SMALL_DATA, changed
from alnreader.training.schedule import Draws, input_size, learning_rate_factor, parameter_groups, progress
from alnreader.training.stage2 import Patient, draw_bag, evidence, pad


def test_recipes_refuse_nonsense() -> None:
    with pytest.raises(InvalidValueError, match="multiple of 32"):
        changed(SMALL_DATA, size=100)
    with pytest.raises(InvalidValueError, match="no setting named"):
        changed(SMALL_DATA, sise=64)
    assert changed(SMALL_DATA, size=None) == SMALL_DATA


def test_published_schedule() -> None:
    assert learning_rate_factor(PUBLISHED, 0, 0.0) == pytest.approx(1 / 1500)
    assert learning_rate_factor(PUBLISHED, 5000, progress(PUBLISHED, 5000, 1e9)) == pytest.approx(0.5)
    assert learning_rate_factor(PUBLISHED, 10_000, 1.0) == 0.0


def test_every_number_of_the_published_recipe() -> None:
    """The paper and its public code; a default that is made for small data must not leak into it."""
    assert PUBLISHED.as_dict() == {
        "name": "published",
        "backbone": "mit_b2",
        "size": 512,
        "early_size": 512,
        "early_share": 0.0,
        "antialias": False,
        "scales": [1.0],
        "mirrored": False,
        "batch": 4,
        "steps": 10_000,
        "minutes": None,
        "learning_rate": 6e-5,
        "head_factor": 10.0,
        "weight_decay": 0.01,
        "warmup_steps": 1500,
        "decay": "poly",
        "late_share": 0.35,  # of no effect with "poly"
        "clip": 0.0,
        "dice_weight": 0.0,
        "image_weight": 1.0,
        "kind_weight": 1.0,
        "ema_decay": 0.0,
        "augmentation": "published",
        "bags": 1,
        "bag_epochs": 100,
        "bag_learning_rate": 6e-5,
        "bag_weight_decay": 0.01,
        "bag_warmup_steps": 10_000,
        "bag_depth": 6,
        "random_subsets": False,
        "empty_bag_share": 0.0,
        # The program's own need, not the paper's: docs/decisions/0199.
        "mask_mixture": True,
    }
    assert stage2.CLIP == 1.0
    assert MultiInstanceConfig(embedding=256, depth=PUBLISHED.bag_depth) == MultiInstanceConfig(
        embedding=256, depth=6, heads=4, feed_forward=768, dropout=0.1
    )


def test_the_published_learning_rates_and_weight_decay_reach_the_optimiser() -> None:
    network = MultitaskNetwork(MultitaskConfig(backbone="mit_b0"))
    groups = parameter_groups(network, PUBLISHED)
    assert sorted({group["lr"] for group in groups}) == pytest.approx([6e-5, 6e-4])
    assert {group["weight_decay"] for group in groups} == {0.0, 0.01}
    record, row = Record("p", "train", Path("a.png")), torch.zeros(8)
    reading = Reading(record, (4, 4), row, row[None], row, 0.0, 0.0, np.zeros((4, 4), np.float16), None)
    patients = [Patient(str(label), label, (reading,)) for label in (0, 1)]
    fit = stage2._Fit(patients, [], PUBLISHED, seed=0)
    assert [(g["lr"], g["weight_decay"]) for g in fit.optimiser.param_groups] == [(6e-5, 0.01)]


def test_the_late_schedule_holds_and_then_falls_to_zero() -> None:
    held = [learning_rate_factor(SMALL_DATA, SMALL_DATA.warmup_steps, done) for done in (0.1, 0.4, 0.64)]
    assert held == pytest.approx([1.0] * 3)
    falling = [learning_rate_factor(SMALL_DATA, SMALL_DATA.steps, done) for done in (0.7, 0.9, 1.0)]
    assert 1 > falling[0] > falling[1] > falling[2] == 0


def test_a_known_risk_is_the_target_in_place_of_the_label() -> None:
    record = Record("p", "train", Path("a.png"), label=1, risk=0.7)
    assert record.target == 0.7
    assert replace(record, risk=None).target == 1
    assert replace(record, label=None).target is None


def test_the_clock_ends_a_run_with_a_budget() -> None:
    recipe = changed(SMALL_DATA, minutes=10.0)
    assert progress(recipe, 0, 300) == 0.5
    assert progress(recipe, recipe.steps, 0) == 1.0
    assert input_size(recipe, 0.0) == 192
    assert input_size(recipe, 0.6) == 256


@given(
    st.lists(st.floats(0.01, 10), min_size=1, max_size=40),
    st.integers(0, 5),
    st.integers(0, 3),
)
def test_draws_follow_the_weights(weights: list[float], seed: int, epoch: int) -> None:
    count = len(weights)
    draws = Draws(weights, seed)
    drawn = np.bincount([draws[epoch * count + i] for i in range(count)], minlength=count)
    due = count * np.array(weights) / sum(weights)
    assert (np.abs(drawn - due) < 1 + 1e-9).all()
    again = Draws(weights, seed)
    assert again[epoch * count] == draws[epoch * count]


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("kind", ["published", "ultrasound"])
def test_augmentation_keeps_its_promises(colour: bool, kind: str) -> None:
    source = np.random.default_rng(0)
    pixels = source.integers(0, 256, (80, 80, 3) if colour else (80, 80), dtype=np.uint8)
    mask = np.zeros((80, 80), np.uint8)
    mask[30:50, 20:55] = 1
    before = pixels.copy(), mask.copy()
    for seed in range(60):
        view, seen, emptied = augment(pixels, mask, 64, np.random.default_rng(seed), kind)  # type: ignore[arg-type]
        assert view.dtype == np.uint8
        assert view.shape[:2] == (64, 64)
        assert seen is not None
        assert seen.shape == (64, 64)
        assert set(np.unique(seen)) <= {0, 1}
        assert bool(seen.any()) is not emptied
        again, _, _ = augment(pixels, mask, 64, np.random.default_rng(seed), kind)  # type: ignore[arg-type]
        assert (again == view).all()
    assert (before[0] == pixels).all()
    assert (before[1] == mask).all()


def test_the_mask_follows_the_picture() -> None:
    """A bright lesion on black: where the mask says lesion, the view is brighter than elsewhere."""
    mask = np.zeros((80, 80), np.uint8)
    mask[25:50, 30:60] = 1
    for seed in range(40):
        view, seen, emptied = augment(mask * 200, mask, 64, np.random.default_rng(seed), "published")
        assert seen is not None
        assert not emptied
        assert view[seen > 0].mean() > view[seen == 0].mean() + 50


def test_blanking_takes_a_caliper_away_and_leaves_tissue() -> None:
    rng = np.random.default_rng(0)
    tissue = rng.integers(40, 90, (64, 64), dtype=np.uint8)
    marked = tissue.copy()
    marked[30, 20:31] = 255
    blanked = blank_marks(marked)
    assert blanked[30, 20:31].max() < 100
    assert (blanked[:20] == tissue[:20]).all()
    assert blank_marks(tissue) is tissue


def test_unknown_targets_have_no_loss() -> None:
    torch.manual_seed(0)
    logits = torch.randn(2, 1, 8, 8, requires_grad=True)
    image, kind = torch.randn(2, requires_grad=True), torch.randn(2, requires_grad=True)
    output = Logits(logits, image, kind)
    masks = torch.zeros(2, 1, 8, 8)
    masks[0, :, 2:5] = 1
    unknown = torch.full((2,), UNKNOWN)
    batch = Batch(
        torch.zeros(2, 3, 8, 8), masks, torch.tensor([True, False]), unknown, torch.tensor([1.0, UNKNOWN])
    )
    parts = losses(output, batch)
    sum(parts).backward()  # type: ignore[union-attr]
    assert float(parts.image.detach()) == 0
    assert image.grad is not None
    assert image.grad.abs().sum() == 0
    assert logits.grad is not None
    assert logits.grad[0].abs().sum() > 0
    assert logits.grad[1].abs().sum() == 0
    assert kind.grad is not None
    assert kind.grad[0] != 0
    assert kind.grad[1] == 0


def test_a_shared_batch_has_the_loss_of_the_whole() -> None:
    torch.manual_seed(0)
    output = Logits(torch.randn(5, 1, 8, 8), torch.randn(5), torch.randn(5))
    masks = (torch.rand(5, 1, 8, 8) > 0.7).float()
    masks[2] = 0
    known = torch.tensor([True, True, True, False, True])
    labels = torch.tensor([1.0, UNKNOWN, UNKNOWN, 0.0, UNKNOWN])
    batch = Batch(torch.zeros(5, 3, 8, 8), masks, known, labels, torch.tensor([0.0, 1.0, 1.0, UNKNOWN, 0.0]))
    counts = target_counts(batch)
    assert counts.tolist() == [4, 3, 2, 4]
    recipe = changed(SMALL_DATA, dice_weight=0.7, image_weight=0.4)
    whole = total(losses(output, batch), counts, recipe, 1)
    parts = [
        total(losses(Logits(*(t[part] for t in output)), Batch(*(t[part] for t in batch))), counts, recipe, 2)
        for part in (slice(0, 5, 2), slice(1, 5, 2))
    ]
    assert float(sum(parts)) / 2 == pytest.approx(float(whole), rel=1e-5)
    # The published loss, mean by mean.
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    expected = bce(output.mask_logits[known], masks[known])
    expected += 0.4 * bce(output.image_logit[labels >= 0], labels[labels >= 0])
    expected += bce(output.type_logit[batch.kinds >= 0], batch.kinds[batch.kinds >= 0])
    no_dice = changed(recipe, dice_weight=0.0)
    assert float(total(losses(output, batch), counts, no_dice, 1)) == pytest.approx(float(expected), rel=1e-5)


def test_jittered_masks_overlap_the_drawn_one() -> None:
    rows, columns = np.mgrid[:60, :80]
    mask = (rows - 30) ** 2 + (columns - 40) ** 2 < 15**2
    values = [dice(mask, jitter_mask(mask, np.random.default_rng(seed))) for seed in range(30)]
    assert min(values) > 0.6
    assert min(values) < 0.95


def test_bags_are_subsets_and_sometimes_empty() -> None:
    instances = [torch.full((3, 4), float(i)) for i in range(5)]
    rng = np.random.default_rng(0)
    sizes = set()
    for _ in range(400):
        bag = draw_bag(instances, SMALL_DATA, rng)
        shown = bag[:, 0].tolist()
        assert len(set(shown)) == len(shown)
        sizes.add(len(shown))
    assert sizes == set(range(6))
    assert len(draw_bag(instances, PUBLISHED, rng)) == 5
    padded, padding = pad([torch.ones(2, 4), torch.ones(0, 4)])
    assert padded.shape == (2, 2, 4)
    assert padding.tolist() == [[False, False], [True, True]]


def test_calibration_finds_the_truth_and_never_turns_the_order() -> None:
    rng = np.random.default_rng(2)
    truth = rng.normal(0, 1.5, 4000)
    labels = rng.random(4000) < 1 / (1 + np.exp(-truth))
    found = platt(3 * truth + 1, labels)
    assert found["slope"] == pytest.approx(1 / 3, abs=0.03)
    assert found["intercept"] == pytest.approx(-1 / 3, abs=0.1)
    assert platt(-truth, labels)["method"] == "none"
    assert platt(truth[:10], labels[:10])["method"] == "none"
    points, default = operating_points(probabilities(3 * truth + 1, found), labels, "test")
    assert points[0]["name"] == default
    assert points[0]["sensitivity"] == pytest.approx(0.87, abs=0.01)


def overviews(source: str, count: int, centre: float, seed: int) -> list[Reading]:
    """Readings of one source whose ungated features scatter around a centre of their own."""
    drawn = np.random.default_rng(seed).normal(centre, 1.0, (count, 16)).astype(np.float32)
    blank = np.zeros((8, 8), np.float16)
    made = []
    for number, row in enumerate(torch.from_numpy(drawn)):
        record = Record(f"{source}{number}", "val", Path(f"{source}{number}.png"), source=source)
        made.append(Reading(record, (8, 8), row, row[None], row, 0.0, 0.0, blank, None))
    return made


def test_the_input_check_passes_every_source_however_few_its_pictures() -> None:
    training = overviews("simulated", 6000, 0.0, 1) + overviews("clinic", 200, 1.5, 2)
    validation = overviews("simulated", 1000, 0.0, 3) + overviews("clinic", 60, 1.5, 4)
    check = feature_check(training, validation)

    def passed(readings: list[Reading]) -> float:
        return float(np.mean([feature_distance(r.overview, check.arrays) <= check.limit for r in readings]))

    assert passed(overviews("clinic", 500, 1.5, 5)) > 0.95
    assert passed(overviews("simulated", 500, 0.0, 6)) > 0.95
    assert passed(overviews("other", 500, 6.0, 7)) < 0.05


def toy_patients(count: int) -> list[Patient]:
    """Patients whose label is the sign of their features' mean, two pictures of three masks each."""
    rng = np.random.default_rng(4)
    made = []
    for number in range(count):
        readings = []
        for picture in range(2):
            variants = torch.from_numpy(rng.normal(number % 2 - 0.5, 0.7, (3, 16)).astype(np.float32))
            record = Record(f"p{number}", "train", Path(f"{number}_{picture}.png"), number % 2)
            readings.append(
                Reading(record, (8, 8), variants[0], variants, variants[0], 0.0, 0.0, np.zeros((8, 8)), None)
            )
        made.append(Patient(f"p{number}", number % 2, tuple(readings)))
    return made


class StoppedError(Exception):
    """The power went."""


def test_a_stopped_stage_2_goes_on_as_if_it_had_never_stopped(tmp_path: Path) -> None:
    patients, validation = toy_patients(12), toy_patients(5)
    recipe = changed(SMALL_DATA, bag_epochs=5, bag_warmup_steps=2, bags=4)
    whole = stage2.train(patients, validation, recipe, 7, lambda message: None, work=tmp_path / "whole")

    def stop(message: str) -> None:
        if message.startswith("stage 2: epoch 4"):
            raise StoppedError

    run = functools.partial(stage2.train, patients, validation, recipe, 7, checkpoint_minutes=0.0)
    with pytest.raises(StoppedError):
        run(stop, work=tmp_path / "parts")
    said: list[str] = []
    resumed = run(said.append, work=tmp_path / "parts")
    assert "going on from epoch 3" in said[0]
    assert len(said) == 3
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
    assert (tmp_path / "parts/stage2.csv").read_text() == (tmp_path / "whole/stage2.csv").read_text()
    # Another stage 1, or another recipe, is another run: it begins anew.
    said.clear()
    stage2.train(patients[:11], validation, recipe, 7, said.append, work=tmp_path / "parts")
    assert len(said) == 5
    scores = evidence(whole, [patient.bag for patient in patients])
    assert scores[1::2].mean() > scores[::2].mean()
