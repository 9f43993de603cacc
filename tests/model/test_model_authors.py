"""The authors' checkpoints become a bundle, B0 and B2, and nothing else does."""

from __future__ import annotations

import datetime
import os
import pickle
import re
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from alnreader.case.errors import BundleError, CannotWriteError
from alnreader.model.authors import import_checkpoint, read_state
from alnreader.model.authors_names import convert_multi_instance, convert_multitask
from alnreader.model.backbone import SEGFORMERS, BackboneShape
from alnreader.model.bundle import Bundle
from alnreader.model.multi_instance import MultiInstanceNetwork
from alnreader.model.multitask import MultitaskConfig, MultitaskNetwork

WIDTH = 32
"""Embedding of the checkpoints made here; the authors' is 256."""

Shapes = dict[str, tuple[int, ...]]


def _pair(name: str, *shape: int) -> Shapes:
    return {f"{name}.weight": shape, f"{name}.bias": (shape[0],)}


def _encoder_shapes(shape: BackboneShape) -> Shapes:
    """Their names of an encoder (mmseg's MixVisionTransformer)."""
    names: Shapes = {}
    last = 3
    for stage, (width, depth) in enumerate(zip(shape.widths, shape.depths, strict=True)):
        at = f"backbone.layers.{stage}"
        kernel = 3 if stage else 7
        names |= _pair(f"{at}.0.projection", width, last, kernel, kernel) | _pair(f"{at}.0.norm", width)
        for block in range(depth):
            here = f"{at}.1.{block}"
            names |= _pair(f"{here}.norm1", width)
            names[f"{here}.attn.attn.in_proj_weight"] = (3 * width, width)
            names[f"{here}.attn.attn.in_proj_bias"] = (3 * width,)
            names |= _pair(f"{here}.attn.attn.out_proj", width, width)
            if stage < 3:
                ratio = 8 >> stage
                names |= _pair(f"{here}.attn.sr", width, width, ratio, ratio)
                names |= _pair(f"{here}.attn.norm", width)
            names |= _pair(f"{here}.norm2", width)
            names |= _pair(f"{here}.ffn.layers.0", 4 * width, width, 1, 1)
            names |= _pair(f"{here}.ffn.layers.1", 4 * width, 1, 3, 3)
            names |= _pair(f"{here}.ffn.layers.4", width, 4 * width, 1, 1)
        names |= _pair(f"{at}.2", width)
        last = width
    return names


def _decoder_shapes(c: int, fused: int) -> Shapes:
    """Their names of neck, mask decoder and heads."""

    def attention(name: str, inner: int) -> Shapes:
        inside = {k: v for part in "qkv" for k, v in _pair(f"{name}.{part}_proj", inner, c).items()}
        return inside | _pair(f"{name}.out_proj", c, inner)

    names = _pair("neck.dim_fuse", c, fused, 1, 1)
    transformer = "decode_head.transformer"
    for layer in (0, 1):
        at = f"{transformer}.layers.{layer}"
        names |= attention(f"{at}.self_attn", c)
        names |= attention(f"{at}.cross_attn_token_to_image", c // 2)
        names |= attention(f"{at}.cross_attn_image_to_token", c // 2)
        names |= _pair(f"{at}.mlp.lin1", 2048, c) | _pair(f"{at}.mlp.lin2", c, 2048)
        for norm in range(1, 5):
            names |= _pair(f"{at}.norm{norm}", c)
    names |= attention(f"{transformer}.final_attn_token_to_image", c // 2)
    names |= _pair(f"{transformer}.norm_final_attn", c)
    names |= {"decode_head.mask_tokens.weight": (1, c), "decode_head.no_mask_embed.weight": (1, c)}
    names["decode_head.pe_layer.positional_encoding_gaussian_matrix"] = (2, c // 2)
    names |= {
        "decode_head.output_upscaling.0.weight": (c, 64, 2, 2),
        "decode_head.output_upscaling.0.bias": (64,),
    }
    names |= _pair("decode_head.output_upscaling.1", 64)
    names |= {
        "decode_head.output_upscaling.3.weight": (64, 32, 2, 2),
        "decode_head.output_upscaling.3.bias": (32,),
    }
    for layer, out in enumerate((c, c, 32)):
        names |= _pair(f"decode_head.output_hypernetworks_mlps.0.layers.{layer}", out, c)
    return (
        names | _pair("cls_head.classifier.1", 1, c, 1, 1) | _pair("mask_cls_head.classifier.1", 1, 32, 1, 1)
    )


def _multitask_shapes(backbone: str, c: int) -> Shapes:
    shape = SEGFORMERS[backbone]
    return _encoder_shapes(shape) | _decoder_shapes(c, sum(shape.widths))


def _multi_instance_shapes(c: int, depth: int, hidden: int) -> Shapes:
    names: Shapes = {"backbone.cls_token": (1, 1, c)}
    for layer in range(depth):
        at = f"backbone.layers.{layer}"
        names |= (
            _pair(f"{at}.ln1", c) | {f"{at}.attn.qkv.weight": (3 * c, c)} | _pair(f"{at}.attn.proj", c, c)
        )
        names |= _pair(f"{at}.ln2", c) | _pair(f"{at}.ffn.layers.0.0", hidden, c)
        names |= _pair(f"{at}.ffn.layers.1", c, hidden)
    return names | _pair("backbone.ln1", c) | _pair("head.layers.head", 2, c)


def test_the_names_made_here_are_the_authors(golden: Any) -> None:
    """So that B2's names, made by the same rule, can be believed."""
    ours = _multitask_shapes("mit_b0", 256)
    assert ours == {name: tuple(tensor.shape) for name, tensor in golden.multitask.items()}
    ours = _multi_instance_shapes(256, 6, 768)
    assert ours == {name: tuple(tensor.shape) for name, tensor in golden.multi_instance.items()}


@pytest.fixture
def checkpoints(make_weights: Any, tmp_path: Path) -> tuple[Path, Path]:
    """Two small files as the authors' tools save them."""
    files = tmp_path / "mtl.pth", tmp_path / "mil.pth"
    torch.save({"state_dict": make_weights(_multitask_shapes("mit_b0", WIDTH)), "meta": {}}, files[0])
    torch.save({"state_dict": make_weights(_multi_instance_shapes(WIDTH, 2, 48)), "meta": {}}, files[1])
    return files


class Reference:
    """Mix transformer by torch's own multi-head attention, straight from the authors' tensors."""

    def __init__(self, state: dict[str, Tensor], heads: tuple[int, ...] = (1, 2, 5, 8)) -> None:
        self.state = state
        self.heads = heads

    def _norm(self, x: Tensor, name: str) -> Tensor:
        weight = self.state[f"{name}.weight"]
        return nn.functional.layer_norm(x, weight.shape, weight, self.state[f"{name}.bias"], 1e-6)

    def _conv(self, x: Tensor, name: str, **options: int) -> Tensor:
        return nn.functional.conv2d(x, self.state[f"{name}.weight"], self.state[f"{name}.bias"], **options)

    def _attend(self, x: Tensor, at: str, heads: int, size: tuple[int, int]) -> Tensor:
        keys = x
        if f"{at}.sr.weight" in self.state:
            grid = x.transpose(1, 2).unflatten(2, size)
            stride = self.state[f"{at}.sr.weight"].shape[-1]
            keys = self._norm(self._conv(grid, f"{at}.sr", stride=stride).flatten(2).mT, f"{at}.norm")
        attention = nn.MultiheadAttention(x.shape[-1], heads, batch_first=True).eval()
        prefix = f"{at}.attn."
        inside = {k.removeprefix(prefix): v for k, v in self.state.items() if k.startswith(prefix)}
        attention.load_state_dict(inside)
        return attention(x, keys, keys, need_weights=False)[0]

    def __call__(self, images: Tensor) -> list[Tensor]:
        maps, x = [], images
        for stage, heads in enumerate(self.heads):
            at = f"backbone.layers.{stage}"
            kernel, stride = (3, 2) if stage else (7, 4)
            x = self._conv(x, f"{at}.0.projection", stride=stride, padding=kernel // 2)
            size = (x.shape[2], x.shape[3])
            x = self._norm(x.flatten(2).mT, f"{at}.0.norm")
            block = 0
            while (here := f"{at}.1.{block}") + ".norm1.weight" in self.state:
                x = x + self._attend(self._norm(x, f"{here}.norm1"), f"{here}.attn", heads, size)
                hidden = self._norm(x, f"{here}.norm2").mT.unflatten(2, size)
                hidden = self._conv(hidden, f"{here}.ffn.layers.0")
                hidden = self._conv(hidden, f"{here}.ffn.layers.1", padding=1, groups=hidden.shape[1])
                x = x + self._conv(nn.functional.gelu(hidden), f"{here}.ffn.layers.4").flatten(2).mT
                block += 1
            x = self._norm(x, f"{at}.2").mT.unflatten(2, size)
            maps.append(x)
        return maps


@pytest.mark.parametrize("backbone", SEGFORMERS)
def test_every_encoder_computes_what_its_tensors_say(backbone: str, make_weights: Any) -> None:
    theirs = make_weights(_multitask_shapes(backbone, WIDTH))
    config, ours = convert_multitask(theirs)
    assert config == MultitaskConfig(backbone, WIDTH)
    assert sum(t.numel() for t in ours.values()) == sum(t.numel() for t in theirs.values())
    network = MultitaskNetwork(config).eval()
    network.load_state_dict(ours)
    generator = torch.Generator().manual_seed(0)
    images = torch.randn((1, 3, 64, 96), generator=generator)
    with torch.no_grad():
        maps = network.backbone(images)
        expected = Reference(theirs)(images)
        assert network(images).pooled.isfinite().all()
    for one, two in zip(maps, expected, strict=True):
        torch.testing.assert_close(one, two, atol=2e-5, rtol=1e-4)


def test_b2_there_and_back(make_weights: Any) -> None:
    """Every one of their B2 tensors, of the published width, can be told from ours."""
    theirs = make_weights(_multitask_shapes("mit_b2", 256))
    _, ours = convert_multitask(theirs)
    flat = {tuple(t.flatten().tolist()[:6]): name for name, t in ours.items()}
    for name, tensor in theirs.items():
        parts = tensor.chunk(3) if "in_proj" in name else (tensor,)
        targets = [flat[tuple(part.flatten().tolist()[:6])] for part in parts]
        whole = torch.cat([ours[target].flatten() for target in targets])
        assert torch.equal(whole, tensor.flatten()), name
        if len(targets) == 3:
            assert [re.sub(r".*\.(\w)_proj\..*", r"\1", target) for target in targets] == list("qkv")
    with torch.device("meta"):
        expected = {n: t.shape for n, t in MultitaskNetwork(MultitaskConfig("mit_b2")).state_dict().items()}
    assert {name: tensor.shape for name, tensor in ours.items()} == expected


def test_an_import_makes_an_honest_bundle(checkpoints: tuple[Path, Path], tmp_path: Path) -> None:
    bundle = import_checkpoint(*checkpoints, tmp_path / "imported")
    assert bundle == Bundle.load(tmp_path / "imported")
    assert bundle.name == "imported"
    assert bundle.demonstration
    assert bundle.card["training_data"]["metastasis_labels"] == "unknown"
    assert bundle.operating_point["sensitivity"] is None
    assert bundle.threshold == 0.5
    assert bundle.features() is None
    assert (bundle.preprocessing.height, bundle.preprocessing.antialias) == (512, False)
    assert str(tmp_path) not in (bundle.directory / "card.json").read_text(encoding="utf-8")
    _, expected = convert_multi_instance(read_state(checkpoints[1]))
    for name, tensor in bundle.multi_instance().state_dict().items():
        assert torch.equal(tensor, expected[name])
    clinical = import_checkpoint(*checkpoints, tmp_path / "clinical", labels="clinical")
    assert not clinical.demonstration


def test_prefixes_counters_and_half_precision_are_understood(
    checkpoints: tuple[Path, Path], tmp_path: Path
) -> None:
    """As saved from several cards, with mixed precision and without the wrapping dict."""
    state = read_state(checkpoints[1])
    halves = OrderedDict((f"module.{name}", tensor.half()) for name, tensor in state.items())
    halves["module.backbone.bn.num_batches_tracked"] = torch.tensor(7)
    torch.save(halves, tmp_path / "half.pth")
    bundle = import_checkpoint(checkpoints[0], tmp_path / "half.pth", tmp_path / "imported")
    network = bundle.multi_instance()
    assert isinstance(network, MultiInstanceNetwork)
    assert torch.equal(network.class_token, state["backbone.cls_token"].half().float())


class HistoryBuffer:
    """Like the log buffers that mmengine leaves in its checkpoints: a class, arrays, a date."""

    def __init__(self) -> None:
        self.history = np.arange(5.0)
        self.value = np.float64(0.5)
        self.saved = datetime.datetime(2024, 1, 2)
        self.names = {"a", "b"}


def test_logs_beside_the_weights_do_not_hinder(checkpoints: tuple[Path, Path], tmp_path: Path) -> None:
    content = {
        "state_dict": read_state(checkpoints[1]),
        "message_hub": {"loss": HistoryBuffer()},
        "meta": {"i": 1},
    }
    torch.save(content, tmp_path / "logs.pth")
    read = read_state(tmp_path / "logs.pth")
    assert read.keys() == content["state_dict"].keys()  # type: ignore[attr-defined]


def test_files_of_old_torch_are_read(checkpoints: tuple[Path, Path], tmp_path: Path) -> None:
    state = read_state(checkpoints[1])
    torch.save({"state_dict": state}, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    assert read_state(tmp_path / "old.pth").keys() == state.keys()


class _Attack:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.target),)


class _Exec:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (f"import pathlib; pathlib.Path({str(self.target)!r}).mkdir()",)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("attack", [_Attack, _Exec])
def test_a_hostile_checkpoint_runs_nothing(
    attack: type[_Attack] | type[_Exec], zipped: bool, checkpoints: tuple[Path, Path], tmp_path: Path
) -> None:
    content = {"state_dict": read_state(checkpoints[1]), "meta": attack(tmp_path / "owned")}
    torch.save(content, tmp_path / "bad.pth", _use_new_zipfile_serialization=zipped)
    # Refused or read without it: either will do.
    with suppress(BundleError):
        import_checkpoint(checkpoints[0], tmp_path / "bad.pth", tmp_path / "imported")
    assert not (tmp_path / "owned").exists()
    torch.load(tmp_path / "bad.pth", weights_only=False)
    assert (tmp_path / "owned").exists(), "the file would have run code"


def _saved(tmp_path: Path, content: object) -> Path:
    torch.save(content, tmp_path / "x.pth")
    return tmp_path / "x.pth"


def test_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="there is no checkpoint file"):
        read_state(tmp_path / "nowhere.pth")
    (tmp_path / "text.pth").write_text("hello")
    with pytest.raises(BundleError, match=r"text\.pth cannot be read as a torch checkpoint"):
        read_state(tmp_path / "text.pth")
    whole = _saved(tmp_path, {"state_dict": {"a": torch.zeros(99)}}).read_bytes()
    (tmp_path / "cut.pth").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BundleError, match=r"cut\.pth cannot be read as a torch checkpoint"):
        read_state(tmp_path / "cut.pth")
    (tmp_path / "empty.pth").touch()
    (tmp_path / "code.pth").write_bytes(pickle.dumps({"state_dict": Path("x")}, protocol=2))
    for name in ("text", "cut", "empty", "code"):
        with pytest.raises(BundleError, match="more than tensors") as refused:
            read_state(tmp_path / f"{name}.pth")
        assert "weights_only" not in str(refused.value)
    for content in ([1, 2], {"state_dict": {}}, {"state_dict": 3}):
        with pytest.raises(BundleError, match="holds no state_dict"):
            read_state(_saved(tmp_path, content))
    with pytest.raises(BundleError, match="entry 'epoch' is not a tensor"):
        read_state(_saved(tmp_path, {"epoch": 3}))


def test_other_networks_are_refused(
    checkpoints: tuple[Path, Path], tmp_path: Path, make_weights: Any
) -> None:
    out = tmp_path / "imported"
    first, second = checkpoints
    with pytest.raises(BundleError, match="swapped"):
        import_checkpoint(second, first, out)
    with pytest.raises(BundleError, match=r"mtl\.pth: .* does not have"):
        import_checkpoint(first, first, out)
    state = read_state(first)
    with pytest.raises(BundleError, match=r"x\.pth: .*does not have: backbone\.extra \(2,\)"):
        import_checkpoint(_saved(tmp_path, {**state, "backbone.extra": torch.zeros(2)}), second, out)
    cut = {name: tensor for name, tensor in state.items() if "neck" not in name}
    with pytest.raises(BundleError, match=r"x\.pth: .*lacks the tensor that becomes neck\.fuse\.weight"):
        import_checkpoint(_saved(tmp_path, cut), second, out)
    cut = {name: tensor for name, tensor in state.items() if name != "cls_head.classifier.1.bias"}
    with pytest.raises(BundleError, match=r"tensor image_head\.bias is missing"):
        import_checkpoint(_saved(tmp_path, cut), second, out)
    shallow = {name: tensor for name, tensor in state.items() if ".2.1.1." not in name}
    with pytest.raises(BundleError, match=r"depths \(2, 2, 1, 2\); only mit_b0"):
        import_checkpoint(_saved(tmp_path, shallow), second, out)
    wide = _saved(tmp_path, make_weights(_multi_instance_shapes(64, 1, 48)))
    with pytest.raises(BundleError, match="they do not belong together"):
        import_checkpoint(first, wide, out)
    bad = {**state, "neck.dim_fuse.bias": torch.full((WIDTH,), torch.nan)}
    with pytest.raises(BundleError, match=r"x\.pth: tensor .* not finite.*where it was made"):
        import_checkpoint(_saved(tmp_path, bad), second, out)
    short = {**state, "neck.dim_fuse.bias": torch.zeros(WIDTH - 1)}
    with pytest.raises(BundleError, match=r"x\.pth does not fit .*neck\.fuse\.bias is \(31,\)"):
        import_checkpoint(_saved(tmp_path, short), second, out)
    assert not out.exists()


def test_an_import_overwrites_nothing(checkpoints: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(CannotWriteError, match="exists already"):
        import_checkpoint(*checkpoints, tmp_path)
