from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from report_readings import disc, picture, reading_of

from alnreader.case.atomic import write_bytes
from alnreader.case.case import Reading
from alnreader.case.errors import CancelledError, CannotWriteError, InvalidValueError, UnreadableInputError
from alnreader.case.image import ImageKey
from alnreader.case.patient import Patient
from alnreader.case.progress import CancelToken
from alnreader.case.region import Region, RegionKind
from alnreader.report.document import schema
from alnreader.report.output import (
    check_outputs,
    patient_folder,
    picture_names,
    write_reading,
    write_readings,
)
from alnreader.report.text import file_stem

SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")


def two_images() -> Reading:
    first, second = picture(1), picture(2, 60, 33, number_of_frames=9)
    regions = (
        Region(disc(96, 128, 0.1, 0.3), RegionKind.TUMOUR),
        Region(disc(96, 128, 0.1, 0.7), RegionKind.LYMPH_NODE),
    )
    return reading_of((first, second), {first.key: regions})


def everything(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b"folder"
        for path in sorted(folder.rglob("*"))
    }


def test_pictures_are_the_pixels_the_mask_and_the_heat_map(tmp_path: Path) -> None:
    reading = two_images()
    write_reading(reading, json=tmp_path / "out.json", out_dir=tmp_path / "pictures")
    document = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema()).validate(document)
    for image, entry in zip(reading.case.images, document["images"], strict=True):
        files = {kind: Image.open(tmp_path / "pictures" / name) for kind, name in entry["files"].items()}
        assert files["image"].mode == "RGB"
        assert np.array_equal(np.asarray(files["image"]), image.pixels())
        assert files["mask"].mode == files["heatmap"].mode == "L"
        expected = np.zeros((image.rows, image.columns), dtype=np.uint8)
        for region in reading.case.regions_of(image.key):
            expected[region.mask] = 255
        assert np.array_equal(np.asarray(files["mask"]), expected)
        levels = np.asarray(files["heatmap"]) / 255
        assert np.abs(levels - reading.heat_maps[image.key]).max() <= 0.5 / 255 + 1e-6
        for opened in files.values():
            opened.close()
    assert len(list((tmp_path / "pictures").iterdir())) == 6


def test_without_a_model_there_is_no_heat_map(tmp_path: Path) -> None:
    write_reading(
        reading_of((picture(1),), probability=None), json=tmp_path / "a.json", out_dir=tmp_path / "o"
    )
    files = json.loads((tmp_path / "a.json").read_bytes())["images"][0]["files"]
    assert files["heatmap"] is None
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == sorted([files["image"], files["mask"]])


def test_two_patients_get_a_folder_each(tmp_path: Path) -> None:
    readings = [
        reading_of((picture(1),), patient=Patient("../../A/B")),
        reading_of((picture(1),), patient=Patient("A-B")),
        reading_of((picture(1),), patient=Patient("张")),
    ]
    written = write_readings(
        readings, report=tmp_path / "all.pdf", json=tmp_path / "all.json", out_dir=tmp_path / "o"
    )
    assert written.document == (tmp_path / "all.json").read_bytes()
    # One patient's report can be filed without another's.
    assert sorted(path.name for path in tmp_path.glob("*.pdf")) == [
        "all-patient-001-A-B.pdf",
        "all-patient-002-A-B.pdf",
        "all-patient-003.pdf",
    ]
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == [
        "patient-001-A-B",
        "patient-002-A-B",
        "patient-003",
    ]
    documents = json.loads((tmp_path / "all.json").read_bytes())
    jsonschema.Draft202012Validator(schema()).validate(documents)
    for document in documents:
        for name in document["images"][0]["files"].values():
            assert (tmp_path / "o" / name).is_file()


@given(st.text(max_size=80))
def test_names_of_files_are_safe_everywhere(text: str) -> None:
    wide = file_stem(text, all_scripts=True)
    assert not re.search(r"[^\w.-]|_|\.\.|^[.-]|[.-]$", wide)
    stem = file_stem(text)
    assert stem == "" or SAFE.fullmatch(stem)
    assert ".." not in stem
    assert len(stem) <= 40
    assert SAFE.fullmatch(patient_folder(1, text))
    image = picture(1, is_dicom=False)
    object.__setattr__(image, "source", text or "x")
    for name in picture_names(3, image).values():
        assert SAFE.fullmatch(name)


def test_the_same_reading_writes_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    for name in ("a", "b"):
        folder = tmp_path / name
        write_reading(two_images(), folder / "r.pdf", folder / "r.json", folder / "pictures")
    assert everything(tmp_path / "a") == everything(tmp_path / "b")
    assert len(everything(tmp_path / "a")) == 9


def test_older_files_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text("old")
    write_reading(two_images(), json=tmp_path / "r.json", out_dir=tmp_path)
    before = everything(tmp_path)
    assert before["r.json"] != b"old"
    write_reading(two_images(), json=tmp_path / "r.json", out_dir=tmp_path)
    assert everything(tmp_path) == before


def test_a_link_stays_and_its_file_changes(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real.json")
    (tmp_path / "new-link.json").symlink_to("not-yet.json")
    write_bytes(tmp_path / "link.json", b"new")
    write_bytes(tmp_path / "new-link.json", b"new")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_bytes() == b"new"
    assert (tmp_path / "not-yet.json").read_bytes() == b"new"


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=subprocess.PIPE) as reader:
        write_bytes(tmp_path / "pipe", b"through")
        assert reader.communicate()[0] == b"through"
    assert (tmp_path / "pipe").is_fifo()


@pytest.fixture
def before(tmp_path: Path) -> Iterator[Path]:
    """A folder in which a failed write must leave everything as it was."""
    (tmp_path / "old.json").write_text("old")
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "keep").write_text("keep")
    state = everything(tmp_path)
    yield tmp_path
    assert everything(tmp_path) == state


def refused(folder: Path, report: str, json_name: str, out_dir: str, words: str) -> None:
    with pytest.raises(CannotWriteError, match=words):
        write_reading(two_images(), folder / report, folder / json_name, folder / out_dir)


def test_refuses_a_folder_in_the_way(before: Path) -> None:
    refused(before, "folder", "old.json", "new/pictures", "folder: a folder of that name is in the way")
    refused(before, "new/r.pdf", "folder", "folder", "folder: a folder of that name is in the way")


def test_refuses_a_file_in_the_way(before: Path) -> None:
    refused(before, "file/r.pdf", "new.json", "new", "a file stands where a folder is needed")
    refused(before, "r.pdf", "old.json", "file", "a file stands where a folder is needed")


def test_refuses_a_name_too_long(before: Path) -> None:
    refused(before, "a" * 300 + ".pdf", "old.json", "new", "name is too long")


def test_a_name_as_long_as_allowed_can_be_written(tmp_path: Path) -> None:
    write_bytes(tmp_path / ("a" * 255), b"x")
    assert (tmp_path / ("a" * 255)).read_bytes() == b"x"


def test_refuses_a_name_that_no_system_allows(before: Path) -> None:
    refused(before, "a\0b.pdf", "old.json", "new", "not allowed")


def test_refuses_two_outputs_of_one_name(before: Path) -> None:
    refused(before, "old.json", "folder/../old.json", "new", "two outputs have this name")


def test_refuses_a_full_device_and_takes_the_rest_back(before: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(CannotWriteError, match=r"/dev/full: the disk is full\. Free some space"):
        write_reading(two_images(), before / "new.pdf", Path("/dev/full"), before / "new")
    with pytest.raises(CannotWriteError, match="disk is full"):
        write_reading(two_images(), Path("/dev/full"), before / "old.json", before / "folder")


def test_a_stop_leaves_nothing(before: Path) -> None:
    token = CancelToken()

    def stop(done: int, total: int, message: str = "") -> None:
        if done == 1:
            token.cancel()

    with pytest.raises(CancelledError):
        write_reading(two_images(), before / "r.pdf", before / "old.json", before / "new", stop, token)


def test_a_picture_that_can_no_longer_be_decoded_leaves_nothing(before: Path) -> None:
    def gone(frame: int) -> np.ndarray:
        raise UnreadableInputError("/data/IM0002.dcm is gone.")

    image = picture(2)
    object.__setattr__(image, "loader", gone)
    reading = reading_of((picture(1), image))
    with pytest.raises(UnreadableInputError, match="is gone"):
        write_reading(reading, json=before / "new.json", out_dir=before / "new")


def test_a_heat_map_of_another_picture_is_refused(before: Path) -> None:
    reading = two_images()
    first, second = (image.key for image in reading.case.images)
    swapped: dict[ImageKey, np.ndarray] = {first: reading.heat_maps[second]}
    with pytest.raises(InvalidValueError, match="does not fit"):
        write_reading(Reading(reading.case, reading.score, swapped), out_dir=before / "new")


@pytest.mark.parametrize("name", ["file/r.pdf", "folder"])
def test_a_check_beforehand_refuses_the_same(before: Path, name: str) -> None:
    with pytest.raises(CannotWriteError):
        check_outputs(before / "a" / "r.pdf", before / name, before / "b")
    check_outputs(before / "a" / "r.pdf", before / "old.json", before / "b")


# --- failures of the system itself, in another process -----------------------------------------------

PROBE = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from test_report_output import everything, two_images
from alnreader.case.errors import CannotWriteError
from alnreader.report import pdf
from alnreader.report.output import write_reading
two = two_images()
folder = Path({folder!r})
{prepare}
state = everything(folder)
try:
    write_reading(two, folder / "new.pdf", folder / "old.json", folder / "pictures")
except CannotWriteError as error:
    print(error, "| as before" if everything(folder) == state else everything(folder).keys())
else:
    print("written")
"""


def probe(folder: Path, prepare: str, prefix: list[str]) -> str:
    code = PROBE.format(tests=str(Path(__file__).parent), folder=str(folder), prepare=prepare)
    command = [*prefix, sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_file_that_grows_beyond_the_limit_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text("old")
    prepare = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))"
    said = probe(tmp_path, prepare, [])
    assert "Free some space" in said
    assert "| as before" in said


def in_a_mount(tmp_path: Path, options: str, remount: str) -> str:
    """Run the probe on a small file system of its own, seen by that process alone."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("unshare is not installed")
    folder = tmp_path / "mounted"
    folder.mkdir()
    script = (
        f"mount -t tmpfs -o {options} tmpfs {folder} || exit 77\n"
        f"printf old > {folder}/old.json\n{remount}\n"
        'exec "$@"'
    )
    prefix = [unshare, "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this system does not let a test mount a file system")
    return probe(folder, "", prefix)


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    said = in_a_mount(tmp_path, "size=40k", "")
    assert "the disk is full. Free some space" in said
    assert "| as before" in said


def test_a_read_only_disk_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "mounted"
    said = in_a_mount(tmp_path, "size=400k", f"mount -o remount,ro {folder}")
    assert "the disk is read-only. Choose a folder that can be written" in said
    assert "| as before" in said


# Root may write anywhere: let somebody else try. First once as root, since nobody may not read every module.
AS_NOBODY = """
import os
from alnreader.report import output
write_reading(two, folder.parent / (folder.name + ".pdf"), None, folder.parent / (folder.name + ".d"))
import shutil
shutil.rmtree(folder.parent / (folder.name + ".d"))
(folder.parent / (folder.name + ".pdf")).unlink()
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
"""


@pytest.mark.skipif(os.name != "posix", reason="users and modes as on Unix")
@pytest.mark.parametrize(("protected", "mode"), [(".", 0o555), ("old.json", 0o444)])
def test_a_place_without_permission_is_refused(protected: str, mode: int) -> None:
    root = Path(tempfile.mkdtemp(dir="/tmp"))
    try:
        root.chmod(0o777)
        (root / "old.json").write_text("old")
        (root / protected).chmod(mode)
        said = probe(root, AS_NOBODY, [])
    finally:
        root.chmod(0o700)
        shutil.rmtree(root)
    assert "there is no permission. Choose a folder that can be written" in said
    assert "| as before" in said


def test_nothing_is_written_in_between(tmp_path: Path) -> None:
    """Until all is ready, no output has its name."""
    seen: list[set[str]] = []

    def look(done: int, total: int, message: str = "") -> None:
        seen.append({name for name in everything(tmp_path) if not name.split("/")[-1].startswith(".")})

    write_reading(two_images(), tmp_path / "r.pdf", tmp_path / "r.json", tmp_path / "o", look)
    assert seen[-2] == {"o"}
    assert {"r.pdf", "r.json", "o/001-IM0001-image.png", "o/002-IM0002-frame1-mask.png"} <= seen[-1]


def test_a_png_is_a_png() -> None:
    from alnreader.report.output import _png

    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    with Image.open(io.BytesIO(_png(pixels))) as opened:
        assert opened.format == "PNG"
        assert np.array_equal(np.asarray(opened), pixels)
