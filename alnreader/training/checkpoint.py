"""Where a run stands, on disk: safetensors and JSON, so that no pickle is ever read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from alnreader.case.errors import CannotWriteError, TrainingDataError
from alnreader.training.schedule import MovingAverage

_SCHEMA = "alnreader.training/1"


@dataclass(frozen=True)
class Position:
    """How far a run is: steps taken, pictures drawn, seconds spent."""

    step: int = 0
    drawn: int = 0
    seconds: float = 0.0


def save(
    path: Path,
    network: nn.Module,
    average: MovingAverage,
    optimiser: torch.optim.Optimizer,
    position: Position,
    settings: dict[str, Any],
) -> None:
    """Write everything that a resumed run needs; the old file stays until the new one is whole."""
    tensors: dict[str, Tensor] = {}
    for name, value in network.state_dict().items():
        tensors[f"network/{name}"] = value.detach().contiguous()
    for name, value in average.state.items():
        tensors[f"average/{name}"] = value.contiguous()
    for name, parameter in network.named_parameters():
        for key, value in optimiser.state.get(parameter, {}).items():
            tensors[f"optimiser/{key}/{name}"] = value.detach().contiguous()
    about = {"schema": _SCHEMA, "position": vars(position), "settings": settings}
    fresh = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, fresh, metadata={"about": json.dumps(about)})
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise CannotWriteError(f"{path}: the checkpoint could not be written ({error}).") from error


def _open(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {}).get("about", "{}"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it cannot be iterated
    except (OSError, SafetensorError, ValueError) as error:
        raise TrainingDataError(f"{path}: not a checkpoint that can be read ({error}).") from error
    if about.get("schema") != _SCHEMA:
        raise TrainingDataError(f"{path}: not a training checkpoint of this program.")
    return tensors, about


LATER = frozenset({"data"})
"""Settings that checkpoints of older versions do not have; they say nothing against going on."""


def _other(before: dict[str, Any], settings: dict[str, Any]) -> list[str]:
    return sorted(
        key
        for key, value in settings.items()
        if before.get(key) != value and (key in before or key not in LATER)
    )


def _check_settings(path: Path, before: dict[str, Any], settings: dict[str, Any]) -> None:
    other = _other(before, settings)
    if other:
        raise TrainingDataError(
            f"{path}: this run was started with other settings ({', '.join(other)}). "
            "Give the same ones, another --work folder, or --init-from to start a new run from its weights."
        )


def matches(path: Path, settings: dict[str, Any]) -> bool:
    """Return whether a run with these settings can go on from the file, which may be absent or broken."""
    try:
        before = _open(path)[1]["settings"]
    except TrainingDataError:
        return False
    return not _other(before, settings)


def finished(path: Path, settings: dict[str, Any]) -> tuple[Position, dict[str, Tensor]]:
    """Return where a run stands and its averaged weights, if it is the one with these settings."""
    tensors, about = _open(path)
    _check_settings(path, about["settings"], settings)
    return Position(**about["position"]), _part(tensors, "average/")


@torch.no_grad()
def resume(
    path: Path,
    network: nn.Module,
    average: MovingAverage,
    optimiser: torch.optim.Optimizer,
    settings: dict[str, Any],
) -> Position:
    """Restore a run exactly. The settings must be those it was started with."""
    tensors, about = _open(path)
    _check_settings(path, about["settings"], settings)
    network.load_state_dict(_part(tensors, "network/"))
    for name, value in _part(tensors, "average/").items():
        average.state[name].copy_(value)
    for name, parameter in network.named_parameters():
        if f"optimiser/step/{name}" in tensors:
            optimiser.state[parameter] = {
                "step": tensors[f"optimiser/step/{name}"].to(parameter.device),
                # Laid out as the parameter is (channels last): the fused optimiser walks raw memory.
                **{
                    key: torch.empty_like(parameter).copy_(tensors[f"optimiser/{key}/{name}"])
                    for key in ("exp_avg", "exp_avg_sq")
                },
            }
    return Position(**about["position"])


def averaged_weights(path: Path) -> dict[str, Tensor]:
    """Return the averaged weights of a checkpoint: what a bundle holds and a new run may start from."""
    return _part(_open(path)[0], "average/")


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
