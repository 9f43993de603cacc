"""Several processes, killed runs, curves and what is said of them."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import SafetensorError, safe_open
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.record_writer import masked_crc32c
from training_cohort import die_on_the_second, write_toy_cohort

from alnreader.case.errors import TrainingDataError, TrainingError
from alnreader.cli import main
from alnreader.inference.device import DeviceError
from alnreader.model.multitask import MultitaskConfig, MultitaskNetwork
from alnreader.training import checkpoint
from alnreader.training.check import read_data
from alnreader.training.console import Console
from alnreader.training.curves import COLUMNS, Curves
from alnreader.training.engine import Machine, Voice, bf16_pays, engine, in_processes
from alnreader.training.manifest import Record
from alnreader.training.recipes import SMALL_DATA, changed
from alnreader.training.schedule import MovingAverage
from alnreader.training.stage1 import Stage1Run, train

TINY = changed(SMALL_DATA, size=64, early_size=64, batch=5, steps=4, warmup_steps=2)


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return write_toy_cohort(folder)


def partly_known(manifest: Path) -> list[Record]:
    """Records whose targets are known here and there: the parts of a batch have different numbers of them."""
    records = read_data([manifest])
    return [
        replace(
            record,
            label=None if number % 3 == 0 else record.label,
            kind=None if number % 4 == 1 else record.kind,
            mask=None if number % 5 == 2 else record.mask,
        )
        for number, record in enumerate(records)
    ]


def test_two_processes_equal_one(manifest: Path, tmp_path: Path) -> None:
    records = partly_known(manifest)
    networks, curves = [], []
    for processes in (1, 2):
        said: list[str] = []
        bars: list[tuple[int, int, str]] = []
        run = Stage1Run(tmp_path / str(processes), seed=3, processes=processes, precision="fp32")
        network, seconds = train(records, TINY, run, said.append, lambda *bar, to=bars: to.append(bar))
        assert seconds > 0
        assert said[-1].startswith("stage 1: epoch 1, step 4 of 4, ")
        assert bars == [(done, 16, "stage 1, epoch 1") for done in (5, 10, 15, 16)]
        networks.append(network)
        with (run.work / "stage1.csv").open(newline="", encoding="utf-8") as file:
            curves.append(list(csv.DictReader(file)))
    for one, two in zip(*curves, strict=True):
        for column in ("step", "size", "mask", "dice", "image", "kind", "lr"):
            assert float(two[column]) == pytest.approx(float(one[column]), rel=1e-4), column
    # Adam turns rounding of a gradient that is all but zero into steps of up to the learning rate; such
    # parameters do not move the answers.
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        for one, two in zip(*(network(images) for network in networks), strict=True):
            torch.testing.assert_close(one, two, rtol=1e-3, atol=2e-4)
    apart = [
        float((value - networks[1].state_dict()[name]).abs().max())
        for name, value in networks[0].state_dict().items()
    ]
    assert np.median(apart) < 1e-5


def test_the_first_process_error_is_the_runs(manifest: Path, tmp_path: Path) -> None:
    records = read_data([manifest])
    gone = next(r for r in records if r.split == "train").image
    gone.unlink()
    with pytest.raises(TrainingDataError, match=gone.name):
        train(records, TINY, Stage1Run(tmp_path / "work", processes=2), lambda message: None)


def test_a_killed_process_ends_the_run() -> None:
    said: list[str] = []
    with pytest.raises(TrainingError, match=r"process.*SIGKILL.*last checkpoint"):
        in_processes(Machine(processes=2), die_on_the_second, (60.0,), Voice(said.append))
    assert said == ["here"]


def test_more_processes_than_pictures_are_refused(manifest: Path, tmp_path: Path) -> None:
    recipe = replace(TINY, batch=1)
    with pytest.raises(TrainingError, match="2 processes cannot share a batch of 1"):
        train(read_data([manifest]), recipe, Stage1Run(tmp_path / "w", processes=2), lambda message: None)


def step_of(path: Path) -> int:
    """Return the step of a checkpoint, 0 where there is none yet."""
    import json

    try:
        with safe_open(path, framework="pt") as file:
            return int(json.loads(file.metadata()["about"])["position"]["step"])
    except (OSError, SafetensorError):
        return 0


def tensors_of(path: Path) -> dict[str, torch.Tensor]:
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


@pytest.mark.skipif(os.name == "nt", reason="a process cannot be killed like this")
def test_a_killed_run_goes_on_as_if_it_had_never_stopped(manifest: Path, tmp_path: Path) -> None:
    words = ["train", str(manifest), "--stage", "1", "--recipe", "small-data", "--device", "cpu"]
    words += ["--size", "64", "--early-size", "64", "--batch", "4", "--steps", "9", "--warmup-steps", "2"]
    words += ["--threads", "1", "--seed", "5"]
    killed = tmp_path / "killed"
    started = subprocess.Popen(
        [sys.executable, "-m", "alnreader", *words, "--checkpoint-minutes", "0", "--work", str(killed)],
        stderr=subprocess.DEVNULL,
    )
    while step_of(killed / "stage1.safetensors") < 2:
        assert started.poll() is None
        time.sleep(0.02)
    started.send_signal(signal.SIGKILL)
    started.wait()
    assert 2 <= step_of(killed / "stage1.safetensors") < 9
    for work in (killed, tmp_path / "whole"):
        assert main([*words, "--work", str(work)]) == 0
    one, two = (tensors_of(work / "stage1.safetensors") for work in (killed, tmp_path / "whole"))
    assert one.keys() == two.keys()
    assert all(torch.equal(value, two[name]) for name, value in one.items())
    curves = [(work / "stage1.csv").read_text("utf-8").splitlines() for work in (killed, tmp_path / "whole")]
    columns = [COLUMNS["stage1"].index(name) for name in COLUMNS["stage1"] if name != "seconds"]
    read = [[[line.split(",")[i] for i in columns] for line in curve] for curve in curves]
    assert [row[0] for row in read[0]] == [row[0] for row in read[1]] == ["step", "4", "8", "9"]
    assert (killed / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert not list(killed.glob("*.part*"))


def events_of(folder: Path) -> list[Event]:
    """Read TensorBoard's event files, newest last."""
    import struct

    events = []
    for path in sorted(folder.glob("events*"), key=lambda path: path.stat().st_mtime_ns):
        stream = io.BytesIO(path.read_bytes())
        while head := stream.read(12):
            (length, check) = struct.unpack("<QI", head)
            assert check == masked_crc32c(head[:8])
            events.append(Event.FromString(stream.read(length)))
            stream.read(4)
    return events


def test_curves_forget_what_came_after_the_checkpoint(tmp_path: Path) -> None:
    for start, last in ((0, 5), (3, 8)):
        curves = Curves(tmp_path, ("stage2",), start)
        for epoch in range(start + 1, last + 1):
            curves.add("stage2", epoch=epoch, loss=1 / epoch, validation=float("nan"))
        if start == 0:
            with (tmp_path / "stage2.csv").open("a", encoding="utf-8") as file:
                file.write("6,0.1")  # killed in the middle of a row
        curves.close()
    with (tmp_path / "stage2.csv").open(newline="", encoding="utf-8") as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == [str(epoch) for epoch in range(1, 9)]
    events = events_of(tmp_path / "tensorboard")
    losses = [(e.step, v.simple_value) for e in events for v in e.summary.value if v.tag == "stage2/loss"]
    assert [step for step, _ in losses] == [1, 2, 3, 4, 5, 4, 5, 6, 7, 8]
    assert losses[0][1] == 1.0
    # TensorBoard drops what stands at and after the step of a start.
    assert [e.step for e in events if e.session_log.status == 1] == [1, 4]


def test_devices_and_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Machine("cpu", processes=8).resolved() == "cpu"
    with pytest.raises(DeviceError, match="Unknown device"):
        Machine("gpu").resolved()
    if not torch.cuda.is_available():
        with pytest.raises(DeviceError, match="not there"):
            Machine("cuda").resolved()
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True, raising=False)
    assert bf16_pays("cpu")
    for precision, half in (("auto", "bf16"), ("fp32", "no"), ("bf16", "bf16")):
        with engine(Machine("cpu", precision=precision)) as accelerator:  # type: ignore[arg-type]
            assert accelerator.mixed_precision == half
            assert accelerator.device.type == "cpu"
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False, raising=False)
    assert not bf16_pays("cpu")


def test_without_accelerate_the_command_says_what_to_install(
    manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "accelerate", None)
    words = ["train", str(manifest), "--stage", "1", "--work", str(tmp_path / "w")]
    assert main(words) == 1
    assert "pip install 'alnreader[training]'" in capsys.readouterr().err
    assert not (tmp_path / "w").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--processes", "0"], "--processes must be at least 1"),
        (["--threads", "0"], "--threads must be at least 1"),
        (["--checkpoint-minutes", "-1"], "--checkpoint-minutes must not be below 0"),
        (["--size", "70"], "multiple of 32"),
        (["--stage", "all"], "--out is needed"),
    ],
)
def test_wrong_use(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "m.csv", "--work", "w", "--stage", "1", *words]) != 0
    assert said in capsys.readouterr().err


def test_check_only_names_faults_and_trains_nothing(
    manifest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", str(manifest), "--work", str(tmp_path / "w"), "--check-only"]
    assert main(words) == 0
    assert "24 pictures" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "w").iterdir()] == ["checked.json"]
    one_label = manifest.read_text(encoding="utf-8").replace(",train,1,", ",train,0,")
    manifest.with_name("one.csv").write_text(one_label, encoding="utf-8")
    words[1] = str(manifest.with_name("one.csv"))
    assert main(words) == 3
    assert "Stage 2 needs training patients with and without" in capsys.readouterr().err
    assert main([*words, "--stage", "1"]) == 0
    words[1] = str(manifest)
    (manifest.parent / "0_0.png").write_bytes(b"no picture")
    assert main(words) == 3
    assert "0_0.png: not a readable picture" in capsys.readouterr().err


def test_weights_of_another_network_are_refused(manifest: Path, tmp_path: Path) -> None:
    narrow = MultitaskNetwork(MultitaskConfig("mit_b0", 32))
    path, optimiser = tmp_path / "other.safetensors", torch.optim.AdamW(narrow.parameters())
    checkpoint.save(path, narrow, MovingAverage(narrow, 0), optimiser, checkpoint.Position(), {})
    run = Stage1Run(tmp_path / "work", init_from=path)
    with pytest.raises(TrainingDataError, match="another network"):
        train(read_data([manifest]), TINY, run, lambda message: None)


def test_sentences_stand_between_bars(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console()
    console.progress(1, 4, "a")
    console.report("said")
    console.progress(4, 4, "a")
    console.progress(1, 9, "b")
    console.close()
    assert capsys.readouterr().err == "said\n"  # no terminal: no bar
