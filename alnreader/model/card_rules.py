"""What a card must keep beyond its schema: values that can be kept at all, and fields that fit each other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from alnreader.case.errors import BundleError

if TYPE_CHECKING:
    from alnreader.model.card import Card, CardContent, Metric

MOST_VALUES: Final = 100_000
"""Values in a card, twenty times those of the shipped one; a million wrong ones took 22 s to refuse."""

DEEPEST: Final = 12
"""Lists and objects within each other; the schema has four."""

LARGEST_INPUT: Final = 4096
"""Pixels of an edge of what the network is shown, at its largest scale; the published network has 512."""

SHARES: Final = frozenset(
    (
        *("Dice", "median Dice", "IoU", "lesions found (IoU > 0.25)", "kind right"),
        *("AUC", "AUC of single pictures", "best possible AUC (true risk)", "Brier score", "ECE"),
        *("sensitivity", "specificity", "PPV", "NPV", "accuracy"),
    )
)
"""Metrics that lie between 0 and 1 by what they are."""

_LENGTHS: Final = ("HD95", "median HD95", "average surface distance", "median average surface distance")
"""Metrics of these names, with a unit in brackets behind, and the likelihood ratios are never negative."""

_LONGEST_FIELD: Final = 200


def refuse(where: str, field: str, reason: str) -> BundleError:
    """Return the refusal of a field of a card."""
    shown = field if len(field) <= _LONGEST_FIELD else field[:_LONGEST_FIELD] + "..."
    return BundleError(
        f"{where} is not a valid model card: {shown}: {reason}. Correct it or get the bundle again."
    )


def check_values(card: object, where: str) -> None:
    """Refuse what no card holds, whatever the field: numbers without end, text that is none, too much.

    Parameters
    ----------
    card : object
        Parsed JSON.
    where : str
        File name for the message.

    Raises
    ------
    BundleError
        Naming the field.
    """
    count = 0
    # Not by recursion: a card may be nested deeper than Python's stack.
    waiting: list[tuple[str, int, object]] = [("the card", 0, card)]
    while waiting:
        field, depth, value = waiting.pop()
        count += 1
        if count > MOST_VALUES:
            raise refuse(where, field, f"a card has {MOST_VALUES} values at most")
        if depth > DEEPEST:
            raise refuse(where, field, f"it lies in more than {DEEPEST} lists and objects")
        if isinstance(value, float) and not math.isfinite(value):
            raise refuse(where, field, f"{value} is not a finite number")
        if isinstance(value, str) and not _is_text(value):
            raise refuse(where, field, "it holds half a character (a lone surrogate)")
        waiting += [(name, depth + 1, inner) for name, inner in _parts(field, depth, value)]


def _parts(field: str, depth: int, value: object) -> Iterator[tuple[str, object]]:
    before = f"{field}." if depth else ""
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(key, str) and not _is_text(key):
                yield f"{before}{key!a}", key
            yield f"{before}{key}", inner
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield f"{before}{number}", inner


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Make a JSON object, and refuse one that says a thing twice: a person reads the other of the two.

    Raises
    ------
    ValueError
        Naming the key.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the field {key[:_LONGEST_FIELD]!r} stands twice in one object")
            seen.add(key)
    return found


def check_references(card: Card, where: str) -> None:
    """Refuse what a schema cannot express: fields that do not fit each other.

    Parameters
    ----------
    card : Card
        That keeps the schema.
    where : str
        File name for the message.

    Raises
    ------
    BundleError
        Naming the field.
    """
    names = [point["name"] for point in card["operating_points"]]
    if len(set(names)) != len(names):
        raise refuse(where, "operating_points", "a name occurs twice")
    if card["default_operating_point"] not in names:
        reason = f"{card['default_operating_point']!r} is none of {', '.join(names)}"
        raise refuse(where, "default_operating_point", reason)
    if (card["feature_statistics"] is None) == ("features.safetensors" in card["files"]):
        raise refuse(where, "feature_statistics", "files says otherwise of features.safetensors")
    if card["architecture"]["embedding"] % card["architecture"]["multi_instance"]["heads"]:
        raise refuse(where, "architecture.multi_instance.heads", "it does not divide embedding")
    largest = max(card["preprocessing"].get("scales", [1.0]))
    for side in ("height", "width"):
        pixels = round(card["preprocessing"][side] * largest)
        if pixels > LARGEST_INPUT:
            reason = f"{pixels} pixels at the scale {largest} are more than {LARGEST_INPUT}"
            raise refuse(where, f"preprocessing.{side}", reason)
    _check_figures(card, where)


def _check_figures(card: CardContent, where: str) -> None:
    """Refuse figures that cannot have been measured."""
    for part, metrics in (("metrics", card["metrics"]), ("subgroups", card.get("subgroups", []))):
        for number, metric in enumerate(metrics):
            field, reason = _wrong_figure(metric)
            if reason:
                raise refuse(where, f"{part}.{number}.{field}", f"{reason} ({metric['name'][:80]})")
    for number, failure in enumerate(card.get("failures", [])):
        if failure["n"] > failure["of"]:
            raise refuse(where, f"failures.{number}.n", f"{failure['n']} of {failure['of']}")


def _wrong_figure(metric: Metric) -> tuple[str, str]:
    """Return the field of a metric that is wrong, and why; empty where none is."""
    name = metric["name"]
    least = 0.0 if name.partition(" (")[0] in _LENGTHS or name in SHARES or name in ("LR+", "LR-") else None
    figures = {"value": metric["value"], "low": metric["low"], "high": metric["high"]}
    for field, figure in figures.items():
        if figure is not None and least is not None and figure < least:
            return field, f"{figure:g} is below 0"
        if figure is not None and name in SHARES and figure > 1:
            return field, f"{figure:g} is above 1"
    low, high = metric["low"], metric["high"]
    if low is not None and high is not None and low > high:
        return "low", f"{low:g} is above high, {high:g}"
    return "", ""
