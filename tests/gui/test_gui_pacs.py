"""The PACS page and the nodes of the preferences, with real widgets, a real Orthanc and a real queue."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from by_mouse import compose, drag, press, ready, take_up
from pydicom import dcmread
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QToolButton

sys.path.insert(0, str(Path(__file__).parent.parent / "dicom" / "network"))
sys.path.insert(0, str(Path(__file__).parent.parent / "dicom"))

from dicom_maker import uid_of
from orthanc import PROGRAM, Orthanc, free_port
from pacs_maker import encoded, fill_server, node_of, small_instance
from servers import silent_server

from alnreader.case.assessment import NodeStatus
from alnreader.case.region import Origin, RegionKind
from alnreader.dicom.network.nodes import Node, Protocol, Retrieve, load_nodes
from alnreader.dicom.network.queue import JobState
from alnreader.dicom.network.store import inspect
from alnreader.gui import translation
from alnreader.gui.controller import Controller
from alnreader.gui.main_window import MainWindow
from alnreader.gui.pacs import PacsDesk
from alnreader.gui.pages.nodes import NodesEditor
from alnreader.gui.pages.pacs import PacsPage
from alnreader.simulation import simulate_patient, write_dicom

WAIT_MS = 30_000


@pytest.fixture
def desk(controller: Controller) -> PacsDesk:
    return PacsDesk(controller)


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[Orthanc]:
    if PROGRAM is None:
        pytest.skip("Orthanc is not installed (Debian: apt-get install orthanc orthanc-dicomweb)")
    server = Orthanc(tmp_path / "orthanc")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def page(controller: Controller, desk: PacsDesk, qtbot: Any) -> PacsPage:
    translation.use("en")  # its forms for one and for several
    page = PacsPage(controller, desk)
    qtbot.addWidget(page)
    page.show()
    return page


@pytest.fixture
def editor(desk: PacsDesk, qtbot: Any) -> NodesEditor:
    editor = NodesEditor(desk)
    qtbot.addWidget(editor)
    editor.show()
    return editor


def cells(table: Any) -> list[list[str]]:
    return [
        [table.item(row, column).text() for column in range(table.columnCount())]
        for row in range(table.rowCount())
    ]


def write(editor: NodesEditor, name: str, text: str) -> None:
    field = editor.fields[name]
    assert isinstance(field, QLineEdit)
    field.setText(text)
    field.editingFinished.emit()


def test_a_node_is_made_changed_and_removed(editor: NodesEditor, desk: PacsDesk, tmp_path: Path) -> None:
    assert not editor.test_button.isEnabled()
    editor.add_button.click()
    editor.add_button.click()
    assert [node.name for node in desk.nodes] == ["PACS", "PACS 2"]
    write(editor, "name", "Klinik 王")
    write(editor, "host", "10.0.0.7")
    write(editor, "port", "11113")
    write(editor, "ae_title", "ARCHIVE")
    write(editor, "answer_timeout", "5,5")
    box = editor.fields["retrieve"]
    assert isinstance(box, QComboBox)
    assert not editor.fields["listen_port"].isVisible()
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert editor.fields["listen_port"].isVisible()
    assert not editor.fields["ca_file"].isVisible()
    tls = editor.fields["tls"]
    assert isinstance(tls, QCheckBox)
    tls.setChecked(True)
    assert editor.fields["ca_file"].isVisible()
    expected = Node(
        "Klinik 王",
        host="10.0.0.7",
        port=11113,
        ae_title="ARCHIVE",
        retrieve=Retrieve.MOVE,
        tls=True,
        answer_timeout=5.5,
    )
    assert editor.node == expected
    assert load_nodes(tmp_path / "pacs.json") == desk.nodes
    editor.remove_button.click()
    assert [node.name for node in desk.nodes] == ["PACS"]


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("port", "many", "is no number"),
        ("port", "99999", "lies between 1 and 65535"),
        ("ae_title", "A" * 20, "1 to 16"),
        ("name", "PACS", "another node"),
        ("host", "", "name the computer"),
    ],
)
def test_what_is_no_node_is_said_and_not_kept(
    editor: NodesEditor, desk: PacsDesk, field: str, text: str, words: str
) -> None:
    editor.add_button.click()
    editor.add_button.click()
    before = desk.nodes
    write(editor, field, text)
    assert words in editor.answer.text
    assert editor.answer.isVisible()
    assert desk.nodes == before


def test_a_node_becomes_dicomweb(editor: NodesEditor, desk: PacsDesk) -> None:
    editor.add_button.click()
    box = editor.fields["protocol"]
    assert isinstance(box, QComboBox)
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert desk.nodes[0].protocol is Protocol.DICOMWEB
    assert editor.fields["url"].isVisible()
    assert not editor.fields["ae_title"].isVisible()
    write(editor, "url", "ftp://x")
    assert "begins with http" in editor.answer.text
    write(editor, "url", "https://pacs.hospital/dicom-web")
    assert desk.nodes[0].url == "https://pacs.hospital/dicom-web"


def test_the_connection_is_tested(editor: NodesEditor, desk: PacsDesk, orthanc: Orthanc, qtbot: Any) -> None:
    desk.save([node_of(orthanc)])
    with qtbot.waitSignal(desk.tested, timeout=WAIT_MS):
        editor.test_button.click()
    assert "answers to ALNREADER" in editor.answer.text
    write(editor, "ae_title", "WRONG")
    with qtbot.waitSignal(desk.tested, timeout=WAIT_MS):
        editor.test_button.click()
    assert "is not called WRONG" in editor.answer.text
    assert editor.answer.tone == "error"


def test_search_fetch_and_open(
    page: PacsPage, desk: PacsDesk, controller: Controller, orthanc: Orthanc, qtbot: Any
) -> None:
    fill_server(orthanc, "s1", 3, PatientName="Wang^Xiaodong=王^小东", PatientID="P2", StudyDate="20240220")
    fill_server(orthanc, "s2", 1, PatientName="Doe^Jane", PatientID="P1", StudyDate="20230115")
    desk.save([node_of(orthanc)])
    with qtbot.waitSignal(desk.found, timeout=WAIT_MS):
        page.search_button.click()
    rows = cells(page.studies)
    assert [row[:5] for row in rows] == [
        ["王小东 (Wang, Xiaodong)", "P2", "1970-02-03", "2024-02-20", "Breast ultrasound"],
        ["Doe, Jane", "P1", "1970-02-03", "2023-01-15", "Breast ultrasound"],
    ]
    assert [row[5:] for row in rows] == [["US", "3", ""], ["US", "1", ""]]
    assert "2 studies" in page.note.text()
    page.name.setText("王")
    with qtbot.waitSignal(desk.found, timeout=WAIT_MS):
        qtbot.keyClick(page.name, "\r")
    assert [row[1] for row in cells(page.studies)] == ["P2"]
    page.fetch_button.click()
    qtbot.waitUntil(lambda: controller.session is not None, timeout=WAIT_MS)
    assert controller.session is not None
    assert str(controller.session.case.patient.name) == "王小东 (Wang, Xiaodong)"
    assert len(controller.session.case.images) == 3
    assert cells(page.studies)[0][7] == "yes"
    assert desk.inbox.stat().st_mode & 0o077 == 0
    qtbot.waitUntil(lambda: not controller.runner.busy, timeout=WAIT_MS)


def test_faults_stand_on_the_page(page: PacsPage, desk: PacsDesk, qtbot: Any) -> None:
    assert not page.search_button.isEnabled()
    page.search()
    assert "no PACS node" in page.fault.text
    port = free_port()
    desk.save([Node("N", host="127.0.0.1", port=port, ae_title="A", connect_timeout=1.0)])
    assert page.search_button.isEnabled()
    page.first.setText("yesterday")
    page.search_button.click()
    assert "is no day" in page.fault.text
    page.first.setText("2024-02-01")
    page.last.setText("2024-01-01")
    page.search_button.click()
    assert "backwards" in page.fault.text
    page.last.clear()
    with qtbot.waitSignal(desk.search_ended, timeout=WAIT_MS):
        page.search_button.click()
    assert f"nothing listens at 127.0.0.1:{port}" in page.fault.text


def test_a_study_that_broke_off_is_offered_and_finished(
    controller: Controller, desk: PacsDesk, orthanc: Orthanc, qtbot: Any
) -> None:
    from alnreader.dicom.network.inbox import StudyFolder

    uids = fill_server(orthanc, "s", 3)
    node = node_of(orthanc)
    desk.save([node])
    folder = StudyFolder(desk.inbox, uid_of("s"))  # what a program that was killed has left
    folder.begin(node, "Doe, Jane 2024-01-15")
    folder.expect(uids)
    page = PacsPage(controller, desk)
    qtbot.addWidget(page)
    page.show()
    (row,) = cells(page.studies)
    assert (row[0], row[7]) == ("Doe, Jane 2024-01-15", "in part")
    page.studies.selectRow(0)
    page.fetch_button.click()
    qtbot.waitUntil(lambda: controller.session is not None, timeout=WAIT_MS)
    assert desk.incomplete() == []
    qtbot.waitUntil(lambda: not controller.runner.busy, timeout=WAIT_MS)


def test_the_queue_is_shown_tried_again_and_emptied(
    page: PacsPage, desk: PacsDesk, controller: Controller, orthanc: Orthanc, qtbot: Any, tmp_path: Path
) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(encoded(small_instance("a", "s")))
    wrong = node_of(orthanc, ae_title="WRONG")
    desk.save([wrong])
    desk.queue.add(wrong, [inspect(path)], "Doe, Jane")
    with qtbot.waitSignal(desk.queue_changed, timeout=WAIT_MS):
        desk.send_now()
    (row,) = cells(page.jobs)
    assert (row[0], row[1], row[3], row[4]) == ("Doe, Jane", "Test PACS", "needs a look", "0 of 1")
    assert "is not called WRONG" in row[5]
    desk.save([node_of(orthanc)])
    page.jobs.selectRow(0)
    page.again_button.click()
    qtbot.waitUntil(lambda: cells(page.jobs)[0][3] == "sent", timeout=WAIT_MS)
    assert orthanc.instances() == {uid_of("a")}
    page.jobs.selectRow(0)
    page.remove_button.click()
    assert cells(page.jobs) == []
    qtbot.waitUntil(lambda: not controller.runner.busy, timeout=WAIT_MS)


def test_a_queue_of_an_earlier_run_goes_on_when_the_window_starts(
    controller: Controller, desk: PacsDesk, orthanc: Orthanc, qtbot: Any, tmp_path: Path
) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(encoded(small_instance("a", "s")))
    desk.save([node_of(orthanc)])
    desk.queue.add(node_of(orthanc), [inspect(path)], "Doe, Jane")
    later = PacsDesk(controller)
    later.start(tmp_path)
    qtbot.waitUntil(lambda: later.jobs()[0].state is JobState.DONE, timeout=WAIT_MS)
    assert orthanc.instances() == {uid_of("a")}
    qtbot.waitUntil(lambda: not controller.runner.busy, timeout=WAIT_MS)


def test_a_day_at_the_pacs(
    reading_controller: Controller, orthanc: Orthanc, qtbot: Any, tmp_path: Path
) -> None:
    """Find, get, read, sign, send the objects back, and find them there, in the window.

    Everything goes by mouse and keys, from the search to the amendment; only the node is there beforehand.
    """
    controller = reading_controller
    name = "Wang^Xiaodong=王^小东"
    for path in write_dicom(simulate_patient(12, images=2), tmp_path / "scanner", name=name):
        orthanc.upload(path.read_bytes())
    told: list[str] = []
    controller.message.connect(lambda _level, text: told.append(text))
    window = MainWindow(controller)
    qtbot.addWidget(window)
    window.resize(1366, 768)
    with qtbot.waitExposed(window):
        window.show()
    window.pacs_desk.save([node_of(orthanc)])
    page, rail = window.pacs, window.rail
    press(window.start.pacs_button)
    assert window.stack.currentWidget() is page

    # Find and get.
    compose(page.name, "小东")
    with qtbot.waitSignal(window.pacs_desk.found, timeout=WAIT_MS):
        press(page.search_button)
    assert cells(page.studies)[0][0] == "王小东 (Wang, Xiaodong)"
    press(page.fetch_button)
    qtbot.waitUntil(lambda: controller.session is not None, timeout=WAIT_MS)
    session = controller.session
    assert session is not None
    assert window.stack.currentWidget() is window.splitter

    # Outline each image with the lasso; the film strip leads from one to the next.
    corners = ((120.0, 100.0), (240.0, 100.0), (240.0, 180.0), (120.0, 180.0), (120.0, 100.0))
    for place, image in enumerate(session.case.images):
        row = window.film.visualItemRect(window.film.item(place)).center()
        press(window.film.viewport(), row)
        assert session.current == image.key
        ready(qtbot, window)
        take_up(window, "lasso")
        drag(window, *corners)
        (region,) = session.case.regions_of(image.key)
        assert (region.kind, region.origin, region.confirmed) == (RegionKind.TUMOUR, Origin.DRAWN, True)
        assert region.mask[140, 180]
    assert rail.regions.primary.text() == "Continue"
    press(rail.regions.primary)

    # Read, reveal, and sign.
    press(rail.first_read.form.status_buttons[NodeStatus.NEGATIVE], QPoint(12, 12))
    qtbot.keyClick(rail.first_read.form.confidence.slider, Qt.Key.Key_Right)
    press(rail.first_read.primary)
    assert session.visible_score is None
    assert not window.pacs_desk.may_send_reading()
    press(rail.score.primary)
    qtbot.waitUntil(lambda: session.score_full and not session.scoring, timeout=WAIT_MS)
    assert rail.score.primary.text() == "Continue"
    press(rail.score.primary)
    press(rail.sign.agree)
    press(rail.sign.primary)
    assert session.signed, told

    # Send SR, SEG and PDF back.
    qtbot.keySequence(window, window.commands["pacs"].shortcut())
    press(page.wanted["sc"])
    assert not page.wanted["sc"].isChecked()
    press(page.send_button)
    qtbot.waitUntil(lambda: bool(cells(page.jobs)) and cells(page.jobs)[0][3] == "sent", timeout=WAIT_MS)

    # They are there, in the same study.
    page.modality.selectAll()
    qtbot.keyClick(page.modality, Qt.Key.Key_Delete)
    with qtbot.waitSignal(window.pacs_desk.found, timeout=WAIT_MS):
        press(page.search_button)
    (row,) = cells(page.studies)
    assert set(row[5].split("/")) == {"US", "SR", "SEG", "DOC"}
    stored = [dcmread(io.BytesIO(orthanc.file(uid))) for uid in orthanc.instances()]
    kinds = [ds.Modality for ds in stored]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"US": 2, "SEG": 2, "SR": 1, "DOC": 1}
    assert len({str(ds.StudyInstanceUID) for ds in stored}) == 1
    assert {ds.PatientName.ideographic for ds in stored} == {"王^小东"}
    (report,) = [ds for ds in stored if ds.Modality == "SR"]
    assert report.VerificationFlag == "VERIFIED"

    # An amendment follows; its report names the one that the archive holds.
    before = orthanc.instances()
    press(next(one for one in page.findChildren(QToolButton) if one.toolTip().startswith("Back")))
    qtbot.keyClicks(rail.sign.amend_reason, "wrong side")
    press(rail.sign.amend)
    qtbot.waitUntil(lambda: session.score_full and not session.scoring, timeout=WAIT_MS)
    press(rail.sign.change)
    press(rail.sign.form.status_buttons[NodeStatus.SUSPICIOUS], QPoint(12, 12))
    qtbot.keyClicks(rail.sign.reason, "Other axilla.")
    press(rail.sign.primary)
    assert session.signed, told
    qtbot.keySequence(window, window.commands["pacs"].shortcut())
    for kind, box in page.wanted.items():
        if box.isChecked() != (kind == "sr"):
            press(box)
    press(page.send_button)
    qtbot.waitUntil(lambda: [row[3] for row in cells(page.jobs)] == ["sent", "sent"], timeout=WAIT_MS)
    later = [dcmread(io.BytesIO(orthanc.file(uid))) for uid in orthanc.instances() - before]
    (amended,) = [ds for ds in later if ds.Modality == "SR"]
    (named,) = amended.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence
    assert named.ReferencedSOPInstanceUID == report.SOPInstanceUID
    qtbot.waitUntil(lambda: not controller.runner.busy, timeout=WAIT_MS)


def test_a_server_that_hangs_neither_blocks_the_window_nor_its_end(
    page: PacsPage, desk: PacsDesk, controller: Controller, qtbot: Any
) -> None:
    with silent_server() as port:
        node = Node(
            "N", host="127.0.0.1", port=port, ae_title="A", connect_timeout=3000.0, answer_timeout=3000.0
        )
        desk.save([node])
        page.search_button.click()
        qtbot.waitUntil(lambda: controller.runner.under_way("pacs search"), timeout=WAIT_MS)
        qtbot.wait(200)  # until the connection is there; the window goes on meanwhile
        controller.cancel()
        qtbot.waitUntil(lambda: not controller.runner.busy, timeout=WAIT_MS)
        page.search_button.click()
        qtbot.wait(200)
        controller.close()
    assert not controller.runner.busy


def test_stop_ends_a_fetch_from_a_server_that_hangs_in_the_middle(
    page: PacsPage, desk: PacsDesk, controller: Controller, orthanc: Orthanc, qtbot: Any
) -> None:
    fill_server(orthanc, "s", 12)
    desk.save([node_of(orthanc, answer_timeout=3000.0)])
    froze: list[int] = []

    def freeze(_title: str, done: int, _total: int) -> None:
        if done >= 3 and not froze:
            froze.append(done)
            orthanc.freeze()

    controller.progress.connect(freeze)
    desk.fetch_uid(desk.nodes[0], uid_of("s"), "Doe, Jane")
    qtbot.waitUntil(lambda: bool(froze), timeout=WAIT_MS)
    qtbot.wait(200)  # the window goes on meanwhile
    assert controller.runner.under_way(("pacs fetch", uid_of("s")))
    controller.cancel()
    qtbot.waitUntil(lambda: not controller.runner.busy, timeout=WAIT_MS)
    assert controller.session is None
    ((_, mark),) = desk.incomplete()
    assert len(mark.expected or ()) == 12
    orthanc.thaw()
    desk.fetch_uid(desk.nodes[0], uid_of("s"), "Doe, Jane")
    qtbot.waitUntil(lambda: controller.session is not None, timeout=WAIT_MS)
    assert len(controller.session.case.images) == 12
    qtbot.waitUntil(lambda: not controller.runner.busy, timeout=WAIT_MS)


def test_what_was_received_is_listed_opened_and_deleted_after_a_question(
    page: PacsPage, desk: PacsDesk, controller: Controller, orthanc: Orthanc, qtbot: Any, told: Any
) -> None:
    fill_server(orthanc, "s1", 2)
    fill_server(orthanc, "s2", 3, PatientID="P2", PatientName="Roe^Mary", PatientBirthDate="19800101")
    desk.save([node_of(orthanc)])
    for study in ("s1", "s2"):
        desk.fetch_uid(desk.nodes[0], uid_of(study))
        qtbot.waitUntil(lambda: not controller.runner.busy, timeout=WAIT_MS)
    page.hide()
    with qtbot.waitSignal(desk.received, timeout=WAIT_MS):
        page.show()
    rows = cells(page.studies)
    assert [(row[0], row[1], row[6], row[7]) for row in rows] == [
        ("Roe, Mary", "P2", "3", "yes"),
        ("Doe, Jane", "P1", "2", "yes"),
    ]

    asked: list[str] = []
    page.question = lambda text: bool(asked.append(text))
    page.studies.selectRow(0)
    page.delete_button.click()
    assert "Delete 3 images of Roe, Mary from this computer?" in asked[0]
    assert desk.is_here(uid_of("s2")), "a no keeps it"

    page.question = lambda _text: True
    page.delete_button.click()
    assert "close the patient first" in told.text
    assert desk.is_here(uid_of("s2")), "its patient is open"
    while controller.sessions:
        controller.close_session(0)
    with qtbot.waitSignal(desk.removed, timeout=WAIT_MS):
        page.delete_button.click()
    assert not desk.is_here(uid_of("s2"))
    assert desk.is_here(uid_of("s1")), "its neighbour stays"
    assert [row[0] for row in cells(page.studies)] == ["Doe, Jane"]
    page.studies.selectRow(0)
    page.fetch_button.click()  # it is here: opened without asking the PACS
    qtbot.waitUntil(lambda: controller.session is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not controller.runner.busy, timeout=WAIT_MS)
