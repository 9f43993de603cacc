from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch

from alnreader.case.case import Case
from alnreader.case.errors import InvalidValueError, UnreadableInputError
from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.region import Origin, Region, RegionKind, union
from alnreader.inference.encode import Encoded
from alnreader.inference.engine import Engine, NoRegion
from alnreader.inference.gate import HeadWeights, instance, mask_to_logits
from alnreader.model.bundle import Bundle, write_bundle

AllEncoded = dict[ImageKey, Encoded]


def prepared(bundle: Bundle, image: UltrasoundImage) -> torch.Tensor:
    return bundle.preprocessing.prepare(image.pixels())[None]


# The slow half and the gate, against the network itself.


def test_the_fast_half_is_the_networks_own(
    networks: Any, bundle: Bundle, case: Case, encoded: AllEncoded
) -> None:
    heads = HeadWeights.of(networks.multitask)
    for image in case.images:
        with torch.no_grad():
            output = networks.multitask(prepared(bundle, image))
        found = instance(encoded[image.key], encoded[image.key].mask_logits, heads)
        torch.testing.assert_close(found.pooled, output.pooled[0], atol=1e-5, rtol=1e-5)
        assert found.image_logit == pytest.approx(float(output.image_logit), abs=1e-4)
        assert found.type_logit == pytest.approx(float(output.type_logit), abs=1e-4)


def test_an_edited_mask_is_the_networks_own_gate_too(
    networks: Any, bundle: Bundle, case: Case, encoded: AllEncoded
) -> None:
    image = case.images[0]
    mask = np.zeros((image.rows, image.columns), dtype=np.bool_)
    mask[40:90, 60:150] = True
    logits = mask_to_logits(mask, (128, 128), 6.0)
    with torch.no_grad():
        maps = networks.multitask.encode(prepared(bundle, image))
        expected = networks.multitask.heads(maps.x, maps.u, logits[None, None])
    found = instance(encoded[image.key], logits, HeadWeights.of(networks.multitask))
    torch.testing.assert_close(found.pooled, expected.pooled[0], atol=1e-5, rtol=1e-5)
    assert found.type_logit == pytest.approx(float(expected.type_logit), abs=1e-4)


def test_a_drawn_mask_becomes_logits_of_k() -> None:
    mask = np.zeros((300, 200), dtype=np.bool_)
    mask[:150] = True
    logits = mask_to_logits(mask, (128, 96), 5.0)
    assert logits.shape == (128, 96)
    assert torch.allclose(logits[:60], torch.tensor(5.0))
    assert torch.allclose(logits[68:], torch.tensor(-5.0))


def test_what_is_kept_of_an_image_stays_small(encoded: AllEncoded) -> None:
    for kept in encoded.values():
        # 128 x 128 here; sixteen times as much at 512 x 512, but for the colours.
        assert (kept.nbytes - kept.coloured.nbytes) * 16 < 5.6e6
        assert not kept.x.is_inference()


def test_a_picture_of_another_size_than_its_header_is_refused(engine: Engine, samples: Any) -> None:
    image = dataclasses.replace(samples.image_of(samples.picture(1), "odd"), rows=70)
    with pytest.raises(UnreadableInputError, match=r"odd\.dcm: the picture is 190 x 150 .* 190 x 70"):
        engine.encode(image)


# The patient.


def test_the_probability_is_the_calibrated_networks(
    networks: Any, bundle: Bundle, case: Case, engine: Engine, encoded: AllEncoded
) -> None:
    with torch.no_grad():
        pooled = torch.cat([networks.multitask(prepared(bundle, image)).pooled for image in case.images])
        logits = networks.multi_instance(pooled[None])[0]
        nothing = networks.multi_instance(torch.zeros(1, 0, 256))[0]
    score = engine.score(case, encoded)
    assert score.probability == pytest.approx(platt(logits), abs=1e-5)
    assert score.baseline == pytest.approx(platt(nothing), abs=1e-6)


def platt(logits: torch.Tensor) -> float:
    """As the card of the random bundle says."""
    return float(torch.sigmoid(0.7 * (logits[1] - logits[0]).double() - 0.3))


def test_without_calibration_it_is_the_softmax(
    networks: Any, samples: Any, tmp_path: Any, case: Case
) -> None:
    plain = write_bundle(
        tmp_path / "plain",
        samples.card_content(calibration={"method": "none", "slope": 9.0, "intercept": 9.0}),
        networks.multitask.state_dict(),
        networks.multi_instance.state_dict(),
    )
    engine = Engine(plain, device="cpu")
    image = case.images[0]
    encoded = {image.key: engine.encode(image)}
    with torch.no_grad():
        pooled = networks.multitask(prepared(plain, image)).pooled
        expected = networks.multi_instance(pooled[None]).softmax(dim=1)[0, 1]
    score = engine.score(samples.case_of(image), encoded)
    assert score.probability == pytest.approx(float(expected), abs=1e-5)
    assert score.images[0].without is None


def test_contributions_lead_from_the_baseline_to_the_probability(
    proposed: Case, engine: Engine, encoded: AllEncoded
) -> None:
    score = engine.score(proposed, encoded)
    total = sum(entry.contribution for entry in score.images)
    assert total == pytest.approx(score.probability - score.baseline, abs=1e-6)
    assert max(abs(entry.contribution) for entry in score.images) > 0.01
    for entry in score.images:
        rest = engine.score(proposed.with_included(entry.key, False), encoded)
        assert entry.without == pytest.approx(rest.probability, abs=1e-6)
        left_out = rest.image(entry.key)
        assert (left_out.included, left_out.contribution, left_out.without) == (False, 0.0, None)


def test_a_large_bag_is_sampled_and_still_adds_up(engine: Engine, samples: Any) -> None:
    pixels = [samples.picture(seed, 60, 60) for seed in range(11)]
    case = samples.case_of(*(samples.image_of(each, str(place)) for place, each in enumerate(pixels)))
    encoded = {image.key: engine.encode(image) for image in case.images}
    score = engine.score(case, encoded, interval=False)
    total = sum(entry.contribution for entry in score.images)
    assert total == pytest.approx(score.probability - score.baseline, abs=1e-6)
    last = score.images[-1]
    rest = engine.score(case.with_included(last.key, False), encoded)
    assert last.without == pytest.approx(rest.probability, abs=1e-6)


def test_two_equal_images_contribute_the_same(engine: Engine, samples: Any) -> None:
    pixels = samples.picture(5)
    case = samples.case_of(
        *(samples.image_of(pixels, name) for name in "ab"), samples.image_of(pixels // 2, "c")
    )
    encoded = {image.key: engine.encode(image) for image in case.images}
    first, second, third = engine.score(case, encoded).images
    assert first.contribution == pytest.approx(second.contribution, abs=1e-6)
    assert abs(first.contribution - third.contribution) > 1e-4


def test_the_order_of_the_images_changes_nothing(proposed: Case, engine: Engine, encoded: AllEncoded) -> None:
    turned = dataclasses.replace(proposed, images=proposed.images[::-1])
    one, other = engine.score(proposed, encoded), engine.score(turned, encoded)
    assert (one.probability, one.interval) == (other.probability, other.interval)
    assert one.images == other.images[::-1]


def test_the_same_input_gives_the_same_numbers_in_another_engine(
    bundle: Bundle, proposed: Case, engine: Engine, encoded: AllEncoded
) -> None:
    other = Engine(bundle, device="cpu")
    again = {image.key: other.encode(image) for image in proposed.images}
    assert other.score(proposed, again) == engine.score(proposed, encoded)
    one, two = engine.heat_maps(proposed, encoded), other.heat_maps(proposed, again)
    assert all(np.array_equal(one[key], two[key]) for key in one)


def test_interval_and_contributions_cost_nothing_where_they_are_not_asked_for(
    proposed: Case, engine: Engine, encoded: AllEncoded
) -> None:
    whole = engine.score(proposed, encoded)
    quick = engine.score(proposed, encoded, interval=False, contributions=False)
    assert quick.probability == whole.probability
    assert quick.interval == (quick.probability, quick.probability)
    assert {(entry.contribution, entry.without) for entry in quick.images} == {(0.0, None)}
    low, high = whole.interval
    assert low < whole.probability < high


def test_with_every_image_left_out_it_is_the_baseline(
    proposed: Case, engine: Engine, encoded: AllEncoded
) -> None:
    for image in proposed.images:
        proposed = proposed.with_included(image.key, False)
    score = engine.score(proposed, encoded)
    assert score.probability == score.baseline
    assert score.interval == (score.baseline, score.baseline)
    assert "empty_bag" in [warning.code for warning in score.warnings]


def test_the_record_says_what_was_scored(
    proposed: Case, engine: Engine, encoded: AllEncoded, bundle: Bundle
) -> None:
    score = engine.score(proposed, encoded)
    assert proposed.is_current(score)
    assert not proposed.with_regions(proposed.images[0].key, ()).is_current(score)
    assert score.run.model == engine.model_summary()
    assert score.run.model.sha256 == bundle.sha256
    assert score.run.device == engine.device == "CPU"
    assert score.run.preprocessing["height"] == 128


def test_what_belongs_to_another_image_or_model_is_refused(
    case: Case, engine: Engine, encoded: AllEncoded
) -> None:
    first, second = (image.key for image in case.images[:2])
    with pytest.raises(InvalidValueError, match="not encoded yet"):
        engine.score(case, {first: encoded[first]})
    with pytest.raises(InvalidValueError, match="another image's or another model's"):
        engine.score(case, {**encoded, first: encoded[second]})
    foreign = dataclasses.replace(encoded[first], bundle="0" * 64)
    with pytest.raises(InvalidValueError, match="another image's or another model's"):
        engine.propose(case.images[0], foreign)


# Regions.


def test_the_networks_whole_proposal_gates_softly(
    case: Case, proposed: Case, engine: Engine, encoded: AllEncoded
) -> None:
    soft = engine.score(case, encoded).probability
    assert engine.score(proposed, encoded).probability == soft
    key = proposed.images[0].key
    regions = proposed.regions_of(key)
    assert regions
    accepted = proposed.with_regions(key, [region.accepted() for region in regions])
    retyped = proposed.with_regions(key, [region.retyped(RegionKind.LYMPH_NODE) for region in regions])
    assert engine.score(accepted, encoded).probability == soft
    assert engine.score(retyped, encoded).probability == soft
    assert engine.score(retyped, encoded).images[0].kind is RegionKind.LYMPH_NODE


def test_any_other_set_of_regions_gates_as_the_mask_it_is(
    proposed: Case, engine: Engine, encoded: AllEncoded, networks: Any
) -> None:
    image = proposed.images[0]
    regions = proposed.regions_of(image.key)
    first, *others = regions
    smaller = first.mask.copy()
    smaller[np.nonzero(first.mask)[0][0]] = False
    drawn = Region(np.eye(image.rows, image.columns, dtype=np.bool_), RegionKind.TUMOUR, Origin.DRAWN)
    sets = {
        "edited": (first.edited(smaller), *others),
        "touched": (first.edited(first.mask), *others),
        "one deleted": tuple(others),
        "one drawn": (*regions, drawn),
    }
    before = engine.score(proposed, encoded).images
    heads = HeadWeights.of(networks.multitask)
    for name, changed in sets.items():
        score = engine.score(proposed.with_regions(image.key, changed), encoded)
        logits = mask_to_logits(union(changed, (image.rows, image.columns)), (128, 128), 6.0)
        expected = instance(encoded[image.key], logits, heads)
        chance = 1 / (1 + np.exp(-expected.image_logit))
        assert score.images[0].probability == pytest.approx(chance, abs=1e-6), name
        assert score.images[0].probability != before[0].probability, name
        # The other images' own numbers do not move.
        assert [entry.probability for entry in score.images[1:]] == [
            entry.probability for entry in before[1:]
        ]


def test_an_undone_edit_scores_as_before(proposed: Case, engine: Engine, encoded: AllEncoded) -> None:
    image = proposed.images[1]
    original = proposed.regions_of(image.key)
    before = engine.score(proposed, encoded)
    box = np.zeros((image.rows, image.columns), dtype=np.bool_)
    box[10:50, 10:80] = True
    edited = proposed.with_regions(image.key, [original[0].edited(box)])
    moved = engine.score(edited, encoded)
    assert moved.probability != before.probability
    undone = edited.with_regions(image.key, original)
    after = engine.score(undone, encoded)
    assert (after.probability, after.interval, after.images) == (
        before.probability,
        before.interval,
        before.images,
    )
    assert engine.score(edited, encoded).images == moved.images


def test_two_edits_with_the_same_revision_are_not_mistaken(
    proposed: Case, engine: Engine, encoded: AllEncoded
) -> None:
    image = proposed.images[0]
    boxes = []
    for top in (10, 60):
        box = np.zeros((image.rows, image.columns), dtype=np.bool_)
        box[top : top + 40, 20:90] = True
        boxes.append(proposed.with_regions(image.key, [Region(box, RegionKind.TUMOUR, Origin.DRAWN)]))
    one, two = boxes
    assert one.input_revision(image.key) == two.input_revision(image.key)
    assert engine.score(one, encoded).probability != engine.score(two, encoded).probability


def test_an_image_without_regions_counts_or_not_as_the_user_wants(
    case: Case, proposed: Case, engine: Engine, encoded: AllEncoded
) -> None:
    key = proposed.images[2].key
    emptied = proposed.with_regions(key, ())
    assert engine.score(emptied, encoded).probability == engine.score(proposed, encoded).probability
    left_out = engine.score(emptied, encoded, no_region=NoRegion.LEFT_OUT)
    excluded = engine.score(proposed.with_included(key, False), encoded)
    assert left_out.probability == excluded.probability
    assert not left_out.image(key).included
    none = engine.score(case, encoded, no_region=NoRegion.LEFT_OUT)
    assert none.probability == none.baseline


def test_proposals_lie_on_the_picture(proposed: Case) -> None:
    for image in proposed.images:
        regions = proposed.regions_of(image.key)
        assert regions
        assert {region.mask.shape for region in regions} == {(image.rows, image.columns)}
        assert {(region.origin, region.revision, region.confirmed) for region in regions} == {
            (Origin.PROPOSED, 0, False)
        }
