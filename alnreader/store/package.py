"""The case file: a zip, or a folder with the same files, that a person can open.

======================  ==============================================================================
``README.txt``          what this is
``case.json``           everything but the masks (`alnreader.store.document`)
``masks/*.png``         one grey picture a region, 255 inside, of the size of the image
``signed/N/report.json``  the reading's document under signature N
``drafts.json``         what is entered and not said yet (`alnreader.case.draft`); only while there is any
``journal.jsonl``       the case's entries, one a line (`alnreader.store.journal`)
======================  ==============================================================================

Nothing is unpacked to the disk, and nothing is believed: names, sizes, hashes and the schema are checked.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from alnreader.case.errors import CaseFileError
from alnreader.case.language import mark
from alnreader.case.region import Mask
from alnreader.case.zipped import too_many_names

SUFFIX = ".alncase"
DRAFTS = "drafts.json"
"""Not under the journal's hash: letters that are typed are no action."""

MAX_MEMBERS = 20_000
"""Files in one case: a mask each of ten thousand regions and more."""

MAX_BYTES = 64 << 20
"""Unpacked bytes of all of them; a patient's case takes less than one MiB."""

MAX_JSON_BYTES = 16 << 20
"""Bytes of ``case.json``, and of the journal."""

MAX_REPORT_BYTES = 4 << 20
"""Bytes of a report; a patient of a hundred images takes a tenth."""

MAX_MASK_PIXELS = 1 << 26
"""Pixels of a mask: as many as a picture may have."""

MAX_ALL_MASKS_PIXELS = 1 << 29
"""Pixels, a byte each, of all masks of a case; a hundred pictures of 1200 x 900 with two take 216 million."""

MAX_RATIO = 1100
"""Deflate ends at 1032 to 1 (zlib manual); anything beyond is made up."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
_NAMES = re.compile(
    r"(README\.txt|case\.json|drafts\.json|journal\.jsonl|masks/[a-z0-9-]{1,80}\.png|signed/[1-9][0-9]{0,3}/report\.json)"
)
_FOLDERS = re.compile(r"masks/|signed/([1-9][0-9]{0,3}/)?")
_README = """A reading saved by ALN Reader.

case.json       patient, images (not the pictures themselves), regions, reads, score
masks/          one PNG a region, white inside, of the size of its picture
signed/         the report document under each signature
drafts.json     what was being entered and is not a read yet
journal.jsonl   every action, one line each, chained by hashes: alnreader journal verify FILE

It holds the patient's identity. Open it with ALN Reader, or unpack it (it is a zip).
"""


@dataclass(frozen=True)
class Package:
    """The parts of a case file.

    Attributes
    ----------
    document
        Parsed ``case.json``.
    text
        Its bytes.
    members
        Bytes of every other file by name.
    journal
        Bytes of ``journal.jsonl``; empty where there is none.
    """

    document: Any
    text: bytes
    members: Mapping[str, bytes]
    journal: bytes = b""

    @property
    def content(self) -> str:
        """SHA-256 of ``case.json``, as the journal names it."""
        return hashlib.sha256(self.text).hexdigest()


def pack(case_json: bytes, members: Mapping[str, bytes], journal: bytes | None = None) -> bytes:
    """Return a case file as bytes; the same parts give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        _add(archive, "README.txt", _README.encode(), zipfile.ZIP_DEFLATED)
        _add(archive, "case.json", case_json, zipfile.ZIP_DEFLATED)
        for name in sorted(members):
            kind = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
            _add(archive, name, members[name], kind)
        if journal is not None:
            _add(archive, "journal.jsonl", journal, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes, kind: int) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = kind
    info.external_attr = (stat.S_IFREG | 0o600) << 16
    archive.writestr(info, content)


def read_package(path: Path) -> Package:
    """Read a case file, or the folder that one was unpacked to.

    Raises
    ------
    CaseFileError
        If it is none, is damaged, or is more than a case can be.
    """
    try:
        if path.is_dir():
            return _parts(_folder(path), str(path))
        return unpack(_limited(path), str(path))
    except FileNotFoundError as error:
        raise CaseFileError(mark("{path}: the saved case is no longer there.").format(path=path)) from error
    except OSError as error:
        raise CaseFileError(
            mark("{path}: the saved case cannot be read: {cause}.").format(
                path=path, cause=error.strerror or error
            )
        ) from error


def _limited(path: Path) -> bytes:
    # A pipe would hold the program up until somebody writes into it.
    with open(path, "rb", opener=_at_once) as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no ordinary file")
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise CaseFileError(
            mark("{path}: {value} MiB and more is too large for a saved case.").format(
                path=path, value=MAX_BYTES >> 20
            )
        )
    return content


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def unpack(content: bytes, file: str) -> Package:
    """Read a case file from its bytes.

    Raises
    ------
    CaseFileError
        As `read_package`.
    """
    try:
        if too_many_names(io.BytesIO(content), MAX_MEMBERS):
            raise _bomb(file)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _parts(_zip_members(archive, file, len(content)), file)
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OverflowError,
    ) as error:
        raise CaseFileError(
            mark("{file} is not a readable case file: it is cut off or damaged ({reason}).").format(
                file=file, reason=error
            )
        ) from error


def _zip_members(archive: zipfile.ZipFile, file: str, size: int) -> dict[str, bytes]:
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS or sum(info.file_size for info in infos) > MAX_BYTES:
        raise _bomb(file)
    if sum(info.compress_size for info in infos) > size:
        raise CaseFileError(mark("{file}: its files overlap: it looks like a zip bomb.").format(file=file))
    members: dict[str, bytes] = {}
    for info in infos:
        name = info.filename
        if _FOLDERS.fullmatch(name):
            continue
        if _NAMES.fullmatch(name) is None or stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            raise _strange(file, name)
        if name in members:
            raise CaseFileError(mark("{file}: the file {name} is in it twice.").format(file=file, name=name))
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise CaseFileError(
                mark("{file}: {name} is packed in a way that a saved case never is.").format(
                    file=file, name=name
                )
            )
        if info.flag_bits & 0x1:
            raise CaseFileError(
                mark("{file}: encrypted. Unpack it with its password and open the folder.").format(file=file)
            )
        if info.file_size > MAX_RATIO * max(1, info.compress_size):
            raise CaseFileError(
                mark("{file}: {name} expands too far: it looks like a zip bomb.").format(file=file, name=name)
            )
        with archive.open(info) as member:
            members[name] = member.read(info.file_size + 1)
        if len(members[name]) != info.file_size:
            raise CaseFileError(
                mark("{file}: {name} has another size than the zip says.").format(file=file, name=name)
            )
    return members


def _bomb(file: str) -> CaseFileError:
    return CaseFileError(
        mark("{file}: more than a saved case can hold: it looks like a zip bomb.").format(file=file)
    )


def _strange(file: str, name: str) -> CaseFileError:
    return CaseFileError(
        mark("{file}: a file of the name {name} does not belong into a saved case.").format(
            file=file, name=f"{name!r:.120}"
        )
    )


def _folder(folder: Path) -> dict[str, bytes]:
    """Read the files of an unpacked case; others that a person has put there are left alone."""
    members: dict[str, bytes] = {}
    places = [folder / "case.json", folder / DRAFTS, folder / "journal.jsonl"]
    places += sorted((folder / "masks").glob("*.png"))
    places += sorted((folder / "signed").glob("*/report.json"))
    total = 0
    for place in places:
        name = place.relative_to(folder).as_posix()
        if _NAMES.fullmatch(name) is None or not place.is_file():
            continue
        total += place.stat().st_size
        if total > MAX_BYTES or len(members) > MAX_MEMBERS:
            raise CaseFileError(mark("{folder}: more than a saved case can hold.").format(folder=folder))
        members[name] = place.read_bytes()
    return members


def _parts(members: dict[str, bytes], file: str) -> Package:
    text = members.pop("case.json", None)
    members.pop("README.txt", None)
    journal = members.pop("journal.jsonl", b"")
    if text is None:
        raise CaseFileError(mark("{file} is not a saved case: it holds no case.json.").format(file=file))
    for name, content in (("case.json", text), ("journal.jsonl", journal), *members.items()):
        limit = MAX_REPORT_BYTES if name.endswith("report.json") else MAX_JSON_BYTES
        if not name.endswith(".png") and len(content) > limit:
            raise CaseFileError(
                mark("{file}: {name} of {value} MiB is too large.").format(
                    file=file, name=name, value=len(content) >> 20
                )
            )
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CaseFileError(
            mark("{file}: case.json is damaged ({reason}).").format(file=file, reason=error)
        ) from error
    return Package(document, text, members, journal)


def encode_mask(mask: Mask) -> bytes:
    """Return a mask as PNG: one bit a pixel, white inside."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(mask).save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()


def mask_name(number: int, content: bytes) -> str:
    """Return the name of a mask in the case file: number of its image, from 1, and the mask's own hash."""
    return f"masks/image-{number:03d}-{hashlib.sha256(content).hexdigest()}.png"


def mask_loader(members: Mapping[str, bytes], file: str) -> Callable[[str, tuple[int, int]], Mask]:
    """Return what reads the masks of a package, each once: equal names give the same array.

    The reader raises CaseFileError where a mask is missing, changed, or of another size than its image.
    """
    known: dict[str, Mask] = {}

    def load(name: str, size: tuple[int, int]) -> Mask:
        if name not in known:
            known[name] = _decode(name, members.get(name), size, file)
            if sum(mask.size for mask in known.values()) > MAX_ALL_MASKS_PIXELS:
                raise CaseFileError(
                    mark("{file}: its masks are larger than those of a case can be.").format(file=file)
                )
        if known[name].shape != size:
            raise CaseFileError(
                mark("{file}: {name} does not fit its image of {size} x {size_2}.").format(
                    file=file, name=name, size=size[1], size_2=size[0]
                )
            )
        return known[name]

    return load


def _decode(name: str, content: bytes | None, size: tuple[int, int], file: str) -> Mask:
    from PIL import Image

    if content is None:
        raise CaseFileError(mark("{file}: the mask {name} is missing.").format(file=file, name=name))
    if not name.endswith(f"-{hashlib.sha256(content).hexdigest()}.png"):
        raise CaseFileError(
            mark("{file}: the mask {name} was changed after it was saved.").format(file=file, name=name)
        )
    if size[0] * size[1] > MAX_MASK_PIXELS:
        raise CaseFileError(
            mark("{file}: a mask of {size} x {size_2} pixels is too large.").format(
                file=file, size=size[1], size_2=size[0]
            )
        )
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as picture:
            if (picture.height, picture.width) != size:
                raise CaseFileError(
                    mark("{file}: {name} does not fit its image of {size} x {size_2}.").format(
                        file=file, name=name, size=size[1], size_2=size[0]
                    )
                )
            if (
                picture.mode not in ("1", "L")
                or "transparency" in picture.info
                or getattr(picture, "n_frames", 1) != 1
            ):
                raise ValueError("it is not one grey picture: a viewer would show another outline")
            mask: Mask = np.array(picture.convert("L")) > 127
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise CaseFileError(
            mark("{file}: the mask {name} is damaged ({reason}).").format(file=file, name=name, reason=error)
        ) from error
    mask.setflags(write=False)
    return mask
