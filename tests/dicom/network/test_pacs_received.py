"""Studies that were received: listed, and taken away without touching anything else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dicom_maker import uid_of
from orthanc import Orthanc
from pacs_maker import encoded, node_of, small_instance

from alnreader.case.errors import CannotWriteError, UnreadableInputError
from alnreader.dicom.network.inbox import LOCK, MARK, StudyFolder
from alnreader.dicom.network.nodes import Node
from alnreader.dicom.network.receive import receive_study
from alnreader.dicom.network.received import received_studies, remove_study


def put(root: Path, study: str, count: int = 2, *, whole: bool = True) -> StudyFolder:
    """Lay a study there as a reception leaves it."""
    folder = StudyFolder(root, uid_of(study))
    folder.begin(Node("N", host="h", port=1, ae_title="A"), "Doe, Jane 2024-01-15")
    for number in range(count):
        folder.keep_file(uid_of(f"{study} {number}"), encoded(small_instance(f"{study} {number}", study)))
    if whole:
        folder.finish()
    return folder


def test_they_are_listed_with_patient_size_and_whether_they_are_whole(tmp_path: Path) -> None:
    assert received_studies(tmp_path / "none") == []
    put(tmp_path, "a")
    put(tmp_path, "b", 1, whole=False)
    put(tmp_path, "c", 0, whole=False)
    (tmp_path / "other").mkdir()
    (tmp_path / "file.txt").touch()
    found = {study.study_uid: study for study in received_studies(tmp_path)}
    assert set(found) == {uid_of(name) for name in "abc"}
    one = found[uid_of("a")]
    assert (one.label, one.patient_id, one.date, one.images, one.complete) == (
        "Doe, Jane",
        "P1",
        "2024-01-15",
        2,
        True,
    )
    assert one.size == sum(path.stat().st_size for path in one.folder.iterdir())
    assert (found[uid_of("b")].complete, found[uid_of("b")].images) == (False, 1)
    assert (found[uid_of("c")].label, found[uid_of("c")].images) == ("Doe, Jane 2024-01-15", 0)


def test_one_goes_and_its_neighbours_stay(tmp_path: Path) -> None:
    for name in ("a", "b"):
        put(tmp_path, name)
    put(tmp_path, "half", 1, whole=False)
    neighbours = sorted(path for path in tmp_path.rglob("*") if uid_of("a") not in str(path))
    assert remove_study(tmp_path, uid_of("a")) == 2
    assert sorted(tmp_path.rglob("*")) == neighbours
    assert remove_study(tmp_path, uid_of("half")) == 1, "an unfinished one may go, too"
    with pytest.raises(UnreadableInputError, match="There is no study"):
        remove_study(tmp_path, uid_of("a"))


@pytest.mark.parametrize("uid", ["../b", "..", ".", "", "/etc", "1.2.3"])
def test_no_name_leads_out_of_the_folder(uid: str, tmp_path: Path) -> None:
    root = tmp_path / "received"
    put(root, "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x.dcm").touch()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UnreadableInputError):
        remove_study(root, uid)
    assert sorted(tmp_path.rglob("*")) == before


def test_files_of_others_are_never_removed(tmp_path: Path) -> None:
    folder = put(tmp_path, "a").path
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(CannotWriteError, match=r"not received \(notes.txt\): nothing was removed"):
        remove_study(tmp_path, uid_of("a"))
    assert len(list(folder.glob("*.dcm"))) == 2
    assert not (folder / LOCK).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_link_is_not_followed(tmp_path: Path) -> None:
    elsewhere = put(tmp_path / "elsewhere", "a").path
    (tmp_path / "received").mkdir()
    (tmp_path / "received" / uid_of("a")).symlink_to(elsewhere, target_is_directory=True)
    with pytest.raises(UnreadableInputError):
        remove_study(tmp_path / "received", uid_of("a"))
    assert len(list(elsewhere.iterdir())) == 2
    assert received_studies(tmp_path / "received") == []


def test_a_study_that_is_being_fetched_is_neither_removed_nor_fetched_twice(
    fill: Callable[..., Any], orthanc: Orthanc, tmp_path: Path
) -> None:
    fill("s", 6)
    refused: list[str] = []

    def progress(done: int, total: int, message: str = "") -> None:
        if done == 3 and not refused:
            for attempt in (
                lambda: remove_study(tmp_path, uid_of("s")),
                lambda: receive_study(node_of(orthanc), uid_of("s"), tmp_path),
            ):
                with pytest.raises(CannotWriteError, match="is being fetched just now") as caught:
                    attempt()
                refused.append(str(caught.value))

    received = receive_study(node_of(orthanc), uid_of("s"), tmp_path, progress)
    assert len(refused) == 2
    assert (received.complete, received.instances) == (True, 6)
    assert not (received.folder / LOCK).exists()
    assert remove_study(tmp_path, uid_of("s")) == 6


def test_a_program_that_was_killed_while_fetching_holds_nothing(tmp_path: Path) -> None:
    folder = put(tmp_path, "a", whole=False)
    code = (
        "import os, sys; from pathlib import Path; from alnreader.dicom.network.inbox import StudyFolder\n"
        "with StudyFolder(Path(sys.argv[1]), sys.argv[2]).receiving():\n"
        "    os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path), uid_of("a")], check=False)
    assert done.returncode == (1 if os.name == "nt" else -9)
    assert (folder.path / LOCK).exists()
    assert remove_study(tmp_path, uid_of("a")) == 2
    assert list(tmp_path.iterdir()) == []


def test_what_a_kill_left_of_a_removal_looks_like_no_study_and_goes_with_the_next(tmp_path: Path) -> None:
    put(tmp_path, "a")
    put(tmp_path, "b")
    (tmp_path / uid_of("a")).rename(tmp_path / ".removed-0123")
    assert [study.study_uid for study in received_studies(tmp_path)] == [uid_of("b")]
    remove_study(tmp_path, uid_of("b"))
    assert list(tmp_path.iterdir()) == []


def test_a_mark_alone_is_a_study_that_was_begun(tmp_path: Path) -> None:
    folder = put(tmp_path, "a", 0, whole=False)
    assert [path.name for path in folder.path.iterdir()] == [MARK]
    assert remove_study(tmp_path, uid_of("a")) == 0
