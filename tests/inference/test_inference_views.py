"""One picture looked at in several sizes and mirrored: the mean, and nothing that depends on the side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from alnreader.case.image import UltrasoundImage
from alnreader.inference.encode import averaged_maps
from alnreader.inference.engine import Engine
from alnreader.model.bundle import Bundle, write_bundle
from alnreader.model.preprocess import Preprocessing

SCALES = (0.75, 1.0, 1.25)


@pytest.fixture(scope="module")
def pixels(images: tuple[UltrasoundImage, ...]) -> np.ndarray:
    return images[0].pixels()


def test_one_view_is_the_network_itself(networks: Any, bundle: Bundle, pixels: np.ndarray) -> None:
    with torch.inference_mode():
        expected = networks.multitask.encode(bundle.preprocessing.prepare(pixels)[None])
        found = averaged_maps(networks.multitask.encode, bundle.preprocessing, pixels)
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one, other)


def test_views_are_averaged_in_the_size_of_the_first(
    networks: Any, bundle: Bundle, pixels: np.ndarray
) -> None:
    """Against the mean written out: each size alone, turned back and resized."""
    preprocessing = replace(bundle.preprocessing, scales=SCALES, mirrored=True)
    with torch.inference_mode():
        found = averaged_maps(networks.multitask.encode, preprocessing, pixels)
        logits = []
        for side in (96, 128, 160):
            batch = Preprocessing(side, side, antialias=preprocessing.antialias).prepare(pixels)[None]
            both = torch.cat([batch, batch.flip(-1)])
            seen = networks.multitask.encode(both).mask_logits
            for one in (seen[:1], seen[1:].flip(-1)):
                logits.append(torch.nn.functional.interpolate(one, size=(128, 128), mode="bilinear"))
    torch.testing.assert_close(found.mask_logits, torch.stack(logits).mean(0), atol=1e-4, rtol=1e-4)
    assert found.x.shape[-2:] == (16, 16)
    assert found.u.shape[-2:] == (64, 64)


def test_a_mirrored_picture_gets_the_mirrored_answer(
    networks: Any, bundle: Bundle, pixels: np.ndarray
) -> None:
    preprocessing = replace(bundle.preprocessing, scales=SCALES, mirrored=True)
    with torch.inference_mode():
        found = averaged_maps(networks.multitask.encode, preprocessing, pixels)
        turned = averaged_maps(networks.multitask.encode, preprocessing, pixels[:, ::-1].copy())
    for one, other in zip(found, turned, strict=True):
        torch.testing.assert_close(one, other.flip(-1), atol=1e-4, rtol=1e-4)


def test_the_engine_reads_in_the_views_of_the_card(
    bundle: Bundle, networks: Any, images: tuple[UltrasoundImage, ...], tmp_path: Path
) -> None:
    card = {**bundle.card, "preprocessing": {**bundle.card["preprocessing"], "scales": list(SCALES)}}
    card["preprocessing"]["mirrored"] = True
    for made in ("sha256", "files"):
        card.pop(made, None)
    states = networks.multitask.state_dict(), networks.multi_instance.state_dict()
    written = write_bundle(tmp_path / "views", card, *states)
    assert written.preprocessing.scales == SCALES
    encoded = Engine(written, device="cpu").encode(images[0])
    with torch.inference_mode():
        expected = averaged_maps(networks.multitask.encode, written.preprocessing, images[0].pixels())
    torch.testing.assert_close(encoded.mask_logits, expected.mask_logits[0, 0], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(encoded.x, expected.x[0], atol=1e-4, rtol=1e-4)
