"""A real Orthanc on loopback, started and killed by the tests; Debian's package, absent elsewhere."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAM = shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin:/usr/local/sbin")
DICOMWEB = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
OUR_TITLE = "ALNREADER"
_STARTING_S = 20.0


def free_port() -> int:
    """Return a port that nothing listens at.

    Below those that the system gives to connections of its own, and others for each worker of pytest-xdist: a
    port that is free now must still be so when a server is started at it, or started again.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 5
    while True:
        port = 20_000 + 2_000 * worker + secrets.randbelow(2_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


@dataclass
class Orthanc:
    """One server with its own storage; `kill` is what a power cut is, `start` goes on with what it has."""

    folder: Path
    options: dict[str, Any] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    http_port: int = field(default_factory=free_port)
    move_port: int = field(default_factory=free_port)
    title: str = "ORTHANC"
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> Orthanc:
        """Start it and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        settings: dict[str, Any] = {
            "Name": "alnreader-tests",
            "StorageDirectory": str(self.folder / "db"),
            "IndexDirectory": str(self.folder / "db"),
            "Plugins": [str(DICOMWEB)] if DICOMWEB.exists() else [],
            "DicomServerEnabled": True,
            "DicomAet": self.title,
            "DicomCheckCalledAet": True,
            "DicomPort": self.port,
            "DefaultEncoding": "Utf8",
            "HttpPort": self.http_port,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "HttpDescribeErrors": True,
            "DicomAlwaysAllowGet": True,
            "DicomAlwaysAllowMove": True,
            "UnknownSopClassAccepted": True,
            "TranscodeDicomProtocol": False,
            "StableAge": 1,
            "DicomModalities": {"tests": [OUR_TITLE, "127.0.0.1", self.move_port]},
            "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
            "SynchronousCMove": True,
            **self.options,
        }
        path = self.folder / "orthanc.json"
        path.write_text(json.dumps(settings), encoding="utf-8")
        log = (self.folder / "orthanc.log").open("ab")
        assert PROGRAM is not None
        with log:
            # Without it each message of Debian's dcmtk waits 40 ms for an acknowledgement.
            environment = {**os.environ, "TCP_NODELAY": "1"}
            self.process = subprocess.Popen(
                [PROGRAM, str(path)], stdout=log, stderr=log, cwd=self.folder, env=environment
            )
        self._wait()
        return self

    def _wait(self) -> None:
        deadline = time.monotonic() + _STARTING_S
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    pass
                with socket.create_connection(("127.0.0.1", self.http_port), timeout=1):
                    return
            except OSError:
                if self.process is None or self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "orthanc.log").read_text(errors="replace")) from None
                time.sleep(0.02)

    @property
    def url(self) -> str:
        """Where its web services begin."""
        return f"http://127.0.0.1:{self.http_port}"

    def kill(self) -> None:
        """End it as a power cut does."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def freeze(self) -> None:
        """Stop it where it stands: its connections stay open, nothing comes any more; `kill` still works."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)

    def thaw(self) -> None:
        """Let it go on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def rest(self, path: str, data: bytes | None = None, method: str | None = None) -> Any:
        """Ask Orthanc's own interface, which is not what is tested."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.http_port}{path}",
            data=data,
            method=method or ("POST" if data else "GET"),
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def instances(self) -> set[str]:
        """Return the SOP Instance UIDs that it holds."""
        return {entry["MainDicomTags"]["SOPInstanceUID"] for entry in self.rest("/instances?expand") or ()}

    def file(self, uid: str) -> bytes:
        """Return an instance as it is stored there."""
        (found,) = self.rest("/tools/lookup", data=uid.encode())
        with urllib.request.urlopen(f"{self.url}{found['Path']}/file", timeout=20) as answer:
            content: bytes = answer.read()
            return content

    def upload(self, content: bytes) -> None:
        """Put a file into it."""
        self.rest("/instances", data=content)

    def clear(self) -> None:
        """Take everything out of it."""
        for patient in self.rest("/patients"):
            self.rest(f"/patients/{patient}", method="DELETE")
