"""The conversion between YCbCr and RGB, against the equations of PS3.3 C.7.6.3.1.2."""

from __future__ import annotations

import numpy as np
from dicom_maker import to_ybr
from hypothesis import given
from hypothesis import strategies as st

from alnreader.dicom.colour import ybr_full_to_rgb


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_there_and_back(colour: tuple[int, int, int]) -> None:
    rgb = np.array([[colour]], dtype=np.uint8)
    # Rounding of one half in each difference, times the largest factor 1.772, and of the result.
    assert int(np.abs(ybr_full_to_rgb(to_ybr(rgb)).astype(int) - rgb).max()) <= 2


@given(st.integers(0, 255))
def test_grey_is_exact(value: int) -> None:
    ybr = np.array([[[value, 128, 128]]], dtype=np.uint8)
    assert ybr_full_to_rgb(ybr).tolist() == [[[value] * 3]]
