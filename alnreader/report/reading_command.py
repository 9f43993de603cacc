"""``alnreader reading``: the course of a reading from the command line, from the pictures to the signature.

It walks the same table as the window (`alnreader.case.protocol`) and keeps each step in the same work list:
a reading may be begun here and signed there.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alnreader.case.errors import (
    BundleError,
    CannotWriteError,
    CaseInUseError,
    ExitCode,
    ProtocolError,
    UnreadableInputError,
)
from alnreader.case.protocol import Event, HumanReading, ReadingMode, step
from alnreader.report.judgement import add_judgement, as_entered, final_read, first_read
from alnreader.terminal import Bar

if TYPE_CHECKING:
    from alnreader.case.case import Case, Reading, Skipped
    from alnreader.case.image import ImageKey
    from alnreader.inference.encode import Encoded
    from alnreader.inference.engine import Engine
    from alnreader.store.handle import OpenCase
    from alnreader.store.snapshot import Snapshot
    from alnreader.store.worklist import Opened, Store

Look = Callable[[Sequence[Path]], tuple[Sequence["Case"], Sequence["Skipped"]]]
"""Finds the patients in folders and files, and what was skipped."""

_EPILOG = """\
The steps, in this order: begin, first (enter and lock the first read), reveal (see the score), sign. With
'begin --concurrent' the score is shown from the start, and 'sign' follows 'begin'. CASE is the case file that
'begin' names. Outlines are looked at and changed in the window, where the case stands on the work list."""


def add_arguments(
    parser: argparse.ArgumentParser, add_model: Callable[[argparse.ArgumentParser], None]
) -> None:
    """Add what ``alnreader reading`` understands.

    Parameters
    ----------
    parser
        Of the command.
    add_model
        Adds the program's own options of model and device.
    """
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    begin = _action(actions, "begin", "propose outlines on one patient's pictures and keep the case", _begin)
    begin.add_argument("paths", nargs="+", metavar="PATH", type=Path, help="as for 'alnreader read'")
    begin.add_argument("--case", type=Path, metavar="FILE", help="keep it here (default: with the work list)")
    begin.add_argument("--concurrent", action="store_true", help="show the score from the start")
    begin.add_argument("--no-outlines", action="store_true", help="propose none")
    begin.add_argument("--reader", default="", metavar="NAME", help="for the journal")
    add_model(begin)

    first = _step(actions, "first", "enter the first read and lock it", _first)
    add_judgement(first, required=True)

    unlock = _step(actions, "unlock", "open the first read again, before the reveal", _unlock)
    unlock.add_argument("--reader", required=True, metavar="NAME")

    reveal = _step(actions, "reveal", "show the score; there is no way back", _reveal)
    reveal.add_argument("--reader", required=True, metavar="NAME")
    add_model(reveal)

    score = _step(actions, "score", "show the score, made anew where the case was changed", _score)
    score.add_argument("--reader", default="", metavar="NAME", help="for the journal")
    add_model(score)

    sign = _step(actions, "sign", "enter the final read and sign it", _sign)
    add_judgement(sign, required=False)
    sign.add_argument("--reason", default="", help="why the first read was changed")

    amend = _step(actions, "amend", "open a signed reading; what was signed stays", _amend)
    amend.add_argument("--reader", required=True, metavar="NAME")
    amend.add_argument("--reason", required=True, help="what is wrong with the signed reading")

    discard = _step(actions, "discard", "give up an amendment: the signed reading stands", _discard)
    discard.add_argument("--reader", required=True, metavar="NAME")

    _step(actions, "show", "say where the reading stands", _show)


def _action(actions: Any, name: str, words: str, act: Callable[..., int]) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=words, description=words.capitalize())
    parser.set_defaults(act=act)
    return parser


def _step(actions: Any, name: str, words: str, act: Callable[..., int]) -> argparse.ArgumentParser:
    parser = _action(actions, name, words, act)
    parser.add_argument("case", metavar="CASE", type=Path, help="case file")
    return parser


class _Desk:
    """What the steps share: the program's own means, and one case that is open for changes."""

    def __init__(
        self,
        options: argparse.Namespace,
        look: Look,
        open_engine: Callable[[], Engine],
        say: Callable[[str], None],
        warn: Callable[[str], None],
    ) -> None:
        self.options, self.look, self.open_engine, self.say, self.warn = options, look, open_engine, say, warn

    @contextlib.contextmanager
    def store(self) -> Iterator[Store]:
        """Open this user's work list."""
        from alnreader.paths import user_data_dir
        from alnreader.store.worklist import Store

        with Store(user_data_dir()) as store:
            for note in store.notes:
                self.warn(f"alnreader: {note}")
            yield store

    @contextlib.contextmanager
    def opened(self) -> Iterator[tuple[OpenCase, Snapshot]]:
        """Open the case that was named, for a change."""
        path: Path = self.options.case
        with self.store() as store:
            opened = _open(store, path, getattr(self.options, "reader", ""))
            for caution in opened.cautions:
                self.warn(f"alnreader: {path}: {caution}")
            if opened.case is None:
                raise CaseInUseError(f"{path}: {opened.read_only}")
            try:
                yield opened.case, opened.snapshot
            finally:
                store.close_case(opened.case)

    def model(self) -> Engine | None:
        """Return what scores; None, with a word about it, where no model was named and none is there."""
        try:
            return self.open_engine()
        except BundleError as error:
            if self.options.model is not None:
                raise
            self.warn(f"alnreader: there is no score: {error}")
            return None


def run(
    options: argparse.Namespace,
    look: Look,
    open_engine: Callable[[], Engine],
    say: Callable[[str], None],
    warn: Callable[[str], None],
) -> int:
    """Take one step, and return the exit code.

    Parameters
    ----------
    options
        With `add_arguments`.
    look, open_engine
        The program's own.
    say, warn
        Take a line for standard output, and for standard error.
    """
    act: Callable[[_Desk], int] = options.act
    return act(_Desk(options, look, open_engine, say, warn))


# --- beginning ---------------------------------------------------------------------------------------------


def _begin(desk: _Desk) -> int:
    from alnreader.store.snapshot import Snapshot

    options = desk.options
    target: Path | None = options.case
    if target is not None:
        _check_target(target)
    cases, skipped = desk.look(options.paths)
    if len(cases) != 1:
        names = "".join(f"\n  {case.patient.label}" for case in cases)
        raise ProtocolError(
            f"A reading is one patient's; there are {len(cases)} here. Name the files of one.{names}"
        )
    engine = None if options.no_outlines and not options.concurrent else desk.model()
    mode = ReadingMode.CONCURRENT if options.concurrent else ReadingMode.BLINDED
    case = cases[0]
    encoded: dict[ImageKey, Encoded] = {}
    if engine is not None:
        case, encoded, unreadable = _encoded(case, engine)
        skipped = (*skipped, *unreadable)
    now = Snapshot(case, HumanReading(mode=mode), case.images[0].key, tuple(skipped))
    with desk.store() as store:
        kept = store.create(now, options.reader)
        try:
            if engine is not None and not options.no_outlines:
                now = _propose(kept, now, engine, encoded, options.reader)
            if engine is not None and options.concurrent:
                now = _take_score(kept, now, engine, encoded, options.reader)
        finally:
            store.close_case(kept)
        place = kept.path if target is None else _move(store, kept.id, kept.path, target)
    if options.concurrent:
        _tell_score(desk, now)
    outlined = sum(len(regions) for regions in now.case.regions.values())
    desk.say(f"{case.patient.label}: {len(case.images)} images, {outlined} outlines proposed")
    desk.say(f"Kept: {place}")
    return ExitCode.OK


def _check_target(target: Path) -> None:
    from alnreader.case.atomic import check_writable
    from alnreader.store.package import SUFFIX

    if target.suffix.lower() != SUFFIX:
        raise ProtocolError(f"{target}: a case file ends in {SUFFIX}.")
    if os.path.lexists(target):
        raise CannotWriteError(f"{target} is there already: a case is not written over. Name another file.")
    check_writable([target])


def _move(store: Store, case_id: str, path: Path, target: Path) -> Path:
    """Let a case be kept in another place from now on."""
    target = target.absolute()
    store.save_copy(case_id, target)
    opened = store.open_file(target)
    if opened.case is None:
        raise CaseInUseError(f"{target}: {opened.read_only}")
    store.close_case(opened.case)
    path.unlink(missing_ok=True)
    return target


def _open(store: Store, path: Path, who: str) -> Opened:
    if not path.exists():
        raise UnreadableInputError(f"There is no case {path}. Name the file that 'reading begin' told.")
    return store.open_file(path, (), who)


def _encoded(case: Case, engine: Engine) -> tuple[Case, dict[ImageKey, Encoded], tuple[Skipped, ...]]:
    from alnreader.inference.read import encode_case

    with Bar("Reading", "image") as bar:
        return encode_case(case, engine, bar)


def _encoded_whole(case: Case, engine: Engine) -> dict[ImageKey, Encoded]:
    """Encode the images of a kept case, whose pictures must all be there."""
    _, encoded, unreadable = _encoded(case, engine)
    if unreadable:
        raise UnreadableInputError("\n".join(skip.reason for skip in unreadable))
    return encoded


def _propose(
    kept: OpenCase, now: Snapshot, engine: Engine, encoded: dict[ImageKey, Encoded], who: str
) -> Snapshot:
    from alnreader.store.proposer import proposer_details

    first = now.case.images[0].key
    for image in now.case.images:
        regions = engine.propose(image, encoded[image.key])
        now = dataclasses.replace(
            now,
            case=now.case.with_regions(image.key, regions),
            human=now.human.after(Event.PROPOSE),
            proposals={**now.proposals, image.key: regions},
        )
        details = proposer_details(engine.bundle.summary) if image.key == first else None
        kept.record(Event.PROPOSE, "proposed", now, who, image.key, details)
    return now


# --- the machine's word ------------------------------------------------------------------------------------


def _take_score(
    kept: OpenCase, now: Snapshot, engine: Engine, encoded: dict[ImageKey, Encoded], who: str
) -> Snapshot:
    score = engine.score(now.case, encoded)
    human = now.human.after(Event.RESCORE)
    now = dataclasses.replace(now, score=score, score_full=True, human=human)
    details = {
        "probability": None if score.of_no_image else score.probability,  # as `summary` tells it
        "threshold": score.threshold,
        "model": score.run.model.sha256,
    }
    kept.record(Event.RESCORE, "scored", now, who, details=details)
    return now


def _tell_score(desk: _Desk, now: Snapshot) -> None:
    from alnreader.report.sentences import summary

    desk.say(summary(_reading(now, now.human)))


def _reading(now: Snapshot, human: HumanReading) -> Reading:
    """Return what may be seen of a reading where the human is that far."""
    from alnreader.case.case import Reading
    from alnreader.report.visible import shown

    score = now.score if now.score is not None and now.case.is_current(now.score) else None
    return shown(Reading(now.case, score, {}, now.skipped, human))


def _reveal(desk: _Desk) -> int:
    with desk.opened() as (kept, now):
        step(now.human.state, Event.REVEAL, now.human.mode)
        # Scored before it is revealed: a model that fails must not cost the blinded read.
        engine = desk.model()
        encoded = {} if engine is None else _encoded_whole(now.case, engine)
        now = dataclasses.replace(now, human=now.human.after(Event.REVEAL))
        kept.record(Event.REVEAL, Event.REVEAL.value, now, desk.options.reader)
        if engine is not None:
            now = _take_score(kept, now, engine, encoded, desk.options.reader)
    _tell_score(desk, now)
    return ExitCode.OK


def _score(desk: _Desk) -> int:
    with desk.opened() as (kept, now):
        if not now.human.score_visible:
            raise ProtocolError("The score is shown after the first read: lock it and reveal the score.")
        stale = now.score is None or not now.case.is_current(now.score)
        if stale:
            step(now.human.state, Event.RESCORE, now.human.mode)
            engine = desk.open_engine()
            encoded = _encoded_whole(now.case, engine)
            now = _take_score(kept, now, engine, encoded, desk.options.reader)
    _tell_score(desk, now)
    return ExitCode.OK


# --- the human's word --------------------------------------------------------------------------------------


def _first(desk: _Desk) -> int:
    options = desk.options
    with desk.opened() as (kept, now):
        step(now.human.state, Event.ENTER_FIRST_READ, now.human.mode)
        first = first_read(options)
        now = dataclasses.replace(now, human=now.human.with_first_read(first))
        kept.record(Event.ENTER_FIRST_READ, Event.ENTER_FIRST_READ.value, now, options.reader)
        _take(kept, now, Event.LOCK_FIRST_READ, options.reader)
    desk.say(f"First read locked: {first.status}, confidence {first.confidence} of 100, {first.reader}.")
    return ExitCode.OK


def _unlock(desk: _Desk) -> int:
    with desk.opened() as (kept, now):
        _take(kept, now, Event.UNLOCK_FIRST_READ, desk.options.reader)
    desk.say("The first read is open again.")
    return ExitCode.OK


def _sign(desk: _Desk) -> int:
    from alnreader.case.clock import now as the_time
    from alnreader.report.document import encode, reading_document
    from alnreader.store.proposer import proposer_of
    from alnreader.store.seen import seen_scores
    from alnreader.store.snapshot import SignedCase, probabilities

    options = desk.options
    with desk.opened() as (kept, now):
        step(now.human.state, Event.ENTER_FINAL_READ, now.human.mode)
        if now.score is not None and not now.case.is_current(now.score):
            raise ProtocolError(
                "The score is one of the case before it was changed: see it anew with 'reading score', then "
                "sign."
            )
        with as_entered():
            final = final_read(options, now.human)
            human = now.human.with_final_read(final, options.reason)
        now = dataclasses.replace(now, human=human)
        kept.record(Event.ENTER_FINAL_READ, Event.ENTER_FINAL_READ.value, now, options.reader)
        human = now.human.with_signature(options.reader, the_time())
        reading = _reading(now, human)
        signed = SignedCase(now.case, reading.score)
        beside = probabilities((*now.signed, signed))
        reading = dataclasses.replace(
            reading,
            seen=seen_scores(kept.entries),
            signed_probabilities=beside,
            model=proposer_of(now, kept.entries),
        )
        signed = dataclasses.replace(signed, report=encode(reading_document(reading)))
        now = dataclasses.replace(now, human=human, signed=(*now.signed, signed))
        kept.record(Event.SIGN, Event.SIGN.value, now, options.reader)
    unconfirmed = sum(not region.confirmed for regions in now.case.regions.values() for region in regions)
    if unconfirmed:
        desk.warn(f"alnreader: {unconfirmed} outlines are not confirmed by a reader; the report says so.")
    desk.say(f"Signed: {final.status}, confidence {final.confidence} of 100, {options.reader}.")
    return ExitCode.OK


def _amend(desk: _Desk) -> int:
    with desk.opened() as (kept, now):
        with as_entered():
            now = dataclasses.replace(now, human=now.human.with_amendment(desk.options.reason))
        kept.record(Event.AMEND, Event.AMEND.value, now, desk.options.reader)
    desk.say("An amendment is open; until it is signed the signed reading counts.")
    return ExitCode.OK


def _discard(desk: _Desk) -> int:
    with desk.opened() as (kept, now):
        human = now.human.after(Event.DISCARD_AMENDMENT)
        last = now.signed[-1]
        current = now.current if now.current in {image.key for image in last.case.images} else None
        now = dataclasses.replace(
            now,
            case=last.case,
            score=last.score,
            score_full=last.score is not None,
            human=human,
            current=current or last.case.images[0].key,
        )
        kept.record(Event.DISCARD_AMENDMENT, Event.DISCARD_AMENDMENT.value, now, desk.options.reader)
    desk.say("The signed reading stands.")
    return ExitCode.OK


def _show(desk: _Desk) -> int:
    from alnreader.store.loading import read_file, without_pixels

    path: Path = desk.options.case
    if not path.exists():
        raise UnreadableInputError(f"There is no case {path}.")
    now = without_pixels(read_file(path))
    _tell_score(desk, now)
    human = now.human
    desk.say(f"  {human.mode}, {human.state}")
    if human.first_read is not None:
        first = human.first_read
        desk.say(f"  First read: {first.status}, confidence {first.confidence} of 100, {first.reader}")
    for number, version in enumerate(human.versions, start=1):
        final = version.final_read.assessment
        desk.say(
            f"  Signed read {number}: {final.status}, confidence {final.confidence} of 100, "
            f"{version.signed_by}, {version.when:%Y-%m-%d %H:%M}"
        )
    return ExitCode.OK


def _take(kept: OpenCase, now: Snapshot, event: Event, who: str) -> Snapshot:
    """Take a step that brings nothing with it."""
    now = dataclasses.replace(now, human=now.human.after(event))
    kept.record(event, event.value, now, who)
    return now
