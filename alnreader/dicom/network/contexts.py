"""Presentation contexts: which objects are offered in which encoding (PS3.8 9.3.2.2, PS3.5 annex A)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pydicom.uid import UID

if TYPE_CHECKING:
    from pynetdicom.presentation import PresentationContext

MOST_CONTEXTS = 128
"""In one association: their numbers are the odd ones of one byte (PS3.8 9.3.2.2)."""

UNCOMPRESSED = (
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.1.99",
)
"""Explicit little endian, implicit, explicit big endian, deflated: the ones that can replace each other."""

COMPRESSED = (
    *(f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 57, 70, 80, 81, 90, 91)),
    "1.2.840.10008.1.2.5",
    *(f"1.2.840.10008.1.2.4.{number}" for number in (201, 202, 203)),
    *(f"1.2.840.10008.1.2.4.{number}" for number in (100, 101, 102, 103, 104, 105, 106, 107, 108)),
)
"""JPEG, JPEG-LS, JPEG 2000, RLE, HTJ2K, MPEG-2, MPEG-4 and HEVC."""

US_IMAGE = "1.2.840.10008.5.1.4.1.1.6.1"
US_MULTIFRAME = "1.2.840.10008.5.1.4.1.1.3.1"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
COMPREHENSIVE_SR = "1.2.840.10008.5.1.4.1.1.88.33"

_WITHOUT_PIXELS = (
    "1.2.840.10008.5.1.4.1.1.88.",  # structured reports
    "1.2.840.10008.5.1.4.1.1.104.",  # encapsulated documents
    "1.2.840.10008.5.1.4.1.1.11.",  # presentation states
    "1.2.840.10008.5.1.4.1.1.66.1",  # registrations
)

EXPECTED = (
    US_IMAGE,
    US_MULTIFRAME,
    SECONDARY_CAPTURE,
    "1.2.840.10008.5.1.4.1.1.7.4",
    *(f"1.2.840.10008.5.1.4.1.1.88.{number}" for number in (11, 22, 33, 34, 50, 59, 65)),
    "1.2.840.10008.5.1.4.1.1.66.4",
    "1.2.840.10008.5.1.4.1.1.104.1",
    *(f"1.2.840.10008.5.1.4.1.1.11.{number}" for number in (1, 2)),
    "1.2.840.10008.5.1.4.1.1.6",
    "1.2.840.10008.5.1.4.1.1.3",
    *(f"1.2.840.10008.5.1.4.1.1.{number}" for number in (1, "1.1", "1.2", "1.2.1", 2, 4)),
)
"""Kinds in a study of breast ultrasound, where the node does not say: US, SC, SR, SEG, PDF, GSPS, the retired
ones, and what a study of several modalities holds."""


def has_pixels(sop_class: str) -> bool:
    """Whether objects of a kind can be compressed."""
    return not sop_class.startswith(_WITHOUT_PIXELS)


def for_sending(kinds: Iterable[tuple[str, str]]) -> list[PresentationContext]:
    """Return one context for each (SOP class, transfer syntax) of the files that are to be sent.

    An uncompressed file is offered as it stands, and once more in the encodings that everyone must take
    (PS3.5 10.1) for a node that does not take it so.
    """
    from pynetdicom import build_context

    contexts = []
    for sop_class, syntax in dict.fromkeys(kinds):
        contexts.append(build_context(UID(sop_class), UID(syntax)))
        if syntax in UNCOMPRESSED:
            others: list[str | UID] = [UID(other) for other in UNCOMPRESSED[:2] if other != syntax]
            contexts.append(build_context(UID(sop_class), others))
    return contexts


def contexts_needed(syntax: str) -> int:
    """Return how many contexts `for_sending` makes of one pair."""
    return 2 if syntax in UNCOMPRESSED else 1


KINDS_AT_ONCE = (MOST_CONTEXTS - 1) // (len(UNCOMPRESSED) + len(COMPRESSED))
"""Kinds of objects that one association can offer in every encoding, beside the C-GET itself."""


def for_retrieving(sop_classes: Sequence[str], space: int = MOST_CONTEXTS - 1) -> list[PresentationContext]:
    """Return the contexts that objects are received in during a C-GET.

    Each encoding has a context of its own: offered together, the node would choose one of them for all, and
    encode the others anew or fail on them. Where there is no room for that, a kind has one context with all.
    """
    from pynetdicom import build_context

    wanted = list(dict.fromkeys(sop_classes)) or list(EXPECTED)
    raw = [UID(each) for each in UNCOMPRESSED]
    packed = [UID(each) for each in COMPRESSED]
    contexts: list[PresentationContext] = []
    for place, sop_class in enumerate(wanted):
        rest = len(wanted) - place - 1
        uid = UID(sop_class)
        if len(contexts) >= space:
            break
        syntaxes = [*raw, *packed] if has_pixels(sop_class) else raw
        if len(contexts) + len(syntaxes) + rest <= space:
            contexts.extend(build_context(uid, each) for each in syntaxes)
        else:
            contexts.append(build_context(uid, list(syntaxes)))
    return contexts
