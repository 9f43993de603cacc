"""Files sent by C-STORE: what is taken, what is refused in words, and a stop."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_maker import uid_of, write_image
from pacs_maker import SYNTAXES, encoded, small_instance
from pydicom import dcmread
from pydicom.uid import ImplicitVRLittleEndian, RLELossless
from servers import dicom_server, evt

from alnreader.case.errors import CancelledError, UnreadableInputError
from alnreader.case.progress import CancelToken
from alnreader.dicom.network import store
from alnreader.dicom.network.client import Client
from alnreader.dicom.network.nodes import Node


def test_what_is_not_dicom_is_named(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    good = tmp_path / "sub" / "a.dcm"
    good.parent.mkdir()
    good.write_bytes(encoded(small_instance("a", "s")))
    cut = tmp_path / "sub" / "cut.dcm"
    cut.write_bytes(good.read_bytes()[:150])
    with pytest.raises(UnreadableInputError, match=r"notes.txt: not a DICOM file"):
        store.inspect(text)
    files, faulty = store.dicom_files([tmp_path / "sub", text])
    assert [file.uid for file in files] == [uid_of("a")]
    assert [Path(error.args[0].split(":")[0]).name for error in faulty] == ["cut.dcm", "notes.txt"]


def test_a_node_that_takes_only_the_default_encoding_gets_it(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(encoded(small_instance("a", "s")))
    compressed = write_image(
        tmp_path / "b.dcm", np.zeros((1, 16, 16, 1), np.uint8), "MONOCHROME2", RLELossless
    )
    stored: list[Any] = []

    def keep(event: Any) -> int:
        stored.append(event.dataset)
        return 0

    outcomes = {}
    with dicom_server([(evt.EVT_C_STORE, keep)], syntaxes=[ImplicitVRLittleEndian]) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC")
        files = [store.inspect(path), store.inspect(compressed)]
        Client(node).send(files, lambda _f: None, lambda f, o: outcomes.update({f.path: o}), CancelToken())
    assert outcomes[path].stored
    assert stored[0].PixelData == dcmread(path).PixelData
    assert not outcomes[compressed].stored
    assert "does not take this compression (RLE Lossless)" in outcomes[compressed].words


def test_a_node_that_does_not_know_a_kind_says_so_file_by_file(tmp_path: Path) -> None:
    known, unknown = small_instance("a", "s"), small_instance("b", "s")
    unknown.SOPClassUID = unknown.file_meta.MediaStorageSOPClassUID = "1.2.826.0.1.3680043.8.498.1"
    for name, ds in (("a", known), ("b", unknown)):
        (tmp_path / f"{name}.dcm").write_bytes(encoded(ds))
    outcomes = {}
    with dicom_server([(evt.EVT_C_STORE, lambda _event: 0)]) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC")
        files = [store.inspect(path) for path in sorted(tmp_path.glob("*.dcm"))]
        Client(node).send(
            files, lambda _f: None, lambda f, o: outcomes.update({f.path.stem: o}), CancelToken()
        )
    assert outcomes["a"].stored
    assert "does not take this kind of object" in outcomes["b"].words


def test_more_kinds_than_fit_into_one_association(tmp_path: Path) -> None:
    # 43 kinds in four encodings of two contexts each: 344 contexts, of which 128 fit.
    from pynetdicom import AllStoragePresentationContexts

    classes = [str(context.abstract_syntax) for context in AllStoragePresentationContexts[:43]]
    files = [
        store.Outgoing(tmp_path / f"{number}.dcm", f"1.2.{number}", sop_class, syntax, "1", "2")
        for number, (sop_class, syntax) in enumerate(
            (sop_class, syntax) for sop_class in classes for syntax in SYNTAXES[:4]
        )
    ]
    batches = list(store._batches(files))
    assert [file for batch in batches for file in batch] == files
    for batch in batches:
        kinds = {(file.sop_class, file.syntax) for file in batch}
        assert sum(store.contexts_needed(syntax) for _, syntax in kinds) <= 128


def test_a_stop_ends_a_long_sending(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(encoded(small_instance("a", "s")))
    release, token = threading.Event(), CancelToken()

    def hang(_event: Any) -> int:
        token.cancel()
        release.wait(10)
        return 0

    with dicom_server([(evt.EVT_C_STORE, hang)]) as port:
        node = Node("N", host="127.0.0.1", port=port, ae_title="ORTHANC", answer_timeout=60.0)
        try:
            with pytest.raises(CancelledError):
                Client(node).send([store.inspect(path)], lambda _f: None, lambda _f, _o: None, token)
        finally:
            release.set()
