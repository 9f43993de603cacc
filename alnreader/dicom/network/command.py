"""``alnreader pacs``: ask, fetch and send from the command line."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from alnreader.case import clock
from alnreader.case.errors import (
    ExitCode,
    InvalidValueError,
    PacsError,
    PacsUnavailableError,
    ProtocolError,
    UnreadableInputError,
    WrongUseError,
)
from alnreader.case.progress import CancelToken
from alnreader.dicom.network import command_values as values
from alnreader.dicom.network import places
from alnreader.dicom.network.nodes import (
    CharacterSet,
    Node,
    Retrieve,
    find_node,
    load_nodes,
    node_at,
    save_nodes,
)
from alnreader.dicom.network.retry import INTERACTIVE, RetryPolicy
from alnreader.terminal import Bar

PASSWORD_VARIABLE = "ALNREADER_PACS_PASSWORD"
"""Where a password comes from: a command line can be read by every program of the machine."""

_WAIT_ELSEWHERE = 0.5

_EPILOG = """\
NODE is the name of a node of the preferences, AETITLE@host:port, or the http(s) URL of a DICOMweb service.
A DICOMweb password is taken from the environment variable ALNREADER_PACS_PASSWORD."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``alnreader pacs`` understands."""
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    echo = _action(actions, "echo", "test the connection", _echo)
    _add_node(echo)

    find = _action(actions, "find", "look for studies or patients", _find)
    _add_node(find)
    find.add_argument("--name", default="", help="patient's name; * and ? are wildcards")
    find.add_argument("--id", default="", metavar="ID", help="patient ID; * and ? are wildcards")
    find.add_argument("--birth-date", type=values.day, metavar="YYYY-MM-DD")
    find.add_argument("--accession", default="", metavar="NUMBER")
    find.add_argument(
        "--date",
        type=values.days,
        default=(None, None),
        metavar="DAY[..DAY]",
        help="of study, as 2024-01-31",
    )
    find.add_argument("--modality", default="", help="for example US")
    find.add_argument("--study", type=values.uid, metavar="UID")
    find.add_argument("--patients", action="store_true", help="list patients instead of studies")
    find.add_argument("--json", action="store_true", help="write JSON to the standard output")

    get = _action(actions, "get", "fetch studies into a folder; resumes what broke off", _get)
    _add_node(get)
    get.add_argument("studies", nargs="+", type=values.uid, metavar="STUDY_UID")
    _add_retries(get)
    get.add_argument("--out", type=Path, required=True, metavar="DIR", help="each study gets a folder in it")

    send = _action(actions, "send", "send DICOM files; what cannot be sent now waits in the queue", _send)
    _add_node(send)
    send.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="DICOM files, or folders of them")
    _add_retries(send)
    _add_queue(send)

    queue = _action(actions, "queue", "show the export queue, and work through it", _queue)
    queue.add_argument("--run", dest="work", action="store_true", help="send what waits")
    queue.add_argument(
        "--retry", type=int, action="append", default=[], metavar="JOB", help="let it be tried"
    )
    queue.add_argument("--remove", type=int, action="append", default=[], metavar="JOB", help="drop it")
    _add_nodes_file(queue)
    _add_queue(queue)

    received = _action(actions, "received", "list studies that were fetched, and remove some", _received)
    received.add_argument(
        "--folder", type=Path, metavar="DIR", help="that 'get' wrote to (default: the window's)"
    )
    received.add_argument(
        "--remove", action="append", default=[], metavar="STUDY_UID", help="after a question"
    )
    received.add_argument("--yes", action="store_true", help="ask no question")

    nodes = _action(actions, "nodes", "list, add and remove the nodes of the preferences", _nodes)
    nodes.add_argument("--add", metavar="NAME", help="keep the node at --address under this name")
    nodes.add_argument("--address", default="", metavar="NODE", help="AETITLE@host:port or a URL")
    nodes.add_argument("--remove", metavar="NAME")
    _add_options(nodes)


def _action(
    actions: Any, name: str, words: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(
        name, help=words, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.set_defaults(run=run)
    return parser


def _add_node(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("node", metavar="NODE")
    _add_options(parser)


def _add_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how the node is reached (each replaces what the preferences say)")
    group.add_argument("--own-ae-title", metavar="TITLE", help="what this program calls itself")
    group.add_argument("--move", type=int, metavar="PORT", help="fetch by C-MOVE to this port, not by C-GET")
    group.add_argument("--tls", action="store_true", default=None, help="encrypt DIMSE")
    group.add_argument("--ca", metavar="FILE", help="PEM file of the authority that vouches for the PACS")
    group.add_argument("--cert", metavar="FILE", help="PEM file of this program's certificate")
    group.add_argument("--key", metavar="FILE", help="PEM file of its key")
    group.add_argument("--no-host-check", action="store_true", help="any host in the certificate")
    group.add_argument("--user", help="of a DICOMweb service")
    group.add_argument("--timeout", type=float, metavar="SECONDS", help="to wait for each answer")
    group.add_argument(
        "--character-set", choices=[str(each) for each in CharacterSet], help="of search terms"
    )
    _add_nodes_file(parser)


def _add_nodes_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--nodes", type=Path, metavar="FILE", help="nodes to know (default: the user's)")


def _add_retries(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--retries",
        type=values.count,
        default=3,
        metavar="N",
        help="how often to try again, after 2, 4, 8... s (3)",
    )


def _add_queue(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--queue", type=Path, metavar="DIR", help="export queue (default: the user's)")


# --- nodes -----------------------------------------------------------------------------------------------


def _nodes_path(options: argparse.Namespace) -> Path:
    path: Path | None = options.nodes
    return path or places.nodes_file()


@contextlib.contextmanager
def _as_wrong_use() -> Iterator[None]:
    """A node that cannot be, as the command line words it, is wrong use."""
    try:
        yield
    except InvalidValueError as error:
        raise WrongUseError(str(error)) from error


def _node(options: argparse.Namespace, name: str = "") -> Node:
    """Return the node that is named, with what the options change."""
    with _as_wrong_use():
        node = find_node(name or options.node, load_nodes(_nodes_path(options)))
    changes: dict[str, Any] = {
        "own_ae_title": options.own_ae_title,
        "tls": options.tls,
        "ca_file": options.ca,
        "certificate_file": options.cert,
        "key_file": options.key,
        "user": options.user,
        "answer_timeout": options.timeout,
        "password": os.environ.get(PASSWORD_VARIABLE),
    }
    if options.timeout is not None:
        changes["connect_timeout"] = min(node.connect_timeout, options.timeout)
    if options.character_set:
        changes["character_set"] = CharacterSet(options.character_set)
    if options.move is not None:
        changes |= {"retrieve": Retrieve.MOVE, "listen_port": options.move}
    if options.no_host_check:
        changes["check_host_name"] = False
    with _as_wrong_use():
        return dataclasses.replace(node, **{key: new for key, new in changes.items() if new is not None})


def _nodes(options: argparse.Namespace) -> int:
    path = _nodes_path(options)
    nodes = {node.name: node for node in load_nodes(path)}
    if options.remove is not None:
        if options.remove not in nodes:
            raise WrongUseError(f"There is no PACS node {options.remove!r} to remove.")
        del nodes[options.remove]
    if options.add is not None:
        if not options.address:
            raise WrongUseError("Name the new node's --address: AETITLE@host:port or a URL.")
        with _as_wrong_use():
            if options.address not in nodes and node_at(options.address) is None:
                raise WrongUseError(f"{options.address!r} is no address: write AETITLE@host:port or a URL.")
            nodes[options.add] = dataclasses.replace(_node(options, options.address), name=options.add)
    if options.add is not None or options.remove is not None:
        save_nodes(nodes.values(), path)
    for node in nodes.values():
        how = f"C-{node.retrieve.upper()}" if node.protocol == "dimse" else "DICOMweb"
        _say(f"{node.name}\t{node.address}\t{how}{', TLS' if node.encrypted else ''}")
    return ExitCode.OK


# --- asking ----------------------------------------------------------------------------------------------


def _echo(options: argparse.Namespace) -> int:
    from alnreader.dicom.network.client import Client

    _say(Client(_node(options)).echo())
    return ExitCode.OK


def _find(options: argparse.Namespace) -> int:
    from alnreader.dicom.network.answers import Query
    from alnreader.dicom.network.client import Client

    client = Client(_node(options))
    query = Query(
        patient_name=options.name,
        patient_id=options.id,
        birth_date=options.birth_date,
        accession=options.accession,
        date_from=options.date[0],
        date_to=options.date[1],
        modality=options.modality,
        study_uid=options.study or "",
    )
    if options.patients:
        patients, more = client.find_patients(query)
        rows = [dataclasses.asdict(patient) for patient in patients]
        lines = ["\t".join((each.patient_id, str(each.name), _iso(each.birth_date))) for each in patients]
    else:
        found = client.find_studies(query)
        more = found.cut
        rows = [dataclasses.asdict(study) for study in found.studies]
        lines = [
            "\t".join(
                (
                    study.study_uid,
                    _iso(study.date),
                    study.patient.patient_id,
                    str(study.patient.name),
                    "/".join(study.modalities),
                    f"{study.instances if study.instances is not None else '?'} images",
                    study.description,
                )
            )
            for study in found.studies
        ]
    if options.json:
        _say(json.dumps(rows, ensure_ascii=False, indent=1, default=str))
    else:
        for line in lines:
            _say(line)
    if not rows:
        _tell("Nothing matches.")
    if more:
        _tell(f"There are more than {len(rows)}: narrow the search.")
    return ExitCode.OK


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


# --- fetching --------------------------------------------------------------------------------------------


def _get(options: argparse.Namespace) -> int:
    from alnreader.dicom.network.receive import receive_study

    node = _node(options)
    whole, any_here = True, False
    fault: PacsError | None = None
    for uid in dict.fromkeys(options.studies):
        try:
            with Bar("Fetching", "image", lines=True) as bar:
                received = receive_study(node, uid, options.out, bar, retries=_policy(options))
        except PacsUnavailableError:
            raise  # it would be away for the next one as well
        except PacsError as error:
            if fault is not None:
                _tell(f"alnreader: {fault}")
            fault = error
            continue
        any_here = True
        _say(f"{received.instances} images in {received.folder} ({received.fetched} new)")
        for missing, reason in received.refused.items():
            _tell(f"alnreader: {missing} is missing: {reason}")
        whole = whole and received.complete
    if fault is not None:
        if not any_here:
            raise fault
        _tell(f"alnreader: {fault}")
        whole = False
    return ExitCode.OK if whole else ExitCode.PARTIAL


# --- sending ---------------------------------------------------------------------------------------------


def _send(options: argparse.Namespace) -> int:
    from alnreader.dicom.network.queue import ExportQueue
    from alnreader.dicom.network.sender import Sender
    from alnreader.dicom.network.store import dicom_files

    node = _node(options)
    for path in options.paths:
        if not path.exists():
            raise UnreadableInputError(f"There is no file or folder {path}. Check the name.")
    files, faulty = dicom_files(options.paths)
    if not files:
        said = "\n".join(map(str, faulty)) or "There is no DICOM file to send. Name another file or folder."
        raise UnreadableInputError(said)
    for error in faulty:
        _tell(f"alnreader: {error}")
    queue = ExportQueue(options.queue or places.queue_folder())
    names = sorted({path.name or str(path) for path in options.paths})
    job = queue.add(node, files, ", ".join(names)[:80])
    sender = Sender(queue, lambda: _known(options, node))
    policy = _policy(options)
    pauses = [policy.pause(failed) for failed in range(1, policy.attempts)]
    code = _deliver(sender, queue, job.id, pauses)
    return ExitCode.PARTIAL if faulty and code == ExitCode.OK else code


def _known(options: argparse.Namespace, node: Node) -> list[Node]:
    """Return the nodes of the preferences, the one that is sent to as the options say."""
    return [node, *(each for each in load_nodes(_nodes_path(options)) if each.name != node.name)]


def _policy(options: argparse.Namespace) -> RetryPolicy:
    return dataclasses.replace(INTERACTIVE, attempts=options.retries + 1)


def _deliver(sender: Any, queue: Any, number: int, pauses: Sequence[float]) -> int:
    """Send one job, with a few pauses where the node is away; leave it in the queue after that."""
    from alnreader.dicom.network.queue import ItemState, JobState

    token, left = CancelToken(), list(pauses)
    while True:
        with Bar("Sending", "file", lines=True) as bar:
            report = sender.run(token, bar, only=number)
        job = queue.job(number)
        if job is None or job.state is JobState.DONE:
            count = len(job.items) if job is not None else 0
            _say(f"{count} files sent to {job.node if job is not None else 'the PACS'}.")
            return ExitCode.OK
        if job.state is JobState.PARKED:
            for item in job.items:
                if item.state is ItemState.REFUSED:
                    _tell(f"alnreader: {item.shown}: {item.reason}")
            sent = job.count(ItemState.SENT)
            raise PacsError(
                f"{job.reason} {sent} of {len(job.items)} files were sent; {_how_to_retry(number)}"
            )
        if report.elsewhere:
            time.sleep(_WAIT_ELSEWHERE)
            continue
        if not left:
            raise PacsUnavailableError(f"{job.reason} It waits in the queue; {_how_to_retry(number)}")
        pause = left.pop(0)
        _tell(f"alnreader: {job.reason} Tried again in {pause:g} s.")
        time.sleep(pause)


def _how_to_retry(number: int) -> str:
    return f"'alnreader pacs queue --retry {number} --run' tries again."


def _queue(options: argparse.Namespace) -> int:
    from alnreader.dicom.network.queue import ExportQueue, ItemState, JobState
    from alnreader.dicom.network.sender import Sender

    queue = ExportQueue(options.queue or places.queue_folder())
    for number in (*options.retry, *options.remove):
        if queue.job(number) is None:
            raise WrongUseError(f"There is no job {number} in the queue.")
    for number in options.remove:
        queue.remove(number)
    for number in options.retry:
        queue.try_again(number)
    if options.work:
        with Bar("Sending", "file", lines=True) as bar:
            report = Sender(queue, lambda: load_nodes(_nodes_path(options))).run(CancelToken(), bar)
        if report.elsewhere:
            _tell("Another program is sending this queue just now.")
    failed = False
    for job in queue.jobs():
        sent = job.count(ItemState.SENT)
        line = (
            f"{job.id}\t{job.state}\t{job.node}\t{sent} of {len(job.items)} sent\t{job.title}\t{job.reason}"
        )
        if job.state is JobState.WAITING and job.next_try > clock.now():
            line += f" Tried again at {job.next_try.astimezone():%Y-%m-%d %H:%M:%S}; "
            line += f"--retry {job.id} tries at once."
        _say(line.rstrip())
        failed = failed or job.state is not JobState.DONE
    return ExitCode.NETWORK if options.work and failed else ExitCode.OK


def _received(options: argparse.Namespace) -> int:
    from alnreader.dicom.network.received import received_studies, remove_study

    root: Path = options.folder or places.inbox_folder()
    studies = received_studies(root)
    if not options.remove:
        for study in studies:
            whole = "" if study.complete else "in part"
            images, size = f"{study.images} images", f"{study.size / 1e6:.1f} MB"
            parts = (study.study_uid, study.date, study.patient_id, study.label, images, size, whole)
            _say("\t".join(parts).rstrip())
        if not studies:
            _tell(f"There is no study in {root}.")
        return ExitCode.OK
    known = {study.study_uid: study for study in studies}
    for uid in options.remove:
        if uid not in known:
            raise UnreadableInputError(f"There is no study {uid} in {root}.")
    for uid in options.remove:
        study = known[uid]
        whose = " ".join(filter(None, (study.label, study.date))) or uid
        if not options.yes and not _agreed(f"Remove {study.images} images of {whose} from {study.folder}?"):
            _tell(f"Kept: {study.folder}")
            continue
        count = remove_study(root, uid)
        _say(f"Removed: {count} images of {whose}. They are still in the PACS, if it keeps them.")
    return ExitCode.OK


def _agreed(question: str) -> bool:
    """Ask on the terminal; without one, nothing is removed unasked."""
    if not sys.stdin.isatty():
        raise ProtocolError("There is no terminal to ask on: say --yes to remove without a question.")
    sys.stderr.write(f"{_printable(question)} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


# --- telling ---------------------------------------------------------------------------------------------


def _printable(text: str) -> str:
    # A name from a PACS may hold what a terminal would obey.
    return "".join(c if c.isprintable() or c in "\t\n" else "?" for c in text)


def _say(text: str) -> None:
    sys.stdout.write(_printable(text) + "\n")


def _tell(text: str) -> None:
    sys.stderr.write(_printable(text) + "\n")
