"""Where copies may be written: not among the originals, and not beside copies made with another secret."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from alnreader.case.errors import CannotWriteError
from alnreader.case.language import mark
from alnreader.dicom.deidentify.mapping import Pseudonyms


def check_apart(out_dir: Path, sources: Iterable[Path]) -> None:
    """Refuse a folder among the originals: in a folder that is copied, or that holds a file that is copied.

    Raises
    ------
    CannotWriteError
        If it is, or lies in, such a folder.
    """
    target = out_dir.resolve()
    for source in sources:
        folder = source if source.is_dir() else source.parent
        if target.is_relative_to(folder.resolve()):
            raise CannotWriteError(
                mark(
                    "{folder} lies in {source}, where the originals are: the copies would be taken for "
                    "originals the next time. Name another folder."
                ).format(folder=out_dir, source=folder.resolve())
            )


def check_target(
    out_dir: Path, sources: Iterable[Path], pseudonyms: Pseudonyms, mapping: Path | None = None
) -> None:
    """Refuse a folder in which copies would be taken for something else.

    Parameters
    ----------
    out_dir
        Where copies are to go.
    sources
        What is copied.
    pseudonyms
        Those of the copies: what was made with them before may be there.
    mapping
        The mapping file, which may be there too.

    Raises
    ------
    CannotWriteError
        If it is, or lies in, a folder of the originals, or holds anything but copies with the same codes.
    """
    check_apart(out_dir, sources)
    try:
        held = [entry for entry in out_dir.iterdir() if not entry.name.startswith(".")]
    except (FileNotFoundError, NotADirectoryError):
        return  # a file in its place is told where it is written
    except OSError as error:
        raise CannotWriteError(
            mark("Cannot write to {folder}: {reason}. Name an empty folder or a new one.").format(
                folder=out_dir, reason=error.strerror or error
            )
        ) from error
    own = None if mapping is None else mapping.resolve()
    if any(not pseudonyms.made(entry.name) and entry.resolve() != own for entry in held):
        raise CannotWriteError(
            mark(
                "{folder} holds other files: one patient would have two codes in it. Name an empty folder or "
                "a new one, or the mapping file that the copies in it were made with."
            ).format(folder=out_dir)
        )
