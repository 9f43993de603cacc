"""Whether a card says what an evaluation measures: every figure of either, and how often what goes wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from alnreader.model.card import Card, Failure, Metric
from alnreader.training.evaluation import tables
from alnreader.training.evaluation.card_figures import failures_of, metrics_of, subgroups_of
from alnreader.training.evaluation.evaluate import Evaluation

TOLERANCE = 5e-4
"""A card's value equals a measured one within this: another processor's rounding moves an outline by a pixel,
and the mean Dice of a hundred pictures by less. A share moves by 1/n when a single picture turns, so that
shares of fewer than 2000 pictures must be the same."""

_VALIDATION = "validation patients"
"""In an operating point's `chosen_on`: its figures are of the split 'val'."""


@dataclass(frozen=True)
class Comparison:
    """One figure of a card against the evaluation's: `stated` by the card, `measured` now, not both None."""

    stated: Metric | None
    measured: Metric | None

    @property
    def equal(self) -> bool:
        """Whether value, interval and number are the same, within `TOLERANCE`."""
        stated, measured = self.stated, self.measured
        if stated is None or measured is None or stated["n"] != measured["n"]:
            return False
        return all(_same(stated[end], measured[end]) for end in ("value", "low", "high"))

    @property
    def value_equal(self) -> bool:
        """Whether the value and what it was measured on are the same, whatever the interval."""
        stated, measured = self.stated, self.measured
        if stated is None or measured is None or stated["n"] != measured["n"]:
            return False
        return _same(stated["value"], measured["value"])

    def sentence(self) -> str:
        """Return what the comparison found, in a line."""
        stated, measured = self.stated, self.measured
        if stated is None:
            assert measured is not None
            return f"not in card   {_name(measured)}: measured {_short(measured)}"
        if measured is None:
            return f"not measured  {_name(stated)}: the card says {_short(stated)}"
        if self.equal:
            return f"equal         {_name(stated)}: {_short(stated)}"
        word = "interval differs" if self.value_equal else "DIFFERS      "
        return f"{word} {_name(stated)}: the card says {_short(stated)}, measured {_short(measured)}"


def _name(figure: Metric) -> str:
    return f"{figure['dataset']}: {figure['name']}"


def _same(stated: float | None, measured: float | None) -> bool:
    if stated is None or measured is None:
        return stated is measured
    return abs(stated - measured) <= TOLERANCE


def _short(figure: Metric) -> str:
    ends = "" if figure["low"] is None else f" [{figure['low']}, {figure['high']}]"
    return f"{figure['value']}{ends}, n = {figure['n']}"


def says_blanked(card: Card) -> bool:
    """Return whether the card has figures with calipers and captions blanked."""
    return any(_is_blanked(stated) for stated in card["metrics"])


def _is_blanked(figure: Metric) -> bool:
    return figure["dataset"].endswith(f", {tables.MARKS_BLANKED}")


def compare(evaluation: Evaluation) -> list[Comparison]:
    """Compare the bundle's card with the evaluation, both ways.

    Metrics, subgroups and counted failures; the operating points' sensitivity and specificity where the
    split that they were chosen on was read, too. What one of the two has and the other has not is a
    comparison that is not equal. Figures with marks blanked are asked for only where the card has some.
    """
    card = evaluation.bundle.card
    blanked = says_blanked(card)
    stated: list[Metric] = [*card["metrics"]]
    found = [one for one in metrics_of(evaluation) if blanked or not _is_blanked(one)]
    # Cards of older versions have neither of these fields.
    if "subgroups" in card:
        stated += card["subgroups"]
        found += subgroups_of(evaluation)
    if "failures" in card:
        stated += _counts(card["failures"])
        found += _counts(failures_of(evaluation))
    measured = {(one["dataset"], one["name"]): one for one in found}
    comparisons = [Comparison(one, measured.pop((one["dataset"], one["name"]), None)) for one in stated]
    comparisons += [Comparison(None, one) for one in measured.values()]
    return [*comparisons, *_points(evaluation)]


def _counts(failures: Iterable[Failure]) -> list[Metric]:
    """Return how often what goes wrong; pictured examples are no figures."""
    return [
        _plain(one["dataset"], one["what"], one["n"], one["of"]) for one in failures if not one["picture"]
    ]


def _plain(dataset: str, name: str, value: float, n: int) -> Metric:
    return {"name": name, "dataset": dataset, "n": n, "value": value, "low": None, "high": None, "method": ""}


def _points(evaluation: Evaluation) -> Iterable[Comparison]:
    groups = [group for group in evaluation.patients if group.split == "val"]
    if len(groups) > 1:
        groups = [group for group in groups if group.source == tables.ALL_SOURCES]
    for group in groups:
        tables_of = {table.point.name: table for table in group.points}
        for point in evaluation.bundle.card["operating_points"]:
            if _VALIDATION not in point["chosen_on"]:
                continue
            figures = tables_of[f"card: {point['name']}"].figures
            for name, value in (("sensitivity", point["sensitivity"]), ("specificity", point["specificity"])):
                figure = figures.get(name)
                if figure is None and value is None:
                    continue
                words = f"operating point {point['name']}", f"{name} on {point['chosen_on']}"
                # The card has neither interval nor number here.
                measured = None if figure is None else _plain(*words, figure.value, figure.n)
                n = figure.n if figure else 0
                yield Comparison(None if value is None else _plain(*words, value, n), measured)
