from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from alnreader.case.case import Case
from alnreader.case.errors import InvalidValueError
from alnreader.case.image import ImageKey
from alnreader.inference.cam_methods import (
    GRAD_CAM,
    METHODS,
    ImageHead,
    MissingPackageError,
    class_activation,
    load_package,
)
from alnreader.inference.encode import Encoded
from alnreader.inference.engine import Engine, NoRegion
from alnreader.inference.gate import HeadWeights, gated, instance
from alnreader.inference.heatmaps import on_picture, weighted_map
from alnreader.model.bundle import Bundle

AllEncoded = dict[ImageKey, Encoded]


def scaled(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """As pytorch-grad-cam scales: from the smallest to the largest."""
    result: NDArray[np.float32] = (values - values.min()) / (values.max() - values.min())
    return result


def bilinear(values: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    result: NDArray[np.float32] = torch.nn.functional.interpolate(
        torch.from_numpy(values)[None, None], size=shape, mode="bilinear", align_corners=False
    )[0, 0].numpy()
    return result


class ImageLogit(torch.nn.Module):
    """The whole network, pixels to image logit."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logit: torch.Tensor = self.network(images).image_logit
        return logit[:, None]


def test_the_image_map_is_grad_cam_through_the_whole_network(
    bundle: Bundle, case: Case, engine: Engine, encoded: AllEncoded
) -> None:
    network = bundle.multitask().requires_grad_(True)
    package = load_package()
    maps = engine.heat_maps(case, encoded, target="image")
    heads = HeadWeights.of(network)
    with package.GradCAM(model=ImageLogit(network), target_layers=[network.gated]) as cam:
        for image in case.images:
            batch = bundle.preprocessing.prepare(image.pixels())[None]
            expected = cam(batch, [lambda output: output[0]])[0]
            here = encoded[image.key]
            g = gated(here, instance(here, here.mask_logits, heads))
            found = scaled(weighted_map(g, heads.image))
            resized = scaled(bilinear(found, expected.shape))
            assert expected.max() > 0.99
            np.testing.assert_allclose(resized, scaled(expected), atol=1e-4)
            # What the user gets is the same map on the picture, over its own maximum.
            top = weighted_map(g, heads.image)
            np.testing.assert_allclose(
                maps[image.key], bilinear(top / top.max(), (image.rows, image.columns)), atol=1e-5
            )


def test_the_patients_map_is_the_gradient_through_the_whole_second_stage(
    networks: Any, case: Case, engine: Engine, encoded: AllEncoded
) -> None:
    heads = HeadWeights.of(networks.multitask)
    leaves = [
        gated(here, instance(here, here.mask_logits, heads)).clone().requires_grad_(True)
        for here in (encoded[image.key] for image in case.images)
    ]
    bag = torch.stack([leaf.mean(dim=(1, 2)) for leaf in leaves])
    logits = networks.multi_instance(bag[None])[0]
    gradients = torch.autograd.grad(logits[1] - logits[0], leaves)
    expected = [
        torch.relu((leaf * gradient.mean(dim=(1, 2), keepdim=True)).mean(dim=0)).detach()
        for leaf, gradient in zip(leaves, gradients, strict=True)
    ]
    top = max(float(values.max()) for values in expected)
    maps = engine.heat_maps(case, encoded)
    for image, values in zip(case.images, expected, strict=True):
        resized = bilinear((values / top).numpy(), (image.rows, image.columns))
        np.testing.assert_allclose(maps[image.key], resized, atol=1e-4)


@pytest.mark.parametrize("target", ["patient", "image"])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_a_map_of_each_picture(
    method: str, target: str, case: Case, engine: Engine, encoded: AllEncoded, samples: Any
) -> None:
    case = samples.case_of(*case.images[:2])
    maps = engine.heat_maps(case, encoded, method=method, target=target)
    assert list(maps) == [image.key for image in case.images]
    for image in case.images:
        values = maps[image.key]
        assert (values.shape, values.dtype) == ((image.rows, image.columns), np.float32)
        assert np.isfinite(values).all()
        assert values.min() >= 0.0
        assert values.max() <= 1.0
    tops = [values.max() for values in maps.values()]
    # Bilinear resizing takes a little off a single cell's maximum.
    assert max(tops) > 0.8
    if target == "image":
        assert min(tops) > 0.8


def test_the_packages_grad_cam_on_the_head_is_the_programs(
    networks: Any, case: Case, encoded: AllEncoded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way other methods take through the package, walked by the one method that both have."""
    monkeypatch.setitem(sys.modules["alnreader.inference.cam_methods"]._CLASSES, GRAD_CAM, "GradCAM")
    heads = HeadWeights.of(networks.multitask)
    here = encoded[case.images[0].key]
    g = gated(here, instance(here, here.mask_logits, heads))
    found = class_activation(GRAD_CAM, ImageHead(heads), g)
    np.testing.assert_allclose(found, weighted_map(g, heads.image), atol=1e-6)


def test_an_image_that_does_not_count_has_an_empty_patient_map(
    proposed: Case, engine: Engine, encoded: AllEncoded
) -> None:
    key = proposed.images[1].key
    out = proposed.with_included(key, False)
    for method in (GRAD_CAM, "Layer-CAM"):
        maps = engine.heat_maps(out, encoded, method=method)
        assert not maps[key].any()
        assert max(values.max() for values in maps.values()) > 0.8
    assert engine.heat_maps(out, encoded, target="image")[key].any()
    nobody = engine.heat_maps(proposed.with_regions(key, ()), encoded, no_region=NoRegion.LEFT_OUT)
    assert not nobody[key].any()


def test_an_empty_bag_has_empty_maps(case: Case, engine: Engine, encoded: AllEncoded) -> None:
    maps = engine.heat_maps(case, encoded, no_region=NoRegion.LEFT_OUT)
    assert len(maps) == len(case.images)
    assert not any(values.any() for values in maps.values())


def test_a_map_without_evidence_stays_zero() -> None:
    nothing = np.zeros((8, 8), dtype=np.float32)
    faint = np.full((8, 8), 1e-42, dtype=np.float32)
    something = np.eye(8, dtype=np.float32)
    for common in (True, False):
        zero, barely, some = on_picture([nothing, faint, something], [(20, 30)] * 3, common=common)
        assert not zero.any()
        assert barely.max() < 1e-30
        assert some.max() > 0.5
    assert on_picture([], [], common=True) == []


def test_one_scale_shows_which_image_carries_the_evidence() -> None:
    strong, weak = np.eye(8, dtype=np.float32), np.eye(8, dtype=np.float32) / 4
    shapes = [(8, 8), (8, 8)]
    assert [values.max() for values in on_picture([strong, weak], shapes, common=True)] == [1.0, 0.25]
    assert [values.max() for values in on_picture([strong, weak], shapes, common=False)] == [1.0, 1.0]


@pytest.mark.parametrize("wrong", [{"method": "Magic-CAM"}, {"target": "surgeon"}])
def test_an_unknown_method_or_target_is_refused(
    wrong: dict[str, str], case: Case, engine: Engine, encoded: AllEncoded
) -> None:
    with pytest.raises(InvalidValueError, match=r"Unknown heat map .* Choose one of"):
        engine.heat_maps(case, encoded, **wrong)


def test_a_missing_package_is_named(
    case: Case, engine: Engine, encoded: AllEncoded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pytorch_grad_cam", None)
    with pytest.raises(MissingPackageError, match="pip install --no-deps grad-cam"):
        engine.heat_maps(case, encoded, method="Layer-CAM")
    assert engine.heat_maps(case, encoded)


def test_the_import_leaves_no_torchvision_behind(bundle: Bundle) -> None:
    load_package()
    assert "torchvision" not in sys.modules
    # With a broken or placeholder torchvision about, transformers could not build this.
    bundle.multitask()
