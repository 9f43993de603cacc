"""A bundle of any encoder is read like the shipped one: score, patient's heat maps, image's heat maps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from alnreader.inference.engine import Engine
from alnreader.inference.read import read_case
from alnreader.model.backbone import BACKBONES
from alnreader.model.bundle import Bundle, write_bundle
from alnreader.model.multi_instance import MultiInstanceConfig, MultiInstanceNetwork
from alnreader.model.multitask import MultitaskConfig, MultitaskNetwork

WIDTH, SIZE = 32, 64


def small_bundle(name: str, folder: Path, samples: Any) -> Bundle:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        first = MultitaskNetwork(MultitaskConfig(name, WIDTH)).eval()
        second = MultiInstanceNetwork(MultiInstanceConfig(WIDTH, depth=1, heads=2, feed_forward=16)).eval()
    with torch.no_grad():
        first.image_head.weight.mul_(50)
        second.head.weight.mul_(10)
    card = samples.card_content()
    card["architecture"] = {
        "backbone": name,
        "embedding": WIDTH,
        "multi_instance": {"depth": 1, "heads": 2, "feed_forward": 16, "dropout": 0.1},
    }
    card["preprocessing"] |= {"height": SIZE, "width": SIZE}
    # As they are shipped: halves but for vectors.
    state = {key: v.half() if v.ndim > 1 else v.float() for key, v in first.state_dict().items()}
    return write_bundle(folder / "bundle", card, state, second.state_dict())


@pytest.mark.parametrize("name", BACKBONES)
def test_a_patient_is_read_with_every_encoder(name: str, samples: Any, tmp_path: Path) -> None:
    bundle = small_bundle(name, tmp_path, samples)
    images = [samples.image_of(samples.picture(seed, 90, 120), str(seed)) for seed in range(2)]
    case = samples.case_of(*images)
    engine = Engine(bundle, device="cpu")
    reading = read_case(case, engine)
    assert reading.score.probability is not None
    assert 0 < reading.score.probability < 1
    assert all(reading.heat_maps[image.key].shape == (90, 120) for image in images)
    assert max(m.max() for m in reading.heat_maps.values()) <= 1

    # The image's map against Grad-CAM by backpropagation through the network as it was trained.
    network = bundle.multitask().requires_grad_(True)
    seen: list[torch.Tensor] = []
    network.gated.register_forward_hook(lambda module, given, g: (g.retain_grad(), seen.append(g))[1])
    encoded = {image.key: engine.encode(image) for image in images}
    maps = engine.heat_maps(case, encoded, target="image")
    for image in images:
        seen.clear()
        network(bundle.preprocessing.prepare(image.pixels())[None]).image_logit.sum().backward()
        (g,) = seen
        assert g.grad is not None
        weights = g.grad.mean(dim=(2, 3), keepdim=True)
        cam = (weights * g).sum(dim=1, keepdim=True).relu().detach()
        whole = torch.nn.functional.interpolate(
            cam / cam.max().clamp(min=1e-12), size=(90, 120), mode="bilinear", align_corners=False
        )
        np.testing.assert_allclose(maps[image.key], whole[0, 0].numpy(), atol=1e-3)
