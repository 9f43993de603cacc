from __future__ import annotations

from typing import Any

import pytest
import torch

from alnreader.case.errors import AlnReaderError
from alnreader.inference.backend import TorchBackend
from alnreader.inference.device import (
    CPU,
    MAX_THREADS,
    Device,
    DeviceError,
    OutOfMemoryError,
    choose_device,
    is_out_of_memory,
    limit_threads,
)
from alnreader.inference.engine import Engine
from alnreader.model.bundle import Bundle
from alnreader.model.multitask import Maps, MultitaskNetwork


def test_auto_takes_what_is_there() -> None:
    chosen = choose_device("auto")
    torch.zeros(1, device=chosen.name)
    assert chosen.words
    anything = torch.cuda.is_available() or torch.backends.mps.is_available() or torch.xpu.is_available()
    assert (chosen == CPU) is not anything


def test_the_cpu_can_be_asked_for() -> None:
    assert choose_device("cpu") == Device("cpu", "CPU")


@pytest.mark.parametrize("wanted", ["cuda:97", "mps:7", "xpu:55"])
def test_a_device_that_is_not_there_is_refused(wanted: str) -> None:
    with pytest.raises(DeviceError, match=r"not there.*finds .* of that kind.*Choose 'auto' or 'cpu'"):
        choose_device(wanted)


@pytest.mark.parametrize("wanted", ["gpu", "", "cuda:", "cuda:x", "cpu:0", "cuda:-1"])
def test_a_device_that_does_not_exist_is_refused(wanted: str) -> None:
    with pytest.raises(DeviceError, match="Unknown device"):
        choose_device(wanted)


def test_threads_are_only_ever_taken_away() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(64)
        limited = limit_threads()
        assert limited == torch.get_num_threads() <= MAX_THREADS
        torch.set_num_threads(1)
        assert limit_threads() == torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


class SmallCard:
    """A device whose memory is full at the first image: the hardware's fault, not the program's."""

    def __init__(self, network: MultitaskNetwork, error: BaseException, device: Device) -> None:
        self._works = TorchBackend(network, CPU)
        self._error: BaseException | None = error
        self.device = device

    def encode(self, batch: torch.Tensor) -> Maps:
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        return self._works.encode(batch)


CARD = Device("cuda", "CUDA (small card)")
FULL = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
    RuntimeError("MPS backend out of memory (MPS allocated: 8 GB)"),
]


@pytest.mark.parametrize("error", FULL, ids=["cuda", "mps"])
def test_a_full_device_hands_one_image_to_the_cpu_and_says_so(
    error: RuntimeError, bundle: Bundle, engine: Engine, samples: Any
) -> None:
    small = Engine(bundle, backend=SmallCard(bundle.multitask(), error, CARD))
    images = [samples.image_of(samples.picture(seed), str(seed)) for seed in (1, 2)]
    encoded = {image.key: small.encode(image) for image in images}
    first, second = encoded.values()
    assert (first.device, first.fallback) == ("CPU", "CUDA (small card) was out of memory")
    assert (second.device, second.fallback) == ("CUDA (small card)", "")
    assert torch.equal(first.x, engine.encode(images[0]).x)

    run = small.score(samples.case_of(*images), encoded).run
    assert small.device == "CUDA (small card)"
    assert run.device == ("CUDA (small card), 1 of 2 images on the CPU: CUDA (small card) was out of memory")


def test_a_full_computer_is_told_to_the_user(bundle: Bundle, samples: Any) -> None:
    error = RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes.")
    full = Engine(bundle, backend=SmallCard(bundle.multitask(), error, CPU))
    with pytest.raises(OutOfMemoryError, match=r"a\.dcm: there is not enough memory.*Close other programs"):
        full.encode(samples.image_of(samples.picture(0), "a"))
    assert issubclass(OutOfMemoryError, AlnReaderError)


def test_any_other_fault_of_a_device_is_not_hidden(bundle: Bundle, samples: Any) -> None:
    error = RuntimeError("CUDA error: an illegal memory access was encountered")
    assert not is_out_of_memory(error)
    broken = Engine(bundle, backend=SmallCard(bundle.multitask(), error, CARD))
    with pytest.raises(RuntimeError, match="illegal memory access"):
        broken.encode(samples.image_of(samples.picture(0), "a"))
