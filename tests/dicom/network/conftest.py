"""Orthanc for the tests, and small studies in it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent))

from orthanc import PROGRAM, Orthanc
from pacs_maker import fill_server


@pytest.fixture(scope="session")
def orthanc_program() -> None:
    if PROGRAM is None:
        pytest.skip("Orthanc is not installed (Debian: apt-get install orthanc orthanc-dicomweb)")


@pytest.fixture(scope="session")
def _server(orthanc_program: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    server = Orthanc(tmp_path_factory.mktemp("orthanc"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def orthanc(_server: Orthanc) -> Orthanc:
    """The server that most tests share, empty."""
    _server.clear()
    return _server


@pytest.fixture
def own_orthanc(orthanc_program: None, tmp_path: Path) -> Iterator[Callable[..., Orthanc]]:
    """Start servers with options of their own, which a test may kill."""
    servers: list[Orthanc] = []

    def start(**options: Any) -> Orthanc:
        server = Orthanc(tmp_path / f"orthanc-{len(servers)}", options)
        servers.append(server)
        return server.start()

    yield start
    for server in servers:
        server.kill()


@pytest.fixture
def fill(orthanc: Orthanc) -> Callable[..., list[str]]:
    """Put a study of small pictures into the shared server; return the UIDs of its instances."""

    def put(study: str, count: int = 3, **attributes: Any) -> list[str]:
        return fill_server(orthanc, study, count, **attributes)

    return put
