"""Pixels to network input."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from alnreader.case.errors import InvalidValueError
from alnreader.model.preprocess import Preprocessing


def test_a_picture_of_the_right_size_is_only_normalised() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    prepared = Preprocessing(64, 96).prepare(pixels).numpy()
    expected = (pixels - np.array([39.02, 39.34, 41.44])) / np.array([54.45, 53.53, 53.74])
    assert prepared.shape == (3, 64, 96)
    assert prepared.dtype == np.float32
    np.testing.assert_allclose(prepared, expected.transpose(2, 0, 1), atol=1e-5)


def test_resizing_is_bilinear_between_pixel_centres() -> None:
    """A ramp stays a ramp, whose ends are those of cells and not of corners."""
    ramp = np.repeat(np.arange(0, 64, 2, dtype=np.uint8)[None, :, None], 32, axis=0).repeat(3, axis=2)
    plain = Preprocessing(32, 64, mean=(0, 0, 0), std=(1, 1, 1))
    row = plain.prepare(ramp)[0, 0].numpy()
    np.testing.assert_allclose(row[1:-1], np.arange(64)[1:-1] - 0.5, atol=1e-4)
    assert row[0] == 0
    assert row[-1] == 62


def test_the_aspect_ratio_is_not_kept() -> None:
    assert Preprocessing(32, 64).prepare(np.zeros((100, 50, 3), np.uint8)).shape == (3, 32, 64)


def test_antialias_averages_what_plain_resizing_skips() -> None:
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::8] = 255
    plain, smooth = (
        Preprocessing(32, 32, (0, 0, 0), (1, 1, 1), antialias).prepare(stripes) for antialias in (False, True)
    )
    # Of eight columns, those two in the middle are looked at, and none of them is white.
    assert plain.max() == 0
    torch.testing.assert_close(smooth[:, :, 2:-2].mean(), torch.tensor(255 / 8), atol=1.0, rtol=0)


def test_read_only_and_strided_pixels_are_taken() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    expected = Preprocessing(32, 32).prepare(pixels[::-1].copy())
    pixels.setflags(write=False)
    torch.testing.assert_close(Preprocessing(32, 32).prepare(pixels[::-1]), expected)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((8, 8), np.uint8),
        np.zeros((8, 8, 4), np.uint8),
        np.zeros((8, 8, 3), np.float32),
        np.zeros((0, 8, 3), np.uint8),
    ],
    ids=["grey", "alpha", "float", "empty"],
)
def test_other_arrays_are_refused(pixels: np.ndarray) -> None:
    with pytest.raises(InvalidValueError, match="uint8 pixels"):
        Preprocessing(32, 32).prepare(pixels)


@pytest.mark.parametrize("arguments", [{"height": 100}, {"width": 0}, {"std": (1.0, 0.0, 1.0)}])
def test_impossible_settings_are_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(InvalidValueError, match="must be"):
        Preprocessing(**arguments)  # type: ignore[arg-type]


def test_views_are_the_picture_at_each_scale_rounded_to_the_networks_grid() -> None:
    views = Preprocessing(256, 320, scales=(0.875, 1.0, 1.3, 0.01), mirrored=True).views()
    assert [(view.height, view.width) for view in views] == [(224, 288), (256, 320), (320, 416), (32, 32)]
    assert all(view.mirrored and view.scales == (1.0,) for view in views)


@pytest.mark.parametrize("scales", [(), (1.0, 0.0), (-1.0,)])
def test_scales_that_are_none_are_refused(scales: tuple[float, ...]) -> None:
    with pytest.raises(InvalidValueError, match="scales"):
        Preprocessing(scales=scales)
