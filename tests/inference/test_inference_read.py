from __future__ import annotations

import dataclasses
import json
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from alnreader.case.case import Case
from alnreader.case.errors import CancelledError, NoUltrasoundError, UnreadableInputError
from alnreader.case.progress import CancelToken
from alnreader.case.region import Origin, Region, RegionKind
from alnreader.inference.engine import Engine
from alnreader.inference.read import read_case
from alnreader.model.authors import import_checkpoint


def unreadable(frame: int) -> Any:
    raise UnreadableInputError("broken.dcm: the JPEG stream ends early. Export it again.")


def broken(samples: Any, name: str) -> Any:
    return dataclasses.replace(samples.image_of(samples.picture(0), name), loader=unreadable)


def test_a_patient_is_read_from_end_to_end(case: Case, engine: Engine) -> None:
    seen: list[tuple[int, int, str]] = []
    reading = read_case(
        case, engine, progress=lambda done, total, message="": seen.append((done, total, message))
    )
    assert reading.skipped == ()
    assert reading.score is not None
    assert reading.case.is_current(reading.score)
    assert set(reading.heat_maps) == {image.key for image in case.images}
    for image in reading.case.images:
        assert reading.heat_maps[image.key].shape == (image.rows, image.columns)
        assert reading.case.regions_of(image.key)
    assert [done for done, _, _ in seen] == list(range(len(case.images) + 3))
    assert {total for _, total, _ in seen} == {len(case.images) + 2}
    assert seen[1][2] == "1.dcm"


def test_the_same_patient_reads_the_same(case: Case, engine: Engine) -> None:
    first, second = read_case(case, engine), read_case(case, engine)
    assert first.score == second.score
    for key, values in first.heat_maps.items():
        assert np.array_equal(values, second.heat_maps[key])


def test_an_image_that_cannot_be_decoded_is_skipped_with_the_reason(engine: Engine, samples: Any) -> None:
    good = samples.image_of(samples.picture(1), "good")
    bad = broken(samples, "broken")
    case = samples.case_of(bad, good).with_included(bad.key, False)
    reading = read_case(case, engine)
    assert [image.key for image in reading.case.images] == [good.key]
    assert reading.score is not None
    assert [entry.key for entry in reading.score.images] == [good.key]
    (skipped,) = reading.skipped
    assert (skipped.path, skipped.reason) == (
        "broken.dcm",
        "broken.dcm: the JPEG stream ends early. Export it again.",
    )


def test_a_patient_without_a_readable_image_is_refused(engine: Engine, samples: Any) -> None:
    with pytest.raises(NoUltrasoundError, match=r"P1: none of the 2 images(.|\n)*the JPEG stream ends early"):
        read_case(samples.case_of(broken(samples, "a"), broken(samples, "b")), engine)


def test_regions_that_are_there_are_kept(case: Case, engine: Engine) -> None:
    first, second = case.images[:2]
    box = np.zeros((first.rows, first.columns), dtype=np.bool_)
    box[20:60, 20:60] = True
    drawn = Region(box, RegionKind.LYMPH_NODE, Origin.DRAWN)
    reading = read_case(case.with_regions(first.key, [drawn]).with_regions(second.key, []), engine)
    assert reading.case.regions_of(first.key) == (drawn,)
    # Emptied by a human, not forgotten.
    assert reading.case.regions_of(second.key) == ()
    assert reading.case.regions_of(case.images[2].key)


def test_a_stop_is_heeded_between_images(case: Case, engine: Engine) -> None:
    cancel = CancelToken()
    done = []

    def stop_at_the_second(count: int, total: int, message: str = "") -> None:
        done.append(count)
        if count == 1:
            cancel.cancel()

    with pytest.raises(CancelledError):
        read_case(case, engine, progress=stop_at_the_second, cancel=cancel)
    assert done == [0, 1]


def weights(shapes: dict[str, list[int]]) -> dict[str, torch.Tensor]:
    """Each tensor from its name, by the rule of the golden vectors."""
    result = {}
    for name, shape in shapes.items():
        generator = torch.Generator().manual_seed(zlib.crc32(name.encode()) % 2**31)
        tensor = torch.randn(shape, generator=generator)
        if name.endswith("positional_encoding_gaussian_matrix"):
            result[name] = tensor
        elif len(shape) > 1:
            result[name] = tensor / math.sqrt(math.prod(shape[1:]))
        else:
            result[name] = 1 + 0.1 * tensor if name.endswith("weight") else 0.1 * tensor
    return result


def test_the_authors_networks_give_the_authors_numbers(shared: Path, samples: Any, tmp_path: Path) -> None:
    """Pixels to probability and heat map through the engine, against the outputs of the published code."""
    folder = shared / "golden"
    files = [tmp_path / f"{part}.pth" for part in ("mtl", "mil")]
    for file in files:
        shapes = json.loads((folder / f"mit_b0_seed0_{file.stem}_state_dict.json").read_text())
        torch.save({"state_dict": weights(shapes)}, file)
    engine = Engine(import_checkpoint(*files, tmp_path / "authors"), device="cpu")
    with np.load(folder / "mit_b0_seed0.npz") as arrays:
        golden = dict(arrays)
    pictures = [np.repeat(grey[..., None], 3, axis=2) for grey in golden["images"]]
    case = samples.case_of(*(samples.image_of(pixels, str(place)) for place, pixels in enumerate(pictures)))
    encoded = {image.key: engine.encode(image) for image in case.images}

    score = engine.score(case, encoded, interval=False)
    assert score.probability == pytest.approx(float(golden["patient_probability"]), abs=1e-4)
    for entry, logit, kind in zip(score.images, golden["image_logits"], golden["type_logits"], strict=True):
        assert math.log(entry.probability / (1 - entry.probability)) == pytest.approx(float(logit), abs=1e-4)
        assert math.log(entry.kind_probability / (1 - entry.kind_probability)) == pytest.approx(
            float(kind), abs=1e-4
        )
    maps = engine.heat_maps(case, encoded, target="image")
    for found, cam in zip(maps.values(), golden["cam"], strict=True):
        expected = torch.nn.functional.interpolate(
            torch.from_numpy(cam)[None, None], size=found.shape, mode="bilinear", align_corners=False
        )
        np.testing.assert_allclose(found, expected[0, 0].numpy(), atol=1e-4)
