"""Pixels of copies: black outside the ultrasound, the same inside, not written where it cannot be told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from deidentify_maker import (
    BANNER,
    REGION,
    SECRET,
    leaks,
    reference,
    screen,
    write_secret,
)
from dicom_maker import (
    jpeg_bytes,
    region_item,
    speckle,
    to_ybr,
    write_encapsulated,
    write_image,
    write_ultrasound,
)
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pydicom.uid import (
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from alnreader.case.errors import NoUltrasoundError
from alnreader.dicom import decode_pixels
from alnreader.dicom.calibration import calibration_regions
from alnreader.dicom.deidentify import AreaKind, Deidentifier, Options, deidentify_files
from alnreader.dicom.deidentify.area import area_of_regions, detect_area, frames_agree
from alnreader.dicom.files import Location
from alnreader.dicom.header import read_header


def banner(pixels: np.ndarray) -> np.ndarray:
    return pixels[BANNER[0], BANNER[1]]


def test_pixels_outside_the_regions_are_black_and_inside_as_they_were(tmp_path: Path) -> None:
    source = write_secret(tmp_path / "in" / "a.dcm")
    (path,) = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    before, after = decode_pixels(source), decode_pixels(path)
    assert banner(before).max() == 255
    inside = np.zeros(before.shape[:2], bool)
    inside[40:220, 20:300] = True
    assert not after[~inside].any()
    assert np.array_equal(after[inside], before[inside])
    assert pydicom.dcmread(path).ImageType[0] == "DERIVED"


def test_every_frame_of_a_compressed_cine_is_cleaned(tmp_path: Path) -> None:
    source = write_secret(tmp_path / "in" / "a.dcm", frames=4, jpeg=True)
    (path,) = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    ds = pydicom.dcmread(path)
    assert ds.file_meta.TransferSyntaxUID == RLELossless
    assert (ds.LossyImageCompression, ds.LossyImageCompressionMethod) == ("01", "ISO_10918_1")
    decoded = ds.pixel_array  # pydicom's own decoder
    for frame in range(1, 5):
        after = decode_pixels(path, frame)
        assert not banner(after).any()
        assert np.array_equal(after[40:220, 20:300], decode_pixels(source, frame)[40:220, 20:300])
        assert np.array_equal(after, decoded[frame - 1])


STORED = {
    "grey": lambda grey: (grey, "MONOCHROME2", {}),
    "inverted": lambda grey: (grey, "MONOCHROME1", {}),
    "12 bits": lambda grey: (grey.astype(np.uint16) << 4, "MONOCHROME2", {"bits": 12}),
    "signed": lambda grey: ((grey.astype(np.int16) - 128) << 4, "MONOCHROME2", {"bits": 12}),
    "palette": lambda grey: (255 - grey, "PALETTE COLOR", inverse_palette()),
    "YBR_FULL": lambda grey: (to_ybr(np.repeat(grey, 3, -1)), "YBR_FULL", {}),
    "planar": lambda grey: (np.repeat(grey, 3, -1), "RGB", {"planar": True}),
    "rle": lambda grey: (np.repeat(grey, 3, -1), "RGB", {"syntax": RLELossless}),
    "jpeg 2000": lambda grey: (grey, "MONOCHROME2", {"syntax": JPEG2000Lossless}),
}


def inverse_palette() -> dict[str, object]:
    table = np.arange(255, -1, -1, dtype="<u2") * 257
    made: dict[str, object] = {}
    for colour in ("Red", "Green", "Blue"):
        made[f"{colour}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        made[f"{colour}PaletteColorLookupTableData"] = table.tobytes()
    return made


@pytest.mark.parametrize("kind", STORED)
def test_every_way_of_storing_pixels(kind: str, tmp_path: Path) -> None:
    values, photometric, more = STORED[kind](screen()[..., :1])
    source = write_image(
        tmp_path / "in" / "a.dcm",
        values,
        photometric,
        SequenceOfUltrasoundRegions=[REGION],
        WindowCenter=None,
        **more,
    )
    (path,) = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    before, after = decode_pixels(source), decode_pixels(path)
    outside = np.ones(before.shape[:2], bool)
    outside[40:220, 20:300] = False
    assert after[outside].max() <= 1, "what is shown darkest"
    if values.itemsize == 1:
        assert np.array_equal(after[~outside], before[~outside])
    else:  # stretched from minimum to maximum when shown, and the banner was the maximum
        stored = pydicom.dcmread(path).pixel_array
        assert np.array_equal(stored[~outside], values[0, ..., 0][~outside])


@pytest.mark.parametrize("picture", ["fills the frame", "two sectors", "grown onto a bar", "black"])
def test_what_cannot_be_told_is_refused_and_not_guessed(picture: str, tmp_path: Path) -> None:
    pixels = np.zeros((240, 320, 3), np.uint8)
    texture = speckle(400, 320)[0][60:300]
    if picture == "fills the frame":
        pixels = texture.copy()
    elif picture == "two sectors":
        pixels[20:220, 5:150], pixels[20:220, 170:315] = texture[20:220, 5:150], texture[20:220, 170:315]
    elif picture == "grown onto a bar":
        pixels[0:40] = 200
        pixels[40:220, 100:220] = texture[40:220, 100:220]
    write_ultrasound(tmp_path / "in" / "a.dcm", pixels)
    with pytest.raises(NoUltrasoundError, match="cannot be told where the ultrasound ends"):
        deidentify_files([tmp_path / "in"], tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (path,) = deidentify_files([tmp_path / "in"], tmp_path / "out", Options(whole_pictures=True)).written
    assert np.array_equal(decode_pixels(path), pixels)
    codes = [item.CodeValue for item in pydicom.dcmread(path).DeidentificationMethodCodeSequence]
    assert "113101" not in codes, "pixels were not cleaned"
    areas = {str(tmp_path / "in" / "a.dcm"): [(10, 50, 19, 59)]}
    (path,) = deidentify_files([tmp_path / "in"], tmp_path / "two", Options(areas=areas)).written
    after = decode_pixels(path)
    assert np.array_equal(after[50:60, 10:20], pixels[50:60, 10:20])
    after[50:60, 10:20] = 0
    assert not after.any()


def test_regions_that_cover_the_whole_screen_are_not_believed(tmp_path: Path) -> None:
    write_secret(
        tmp_path / "in" / "a.dcm", SequenceOfUltrasoundRegions=[region_item(0, 0, 319, 239)], regions=False
    )
    worker = Deidentifier()
    worker.survey([tmp_path / "in"])
    assert worker.items[0].area is AreaKind.DETECTED


def test_a_capture_uses_the_regions_of_its_source(tmp_path: Path) -> None:
    write_secret(tmp_path / "in" / "a.dcm")
    write_secret(
        tmp_path / "in" / "c.dcm",
        regions=False,
        SOPClassUID="1.2.840.10008.5.1.4.1.1.7",
        ConversionType="WSD",
        SourceImageSequence=[reference("a.dcm")],
    )
    worker = Deidentifier()
    worker.survey([tmp_path / "in"])
    assert [item.area for item in worker.items] == [AreaKind.REGIONS, AreaKind.SOURCE]
    for path in worker.write(tmp_path / "out").written:
        assert not banner(decode_pixels(path)).any()


def test_png_pictures(tmp_path: Path) -> None:
    folder = tmp_path / f"{SECRET} Maria"
    folder.mkdir()
    info = PngInfo()
    info.add_text("Comment", SECRET)
    Image.fromarray(screen()[0]).save(folder / f"{SECRET}.png", pnginfo=info)
    (path,) = deidentify_files([folder], tmp_path / "out").written
    assert leaks({SECRET, "Maria"}, tmp_path / "out") == []
    with Image.open(path) as image:
        assert not image.info
        assert not banner(np.asarray(image)).any()


@pytest.mark.parametrize(("picture", "believed"), [("speckle", True), ("bar", False), ("banner", False)])
def test_regions_of_the_whole_screen_need_a_picture_that_agrees(
    picture: str, believed: bool, tmp_path: Path
) -> None:
    pixels = speckle(400, 320)[0][60:300].copy()
    if picture == "bar":
        pixels[:24] = 180
        pixels[6:18, 20:120:3] = 0  # letters
    elif picture == "banner":
        pixels[:40] = screen()[0][:40]
    write_ultrasound(
        tmp_path / "in" / "a.dcm", pixels, SequenceOfUltrasoundRegions=[region_item(0, 0, 319, 239)]
    )
    worker = Deidentifier()
    worker.survey([tmp_path / "in"])
    (item,) = worker.items
    assert (item.area is AreaKind.REGIONS) is believed
    if believed:
        (path,) = worker.write(tmp_path / "out").written
        assert np.array_equal(decode_pixels(path), pixels)
    elif item.writable:
        after = worker.preview(item).after
        assert after is not None
        assert not after[:20].any(), "found, and the banner is gone"


def test_nothing_stays_in_the_code_streams(tmp_path: Path) -> None:
    """JPEG has room for comments, uncompressed pixels for more frames and bytes than are declared."""
    stream = jpeg_bytes(screen()[0], comment=f"{SECRET} was here")
    path = write_encapsulated(
        tmp_path / "in" / "a.dcm",
        [stream],
        (1, 240, 320, 3),
        "YBR_FULL_422",
        JPEGBaseline8Bit,
        SequenceOfUltrasoundRegions=[REGION],
    )
    assert SECRET.encode() in path.read_bytes()
    longer = write_secret(tmp_path / "in" / "b.dcm")
    ds = pydicom.dcmread(longer)
    ds.PixelData = ds.PixelData + SECRET.encode() * 2
    ds.save_as(longer, enforce_file_format=True)
    written = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    assert len(written) == 2
    assert leaks({SECRET}, tmp_path / "out") == []
    assert [path for path in written if pydicom.dcmread(path).preamble != bytes(128)] == []


def nasty(kind: str, compressed: bool) -> np.ndarray:
    """Return a picture ``(600, 800, 3)`` with a name that only a look at the texture finds."""
    import cv2

    texture = speckle(700, 760)[0, 60:580, :, 0]
    pixels = np.zeros((600, 800), np.uint8)
    if kind != "panel":
        pixels[60:580, 20:780] = np.maximum(texture, 20)
    place, ink, scale = (40, 100), 255, 1.0
    if kind == "bar":
        pixels[20:60, 20:780] = 90
        place = (40, 50)
    elif kind == "dim bar":
        pixels[20:60, 20:780] = 30
        place = (40, 50)
    elif kind == "narrow bar":
        pixels[40:60, 20:780] = 120
        place, scale = (30, 56), 0.5
    elif kind == "panel":
        pixels[20:580, 20:780] = 200
        ink = 0
    elif kind == "box":
        pixels[70:110, 30:400] = 0
    elif kind == "small box":
        pixels[84:106, 30:240] = 0
        scale = 0.5
    if kind != "clean":
        cv2.putText(pixels, "DOE^JANE 19610203", place, 0, scale, ink, max(1, round(2 * scale)))
    picture = np.repeat(pixels[..., np.newaxis], 3, -1)
    if compressed:
        picture = cv2.imdecode(cv2.imencode(".jpg", picture)[1], cv2.IMREAD_COLOR)
    return picture


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("kind", ["bar", "dim bar", "narrow bar", "panel", "box", "small box"])
def test_what_is_no_speckle_inside_the_hull_is_not_kept(kind: str, compressed: bool) -> None:
    assert detect_area([nasty("clean", compressed)]).kind is AreaKind.DETECTED
    assert detect_area([nasty(kind, compressed)]).kind is AreaKind.UNKNOWN


@pytest.mark.parametrize("kind", ["worksheet", "name drawn into it"])
def test_a_capture_that_shows_something_else_does_not_get_its_sources_region(
    kind: str, tmp_path: Path
) -> None:
    import cv2

    write_secret(tmp_path / "in" / "a.dcm")
    capture = write_secret(
        tmp_path / "in" / "c.dcm",
        regions=False,
        SOPClassUID="1.2.840.10008.5.1.4.1.1.7",
        ConversionType="WSD",
        ReferencedImageSequence=[reference("a.dcm")],
    )
    pixels = np.full((240, 320, 3), 230, np.uint8) if kind == "worksheet" else screen()[0]
    cv2.putText(pixels, "DOE^JANE", (40, 120), 0, 1.0, (0, 0, 0), 2)
    ds = pydicom.dcmread(capture)
    ds.PixelData = pixels.tobytes()
    ds.save_as(capture, enforce_file_format=True)
    worker = Deidentifier()
    worker.survey([tmp_path / "in"])
    assert [item.area for item in worker.items] == [AreaKind.REGIONS, AreaKind.UNKNOWN]


def cine_with_a_page(kind: str) -> np.ndarray:
    """Return nine frames ``(9, 240, 320, 3)``; the third is a page of the patient or has a bar."""
    import cv2

    texture = np.maximum(speckle(400, 320, 9)[:, 60:300], 20).astype(np.uint8)
    cine = np.zeros_like(texture)
    inner = (slice(None), slice(None)) if kind.startswith("whole") else (slice(40, 220), slice(20, 300))
    cine[:, inner[0], inner[1]] = texture[:, inner[0], inner[1]]
    frame = cine[2]
    if kind.endswith("page"):
        frame[:] = 0
    elif kind.endswith("bar"):
        frame[60:90, 60:290] = 0
    if not kind.endswith("clean"):
        for line, text in enumerate(("XYLOPHON MARIA", "03.02.1961", "ID 4711")[: 1 + 2 * ("page" in kind)]):
            cv2.putText(frame, text, (65, 82 + 40 * line), 0, 0.7, (255, 255, 255), 2)
    return cine


@pytest.mark.parametrize("kind", ["clean", "page", "bar"])
@pytest.mark.parametrize("where", ["whole screen", "found", "declared"])
def test_every_frame_of_a_cine_is_looked_at(where: str, kind: str, tmp_path: Path) -> None:
    regions = {
        "whole screen": {"SequenceOfUltrasoundRegions": [region_item(0, 0, 319, 239)]},
        "declared": {"SequenceOfUltrasoundRegions": [REGION]},
    }
    cine = cine_with_a_page(f"{where.split()[0]} {kind}")
    write_ultrasound(tmp_path / "in" / "a.dcm", cine, FrameTime="40", **regions.get(where, {}))
    worker = Deidentifier()
    worker.survey([tmp_path / "in"])
    (item,) = worker.items
    if kind == "clean":
        assert item.writable
        (path,) = worker.write(tmp_path / "out").written
        codes = [entry.CodeValue for entry in pydicom.dcmread(path).DeidentificationMethodCodeSequence]
        assert ("113101" in codes) is (where != "whole screen"), "only where something was blanked"
    else:
        assert not item.writable
        with pytest.raises(NoUltrasoundError):
            worker.write(tmp_path / "out")


@pytest.mark.parametrize("kind", ["clean", "bar", "letters"])
def test_a_name_in_one_frame_of_a_real_cine_is_seen_beside_what_its_scanner_writes(
    kind: str, shared: Path
) -> None:
    """A scale, a heart rate and settings lie within the region that its file declares, in every frame."""
    import cv2

    location = Location(shared / "dicom" / "fo-dicom" / "DIRW0007")
    header = read_header(location)
    area = area_of_regions(calibration_regions(header, 456, 576)[0], 456, 576)
    assert 0.6 < area.share < 0.7, "the region of no format, which covers the bars, is not among them"
    frames = [decode_pixels(location, number) for number in range(1, 66, 5)]
    if kind == "bar":
        frames[7][130:160, 50:330] = 0
    if kind != "clean":
        cv2.putText(frames[7], "XYLOPHON MARIA", (60, 150), 0, 0.5, (255, 255, 255), 1)
    assert frames_agree(area, frames) is (kind == "clean")


NO_PICTURES = ((5, 1), (0, 0), (0, 1), (4, 10), (4, 1), (1, 13), (5, 14), (1, 0), (1, 8), (3, 5))
"""Region Spatial Format and Region Data Type of what is drawn beside ultrasound, bars and traces among it."""


@pytest.mark.parametrize("declared", NO_PICTURES)
def test_regions_that_show_no_tissue_are_not_kept(declared: tuple[int, int], tmp_path: Path) -> None:
    other = region_item(0, 0, 319, 29, kind=declared[1])
    other.RegionSpatialFormat = declared[0]
    write_secret(tmp_path / "in" / "a.dcm", SequenceOfUltrasoundRegions=[REGION, other], regions=False)
    (path,) = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    after = decode_pixels(path)
    assert not banner(after).any()
    assert after[60:200, 40:280].any()


def test_spectra_and_m_mode_are_kept(tmp_path: Path) -> None:
    pixels = np.maximum(speckle(400, 320)[0][60:300], 20).astype(np.uint8)
    spectrum, m_mode = region_item(20, 110, 149, 219, kind=3), region_item(160, 110, 299, 219)
    spectrum.RegionSpatialFormat, m_mode.RegionSpatialFormat = 3, 2
    regions = [region_item(20, 40, 299, 100), spectrum, m_mode]
    write_ultrasound(tmp_path / "in" / "a.dcm", pixels, SequenceOfUltrasoundRegions=regions)
    (path,) = deidentify_files([tmp_path / "in"], tmp_path / "out").written
    after = decode_pixels(path)
    for x0, y0, x1, y1 in ((20, 40, 299, 100), (20, 110, 149, 219), (160, 110, 299, 219)):
        box = (slice(y0, y1 + 1), slice(x0, x1 + 1))
        assert np.array_equal(after[box], pixels[box])


def test_large_regions_are_believed_only_where_the_picture_agrees(tmp_path: Path) -> None:
    pixels = np.maximum(speckle(400, 320)[0][60:300], 20).astype(np.uint8)
    pixels[:20] = 0
    pixels[4:16, 10:200:3] = 255  # a title bar
    write_ultrasound(
        tmp_path / "in" / "a.dcm", pixels, SequenceOfUltrasoundRegions=[region_item(0, 0, 319, 229)]
    )
    worker = Deidentifier()
    worker.survey([tmp_path / "in"])
    (item,) = worker.items
    assert item.area is not AreaKind.REGIONS
    if item.writable:
        after = worker.preview(item).after
        assert after is not None
        assert not after[:20].any()


def test_what_is_kept_of_a_large_region_is_within_it(tmp_path: Path) -> None:
    pixels = screen()[0]
    write_ultrasound(
        tmp_path / "in" / "a.dcm", pixels, SequenceOfUltrasoundRegions=[region_item(0, 0, 319, 214)]
    )
    worker = Deidentifier()
    worker.survey([tmp_path / "in"])
    assert worker.items[0].area is AreaKind.DETECTED
    (path,) = worker.write(tmp_path / "out").written
    after = decode_pixels(path)
    assert after[50:200, 30:290].any()
    assert not banner(after).any()
    assert not after[215:].any(), "below the region"
