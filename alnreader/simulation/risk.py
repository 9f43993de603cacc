"""Which patients have a metastasis, and why: the stated risk factors and the best possible AUC."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

INTERCEPT = -0.1
"""Chosen for about 41 % of patients with a metastasis."""

WEIGHTS = {
    "size": 0.6,
    "irregularity": 0.5,
    "spiculation": 0.4,
    "cortex": 1.1,
    "hilum": 0.8,
    "roundness": 0.55,
}
"""Log-odds for one standard unit of each factor (`_standard`). Direction and order follow the literature:
cortex thickness and hilum loss tell most (Bedi et al., AJR 2008, doi 10.2214/AJR.07.2460), the tumour's
size and outline less. The numbers are this simulation's own, not clinical estimates."""

HILUM_SEEN = 0.12
"""Below this share of the node's short axis the fatty hilum is not drawn: it is lost."""

NODE_VIEW_SHARE = 0.9
"""Share of patients with a view of the axillary node."""

_MARGINAL_DRAWS = 256
"""Nodes drawn for the mean over unseen nodes."""


@dataclass(frozen=True)
class Tumour:
    """What the pictures of the tumour show.

    Attributes
    ----------
    size_mm
        Longest diameter.
    irregularity
        0 (smooth oval) to 1 (angular, lobulated outline).
    spiculation
        0 (none) to 1 (many long spicules).
    """

    size_mm: float
    irregularity: float
    spiculation: float


@dataclass(frozen=True)
class Node:
    """What the pictures of the axillary node show.

    Attributes
    ----------
    long_mm, short_mm
        Diameters.
    cortex_mm
        Greatest thickness of the cortex; the short diameter where the hilum is lost.
    hilum
        Extent of the fatty hilum: its short axis over the node's; 0 where it is lost.
    """

    long_mm: float
    short_mm: float
    cortex_mm: float
    hilum: float

    @property
    def roundness(self) -> float:
        """Short over long diameter."""
        return self.short_mm / self.long_mm

    @property
    def hilum_lost(self) -> bool:
        """Whether no hilum is drawn."""
        return self.hilum <= 0


def draw_tumour(rng: np.random.Generator) -> Tumour:
    """Draw a tumour: 6 to 40 mm, from benign-looking to spiculated."""
    aggressive = rng.normal()
    size = float(np.clip(17 * np.exp(0.38 * rng.normal() + 0.16 * aggressive), 6, 40))
    irregularity = float(1 / (1 + np.exp(-(0.2 + 1.2 * aggressive + 0.8 * rng.normal()))))
    spiculation = float(np.clip(irregularity * 1.3 - 0.45 + 0.3 * rng.normal(), 0, 1))
    return Tumour(size, irregularity, spiculation)


def draw_node(tumour: Tumour, rng: np.random.Generator) -> Node:
    """Draw a node; the worse the tumour looks, the more often an abnormal one."""
    lean = 0.5 * _standard_size(tumour) + 0.4 * (tumour.irregularity - 0.5) / 0.28
    change = 1 / (1 + np.exp(-(-0.5 + 0.6 * lean + 1.7 * rng.normal())))
    long_mm = float(np.clip(14 * np.exp(0.28 * rng.normal()), 8, 28))
    roundness = float(np.clip(0.42 + 0.42 * change + 0.09 * rng.normal(), 0.32, 0.97))
    short_mm = long_mm * roundness
    cortex = (1.3 + 6.0 * change**1.4) * np.exp(0.22 * rng.normal())
    # The cortex lies on both sides of the hilum, thinner on one: what it leaves is the hilum.
    cortex = float(min(cortex, 0.8 * short_mm))
    hilum = float(1 - (cortex * 1.45) / short_mm + 0.06 * rng.normal())
    if hilum < HILUM_SEEN:
        return Node(long_mm, short_mm, short_mm, 0.0)
    return Node(long_mm, short_mm, cortex, min(hilum, 0.8, 0.97 - cortex / short_mm))


def _standard_size(tumour: Tumour) -> float:
    return float((np.log(tumour.size_mm) - np.log(17)) / 0.41)


def _standard(tumour: Tumour, node: Node) -> dict[str, float]:
    """Factors in units of about one standard deviation of this population."""
    return {
        "size": _standard_size(tumour),
        "irregularity": (tumour.irregularity - 0.53) / 0.26,
        "spiculation": (tumour.spiculation - 0.32) / 0.33,
        "cortex": (min(node.cortex_mm, 10.0) - 4.2) / 2.9,
        "hilum": (0.33 - node.hilum) / 0.28,
        "roundness": (node.roundness - 0.6) / 0.17,
    }


def probability(tumour: Tumour, node: Node) -> float:
    """Probability of a metastasis when tumour and node are seen: sigmoid(intercept + weights x factors)."""
    logit = INTERCEPT + sum(WEIGHTS[name] * value for name, value in _standard(tumour, node).items())
    return float(1 / (1 + np.exp(-logit)))


def probability_without_node(tumour: Tumour) -> float:
    """Probability of a metastasis when only the tumour is seen: the mean over nodes it may go with."""
    rng = np.random.default_rng(0)
    return float(np.mean([probability(tumour, draw_node(tumour, rng)) for _ in range(_MARGINAL_DRAWS)]))


def auc(scores: np.ndarray, labels: np.ndarray) -> float:
    """Area under the ROC curve (Mann-Whitney; ties count half)."""
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    _, group = np.unique(scores, return_inverse=True)
    ranks = (np.bincount(group, weights=ranks) / np.bincount(group))[group]
    positive = labels.astype(bool)
    n_pos, n_neg = int(positive.sum()), int((~positive).sum())
    return float((ranks[positive].sum() - n_pos * (n_pos + 1) / 2) / (n_pos * n_neg))


def best_possible_auc(n: int = 20_000, seed: int = 0, node_view_share: float = NODE_VIEW_SHARE) -> float:
    """AUC of the true probability against the labels: no reader of the pictures can do better.

    Parameters
    ----------
    n
        Number of patients drawn.
    seed
        Seed of the draw.
    node_view_share
        Share of the patients whose node is seen; of the others the tumour alone tells.
    """
    rng = np.random.default_rng(seed)
    scores = np.empty(n)
    for i in range(n):
        tumour = draw_tumour(rng)
        node = draw_node(tumour, rng)
        seen = rng.random() < node_view_share
        scores[i] = probability(tumour, node) if seen else probability_without_node(tumour)
    return auc(scores, rng.random(n) < scores)
