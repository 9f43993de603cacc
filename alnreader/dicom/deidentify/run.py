"""Files in, de-identified files out: looked through first, then written, all of them or none."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import (
    ExplicitVRLittleEndian,
    UltrasoundImageStorage,
    UltrasoundMultiFrameImageStorage,
)

from alnreader.case.atomic import Outbox
from alnreader.case.case import Skipped
from alnreader.case.errors import NoUltrasoundError, UnreadableInputError, WrongUseError
from alnreader.case.image import Pixels
from alnreader.case.language import mark
from alnreader.case.progress import CancelToken, Progress, no_progress
from alnreader.case.score import DEMONSTRATION_BANNER
from alnreader.dicom.calibration import calibration_regions
from alnreader.dicom.deidentify.area import (
    Area,
    AreaKind,
    Mask,
    area_of_boxes,
    area_of_regions,
    area_of_whole_screen,
    detect_area,
    frames_agree,
)
from alnreader.dicom.deidentify.clean import Cleaner
from alnreader.dicom.deidentify.clean import mark as mark_copy
from alnreader.dicom.deidentify.identity import Words
from alnreader.dicom.deidentify.mapping import Pseudonyms, check_passphrase, encrypt_mapping, read_mapping
from alnreader.dicom.deidentify.rewrite import (
    add_bytes,
    describe_pixels,
    file_bytes,
    frames_to_write,
    output_syntax,
    pixel_element,
)
from alnreader.dicom.deidentify.source import Kind, Source, frame_of, patient_keys, read_source
from alnreader.dicom.deidentify.target import check_target
from alnreader.dicom.deidentify.terms import Item, Options, Preview, Result
from alnreader.dicom.dicomdir import is_dicomdir
from alnreader.dicom.files import Location, walk
from alnreader.dicom.grouping import Identity, identity_of
from alnreader.dicom.header import BROKEN
from alnreader.dicom.pictures import decode_picture, inspect_picture, looks_like_picture
from alnreader.dicom.pixels import decode_pixels, inspect_pixels, middle_frame
from alnreader.dicom.quiet import quiet
from alnreader.dicom.refusal import Refusal, RefusedError, refusing

ASK = mark(
    "it cannot be told where the ultrasound ends and writing begins: name the part to keep, "
    "or say that the whole picture may stay"
)
"""Reason of a picture that is not written."""

UNCLEAN_DOCUMENT = mark(
    "words and pictures of a PDF cannot be cleaned: export the report anew without identity"
)

_SAME = 24
"""Grey values, of 255, by which a capture may differ from its source: letters differ by more."""

_SOURCE_SEQUENCES = ("SourceImageSequence", "ReferencedImageSequence")


class Deidentifier:
    """Looks through files, shows what would be done, and writes them.

    Parameters
    ----------
    options
        What the user decides.
    pseudonyms
        Those of an earlier export, for the same codes and UIDs; new ones otherwise.
    """

    def __init__(self, options: Options | None = None, pseudonyms: Pseudonyms | None = None) -> None:
        self.options = options or Options()
        self.pseudonyms = pseudonyms or Pseudonyms()
        self.words = Words()
        self.items: tuple[Item, ...] = ()
        self.refused: tuple[Skipped, ...] = ()
        self._sources: tuple[Path, ...] = ()
        self._images: dict[str, Location] = {}
        self._identities: dict[Location, Identity] = {}
        self._uids: dict[Location, str] = {}
        self._patients: dict[Location, str] = {}
        self._agreed: dict[Location, bool] = {}

    def survey(
        self,
        paths: Iterable[Path | str],
        progress: Progress = no_progress,
        cancel: CancelToken | None = None,
        only: Collection[str] | None = None,
    ) -> None:
        """Look through folders, zips and files; fill ``items`` and ``refused``. Writes nothing.

        With ``only``, other files than these are not for ``items``: just their names and numbers are learnt.

        Raises
        ------
        CancelledError
            If the token says so.
        """
        token = cancel or CancelToken()
        self._sources = tuple(Path(path) for path in paths)
        refused: list[Skipped] = []
        locations: list[Location] = []
        for met in walk(self._sources, token):
            if isinstance(met, Location):
                locations.append(met)
            else:
                refused.append(Skipped(*met))
        readable: list[Location] = []
        for done, location in enumerate(locations, start=1):
            token.check()
            try:
                with refusing(location), _damage():
                    if self._learn(location):
                        readable.append(location)
            except RefusedError as error:
                refused.append(Skipped(error.source, error.reason))
            progress(done, 2 * len(locations), location.name)
        self._patients = patient_keys(self._identities)
        items: list[Item] = []
        firsts: dict[tuple[str, str], Location] = {}
        readable = [location for location in readable if only is None or str(location) in only]
        for done, location in enumerate(readable, start=len(locations) + 1):
            token.check()
            try:
                with refusing(location), _damage():
                    item = self._item(location, token)
                    uid = self._uids.get(location, "") or str(location)
                    if (first := firsts.setdefault((item.code, uid), location)) is not location:
                        raise Refusal(f"same SOP Instance UID as {first}")
                    items.append(item)
            except (RefusedError, UnreadableInputError) as error:
                refused.append(Skipped(str(location), getattr(error, "reason", str(error))))
            progress(done, 2 * len(locations), location.name)
        self.items, self.refused = tuple(items), tuple(refused)

    def _learn(self, location: Location) -> bool:
        """Take in names, numbers and UIDs of a file; whether it is one to write."""
        with location.open() as stream:
            head = stream.read(256)
        if is_dicomdir(location.name):
            return False
        if looks_like_picture(head):
            return True
        source = read_source(location)
        self.words.add_dataset(source.dataset)
        self._identities[location] = identity_of(source.header, location.folder)
        self._uids[location] = source.header.text(0x00080018)
        if source.kind is Kind.ULTRASOUND:
            self._images.setdefault(source.header.text(0x00080018), location)
        return True

    def _item(self, location: Location, cancel: CancelToken) -> Item:
        with location.open() as stream:
            head = stream.read(256)
        if looks_like_picture(head):
            inspect_picture(location)
            area = self._still(location)[1]
            code = self.pseudonyms.patient(f"folder {location.folder}")
            return Item(location, Kind.PICTURE, code, area.kind, area.share)
        source = read_source(location)
        code = source.header.text(0x00100020)
        if not self.pseudonyms.made(code):
            code = self.pseudonyms.patient(self._patients[location])
        if source.kind is Kind.DOCUMENT and not self.options.documents_are_clean:
            raise Refusal(UNCLEAN_DOCUMENT)
        if not source.kind.has_picture:
            return Item(location, source.kind, code)
        area = self.area(source, cancel)
        frames = inspect_pixels(location, source.header).stored.frames
        return Item(location, source.kind, code, area.kind, area.share, frames)

    def area_of(self, item: Item) -> Area:
        """Return what of a surveyed file's picture stays, the same as `preview` shows.

        Raises
        ------
        UnreadableInputError
            If it cannot be read any more.
        """
        with refusing(item.location), _damage():
            if item.kind is Kind.PICTURE:
                return self._still(item.location)[1]
            return self.area(read_source(item.location))

    def area(self, source: Source, cancel: CancelToken | None = None) -> Area:
        """Return what of a file's picture stays; unknown, too, where a frame of a cine shows something else.

        Raises
        ------
        Refusal
            If the picture cannot be decoded.
        CancelledError
            If the token says so.
        """
        pixels = inspect_pixels(source.location, source.header)
        if pixels.is_cut:
            # A copy would look like a whole cine.
            raise Refusal(mark("the file ends within the pixel data: it was cut off"))
        rows, columns = pixels.stored.rows, pixels.stored.columns
        given = self.options.areas.get(str(source.location)) or self.options.boxes
        if given:
            return area_of_boxes(given, rows, columns, AreaKind.GIVEN)
        regions, _ = calibration_regions(source.header, rows, columns)
        area = area_of_regions(regions, rows, columns)
        if area.kind is AreaKind.UNKNOWN:
            area = self._area_of_source(source, rows, columns)
        if area.kind is AreaKind.UNKNOWN:
            numbers = sorted({1, middle_frame(pixels.stored.frames), pixels.stored.frames})
            sampled = [decode_pixels(source.location, frame) for frame in numbers]
            area = area_of_whole_screen(regions, sampled)
            area = detect_area(sampled) if area.kind is AreaKind.UNKNOWN else area
        if not self._frames_agree(source, area, pixels.stored.frames, cancel or CancelToken()):
            area = Area(AreaKind.UNKNOWN)
        return self._decided(area)

    def _frames_agree(self, source: Source, area: Area, frames: int, cancel: CancelToken) -> bool:
        """Whether each frame of a cine shows ultrasound: decoded once, by whoever asks first."""
        if frames == 1:
            return True
        if source.location not in self._agreed:

            def decoded() -> Iterator[Pixels]:
                for frame in range(1, frames + 1):
                    cancel.check()
                    yield decode_pixels(source.location, frame)

            self._agreed[source.location] = frames_agree(area, decoded())
        return self._agreed[source.location]

    def _still(self, location: Location) -> tuple[Pixels, Area]:
        """Return the pixels of a PNG or JPEG picture, and what of them stays."""
        pixels = decode_picture(location)
        given = self.options.areas.get(str(location)) or self.options.boxes
        if given:
            return pixels, area_of_boxes(given, pixels.shape[0], pixels.shape[1], AreaKind.GIVEN)
        return pixels, self._decided(detect_area([pixels]))

    def _decided(self, area: Area) -> Area:
        if area.kind is AreaKind.UNKNOWN and self.options.whole_pictures:
            return Area(AreaKind.WHOLE)
        return area

    def _area_of_source(self, source: Source, rows: int, columns: int) -> Area:
        """Return the regions of the image whose pixels a capture shows: a mere reference is not enough."""
        for keyword in _SOURCE_SEQUENCES:
            for item in source.dataset.get(keyword) or ():
                origin = self._images.get(str(item.get("ReferencedSOPInstanceUID", "")))
                if origin is None:
                    continue
                header = read_source(origin).header
                if (header.integer(0x00280010), header.integer(0x00280011)) == (rows, columns):
                    area = area_of_regions(calibration_regions(header, rows, columns)[0], rows, columns)
                    if area.mask is not None and _shows(source, origin, frame_of(item), area.mask):
                        return Area(AreaKind.SOURCE, area.mask)
        return Area(AreaKind.UNKNOWN)

    def preview(self, item: Item, frame: int = 0) -> Preview:
        """Return what writing would do to a file.

        Parameters
        ----------
        item
            Of ``items``.
        frame
            Of a cine, from 1; the middle one if 0.

        Raises
        ------
        UnreadableInputError
            If it cannot be read any more.
        """
        with refusing(item.location), _damage():
            if item.kind is Kind.PICTURE:
                before, area = self._still(item.location)
                return Preview((), before, area.apply(before))
            source = read_source(item.location)
            _, changes = self._cleaner().clean(source.dataset)
            if not item.kind.has_picture:
                return Preview(tuple(changes))
            before = decode_pixels(source.location, frame or item.shown_frame)
            return Preview(tuple(changes), before, self.area(source).apply(before))

    def frame(self, item: Item, number: int) -> Pixels:
        """Return a frame (1-based) of a surveyed picture as it is, ``(H, W, 3) uint8 RGB``.

        Raises
        ------
        UnreadableInputError
            If it cannot be read any more.
        """
        with refusing(item.location), _damage():
            if item.kind is Kind.PICTURE:
                return decode_picture(item.location)
            return decode_pixels(item.location, number)

    def write(
        self,
        out_dir: Path,
        mapping: Path | None = None,
        passphrase: str = "",
        progress: Progress = no_progress,
        cancel: CancelToken | None = None,
        passing: bool = False,
    ) -> Result:
        """Write what the survey found: all files, or none where one cannot be written.

        Parameters
        ----------
        out_dir
            Gets a folder for each patient's code.
        passing
            It is the program's own and soon gone: it may lie beside the originals.
        mapping
            Where to write who became whom, encrypted; nowhere if None.
        passphrase
            Of the mapping.

        Raises
        ------
        NoUltrasoundError
            If there is nothing to write.
        WrongUseError
            If the pass phrase is too short.
        CannotWriteError
            As the file system and `check_target` say.
        CancelledError
            If the token says so; nothing is left.
        """
        token = cancel or CancelToken()
        if mapping is not None:
            check_passphrase(passphrase)
        check_target(out_dir, () if passing else self._sources, self.pseudonyms, mapping)
        refused = list(self.refused)
        written: list[Path] = []
        keep = {item.location.path.resolve() for item in self.items}
        with Outbox(keep) as outbox:
            for done, item in enumerate(self.items, start=1):
                token.check()
                try:
                    with refusing(item.location), _damage():
                        written.append(self._write(item, out_dir, outbox, token))
                except (RefusedError, UnreadableInputError) as error:
                    refused.append(Skipped(str(item.location), getattr(error, "reason", str(error))))
                progress(done, len(self.items), item.location.name)
            if not written:
                reasons = "".join(f"\n  {skip.path}: {skip.reason}" for skip in refused[:20])
                raise NoUltrasoundError(f"There is nothing to de-identify.{reasons}")
            if mapping is not None:
                outbox.add(mapping, encrypt_mapping(self.pseudonyms, passphrase), private=True)
        return Result(tuple(written), tuple(refused), mapping)

    def _cleaner(self) -> Cleaner:
        options = self.options
        return Cleaner(
            self.pseudonyms, self.words, options.characteristics, (*options.keep_texts, DEMONSTRATION_BANNER)
        )

    def _write(self, item: Item, out_dir: Path, outbox: Outbox, token: CancelToken) -> Path:
        if not item.writable:
            raise Refusal(ASK)
        if item.kind is Kind.PICTURE:
            pixels, area = self._still(item.location)
            buffer = io.BytesIO()
            Image.fromarray(area.apply(pixels)).save(buffer, "PNG")
            name = self.pseudonyms.uid(f"picture {item.location}").rpartition(".")[2][-12:]
            path = out_dir / item.code / f"{item.kind.prefix}-{name}.png"
            outbox.add(path, buffer.getvalue())
            return path
        source = read_source(item.location)
        copy, _ = self._cleaner().clean(source.dataset)
        uid = str(copy.get("SOPInstanceUID") or "") or self.pseudonyms.uid(f"file {item.location}")
        copy.SOPInstanceUID = uid
        path = out_dir / item.code / f"{item.kind.prefix}-{uid.rpartition('.')[2][-12:]}.dcm"
        if item.kind.has_picture:
            outbox.add(path, _undamaged(self._picture_file(source, copy, item, token)))
        else:
            mark_copy(copy, item.code, False, self.options.characteristics)
            add_bytes(source, copy)
            outbox.add(path, file_bytes(copy, str(ExplicitVRLittleEndian)))
        return path

    def _picture_file(self, source: Source, copy: Dataset, item: Item, token: CancelToken) -> Iterator[bytes]:
        """Yield the bytes of a picture's file; a long cine needs the memory of a frame."""
        area = self.area(source)
        pixels = inspect_pixels(source.location, source.header)
        first = next(frames_to_write(source.location, pixels))
        blanked = area.mask is not None and not area.mask.all()
        describe_pixels(copy, pixels, first, blanked)
        if copy.get("SOPClassUID") != source.header.text(0x00080016):
            # Private or missing, but read as ultrasound: then it is written as that.
            cine = pixels.stored.frames > 1
            copy.SOPClassUID = UltrasoundMultiFrameImageStorage if cine else UltrasoundImageStorage
        copy.RecognizableVisualFeatures = "NO"
        whole = "whole picture kept by decision of the user" if area.kind is AreaKind.WHOLE else ""
        mark_copy(copy, item.code, blanked, self.options.characteristics, whole)
        yield file_bytes(copy, output_syntax(pixels))
        yield from pixel_element(source.location, pixels, area, token)


@contextmanager
def _damage() -> Iterator[None]:
    """Take for damage what pydicom raises on values that are none, wherever it meets them."""
    try:
        with quiet():
            yield
    except BROKEN as error:
        raise Refusal(f"damaged: {error or type(error).__name__}") from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise Refusal(f"damaged: {str(error).splitlines()[0]}") from error  # pydicom's own


def _shows(capture: Source, origin: Location, frame: int, mask: Mask) -> bool:
    """Whether a capture of one frame has the pixels of another file's frame within its regions."""
    try:
        image = read_source(origin)
        frames = inspect_pixels(origin, image.header).stored.frames
        if inspect_pixels(capture.location, capture.header).stored.frames != 1 or not 1 <= frame <= frames:
            return False
        shown, there = decode_pixels(capture.location), decode_pixels(origin, frame)
    except (Refusal, UnreadableInputError):
        return False
    return int(np.abs(shown[mask].astype(np.int16) - there[mask]).max(initial=0)) <= _SAME


def _undamaged(parts: Iterator[bytes]) -> Iterator[bytes]:
    with _damage():
        yield from parts


def deidentify_files(
    paths: Iterable[Path | str],
    out_dir: Path,
    options: Options | None = None,
    mapping: Path | None = None,
    passphrase: str = "",
    progress: Progress = no_progress,
    cancel: CancelToken | None = None,
) -> Result:
    """Write de-identified copies of pictures, structured reports, segmentations and clean documents.

    Parameters
    ----------
    paths
        Folders, zips and files.
    out_dir
        Gets a folder for each patient's code.
    options
        What the user decides.
    mapping
        Who became whom, encrypted. If the file is there, its codes and UIDs are used again.
    passphrase
        Of the mapping.
    progress, cancel
        Told after each file, heeded before each.

    Raises
    ------
    UnreadableInputError
        If there is nothing to write, or the mapping cannot be opened (`WrongPassphraseError`).
    WrongUseError
        If the pass phrase is too short.
    CannotWriteError
        As the file system says; nothing half-written stays.
    CancelledError
        If the token says so; nothing is left.
    """
    pseudonyms = None
    if mapping is not None:
        check_passphrase(passphrase)
        pseudonyms = read_mapping(mapping, passphrase) if mapping.exists() else None
    elif passphrase:
        raise WrongUseError("A pass phrase was given, but no mapping file to write.")
    worker = Deidentifier(options, pseudonyms)
    worker.survey(paths, progress, cancel)
    return worker.write(out_dir, mapping, passphrase, progress, cancel)
