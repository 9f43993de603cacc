"""The bundle's card: what a model is, was trained on and may be used for. Plain JSON, no torch."""

from __future__ import annotations

import hashlib
import json
import re
import stat
from collections.abc import Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn, NotRequired, TypedDict, cast

from alnreader.case.errors import BundleError
from alnreader.model.card_rules import check_references, check_values, once

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

SCHEMA: Final = "alnreader.bundle/1"
SCHEMA_FILE: Final = Path(__file__).with_name("card.schema.json")
CARD_FILE: Final = "card.json"
MULTITASK_FILE: Final = "multitask.safetensors"
MULTI_INSTANCE_FILE: Final = "multi_instance.safetensors"
FEATURES_FILE: Final = "features.safetensors"
_VERSION: Final = re.compile(re.escape(SCHEMA.partition("/")[0]) + "/0*([0-9]*)")
_LONGEST_REASON: Final = 200
_MOST_FAULTS: Final = 50
"""Faults of a card among which the one to be told is chosen."""
_LONGEST_NUMBER: Final = 20
"""Digits of a whole number, with its sign; the largest in a card are a file's bytes, 8 GiB (the schema)."""
MAX_CARD_BYTES: Final = 4 << 20
"""A hundred times a real card. A weight file may have 8 GiB (the schema): a hundred times the largest."""


class Source(TypedDict):
    """One data set of the training data; counts are None where not known."""

    name: str
    citation: str
    licence: str
    images: int | None
    patients: int | None


class TrainingData(TypedDict):
    """What the model was trained on and whether its metastasis labels are clinical."""

    description: str
    metastasis_labels: Literal["clinical", "simulated", "unknown"]
    sources: list[Source]


class MultiInstanceArchitecture(TypedDict):
    """Stage 2 without its width, which is stage 1's embedding."""

    depth: int
    heads: int
    feed_forward: int
    dropout: float


class Architecture(TypedDict):
    """What fixes the tensors' shapes."""

    backbone: str
    embedding: int
    multi_instance: MultiInstanceArchitecture


class PreprocessingCard(TypedDict):
    """As `alnreader.model.preprocess.Preprocessing`."""

    height: int
    width: int
    mean: list[float]
    std: list[float]
    antialias: bool
    scales: NotRequired[list[float]]
    mirrored: NotRequired[bool]


class ClassNames(TypedDict):
    """Names of the type logit's two signs and of the patient's two logits."""

    type: list[str]
    patient: list[str]


class OperatingPoint(TypedDict):
    """A threshold on the calibrated probability and what it gave on the data named."""

    name: str
    threshold: float
    sensitivity: float | None
    specificity: float | None
    chosen_on: str


class Calibration(TypedDict):
    """Probability = sigmoid(slope * (logit 1 - logit 0) + intercept)."""

    method: Literal["none", "platt"]
    slope: float
    intercept: float


class MaskCard(TypedDict):
    """How mask logits become regions and edited regions become mask logits."""

    logit_k: float
    k_drift: float | None
    threshold_logit: float
    minimum_area_fraction: float
    sure_logit: NotRequired[float | None]
    smoothing: NotRequired[float]


class FeatureStatistics(TypedDict):
    """Limit of the input check's distance, and the share of training images within it."""

    file: str
    limit: float
    quantile: float


class Metric(TypedDict):
    """A figure with its confidence interval."""

    name: str
    dataset: str
    n: int
    value: float
    low: float | None
    high: float | None
    method: str


class Failure(TypedDict):
    """What goes wrong: how often, on what, and, of a simulated patient, a picture of it.

    ``n`` of ``of`` pictures or patients; an example is one of one. ``picture`` is a file name beside the
    model's page, None where there is none: pictures of people are not shown.
    """

    dataset: str
    what: str
    n: int
    of: int
    description: str
    picture: str | None


class EvaluationRecord(TypedDict):
    """How the metrics were measured: the command, the program's version, on how much, in what time."""

    command: str
    program: str
    data: list[str]
    pictures: int
    patients: int
    seconds: float
    unseen: NotRequired[bool]
    """Whether no test picture is one that the bundle has learned from; absent: not checked."""


class Training(TypedDict):
    """How the model was trained."""

    commands: list[str]
    seeds: list[int]
    seconds: float | None
    log: str


class FileEntry(TypedDict):
    """A weight file's SHA-256 (hexadecimal) and size."""

    sha256: str
    bytes: int


class CardContent(TypedDict):
    """A card before its files are written; ``schema`` is `SCHEMA`."""

    schema: str
    name: str
    version: str
    title: str
    intended_use: str
    limitations: list[str]
    training_data: TrainingData
    architecture: Architecture
    preprocessing: PreprocessingCard
    class_names: ClassNames
    operating_points: list[OperatingPoint]
    default_operating_point: str
    calibration: Calibration
    mask: MaskCard
    feature_statistics: FeatureStatistics | None
    empty_bag_probability: float | None
    metrics: list[Metric]
    subgroups: NotRequired[list[Metric]]
    failures: NotRequired[list[Failure]]
    evaluation: NotRequired[EvaluationRecord]
    training: Training
    citation: str
    licence: str


class Card(CardContent):
    """A card as it lies in a bundle."""

    files: dict[str, FileEntry]


@cache
def card_schema() -> dict[str, Any]:
    """Return the card's JSON Schema (2020-12)."""
    return cast("dict[str, Any]", json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


@cache
def _validator() -> Validator:
    """Return what holds a card to the schema; a whole number is one that is written as such.

    JSON Schema takes 256.0 for whole, too; the network's sizes are then no integers in Python.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    def whole(_: object, value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", whole)
    strict = extend(Draft202012Validator, type_checker=types)  # type: ignore[no-untyped-call]
    return cast("Validator", strict(card_schema()))


def canonical_json(value: Mapping[str, Any]) -> bytes:
    """Return the one byte string that stands for a JSON object, UTF-8, keys sorted, no blanks.

    Parameters
    ----------
    value : mapping
        JSON types only, no NaN or infinity.

    Returns
    -------
    bytes
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def card_hash(card: Card) -> str:
    """Return the SHA-256 of the canonical card, in hexadecimal.

    The card holds the weights' hashes: it stands for the whole bundle.
    """
    return hashlib.sha256(canonical_json(card)).hexdigest()


def check_card(value: object, where: str) -> Card:
    """Return the value as a card, or refuse it.

    Parameters
    ----------
    value : object
        Parsed JSON.
    where : str
        File name for the message.

    Returns
    -------
    Card

    Raises
    ------
    BundleError
        If the schema is another or newer one, or a field breaks it; the message names the field.
    """
    if not isinstance(value, dict):
        raise BundleError(f"{where} is not a model card: it holds no JSON object. Get the bundle again.")
    _check_version(value.get("schema"), where)
    check_values(value, where)
    try:
        canonical_json(value)
    except (ValueError, TypeError) as error:
        raise BundleError(f"{where} is not a valid model card: {error}. Get the bundle again.") from error
    # Here: the import is not free, and only whoever reads a card pays.
    from jsonschema.exceptions import best_match

    # The first of them: each fault keeps what it was found in.
    fault = best_match(islice(_validator().iter_errors(value), _MOST_FAULTS))
    if fault is not None:
        field = ".".join(str(part) for part in fault.absolute_path) or "the card"
        # The message repeats the offending value, which may be a whole block.
        reason = (
            fault.message
            if len(fault.message) <= _LONGEST_REASON
            else fault.message[:_LONGEST_REASON] + "..."
        )
        raise BundleError(
            f"{where} is not a valid model card: {field}: {reason}. Correct it or get the bundle again."
        )
    card = cast("Card", value)
    check_references(card, where)
    return card


def _check_version(schema: object, where: str) -> None:
    if schema == SCHEMA:
        return
    plain = schema is None or isinstance(schema, str | int | float)
    shown = repr(schema) if plain else f"a {type(schema).__name__}"
    if len(shown) > _LONGEST_REASON:
        shown = shown[:_LONGEST_REASON] + "..."
    # By its digits: `int` refuses more than 4300 of them.
    if isinstance(schema, str) and (found := _VERSION.fullmatch(schema)) and found[1] not in ("", "1"):
        raise BundleError(
            f"{where} has schema {shown}, which is newer than this program's {SCHEMA}. Update the program."
        )
    raise BundleError(f"{where} is not a model card of this program: schema is {shown}, not {SCHEMA!r}.")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _whole(digits: str) -> int:
    """Read a whole number; JSON's have no end, and later steps need one that a float holds."""
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)


def read_plain_file(path: Path, limit: int) -> bytes:
    """Return a file's bytes, at most one more than a limit.

    Parameters
    ----------
    path : Path
    limit : int

    Returns
    -------
    bytes

    Raises
    ------
    BundleError
        If it is a device or a pipe: the one has no end, the other no beginning.
    OSError
        As the file system says.
    """
    require_plain_file(path)
    with path.open("rb") as file:
        return file.read(limit + 1)


def require_plain_file(path: Path) -> None:
    """Refuse a device or a pipe; a folder is refused where it is opened."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise BundleError(f"{path} is no plain file (a device or a pipe). Get the bundle again.")


def read_card(path: Path) -> Card:
    """Return a bundle's card.

    Parameters
    ----------
    path : Path
        The card's file.

    Returns
    -------
    Card

    Raises
    ------
    BundleError
        If it is missing, unreadable, no JSON, or no valid card.
    """
    try:
        content = read_plain_file(path, MAX_CARD_BYTES)
        if len(content) > MAX_CARD_BYTES:
            raise BundleError(f"{path} has more than {MAX_CARD_BYTES >> 20} MiB: it is no model card.")
        text = content.decode("utf-8")
    except FileNotFoundError:
        raise BundleError(
            f"No {path.name} in {path.parent}: it is not a model bundle. Name the directory that holds it."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(
            f"{path} cannot be read: {error}. Check its permissions or get it again."
        ) from error
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_int=_whole, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path} is not JSON: {error}. Get the bundle again.") from error
    return check_card(value, str(path))
