"""What a run works on: one process or several, CPU or GPUs, one machine or many, through `accelerate`.

On a CPU that others use too, two processes of one thread were measured to be about three times as fast as
one process of two threads: they meet once a step, not at every operation
(docs/decisions/0031-processes-not-threads.md).
"""

from __future__ import annotations

import os
import queue
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import torch

from alnreader.case.errors import AlnReaderError, TrainingError
from alnreader.inference.device import DeviceError, choose_device

if TYPE_CHECKING:
    from accelerate import Accelerator

WAIT = timedelta(minutes=30)
"""How long a process waits for another: it may be writing a checkpoint or validating on a slow disk."""

BUCKET_MIB = 100
"""Gradients travel in packets of this size: on a CPU each is one more meeting of the processes."""

Precision = Literal["auto", "bf16", "fp32"]


@dataclass(frozen=True)
class Voice:
    """Where a run's sentences and progress go.

    `report` is given a sentence; `progress` what is done, what there is to do, and words for the bar.
    """

    report: Callable[[str], None] = lambda message: None
    progress: Callable[[int, int, str], None] = lambda done, total, words: None


@dataclass(frozen=True)
class Machine:
    """What a run was told to use. `device` is "auto" or torch's name; `threads` are those of each process."""

    device: str = "cpu"
    processes: int = 1
    threads: int = 1
    precision: Precision = "auto"

    def resolved(self) -> str:
        """Return torch's name of the device.

        Raises
        ------
        DeviceError
            If it is not there, or if there are fewer of its kind than processes.
        """
        name = choose_device(self.device).name
        if self.processes > 1 and name != "cpu":
            kind, _, index = name.partition(":")
            if index:
                raise DeviceError(f"{self.processes} processes cannot share {name}. Give --device {kind}.")
            choose_device(f"{kind}:{self.processes - 1}")
        return name


_SIZES = ("WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE")
_RANKS = ("RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK")
"""What torchrun, Open MPI, Intel MPI and MVAPICH tell a process; `accelerate launch` uses one of them."""


def _told(names: tuple[str, ...], otherwise: int) -> int:
    return next((int(os.environ[name]) for name in names if os.environ.get(name, "").isdecimal()), otherwise)


def launched() -> bool:
    """Return whether `accelerate launch`, torchrun or mpirun has started several of this program."""
    return _told(_SIZES, 1) > 1


def process_count(wanted: int) -> int:
    """Return how many processes there are: those that were launched, or `wanted`."""
    return _told(_SIZES, 1) if launched() else wanted


def first_of_launched() -> bool:
    """Return whether this is the only process, or the one that checks the data and writes."""
    return _told(_RANKS, 0) == 0


def bf16_pays(device: str) -> bool:
    """Return whether bfloat16 is worth it: where the device has instructions for it."""
    kind, _, index = device.partition(":")
    if kind == "cuda":
        with torch.cuda.device(int(index or 0)):
            return torch.cuda.is_bf16_supported(including_emulation=False)
    if kind == "cpu":
        # Private, but the only way to ask; without the instructions bfloat16 is emulated and slower.
        probe = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
        return bool(probe and probe())
    return kind == "xpu"


def require_accelerate() -> None:
    """Raise `TrainingError` if what only training needs is not installed."""
    try:
        import accelerate  # noqa: F401 - is it there?
        import tensorboardX  # noqa: F401 - as well?
    except ImportError as error:
        raise TrainingError(
            f"Training needs the package {error.name}, which is not installed. "
            "Install the program with it: pip install 'alnreader[training]' (a source tree: '.[training]')."
        ) from error


@contextmanager
def engine(machine: Machine) -> Iterator[Accelerator]:
    """Give this process its place among the others, and take it away again."""
    from accelerate import Accelerator, DistributedDataParallelKwargs, InitProcessGroupKwargs
    from accelerate.state import AcceleratorState

    device = machine.resolved()
    shared = machine.processes > 1 or launched()
    named = device if ":" in device and not shared else None
    before = {name: os.environ.get(name) for name in ("ACCELERATE_TORCH_DEVICE", "OMP_NUM_THREADS")}
    # Several processes on a CPU choose their threads by it, if it is there.
    os.environ["OMP_NUM_THREADS"] = str(machine.threads)
    if named:
        os.environ["ACCELERATE_TORCH_DEVICE"] = named
    half = bf16_pays(device) if machine.precision == "auto" else machine.precision == "bf16"
    try:
        accelerator = Accelerator(
            cpu=device == "cpu",
            mixed_precision="bf16" if half else "no",
            kwargs_handlers=[
                DistributedDataParallelKwargs(bucket_cap_mb=BUCKET_MIB),
                InitProcessGroupKwargs(timeout=WAIT),
            ],
        )
        torch.set_num_threads(machine.threads)
        try:
            yield accelerator
        finally:
            accelerator.free_memory()
            if torch.distributed.is_initialized():
                torch.distributed.destroy_process_group()
            # It is one for the whole process: the next run may want another precision or device.
            AcceleratorState._reset_state(reset_partial_state=True)
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def in_processes(
    machine: Machine, work: Callable[..., object], arguments: tuple[Any, ...], voice: Voice
) -> None:
    """Run `work(*arguments, voice)` in several processes and pass on what the first of them says.

    Everything passed must be picklable. If one of them ends, all do; if this process is killed, too.

    Raises
    ------
    AlnReaderError
        That of the first process, or `TrainingError` if a process was killed.
    """
    from torch.multiprocessing.spawn import ProcessExitedException, spawn

    said: Any = torch.multiprocessing.get_context("spawn").Queue()
    group = spawn(
        _member,
        (machine, _free_port(), said, work, arguments),
        nprocs=machine.processes,
        join=False,
        daemon=True,
    )
    assert group is not None
    try:
        while not group.join(timeout=0):
            _pass_on(said, voice, wait=0.2)
        _pass_on(said, voice)
    except ProcessExitedException as error:
        _pass_on(said, voice)
        raise TrainingError(
            f"A training process ended ({error}). If the computer ran out of memory, give a smaller --batch "
            "or fewer --processes. The same command goes on from the last checkpoint."
        ) from error
    finally:
        for process in group.processes:
            if process.is_alive():
                process.terminate()
            process.join(10)
        said.close()


def _pass_on(said: Any, voice: Voice, wait: float = 0.0) -> None:
    """Hand out what the first process said until now, waiting a little for the first of it."""
    while True:
        try:
            what, *rest = said.get(timeout=wait) if wait else said.get_nowait()
        except queue.Empty:
            return
        wait = 0.0
        if what == "error":
            raise rest[0]
        getattr(voice, what)(*rest)


def _member(
    rank: int, machine: Machine, port: int, said: Any, work: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    os.environ.update(
        MASTER_ADDR="127.0.0.1",
        MASTER_PORT=str(port),
        WORLD_SIZE=str(machine.processes),
        LOCAL_WORLD_SIZE=str(machine.processes),
        RANK=str(rank),
        LOCAL_RANK=str(rank),
    )
    voice = Voice()
    if rank == 0:
        voice = Voice(
            lambda message: said.put(("report", message)),
            lambda done, total, words: said.put(("progress", done, total, words)),
        )
    try:
        work(*arguments, voice)
    except AlnReaderError as error:
        said.put(("error", error))
        said.close()
        said.join_thread()
        raise SystemExit(1) from None


def _free_port() -> int:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])
