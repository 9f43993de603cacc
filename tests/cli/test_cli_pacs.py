"""`alnreader pacs`, and a whole day at the PACS by commands: find, get, read, sign, export, send, amend."""

from __future__ import annotations

import io
import json
import multiprocessing
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.uid import SecondaryCaptureImageStorage

sys.path.insert(0, str(Path(__file__).parent.parent / "dicom" / "network"))
sys.path.insert(0, str(Path(__file__).parent.parent / "dicom"))

from dicom_maker import uid_of
from orthanc import PROGRAM, Orthanc, free_port
from pacs_maker import encoded, fill_server, small_instance

from alnreader.case.errors import ExitCode
from alnreader.cli import main
from alnreader.dicom.network.inbox import MARK
from alnreader.dicom.network.nodes import Node, save_nodes
from alnreader.dicom.network.queue import ExportQueue, JobState
from alnreader.simulation import simulate_patient, write_dicom

Run = Callable[..., int]


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[Orthanc]:
    if PROGRAM is None:
        pytest.skip("Orthanc is not installed (Debian: apt-get install orthanc orthanc-dicomweb)")
    server = Orthanc(tmp_path / "orthanc")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def pacs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``alnreader pacs`` with nodes and queue of the test's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    def run(*arguments: object) -> int:
        return main(["pacs", *map(str, arguments)])

    return run


def address(server: Orthanc) -> str:
    return f"{server.title}@127.0.0.1:{server.port}"


def test_a_day_at_the_pacs(
    orthanc: Orthanc, pacs: Run, random_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Yesterday the scanner sent a patient with a Chinese name.
    for path in write_dicom(
        simulate_patient(12, images=3), tmp_path / "scanner", name="Wang^Xiaodong=王^小东"
    ):
        orthanc.upload(path.read_bytes())
    assert pacs("nodes", "--add", "Archive", "--address", address(orthanc)) == ExitCode.OK
    assert pacs("echo", "Archive") == ExitCode.OK
    assert "answers to ALNREADER" in capsys.readouterr().out

    # Find.
    assert pacs("find", "Archive", "--name", "王小东", "--modality", "US", "--json") == ExitCode.OK
    (study,) = json.loads(capsys.readouterr().out)
    assert study["patient"]["name"]["ideographic"] == "王^小东"

    # Get.
    inbox = tmp_path / "inbox"
    assert pacs("get", "Archive", study["study_uid"], "--out", inbox) == ExitCode.OK
    folder = inbox / study["study_uid"]
    assert f"3 images in {folder} (3 new)" in capsys.readouterr().out

    # Read and sign: the blinded course, by commands.
    report, case = tmp_path / "reading.json", tmp_path / "signed.alncase"
    model = ("--model", str(random_bundle))
    assert main(["read", str(folder), *model, "--json", str(report)]) == ExitCode.OK
    assert len(json.loads(report.read_bytes())["images"]) == 3
    lee = ("--reader", "Dr 李")
    judged = ("--status", "suspicious", "--confidence", "80", "--cortex", "3.4")
    for arguments in (
        ("begin", str(folder), "--case", str(case), *model),
        ("first", str(case), *lee, *judged),
        ("reveal", str(case), *lee, *model),
        ("sign", str(case), *lee),
    ):
        assert main(["reading", *arguments]) == ExitCode.OK, arguments

    # Export and send.
    out = tmp_path / "objects"
    assert main(["export", str(case), "--out", str(out), "--model", str(random_bundle)]) == ExitCode.OK
    capsys.readouterr()
    written = [pydicom.dcmread(path) for path in sorted(out.rglob("*.dcm"))]
    kinds = {ds.Modality for ds in written}
    assert {"SR", "SEG", "DOC"} <= kinds
    assert any(ds.SOPClassUID == SecondaryCaptureImageStorage for ds in written)
    assert pacs("send", "Archive", out) == ExitCode.OK
    assert f"{len(written)} files sent to Archive" in capsys.readouterr().out

    # They are there, in the same study, byte for byte.
    assert {str(ds.SOPInstanceUID) for ds in written} <= orthanc.instances()
    assert pacs("find", "Archive", "--study", study["study_uid"], "--json") == ExitCode.OK
    (after,) = json.loads(capsys.readouterr().out)
    assert set(after["modalities"]) == {"US", *kinds}
    assert after["instances"] == 3 + len(written)
    assert pacs("get", "Archive", study["study_uid"], "--out", tmp_path / "again") == ExitCode.OK
    for ds in written:
        back = pydicom.dcmread(tmp_path / "again" / study["study_uid"] / f"{ds.SOPInstanceUID}.dcm")
        assert back == ds
        assert back.StudyInstanceUID == study["study_uid"]
        assert back.PatientName.ideographic == "王^小东"

    # An amendment goes the same way; its report names the one that the archive holds.
    (first,) = [ds for ds in written if ds.Modality == "SR"]
    assert first.VerificationFlag == "VERIFIED"
    changed = ("--status", "negative", "--confidence", "60", "--reason", "Other axilla.")
    assert main(["reading", "amend", str(case), *lee, "--reason", "wrong side"]) == ExitCode.OK
    assert main(["reading", "sign", str(case), *lee, *changed]) == ExitCode.OK
    later = tmp_path / "amended"
    assert main(["export", str(case), "--out", str(later), *model, "--sr", "--pdf"]) == ExitCode.OK
    assert pacs("send", "Archive", later) == ExitCode.OK
    amended = pydicom.dcmread(io.BytesIO(orthanc.file(str(pydicom.dcmread(later / "sr.dcm").SOPInstanceUID))))
    (named,) = amended.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence
    assert named.ReferencedSOPInstanceUID == first.SOPInstanceUID
    assert str(first.SOPInstanceUID) in orthanc.instances(), "what was signed before stays"
    capsys.readouterr()

    # And the same by DICOMweb.
    orthanc.clear()
    assert pacs("send", f"{orthanc.url}/dicom-web", out) == ExitCode.OK
    assert orthanc.instances() == {str(ds.SOPInstanceUID) for ds in written}


@pytest.mark.parametrize("count", ["-1", "1.5", "often"])
def test_retries_are_a_count(count: str) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["pacs", "get", "NODE@localhost:1", "1.2.3", "--out", "out", "--retries", count])
    assert stop.value.code == ExitCode.USAGE


@pytest.mark.parametrize("words", [["get", "NODE@localhost:1"], ["find", "NODE@localhost:1", "--study"]])
@pytest.mark.parametrize("uid", ["abc", "1.2.", "1..2", "", "1." * 32 + "1"])
def test_what_is_no_uid_is_wrong_use_and_nobody_is_asked(
    uid: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["pacs", *words, uid, *(["--out", "out"] if words[0] == "get" else [])])
    assert stop.value.code == ExitCode.USAGE
    said = capsys.readouterr().err
    assert f"{uid!r} is no UID" in said
    assert "WARNING" not in said


def test_a_study_that_is_half_here_is_told_and_finished(
    orthanc: Orthanc, pacs: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill_server(orthanc, "s", 3)
    out = tmp_path / "out"
    assert pacs("get", address(orthanc), uid_of("s"), "--out", out) == ExitCode.OK
    folder = out / uid_of("s")
    (folder / f"{uid_of('s 1')}.dcm").unlink()
    orthanc.kill()
    assert pacs("get", address(orthanc), uid_of("s"), "--out", out, "--retries", 0) == ExitCode.NETWORK
    assert "nothing listens" in capsys.readouterr().err
    orthanc.start()
    assert (
        pacs("get", address(orthanc), uid_of("s"), "--out", out, "--move", orthanc.move_port) == ExitCode.OK
    )
    assert "(1 new)" in capsys.readouterr().out
    assert not (folder / MARK).exists()


def test_what_cannot_be_sent_waits_in_the_queue(
    orthanc: Orthanc, pacs: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for name in ("a", "b"):
        (files / f"{name}.dcm").write_bytes(encoded(small_instance(name, "s")))
    (files / "readme.txt").write_text("not DICOM", encoding="utf-8")
    orthanc.kill()
    assert pacs("send", address(orthanc), files, "--retries", 0) == ExitCode.NETWORK
    said = capsys.readouterr().err
    assert "nothing listens" in said
    assert "waits in the queue" in said
    shutil.rmtree(files)
    assert pacs("queue") == ExitCode.OK, capsys.readouterr().err
    assert "0 of 2 sent" in capsys.readouterr().out
    orthanc.start()
    assert pacs("queue", "--retry", "1", "--run") == ExitCode.OK
    assert "2 of 2 sent" in capsys.readouterr().out
    assert orthanc.instances() == {uid_of("a"), uid_of("b")}
    (job,) = ExportQueue(tmp_path / "data" / "alnreader" / "export-queue").jobs()
    assert job.state is JobState.DONE
    assert pacs("queue", "--remove", "1") == ExitCode.OK
    assert pacs("queue", "--remove", "1") != ExitCode.OK
    assert "no job 1" in capsys.readouterr().err


def test_each_fault_has_a_sentence_and_an_exit_code(
    orthanc: Orthanc, pacs: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, text = address(orthanc), tmp_path / "notes.txt"
    text.write_text("x", encoding="utf-8")
    for arguments, code, words in (
        (("echo", "Nowhere"), ExitCode.NETWORK, "no PACS node 'Nowhere'"),
        (("echo", f"WRONG@127.0.0.1:{orthanc.port}"), ExitCode.NETWORK, "is not called WRONG"),
        (("echo", f"A@127.0.0.1:{free_port()}"), ExitCode.NETWORK, "nothing listens"),
        (("get", here, "1.2.3", "--out", tmp_path), ExitCode.NETWORK, "there is no study 1.2.3"),
        (("get", here, "1.2.3", "--out", text), ExitCode.NETWORK, "there is no study"),
        (("send", here, tmp_path / "absent"), ExitCode.NO_INPUT, "There is no file"),
        (("send", here, text), ExitCode.NO_INPUT, "not a DICOM file"),
        (("find", here, "--name", "a\\b"), ExitCode.USAGE, "no backslash"),
        (("echo", "A@127.0.0.1:99999"), ExitCode.USAGE, "a port lies between"),
        (("nodes", "--add", "", "--address", here), ExitCode.USAGE, "needs a name"),
        (("nodes", "--add", "B", "--address", "A@127.0.0.1:0"), ExitCode.USAGE, "a port lies between"),
        (("nodes", "--remove", "X"), ExitCode.USAGE, "no PACS node 'X'"),
    ):
        assert pacs(*arguments) == code, arguments
        said = capsys.readouterr().err
        assert words in said
        assert "fault of the program" not in said
    assert pacs("find", here, "--name", "nobody") == ExitCode.OK
    assert "Nothing matches" in capsys.readouterr().err
    with pytest.raises(SystemExit) as caught:
        pacs("find", here, "--date", "yesterday")
    assert caught.value.code == ExitCode.USAGE


def test_the_list_is_one_line_a_study_and_patients_can_be_listed(
    orthanc: Orthanc, pacs: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    fill_server(orthanc, "s", 2)
    assert pacs("find", address(orthanc), "--date", "2024-01-01..2024-12-31") == ExitCode.OK
    (line,) = capsys.readouterr().out.splitlines()
    assert line.split("\t") == [
        uid_of("s"),
        "2024-01-15",
        "P1",
        "Doe, Jane",
        "US",
        "2 images",
        "Breast ultrasound",
    ]
    assert pacs("find", address(orthanc), "--patients", "--id", "P1") == ExitCode.OK
    assert capsys.readouterr().out.split("\t") == ["P1", "Doe, Jane", "1970-02-03\n"]
    assert pacs("find", f"{orthanc.url}/dicom-web", "--id", "P1") == ExitCode.OK
    assert capsys.readouterr().out.startswith(uid_of("s"))


def test_a_password_is_never_on_the_command_line_or_in_a_listing(
    pacs: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ALNREADER_PACS_PASSWORD", "secret")
    url = "https://pacs.example/dicom-web"
    assert pacs("nodes", "--add", "Web", "--address", url, "--user", "reader") == ExitCode.OK
    assert capsys.readouterr().out == f"Web\t{url}\tDICOMweb, TLS\n"
    path = tmp_path / "config" / "alnreader" / "pacs.json"
    assert json.loads(path.read_bytes())["nodes"][0]["password"] == "secret"
    assert path.stat().st_mode & 0o077 == 0


def test_where_nothing_is_a_terminal_it_says_now_and_then_how_far_it_is(
    orthanc: Orthanc,
    pacs: Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("alnreader.terminal.LINE_SECONDS", 0.0)
    for name in "ab":
        (tmp_path / f"{name}.dcm").write_bytes(encoded(small_instance(name, "s")))
    assert pacs("send", address(orthanc), tmp_path / "a.dcm", tmp_path / "b.dcm") == 0
    assert "Sending: 1 of 2 files\n" in capsys.readouterr().err
    assert pacs("get", address(orthanc), uid_of("s"), "--out", tmp_path / "in") == 0
    assert "Fetching: 1 of 2 images\n" in capsys.readouterr().err


def test_a_pause_before_the_next_try_is_told_with_its_reason(
    pacs: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.dcm").write_bytes(encoded(small_instance("a", "s")))
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    away = f"ORTHANC@127.0.0.1:{free_port()}"
    assert pacs("send", away, tmp_path / "a.dcm", "--retries", 2) == ExitCode.NETWORK
    told = capsys.readouterr().err
    assert "nothing listens" in told
    assert "Tried again in 2 s." in told
    assert "Tried again in 4 s." in told


def test_received_studies_are_listed_and_removed_after_a_question(
    orthanc: Orthanc, pacs: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    fill_server(orthanc, "s", 2)
    inbox = tmp_path / "inbox"
    assert pacs("get", address(orthanc), uid_of("s"), "--out", inbox) == ExitCode.OK
    capsys.readouterr()
    assert pacs("received", "--folder", inbox) == ExitCode.OK
    (line,) = capsys.readouterr().out.splitlines()
    assert line.split("\t")[:5] == [uid_of("s"), "2024-01-15", "P1", "Doe, Jane", "2 images"]
    remove = ("received", "--folder", inbox, "--remove", uid_of("s"))
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert pacs(*remove) == ExitCode.USAGE, "nobody can be asked"
    assert "--yes" in capsys.readouterr().err

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for answer in ("", "n\n", "what\n"):
        monkeypatch.setattr(sys, "stdin", Terminal(answer))
        assert pacs(*remove) == ExitCode.OK
        said = capsys.readouterr().err
        assert "Remove 2 images of Doe, Jane 2024-01-15" in said
        assert "Kept:" in said
    assert len(list((inbox / uid_of("s")).iterdir())) == 2
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert pacs(*remove) == ExitCode.OK
    assert "Removed: 2 images of Doe, Jane" in capsys.readouterr().out
    assert list(inbox.iterdir()) == []
    assert pacs(*remove, "--yes") == ExitCode.NO_INPUT
    assert pacs("received", "--folder", inbox) == ExitCode.OK
    assert "There is no study" in capsys.readouterr().err


def test_a_study_that_is_not_there_keeps_no_other_from_being_fetched(
    orthanc: Orthanc, pacs: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill_server(orthanc, "s", 2)
    assert pacs("get", address(orthanc), "1.2.3", uid_of("s"), "1.2.4", "--out", tmp_path) == ExitCode.PARTIAL
    told = capsys.readouterr()
    assert "2 images" in told.out
    assert "there is no study 1.2.3" in told.err
    assert "there is no study 1.2.4" in told.err


def test_a_job_that_is_not_due_says_when_it_is(
    pacs: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(encoded(small_instance("a", "s")))
    nobody = f"A@127.0.0.1:{free_port()}"
    assert pacs("send", nobody, path, "--retries", 0) == ExitCode.NETWORK
    capsys.readouterr()
    assert pacs("queue", "--run") == ExitCode.NETWORK
    assert "--retry 1 tries at once" in capsys.readouterr().out


def _deaf_server(queue: Any) -> None:
    """Take connections, tell of a request for an association, and never answer."""
    held = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        queue.put(server.getsockname()[1])
        while True:
            connection = server.accept()[0]
            held.append(connection)
            if connection.recv(1):
                queue.put("asked")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_does_not_wait_for_a_server_that_hangs(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    server = context.Process(target=_deaf_server, args=(queue,), daemon=True)
    server.start()
    try:
        node = Node("Deaf", host="127.0.0.1", port=queue.get(timeout=60), ae_title="A", connect_timeout=3000)
        save_nodes([node], tmp_path / "nodes.json")
        command = [sys.executable, "-m", "alnreader", "pacs", "find", "Deaf"]
        command += ["--nodes", str(tmp_path / "nodes.json")]
        program = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert queue.get(timeout=60) == "asked"
        program.send_signal(signal.SIGINT)
        told = program.communicate(timeout=120)[1]
    finally:
        server.terminate()
        server.join()
    assert program.returncode == ExitCode.CANCELLED
    assert told == "Stopped.\n"
