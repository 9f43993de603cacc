"""From the tensor names of the paper's authors (mmseg, mmcls) to this program's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from torch import Tensor

from alnreader.case.errors import BundleError
from alnreader.model.backbone import SEGFORMERS, BackboneShape
from alnreader.model.multi_instance import MultiInstanceConfig
from alnreader.model.multitask import MultitaskConfig

_ENCODER = r"backbone\.layers\.(\d+)"
_BLOCK = _ENCODER + r"\.1\.(\d+)"
_OUR_BLOCK = r"backbone.stages.\1.blocks.\2"
_DECODER = r"decode_head\.transformer\.layers\.(\d+)"
_END = r"\.(weight|bias)"
_ATTENTION = r"\.(q|k|v|out)_proj" + _END

MULTITASK_NAMES: Final[tuple[tuple[str, str], ...]] = (
    (_ENCODER + r"\.0\.projection" + _END, r"backbone.stages.\1.patch_embeddings.proj.\2"),
    (_ENCODER + r"\.0\.norm" + _END, r"backbone.stages.\1.patch_embeddings.layer_norm.\2"),
    (_ENCODER + r"\.2" + _END, r"backbone.stages.\1.layer_norm.\2"),
    (_BLOCK + r"\.norm1" + _END, _OUR_BLOCK + r".layernorm_before.\3"),
    (_BLOCK + r"\.norm2" + _END, _OUR_BLOCK + r".layernorm_after.\3"),
    (_BLOCK + r"\.attn\.attn\.in_proj_(weight|bias)", _OUR_BLOCK + r".attention.{qkv}_proj.\3"),
    (_BLOCK + r"\.attn\.attn\.out_proj" + _END, _OUR_BLOCK + r".attention.o_proj.\3"),
    (
        _BLOCK + r"\.attn\.sr" + _END,
        _OUR_BLOCK + r".attention.sequence_reduction.sequence_reduction.\3",
    ),
    (_BLOCK + r"\.attn\.norm" + _END, _OUR_BLOCK + r".attention.sequence_reduction.layer_norm.\3"),
    (_BLOCK + r"\.ffn\.layers\.0" + _END, _OUR_BLOCK + r".mlp.fc1.\3"),
    (_BLOCK + r"\.ffn\.layers\.1" + _END, _OUR_BLOCK + r".mlp.dwconv.dwconv.\3"),
    (_BLOCK + r"\.ffn\.layers\.4" + _END, _OUR_BLOCK + r".mlp.fc2.\3"),
    (r"neck\.dim_fuse" + _END, r"neck.fuse.\1"),
    (_DECODER + r"\.self_attn" + _ATTENTION, r"mask_decoder.blocks.\1.self_attention.\2.\3"),
    (
        _DECODER + r"\.cross_attn_(token_to_image|image_to_token)" + _ATTENTION,
        r"mask_decoder.blocks.\1.\2.\3.\4",
    ),
    (_DECODER + r"\.norm([1-4])" + _END, r"mask_decoder.blocks.\1.norm\2.\3"),
    (_DECODER + r"\.mlp\.lin1" + _END, r"mask_decoder.blocks.\1.mlp.0.\2"),
    (_DECODER + r"\.mlp\.lin2" + _END, r"mask_decoder.blocks.\1.mlp.2.\2"),
    (
        r"decode_head\.transformer\.final_attn_token_to_image" + _ATTENTION,
        r"mask_decoder.final_attention.\1.\2",
    ),
    (r"decode_head\.transformer\.norm_final_attn" + _END, r"mask_decoder.final_norm.\1"),
    (r"decode_head\.mask_tokens\.weight", "mask_decoder.mask_token"),
    (r"decode_head\.no_mask_embed\.weight", "mask_decoder.no_mask"),
    (
        r"decode_head\.pe_layer\.positional_encoding_gaussian_matrix",
        "mask_decoder.position.gaussian",
    ),
    (r"decode_head\.output_upscaling\.([013])" + _END, r"mask_decoder.upscale.\1.\2"),
    (r"decode_head\.output_hypernetworks_mlps\.0\.layers\.0" + _END, r"mask_decoder.token_mlp.0.\1"),
    (r"decode_head\.output_hypernetworks_mlps\.0\.layers\.1" + _END, r"mask_decoder.token_mlp.2.\1"),
    (r"decode_head\.output_hypernetworks_mlps\.0\.layers\.2" + _END, r"mask_decoder.token_mlp.4.\1"),
    (r"cls_head\.classifier\.1" + _END, r"image_head.\1"),
    (r"mask_cls_head\.classifier\.1" + _END, r"type_head.\1"),
)
"""Their stage-1 names (a regular expression) and ours; {qkv} stands for a tensor to be cut in three."""

MULTI_INSTANCE_NAMES: Final[tuple[tuple[str, str], ...]] = (
    (r"backbone\.cls_token", "class_token"),
    (_ENCODER + r"\.ln([12])" + _END, r"layers.\1.norm\2.\3"),
    (_ENCODER + r"\.attn\.qkv\.weight", r"layers.\1.qkv.weight"),
    (_ENCODER + r"\.attn\.proj" + _END, r"layers.\1.projection.\2"),
    (_ENCODER + r"\.ffn\.layers\.0\.0" + _END, r"layers.\1.expand.\2"),
    (_ENCODER + r"\.ffn\.layers\.1" + _END, r"layers.\1.contract.\2"),
    (r"backbone\.ln1" + _END, r"norm.\1"),
    (r"head\.layers\.head" + _END, r"head.\1"),
)
"""Their stage-2 names (a regular expression) and ours."""


def _rename(state: Mapping[str, Tensor], names: tuple[tuple[str, str], ...]) -> dict[str, Tensor]:
    """Rename every floating-point tensor; refuse one that no rule knows."""
    renamed: dict[str, Tensor] = {}
    for raw, tensor in state.items():
        # Counters such as num_batches_tracked carry no weight: no tensor of these networks is an integer.
        if not tensor.is_floating_point():
            continue
        name = raw.removeprefix("module.")
        for pattern, ours in names:
            match = re.fullmatch(pattern, name)
            if match is None:
                continue
            target = match.expand(ours)
            if "{qkv}" in target:
                for part, piece in zip("qkv", tensor.chunk(3), strict=True):
                    renamed[target.replace("{qkv}", part)] = piece.clone()
            else:
                # Their feed-forward layers are 1x1 convolutions where ours are linear: the same product.
                linear = ".mlp.fc" in target and tensor.ndim == 4
                renamed[target] = tensor.flatten(1) if linear else tensor
            break
        else:
            raise BundleError(
                f"the checkpoint holds a tensor that this network does not have: {raw} "
                f"{tuple(tensor.shape)}. It was saved from another network."
            )
    return renamed


def _count(state: Mapping[str, Tensor], pattern: str) -> int:
    """Return one more than the largest number that the pattern's group finds in the names."""
    found = [int(match[1]) for name in state if (match := re.match(pattern, name))]
    return max(found, default=-1) + 1


def _need(state: Mapping[str, Tensor], name: str) -> Tensor:
    if name not in state:
        raise BundleError(
            f"the checkpoint lacks the tensor that becomes {name}. It is cut or of another network."
        )
    return state[name]


def convert_multitask(state: Mapping[str, Tensor]) -> tuple[MultitaskConfig, dict[str, Tensor]]:
    """Convert the authors' stage-1 tensors.

    Parameters
    ----------
    state : mapping of str to Tensor
        Their `state_dict`.

    Returns
    -------
    tuple of MultitaskConfig and dict
        The configuration found from the shapes, and the tensors under this program's names.

    Raises
    ------
    BundleError
        If a tensor is unknown or the encoder is none of MiT-B0, B1 and B2.
    """
    ours = _rename(state, MULTITASK_NAMES)
    widths = tuple(
        _need(ours, f"backbone.stages.{stage}.patch_embeddings.proj.weight").shape[0] for stage in range(4)
    )
    depths = tuple(_count(ours, rf"backbone\.stages\.{stage}\.blocks\.(\d+)\.") for stage in range(4))
    embedding = _need(ours, "neck.fuse.weight").shape[0]
    for name, shape in SEGFORMERS.items():
        if shape == BackboneShape(widths, depths):  # type: ignore[arg-type]  # four depths
            return MultitaskConfig(name, embedding), ours
    raise BundleError(
        f"the checkpoint's encoder has widths {widths} and depths {depths}; "
        f"only {', '.join(SEGFORMERS)} can be imported."
    )


def convert_multi_instance(
    state: Mapping[str, Tensor],
) -> tuple[MultiInstanceConfig, dict[str, Tensor]]:
    """Convert the authors' stage-2 tensors.

    The number of heads leaves no trace in the shapes: the published 4 is taken.

    Parameters
    ----------
    state : mapping of str to Tensor
        Their `state_dict`.

    Returns
    -------
    tuple of MultiInstanceConfig and dict
        The configuration found from the shapes, and the tensors under this program's names.

    Raises
    ------
    BundleError
        If a tensor is unknown or missing.
    """
    ours = _rename(state, MULTI_INSTANCE_NAMES)
    config = MultiInstanceConfig(
        embedding=_need(ours, "class_token").shape[-1],
        depth=_count(ours, r"layers\.(\d+)\."),
        feed_forward=_need(ours, "layers.0.expand.weight").shape[0],
    )
    return config, ours
