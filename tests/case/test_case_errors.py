"""Exit codes, stopping, and the one clock."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest

from alnreader.case import clock, errors
from alnreader.case.errors import AlnReaderError, CancelledError, ExitCode
from alnreader.case.progress import CancelToken, no_progress


def subclasses(root: type) -> set[type]:
    return {one for child in root.__subclasses__() for one in (child, *subclasses(child))}


def test_exit_codes_are_the_published_ones():
    assert {code.name: int(code) for code in ExitCode} == {
        "OK": 0,
        "INTERNAL": 1,
        "USAGE": 2,
        "NO_INPUT": 3,
        "NO_MODEL": 4,
        "CANNOT_WRITE": 5,
        "PARTIAL": 6,
        "NETWORK": 7,
        "CANCELLED": 130,
    }


def test_every_error_has_an_exit_code_of_failure():
    ours = {one for one in subclasses(AlnReaderError) if one.__module__ == errors.__name__}
    assert {errors.InvalidValueError, errors.ProtocolError, errors.TrainingDataError, CancelledError} <= ours
    assert all(isinstance(one.exit_code, ExitCode) and one.exit_code != ExitCode.OK for one in ours)
    assert errors.NoUltrasoundError("x").exit_code is ExitCode.NO_INPUT
    assert errors.BundleError("x").exit_code is ExitCode.NO_MODEL
    assert errors.CannotWriteError("x").exit_code is ExitCode.CANNOT_WRITE
    assert issubclass(errors.InvalidValueError, ValueError)


def test_a_token_stops_work_in_another_thread():
    token, started, stopped = CancelToken(), threading.Event(), []

    def work():
        try:
            while True:
                token.check()
                started.set()
        except CancelledError as error:
            stopped.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    assert started.wait(5)
    assert not token.cancelled
    token.cancel()
    thread.join(5)
    assert not thread.is_alive()
    assert token.cancelled
    assert stopped[0].exit_code is ExitCode.CANCELLED


def test_progress_may_be_ignored():
    no_progress(0, 0)
    no_progress(1, 2, "word")


def test_the_clock_has_a_zone_and_goes_on(monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    before = clock.now()
    assert before.utcoffset() is not None
    assert abs(before - datetime.now(tz=UTC)) < timedelta(seconds=10)
    assert clock.now() >= before


@pytest.mark.parametrize(
    ("value", "fixed"), [("0", True), ("1700000000", True), ("", False), ("soon", False)]
)
def test_the_clock_can_be_set(monkeypatch, value, fixed):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", value)
    if fixed:
        assert clock.now() == datetime.fromtimestamp(int(value), tz=UTC)
    else:
        assert abs(clock.now() - datetime.now(tz=UTC)) < timedelta(seconds=10)


def test_a_superscript_is_no_time(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "\N{SUPERSCRIPT TWO}")
    assert abs(clock.now() - datetime.now(tz=UTC)) < timedelta(seconds=10)


def test_the_ground_floor_loads_numpy_and_nothing_else():
    code = (
        "import sys, numpy; known = {name.split('.')[0] for name in sys.modules};"
        "import alnreader.case.case, alnreader.case.history, alnreader.case.measure, alnreader.case.protocol;"
        "new = {name.split('.')[0] for name in sys.modules} - known - set(sys.stdlib_module_names);"
        "print(sorted(new))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "['alnreader']"
