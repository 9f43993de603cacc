"""The outlines' colours are told apart by every eye."""

from __future__ import annotations

import numpy as np
import pytest

from alnreader.gui import theme

# Machado, Oliveira and Fernandes 2009, doi 10.1109/TVCG.2009.113, severity 1, on linear RGB.
BLINDNESS = {
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
TOLD_APART = 20.0
"""CIE76 difference that is seen at a glance; 2.3 is just noticeable (doi 10.1002/col.5080180609)."""


def _lab(linear: np.ndarray) -> np.ndarray:
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = (to_xyz @ linear) / np.array([0.9505, 1.0, 1.089])
    f = [value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116 for value in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("kind", ["none", *BLINDNESS])
def test_the_two_kinds_of_outline_are_told_apart_by_every_eye(kind: str) -> None:
    def seen(name: str) -> np.ndarray:
        colour = theme.token(name)
        parts = np.array([colour.redF(), colour.greenF(), colour.blueF()])
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        if kind in BLINDNESS:
            linear = np.clip(np.array(BLINDNESS[kind]) @ linear, 0, 1)
        return _lab(linear)

    tumour, node = seen("tumour"), seen("node")
    assert np.linalg.norm(tumour - node) > TOLD_APART
