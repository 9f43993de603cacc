"""Everything that real scanners send, one thing after the other, and much of it at once."""

from __future__ import annotations

import os
import threading
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from dicom_maker import (
    dataset,
    doppler,
    jpeg_bytes,
    region_item,
    save,
    speckle,
    uid_of,
    write_encapsulated,
    write_image,
    write_ultrasound,
)
from pydicom.uid import ImplicitVRLittleEndian, JPEGBaseline8Bit, RLELossless

from alnreader.case.errors import CancelledError, UnreadableInputError
from alnreader.case.progress import CancelToken
from alnreader.dicom import decode_pixels, discover, pixels
from alnreader.dicom import frames as frames_module

FRAMES = 500


def long_cine(path: Path, has_bot: bool) -> tuple[Path, list[np.ndarray]]:
    """Write 500 frames of eight different pictures as JPEG, like the largest cines that scanners store."""
    pictures = list(speckle(120, 160, 8))
    streams = [jpeg_bytes(picture) for picture in pictures]
    frames = [streams[number % 8] for number in range(FRAMES)]
    shape = (FRAMES, 120, 160, 3)
    write_encapsulated(path, frames, shape, "YBR_FULL_422", JPEGBaseline8Bit, has_bot=has_bot)
    return path, pictures


@pytest.mark.parametrize("has_bot", [True, False])
def test_the_first_frame_of_a_long_cine_costs_one_frame(
    has_bot: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, pictures = long_cine(tmp_path / "cine.dcm", has_bot)
    decoded: list[int] = []
    read: list[int] = []
    decode, frame_bytes = pixels.decode_stream, frames_module.FrameIndex.read
    monkeypatch.setattr(pixels, "decode_stream", lambda *args: decoded.append(1) or decode(*args))

    def counted(self: Any, stream: Any, frame: int, declared: int) -> bytes:
        read.append(frame)
        return frame_bytes(self, stream, frame, declared)

    monkeypatch.setattr(frames_module.FrameIndex, "read", counted)
    (case,) = discover([path]).patients
    (image,) = case.images
    assert (image.number_of_frames, image.key.frame) == (FRAMES, 250)
    assert decoded == []
    assert set(read) == {250}, "discovery reads the middle frame's markers and nothing else"
    first = image.at_frame(1).pixels()
    assert len(decoded) == 1
    assert set(read[1:]) <= {1, 250}
    assert np.abs(first.astype(int) - pictures[0]).mean() < 3
    last = image.at_frame(FRAMES).pixels()
    assert np.abs(last.astype(int) - pictures[(FRAMES - 1) % 8]).mean() < 3


def test_a_long_cine_is_never_held_as_a_whole(tmp_path: Path) -> None:
    import tracemalloc

    path, _ = long_cine(tmp_path / "cine.dcm", False)
    (image,) = discover([path]).patients[0].images
    one = image.pixels().nbytes
    tracemalloc.start()
    try:
        for frame in range(1, FRAMES + 1, 5):
            image.at_frame(frame).pixels()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # A frame as decoded, as floating point strips, and as RGB; the index of 500 frames.
    assert most < 25 * one


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
@pytest.mark.parametrize(
    "kind",
    ["native", "planar", "rle", "jpeg", "jpeg with table", "jpeg in pieces", "jpeg in pieces with table"],
)
def test_a_cine_cut_off_in_the_middle_shows_what_is_there(kind: str, share: float, tmp_path: Path) -> None:
    path = tmp_path / "cine.dcm"
    pictures = speckle(96, 128, 20)
    if kind in ("native", "planar"):
        write_image(path, pictures, "RGB", planar=kind == "planar")
    elif kind == "rle":
        write_image(path, pictures, "RGB", RLELossless)
    else:
        write_encapsulated(
            path,
            [jpeg_bytes(picture) for picture in pictures],
            pictures.shape,
            "YBR_FULL_422",
            JPEGBaseline8Bit,
            fragments=3 if "pieces" in kind else 1,
            has_bot="table" in kind,
        )
    whole = [decode_pixels(path, number) for number in range(1, 21)]
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    (image,) = discover([path]).patients[0].images
    there = image.number_of_frames
    assert 20 * share - 2 < there <= 20 * share
    assert image.notes == (f"The file was cut off: {there} of 20 frames are there.",)
    assert image.key.frame == (there + 1) // 2
    for number in range(1, there + 1):
        assert np.array_equal(image.at_frame(number).pixels(), whole[number - 1])
    with pytest.raises(UnreadableInputError, match=f"holds {there} of 20 frames: it was cut off"):
        decode_pixels(path, 20)


@pytest.mark.parametrize("jpeg", [False, True])
def test_a_cine_without_a_whole_frame_is_refused(jpeg: bool, tmp_path: Path) -> None:
    path = write_ultrasound(tmp_path / "cine.dcm", speckle(96, 128, 20), jpeg=jpeg)
    path.write_bytes(path.read_bytes()[:2000])
    (skipped,) = discover([path]).skipped
    assert skipped.reason == "the file ends within the pixel data: it was cut off"


def test_of_two_copies_of_a_cine_the_whole_one_is_shown(tmp_path: Path) -> None:
    path = write_ultrasound(tmp_path / "b.dcm", speckle(96, 128, 20))
    (tmp_path / "a.dcm").write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found = discover([tmp_path])
    (image,) = found.patients[0].images
    assert (image.source, image.number_of_frames) == (str(path), 20)
    assert [Path(skip.path).name for skip in found.skipped] == ["a.dcm"]


NAMES = (
    ("GB18030", "Zhang^San=张^三", "gb18030"),
    ("GB2312 in ISO 2022", "Zhang^San=张^三", "gb2312"),
    ("none, GB", "张^三", "gb18030"),
    ("none, UTF-8", "张^三", "utf-8"),
    ("latin label", "张^三", "gb18030"),
)


@pytest.mark.parametrize(("kind", "name", "codec"), NAMES)
def test_chinese_patients_under_right_wrong_and_missing_labels(
    kind: str, name: str, codec: str, tmp_path: Path
) -> None:
    labels = {
        "GB18030": "GB18030",
        "GB2312 in ISO 2022": "\\ISO 2022 IR 58",
        "latin label": "ISO_IR 100",
    }
    raw = name.encode(codec)
    if codec == "gb2312":
        alphabetic, ideographic = name.split("=")
        parts = [b"\x1b$)A" + part.encode(codec) for part in ideographic.split("^")]
        raw = alphabetic.encode() + b"=" + b"^".join(parts)
    path = write_ultrasound(
        tmp_path / "a.dcm",
        speckle()[0],
        PatientName="N" * len(raw),
        SpecificCharacterSet=["", "ISO 2022 IR 58"],
    )
    label = labels.get(kind, "").ljust(16).encode()
    path.write_bytes(
        path.read_bytes().replace(b"N" * len(raw), raw, 1).replace(b"\\ISO 2022 IR 58 ", label, 1)
    )
    (case,) = discover([path]).patients
    ideographic = case.patient.name.ideographic or case.patient.name.alphabetic
    assert ideographic == "张^三"
    assert ("label" in kind or "none" in kind) == any(
        "character set" in note for note in case.images[0].notes
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Müller^Anna^Maria^Dr.^PhD", "Müller, Dr. Anna Maria PhD"),
        ("Wang^XiaoDong=王^小东=ワン^シャオ", "王小东 (Wang, XiaoDong)"),
        ("^^^^", ""),
        ("O'Neil-Smith^Jane Ann^^^", "O'Neil-Smith, Jane Ann"),
        ("Hong^Gildong=洪^吉洞=홍^길동", "洪吉洞 (Hong, Gildong)"),
    ],
)
def test_names_with_several_components(name: str, shown: str, tmp_path: Path) -> None:
    write_ultrasound(tmp_path / "a.dcm", speckle()[0], PatientName=name, SpecificCharacterSet="ISO_IR 192")
    (case,) = discover([tmp_path]).patients
    assert str(case.patient.name) == shown


@pytest.mark.parametrize(
    "date", ["00000000", "20241301", "31.12.24", "UNKNOWN", "2024", "20240230", "\0" * 8]
)
def test_dates_that_are_none_cost_the_date_and_not_the_picture(date: str, tmp_path: Path) -> None:
    path = write_ultrasound(
        tmp_path / "a.dcm", speckle()[0], PatientBirthDate="19990101", StudyDate="19990102"
    )
    data = path.read_bytes()
    for valid in (b"19990101", b"19990102"):
        data = data.replace(valid, date.ljust(8).encode(), 1)
    path.write_bytes(data)
    (case,) = discover([path]).patients
    assert case.patient.birth_date is None
    assert case.studies[0].study_date is None
    assert case.images[0].pixels().shape == (48, 64, 3)


def test_private_attributes_of_every_size_are_stepped_over(tmp_path: Path) -> None:
    path = write_ultrasound(tmp_path / "a.dcm", speckle()[0])
    ds = pydicom.dcmread(path)
    ds.add_new(0x00090010, "LO", "MAKER")
    ds.add_new(0x00091001, "OB", bytes(20 << 20))
    inner = pydicom.Dataset()
    inner.add_new(0x00110010, "LO", "MAKER")
    inner.add_new(0x00111002, "UN", b"\xff" * 33 + b"\0")
    ds.add_new(0x00291002, "SQ", pydicom.Sequence([inner, inner]))
    ds.add_new(0x7FE10010, "OB", bytes(1 << 20))
    ds.save_as(path, enforce_file_format=True)
    (image,) = discover([path]).patients[0].images
    assert np.array_equal(image.pixels(), speckle()[0])


def test_without_preamble_without_meta_and_in_implicit_vr(tmp_path: Path) -> None:
    for number, syntax in enumerate(("1.2.840.10008.1.2.1", ImplicitVRLittleEndian)):
        write_image(tmp_path / f"{number}.dcm", speckle(), "RGB", syntax, preamble=False)
    (case,) = discover([tmp_path]).patients
    assert [image.pixels().tolist() for image in case.images] == [speckle()[0].tolist()] * 2


def test_several_regions_one_screen(tmp_path: Path) -> None:
    regions = [
        region_item(0, 0, 63, 95, (0.01, 0.02)),
        region_item(64, 0, 127, 95, (0.005, 0.005), kind=2),
        region_item(0, 96, 127, 127, (0.1, 5.0), (4, 7), kind=3),
    ]
    write_ultrasound(tmp_path / "a.dcm", speckle(128, 128)[0], SequenceOfUltrasoundRegions=regions)
    (image,) = discover([tmp_path]).patients[0].images
    scales = [(region.mm_per_pixel_x, region.mm_per_pixel_y) for region in image.calibration]
    assert scales == [pytest.approx((0.1, 0.2)), pytest.approx((0.05, 0.05)), (None, None)]


def test_all_at_once(tmp_path: Path) -> None:
    """One disk with everything on it: what can be read is, and everything else is named with its reason."""
    disk = tmp_path / "disk"
    deep = disk / "a b" / "检查 1" / "IMAGES"
    write_ultrasound(deep / "1.dcm", speckle(seed=1)[0])
    write_ultrasound(deep / "copy.dcm", speckle(seed=2)[0], SOPInstanceUID=uid_of("1.dcm"))
    write_ultrasound(
        deep / "no id.dcm", doppler()[0], PatientID=None, PatientName=None, StudyInstanceUID=None
    )
    cut = write_ultrasound(deep / "cut.dcm", speckle(seed=3)[0])
    cut.write_bytes(cut.read_bytes()[:-500])
    save(dataset("sr.dcm", SOPClassUID="1.2.840.10008.5.1.4.1.1.88.33", Modality="SR"), deep / "sr.dcm")
    (deep / "readme.txt").write_text("hello")
    with zipfile.ZipFile(disk / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        inner = write_ultrasound(tmp_path / "z.dcm", speckle(seed=4)[0])
        archive.write(inner, "one/two/three/z.dcm")
        archive.writestr("one/empty/", "")
        archive.writestr("one/inner.zip", b"PK\x03\x04")
    if os.name != "nt":
        (deep / "loop").symlink_to(disk, target_is_directory=True)
        (deep / "self").symlink_to(deep / "self")
    found = discover([disk, deep])
    assert sum(len(case.images) for case in found.patients) == 3
    reasons = {skip.path.rpartition("/")[2]: skip.reason for skip in found.skipped}
    assert "same SOP Instance UID" in reasons["copy.dcm"]
    assert "cut" in reasons["cut.dcm"] or "short" in reasons["cut.dcm"]
    assert "not ultrasound" in reasons["sr.dcm"]
    assert "not a DICOM file" in reasons["readme.txt"]
    assert "zip within a zip" in reasons["inner.zip"]
    assert os.name == "nt" or "cannot be read" in reasons["self"]
    assert "loop" not in reasons


MANY = 600
"""Files in the tests; ``make reliability`` finds 20 000."""


def test_many_files_with_progress_and_a_stop(tmp_path: Path) -> None:
    made = write_ultrasound(tmp_path / "x.dcm", speckle(8, 8)[0])
    data, uid = made.read_bytes(), uid_of("x.dcm").encode()
    made.unlink()
    for number in range(MANY):
        folder = tmp_path / f"{number % 7}"
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.dcm").write_bytes(data.replace(uid, uid[:-4] + b"%04d" % number))
    told: list[tuple[int, int]] = []
    found = discover([tmp_path], lambda done, total, message="": told.append((done, total)))
    assert sum(len(case.images) for case in found.patients) == MANY
    read = [done for done, total in told if total]
    assert read == list(range(1, MANY + 1))
    assert any(total == 0 for _, total in told), "counting is told, too"
    token = CancelToken()
    seen: list[int] = []

    def stop(done: int, total: int, message: str = "") -> None:
        seen.append(done)
        if total and done == 100:
            token.cancel()

    before = threading.active_count()
    with pytest.raises(CancelledError):
        discover([tmp_path], stop, token)
    assert max(seen[-1:]) == 100
    assert threading.active_count() == before
