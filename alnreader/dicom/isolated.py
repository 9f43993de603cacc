"""A child process for the codec that ends the program on damaged input (docs/decisions/0041-codecs.md)."""

from __future__ import annotations

import atexit
import json
import os
import struct
import subprocess
import sys
import threading
from dataclasses import fields
from pathlib import Path
from typing import BinaryIO

from alnreader.case.language import mark
from alnreader.dicom.gdcm_codec import Job, decode
from alnreader.dicom.refusal import Refusal
from alnreader.dicom.worker_flag import WORKER_FLAG

TIMEOUT_SECONDS = 60.0
"""One frame takes milliseconds; starting the process takes a second, on a busy machine several."""

_LENGTH = struct.Struct("<q")
_GAVE_UP = -1


def serve() -> None:
    """Decode the frames that come on standard input until it is closed."""
    source = sys.stdin.buffer
    # GDCM writes its complaints to the terminal itself, and the answers need a channel of their own.
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    while (facts := _receive(source)) is not None and (data := _receive(source)) is not None:
        result = decode(Job(data=data, **json.loads(facts)))
        answers.write(_LENGTH.pack(_GAVE_UP if result is None else len(result)))
        answers.write(result or b"")
        answers.flush()


def _receive(stream: BinaryIO) -> bytes | None:
    """Read one message, None at the end of the stream."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    return stream.read(_LENGTH.unpack(head)[0])


def _command() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, WORKER_FLAG]
    return [sys.executable, "-m", "alnreader.dicom.codec_worker"]


class Worker:
    """Runs jobs one after the other in a child process that is started when needed and may die."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, job: Job, timeout: float = TIMEOUT_SECONDS) -> bytes:
        """Return the decoded frame.

        Raises
        ------
        Refusal
            If GDCM gives up, dies, or does not come to an end in ``timeout`` seconds.
        """
        with self._lock:
            process = self._started()
            watch = threading.Timer(timeout, process.kill)
            watch.daemon = True
            watch.start()
            try:
                result = self._ask(process, job)
            except OSError as error:  # the pipe is broken
                self._stop()
                raise Refusal(mark("the decoder failed on it")) from error
            finally:
                watch.cancel()
            if result is None and process.poll() is None:
                raise Refusal(mark("the decoder gave up"))
            if result is None or len(result) != job.frame_bytes:
                self._stop()
                raise Refusal(mark("the decoder failed on it"))
        return result

    def close(self) -> None:
        """End the child process; the next job starts another one."""
        with self._lock:
            self._stop()

    @staticmethod
    def _ask(process: subprocess.Popen[bytes], job: Job) -> bytes | None:
        if process.stdin is None or process.stdout is None:
            raise BrokenPipeError
        facts = {field.name: getattr(job, field.name) for field in fields(job) if field.name != "data"}
        for message in (json.dumps(facts).encode(), job.data):
            process.stdin.write(_LENGTH.pack(len(message)))
            process.stdin.write(message)
        process.stdin.flush()
        head = process.stdout.read(_LENGTH.size)
        if len(head) < _LENGTH.size:
            raise BrokenPipeError
        (length,) = _LENGTH.unpack(head)
        return None if length == _GAVE_UP else process.stdout.read(length)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._stop()
        root = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
        self._process = subprocess.Popen(
            _command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        return self._process

    def _stop(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue  # what was not sent is lost with the process
        self._process.wait()
        self._process = None


_worker = Worker()
atexit.register(_worker.close)


def decode_isolated(job: Job) -> bytes:
    """Decode one frame in the child process that all threads share; see `Worker.run`."""
    return _worker.run(job)
