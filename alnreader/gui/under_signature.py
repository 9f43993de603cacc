"""What a signature is made under besides the case: the report as it is then."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alnreader.case.case import Reading
    from alnreader.store.snapshot import Snapshot


def with_report(snapshot: Snapshot, reading: Reading) -> Snapshot:
    """Put the report under the newest signature, unless there is none or it has one."""
    if not snapshot.signed or snapshot.signed[-1].report:
        return snapshot
    from alnreader.report.document import encode, reading_document

    last = dataclasses.replace(snapshot.signed[-1], report=encode(reading_document(reading)))
    return dataclasses.replace(snapshot, signed=(*snapshot.signed[:-1], last))
