"""Stage 2 and the calibration: from a bag of pooled features to the patient's probability."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alnreader.model.card import Calibration
from alnreader.model.multi_instance import MultiInstanceNetwork

TOKENS_AT_ONCE: Final = 2048
"""Tokens in one pass of stage 2: enough to keep a core's matrix product busy, some 30 MB of workspace."""


def sigmoid(logit: float) -> float:
    """Return the logistic function in double precision, 0..1, for any logit."""
    return float(np.exp(-np.logaddexp(0.0, -logit)))


class PatientModel:
    """Stage 2 with the card's calibration, on the CPU: 256 numbers an image are no work for an accelerator.

    Parameters
    ----------
    network : MultiInstanceNetwork
    calibration : Calibration
        On the logit difference: Platt's slope and intercept, or none (a softmax over two classes is the
        logistic function of their difference).

    Attributes
    ----------
    empty : float
        The calibrated probability with no image in the bag.
    """

    def __init__(self, network: MultiInstanceNetwork, calibration: Calibration) -> None:
        self._network = network.eval().requires_grad_(False).to("cpu", torch.float32)
        platt = calibration["method"] == "platt"
        self._slope = calibration["slope"] if platt else 1.0
        self._intercept = calibration["intercept"] if platt else 0.0
        self._width = network.config.embedding
        self.empty = float(self.probabilities(self.no_images()[None])[0])

    def no_images(self) -> Tensor:
        """Return the empty bag, (0, C)."""
        return torch.zeros(0, self._width)

    def evidence(self, bags: Tensor) -> Tensor:
        """Return logit "metastasis" less logit "none", (B,), of (B, N, C) bags; differentiable."""
        logits: Tensor = self._network(bags)
        return logits[:, 1] - logits[:, 0]

    def probabilities(self, bags: Tensor) -> NDArray[np.float64]:
        """Return the calibrated probability, (B,) float64 in 0..1, of (B, N, C) bags; N may be 0."""
        at_once = max(1, TOKENS_AT_ONCE // (bags.shape[1] + 1))
        with torch.no_grad():
            parts = [self.evidence(part) for part in torch.split(bags, at_once)]
        evidence = torch.cat(parts).double().numpy()
        result: NDArray[np.float64] = np.exp(-np.logaddexp(0.0, -(self._slope * evidence + self._intercept)))
        return result

    def of_subsets(self, bag: Tensor, subsets: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the probability of each subset of one bag.

        Parameters
        ----------
        bag : Tensor
            (N, C) float32.
        subsets : ndarray
            (S, N) bool.

        Returns
        -------
        ndarray
            (S,) float64.
        """
        sizes = subsets.sum(axis=1)
        result = np.empty(len(subsets))
        # By size, so that no row is padded: half the work at ten images.
        for size in np.unique(sizes):
            chosen = np.flatnonzero(sizes == size)
            members = np.nonzero(subsets[chosen])[1].reshape(len(chosen), size)
            result[chosen] = self.probabilities(bag[torch.from_numpy(members)])
        return result
