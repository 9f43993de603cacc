"""The figures: ROC with band, calibration, decision curve, histogram of Dice, sheets of worst cases."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from alnreader.paths import resources_dir
from alnreader.training.evaluation import tables
from alnreader.training.evaluation.evaluate import Evaluation, words
from alnreader.training.evaluation.reading import PictureResult
from alnreader.training.evaluation.tables import PatientGroup, PictureGroup
from alnreader.training.evaluation.worst import describe, encoded, pair, worst

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOTS = 200
"""Dots per inch."""

SIDE = 3.3
"""Width and height of a curve's figure, in inches: two a row on A4."""

DICE_BINS = 20

_TEXT, _QUIET, _ACCENT, _BAND, _LINE = "#1b232b", "#4f5a65", "#0b66c3", "#a9cbee", "#c3cad1"
"""Colours of the report (`alnreader.report.layout`)."""

_CAPTION = 24
_CAPTION_LINES = 3
_SHEET_COLUMNS = 2


def slug(text: str) -> str:
    """Return a data set's name as part of a file name."""
    return re.sub(r"\W+", "-", text, flags=re.ASCII).strip("-").lower() or "data"


def drawings(evaluation: Evaluation) -> dict[str, bytes]:
    """Return every figure by file name: PNG, and JPEG for sheets of pictures."""
    found: dict[str, bytes] = {}
    for patients in evaluation.patients:
        name = slug(patients.dataset)
        if patients.roc is not None:
            found[f"roc-{name}.png"] = _figure(partial(_roc, patients))
            found[f"decision-{name}.png"] = _figure(partial(_decision, patients))
        found[f"calibration-{name}.png"] = _figure(partial(_calibration, patients))
    for group in evaluation.pictures:
        name = slug(group.dataset)
        if any(result.agreement is not None for result in group.results):
            found[f"dice-{name}.png"] = _figure(partial(_dice, group))
        sheet = worst_sheet(group.results)
        if sheet is not None:
            found[f"worst-{name}.jpg"] = sheet
    return found


@cache
def _families() -> list[str]:
    from matplotlib import font_manager

    names = []
    for file in ("OpenSans-Regular.ttf", "DroidSansFallbackFull.ttf"):
        path = resources_dir() / "fonts" / file
        font_manager.fontManager.addfont(path)
        names.append(font_manager.FontProperties(fname=path).get_name())
    return names


def _figure(draw: Callable[[Axes], None]) -> bytes:
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    style: dict[Any, Any] = {
        "font.family": _families(),
        "font.size": 8.0,
        "axes.edgecolor": _LINE,
        "axes.labelcolor": _TEXT,
        "axes.titlesize": 8.0,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "text.color": _TEXT,
        "xtick.color": _QUIET,
        "ytick.color": _QUIET,
        "legend.frameon": False,
        "legend.fontsize": 7.0,
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(SIDE, SIDE), layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure.add_subplot())
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=DOTS, metadata={"Software": None})
    return stream.getvalue()


def _roc(group: PatientGroup, axes: Axes) -> None:
    curve = group.roc
    assert curve is not None
    axes.fill_between(curve.grid, curve.low, curve.high, color=_BAND, alpha=0.6, lw=0, label="95 % band")
    area = words(group.figures[tables.AUC])
    axes.plot(curve.false_positive_rate, curve.sensitivity, color=_ACCENT, lw=1.4, label=f"AUC {area}")
    axes.plot([0, 1], [0, 1], color=_LINE, lw=0.8, ls=":")
    for table in group.points:
        if table.point.name.startswith("card: ") and "specificity" in table.figures:
            place = 1 - table.figures["specificity"].value, table.figures["sensitivity"].value
            axes.plot(*place, marker="o", ms=4, color=_TEXT, ls="none")
            axes.annotate(
                table.point.name.removeprefix("card: "),
                place,
                (5, -9),
                textcoords="offset points",
                fontsize=7,
            )
    axes.set(title=group.dataset, xlabel="1 − specificity", ylabel="Sensitivity", xlim=(0, 1), ylim=(0, 1.01))
    axes.set_aspect("equal")
    axes.legend(loc="lower right")


def _calibration(group: PatientGroup, axes: Axes) -> None:
    axes.plot([0, 1], [0, 1], color=_LINE, lw=0.8, ls=":")
    predicted = [one.predicted for one in group.calibration]
    observed = [one.observed for one in group.calibration]
    values = np.array([one.value for one in observed])
    # Wilson's interval holds the value but for rounding.
    below = np.clip(values - np.array([one.low for one in observed], float), 0, None)
    above = np.clip(np.array([one.high for one in observed], float) - values, 0, None)
    axes.errorbar(
        predicted, values, yerr=[below, above], color=_ACCENT, marker="o", ms=3.5, lw=1.2, elinewidth=0.7
    )
    scores = np.array([result.probability for result in group.results])
    labels = np.array([result.label for result in group.results])
    counts, edges = np.histogram(scores, bins=20, range=(0, 1))
    tall = max(int(counts.max()), 1)
    for label, shade in ((True, _TEXT), (False, _QUIET)):
        part, _ = np.histogram(scores[labels == label], bins=edges)
        # With above, without below a line at the bottom of the plot, at most a tenth of its height.
        axes.bar(
            edges[:-1],
            (0.08 if label else -0.08) * part / tall,
            width=0.045,
            align="edge",
            color=shade,
            alpha=0.7,
            lw=0,
        )
    error = words(group.figures["ECE"]) if "ECE" in group.figures else "–"
    axes.set(
        title=f"{group.dataset}\nECE {error}",
        xlabel="Probability of the program",
        ylabel="Share with metastasis",
        xlim=(0, 1),
        ylim=(-0.1, 1.01),
    )


def _decision(group: PatientGroup, axes: Axes) -> None:
    curve = group.decision
    assert curve is not None
    axes.fill_between(curve.threshold, curve.low, curve.high, color=_BAND, alpha=0.6, lw=0)
    axes.plot(curve.threshold, curve.model, color=_ACCENT, lw=1.4, label="the program")
    axes.plot(curve.threshold, curve.treat_all, color=_TEXT, lw=0.9, ls="--", label="treat all")
    axes.axhline(0, color=_QUIET, lw=0.9, ls=":", label="treat none")
    top = max(float(curve.high.max()), float(curve.treat_all.max()), 0.05)
    axes.set(
        title=group.dataset,
        xlabel="Threshold probability",
        ylabel="Net benefit",
        xlim=(0, 1),
        ylim=(-0.25 * top, 1.05 * top),
    )
    axes.legend(loc="upper right")


def _dice(group: PictureGroup, axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    values = [result.agreement.dice for result in group.results if result.agreement is not None]
    axes.hist(values, bins=DICE_BINS, range=(0, 1), color=_ACCENT, alpha=0.75, rwidth=0.9)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.axvline(group.figures[tables.DICE].value, color=_TEXT, lw=1.0, label="mean")
    axes.axvline(group.figures[tables.MEDIAN_DICE].value, color=_TEXT, lw=1.0, ls="--", label="median")
    axes.set(
        title=f"{group.dataset}\nDice {words(group.figures[tables.DICE])}, n = {len(values)}",
        xlabel="Dice",
        ylabel="Pictures",
        xlim=(0, 1),
    )
    axes.legend(loc="upper left")


def worst_sheet(results: Sequence[PictureResult]) -> bytes | None:
    """Return the worst pictures, each beside itself with its outlines; None where none is wrong."""
    members = worst(results)
    if not members:
        return None
    tiles = [_captioned(pair(result), describe(result)) for result in members]
    rows = [tiles[i : i + _SHEET_COLUMNS] for i in range(0, len(tiles), _SHEET_COLUMNS)]
    width = max(tile.shape[1] for tile in tiles)
    sheet = np.concatenate([np.concatenate([_widened(t, width) for t in _full(row)], axis=1) for row in rows])
    return encoded(sheet)


def _full(row: list[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
    return row + [np.full_like(row[0], 255)] * (_SHEET_COLUMNS - len(row))


def _widened(tile: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    space = ((0, 0), (0, width - tile.shape[1] + 12), (0, 0))
    return np.pad(tile, space, constant_values=255)


def _captioned(picture: NDArray[np.uint8], text: str) -> NDArray[np.uint8]:
    """Return the picture with a caption beneath it."""
    folder = resources_dir() / "fonts"
    font = ImageFont.truetype(folder / "OpenSans-Regular.ttf", _CAPTION)
    wide = picture.shape[1]
    lines: list[str] = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= wide or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    strip = Image.new("RGB", (wide, _CAPTION_LINES * (_CAPTION + 6) + 10), "white")
    pen = ImageDraw.Draw(strip)
    for number, line in enumerate(lines[:_CAPTION_LINES]):
        pen.text((0, 2 + number * (_CAPTION + 5)), line, font=font, fill=_TEXT)
    return np.concatenate([picture, np.asarray(strip)])
