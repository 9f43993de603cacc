"""A bundle's card as a page for people: the headings of model cards and of TRIPOD+AI, in Markdown.

Mitchell 2019, doi 10.1145/3287560.3287596; TRIPOD+AI: Collins 2024, doi 10.1136/bmj-2023-078378.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from alnreader.case.atomic import Outbox
from alnreader.case.errors import UnreadableInputError
from alnreader.case.score import DEMONSTRATION_BANNER
from alnreader.model.card import CARD_FILE, Card, Failure, Metric, card_hash, read_card
from alnreader.training.evaluation.methods import FAILURE_PREFIX, FALSE_OUTLINES, FEW, METHODS

_PICTURE_COLUMNS = (
    ("Dice", "Dice, mean"),
    ("median Dice", "median"),
    ("HD95 (px)", "HD95, px"),
    ("lesions found (IoU > 0.25)", "lesions found"),
    ("normal pictures with a false proposal", "false proposal"),
    ("kind right", "kind right"),
    ("passed by the input check", "input check passed"),
    ("heat map of the patient points into the lesion", "heat map points into it"),
)
_PATIENT_FIGURES = (
    *("AUC", "best possible AUC (true risk)", "AUC less the best possible", "sensitivity", "specificity"),
    *("PPV", "NPV", "LR+", "LR-", "accuracy", "Brier score", "ECE", "calibration slope"),
    "calibration intercept",
)

_TRUTH = {
    "clinical": "The outcome is the status of the axillary lymph nodes in the clinic's own records.",
    "simulated": "The outcome is simulated: each simulated patient has a known risk of metastasis, which "
    "follows from what the pictures show, and the label was drawn from it. No tissue was ever examined.",
    "unknown": "Where the outcome comes from is not known.",
}


def page(card: Card, folder: str = "") -> str:
    """Return the page; `folder` is where the pictures of failures lie, relative to it."""
    parts = [
        f"# {_plain(card['title'])}",
        f"Model card of the bundle `{card['name']}`, version {card['version']}, "
        f"SHA-256 `{card_hash(card)[:12]}…`. Generated from its `{CARD_FILE}` by `alnreader model-card`; "
        "do not edit.",
    ]
    if card["training_data"]["metastasis_labels"] != "clinical":
        parts.append(f"**{DEMONSTRATION_BANNER}**")
    parts += [
        "## Intended use",
        _plain(card["intended_use"]),
        "## Model",
        _model(card),
        "## Population and data",
        _plain(card["training_data"]["description"]),
        _sources(card),
        "## Sample size and missing data",
        _sample_size(card),
        "## Ground truth",
        _TRUTH[card["training_data"]["metastasis_labels"]]
        + " Outlines and kinds are those of the data sets. "
        + _timing(card),
        "## Factors and fairness",
        _factors(card),
        "## Operating points and calibration",
        *_points(card),
        "## Performance",
        *_performance(card),
        "## Subgroups",
        _subgroups(card.get("subgroups", [])),
        "## Failures",
        *_failures(card.get("failures", []), folder),
        "## Ethics",
        "Whether those pictured agreed, and which board approved it, is not recorded in this card: see the "
        "publications of the data above. It holds no picture of a person, and no name.",
        "## Limits",
        _bullets(map(_plain, card["limitations"])),
        "## How the figures were computed",
        _bullets(METHODS),
        "## Reproduction",
        *_reproduction(card),
        "## Funding and availability",
        "Funding: not recorded in this card. Data: where their citations say, under the licences above. "
        "Code: all of it is ALN Reader's.",
        "## Citation and licence",
        _bullets([_plain(card["citation"]), f"Licence: {_plain(card['licence'])}"]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def write_page(bundle: Path, out: Path, examples: Path | None = None) -> list[Path]:
    """Write the page of a bundle, and the pictures that its card names into a folder of the page's name.

    Pictures of failures that lie there and that the card no longer names are removed.

    Parameters
    ----------
    bundle : Path
        The bundle's folder. Its weights are not needed.
    out : Path
        The page; ``docs/model-card.md`` has its pictures in ``docs/model-card/``.
    examples : Path, optional
        Where the pictures are copied from; without it those beside the page must be there.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    BundleError
        If the card is missing or not valid.
    UnreadableInputError
        If a picture that the card names is missing.
    CannotWriteError
        If the page cannot be written; nothing is changed then.
    """
    card = read_card(bundle / CARD_FILE)
    beside = out.with_suffix("")
    written = []
    with Outbox() as outbox:
        for name in pictures_of(card):
            place = (beside if examples is None else examples) / name
            try:
                data = place.read_bytes()
            except OSError as error:
                raise UnreadableInputError(
                    f"{place}: a picture that the card names is missing ({error.strerror}). Run 'alnreader "
                    "evaluate BUNDLE --data ... --write-card --out DIR' and give --examples DIR/examples."
                ) from error
            if examples is not None:
                outbox.add(beside / name, data)
                written.append(beside / name)
        outbox.add(out, page(card, beside.name).encode())
    named = set(pictures_of(card))
    for old in beside.glob(f"{FAILURE_PREFIX}*.jpg"):
        if old.name not in named:
            old.unlink()
    return [out, *written]


def pictures_of(card: Card) -> list[str]:
    """Return the names of the pictures that a card's failures name."""
    return [picture for failure in card.get("failures", []) if (picture := failure["picture"]) is not None]


def _plain(text: str) -> str:
    """Return text in which nothing is taken for Markdown or HTML."""
    text = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    for sign in "\\`*_[]":
        text = text.replace(sign, f"\\{sign}")
    return text


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"* {line}" for line in lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    rules = ["---"] * left + ["--:"] * (len(head) - left)
    lines = [head, rules, *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _model(card: Card) -> str:
    architecture, size = card["architecture"], card["preprocessing"]
    second = architecture["multi_instance"]
    weights = sum(file["bytes"] for file in card["files"].values()) / 1e6
    return _bullets(
        [
            f"Stage 1, one picture at a time: {_plain(architecture['backbone'])}, embedding "
            f"{architecture['embedding']}, input {size['width']} x {size['height']} pixels; outlines, kind "
            "of lesion, metastasis from the picture alone.",
            f"Stage 2, one patient at a time: transformer over the pictures' features, depth "
            f"{second['depth']}, {second['heads']} heads.",
            "The network of doi 10.1038/s41698-025-00971-0, written anew.",
            f"Weights: {weights:.1f} MB.",
        ]
    )


def _sources(card: Card) -> str:
    def count(value: int | None) -> str:
        return "not known" if value is None else str(value)

    return _table(
        ["Trained on", "pictures", "patients", "citation", "licence"],
        [
            [
                _plain(source["name"]),
                count(source["images"]),
                count(source["patients"]),
                _plain(source["citation"]),
                _plain(source["licence"]),
            ]
            for source in card["training_data"]["sources"]
        ],
    )


def _sample_size(card: Card) -> str:
    sources = card["training_data"]["sources"]
    counts = [source["images"] for source in sources]
    learned = sum(count for count in counts if count is not None)
    words = f"Learned from: {learned} pictures{' and others, not counted' if None in counts else ''}. "
    measured = card.get("evaluation")
    if measured is not None:
        words += f"Measured on: {measured['pictures']} pictures of {measured['patients']} patients. "
    return words + (
        "Whether a size was calculated beforehand is not recorded in this card; the intervals say what it "
        "allows to conclude. A picture without outline, kind or outcome teaches, and is measured for, what "
        "is known of it: nothing is filled in."
    )


def _timing(card: Card) -> str:
    if card["training_data"]["metastasis_labels"] == "simulated":
        return "Picture and outcome are of one moment."
    return "How much time lay between pictures and outcome is not recorded in this card."


def _factors(card: Card) -> str:
    parts = (metric["dataset"].partition("; ")[2].partition(":")[0] for metric in card.get("subgroups", []))
    told = ", ".join(dict.fromkeys(part for part in parts if part))
    known = f"Figures are given by: {told}. " if told else "No figures of subgroups are recorded. "
    return _plain(known) + (
        " Of other factors (age, sex, ancestry, site, machine, where they are not named here) the card says "
        "nothing: whether the model is equally good for all was not shown."
    )


def _points(card: Card) -> Iterable[str]:
    def percent(value: float | None) -> str:
        return "not measured" if value is None else f"{value:.3f}"

    yield _table(
        ["Operating point", "threshold", "sensitivity", "specificity", "chosen on"],
        [
            [
                _plain(point["name"])
                + (" (default)" if point["name"] == card["default_operating_point"] else ""),
                f"{point['threshold']:g}",
                percent(point["sensitivity"]),
                percent(point["specificity"]),
                _plain(point["chosen_on"]),
            ]
            for point in card["operating_points"]
        ],
    )
    calibration = card["calibration"]
    if calibration["method"] == "none":
        yield "The probability is not calibrated."
    else:
        yield (
            f"The probability is calibrated by Platt scaling: slope {calibration['slope']:.3f}, intercept "
            f"{calibration['intercept']:.3f}."
        )


def _by_dataset(metrics: Sequence[Metric]) -> dict[str, dict[str, Metric]]:
    found: dict[str, dict[str, Metric]] = {}
    for metric in metrics:
        found.setdefault(metric["dataset"], {})[metric["name"]] = metric
    return found


def _value(metric: Metric | None, digits: int = 3) -> str:
    if metric is None:
        return "–"
    if metric["low"] is None or metric["high"] is None:
        return f"{metric['value']:.{digits}f}"
    # A dash between two ends would pass for a minus.
    dash = " to " if metric["low"] < 0 else "–"
    return f"{metric['value']:.{digits}f} ({metric['low']:.{digits}f}{dash}{metric['high']:.{digits}f})"


def _performance(card: Card) -> Iterable[str]:
    if not card["metrics"]:
        yield "Not measured."
        return
    datasets = _by_dataset(card["metrics"])
    names = {name for name, _ in _PICTURE_COLUMNS}
    pictures = {dataset: found for dataset, found in datasets.items() if names & set(found)}
    used = [(name, short) for name, short in _PICTURE_COLUMNS if any(name in f for f in pictures.values())]
    yield f"With 95 % intervals. {_unseen(card)}"
    if pictures:
        yield _table(
            ["Pictures of", "n", *(short for _, short in used)],
            [
                [
                    _plain(dataset),
                    str(max(metric["n"] for metric in found.values())),
                    *(_value(found.get(name), 2) for name, _ in used),
                ]
                for dataset, found in pictures.items()
            ],
        )
    patients = {
        dataset: found
        for dataset, found in datasets.items()
        if dataset not in pictures and len(set(_PATIENT_FIGURES) & set(found)) > 1
    }
    for dataset, found in patients.items():
        yield f"### {_plain(dataset[0].upper() + dataset[1:])}"
        point = card["default_operating_point"]
        yield f"Sensitivity to accuracy: at the operating point {_plain(point)}."
        yield _table(
            ["Figure", "value", "n"],
            [
                [name, _value(found[name]), str(found[name]["n"])]
                for name in _PATIENT_FIGURES
                if name in found
            ],
        )
    yield "<details><summary>Every figure, with its method</summary>"
    yield _metric_table(card["metrics"])
    yield "</details>"


def _unseen(card: Card) -> str:
    unseen = card.get("evaluation", {}).get("unseen")
    if unseen is None:
        return "Whether some of these pictures were trained on was not checked against the bundle."
    if not unseen:
        return "**Some of these pictures were trained on: the figures are too good.**"
    return (
        "None of these picture files is one of those that the weights were fitted or the thresholds and the "
        "calibration chosen on: their digests are not among those that the bundle holds."
    )


def _metric_table(metrics: Sequence[Metric]) -> str:
    return _table(
        ["Data", "figure", "value", "n", "interval"],
        [
            [_plain(m["dataset"]), _plain(m["name"]), _value(m), str(m["n"]), _plain(m["method"])]
            for m in metrics
        ],
        left=2,
    )


def _subgroups(metrics: Sequence[Metric]) -> str:
    if not metrics:
        return "Not recorded in this card."
    datasets = _by_dataset(metrics)
    names = list(dict.fromkeys(metric["name"] for metric in metrics))
    rows = []
    for dataset, found in datasets.items():
        n = max(metric["n"] for metric in found.values())
        few = " (few)" if n < FEW else ""
        rows.append([_plain(dataset), f"{n}{few}", *(_value(found.get(name), 2) for name in names)])
    return _table(["Part", "n", *map(_plain, names)], rows)


def _failures(failures: Sequence[Failure], folder: str) -> Iterable[str]:
    if not failures:
        yield "Not recorded in this card."
        return
    counted = [failure for failure in failures if failure["picture"] is None]
    if counted:
        yield _table(
            ["Data", "what goes wrong", "how often", "more"],
            [
                [
                    _plain(failure["dataset"]),
                    _plain(failure["what"]),
                    f"{failure['n']} of {failure['of']}",
                    _plain(failure["description"]),
                ]
                for failure in counted
            ],
            left=2,
        )
    pictured = [(failure, picture) for failure in failures if (picture := failure["picture"]) is not None]
    if pictured:
        yield (
            "Among the worst simulated pictures; pictures of people are not shown. White, solid: the true "
            "outline. Coloured, dashed: the program's."
        )
    if any(failure["what"] == FALSE_OUTLINES and failure["n"] for failure in counted):
        yield (
            "Outlines where nothing is: the pictures of normal breasts are of people and are not shown; how "
            "many there are, and how large, is in the table."
        )
    for failure, picture in pictured:
        text = _plain(failure["description"])
        yield f"![{text}]({folder + '/' if folder else ''}{picture})\n\n{text}."


def _reproduction(card: Card) -> Iterable[str]:
    training = card["training"]
    yield "Trained by:"
    yield "```\n" + "\n".join(training["commands"]) + "\n```"
    facts = [f"Seeds: {', '.join(map(str, training['seeds'])) or 'none stated'}."]
    if training["seconds"] is not None:
        facts.append(f"Time: {_duration(training['seconds'])}.")
    if training["log"]:
        facts.append(_plain(training["log"]))
    yield _bullets(facts)
    measured = card.get("evaluation")
    if measured is not None:
        yield (
            f"Measured by ALN Reader {measured['program']} on {measured['pictures']} pictures of "
            f"{measured['patients']} patients in {_duration(measured['seconds'])}:"
        )
        yield f"```\n{measured['command']}\n```"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
