"""From stored grey values to display values, against the equations of PS3.3 C.11.2 written out per value."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from dicom_maker import write_image
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from alnreader.dicom import decode_pixels
from alnreader.dicom.lut import GreyRendering, Table, render_grey, voi_window


def by_the_standard(x: float, centre: float, width: float, function: str) -> float:
    """Evaluate the pseudo code of PS3.3 C.11.2.1.2.1 and C.11.2.1.3 for one value, ymin 0, ymax 255."""
    if function == "SIGMOID":
        return 255 / (1 + math.exp(min(700.0, max(-700.0, -4 * (x - centre) / width))))
    if function == "LINEAR_EXACT":
        if x <= centre - width / 2:
            return 0
        if x > centre + width / 2:
            return 255
        return ((x - centre) / width + 0.5) * 255
    if x <= centre - 0.5 - (width - 1) / 2:
        return 0
    if x > centre - 0.5 + (width - 1) / 2:
        return 255
    return ((x - (centre - 0.5)) / (width - 1) + 0.5) * 255


@given(
    st.integers(-40000, 70000),
    st.floats(-3000, 3000),
    st.floats(1, 70000),
    st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]),
)
def test_windows(value: int, centre: float, width: float, function: str) -> None:
    shown = float(voi_window(np.array([value], dtype=np.float64), centre, width, function)[0])
    assert shown == pytest.approx(by_the_standard(value, centre, width, function), abs=1e-6)
    assert 0 <= shown <= 255


def rendering(**changes: object) -> GreyRendering:
    plain = {
        "modality": None,
        "slope": 1.0,
        "intercept": 0.0,
        "window": None,
        "function": "LINEAR",
        "voi": None,
        "padding": None,
        "inverted": False,
    }
    return GreyRendering(**{**plain, **changes})  # type: ignore[arg-type]


@given(
    st.integers(9, 16),
    st.booleans(),
    st.floats(0.01, 10),
    st.floats(-2000, 2000),
    st.one_of(st.none(), st.tuples(st.floats(-500, 3000), st.floats(1, 4000))),
)
def test_rendering_keeps_order(
    bits: int, signed: bool, slope: float, intercept: float, window: tuple[float, float] | None
) -> None:
    """A brighter value is never shown darker; inverted it is never shown brighter."""
    low = -(1 << (bits - 1)) if signed else 0
    values = np.linspace(low, low + (1 << bits) - 1, 64).astype(np.int16 if signed else np.uint16)
    how = {"slope": slope, "intercept": intercept, "window": window}
    shown = render_grey(values[np.newaxis], bits, rendering(**how))[0].astype(int)
    assert (np.diff(shown) >= 0).all()
    inverted = render_grey(values[np.newaxis], bits, rendering(**how, inverted=True))[0].astype(int)
    assert (inverted == 255 - shown).all()
    if window is None:
        assert (shown[0], shown[-1]) == (0, 255)


def test_rescale_comes_before_the_window(tmp_path: Path) -> None:
    values = np.array([0, 1000, 1024, 1424, 4095], dtype=np.uint16).reshape(1, 1, 5, 1)
    path = write_image(
        tmp_path / "a.dcm",
        values,
        "MONOCHROME2",
        bits=12,
        RescaleSlope=1,
        RescaleIntercept=-1024,
        WindowCenter=[200, 9],
        WindowWidth=[401, 9],
    )
    # The first window: below 0 black, above 400 white.
    assert decode_pixels(path)[0, :, 0].tolist() == [0, 0, 0, 255, 255]


@pytest.mark.parametrize("width", [0, -5, 0.5])
def test_a_window_that_is_none_is_ignored(width: float, tmp_path: Path) -> None:
    values = np.array([10, 110, 210], dtype=np.uint8).reshape(1, 1, 3, 1)
    path = write_image(tmp_path / "a.dcm", values, "MONOCHROME2", WindowCenter=50, WindowWidth=width)
    assert decode_pixels(path)[0, :, 0].tolist() == [10, 110, 210]


def lut_item(first: int, entries: list[int], bits: int) -> Dataset:
    item = Dataset()
    item.LUTDescriptor = [len(entries), first, bits]
    item.LUTData = np.array(entries, dtype="<u2").tobytes()
    item["LUTData"].VR = "OW"
    item.LUTExplanation = "test"
    return item


def test_voi_lut(tmp_path: Path) -> None:
    values = np.array([0, 4, 5, 6, 7, 200], dtype=np.uint8).reshape(1, 1, 6, 1)
    path = write_image(
        tmp_path / "a.dcm", values, "MONOCHROME2", VOILUTSequence=[lut_item(4, [0, 1023, 512, 256], 10)]
    )
    assert decode_pixels(path)[0, :, 0].tolist() == [0, 0, 255, 128, 64, 64]


def test_modality_lut(tmp_path: Path) -> None:
    values = np.array([0, 1, 2, 3], dtype=np.uint8).reshape(1, 1, 4, 1)
    item = lut_item(0, [1000, 0, 500, 1000], 16)
    item.ModalityLUTType = "US"
    path = write_image(tmp_path / "a.dcm", values, "MONOCHROME2", ModalityLUTSequence=[item])
    assert decode_pixels(path)[0, :, 0].tolist() == [255, 0, 128, 255]


def test_a_broken_lut_is_refused(tmp_path: Path) -> None:
    from alnreader.case.errors import UnreadableInputError

    item = lut_item(0, [1, 2, 3], 8)
    item.LUTDescriptor = [500, 0, 8]
    values = np.zeros((1, 2, 2, 1), dtype=np.uint8)
    path = write_image(tmp_path / "a.dcm", values, "MONOCHROME2", VOILUTSequence=[item])
    with pytest.raises(UnreadableInputError, match="6 bytes for 500 entries"):
        decode_pixels(path)


def test_padding_is_black_and_does_not_count(tmp_path: Path) -> None:
    values = np.array([0, 65535, 100, 200, 300], dtype=np.uint16).reshape(1, 1, 5, 1)
    path = write_image(tmp_path / "a.dcm", values, "MONOCHROME2", PixelPaddingValue=65535)
    assert decode_pixels(path)[0, :, 0].tolist() == [0, 0, 85, 170, 255]
    inverted = write_image(tmp_path / "b.dcm", values, "MONOCHROME1", PixelPaddingValue=65535)
    assert decode_pixels(inverted)[0, :, 0].tolist() == [255, 0, 170, 85, 0]


def test_an_even_frame_is_black(tmp_path: Path) -> None:
    values = np.full((1, 4, 4, 1), 700, dtype=np.uint16)
    assert not decode_pixels(write_image(tmp_path / "a.dcm", values, "MONOCHROME2", bits=12)).any()


@given(
    st.integers(-100, 100), st.lists(st.integers(0, 65535), min_size=1, max_size=20), st.integers(-200, 200)
)
def test_tables_clamp(first: int, entries: list[int], value: int) -> None:
    table = Table(first, np.array(entries, dtype=np.uint16), 16)
    expected = entries[min(max(value - first, 0), len(entries) - 1)]
    assert int(table.apply(np.array([value]))[0]) == expected
