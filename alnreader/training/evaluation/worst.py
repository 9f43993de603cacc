"""Worst cases: which they are, and how they look with the true and the proposed outline."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from alnreader.training.evaluation.methods import FAILURE_PREFIX
from alnreader.training.evaluation.reading import LYMPH_NODE, PictureResult
from alnreader.training.manifest import KINDS
from alnreader.training.pictures import read_mask, read_rgb

EXAMPLES = 2
"""Pictured failures of a card for each kind of simulated lesion."""

WORST = 6
"""Worst cases of each row that an evaluation pictures."""

HEIGHT = 320
"""Of a picture on the sheet, in pixels."""

_TRUTH = (255, 255, 255)
_PROPOSED = {"tumour": (255, 180, 84), "lymph_node": (63, 211, 193)}
"""The outlines' colours in the window (resources/style/tokens.json)."""

_HALO = (0, 0, 0)
_DASH = 6
_GAP = 8


@dataclass(frozen=True)
class Example:
    """A failure that may be shown: a simulated patient's."""

    dataset: str
    description: str
    file: str
    result: PictureResult


def worst(results: Sequence[PictureResult], most: int = WORST) -> list[PictureResult]:
    """Return the worst pictures.

    Of lesions those of the lowest Dice, the largest lesion first; of normal ones the largest false proposals.
    """
    lesions = [
        (r.agreement.dice, -r.agreement.area, i) for i, r in enumerate(results) if r.agreement is not None
    ]
    if lesions:
        return [results[i] for *_, i in sorted(lesions)[:most]]
    false = [(-r.proposed_area, i) for i, r in enumerate(results) if r.empty and r.proposals]
    return [results[i] for _, i in sorted(false)[:most]]


def describe(result: PictureResult) -> str:
    """Return a picture's result in a sentence."""
    record, agreement = result.entry.record, result.agreement
    what = f"{record.patient}, {record.image.name}: "
    if agreement is None:
        return f"{what}{100 * result.proposed_area:.2g} % of the picture outlined where nothing is"
    outlined = "nothing was outlined" if result.proposals == 0 else f"Dice {agreement.dice:.2f}"
    right = {None: "", True: "", False: f", taken for a {_seen(result).replace('_', ' ')}"}[result.kind_right]
    return f"{what}{outlined}{right}; the lesion covers {100 * agreement.area:.2g} % of the picture"


def _seen(result: PictureResult) -> str:
    return KINDS[LYMPH_NODE if result.kind_probability > 0.5 else 1 - LYMPH_NODE]


def worst_examples(results: Sequence[PictureResult]) -> list[Example]:
    """Return simulated failures for a card, the worst of each kind, each of another patient."""
    by_kind: dict[int | None, list[PictureResult]] = defaultdict(list)
    for result in results:
        if result.entry.simulated and result.agreement is not None:
            by_kind[result.entry.record.kind].append(result)
    examples = []
    for kind, members in sorted(by_kind.items(), key=lambda item: str(item[0])):
        shown: set[str] = set()
        for result in worst(members, len(members)):
            record = result.entry.record
            if record.patient in shown or len(shown) == EXAMPLES:
                continue
            shown.add(record.patient)
            dataset = f"{result.entry.source} {record.split}" + ("" if kind is None else f", {KINDS[kind]}")
            file = f"{FAILURE_PREFIX}{record.patient}-{record.image.stem}.jpg"
            examples.append(Example(dataset, describe(result), file, result))
    return examples


def pair(result: PictureResult) -> NDArray[np.uint8]:
    """Return the picture beside itself with both outlines, (`HEIGHT`, W, 3) uint8.

    The true outline is solid and white, the proposal dashed in the colour of the kind it was taken for.
    """
    rgb = read_rgb(result.entry.record)
    truth = read_mask(result.entry.record)
    width = max(1, round(rgb.shape[1] * HEIGHT / rgb.shape[0]))
    size = (width, HEIGHT)
    shrinks = rgb.shape[0] > HEIGHT
    plain = np.asarray(
        cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC), np.uint8
    )
    drawn = plain.copy()
    for mask, colour, dashed in (
        (truth, _TRUTH, False),
        (result.outline.mask(), _PROPOSED[_seen(result)], True),
    ):
        if mask is not None and mask.any():
            _draw(drawn, mask, colour, dashed)
    gap = np.full((HEIGHT, _GAP, 3), 255, np.uint8)
    return np.concatenate([plain, gap, drawn], axis=1)


def _draw(
    picture: NDArray[np.uint8], mask: NDArray[np.bool_], colour: tuple[int, int, int], dashed: bool
) -> None:
    size = (picture.shape[1], picture.shape[0])
    grown = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    inside = (np.asarray(grown) > 0.5).astype(np.uint8)
    contours, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    for contour in contours:
        points = np.asarray(contour, np.int32)[:, 0]
        step = _DASH if dashed else len(points)
        parts = [points[i : i + step + 1] for i in range(0, len(points), 2 * step)]
        if not dashed:
            parts = [np.concatenate([points, points[:1]])]
        for part in parts:
            cv2.polylines(picture, [part], False, _HALO, 3, cv2.LINE_AA)
        for part in parts:
            cv2.polylines(picture, [part], False, colour, 1, cv2.LINE_AA)


def encoded(picture: NDArray[np.uint8]) -> bytes:
    """Return a picture as JPEG."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=88, subsampling=0)
    return stream.getvalue()
