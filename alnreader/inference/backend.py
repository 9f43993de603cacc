"""The slow half behind a small interface: one network pass an image."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from alnreader.inference.device import Device
from alnreader.model.multitask import Maps, MultitaskNetwork


class Backend(Protocol):
    """Runs backbone, neck and mask decoder."""

    @property
    def device(self) -> Device:
        """What it runs on."""

    def encode(self, batch: Tensor) -> Maps:
        """Encode prepared images.

        Parameters
        ----------
        batch : Tensor
            (B, 3, h, w) float32 on the CPU, from `Preprocessing.prepare`.

        Returns
        -------
        Maps
            float32, on any device.

        Raises
        ------
        RuntimeError
            For which `is_out_of_memory` holds, if the device's memory is full.
        """


class TorchBackend:
    """The network as it is, in float32.

    Parameters
    ----------
    network : MultitaskNetwork
        Moved to the device and kept: give it a network of its own.
    device : Device
    """

    def __init__(self, network: MultitaskNetwork, device: Device) -> None:
        # channels_last: a sixth faster on a CPU, equal to within rounding.
        self._network = network.eval().requires_grad_(False).to(device.name)
        self._network = self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
        self._device = device

    @property
    def device(self) -> Device:
        """What it runs on."""
        return self._device

    def encode(self, batch: Tensor) -> Maps:
        """Encode prepared images; see `Backend.encode`."""
        images = batch.to(self._device.name, memory_format=torch.channels_last)
        # TF32 would move the logits by 1e-3 against a CPU; benchmark mode picks other kernels run by run.
        with (
            torch.inference_mode(),
            torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False),
        ):
            return self._network.encode(images)
