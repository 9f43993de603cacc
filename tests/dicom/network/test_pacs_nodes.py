"""The list of nodes on disk."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from alnreader.dicom.network.nodes import Node, Retrieve


def test_nothing_of_a_node_is_lost_on_disk(tmp_path: Path) -> None:
    from alnreader.dicom.network.nodes import load_nodes, save_nodes

    nodes = (
        Node("PACS", host="10.0.0.1", port=104, ae_title="PACS", retrieve=Retrieve.MOVE, tls=True),
        dataclasses.replace(web_node_for_disk(), password="secret"),
    )
    path = tmp_path / "deep" / "pacs.json"
    save_nodes(nodes, path)
    assert load_nodes(path) == nodes
    assert os.name != "posix" or path.stat().st_mode & 0o077 == 0
    assert "secret" not in repr(nodes)
    path.write_text("{", encoding="utf-8")
    assert load_nodes(path) == ()
    assert path.with_name("pacs.json.broken").exists()


def web_node_for_disk() -> Node:
    from alnreader.dicom.network.nodes import Protocol

    return Node("Web 网", Protocol.DICOMWEB, url="https://pacs.example/dicom-web", user="reader")
