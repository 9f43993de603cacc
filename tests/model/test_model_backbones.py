"""Every encoder behind the same decoder: maps, equality with the library's own, bundles."""

from __future__ import annotations

import copy
import itertools
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from alnreader.model.backbone import BACKBONES, SEGFORMERS, StochasticDepth, make_backbone, share_batch
from alnreader.model.bundle import Bundle, write_bundle
from alnreader.model.card import CardContent
from alnreader.model.multi_instance import MultiInstanceConfig, MultiInstanceNetwork
from alnreader.model.multitask import MultitaskConfig, MultitaskNetwork

OTHERS = sorted(set(BACKBONES) - set(SEGFORMERS))


@pytest.mark.parametrize("name", BACKBONES)
def test_four_maps_of_any_size(name: str) -> None:
    with torch.device("meta"):
        maps = make_backbone(name).eval()(torch.zeros(1, 3, 64, 160))
    assert tuple(m.shape[1] for m in maps) == BACKBONES[name].widths
    assert [tuple(m.shape[2:]) for m in maps] == [(16, 40), (8, 20), (4, 10), (2, 5)]


class _LibrarysEfficientNet(nn.Module):
    """`EfficientNetModel`, whose library has no backbone class, without what a lite one leaves out."""

    def __init__(self) -> None:
        super().__init__()
        from transformers import EfficientNetConfig, EfficientNetModel

        config = EfficientNetConfig(
            width_coefficient=1.0, depth_coefficient=1.0, hidden_act="relu6", hidden_dim=1280
        )
        self.model = EfficientNetModel(config)
        for block in self.model.encoder.blocks:
            block.squeeze_excite = nn.Identity()
        self.ends = list(itertools.accumulate(BACKBONES["efficientnet_lite0"].depths))

    def forward(self, images: torch.Tensor) -> SimpleNamespace:
        hidden = self.model(images, output_hidden_states=True).hidden_states
        return SimpleNamespace(feature_maps=[hidden[end] for end in self.ends])


def _librarys_own(name: str) -> nn.Module:
    from transformers import ResNetBackbone, ResNetConfig, SwinBackbone, SwinConfig

    if name == "efficientnet_lite0":
        return _LibrarysEfficientNet()

    stages = ["stage1", "stage2", "stage3", "stage4"]
    if name == "resnet50":
        return ResNetBackbone(ResNetConfig(out_features=stages))
    return SwinBackbone(SwinConfig(out_features=stages))


def _places() -> list[str]:
    depths = BACKBONES["efficientnet_lite0"].depths
    return [f"stages.{stage}.{block}." for stage, depth in enumerate(depths) for block in range(depth)]


@pytest.mark.parametrize("name", OTHERS)
def test_others_equal_the_librarys_own_backbone(name: str) -> None:
    torch.manual_seed(0)
    mine, theirs = make_backbone(name).eval(), _librarys_own(name).eval()
    renamed = {
        "resnet50": (("embedder.", "stem."), ("encoder.stages.", "stages.")),
        "swin_t": (
            ("swin.embeddings.", "embeddings."),
            ("swin.encoder.layers.", "stages."),
            *((f"hidden_states_norms.stage{i + 1}.", f"norms.{i}.") for i in range(4)),
        ),
        "efficientnet_lite0": (
            ("model.embeddings.", "stem."),
            *((f"model.encoder.blocks.{block}.", place) for block, place in enumerate(_places())),
        ),
    }[name]
    with torch.no_grad():
        # As made, every norm and bias is one and zero: a swapped pair would go unseen.
        for parameter in theirs.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    state = {}
    for key, value in theirs.state_dict().items():
        if key.startswith(("swin.layernorm.", "model.encoder.top_")):
            continue  # of the library's classifier
        for old, new in renamed:
            key = new + key.removeprefix(old) if key.startswith(old) else key
        state[key] = value
    mine.load_state_dict(state)
    images = torch.randn(2, 3, 64, 96)
    with torch.no_grad():
        for one, two in zip(mine(images), theirs(images).feature_maps, strict=True):
            torch.testing.assert_close(one, two)


def test_shared_batches_meet_the_same_chance() -> None:
    branch = torch.ones(5, 2, 3)
    whole = StochasticDepth(0.5).train()
    torch.manual_seed(1)
    expected = whole(branch)
    assert 0 < expected[:, 0, 0].count_nonzero() < 5
    for rank in range(2):
        part = slice(rank, 5, 2)
        network = nn.Sequential(copy.deepcopy(whole))
        share_batch(network, 5, part)
        torch.manual_seed(1)
        assert torch.equal(network(branch[part]), expected[part])
    assert torch.equal(whole.eval()(branch), branch)


def test_left_out_branches_keep_the_mean() -> None:
    torch.manual_seed(2)
    assert float(StochasticDepth(0.3).train()(torch.ones(20_000)).mean()) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("name", BACKBONES)
def test_every_encoder_drops_branches_in_training_or_has_none_to_drop(name: str) -> None:
    with torch.device("meta"):
        network = make_backbone(name)
    rates = [m.rate for m in network.modules() if isinstance(m, StochasticDepth)]
    assert not [m for m in network.modules() if type(m).__name__.endswith("DropPath")]
    if name == "resnet50":
        assert rates == []
    else:
        assert rates == sorted(rates)
        assert rates[-1] == pytest.approx(0.1)


@pytest.mark.parametrize("name", OTHERS)
def test_a_bundle_brings_another_encoder_back(name: str, card: CardContent, tmp_path: Path) -> None:
    torch.manual_seed(3)
    config = MultitaskConfig(name, 32)
    network = MultitaskNetwork(config)
    with torch.no_grad():
        network.train()(torch.randn(2, 3, 64, 64))  # moves the statistics of batch norms
    network.eval()
    card["architecture"]["backbone"] = name
    card["feature_statistics"] = None
    second = MultiInstanceNetwork(MultiInstanceConfig(embedding=32, depth=1, heads=2, feed_forward=16))
    state = {key: value.float() for key, value in network.state_dict().items()}
    write_bundle(tmp_path / "small", card, state, second.state_dict())
    loaded = Bundle.load(tmp_path / "small").multitask()
    images = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        for one, two in zip(network(images), loaded(images), strict=True):
            torch.testing.assert_close(one, two)
