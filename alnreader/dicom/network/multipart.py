"""Messages of several parts (RFC 2046 5.1, RFC 2387), as DICOMweb carries files, whose bytes they keep."""

from __future__ import annotations

import uuid
from email.message import Message

DICOM_FILE = "application/dicom"
"""Media type of a DICOM file (RFC 3240)."""


def message_of(content: bytes) -> tuple[bytes, str]:
    """Return a message that holds one DICOM file, and its media type."""
    boundary = uuid.uuid4().hex
    body = b"".join(
        (
            f"--{boundary}\r\nContent-Type: {DICOM_FILE}\r\n\r\n".encode(),
            content,
            f"\r\n--{boundary}--\r\n".encode(),
        )
    )
    return body, f'multipart/related; type="{DICOM_FILE}"; boundary="{boundary}"'


def only_part(body: bytes, media_type: str) -> bytes:
    """Return the content of the only part of a message; a body that is no such message is the content itself.

    Raises
    ------
    ValueError
        If the message has no part, or several.
    """
    message = Message()
    message["Content-Type"] = media_type
    boundary = message.get_boundary()
    if message.get_content_maintype() != "multipart" or not boundary:
        return body
    delimiter = b"--" + boundary.encode("latin-1", errors="replace")
    first = body.find(delimiter)
    start = body.find(b"\r\n\r\n", first) + 4
    end = body.find(b"\r\n" + delimiter, start)
    if first < 0 or start < 4 or end < 0:
        raise ValueError("a message without a part")
    if not body.startswith(b"--", end + 2 + len(delimiter)):
        raise ValueError("a message of several parts")
    return body[start:end]
