"""What a user is told when a PACS is not there, refuses, hangs, or speaks another language."""

from __future__ import annotations

import dataclasses
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dicom_maker import uid_of
from orthanc import Orthanc, free_port
from pacs_maker import encoded, node_of, small_instance, web_node_of
from servers import closing_server, dicom_server, evt, silent_server

from alnreader.case.errors import CancelledError, InvalidValueError, PacsError, PacsUnavailableError
from alnreader.case.progress import CancelToken
from alnreader.dicom.network import faults
from alnreader.dicom.network.answers import Query
from alnreader.dicom.network.client import Client
from alnreader.dicom.network.nodes import Node, Protocol, Retrieve
from alnreader.dicom.network.receive import receive_study
from alnreader.dicom.network.retry import RetryPolicy
from alnreader.dicom.network.store import inspect

ONCE = RetryPolicy(attempts=1)


def loopback(port: int, **changes: Any) -> Node:
    node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC", connect_timeout=0.5, answer_timeout=0.5)
    return dataclasses.replace(node, **changes)


def web(port: int) -> Node:
    url = f"http://127.0.0.1:{port}/dicom-web"
    return Node("W", Protocol.DICOMWEB, url=url, connect_timeout=0.5, answer_timeout=0.5)


def test_wrong_ae_title(orthanc: Orthanc) -> None:
    node = node_of(orthanc, ae_title="NOBODY")
    with pytest.raises(PacsError, match=r"is not called NOBODY\. Correct the AE title") as caught:
        Client(node).echo()
    assert not isinstance(caught.value, PacsUnavailableError)


def test_own_ae_title_that_the_server_does_not_know() -> None:
    with (
        dicom_server([], callers=("SOMEONE",)) as port,
        pytest.raises(PacsError, match="does not know this program as ALNREADER"),
    ):
        Client(loopback(port)).echo()


def test_orthanc_refuses_what_a_stranger_asks_for(own_orthanc: Callable[..., Orthanc]) -> None:
    # It knows nobody and allows strangers nothing: the association ends at the first question.
    server = own_orthanc(
        DicomModalities={},
        DicomAlwaysAllowEcho=False,
        DicomAlwaysAllowGet=False,
        DicomAlwaysAllowMove=False,
        DicomAlwaysAllowFind=False,
    )
    node = node_of(server)
    with pytest.raises(PacsError, match=r"does not allow ALNREADER to do that"):
        Client(node).echo()
    with pytest.raises(PacsError, match=r"does not allow ALNREADER to do that"):
        Client(node).find_studies(Query())


def test_nothing_listens() -> None:
    port = free_port()
    for node in (loopback(port), web(port)):
        with pytest.raises(PacsUnavailableError, match=f"nothing listens at 127.0.0.1:{port}"):
            Client(node).echo()


def test_no_computer_of_that_name() -> None:
    node = loopback(104, host="no-such-host.invalid")
    with pytest.raises(PacsError, match=r"no computer called no-such-host.invalid"):
        Client(node).echo()
    with pytest.raises(PacsError, match=r"no computer called no-such-host.invalid"):
        Client(dataclasses.replace(web(1), url="http://no-such-host.invalid/dicom")).echo()


def test_server_that_hangs() -> None:
    with silent_server() as port:
        for node in (loopback(port), web(port)):
            with pytest.raises(PacsUnavailableError, match=r"does not answer \(waited 0.5 s\)"):
                Client(node).echo()


def test_server_that_hangs_after_the_association() -> None:
    release = threading.Event()

    def hang(_event: Any) -> int:
        release.wait(10)
        return 0

    with dicom_server([(evt.EVT_C_ECHO, hang)]) as port:
        try:
            with pytest.raises(PacsUnavailableError, match=r"does not answer \(waited 0.5 s\)"):
                Client(loopback(port)).echo()
        finally:
            release.set()


def test_a_stop_does_not_wait_for_a_server_that_hangs() -> None:
    with silent_server() as port:
        for node in (loopback(port), web(port)):
            patient = dataclasses.replace(node, connect_timeout=60.0, answer_timeout=60.0)
            token = CancelToken()
            threading.Timer(0.2, token.cancel).start()
            with pytest.raises(CancelledError):
                Client(patient).echo(token)


def test_a_stop_ends_a_query_that_gets_no_answer() -> None:
    release = threading.Event()

    def hang(_event: Any) -> Any:
        release.wait(10)
        yield 0, None

    with dicom_server([(evt.EVT_C_FIND, hang)], models=("1.2.840.10008.5.1.4.1.2.2.1",)) as port:
        token = CancelToken()
        threading.Timer(0.3, token.cancel).start()
        try:
            with pytest.raises(CancelledError):
                Client(loopback(port, answer_timeout=60.0)).find_studies(Query(), token)
        finally:
            release.set()


def test_server_that_hangs_up() -> None:
    with closing_server() as port:
        with pytest.raises(PacsError, match="ended the connection instead of answering"):
            Client(loopback(port)).echo()
        with pytest.raises(PacsUnavailableError, match="broke off"):
            Client(web(port)).echo()


def test_a_port_that_is_not_dicom(orthanc: Orthanc) -> None:
    node = loopback(orthanc.http_port, connect_timeout=3.0)
    with pytest.raises(PacsError, match=r"Is it a DICOM port|does not answer"):
        Client(node).echo()


def test_a_url_that_is_not_dicomweb(orthanc: Orthanc) -> None:
    node = web_node_of(orthanc)
    elsewhere = dataclasses.replace(node, url=f"{orthanc.url}/nothing")
    with pytest.raises(PacsError, match="check the URL of the node"):
        Client(elsewhere).echo()


def test_a_server_that_sends_elsewhere_is_not_followed(orthanc: Orthanc) -> None:
    asked: list[bytes] = []

    with socket.create_server(("127.0.0.1", 0)) as other, socket.create_server(("127.0.0.1", 0)) as server:
        target = f"http://127.0.0.1:{other.getsockname()[1]}/steal"

        def redirect() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(
                    f"HTTP/1.1 307 Moved\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()
                )

        thread = threading.Thread(target=redirect)
        thread.start()
        other.settimeout(0.2)
        with pytest.raises(PacsError, match="does not follow"):
            Client(web(server.getsockname()[1])).echo()
        thread.join()
        with pytest.raises(TimeoutError):
            asked.append(other.accept()[1])
    assert asked == []


def test_the_environment_cannot_lead_elsewhere(orthanc: Orthanc, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    assert "answers" in Client(web_node_of(orthanc)).echo()


def test_a_wrong_password(own_orthanc: Callable[..., Orthanc]) -> None:
    server = own_orthanc(AuthenticationEnabled=True, RegisteredUsers={"reader": "secret"})
    node = web_node_of(server)
    with pytest.raises(PacsError, match="user and password"):
        Client(node).echo()
    with pytest.raises(PacsError, match="user and password"):
        Client(dataclasses.replace(node, user="reader", password="wrong")).echo()
    assert "answers" in Client(dataclasses.replace(node, user="reader", password="secret")).echo()


def test_a_study_that_is_not_there(orthanc: Orthanc, tmp_path: Path) -> None:
    for node in (node_of(orthanc), web_node_of(orthanc)):
        with pytest.raises(PacsError, match=r"there is no study 1\.2\.3"):
            receive_study(node, "1.2.3", tmp_path, retries=ONCE)
    assert list(tmp_path.iterdir()) == []


def test_move_to_a_title_that_the_server_does_not_know(
    own_orthanc: Callable[..., Orthanc], tmp_path: Path
) -> None:
    server = own_orthanc(DicomModalities={})
    server.upload(encoded(small_instance("a", "s")))
    node = node_of(server, retrieve=Retrieve.MOVE)
    with pytest.raises(PacsError, match=r"does not allow ALNREADER"):
        receive_study(node, uid_of("s"), tmp_path, retries=ONCE, sleep=lambda _s: None)


def test_the_listening_port_is_taken(fill: Callable[..., Any], orthanc: Orthanc, tmp_path: Path) -> None:
    fill("s")
    node = node_of(orthanc, retrieve=Retrieve.MOVE)
    with (
        socket.create_server(("", node.listen_port)),
        pytest.raises(PacsError, match=f"port {node.listen_port} cannot be opened for C-MOVE"),
    ):
        receive_study(node, uid_of("s"), tmp_path, retries=ONCE)


@pytest.mark.parametrize(
    ("status", "words", "passing"),
    [
        (0xA700, "out of room", True),
        (0xA7FF, "out of room", True),
        (0xA900, "does not fit its kind", False),
        (0xC000, "cannot understand", False),
        (0xC123, "cannot understand", False),
        (0x0122, "does not take this kind of object", False),
        (0x0124, "not allow this program to store", False),
        (0x0110, "failed to process", True),
        (0x0999, "refused", False),
    ],
)
def test_an_instance_that_is_refused(status: int, words: str, passing: bool, tmp_path: Path) -> None:
    def answer(event: Any) -> int:
        return status if event.request.AffectedSOPInstanceUID == uid_of("b") else 0

    files = []
    for name in ("a", "b", "c"):
        path = tmp_path / f"{name}.dcm"
        path.write_bytes(encoded(small_instance(name, "s")))
        files.append(inspect(path))
    outcomes = {}
    with dicom_server([(evt.EVT_C_STORE, answer)]) as port:
        Client(loopback(port)).send(
            files, lambda _f: None, lambda f, o: outcomes.update({f.uid: o}), CancelToken()
        )
    assert [outcomes[uid_of(name)].stored for name in "abc"] == [True, False, True]
    refused = outcomes[uid_of("b")]
    assert words in refused.words
    assert f"0x{status:04X}" in refused.words
    assert refused.passing is passing


def test_a_warning_is_told_and_counts_as_stored(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(encoded(small_instance("a", "s")))
    outcomes = []
    with dicom_server([(evt.EVT_C_STORE, lambda _event: 0xB007)]) as port:
        Client(loopback(port)).send(
            [inspect(path)], lambda _f: None, lambda _f, o: outcomes.append(o), CancelToken()
        )
    assert outcomes[0].stored
    assert "0xB007" in outcomes[0].words


def test_every_rejection_of_the_standard_has_words() -> None:
    node = loopback(104)
    for source, diagnostics in ((1, range(1, 11)), (2, (1, 2)), (3, range(8))):
        for diagnostic in diagnostics:
            for result in (1, 2):
                error = faults.rejected(node, result, source, diagnostic)
                assert str(error).startswith("N: ")
                assert str(error).endswith(".")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": " "}, "name"),
        ({"host": ""}, "name the computer"),
        ({"host": "a b"}, "name the computer"),
        ({"port": 0}, "port"),
        ({"port": 65536}, "port"),
        ({"listen_port": -1}, "listening port"),
        ({"ae_title": ""}, "AE title"),
        ({"ae_title": "A" * 17}, "1 to 16"),
        ({"ae_title": "A\\B"}, "backslash"),
        ({"own_ae_title": "ÄRZTE"}, "own AE title"),
        ({"connect_timeout": 0.0}, "time-out"),
        ({"answer_timeout": float("nan")}, "time-out"),
        ({"certificate_file": "c.pem"}, "go together"),
        ({"tls": 1}, "tls"),
        ({"port": "104"}, "port"),
        ({"protocol": "dimse"}, "protocol"),
        ({"protocol": Protocol.DICOMWEB, "url": "ftp://x"}, "begins with http"),
        ({"protocol": Protocol.DICOMWEB, "url": "http://user:pw@x/"}, "own fields"),
        ({"protocol": Protocol.DICOMWEB, "url": "http://[x/"}, "begins with http"),
    ],
)
def test_what_is_no_node(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidValueError, match=words):
        dataclasses.replace(loopback(104), **changes)


@pytest.mark.parametrize(("user", "password"), [("reader", "geheim"), ("读片", "密码 ü")])
def test_a_user_and_password_of_any_letters(
    user: str, password: str, own_orthanc: Callable[..., Orthanc]
) -> None:
    server = own_orthanc(AuthenticationEnabled=True, RegisteredUsers={user: password})
    node = web_node_of(server, user=user, password=password)
    assert "answers" in Client(node).echo()
    with pytest.raises(PacsError, match="user and password"):
        Client(dataclasses.replace(node, password="密码")).echo()
