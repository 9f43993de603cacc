"""Cards and weight files that are well-formed and absurd are refused by name, before memory is taken."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alnreader.case.errors import BundleError
from alnreader.model.bundle import Bundle
from alnreader.model.card import CARD_FILE, FEATURES_FILE, MULTI_INSTANCE_FILE, MULTITASK_FILE
from alnreader.model.card_rules import DEEPEST, MOST_VALUES

ENDLESS = 1e308

FIELDS: dict[str, object] = {
    "architecture.embedding": 16 * 10**15,
    "architecture.multi_instance.depth": 10**9,
    "architecture.multi_instance.heads": 2.0,
    "architecture.multi_instance.feed_forward": 10**12,
    "architecture.multi_instance.dropout": 1,
    "preprocessing.height": 10**9,
    "preprocessing.width": 0,
    "preprocessing.mean.1": -ENDLESS,
    "preprocessing.std.0": 0,
    "preprocessing.std.2": 1e-300,
    "preprocessing.scales": [],
    "preprocessing.scales.0": -1,
    "operating_points.0.threshold": -0.1,
    "operating_points.1.threshold": 1.1,
    "operating_points.0.sensitivity": 90,
    "operating_points.0.name": "x" * 5000,
    "calibration.slope": 0,
    "calibration.intercept": ENDLESS,
    "mask.logit_k": ENDLESS,
    "mask.threshold_logit": -ENDLESS,
    "mask.minimum_area_fraction": 1,
    "feature_statistics.limit": ENDLESS,
    "feature_statistics.quantile": 99,
    "empty_bag_probability": -0.5,
    "metrics.0.value": -0.5,
    "metrics.0.high": 7,
    "metrics.0.n": -1,
    "files.features.safetensors.bytes": 1 << 32,
    "title": "x" * 100_000,
    "name": "small\n",
    "intended_use": "\ud800",
    "version": 1.2,
    "training.seeds.0": True,
}


def _put(card: dict[str, Any], field: str, value: object) -> None:
    """Set a field by its path; a file's name is one part of it."""
    place: Any = card
    parts = [part.replace("\0", ".") for part in field.replace("s.safetensors", "s\0safetensors").split(".")]
    for part in parts[:-1]:
        place = place[int(part)] if isinstance(place, list) else place.setdefault(part, [1.0, 1.0])
    last = parts[-1]
    place[int(last) if isinstance(place, list) else last] = value


def _edit(directory: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = directory / CARD_FILE
    card = json.loads(path.read_text("utf-8"))
    change(card)
    path.write_text(json.dumps(card), "utf-8")


def _sign(directory: Path, name: str) -> None:
    path = directory / name
    with path.open("rb") as file:
        entry = {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "bytes": path.stat().st_size}
    _edit(directory, lambda card: card["files"].update({name: entry}))


@pytest.mark.parametrize("field", FIELDS)
def test_an_absurd_value_is_refused_by_file_and_field(field: str, broken: Path) -> None:
    _edit(broken, lambda card: _put(card, field, FIELDS[field]))
    with pytest.raises(BundleError) as refusal:
        Bundle.load(broken)
    said = str(refusal.value)
    assert said.startswith(f"{broken / CARD_FILE} is not a valid model card: {field}: ")
    assert len(said) < 600


TEXTS: dict[str, tuple[str, str, str]] = {
    "endless": ('"slope": 1.1', '"slope": 1e999', r"calibration\.slope: inf is not a finite number"),
    "twice": ('"slope": 1.1', '"slope": 1.1, "slope": 9', r"the field 'slope' stands twice"),
    "NaN": ('"slope": 1.1', '"slope": NaN', r"NaN is not a JSON number"),
    "deep": ('"Small"', "[" * 900 + "]" * 900, rf"title[.0]+: it lies in more than {DEEPEST} "),
    "key": ('"slope"', r'"\ud800": 1, "slope"', r"calibration\.'.ud800': it holds half a character"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_what_only_the_text_of_a_card_shows_is_refused(case: str, broken: Path) -> None:
    old, new, message = TEXTS[case]
    path = broken / CARD_FILE
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(BundleError, match=message) as refusal:
        Bundle.load(broken)
    assert str(path) in str(refusal.value)


OTHERS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "scaled beyond": (
        lambda c: c["preprocessing"].update(height=4096, scales=[0.5, 2.0]),
        r"preprocessing\.height: 8192 pixels at the scale 2",
    ),
    "interval turned round": (
        lambda c: c["metrics"][0].update(low=0.9, high=0.5),
        r"metrics\.0\.low: 0\.9 is above high, 0\.5",
    ),
    "length below nothing": (
        lambda c: c["metrics"][0].update(name="HD95 (mm)", value=-2.0),
        r"metrics\.0\.value: -2 is below 0",
    ),
    "subgroup": (lambda c: c.update(subgroups=[{**c["metrics"][0], "value": 3}]), r"subgroups\.0\.value: 3 "),
    "more than all": (
        lambda c: c.update(
            failures=[{"dataset": "x", "what": "y", "n": 3, "of": 2, "description": "", "picture": None}]
        ),
        r"failures\.0\.n: 3 of 2",
    ),
}


@pytest.mark.parametrize("case", OTHERS)
def test_fields_that_do_not_fit_each_other_are_refused(case: str, broken: Path) -> None:
    change, message = OTHERS[case]
    _edit(broken, change)
    with pytest.raises(BundleError, match=message):
        Bundle.load(broken)


def test_a_difference_may_be_negative(broken: Path) -> None:
    _edit(broken, lambda c: c["metrics"][0].update(name="AUC less the best possible", value=-0.1, low=-0.2))
    assert Bundle.load(broken).card["metrics"][0]["value"] == -0.1


def test_a_card_of_faults_alone_is_refused_at_once(broken: Path) -> None:
    (broken / CARD_FILE).write_text(
        (broken / CARD_FILE)
        .read_text("utf-8")
        .replace('"metrics": [', '"metrics": [' + "[]," * (MOST_VALUES + 1)),
        "utf-8",
    )
    with pytest.raises(BundleError, match=rf"metrics\.\d+: a card has {MOST_VALUES} values at most"):
        Bundle.load(broken)


def _header(path: Path, header: bytes, size: int | None = None) -> None:
    data = len(header).to_bytes(8, "little") + header
    path.write_bytes(data)
    if size is not None:
        os.truncate(path, size)


def _tensor(shape: list[Any], kind: object = "F32") -> bytes:
    return json.dumps({"a": {"dtype": kind, "shape": shape, "data_offsets": [0, 0]}}).encode()


HEADERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "length of all": (lambda p: p.write_bytes(b"\xff" * 8 + b"{}"), r"its header has 18446744073709551615"),
    "length beyond": (lambda p: _header(p, b"{" + b" " * (5 << 20) + b"}"), r"its header has 5242882 bytes"),
    "more tensors than file": (lambda p: _header(p, _tensor([10**9, 10**9])), r"its header tells of 4000"),
    "hole": (lambda p: _header(p, _tensor([1]), 1 << 20), r"it has 1048576 bytes, its header tells of"),
    "negative": (lambda p: _header(p, _tensor([-4])), r"a shape is made of whole numbers"),
    "halves": (lambda p: _header(p, _tensor([0.5])), r"a shape is made of whole numbers"),
    "no shape": (lambda p: _header(p, b'{"a": {"dtype": "F32"}}'), r"not a safetensors file: 'shape'"),
    "kind no word": (lambda p: _header(p, _tensor([1], [["F32"]])), r"stored as \[\['F32'\]\]"),
    "a list": (lambda p: _header(p, b"[]"), r"is not a safetensors file"),
    "deep": (lambda p: _header(p, b"[" * 100_000), r"is not a safetensors file"),
}


@pytest.mark.parametrize("case", HEADERS)
def test_an_absurd_header_is_refused(case: str, broken: Path) -> None:
    make, message = HEADERS[case]
    path = broken / MULTI_INSTANCE_FILE
    make(path)
    _sign(broken, MULTI_INSTANCE_FILE)
    with pytest.raises(BundleError, match=message) as refusal:
        Bundle.load(broken)
    assert str(refusal.value).startswith(str(path))
    assert len(str(refusal.value)) < 600


@pytest.mark.skipif(sys.platform != "linux", reason="a limit on memory is POSIX, sparse files are Linux's")
def test_a_file_of_another_network_is_refused_before_memory_is_taken(broken: Path) -> None:
    """A sparse file of 512 MiB, right by hash and header, is never held."""
    path, size = broken / MULTITASK_FILE, 1 << 29
    numbers = (size - 4096) // 4
    header = _tensor([numbers]).ljust(size - 8 - 4 * numbers)
    _header(path, header, size)
    _sign(broken, MULTITASK_FILE)
    # VmHWM, not ru_maxrss: that is the parent's until the child has used more.
    program = (
        "import re, sys; from pathlib import Path; import torch; "
        "from alnreader.case.errors import BundleError; from alnreader.model.bundle import Bundle; "
        "from alnreader.model.multitask import MultitaskNetwork\n"
        "def peak():\n"
        "    return int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])\n"
        "before = peak()\n"
        "bundle = Bundle.load(Path(sys.argv[1]))\n"
        "try:\n    bundle.multitask()\n"
        "except BundleError as error:\n    print(error)\n"
        "assert peak() - before < 300_000, (before, peak())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(broken)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"multitask\.safetensors does not fit its network: tensor .* is missing", done.stdout)


def test_statistics_of_another_width_are_refused(broken: Path) -> None:
    _header(broken / FEATURES_FILE, _tensor([1]), 8 + len(_tensor([1])) + 4)
    _sign(broken, FEATURES_FILE)
    with pytest.raises(BundleError, match=r"features\.safetensors"):
        Bundle.load(broken).features()
