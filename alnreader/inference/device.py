"""What a network runs on: the choice, and the words for it that the user is shown."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch

from alnreader.case.errors import AlnReaderError, ExitCode

MAX_THREADS: Final = 8
"""More threads do not speed up one 512 x 512 image, and a window needs a core too."""


class DeviceError(AlnReaderError):
    """A device that was asked for and is not there."""

    exit_code = ExitCode.USAGE


class OutOfMemoryError(AlnReaderError):
    """Not even the computer's own memory holds one image's pass."""


@dataclass(frozen=True)
class Device:
    """A device of torch and what the user is told of it.

    Attributes
    ----------
    name
        As torch calls it: ``cpu``, ``cuda``, ``cuda:1``, ``mps``, ``xpu``.
    words
        For the user: ``CPU``, ``CUDA (NVIDIA H100)``.
    """

    name: str
    words: str


CPU: Final = Device("cpu", "CPU")


def _cuda_words(index: int) -> str:
    return f"CUDA ({torch.cuda.get_device_name(index)})"


def _mps_words(index: int) -> str:
    return "MPS (Apple GPU)"


def _xpu_words(index: int) -> str:
    return f"XPU ({torch.xpu.get_device_name(index)})"


@dataclass(frozen=True)
class _Kind:
    """A family of accelerators: how many there are, and how one is called."""

    count: Callable[[], int]
    words: Callable[[int], str]


# In the order in which "auto" prefers them.
_ACCELERATORS: Final[dict[str, _Kind]] = {
    "cuda": _Kind(lambda: torch.cuda.device_count() if torch.cuda.is_available() else 0, _cuda_words),
    "mps": _Kind(lambda: int(torch.backends.mps.is_available()), _mps_words),
    "xpu": _Kind(lambda: torch.xpu.device_count() if torch.xpu.is_available() else 0, _xpu_words),
}


def choose_device(wanted: str = "auto") -> Device:
    """Return the device to run on.

    Parameters
    ----------
    wanted : str
        ``auto`` takes the first of CUDA, MPS, XPU that is there, else the CPU. Otherwise ``cpu``, ``cuda``,
        ``mps`` or ``xpu``, with ``:1`` for the second of its kind and so on.

    Returns
    -------
    Device

    Raises
    ------
    DeviceError
        If the name is unknown or no such device is there.
    """
    if wanted == "auto":
        for name, kind in _ACCELERATORS.items():
            if kind.count():
                return Device(name, kind.words(0))
        return CPU
    if wanted == CPU.name:
        return CPU
    name, _, index = wanted.partition(":")
    if name not in _ACCELERATORS or (":" in wanted and not index.isdecimal()):
        raise DeviceError(
            f"Unknown device {wanted!r}. Choose auto, cpu, {', '.join(_ACCELERATORS)}, or a numbered one "
            "such as cuda:0."
        )
    kind = _ACCELERATORS[name]
    count = kind.count()
    number = int(index or 0)
    if number >= count:
        found = f"only {count} of that kind" if count else "none of that kind"
        raise DeviceError(
            f"The device {wanted!r} is not there: torch {torch.__version__} finds {found}. Choose 'auto' or "
            "'cpu', or install the driver and the torch build for that device."
        )
    return Device(wanted, kind.words(number))


def limit_threads() -> int:
    """Keep torch from taking more threads than it has cores to itself, or than help; return their number.

    Only ever lowers the number, so that ``OMP_NUM_THREADS`` is heeded.
    """
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = min(torch.get_num_threads(), available, MAX_THREADS)
    if threads < torch.get_num_threads():
        torch.set_num_threads(threads)
    return threads


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the error says that a device's memory is full. MPS says so in words only."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and (
        "out of memory" in str(error).lower() or "can't allocate memory" in str(error)
    )
