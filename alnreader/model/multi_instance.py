"""Stage 2: one patient's logits from the pooled features of all images (doi 10.1038/s41698-025-00971-0)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

LAYER_NORM_EPS: Final = 1e-6
INITIAL_STD: Final = 0.02
"""Standard deviation of linear layers and the class token before training, as vision transformers use."""


@dataclass(frozen=True)
class MultiInstanceConfig:
    """What fixes the tensors of `MultiInstanceNetwork` (and its dropout in training).

    Parameters
    ----------
    embedding : int
        Width of an instance.
    depth, heads, feed_forward : int
        Layers, attention heads and hidden width of a layer.
    dropout : float
        In training, after the attention's projection and twice in the feed-forward part.

    Raises
    ------
    ValueError
        If the width cannot be split among the heads.
    """

    embedding: int = 256
    depth: int = 6
    heads: int = 4
    feed_forward: int = 768
    dropout: float = 0.1

    def __post_init__(self) -> None:
        if self.embedding % self.heads:
            raise ValueError(f"embedding {self.embedding} is not a multiple of {self.heads} heads")


class Layer(nn.Module):
    """Pre-norm transformer layer; query, key and value have no bias."""

    def __init__(self, config: MultiInstanceConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.norm1 = nn.LayerNorm(config.embedding, eps=LAYER_NORM_EPS)
        self.qkv = nn.Linear(config.embedding, 3 * config.embedding, bias=False)
        self.projection = nn.Linear(config.embedding, config.embedding)
        self.norm2 = nn.LayerNorm(config.embedding, eps=LAYER_NORM_EPS)
        self.expand = nn.Linear(config.embedding, config.feed_forward)
        self.contract = nn.Linear(config.feed_forward, config.embedding)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, tokens: Tensor, attend: Tensor | None) -> Tensor:
        """Return (B, T, C); `attend` (B, 1, 1, T) bool is True where a token may be looked at."""
        qkv = self.qkv(self.norm1(tokens)).unflatten(-1, (3, self.heads, -1))
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        mixed = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=attend)
        tokens = tokens + self.dropout(self.projection(mixed.transpose(1, 2).flatten(2)))
        hidden = self.dropout(nn.functional.gelu(self.expand(self.norm2(tokens))))
        return tokens + self.dropout(self.contract(hidden))


class MultiInstanceNetwork(nn.Module):
    """A class token attends to a bag of any size; the instances have no order.

    Parameters
    ----------
    config : MultiInstanceConfig
    """

    def __init__(self, config: MultiInstanceConfig | None = None) -> None:
        super().__init__()
        self.config = config or MultiInstanceConfig()
        self.class_token = nn.Parameter(torch.empty(1, 1, self.config.embedding))
        self.layers = nn.ModuleList(Layer(self.config) for _ in range(self.config.depth))
        self.norm = nn.LayerNorm(self.config.embedding, eps=LAYER_NORM_EPS)
        self.head = nn.Linear(self.config.embedding, 2)
        nn.init.trunc_normal_(self.class_token, std=INITIAL_STD)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=INITIAL_STD)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, bags: Tensor, padding: Tensor | None = None) -> Tensor:
        """Return the patients' logits.

        Parameters
        ----------
        bags : Tensor
            (B, N, embedding) pooled features, in any order; N = 0 leaves the class token alone.
        padding : Tensor, optional
            (B, N) bool, True where the row is not an instance; its content is ignored.

        Returns
        -------
        Tensor
            (B, 2) logits; index 1 is "metastasis".
        """
        attend: Tensor | None = None
        if padding is not None:
            # Zeroed, not only masked: 0 * NaN in a padded row would still be NaN.
            bags = bags.masked_fill(padding.unsqueeze(-1), 0.0)
            # The class token in front is always there.
            attend = ~nn.functional.pad(padding, (1, 0), value=False)[:, None, None, :]
        tokens = torch.cat([self.class_token.expand(bags.shape[0], -1, -1), bags], dim=1)
        for layer in self.layers:
            tokens = layer(tokens, attend)
        logits: Tensor = self.head(self.norm(tokens[:, 0]))
        return logits
