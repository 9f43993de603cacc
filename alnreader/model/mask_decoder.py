"""The promptless mask decoder, shaped like that of Segment Anything (doi 10.48550/arXiv.2304.02643)."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

TRANSFORMER_DEPTH: Final = 2
HEADS: Final = 8
FEED_FORWARD: Final = 2048
ATTENTION_DOWNSAMPLE: Final = 2
"""Cross attention works on half the embedding's width; self attention on all of it."""

UPSCALED_WIDTHS: Final = (64, 32)
"""Channels after the first and the second transposed convolution."""

LAYER_NORM_2D_EPS: Final = 1e-6
TOKEN_NORM_EPS: Final = 1e-5
"""The token norms keep torch's default, unlike the encoder's and the up-scaling's."""


class PositionCode(nn.Module):
    """Random-Fourier code of a grid's cell centres. The matrix is drawn once and kept with the weights."""

    gaussian: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("gaussian", torch.randn(2, width // 2))

    def forward(self, height: int, width: int) -> Tensor:
        """Return the code of a height x width grid, (1, height * width, C), row by row."""
        like = self.gaussian
        y = (torch.arange(height, device=like.device, dtype=like.dtype) + 0.5) / height
        x = (torch.arange(width, device=like.device, dtype=like.dtype) + 0.5) / width
        rows, columns = torch.meshgrid(2 * y - 1, 2 * x - 1, indexing="ij")
        phase = torch.stack([columns, rows], dim=-1) @ self.gaussian * (2 * math.pi)
        return torch.cat([phase.sin(), phase.cos()], dim=-1).flatten(0, 1).unsqueeze(0)


class Attention(nn.Module):
    """Multi-head attention whose inner width may be smaller than the embedding's."""

    def __init__(self, embedding: int, heads: int, downsample: int = 1) -> None:
        super().__init__()
        inner = embedding // downsample
        self.heads = heads
        self.q = nn.Linear(embedding, inner)
        self.k = nn.Linear(embedding, inner)
        self.v = nn.Linear(embedding, inner)
        self.out = nn.Linear(inner, embedding)

    def _split(self, tokens: Tensor) -> Tensor:
        return tokens.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attend from q (B, Nq, C) to k and v (B, Nk, C); return (B, Nq, C)."""
        mixed = nn.functional.scaled_dot_product_attention(
            self._split(self.q(q)), self._split(self.k(k)), self._split(self.v(v))
        )
        out: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return out


class TwoWayBlock(nn.Module):
    """Tokens attend to themselves and to the image, then the image attends to the tokens."""

    def __init__(self, embedding: int, *, first: bool) -> None:
        super().__init__()
        self.first = first
        self.self_attention = Attention(embedding, HEADS)
        self.norm1 = nn.LayerNorm(embedding, eps=TOKEN_NORM_EPS)
        self.token_to_image = Attention(embedding, HEADS, ATTENTION_DOWNSAMPLE)
        self.norm2 = nn.LayerNorm(embedding, eps=TOKEN_NORM_EPS)
        self.mlp = nn.Sequential(
            nn.Linear(embedding, FEED_FORWARD), nn.ReLU(), nn.Linear(FEED_FORWARD, embedding)
        )
        self.norm3 = nn.LayerNorm(embedding, eps=TOKEN_NORM_EPS)
        self.image_to_token = Attention(embedding, HEADS, ATTENTION_DOWNSAMPLE)
        self.norm4 = nn.LayerNorm(embedding, eps=TOKEN_NORM_EPS)

    def forward(
        self, tokens: Tensor, image: Tensor, token_code: Tensor, image_code: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return updated tokens (B, T, C) and image (B, HW, C)."""
        if self.first:
            # The first block replaces the tokens: they are their own position code as yet.
            tokens = self.self_attention(tokens, tokens, tokens)
        else:
            coded = tokens + token_code
            tokens = tokens + self.self_attention(coded, coded, tokens)
        tokens = self.norm1(tokens)
        coded_image = image + image_code
        tokens = self.norm2(tokens + self.token_to_image(tokens + token_code, coded_image, image))
        tokens = self.norm3(tokens + self.mlp(tokens))
        image = self.norm4(image + self.image_to_token(coded_image, tokens + token_code, tokens))
        return tokens, image


class LayerNorm2d(nn.Module):
    """Normalise over the channels of (B, C, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.eps = LAYER_NORM_2D_EPS

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the same shape."""
        last = maps.permute(0, 2, 3, 1)
        return nn.functional.layer_norm(last, self.weight.shape, self.weight, self.bias, self.eps).permute(
            0, 3, 1, 2
        )


class Decoded(NamedTuple):
    """What `MaskDecoder` returns."""

    u: Tensor
    """(B, 32, 4h, 4w) up-scaled features."""
    mask: Tensor
    """(B, 1, 4h, 4w) mask logits."""


class MaskDecoder(nn.Module):
    """One learned mask token and a two-way transformer over the fused map; no prompts."""

    def __init__(self, embedding: int) -> None:
        super().__init__()
        first, second = UPSCALED_WIDTHS
        self.mask_token = nn.Parameter(torch.randn(1, embedding))
        self.no_mask = nn.Parameter(torch.randn(1, embedding))
        self.position = PositionCode(embedding)
        self.blocks = nn.ModuleList(
            TwoWayBlock(embedding, first=index == 0) for index in range(TRANSFORMER_DEPTH)
        )
        self.final_attention = Attention(embedding, HEADS, ATTENTION_DOWNSAMPLE)
        self.final_norm = nn.LayerNorm(embedding, eps=TOKEN_NORM_EPS)
        self.upscale = nn.Sequential(
            nn.ConvTranspose2d(embedding, first, kernel_size=2, stride=2),
            LayerNorm2d(first),
            nn.GELU(),
            nn.ConvTranspose2d(first, second, kernel_size=2, stride=2),
            nn.GELU(),
        )
        self.token_mlp = nn.Sequential(
            nn.Linear(embedding, embedding),
            nn.ReLU(),
            nn.Linear(embedding, embedding),
            nn.ReLU(),
            nn.Linear(embedding, second),
        )

    def forward(self, x: Tensor) -> Decoded:
        """Decode the fused map.

        Parameters
        ----------
        x : Tensor
            (B, C, h, w).

        Returns
        -------
        Decoded
        """
        batch, _, height, width = x.shape
        image = x.flatten(2).transpose(1, 2) + self.no_mask
        code = self.position(height, width).to(image.dtype)
        token_code = self.mask_token.expand(batch, 1, -1)
        tokens = token_code
        for block in self.blocks:
            tokens, image = block(tokens, image, token_code, code)
        attended = self.final_attention(tokens + token_code, image + code, image)
        tokens = self.final_norm(tokens + attended)
        u = self.upscale(image.transpose(1, 2).unflatten(2, (height, width)))
        mask = torch.einsum("bc,bchw->bhw", self.token_mlp(tokens[:, 0]), u)
        return Decoded(u, mask.unsqueeze(1))
