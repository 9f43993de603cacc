"""What a slip of the finger costs: a pass phrase is asked for twice, and wrong use has its own exit code."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "dicom"))

from deidentify_maker import write_secret

from alnreader.case.errors import ExitCode
from alnreader.cli import main
from alnreader.report.passphrase import PASSPHRASE

Capture = pytest.CaptureFixture[str]
PHRASE = "correct horse battery"
NODE = "NOBODY@127.0.0.1:1"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Take for typed what the test puts in, without a terminal; all of it must be asked for."""
    words: list[str] = []
    monkeypatch.delenv(PASSPHRASE, raising=False)
    monkeypatch.setattr(getpass, "getpass", lambda question: words.pop(0))
    yield words
    assert words == []


def test_a_new_pass_phrase_is_typed_twice(tmp_path: Path, typed: list[str], capsys: Capture) -> None:
    write_secret(tmp_path / "in" / "a.dcm")
    base = ["deidentify", str(tmp_path / "in"), "--mapping", str(tmp_path / "m.json"), "--out"]
    typed += [PHRASE, PHRASE + "r"]
    assert main([*base, str(tmp_path / "1")]) == ExitCode.USAGE
    assert "differ" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    typed += ["short"]
    assert main([*base, str(tmp_path / "1")]) == ExitCode.USAGE
    typed += [PHRASE, PHRASE]
    assert main([*base, str(tmp_path / "1")]) == ExitCode.OK
    typed += [PHRASE]  # the file is there: a slip is found out at once
    assert main([*base, str(tmp_path / "2")]) == ExitCode.OK
    typed += ["another one altogether"]
    assert main([*base, str(tmp_path / "3")]) == ExitCode.NO_INPUT


def test_so_is_that_of_an_export(tmp_path: Path, typed: list[str], capsys: Capture) -> None:
    write_secret(tmp_path / "in" / "a.dcm")
    words = ["export", str(tmp_path / "in"), "--deidentify", "--mapping", str(tmp_path / "m.json"), "--out"]
    typed += [PHRASE, PHRASE + "r"]
    assert main([*words, str(tmp_path / "1")]) == ExitCode.USAGE, "before a model is looked for"
    assert "differ" in capsys.readouterr().err


def test_without_a_terminal_the_variable_is_named(tmp_path: Path) -> None:
    write_secret(tmp_path / "in" / "a.dcm")
    words = ["deidentify", str(tmp_path / "in"), "--out", str(tmp_path / "1"), "--mapping", "m.json"]
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from alnreader.cli import main; sys.exit(main())", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != PASSPHRASE},
        check=False,
    )
    assert done.returncode == ExitCode.USAGE, done.stderr
    assert PASSPHRASE in done.stderr
    assert "fault of the program" not in done.stderr
    assert "echoed" not in done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["find", NODE, "--date", "2024-12-31..2024-01-01"], ExitCode.USAGE),
        (["echo", NODE, "--own-ae-title", "A TITLE THAT IS TOO LONG"], ExitCode.USAGE),
        (["find", NODE, "--name", "a\\b"], ExitCode.USAGE),
        (["queue", "--remove", "99"], ExitCode.USAGE),
        (["nodes", "--remove", "nope"], ExitCode.USAGE),
        (["nodes", "--add", "x", "--address", "bad"], ExitCode.USAGE),
        (["nodes", "--add", "x"], ExitCode.USAGE),
        (["send", NODE, "no such folder"], ExitCode.NO_INPUT),
        (["send", NODE, "empty"], ExitCode.NO_INPUT),
        (["send", NODE, "t.txt"], ExitCode.NO_INPUT),
    ],
)
def test_wrong_use_is_no_fault_of_the_program(
    words: list[str], code: ExitCode, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "t.txt").write_text("hi")
    more = {"queue": ["--queue", "q"], "send": ["--queue", "q"], "nodes": ["--nodes", "n.json"]}
    assert main(["pacs", *words, *more.get(words[0], [])]) == code
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 1, "said once"
    assert told[0].startswith("alnreader: ")
