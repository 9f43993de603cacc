"""Copies without identity do not go where the next reading would take them for originals."""

from __future__ import annotations

from pathlib import Path

import pytest

from alnreader.case.case import Case
from alnreader.case.errors import CannotWriteError
from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.patient import Patient
from alnreader.report.deidentified import check_apart_from_images


def case_of(*files: Path) -> Case:
    def load(_frame: int) -> object:
        raise AssertionError("nothing is read")

    images = [
        UltrasoundImage(key=ImageKey(f"1.2.{number}"), source=str(file), rows=9, columns=9, loader=load)  # type: ignore[arg-type]
        for number, file in enumerate(files, start=1)
    ]
    return Case(Patient("P1"), (), tuple(images))


@pytest.mark.parametrize(
    ("files", "place", "refused"),
    [
        (("exam/a.dcm", "exam/b.dcm"), "exam", True),
        (("exam/a.dcm", "exam/b.dcm"), "exam/new", True),
        (("exam/a.dcm", "exam/b.dcm"), "copies", False),
        # Where else than beside the examination's folder: what holds it holds other things, too.
        (("exam/a.dcm", "exam/b.dcm"), ".", False),
        (("exam/1/a.dcm", "exam/2/b.dcm"), "exam/2/new", True),
        (("exam/1/a.dcm", "exam/2/b.dcm"), "exam", True),
        (("exam/x/1/a.dcm", "exam/y/b.dcm"), "exam/x", True),
        (("exam/a.dcm", "exam/2/b.dcm"), "exam/copies", True),
        (("exam/1/a.dcm", "exam/2/b.dcm"), "exam/copies", False),
        (("exam/1/a.dcm", "exam/2/b.dcm"), "copies", False),
        (("exam/1/a.dcm", "exam/2/b.dcm"), ".", False),
    ],
)
def test_copies_stay_out_of_the_originals_and_of_what_holds_their_folders(
    files: tuple[str, ...], place: str, refused: bool, tmp_path: Path
) -> None:
    case = case_of(*(tmp_path / file for file in files))
    if refused:
        with pytest.raises(CannotWriteError, match="taken for originals"):
            check_apart_from_images(case, [None, tmp_path / place])
    else:
        check_apart_from_images(case, [None, tmp_path / place])


def test_a_link_to_what_holds_the_folders_is_no_way_round(tmp_path: Path) -> None:
    for name in ("1", "2"):
        (tmp_path / "exam" / name).mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "exam", target_is_directory=True)
    case = case_of(tmp_path / "exam/1/a.dcm", tmp_path / "exam/2/b.dcm")
    with pytest.raises(CannotWriteError, match="taken for originals"):
        check_apart_from_images(case, [tmp_path / "link"])
