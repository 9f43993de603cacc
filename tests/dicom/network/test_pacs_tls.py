"""TLS against a real Orthanc: DIMSE with client certificates, and DICOMweb over https."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from certificates import Authority, Pair
from dicom_maker import uid_of
from orthanc import Orthanc
from pacs_maker import encoded, fill_server, node_of, small_instance, web_node_of
from servers import silent_server, tls_front

from alnreader.case.errors import PacsError
from alnreader.case.progress import CancelToken
from alnreader.dicom.network.answers import Query
from alnreader.dicom.network.client import Client
from alnreader.dicom.network.nodes import Node, Retrieve
from alnreader.dicom.network.receive import receive_study
from alnreader.dicom.network.store import inspect


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "hospital")


def tls(theirs: Pair, authority: Authority, *, of_clients: bool) -> dict[str, Any]:
    """Return a server's settings for TLS, and whether it wants a certificate of its clients."""
    return {
        "DicomTlsEnabled": True,
        "DicomTlsCertificate": str(theirs.certificate),
        "DicomTlsPrivateKey": str(theirs.key),
        "DicomTlsTrustedCertificates": str(authority.file),
        "DicomTlsRemoteCertificateRequired": of_clients,
    }


@pytest.fixture
def dimse(own_orthanc: Callable[..., Orthanc], authority: Authority) -> tuple[Orthanc, Node]:
    """A server that wants TLS and a certificate of its clients, and the node that has one."""
    theirs, ours = authority.sign("pacs"), authority.sign("reader")
    server = own_orthanc(**tls(theirs, authority, of_clients=True))
    node = node_of(
        server,
        tls=True,
        ca_file=str(authority.file),
        certificate_file=str(ours.certificate),
        key_file=str(ours.key),
    )
    return server, node


def test_everything_over_tls(dimse: tuple[Orthanc, Node], tmp_path: Path) -> None:
    server, node = dimse
    uids = fill_server(server, "s", 3)
    client = Client(node)
    assert "encrypted" in client.echo()
    assert len(client.find_studies(Query()).studies) == 1
    assert receive_study(node, uid_of("s"), tmp_path / "in").instances == 3
    path = tmp_path / "new.dcm"
    path.write_bytes(encoded(small_instance("new", "s")))
    client.send([inspect(path)], lambda _f: None, lambda _f, _o: None, CancelToken())
    assert server.instances() == {*uids, uid_of("new")}


def test_without_a_client_certificate(dimse: tuple[Orthanc, Node]) -> None:
    _server, node = dimse
    with pytest.raises(PacsError, match="does not take this program's certificate"):
        Client(dataclasses.replace(node, certificate_file="", key_file="")).echo()


def test_a_server_that_another_authority_vouches_for(dimse: tuple[Orthanc, Node], tmp_path: Path) -> None:
    _server, node = dimse
    other = Authority(tmp_path, "stranger")
    with pytest.raises(PacsError, match=r"certificate of 127\.0\.0\.1 is not trusted"):
        Client(dataclasses.replace(node, ca_file=str(other.file))).echo()


def test_a_certificate_of_another_computer(own_orthanc: Callable[..., Orthanc], authority: Authority) -> None:
    theirs = authority.sign("pacs", "10.1.2.3")
    server = own_orthanc(**tls(theirs, authority, of_clients=False))
    node = node_of(server, tls=True, ca_file=str(authority.file))
    with pytest.raises(PacsError, match=r"not trusted \(IP address mismatch"):
        Client(node).echo()
    assert "encrypted" in Client(dataclasses.replace(node, check_host_name=False)).echo()


def test_a_certificate_that_has_run_out(own_orthanc: Callable[..., Orthanc], authority: Authority) -> None:
    theirs = authority.sign("old", days=-2)
    server = own_orthanc(**tls(theirs, authority, of_clients=False))
    for check in (True, False):
        node = node_of(server, tls=True, ca_file=str(authority.file), check_host_name=check)
        with pytest.raises(PacsError, match="certificate has expired"):
            Client(node).echo()


def test_tls_to_a_port_without(orthanc: Orthanc, authority: Authority) -> None:
    node = node_of(orthanc, tls=True, ca_file=str(authority.file))
    with pytest.raises(PacsError, match=r"does not speak TLS|ended the connection|broke off"):
        Client(node).echo()


def test_no_tls_to_a_port_with(dimse: tuple[Orthanc, Node]) -> None:
    _server, node = dimse
    with pytest.raises(PacsError, match=r"expect TLS|does not answer"):
        Client(dataclasses.replace(node, tls=False, connect_timeout=1.0)).echo()


def test_tls_to_a_server_that_hangs(authority: Authority) -> None:
    with silent_server() as port:
        node = Node(
            "N",
            host="127.0.0.1",
            port=port,
            ae_title="A",
            tls=True,
            ca_file=str(authority.file),
            connect_timeout=0.5,
        )
        with pytest.raises(PacsError, match=r"cannot be reached|does not answer"):
            Client(node).echo()


def test_files_that_are_no_certificates(dimse: tuple[Orthanc, Node], tmp_path: Path) -> None:
    _server, node = dimse
    (tmp_path / "x.pem").write_text("nothing", encoding="utf-8")
    for changes in ({"ca_file": "x.pem"}, {"certificate_file": "x.pem"}, {"ca_file": "absent.pem"}):
        named = {key: str(tmp_path / value) for key, value in changes.items()}
        with pytest.raises(PacsError, match="the TLS files cannot be used"):
            Client(dataclasses.replace(node, **named)).echo()


def test_move_over_tls_needs_a_certificate(orthanc: Orthanc, authority: Authority, tmp_path: Path) -> None:
    node = node_of(orthanc, tls=True, ca_file=str(authority.file), retrieve=Retrieve.MOVE)
    from alnreader.dicom.network.inbox import StudyFolder

    with pytest.raises(PacsError, match="C-MOVE over TLS needs a certificate"):
        Client(node).retrieve(StudyFolder(tmp_path, "1.2"), None, lambda _uid: None, CancelToken())


def test_move_over_tls(own_orthanc: Callable[..., Orthanc], authority: Authority, tmp_path: Path) -> None:
    theirs, ours = authority.sign("pacs"), authority.sign("reader")
    server = own_orthanc(**tls(theirs, authority, of_clients=False))
    address = {"AET": "ALNREADER", "Host": "127.0.0.1", "Port": server.move_port, "UseDicomTls": True}
    server.kill()
    server.options["DicomModalities"] = {"tests": address}
    server.start()
    fill_server(server, "s", 2)
    node = node_of(
        server,
        tls=True,
        retrieve=Retrieve.MOVE,
        ca_file=str(authority.file),
        certificate_file=str(ours.certificate),
        key_file=str(ours.key),
    )
    assert receive_study(node, uid_of("s"), tmp_path / "in").instances == 2


def test_dicomweb_over_https(orthanc: Orthanc, authority: Authority, tmp_path: Path) -> None:
    # Debian's Orthanc crashes on its own https, so TLS ends before it, as it does in most hospitals.
    theirs = authority.sign("pacs")
    path = tmp_path / "a.dcm"
    path.write_bytes(encoded(small_instance("a", "s")))
    with tls_front(orthanc.http_port, theirs.certificate, theirs.key) as port:
        node = web_node_of(
            orthanc,
            url=f"https://127.0.0.1:{port}/dicom-web",
            ca_file=str(authority.file),
            answer_timeout=2.0,
        )
        client = Client(node)
        client.send([inspect(path)], lambda _f: None, lambda _f, _o: None, CancelToken())
        assert len(client.find_studies(Query()).studies) == 1
        assert receive_study(node, uid_of("s"), tmp_path / "in").instances == 1
        other = Authority(tmp_path, "stranger")
        with pytest.raises(PacsError, match="is not trusted"):
            Client(dataclasses.replace(node, ca_file=str(other.file))).echo()
        with pytest.raises(PacsError, match="broke off"):
            Client(dataclasses.replace(node, url=node.url.replace("https:", "http:"))).echo()
        plain = f"https://127.0.0.1:{orthanc.http_port}/dicom-web"
        with pytest.raises(PacsError, match="does not speak TLS"):
            Client(dataclasses.replace(node, url=plain)).echo()


def test_a_web_certificate_of_another_computer(orthanc: Orthanc, authority: Authority) -> None:
    theirs = authority.sign("pacs", "10.1.2.3")
    with tls_front(orthanc.http_port, theirs.certificate, theirs.key) as port:
        node = web_node_of(orthanc, url=f"https://127.0.0.1:{port}/dicom-web", ca_file=str(authority.file))
        with pytest.raises(PacsError, match="is not trusted"):
            Client(node).echo()
        assert "answers" in Client(dataclasses.replace(node, check_host_name=False)).echo()
