"""Every file of ../shared/dicom decodes to what another program's decoder gives, or is refused in words."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import dicom_independent as independent
import numpy as np
import pytest
from pydicom.misc import is_dicom

from alnreader.case.errors import UnreadableInputError
from alnreader.dicom import Location, decode_pixels, discover
from alnreader.dicom.header import read_header
from alnreader.dicom.refusal import Refusal

# Rounding: other programs compute windows in another order of operations, or in integers.
ROUNDING = 1
# dcmtk rounds the chromatic sums separately (integer tables): up to 2 of 255.
YBR_ROUNDING = 2
# Lossy JPEG: the standards leave the inverse transform to the decoder within 1, and the way colour is
# interpolated where it is subsampled entirely; the mean is held beside the largest difference.
LOSSY = 4
LOSSY_MEAN = 0.5

WINDOW = ("+Wi", "1")
MIN_MAX = ("+Wm",)


@dataclass(frozen=True)
class Decodes:
    """Which decoder says what the pixels are, and how near they must be."""

    route: Callable[..., independent.RGB]
    options: tuple[str, ...] = ()
    tolerance: int = 0
    mean: float = 0.0
    frames: tuple[int, ...] = (1,)


@dataclass(frozen=True)
class IsRefused:
    """Words of the reason."""

    words: str
    frame: int = 1


PLAIN = Decodes(independent.dcmtk)
TABLE: dict[str, Decodes | IsRefused] = {
    "fo-dicom/DICOMDIR": IsRefused("no pixel data"),
    "fo-dicom/DIRW0007": Decodes(
        independent.without_regions_then_dcmtk, tolerance=LOSSY, mean=LOSSY_MEAN, frames=(1, 33, 65)
    ),
    "fo-dicom/GH223.dcm": IsRefused("no pixel data"),
    "fo-dicom/chrGB2312.dcm": PLAIN,
    "fo-dicom/chrX1.dcm": PLAIN,
    # A slide microscope's tiles, those at the edge smaller than declared; no ultrasound has that.
    "fo-dicom/multiframe.dcm": IsRefused("55 x 240, the header says 240 x 240"),
    "pydicom-data/HTJ2KLossless_08_RGB.dcm": Decodes(independent.pillow_openjpeg),
    "pydicom-data/JLSL_08_07_0_1F.dcm": IsRefused("JPEG-LS with 7 bits a value is not supported"),
    "pydicom-data/JLSL_16_15_1_1F.dcm": Decodes(independent.dcmtk_jpeg_ls, MIN_MAX, ROUNDING),
    "pydicom-data/JLSL_RGB_ILV0.dcm": Decodes(independent.dcmtk_jpeg_ls),
    "pydicom-data/JLSL_RGB_ILV1.dcm": Decodes(independent.dcmtk_jpeg_ls),
    "pydicom-data/JLSL_RGB_ILV2.dcm": Decodes(independent.dcmtk_jpeg_ls),
    "pydicom-data/JLSN_RGB_ILV0.dcm": Decodes(independent.dcmtk_jpeg_ls),
    "pydicom-data/JPGLosslessP14SV1_1s_1f_8b.dcm": Decodes(independent.dcmtk, WINDOW, ROUNDING),
    "pydicom-data/OBXXXX1A.dcm": PLAIN,
    "pydicom-data/OBXXXX1A_expb.dcm": PLAIN,
    "pydicom-data/OBXXXX1A_rle.dcm": PLAIN,
    "pydicom-data/OBXXXX1A_rle_2frame.dcm": Decodes(independent.dcmtk, frames=(1, 2)),
    "pydicom-data/OT-PAL-8-face.dcm": PLAIN,
    "pydicom-data/RG3_J2KI.dcm": Decodes(independent.gdcm_then_dcmtk, WINDOW, ROUNDING),
    "pydicom-data/SC_rgb.dcm": PLAIN,
    "pydicom-data/SC_rgb_2frame.dcm": Decodes(independent.dcmtk, frames=(1, 2)),
    "pydicom-data/SC_rgb_dcmtk_ebcr_dcmd.dcm": PLAIN,
    "pydicom-data/SC_rgb_dcmtk_ebcyn1_dcmd.dcm": PLAIN,
    "pydicom-data/SC_rgb_dcmtk_ebcyn2_dcmd.dcm": PLAIN,
    "pydicom-data/SC_rgb_dcmtk_ebcynp_dcmd.dcm": PLAIN,
    "pydicom-data/SC_rgb_dcmtk_ebcys2_dcmd.dcm": PLAIN,
    "pydicom-data/SC_rgb_dcmtk_ebcys4_dcmd.dcm": PLAIN,
    "pydicom-data/SC_ybr_full_uncompressed.dcm": Decodes(independent.dcmtk, (), YBR_ROUNDING),
    "pydicom-data/US1_J2KI.dcm": Decodes(independent.gdcm_then_dcmtk),
    "pydicom-data/US1_J2KR.dcm": Decodes(independent.gdcm_then_dcmtk),
    "pydicom-data/US1_UNCR.dcm": PLAIN,
    "pydicom-data/bad_sequence.dcm": Decodes(independent.dcmtk, WINDOW, ROUNDING),
    "pydicom-data/color-pl.dcm": PLAIN,
    "pydicom-data/color-px.dcm": PLAIN,
    "pydicom-data/emri_small_jpeg_2k_lossless.dcm": Decodes(
        independent.gdcm_then_dcmtk, MIN_MAX, ROUNDING, frames=(1, 5, 10)
    ),
    # Too short by its last delimiter only; all frames are there.
    "pydicom-data/emri_small_jpeg_2k_lossless_too_short.dcm": Decodes(
        independent.completed_then_dcmtk, MIN_MAX, ROUNDING, frames=(1, 5, 10)
    ),
    "pydicom-data/explicit_VR-UN.dcm": Decodes(independent.gdcm_then_dcmtk, MIN_MAX, ROUNDING),
    "pydicom-data/gdcm-US-ALOKA-16.dcm": Decodes(independent.pydicom_palette),
    "pydicom-data/gdcm-US-ALOKA-16_big.dcm": Decodes(independent.pydicom_palette),
    "pydicom-data/liver_deflate.dcm": IsRefused("transfer syntax not supported"),
    **{f"slicer-breast-us/{number:06d}.dcm": PLAIN for number in range(44, 75, 6)},
}


def test_the_table_has_every_file(shared: Path) -> None:
    folder = shared / "dicom"
    stored = {
        str(path.relative_to(folder)).replace("\\", "/")
        for path in folder.rglob("*")
        if path.is_file() and (is_dicom(path) or ("LICENSE" not in path.name and path.suffix != ".md"))
    }
    assert stored == set(TABLE)


@pytest.mark.parametrize("name", [name for name, entry in TABLE.items() if isinstance(entry, Decodes)])
def test_pixels_are_those_of_an_independent_decoder(name: str, shared: Path, tmp_path: Path) -> None:
    entry = TABLE[name]
    assert isinstance(entry, Decodes)
    path = shared / "dicom" / name
    for frame in entry.frames:
        ours = decode_pixels(path, frame)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom's, on what is wrong with these files
            theirs = entry.route(path, frame, tmp_path, *entry.options)
        assert ours.dtype == np.uint8
        assert ours.shape == theirs.shape
        difference = np.abs(ours.astype(np.int16) - theirs)
        assert int(difference.max()) <= entry.tolerance
        if entry.mean:
            assert float(difference.mean()) <= entry.mean
        assert ours.std() > 1, "a picture, not a plain area"


@pytest.mark.parametrize("name", [name for name, entry in TABLE.items() if isinstance(entry, IsRefused)])
def test_refused_files_say_why(name: str, shared: Path) -> None:
    entry = TABLE[name]
    assert isinstance(entry, IsRefused)
    path = shared / "dicom" / name
    with pytest.raises(UnreadableInputError, match=entry.words) as caught:
        decode_pixels(path, entry.frame)
    assert str(path) in str(caught.value)


def test_discovery_of_all(shared: Path) -> None:
    found = discover([shared / "dicom"])
    cases = {case.patient.patient_id: case for case in found.patients}
    lymph_node = cases["13US1"]
    assert [Path(image.source).name for image in lymph_node.images] == [
        "US1_UNCR.dcm",
        "US1_J2KR.dcm",
        "US1_J2KI.dcm",
    ]
    cine = cases["12975-20-2"].images[0]
    assert (cine.key.frame, cine.number_of_frames) == (33, 65)
    assert [region.calibrated for region in cine.calibration] == [False, True]
    assert cine.calibration[1].mm_per_pixel_x == pytest.approx(0.52478, abs=1e-5)
    assert len(cases["98279"].images[0].calibration) == 3
    assert str(cases["GB2312Example"].patient.name) == "张小东 (Zhang, XiaoDong)"
    assert str(cases["X1EXAMPLE"].patient.name) == "王小東 (Wang, XiaoDong)"
    volume = cases["5574273191"]
    assert len(volume.images) == 6
    assert any("Not stored as ultrasound" in note for note in volume.images[0].notes)
    reasons = {Path(entry.path).name: entry.reason for entry in found.skipped}
    assert "20 of the 20 files" in reasons["DICOMDIR"]
    assert "CT Image Storage" in reasons["GH223.dcm"]
    assert "Whole Slide" in reasons["multiframe.dcm"]
    assert reasons["OBXXXX1A_rle.dcm"].endswith("OBXXXX1A.dcm")
    assert "other pixels" in reasons["OBXXXX1A_rle_2frame.dcm"]
    offered = sum(len(case.images) for case in found.patients) + len(found.skipped)
    assert offered == sum(path.is_file() for path in (shared / "dicom").rglob("*"))
    for case in found.patients:
        for image in case.images:
            assert image.pixels().shape == (image.rows, image.columns, 3)


def test_headers_never_read_the_pixels(shared: Path) -> None:
    path = shared / "dicom" / "pydicom-data" / "US1_UNCR.dcm"
    with path.open("rb") as stream:
        header = read_header(Location(path))
        assert header.pixel_offset < 2000
        stream.seek(header.pixel_offset)
        assert len(stream.read()) >= header.pixel_length == 640 * 480 * 3
    with pytest.raises(Refusal, match="not a DICOM file"):
        read_header(Location(shared / "dicom" / "README.md"))
