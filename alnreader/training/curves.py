"""The curves of a run in its work folder: CSV, TensorBoard, and one picture of them."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from alnreader.case.errors import CannotWriteError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURE: Final = "curves.png"
EVENTS: Final = "tensorboard"

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "stage1": ("step", "seconds", "size", "mask", "dice", "image", "kind", "lr"),
    "stage1_validation": ("step", "dice"),
    "stage2": ("epoch", "loss", "validation"),
}
"""The files and their columns; the first says where a row stands."""

_PANELS: Final = (
    ("stage1", ("mask", "dice"), "Stage 1: mask and overlap loss"),
    ("stage1", ("image", "kind"), "Stage 1: metastasis and kind loss"),
    ("stage1_validation", ("dice",), "Stage 1: Dice on validation pictures"),
    ("stage1", ("lr",), "Stage 1: learning rate"),
    ("stage2", ("loss", "validation"), "Stage 2: loss"),
)


class Curves:
    """Writes one stage's curves; rows that a killed run wrote after its last checkpoint are dropped.

    Parameters
    ----------
    work : Path
        The run's folder.
    names : sequence of str
        Keys of `COLUMNS` that this run writes.
    position : int
        Where the run stands: what lies behind it is kept.

    Raises
    ------
    CannotWriteError
        Here and in the methods, if the disk refuses.
    """

    def __init__(self, work: Path, names: Sequence[str], position: int) -> None:
        from tensorboardX import SummaryWriter

        self._work = work
        try:
            for name in names:
                kept = [row for row in _rows(work, name) if int(float(row[COLUMNS[name][0]])) <= position]
                _write(work, name, kept)
            # TensorBoard forgets what an earlier run wrote from there on.
            self._events = SummaryWriter(
                str(work / EVENTS), purge_step=position + 1, filename_suffix=f".{names[0]}.{position}"
            )
        except OSError as error:
            raise _refused(work, error) from error

    def add(self, name: str, **values: float) -> None:
        """Append a row to the file `name`; the values are those of its `COLUMNS`."""
        columns = COLUMNS[name]
        try:
            with _file(self._work, name).open("a", newline="", encoding="utf-8") as file:
                csv.writer(file).writerow([f"{values[column]:.6g}" for column in columns])
            for column in columns[1:]:
                if math.isfinite(values[column]):
                    self._events.add_scalar(f"{name}/{column}", values[column], int(values[columns[0]]))
        except OSError as error:
            raise _refused(self._work, error) from error

    def close(self) -> None:
        """Write what is left, and the picture."""
        try:
            self._events.close()
            draw(self._work)
        except OSError as error:
            raise _refused(self._work, error) from error


def _refused(work: Path, error: OSError) -> CannotWriteError:
    return CannotWriteError(
        f"{work}: the curves cannot be written ({error}). Make room or name another --work."
    )


def _file(work: Path, name: str) -> Path:
    return work / f"{name}.csv"


def _rows(work: Path, name: str) -> list[dict[str, str]]:
    """Return the whole rows of a file; a killed run may have left half a row."""
    path = _file(work, name)
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        return [row for row in csv.DictReader(file) if _numbers(row, COLUMNS[name])]


def _numbers(row: Mapping[str, Any], columns: Sequence[str]) -> bool:
    try:
        return all(float(row[column]) is not None for column in columns)
    except (KeyError, TypeError, ValueError):
        return False


def _write(work: Path, name: str, rows: Sequence[Mapping[str, str]]) -> None:
    work.mkdir(parents=True, exist_ok=True)
    fresh = _file(work, name).with_suffix(".part")
    with fresh.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS[name])
        writer.writerows([row[column] for column in COLUMNS[name]] for row in rows)
    fresh.replace(_file(work, name))


def draw(work: Path) -> Path | None:
    """Draw all curves of a work folder as one PNG; return it, or None where there is nothing to draw."""
    # Without pyplot: it would choose a window system.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    tables = {name: _rows(work, name) for name in COLUMNS}
    panels = [panel for panel in _PANELS if tables[panel[0]]]
    if not panels:
        return None
    figure = Figure(figsize=(8, 2.4 * len(panels)), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Iterable[Axes] = figure.subplots(len(panels), 1, squeeze=False)[:, 0]
    for place, (name, columns, title) in zip(axes, panels, strict=True):
        where = COLUMNS[name][0]
        x = [float(row[where]) for row in tables[name]]
        for column in columns:
            place.plot(x, [float(row[column]) for row in tables[name]], label=column, linewidth=1)
        place.set_title(title, fontsize=10)
        place.set_xlabel(where)
        place.grid(alpha=0.3)
        if len(columns) > 1:
            place.legend(fontsize=8)
    path = work / PICTURE
    fresh = path.with_name(f"{path.stem}.part.png")
    figure.savefig(fresh, dpi=100)
    fresh.replace(path)
    return path
