"""A bundle loads as it was written, or is refused with a reason."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load, load_file, save_file

from alnreader.case.errors import BundleError, CannotWriteError
from alnreader.model import bundle as bundle_module
from alnreader.model.bundle import Bundle, default_bundle_directory, find_bundle, write_bundle
from alnreader.model.card import CARD_FILE, FEATURES_FILE, MULTI_INSTANCE_FILE, MULTITASK_FILE, canonical_json


def test_a_bundle_reads_back(written: Bundle, small: Any) -> None:
    bundle = Bundle.load(written.directory)
    assert bundle == written
    assert (bundle.name, bundle.threshold, bundle.operating_point["name"]) == ("small", 0.6, "b")
    assert bundle.demonstration
    assert (bundle.preprocessing.height, bundle.preprocessing.width) == (64, 96)
    assert bundle.preprocessing.antialias
    assert bundle.summary.version == "1.2"
    assert bundle.summary.sha256 == bundle.sha256
    assert bundle.summary.limitations == ("Knows nothing.",)
    features = bundle.features()
    assert features is not None
    for name, array in small.features.items():
        np.testing.assert_array_equal(features[name], array)


def test_networks_are_float32_in_evaluation_mode(written: Bundle, small: Any) -> None:
    """Weights stored as float16 come back as the float32 of the same value."""
    stored = load_file(written.directory / MULTITASK_FILE)
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}
    first, second = written.multitask(), written.multi_instance()
    for network, state in ((first, small.multitask), (second, small.multi_instance)):
        assert not network.training
        for name, tensor in network.state_dict().items():
            assert tensor.dtype == torch.float32
            assert tensor.device.type == "cpu"
            assert torch.equal(tensor, state[name].float()), name
    with torch.no_grad():
        output = first(torch.zeros(1, 3, 64, 96))
        assert second(output.pooled[None]).isfinite().all()
    assert all(parameter.requires_grad for parameter in first.parameters())


def test_loading_changes_no_random_number(written: Bundle) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    written.multitask()
    written.multi_instance()
    assert torch.equal(torch.rand(3), expected)


def test_the_hash_stands_for_card_and_weights(written: Bundle, broken: Path, small: Any) -> None:
    text = (written.directory / CARD_FILE).read_text(encoding="utf-8")
    assert written.sha256 == hashlib.sha256(canonical_json(json.loads(text))).hexdigest()
    (broken / CARD_FILE).write_text(json.dumps(json.loads(text), sort_keys=True), encoding="utf-8")
    assert Bundle.load(broken).sha256 == written.sha256, "the layout of the JSON does not count"
    _edit(broken, lambda card: card.update(version="1.3"))
    assert Bundle.load(broken).sha256 != written.sha256


def test_reading_a_bundle_needs_no_torch(written: Bundle) -> None:
    program = (
        "import sys; from pathlib import Path; from alnreader.model.bundle import Bundle; "
        "b = Bundle.load(Path(sys.argv[1])); b.summary, b.preprocessing, b.features(); "
        "print(sorted({'torch', 'transformers', 'PySide6'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(written.directory)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def _edit(directory: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = directory / CARD_FILE
    card = json.loads(path.read_text(encoding="utf-8"))
    change(card)
    path.write_text(json.dumps(card), encoding="utf-8")


def _sign(directory: Path, name: str) -> None:
    """Make the card vouch for a file as it is now."""
    data = (directory / name).read_bytes()
    entry = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    _edit(directory, lambda card: card["files"].update({name: entry}))


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def _as_pickle(directory: Path, *, zipped: bool) -> None:
    path = directory / MULTITASK_FILE
    # From bytes: a mapped file must not be written over.
    state = load(path.read_bytes())
    torch.save(state, path, _use_new_zipfile_serialization=zipped)
    _sign(directory, MULTITASK_FILE)


def _bare_pickle(directory: Path) -> None:
    (directory / MULTI_INSTANCE_FILE).write_bytes(pickle.dumps({"a": 1}))
    _sign(directory, MULTI_INSTANCE_FILE)


def _only_pt(directory: Path) -> None:
    (directory / MULTITASK_FILE).rename(directory / "multitask.pt")


def _garbage(directory: Path) -> None:
    (directory / MULTITASK_FILE).write_bytes(b"not at all a file of tensors" * 10)
    _sign(directory, MULTITASK_FILE)


def _integers(directory: Path) -> None:
    state = load_file(directory / MULTI_INSTANCE_FILE)
    save_file(
        {name: tensor.to(torch.int8) for name, tensor in state.items()}, directory / MULTI_INSTANCE_FILE
    )
    _sign(directory, MULTI_INSTANCE_FILE)


REFUSALS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no card": (lambda d: (d / CARD_FILE).unlink(), r"No card\.json in .*broken.* not a model bundle"),
    "card not text": (lambda d: (d / CARD_FILE).write_bytes(b"\xff\xfe\x00"), r"card\.json cannot be read"),
    "card a folder": (
        lambda d: ((d / CARD_FILE).unlink(), (d / CARD_FILE).mkdir()),
        r"card\.json cannot be read",
    ),
    "broken JSON": (lambda d: (d / CARD_FILE).write_text('{"schema": '), r"card\.json is not JSON.*line 1"),
    "deep JSON": (lambda d: (d / CARD_FILE).write_text("[" * 100_000), r"card\.json is not JSON"),
    "NaN": (lambda d: (d / CARD_FILE).write_text('{"schema": NaN}'), r"NaN is not a JSON number"),
    "endless number": (
        lambda d: (d / CARD_FILE).write_text(
            (d / CARD_FILE).read_text(encoding="utf-8").replace('"slope": 1.1', '"slope": 1e999')
        ),
        r"not a valid model card",
    ),
    "endless card": (
        lambda d: (d / CARD_FILE).write_bytes(b" " * (4 << 20) + b"{}"),
        r"more than 4 MiB: it is no model card",
    ),
    "endless weights": (
        lambda d: _edit(d, lambda c: c["files"][MULTITASK_FILE].update(bytes=1 << 40)),
        r"is greater than the maximum",
    ),
    "no object": (lambda d: (d / CARD_FILE).write_text("[1]"), r"holds no JSON object"),
    "future schema": (
        lambda d: _edit(d, lambda c: c.update(schema="alnreader.bundle/2")),
        r"Update the program",
    ),
    "foreign schema": (lambda d: _edit(d, lambda c: c.update(schema="other/1")), r"schema is 'other/1'"),
    "no schema": (lambda d: _edit(d, lambda c: c.pop("schema")), r"schema is None"),
    "missing field": (lambda d: _edit(d, lambda c: c.pop("intended_use")), r"intended_use"),
    "unknown field": (lambda d: _edit(d, lambda c: c.update(colour="red")), r"colour"),
    "wrong type": (
        lambda d: _edit(d, lambda c: c["calibration"].update(slope="steep")),
        r"calibration\.slope: 'steep' is not of type",
    ),
    "out of range": (
        lambda d: _edit(d, lambda c: c["operating_points"][1].update(threshold=1.5)),
        r"operating_points\.1\.threshold",
    ),
    "threshold of no point": (
        lambda d: _edit(d, lambda c: c.update(default_operating_point="c")),
        r"default_operating_point: 'c' is none of a, b",
    ),
    "two points of one name": (
        lambda d: _edit(d, lambda c: c["operating_points"][0].update(name="b")),
        r"a name occurs twice",
    ),
    "classes in another order": (
        lambda d: _edit(d, lambda c: c["class_names"]["patient"].reverse()),
        r"class_names\.patient",
    ),
    "heads do not divide": (
        lambda d: _edit(d, lambda c: c["architecture"]["multi_instance"].update(heads=3)),
        r"heads: it does not divide embedding",
    ),
    "statistics without file": (
        lambda d: _edit(d, lambda c: c["files"].pop(FEATURES_FILE)),
        r"feature_statistics",
    ),
    "file outside": (
        lambda d: _edit(d, lambda c: c["files"].update({"../x": c["files"][MULTITASK_FILE]})),
        r"files: .*'\.\./x'",
    ),
    "missing weights": (
        lambda d: (d / MULTI_INSTANCE_FILE).unlink(),
        r"multi_instance\.safetensors is missing",
    ),
    "missing statistics": (lambda d: (d / FEATURES_FILE).unlink(), r"features\.safetensors is missing"),
    "changed weights": (
        lambda d: _flip(d / MULTITASK_FILE),
        r"multitask\.safetensors was changed: its SHA-256",
    ),
    "cut weights": (
        lambda d: os.truncate(d / MULTITASK_FILE, 1000),
        r"multitask\.safetensors has 1000 bytes, the card says \d+",
    ),
    "empty weights": (lambda d: os.truncate(d / MULTITASK_FILE, 0), r"has 0 bytes"),
    "zip in place of safetensors": (
        lambda d: _as_pickle(d, zipped=True),
        r"torch or pickle file, not safetensors",
    ),
    "old torch file": (lambda d: _as_pickle(d, zipped=False), r"torch or pickle file, not safetensors"),
    "bare pickle": (
        _bare_pickle,
        r"multi_instance\.safetensors is a torch or pickle file.*import-checkpoint",
    ),
    "only a .pt": (_only_pt, r"multitask\.pt beside it is never loaded.*import-checkpoint"),
    "garbage with the right hash": (_garbage, r"multitask\.safetensors is not a safetensors file"),
    "integers": (_integers, r"stored as I8"),
    "endless version": (
        lambda d: _edit(d, lambda c: c.update(schema="alnreader.bundle/" + "9" * 5000)),
        r"Update the program",
    ),
    "version of zeros": (
        lambda d: _edit(d, lambda c: c.update(schema="alnreader.bundle/" + "0" * 5000)),
        r"not a model card of this program",
    ),
    "nested schema": (
        lambda d: (d / CARD_FILE).write_text('{"schema": ' + "[" * 900 + "]" * 900 + "}"),
        r"schema is a list|is not JSON",
    ),
    "a number that no float holds": (
        lambda d: _edit(d, lambda c: c["calibration"].update(slope=10**400)),
        r"is not JSON: a number of 401 digits",
    ),
}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
@pytest.mark.parametrize("name", [CARD_FILE, MULTITASK_FILE, FEATURES_FILE])
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_is_no_plain_file_is_refused_unread(kind: str, name: str, broken: Path) -> None:
    (broken / name).unlink()
    if kind == "pipe":
        os.mkfifo(broken / name)
    else:
        (broken / name).symlink_to("/dev/zero")
    with pytest.raises(BundleError, match=rf"{name} is no plain file"):
        Bundle.load(broken)


def test_a_link_to_a_file_is_that_file(broken: Path) -> None:
    if sys.platform != "win32":
        (broken / CARD_FILE).rename(broken / "elsewhere.json")
        (broken / CARD_FILE).symlink_to(broken / "elsewhere.json")
        assert Bundle.load(broken).card


@pytest.mark.parametrize("case", REFUSALS)
def test_a_broken_bundle_is_refused(case: str, broken: Path) -> None:
    breaking, message = REFUSALS[case]
    breaking(broken)
    with pytest.raises(BundleError, match=message) as refusal:
        Bundle.load(broken)
    assert str(broken) in str(refusal.value)
    assert len(str(refusal.value)) < 600


def test_a_missing_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"There is no model bundle at .*nowhere"):
        find_bundle(tmp_path / "nowhere")
    (tmp_path / "file").write_text("x")
    with pytest.raises(BundleError, match="is a file, not a model bundle"):
        find_bundle(tmp_path / "file")


TENSOR_FAULTS: dict[str, tuple[Callable[[dict[str, torch.Tensor]], object], str]] = {
    "missing": (lambda s: s.pop("norm.bias"), r"tensor norm\.bias is missing"),
    "unknown": (lambda s: s.update(extra=torch.zeros(2)), r"tensor extra is unknown"),
    "shape": (
        lambda s: s.update({"head.weight": torch.zeros(3, 32)}),
        r"head\.weight is \(3, 32\), not \(2, 32\)",
    ),
    "not finite": (
        lambda s: s.update({"head.bias": torch.tensor([0, float("nan")])}),
        r"head\.bias .*not finite",
    ),
}


@pytest.mark.parametrize("case", TENSOR_FAULTS)
def test_tensors_of_another_network_are_refused(case: str, broken: Path, small: Any, card: Any) -> None:
    change, message = TENSOR_FAULTS[case]
    state = dict(small.multi_instance)
    change(state)
    save_file(state, broken / MULTI_INSTANCE_FILE)
    _sign(broken, MULTI_INSTANCE_FILE)
    with pytest.raises(BundleError, match=message):
        Bundle.load(broken).multi_instance()
    with pytest.raises(BundleError, match=message):
        write_bundle(broken.with_name("new"), card, small.multitask, state, small.features)
    assert not broken.with_name("new").exists()


def test_another_backbone_in_the_card_is_refused(broken: Path) -> None:
    _edit(broken, lambda card: card["architecture"].update(backbone="mit_b1"))
    with pytest.raises(BundleError, match=r"multitask\.safetensors does not fit"):
        Bundle.load(broken).multitask()


def test_a_file_that_changes_after_loading_is_refused(broken: Path) -> None:
    bundle = Bundle.load(broken)
    _flip(broken / MULTITASK_FILE)
    _flip(broken / FEATURES_FILE)
    with pytest.raises(BundleError, match="was changed"):
        bundle.multitask()
    with pytest.raises(BundleError, match="was changed"):
        bundle.features()


def test_a_safetensors_length_may_look_like_a_pickle(written: Bundle, broken: Path) -> None:
    """A header of 128 bytes and a multiple of 256 begins with the byte of a pickle."""
    data = (broken / FEATURES_FILE).read_bytes()
    length = int.from_bytes(data[:8], "little")
    longer = 0x80 + 256 * 4
    header = data[8 : 8 + length].ljust(longer)
    (broken / FEATURES_FILE).write_bytes(longer.to_bytes(8, "little") + header + data[8 + length :])
    _sign(broken, FEATURES_FILE)
    features = Bundle.load(broken).features()
    assert features is not None
    assert features["mean"].shape == (32,)


def test_features_without_a_mean_are_refused(tmp_path: Path, small: Any, card: Any) -> None:
    for features in ({"precision": np.eye(32)}, {"mean": np.zeros(3)}, {"mean": np.full(32, np.inf)}):
        with pytest.raises(BundleError, match=r"features\.safetensors: the array mean"):
            write_bundle(tmp_path / "new", card, small.multitask, small.multi_instance, features)
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_may_have_no_statistics(tmp_path: Path, small: Any, card: Any) -> None:
    card["feature_statistics"] = None
    bundle = write_bundle(tmp_path / "deep" / "down", card, small.multitask, small.multi_instance)
    assert bundle.features() is None
    assert {path.name for path in bundle.directory.iterdir()} == {
        CARD_FILE,
        MULTITASK_FILE,
        MULTI_INSTANCE_FILE,
    }


def test_an_invalid_card_is_not_written(tmp_path: Path, small: Any, card: Any) -> None:
    card["mask"]["logit_k"] = -1.0
    with pytest.raises(BundleError, match=r"mask\.logit_k"):
        write_bundle(tmp_path / "new", card, small.multitask, small.multi_instance, small.features)
    card["mask"]["logit_k"] = float("nan")
    with pytest.raises(BundleError, match=r"not a valid model card"):
        write_bundle(tmp_path / "new", card, small.multitask, small.multi_instance, small.features)
    assert list(tmp_path.iterdir()) == []


def test_tuples_are_written_as_lists(tmp_path: Path, small: Any, card: Any) -> None:
    card["preprocessing"]["mean"] = (1.0, 2.0, 3.0)
    bundle = write_bundle(tmp_path / "new", card, small.multitask, small.multi_instance, small.features)
    assert bundle.preprocessing.mean == (1.0, 2.0, 3.0)


def test_the_same_input_gives_the_same_bytes(tmp_path: Path, written: Bundle, small: Any, card: Any) -> None:
    again = write_bundle(tmp_path / "again", card, small.multitask, small.multi_instance, small.features)
    for path in written.directory.iterdir():
        assert (again.directory / path.name).read_bytes() == path.read_bytes()


def test_what_lies_there_is_kept_unless_told(tmp_path: Path, small: Any, card: Any) -> None:
    weights = small.multitask, small.multi_instance, small.features
    place = tmp_path / "place"
    first = write_bundle(place, card, *weights)
    other = {**copy.deepcopy(card), "version": "2"}
    with pytest.raises(CannotWriteError, match="exists already"):
        write_bundle(place, other, *weights)
    assert Bundle.load(place) == first
    assert write_bundle(place, other, *weights, replace=True).card["version"] == "2"
    assert [path.name for path in tmp_path.iterdir()] == ["place"]


def test_nothing_is_left_where_nothing_can_be_written(tmp_path: Path, small: Any, card: Any) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CannotWriteError, match=r"could not be written.*[Nn]ot a directory|File exists"):
        write_bundle(tmp_path / "file" / "new", card, small.multitask, small.multi_instance, small.features)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(sys.platform == "win32", reason="a limit on the size of files is POSIX")
def test_a_full_disk_leaves_the_old_bundle(tmp_path: Path, written: Bundle) -> None:
    """The process may write files of 1 MB at most: the weights break off in the middle."""
    program = (
        "import json, resource, signal, sys\n"
        "from pathlib import Path\n"
        "from alnreader.case.errors import CannotWriteError\n"
        "from alnreader.model.bundle import Bundle, write_bundle\n"
        "old, place = Bundle.load(Path(sys.argv[1])), Path(sys.argv[2])\n"
        "states = old.multitask().state_dict(), old.multi_instance().state_dict(), old.features()\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))\n"
        "try:\n"
        "    write_bundle(place, old.card, *states, replace=True)\n"
        "except CannotWriteError as error:\n"
        "    print(error)\n"
    )
    place = tmp_path / "place"
    place.mkdir()
    for path in written.directory.iterdir():
        (place / path.name).write_bytes(path.read_bytes())
    done = subprocess.run(
        [sys.executable, "-c", program, str(written.directory), str(place)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "could not be written" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["place"]
    assert Bundle.load(place).sha256 == written.sha256


def test_the_shipped_bundle_is_the_only_one(
    tmp_path: Path, written: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    monkeypatch.setattr(bundle_module, "models_dir", lambda: models)
    with pytest.raises(BundleError, match=r"No model bundle is shipped .*models.*--model"):
        default_bundle_directory()
    for name in ("one", ".half.new"):
        (models / name).mkdir(parents=True)
        for path in written.directory.iterdir():
            (models / name / path.name).write_bytes(path.read_bytes())
    assert find_bundle().directory == models / "one"
    (models / "one").rename(models / "two")
    (models / "one").mkdir()
    (models / "one" / CARD_FILE).write_text("{}")
    with pytest.raises(BundleError, match="several model bundles: one, two"):
        find_bundle()
