"""`alnreader read` on real files: what it writes, what it says, and how it refuses."""

from __future__ import annotations

import json
import resource
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from PIL import Image

from alnreader.case.errors import ExitCode
from alnreader.case.sharing import folder_of
from alnreader.cli import main
from alnreader.report.document import schema
from alnreader.simulation import simulate_patient, write_dicom

VALIDATOR = jsonschema.Draft202012Validator(schema())


@pytest.fixture(scope="session")
def patients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two simulated patients as DICOM, two images each."""
    folder: Path = tmp_path_factory.mktemp("patients")
    for seed in (11, 12):
        write_dicom(simulate_patient(seed, images=2), folder / f"{seed}")
    return folder


@pytest.fixture
def one(patients: Path) -> Path:
    return patients / "11"


def arguments(path: Path, bundle: Path, **outputs: Path | str) -> list[str]:
    """Return the command line of a reading."""
    options = [
        str(part) for name, value in outputs.items() for part in (f"--{name.replace('_', '-')}", value)
    ]
    return ["read", str(path), "--model", str(bundle), *options]


def tree(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_patient_is_read_in_chinese(
    one: Path, random_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def read(language: str) -> bytes:
        out = tmp_path / language
        outputs = {"language": language, "report": out / "r.pdf", "json": out / "r.json"}
        assert main(arguments(one, random_bundle, **outputs)) == ExitCode.OK
        return (out / "r.json").read_bytes()

    document = read("zh_CN")
    assert "腋窝淋巴结转移概率" in capsys.readouterr().out
    assert b"/Lang (zh-CN)" in (tmp_path / "zh_CN" / "r.pdf").read_bytes()
    assert read("en") == document
    assert "Probability of axillary lymph node metastasis" in capsys.readouterr().out


def test_a_patient_is_read(
    one: Path, random_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    code = main(
        arguments(one, random_bundle, report=out / "r.pdf", json=out / "r.json", out_dir=out / "pictures")
    )
    assert code == ExitCode.OK
    said = capsys.readouterr()
    assert "not for clinical use" in said.out
    assert said.err == ""
    document = json.loads((out / "r.json").read_bytes())
    VALIDATOR.validate(document)
    assert document["model"]["demonstration"] is True
    assert (out / "r.pdf").read_bytes().startswith(b"%PDF-")
    low, high = document["interval"]
    assert low <= document["probability"] <= high
    total = document["baseline"] + sum(image["contribution"] for image in document["images"])
    assert total == pytest.approx(document["probability"], abs=1e-5)
    for image in document["images"]:
        sizes = set()
        for kind, name in image["files"].items():
            with Image.open(out / "pictures" / name) as picture:
                sizes.add(picture.size)
                if kind == "mask":
                    assert set(np.unique(np.asarray(picture))) <= {0, 255}
        assert sizes == {(image["columns"], image["rows"])}
        assert (out / "pictures" / image["files"]["image"]).is_file()


def test_the_same_input_gives_the_same_bytes(one: Path, random_bundle: Path, tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        assert main(arguments(one, random_bundle, json=tmp_path / name)) == 0
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_a_zip_reads_like_the_folder(one: Path, random_bundle: Path, tmp_path: Path) -> None:
    archive = tmp_path / "病人 1.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(one.iterdir()):
            file.write(path, f"nested/folder/{path.name}")
    probabilities = []
    for source in (one, archive):
        target = tmp_path / "r.json"
        assert main(arguments(source, random_bundle, json=target)) == 0
        probabilities.append(json.loads(target.read_bytes())["probability"])
    assert probabilities[0] == probabilities[1]


def test_two_patients_are_a_list_and_never_mix(
    patients: Path, random_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (patients / "12" / "broken.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"nonsense")
    try:
        code = main(arguments(patients, random_bundle, json="-", report=tmp_path / "r.pdf"))
    finally:
        (patients / "12" / "broken.dcm").unlink()
    assert code == ExitCode.OK
    documents = json.loads(capsys.readouterr().out)
    assert len(documents) == 2
    for document in documents:
        VALIDATOR.validate(document)
    folders = [{Path(image["source"]).parent.name for image in document["images"]} for document in documents]
    assert sorted(map(sorted, folders)) == [["11"], ["12"]]
    # What lies in one patient's folder is no news for the other.
    for document, folder in zip(documents, folders, strict=True):
        assert [Path(skip["path"]).name for skip in document["skipped"]] == (
            ["broken.dcm"] if folder == {"12"} else []
        )
    assert len(list(tmp_path.glob("r-patient-*.pdf"))) == 2


def test_pictures_of_one_folder_are_one_patient(random_bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "王小明"
    folder.mkdir()
    for number, image in enumerate(simulate_patient(5, images=2).images):
        Image.fromarray(image.pixels).save(folder / f"图 {number}.png")
    target = tmp_path / "r.json"
    assert main(arguments(folder, random_bundle, json=target)) == 0
    document = json.loads(target.read_bytes())
    assert document["patient"]["id"] == "王小明"
    assert [image["sop_instance_uid"] for image in document["images"]] == [None, None]


@pytest.mark.parametrize(
    ("make", "code", "words"),
    [
        (lambda folder: folder / "absent", ExitCode.NO_INPUT, "absent"),
        (lambda folder: folder, ExitCode.NO_INPUT, "No ultrasound image"),
        (lambda folder: _text(folder / "notes.txt"), ExitCode.NO_INPUT, "notes.txt"),
        (lambda folder: _truncated(folder / "cut.png"), ExitCode.NO_INPUT, "cut.png"),
    ],
)
def test_nothing_readable(
    make: object,
    code: ExitCode,
    words: str,
    random_bundle: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    path = make(folder)  # type: ignore[operator]
    target = tmp_path / "out" / "r.json"
    target.parent.mkdir()
    assert main(arguments(path, random_bundle, json=target)) == code
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said
    assert tree(target.parent) == []


def _text(path: Path) -> Path:
    path.write_text("not a picture")
    return path


def _truncated(path: Path) -> Path:
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:500])
    return path


def _no_directory(bundle: Path) -> Path:
    return bundle.with_name("elsewhere")


def _changed_weights(bundle: Path) -> Path:
    weights = bundle / "multitask.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    return bundle


def _missing_weights(bundle: Path) -> Path:
    (bundle / "multi_instance.safetensors").unlink()
    return bundle


def _broken_card(bundle: Path) -> Path:
    (bundle / "card.json").write_text("{")
    return bundle


@pytest.mark.parametrize("harm", [_no_directory, _changed_weights, _missing_weights, _broken_card])
def test_no_usable_model(
    harm: object, one: Path, random_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(random_bundle, bundle)
    model = harm(bundle)  # type: ignore[operator]
    code = main(arguments(one, model, json=tmp_path / "r.json"))
    assert code == ExitCode.NO_MODEL
    said = capsys.readouterr().err
    assert said.startswith("alnreader: ")
    assert "Traceback" not in said
    assert not (tmp_path / "r.json").exists()


def test_an_unknown_device(one: Path, random_bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(arguments(one, random_bundle, device="abacus"))
    assert code not in (ExitCode.OK, ExitCode.INTERNAL)
    assert "abacus" in capsys.readouterr().err


def test_an_output_that_cannot_be_written(
    one: Path, random_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    code = main(arguments(one, random_bundle, report=tmp_path / "file" / "r.pdf", json=tmp_path / "r.json"))
    assert code == ExitCode.CANNOT_WRITE
    assert "r.pdf" in capsys.readouterr().err
    assert tree(tmp_path) == ["file"]


@pytest.mark.parametrize("option", ["json", "report"])
def test_an_input_is_never_written_over(
    option: str, one: Path, random_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "in"
    shutil.copytree(one, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    victim = sorted(folder.iterdir())[0]
    (tmp_path / "link").symlink_to(victim)
    for target in (victim, folder / ".." / "in" / victim.name, tmp_path / "link"):
        assert main(arguments(folder, random_bundle, **{option: target})) == ExitCode.CANNOT_WRITE
        assert "is being read" in capsys.readouterr().err
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    archive = tmp_path / "in.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(victim, "a!/b.dcm")
    whole = archive.read_bytes()
    assert main(arguments(archive, random_bundle, **{option: archive})) == ExitCode.CANNOT_WRITE
    assert archive.read_bytes() == whole


def test_what_was_written_into_the_input_is_not_read_as_a_patient(
    one: Path, random_bundle: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    shutil.copytree(one, folder)
    outputs = {"json": folder / "r.json", "report": folder / "r.pdf", "out_dir": folder}
    documents = []
    for _ in range(2):
        assert main(arguments(folder, random_bundle, **outputs)) == ExitCode.OK
        documents.append(json.loads((folder / "r.json").read_bytes()))
    first, second = documents
    assert second["images"] == first["images"]
    assert second["probability"] == first["probability"]
    reasons = {Path(skip["path"]).name: skip["reason"] for skip in second["skipped"]}
    for image in first["images"]:
        for name in image["files"].values():
            assert "written by this program" in reasons[name]


def test_a_named_path_that_is_not_there_stops_the_reading(
    one: Path, random_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "r.json"
    command = arguments(one, random_bundle, json=target)
    assert main([command[0], str(tmp_path / "absent"), *command[1:]]) == ExitCode.NO_INPUT
    assert "absent" in capsys.readouterr().err
    assert not target.exists()


def test_one_image_is_not_several(
    one: Path, random_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(sorted(one.iterdir())[0], folder)
    _text(folder / "notes.txt")
    assert main(arguments(folder, random_bundle)) == ExitCode.OK
    said = capsys.readouterr().out
    assert ": 1 image\n" in said
    assert "1 file was not read" in said


def test_an_output_folder_is_named_as_it_was_typed(
    one: Path, random_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(arguments(one, random_bundle, out_dir=tmp_path / "file")) == ExitCode.CANNOT_WRITE
    assert f"Cannot write {tmp_path / 'file'}:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "separator", "folder"),
    [
        ("a/b/c.dcm", "/", "a/b"),
        ("a\\b/c.dcm", "/", "a\\b"),
        ("C:\\a\\b\\c.dcm", "\\", "C:/a/b"),
        ("C:\\a.zip!/b/c.dcm", "\\", "C:/a.zip!/b"),
    ],
)
def test_the_folder_of_a_source(source: str, separator: str, folder: str) -> None:
    assert folder_of(source, separator) == folder


def test_the_demo_may_be_repeated(random_bundle: Path, tmp_path: Path) -> None:
    documents = []
    for _ in range(2):
        assert main(["demo", "--model", str(random_bundle), "--out-dir", str(tmp_path)]) == ExitCode.OK
        documents.append((tmp_path / "reading.json").read_bytes())
    assert documents[0] == documents[1]
    VALIDATOR.validate(json.loads(documents[0]))
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")


def test_the_demo_leaves_the_files_of_others_alone(
    one: Path, random_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(one, tmp_path / "a" / "dicom")
    before = {path.name: path.read_bytes() for path in (tmp_path / "a" / "dicom").iterdir()}
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "dicom").write_text("no folder")
    for out in (tmp_path / "a", tmp_path / "b"):
        assert main(["demo", "--model", str(random_bundle), "--out-dir", str(out)]) == ExitCode.CANNOT_WRITE
        assert str(out / "dicom") in capsys.readouterr().err
        assert tree(out) == (
            ["dicom"] if out.name == "b" else ["dicom", *(f"dicom/{n}" for n in sorted(before))]
        )
    assert {path.name: path.read_bytes() for path in (tmp_path / "a" / "dicom").iterdir()} == before


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "alnreader", *arguments]


def test_a_full_disk_leaves_nothing(one: Path, random_bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()

    def small_disk() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    done = subprocess.run(
        _command(
            *arguments(one, random_bundle, report=out / "r.pdf", json=out / "r.json", out_dir=out / "p")
        ),
        preexec_fn=small_disk,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == ExitCode.CANNOT_WRITE, done.stderr
    assert "Traceback" not in done.stderr
    assert [name for name in tree(out) if (out / name).is_file()] == []


def test_an_interrupt_stops_cleanly(one: Path, random_bundle: Path, tmp_path: Path) -> None:
    outputs = {"json": tmp_path / "r.json", "report": tmp_path / "r.pdf"}
    command = _command("--debug", *arguments(one, random_bundle, **outputs))
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "Reading patient" in line:
                break
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == ExitCode.CANCELLED, said
    assert "Stopped." in said
    assert "Traceback" not in said
    assert tree(tmp_path) == []


def test_no_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == ExitCode.USAGE
    assert "usage" in capsys.readouterr().err


def test_help_names_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["read", "--help"])
    said = capsys.readouterr().out
    for code in ExitCode:
        assert f"{code.value}  " in said


def test_what_was_skipped_is_named_in_the_terminal(
    one: Path, random_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "in"
    shutil.copytree(one, folder)
    for number in range(7):
        _text(folder / f"notes-{number}.txt")
    assert main(arguments(folder, random_bundle)) == ExitCode.OK
    said = capsys.readouterr().out
    assert "7 files were not read:" in said
    assert "notes-0.txt: " in said
    assert "and 2 more" in said
