"""The back of a report: what was not read, the model card in short, and the record of the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reportlab.platypus import Flowable, Spacer

from alnreader.case.case import Reading, Skipped
from alnreader.case.language import mark, told, tr
from alnreader.case.score import Score
from alnreader.report import layout
from alnreader.report.layout import bullet, heading, pairs, paragraph
from alnreader.report.sentences import operating_point_words, percent

_MOST_SKIPPED = 60
"""Rows of the list of files that were not read: about a page and a half."""


def skipped_files(skipped: Sequence[Skipped]) -> list[Flowable]:
    """Return the list of what was offered and not read, cut where it is long."""
    if not skipped:
        return []
    rows = [
        [layout.cut(item.path, 200), layout.cut(told(item.reason), 300)] for item in skipped[:_MOST_SKIPPED]
    ]
    story: list[Flowable] = [
        heading(tr("Not read ({files})").format(files=len(skipped))),
        layout.grid([tr("File"), tr("Reason")], rows, [layout.WIDTH * 0.45, layout.WIDTH * 0.55], 0),
    ]
    if len(skipped) > _MOST_SKIPPED:
        rest = len(skipped) - _MOST_SKIPPED
        words = tr("and {files} more; the JSON document lists all of them.").format(files=rest)
        story.append(paragraph(words, layout.SMALL))
    return story


def model_card(score: Score | None) -> list[Flowable]:
    """Return the summary of the model's card."""
    if score is None:
        return []
    model = score.run.model
    known = operating_point_words(model)
    point = percent(model.threshold, 1)
    if model.operating_point:
        point = tr("{threshold} ({name})").format(threshold=point, name=told(model.operating_point))
    found = tr("{point}; it {known}") if known else tr("{point}; what it finds is not published")
    labels = tr("not clinical: a demonstration") if model.demonstration else tr("clinical")
    entries = [
        (tr("Model"), f"{model.name} {model.version}" + (f": {told(model.title)}" if model.title else "")),
        ("SHA-256", model.sha256),
        (tr("Labels"), labels),
        (tr("Intended use"), told(model.intended_use)),
        (tr("Training data"), told(model.training_data)),
        (tr("Operating point"), found.format(point=point, known=known)),
        (tr("Citation"), model.citation),
        (tr("Licence"), told(model.licence)),
    ]
    story: list[Flowable] = [heading(tr("Model")), pairs(entries, layout.WIDTH, 84)]
    if model.limitations:
        title = paragraph(tr("Limits that the model's card states"), layout.SUBHEADING, bold=True)
        title.keepWithNext = 1
        story += [title, *(bullet(told(limit)) for limit in model.limitations)]
    return story


def _preprocessing(card: Mapping[str, Any]) -> str:
    """Return in words how pictures become the network's input; a case of another program may say less."""
    words = []
    if "width" in card and "height" in card:
        words.append(tr("{width} x {height} pixels").format(width=card["width"], height=card["height"]))
    for name, text in (
        ("mean", mark("mean of red, green, blue {values}")),
        ("std", mark("standard deviation {values}")),
    ):
        if name in card:
            words.append(tr(text).format(values=", ".join(f"{one:g}" for one in card[name])))
    if card.get("antialias"):
        words.append(tr("averaged when made smaller"))
    scales = list(card.get("scales", [1.0]))
    if scales != [1.0]:
        sizes = ", ".join(f"{one:g}" for one in scales)
        words.append(tr("read at {values} times this size").format(values=sizes))
    if card.get("mirrored"):
        words.append(tr("read mirrored, too"))
    return "; ".join(words) or tr("not recorded")


def run_record(reading: Reading) -> list[Flowable]:
    """Return how the score was made, so that it can be made again."""
    case, score = reading.case, reading.score
    story: list[Flowable] = [heading(tr("Run record"))]
    if score is not None:
        run = score.run
        entries = [
            (tr("Program"), f"ALN Reader {run.program_version}"),
            (tr("Device"), told(run.device)),
            (tr("Preprocessing"), _preprocessing(run.preprocessing)),
        ]
        story.append(pairs(entries, layout.WIDTH, 84))
    rows = []
    for number, image in enumerate(case.images, start=1):
        revision = case.input_revision(image.key)
        rows.append(
            [
                str(number),
                layout.cut(image.key.uid if image.is_dicom else image.source, 200),
                tr("{frame} of {frames}").format(frame=image.key.frame, frames=image.number_of_frames),
                str(revision),
            ]
        )
    if rows:
        widths = [24.0, layout.WIDTH - 24.0 - 140.0, 70.0, 70.0]
        head = ["", tr("SOP Instance UID, or file"), tr("Frame"), tr("Revision")]
        story += [Spacer(1, 5), layout.grid(head, rows, widths, 2)]
    return story
