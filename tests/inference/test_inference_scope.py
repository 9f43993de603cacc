from __future__ import annotations

import csv
import dataclasses
from datetime import date
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sklearn.datasets import load_sample_image

from alnreader.case.case import Case
from alnreader.case.errors import BundleError
from alnreader.case.image import ImageKey
from alnreader.case.patient import Study
from alnreader.case.region import Origin, Region, RegionKind
from alnreader.inference.colour import coloured, coloured_share, flow
from alnreader.inference.encode import Encoded
from alnreader.inference.engine import Engine
from alnreader.inference.scope import FLOW_SHARE, PICTURE_COLOUR_SHARE, feature_distance
from alnreader.model.bundle import Bundle, default_bundle_directory, write_bundle

AllEncoded = dict[ImageKey, Encoded]


def codes(warnings: Any) -> list[str]:
    return [warning.code for warning in warnings]


def tinted(grey: np.ndarray, tint: tuple[float, float, float]) -> np.ndarray:
    return np.clip(grey.astype(float) * np.array(tint), 0, 255).astype(np.uint8)


def with_flow(pixels: np.ndarray, top: int = 50, left: int = 70, side: int = 24) -> np.ndarray:
    """Red beside blue, as flow towards and away from the probe."""
    flow = pixels.copy()
    flow[top : top + side, left : left + side // 2] = (220, 30, 10)
    flow[top : top + side, left + side // 2 : left + side] = (20, 40, 230)
    return flow


# Colour.

TINTS = {
    "grey": (1.0, 1.0, 1.0),
    "sepia": (1.0, 0.85, 0.6),
    "blue": (0.6, 0.8, 1.0),
    "amber": (1.0, 0.7, 0.3),
}


@pytest.mark.parametrize("tint", TINTS.values(), ids=TINTS)
def test_a_tinted_grey_map_is_not_colour_and_flow_on_it_is(
    tint: tuple[float, float, float], samples: Any
) -> None:
    plain = tinted(samples.picture(3, 300, 400), tint)
    assert coloured(plain).mean() < 0.003
    flow = with_flow(plain, side=60)
    marked = coloured(flow)
    assert marked[50:110, 70:130].mean() > 0.95
    assert marked.mean() > PICTURE_COLOUR_SHARE


@given(st.integers(0, 1000), st.integers(1, 90), st.integers(1, 90))
def test_no_grey_picture_is_coloured(seed: int, rows: int, columns: int) -> None:
    grey = np.random.default_rng(seed).integers(0, 256, (rows, columns, 1)).repeat(3, axis=2)
    assert not coloured(grey.astype(np.uint8)).any()


@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 20), st.integers(1, 20))
def test_shares_are_those_of_the_cells(rows: int, columns: int, high: int, wide: int) -> None:
    pixels = np.zeros((rows, columns, 3), dtype=np.uint8)
    pixels[: rows // 2] = (250, 10, 10)
    # The tint is that of the majority: grey.
    pixels[rows // 2 :] = 60
    share = coloured_share(pixels, (high, wide))
    assert (share.shape, share.dtype) == ((high, wide), np.float32)
    assert ((share >= 0) & (share <= 1)).all()
    if rows % high == 0 and columns % wide == 0:
        assert share.mean() == pytest.approx(coloured(pixels).mean(), abs=1e-6)


WITH_FLOW = {"benign_234", "benign_240", "benign_255", "benign_261", "benign_277"}
"""BUSI's colour Doppler pictures in which flow is seen; looked at one by one."""


def test_public_b_mode_is_not_coloured_and_doppler_is(shared: Path) -> None:
    with (shared / "data/busi/index.csv").open(newline="", encoding="utf-8") as file:
        colour = {Path(row["file"]).stem for row in csv.DictReader(file) if row["colour"] == "1"}
    shares, flows = {}, {}
    for collection in ("busi", "bus_bra", "usgra"):
        files = sorted((shared / "data" / collection / "images").iterdir())
        for file in [*files[::25], *(file for file in files if file.stem in colour)]:
            pixels = np.array(Image.open(file).convert("RGB"))
            shares[file.stem], flows[file.stem] = coloured(pixels).mean(), flow(pixels)
    assert len(shares) > 100
    assert colour <= set(shares)
    assert {name for name, share in flows.items() if share >= FLOW_SHARE} == WITH_FLOW
    assert max(share for name, share in shares.items() if name not in WITH_FLOW) < PICTURE_COLOUR_SHARE
    node = pydicom.dcmread(next((shared / "dicom").rglob("US1_UNCR.dcm"))).pixel_array
    assert coloured(node).mean() > PICTURE_COLOUR_SHARE


@pytest.fixture(scope="module")
def shipped() -> Engine:
    return Engine(Bundle.load(default_bundle_directory()), "cpu")


def shipped_codes(shipped: Engine, samples: Any, pixels: np.ndarray) -> list[str]:
    """Return the warnings of one picture, read with the shipped bundle as the program does."""
    image = samples.image_of(pixels, "x")
    encoded = {image.key: shipped.encode(image)}
    case = samples.case_of(image).with_regions(image.key, shipped.propose(image, encoded[image.key]))
    score = shipped.score(case, encoded, interval=False, contributions=False)
    return codes(score.images[0].warnings)


@pytest.mark.parametrize("name", sorted(WITH_FLOW))
def test_the_shipped_model_warns_of_doppler(shipped: Engine, samples: Any, shared: Path, name: str) -> None:
    file = next((shared / "data/busi/images").glob(f"{name}.*"))
    assert "colour_doppler" in shipped_codes(shipped, samples, np.array(Image.open(file).convert("RGB")))


def test_the_shipped_model_warns_of_an_x_ray(shipped: Engine, samples: Any, shared: Path) -> None:
    values = pydicom.dcmread(next((shared / "dicom").rglob("RG3_J2KI.dcm"))).pixel_array.astype(float)
    low, high = np.percentile(values, [0.5, 99.5])
    grey = (255 * np.clip((values - low) / (high - low), 0, 1)).astype(np.uint8)
    found = shipped_codes(shipped, samples, np.repeat(grey[..., None], 3, axis=2))
    assert "unlike_training_images" in found


def photograph(name: str) -> np.ndarray:
    if name == "hopper":
        return np.array(
            Image.open(Path(matplotlib.get_data_path()) / "sample_data/grace_hopper.jpg").convert("RGB")
        )
    return np.asarray(load_sample_image(f"{name}.jpg"))


@pytest.mark.parametrize("name", ["china", "flower", "hopper"])
def test_the_shipped_model_warns_of_photographs(shipped: Engine, samples: Any, name: str) -> None:
    assert {"colour_doppler", "unlike_training_images"} & set(
        shipped_codes(shipped, samples, photograph(name))
    )


def test_colour_is_warned_of_at_the_region_or_in_the_picture(engine: Engine, samples: Any) -> None:
    pixels = samples.picture(4, 400, 400)
    little = with_flow(pixels, top=100, left=100, side=16)
    much = with_flow(pixels, top=100, left=100, side=80)
    images = [samples.image_of(each, name) for name, each in zip("plm", (pixels, little, much), strict=True)]
    case = samples.case_of(*images)
    encoded = {image.key: engine.encode(image) for image in images}
    mask = np.zeros((400, 400), dtype=np.bool_)
    mask[80:140, 80:140] = True
    there = Region(mask, RegionKind.TUMOUR, Origin.DRAWN)
    elsewhere = Region(mask[::-1, ::-1].copy(), RegionKind.TUMOUR, Origin.DRAWN)

    def found(region: Region) -> list[str]:
        outlined = case
        for image in images:
            outlined = outlined.with_regions(image.key, [region])
        entries = engine.score(outlined, encoded, interval=False, contributions=False).images
        return [
            next((w.message for w in entry.warnings if w.code == "colour_doppler"), "")[:30]
            for entry in entries
        ]

    assert found(there) == ["", "There is colour at the outline", "There is colour at the outline"]
    assert found(elsewhere) == ["", "", "There is colour in this pictur"]


# What is shown.


def test_views_that_are_missing_are_named(proposed: Case, engine: Engine, encoded: AllEncoded) -> None:
    def patient(*kinds: RegionKind) -> list[str]:
        case = proposed
        for image, kind in zip(case.images, kinds, strict=True):
            box = np.ones((image.rows, image.columns), dtype=np.bool_)
            case = case.with_regions(image.key, [Region(box, kind, Origin.DRAWN)])
        return codes(engine.score(case, encoded, interval=False, contributions=False).warnings)

    tumour, node = RegionKind.TUMOUR, RegionKind.LYMPH_NODE
    rest = ["input_check_unavailable"]
    assert patient(tumour, tumour, tumour, tumour) == ["no_lymph_node_view", *rest]
    assert patient(node, node, node, node) == ["no_tumour_view", *rest]
    assert patient(tumour, node, node, tumour) == rest


def test_an_image_left_out_is_no_view(proposed: Case, engine: Engine, encoded: AllEncoded) -> None:
    first = proposed.images[0]
    case = proposed
    for image in proposed.images:
        box = np.ones((image.rows, image.columns), dtype=np.bool_)
        kind = RegionKind.LYMPH_NODE if image == first else RegionKind.TUMOUR
        case = case.with_regions(image.key, [Region(box, kind, Origin.DRAWN)])
    assert "no_lymph_node_view" not in codes(engine.score(case, encoded).warnings)
    assert "no_lymph_node_view" in codes(engine.score(case.with_included(first.key, False), encoded).warnings)


def test_days_and_sides_that_are_mixed_are_named(case: Case, engine: Engine, encoded: AllEncoded) -> None:
    def mixed(days: list[int | None], sides: str, left_out: tuple[int, ...] = ()) -> list[str]:
        images = tuple(
            dataclasses.replace(image, study=f"1.{number}", laterality=side.strip())
            for number, (image, side) in enumerate(zip(case.images, sides, strict=True))
        )
        studies = tuple(
            Study(f"1.{number}", study_date=None if day is None else date(2024, 5, day))
            for number, day in enumerate(days)
        )
        excluded = frozenset(images[number].key for number in left_out)
        changed = dataclasses.replace(case, images=images, studies=studies, excluded=excluded)
        score = engine.score(changed, encoded, interval=False, contributions=False)
        return [code for code in codes(score.warnings) if code in ("several_examinations", "both_sides")]

    assert mixed([3, 3, 3, 3], "LLLL") == []
    assert mixed([3, None, 3, 3], "R  R") == []
    assert mixed([3, 3, 4, 3], "LLLL") == ["several_examinations"]
    assert mixed([3, 3, 3, 3], "L LR") == ["both_sides"]
    assert mixed([3, 3, 3, 4], "LLLR") == ["several_examinations", "both_sides"]
    assert mixed([3, 3, 3, 4], "LLLR", left_out=(3,)) == []


def test_the_largest_region_names_the_kind(case: Case, engine: Engine, encoded: AllEncoded) -> None:
    image = case.images[0]
    small, large = np.zeros((2, image.rows, image.columns), dtype=np.bool_)
    small[:5, :5], large[20:90, 20:90] = True, True
    for kind, other in (tuple(RegionKind), tuple(RegionKind)[::-1]):
        regions = [Region(small, other, Origin.DRAWN), Region(large, kind, Origin.DRAWN)]
        score = engine.score(case.with_regions(image.key, regions), encoded)
        assert score.images[0].kind is kind


def test_an_image_without_a_region_says_so(
    case: Case, proposed: Case, engine: Engine, encoded: AllEncoded
) -> None:
    assert [codes(entry.warnings) for entry in engine.score(case, encoded).images] == [["no_region"]] * 4
    assert [codes(entry.warnings) for entry in engine.score(proposed, encoded).images] == [[]] * 4


def test_a_cine_and_a_files_notes_are_told(engine: Engine, samples: Any) -> None:
    image = samples.image_of(
        samples.picture(2), "cine", number_of_frames=40, notes=("Saved as a screenshot.",)
    )
    image = image.at_frame(20)
    encoded = {image.key: engine.encode(image)}
    warnings = engine.score(samples.case_of(image), encoded).images[0].warnings
    assert codes(warnings) == ["no_region", "cine_frame", "note"]
    assert "40 frames is represented by frame 20" in warnings[1].message
    assert warnings[2].message == "Saved as a screenshot."


# Likeness to the training images.


def checked(networks: Any, samples: Any, directory: Path, features: Any, limit: float) -> Bundle:
    statistics = {"file": "features.safetensors", "limit": limit, "quantile": 0.99}
    return write_bundle(
        directory,
        samples.card_content(feature_statistics=statistics),
        networks.multitask.state_dict(),
        networks.multi_instance.state_dict(),
        features,
    )


@pytest.mark.parametrize("matrix", ["whitening", "precision"])
def test_an_image_unlike_the_training_images_says_so(
    matrix: str, networks: Any, samples: Any, tmp_path: Path, encoded: AllEncoded, case: Case
) -> None:
    overviews = np.stack([encoded[image.key].overview.numpy() for image in case.images[:2]])
    features = {"mean": overviews.mean(axis=0), matrix: np.eye(256, dtype=np.float32) * 3}
    near = [feature_distance(encoded[image.key].overview, features) for image in case.images[:2]]
    scale = 3 if matrix == "whitening" else np.sqrt(3)
    half_way = np.linalg.norm(overviews[0] - overviews[1]) / 2
    assert near == pytest.approx([scale * half_way] * 2, rel=1e-4)

    engine = Engine(checked(networks, samples, tmp_path / "b", features, near[0] * 1.01), device="cpu")
    white = samples.image_of(np.full((150, 190, 3), 255, dtype=np.uint8), "white")
    seen = samples.case_of(*case.images[:2], white)
    score = engine.score(seen, {image.key: engine.encode(image) for image in seen.images})
    assert "input_check_unavailable" not in codes(score.warnings)
    unlike = ["unlike_training_images" in codes(entry.warnings) for entry in score.images]
    assert unlike == [False, False, True]


@pytest.mark.parametrize(
    "matrices", [{}, {"whitening": np.eye(5, dtype=np.float32)}, {"precision": np.ones((3, 256), np.float32)}]
)
def test_statistics_that_cannot_be_used_are_refused(
    matrices: Any, networks: Any, samples: Any, tmp_path: Path
) -> None:
    features = {"mean": np.zeros(256, dtype=np.float32), **matrices}
    bundle = checked(networks, samples, tmp_path / "b", features, 1.0)
    with pytest.raises(BundleError, match="feature statistics"):
        Engine(bundle, device="cpu")
