"""Shapes, gradients, bags and the numbers of a tiny run."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from alnreader.model.backbone import SEGFORMERS, Segformer
from alnreader.model.multi_instance import MultiInstanceConfig, MultiInstanceNetwork
from alnreader.model.multitask import MultitaskConfig, MultitaskNetwork


@pytest.fixture(scope="module")
def network() -> MultitaskNetwork:
    torch.manual_seed(0)
    return MultitaskNetwork(MultitaskConfig("mit_b0", 32)).eval()


@pytest.fixture(scope="module")
def bags() -> MultiInstanceNetwork:
    torch.manual_seed(0)
    return MultiInstanceNetwork(MultiInstanceConfig(embedding=32, depth=2, heads=2, feed_forward=48)).eval()


def _picture(height: int, width: int) -> Tensor:
    """A smooth picture without random numbers."""
    y, x = torch.meshgrid(torch.linspace(0, 7, height), torch.linspace(0, 5, width), indexing="ij")
    return torch.stack([y.sin() + x.cos(), (y * x).sin(), (y - x).cos()])[None]


# What the tiny run gave when the golden vectors agreed; here so that a checkout alone notices a change.
TINY: dict[str, dict[str, list[float]]] = {
    "mit_b0": {
        "mask": [-0.65916, -0.96919, -0.87266, 0.19989, -0.16561, -0.00253, -0.70967, -0.867, -0.80233],
        "image": [-0.00691, -0.6903],
        "type": [0.09488, 0.10027],
        "pooled": [-0.79793, 0.15392, 0.23881, 0.28838, -0.43027, -0.285],
        "patient": [2.63817, 1.15079],
    },
    "mit_b2": {
        "mask": [0.44788, 0.34752, 0.45107, -0.39327, -0.4476, -0.50232, 0.62663, 0.27563, 0.53711],
        "image": [0.11465, -0.12576],
        "type": [0.08572, 0.09287],
        "pooled": [0.27591, 0.50684, 0.24234, 0.57729, 0.24155, -0.18304],
        "patient": [0.35249, 1.29847],
    },
}


def _tiny(backbone: str, make_weights: Any) -> dict[str, list[float]]:
    first = MultitaskNetwork(MultitaskConfig(backbone)).eval()
    first.load_state_dict(make_weights({name: t.shape for name, t in first.state_dict().items()}))
    second = MultiInstanceNetwork().eval()
    second.load_state_dict(make_weights({name: t.shape for name, t in second.state_dict().items()}))
    with torch.no_grad():
        output = first(torch.cat([_picture(64, 96), _picture(64, 96).flip(3)]))
        patient = second(output.pooled[None])
    return {
        "mask": output.mask_logits[0, 0, 5::20, 7::40].flatten().tolist(),
        "image": output.image_logit.tolist(),
        "type": output.type_logit.tolist(),
        "pooled": output.pooled[0, ::50].tolist(),
        "patient": patient.flatten().tolist(),
    }


@pytest.mark.parametrize("backbone", ["mit_b0", "mit_b2"])
def test_tiny_run_gives_the_recorded_numbers(backbone: str, make_weights: Any) -> None:
    numbers = _tiny(backbone, make_weights)
    assert set(numbers) == set(TINY[backbone])
    for name, values in numbers.items():
        assert values == pytest.approx(TINY[backbone][name], abs=1e-4), name


@pytest.mark.parametrize(("height", "width"), [(64, 64), (96, 160), (256, 32)])
def test_shapes(network: MultitaskNetwork, height: int, width: int) -> None:
    with torch.no_grad():
        output = network(torch.cat([_picture(height, width)] * 2))
    assert output.x.shape == (2, 32, height // 8, width // 8) == output.gated.shape
    assert output.u.shape == (2, 32, height // 2, width // 2)
    assert output.mask_logits.shape == (2, 1, height, width)
    assert output.pooled.shape == (2, 32)
    assert output.image_logit.shape == output.type_logit.shape == (2,)
    assert output.x.dtype == torch.float32


def test_other_sizes_are_refused(network: MultitaskNetwork) -> None:
    with pytest.raises(ValueError, match="multiples of 32, not 64 x 100"):
        network.encode(torch.zeros(1, 3, 64, 100))
    with pytest.raises(ValueError, match="mit_b9"):
        MultitaskConfig("mit_b9")
    with pytest.raises(ValueError, match="multiple of 3 heads"):
        MultiInstanceConfig(heads=3)


@pytest.mark.parametrize("name", SEGFORMERS)
def test_segformers_have_their_widths_and_depths(name: str) -> None:
    with torch.device("meta"):
        backbone = Segformer(name)
        maps = backbone(torch.zeros(1, 3, 64, 64))
    assert tuple(m.shape[1] for m in maps) == SEGFORMERS[name].widths
    assert tuple(m.shape[2] for m in maps) == (16, 8, 4, 2)
    assert tuple(len(stage.blocks) for stage in backbone.stages) == SEGFORMERS[name].depths
    assert {m.eps for m in backbone.modules() if isinstance(m, nn.LayerNorm)} == {1e-6}


def test_heads_after_encode_equal_the_whole_pass(network: MultitaskNetwork) -> None:
    picture = _picture(64, 64)
    with torch.no_grad():
        whole = network(picture)
        maps = network.encode(picture)
        heads = network.heads(*maps)
    for one, two in zip(whole, (*maps, *heads), strict=True):
        torch.testing.assert_close(one, two, rtol=0, atol=0)


def test_a_mask_turns_the_gate(network: MultitaskNetwork) -> None:
    with torch.no_grad():
        maps = network.encode(_picture(64, 64))
        shut = network.heads(maps.x, maps.u, torch.full((1, 1, 64, 64), -80.0))
        open_ = network.heads(maps.x, maps.u, torch.full((1, 1, 64, 64), 80.0))
    assert shut.pooled.abs().max() < 1e-6
    torch.testing.assert_close(open_.gated, maps.x)
    torch.testing.assert_close(open_.pooled, maps.x.mean(dim=(2, 3)))


def test_the_gate_is_cut_from_the_gradient(network: MultitaskNetwork) -> None:
    learner = copy.deepcopy(network)
    maps = learner.encode(_picture(64, 64))
    learner.heads(*maps).image_logit.sum().backward()
    # Only through the gate could the image label reach the decoder that makes the mask.
    assert all(p.grad is None for p in learner.mask_decoder.parameters())
    assert learner.neck.fuse.weight.grad is not None


def test_g_can_be_hooked(network: MultitaskNetwork) -> None:
    seen: list[Tensor] = []
    handle = network.gated.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    with torch.no_grad():
        output = network(_picture(64, 64))
    handle.remove()
    assert len(seen) == 1
    torch.testing.assert_close(seen[0], output.gated)


def test_channels_last_changes_nothing_that_matters(network: MultitaskNetwork) -> None:
    other = copy.deepcopy(network).to(memory_format=torch.channels_last)
    with torch.no_grad():
        one = network(_picture(96, 64))
        two = other(_picture(96, 64).to(memory_format=torch.channels_last))
    torch.testing.assert_close(one.mask_logits, two.mask_logits, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(one.pooled, two.pooled, atol=1e-5, rtol=1e-4)


def test_a_new_network_is_fit_to_learn() -> None:
    torch.manual_seed(3)
    network = MultitaskNetwork()
    average = copy.deepcopy(network)
    network.train()
    output = network(torch.cat([_picture(64, 64)] * 2))
    assert output.image_logit.abs().max() < 0.2, "starts near probability 0.5"
    assert output.type_logit.abs().max() < 0.2
    assert output.mask_logits.abs().max() < 3
    targets = torch.ones(2)
    loss = (
        nn.functional.binary_cross_entropy_with_logits(output.mask_logits, torch.ones(2, 1, 64, 64))
        + nn.functional.binary_cross_entropy_with_logits(output.image_logit, targets)
        + nn.functional.binary_cross_entropy_with_logits(output.type_logit, targets)
    )
    loss.backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().max() > 0 or name.endswith(("k_proj.bias", "k.bias")), name
    for (name, one), two in zip(network.named_parameters(), average.parameters(), strict=True):
        assert torch.equal(one, two), name
        assert one is not two


def test_a_few_steps_lower_the_loss() -> None:
    torch.manual_seed(4)
    network = MultitaskNetwork(MultitaskConfig("mit_b0", 32))
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3)
    picture = torch.cat([_picture(64, 64), -_picture(64, 64)])
    target = (picture[:, :1] > 0).float()
    losses = []
    for _ in range(12):
        loss = nn.functional.binary_cross_entropy_with_logits(network(picture).mask_logits, target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0], losses


def _bag(count: int, seed: int = 0) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(count, 32)).astype(np.float32))


@given(count=st.integers(1, 12), seed=st.integers(0, 99), order=st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_a_bag_has_no_order(bags: MultiInstanceNetwork, count: int, seed: int, order: Any) -> None:
    bag = _bag(count, seed)
    shuffled = list(range(count))
    order.shuffle(shuffled)
    with torch.no_grad():
        torch.testing.assert_close(bags(bag[None]), bags(bag[shuffled][None]), atol=1e-5, rtol=1e-5)


@given(
    counts=st.lists(st.integers(0, 9), min_size=1, max_size=5), junk=st.sampled_from([0.0, 1e4, float("nan")])
)
@settings(max_examples=30)
def test_padding_is_not_seen(bags: MultiInstanceNetwork, counts: list[int], junk: float) -> None:
    longest = max(counts)
    padded = torch.full((len(counts), longest, 32), junk)
    padding = torch.ones(len(counts), longest, dtype=torch.bool)
    for row, count in enumerate(counts):
        padded[row, :count] = _bag(count, row)
        padding[row, :count] = False
    with torch.no_grad():
        together = bags(padded, padding)
        alone = torch.cat([bags(_bag(count, row)[None]) for row, count in enumerate(counts)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)


def test_an_empty_bag_is_the_class_token(bags: MultiInstanceNetwork) -> None:
    with torch.no_grad():
        empty = bags(torch.zeros(1, 0, 32))
        padded = bags(torch.ones(1, 3, 32), torch.ones(1, 3, dtype=torch.bool))
    assert empty.shape == (1, 2)
    torch.testing.assert_close(empty, padded, atol=1e-5, rtol=1e-5)


def test_every_instance_has_a_gradient(bags: MultiInstanceNetwork) -> None:
    bag = _bag(4)[None].requires_grad_()
    (gradient,) = torch.autograd.grad(bags(bag)[0, 1], bag)
    assert (gradient.abs().sum(dim=2) > 0).all()


def test_dropout_only_in_training(bags: MultiInstanceNetwork) -> None:
    learner = copy.deepcopy(bags).train()
    bag = _bag(5)[None]
    torch.manual_seed(0)
    with torch.no_grad():
        assert not torch.equal(learner(bag), learner(bag))
        assert torch.equal(bags(bag), bags(bag))
