"""Several processes on one machine that each take a part of every batch.

On a CPU that others use too, two processes of one thread were measured to be about three times as fast as
one process of two threads: they meet once a step, not at every operation
(docs/decisions/0031-processes-not-threads.md).
"""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

WAIT = timedelta(minutes=30)
"""How long a process waits for another: it may be writing a checkpoint or validating on a slow disk."""


class Team:
    """A process's place among the others; a team of one talks to nobody."""

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        self.rank = rank
        self.size = size

    @property
    def leads(self) -> bool:
        """Whether this process reports and writes."""
        return self.rank == 0

    def share(self, count: int) -> slice:
        """Return which of `count` things of a batch are this process's."""
        return slice(self.rank, count, self.size)

    def average(self, network: nn.Module, numbers: Tensor) -> Tensor:
        """Average gradients over the team in place; return the averages of `numbers` (N,) float."""
        if self.size == 1:
            return numbers
        gradients = []
        for parameter in network.parameters():
            # A head whose target no picture of this part has: another process may have one.
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
            gradients.append(parameter.grad)
        flat = torch.cat([*(g.reshape(-1) for g in gradients), numbers.to(gradients[0])])
        dist.all_reduce(flat)
        flat /= self.size
        start = 0
        for gradient in gradients:
            gradient.copy_(flat[start : start + gradient.numel()].view_as(gradient))
            start += gradient.numel()
        return flat[start:]


def _join(rank: int, size: int, meeting: Path) -> Team:
    dist.init_process_group(
        "gloo", init_method=meeting.absolute().as_uri(), rank=rank, world_size=size, timeout=WAIT
    )
    return Team(rank, size)


def _member(
    rank: int, size: int, meeting: Path, threads: int, work: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    torch.set_num_threads(threads)
    team = _join(rank, size, meeting)
    try:
        work(team, *arguments)
    finally:
        dist.destroy_process_group()


@contextmanager
def team(size: int, threads: int, work: Callable[..., Any], *arguments: Any) -> Iterator[Team]:
    """Start `size - 1` processes that run `work(team, *arguments)`; yield this process's own place.

    The caller does the same work with the team that it is given. Everything passed must be picklable.
    """
    torch.set_num_threads(threads)
    if size == 1:
        yield Team()
        return
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        meeting = Path(folder) / "meeting"
        others = [
            context.Process(target=_member, args=(rank, size, meeting, threads, work, arguments), daemon=True)
            for rank in range(1, size)
        ]
        for process in others:
            process.start()
        try:
            yield _join(0, size, meeting)
        finally:
            dist.destroy_process_group()
            for process in others:
                process.join(60)
                if process.is_alive():
                    process.terminate()
