"""Which identity became which: UIDs and patients, and the encrypted file that can tell it later."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
from pathlib import Path
from typing import Any

from alnreader.case.atomic import write_bytes
from alnreader.case.errors import (
    UnreadableInputError,
    WrongPassphraseError,
    WrongUseError,
)
from alnreader.case.language import mark

FORMAT = "alnreader-mapping"
SHORTEST_PASSPHRASE = 8
"""Characters (NIST SP 800-63B 5.1.1.2, memorised secrets)."""

SCRYPT_N, SCRYPT_R, SCRYPT_P = 1 << 16, 8, 1
"""Cost of one guess: 64 MiB and a fifth of a second (RFC 7914)."""

_MOST_MEMORY, _MOST_ROUNDS = 1 << 30, 4
"""Of a file that is opened: another's costs must not fill the memory (scrypt needs 128 N r bytes)."""

_LARGEST_FILE = 256 << 20
_KEY_BYTES = 32
_UID_PREFIX = "2.25."


class Pseudonyms:
    """New UIDs and patient codes, the same ones for the same old ones within one secret.

    Every new value is a keyed hash (HMAC-SHA-256) of the old one: files can be done in any order and at
    different times, references between objects stay intact, and without the secret nothing leads back
    (PS3.15 E.3.9). All threads may use it.
    """

    def __init__(self, secret: bytes | None = None) -> None:
        """Draw a new secret unless one is given."""
        self.secret = secret or secrets.token_bytes(_KEY_BYTES)
        self._uids: dict[str, str] = {}
        self._patients: dict[str, str] = {}
        self._made: set[str] = set()
        self._lock = threading.Lock()

    @property
    def uids(self) -> dict[str, str]:
        """Old to new UID, of those that were asked for."""
        with self._lock:
            return dict(self._uids)

    @property
    def patients(self) -> dict[str, str]:
        """Patient as read to code."""
        with self._lock:
            return dict(self._patients)

    def uid(self, old: str) -> str:
        """Return the new UID; new ones, and none, stay."""
        old = old.strip("\0 ")
        with self._lock:
            if not old or old in self._made:
                return old
        new = f"{_UID_PREFIX}{int.from_bytes(self._hash('uid', old)[:16], 'big')}"  # PS3.5 B.2
        with self._lock:
            self._uids[old] = new
            self._made.add(new)
        return new

    def patient(self, old: str) -> str:
        """Return the code of a patient, ``P-`` and ten characters."""
        new = "P-" + base64.b32encode(self._hash("patient", old)[:10]).decode()[:10]
        with self._lock:
            self._patients[old] = new
            self._made.add(new)
        return new

    def made(self, value: str) -> bool:
        """Whether a UID or a code is a new one: what was made from clean files is not made anew."""
        with self._lock:
            return value in self._made

    def take(self, uids: dict[str, str], patients: dict[str, str]) -> None:
        """Take in what an earlier export made with the same secret."""
        with self._lock:
            self._uids.update(uids)
            self._patients.update(patients)
            self._made.update(uids.values(), patients.values())

    def _hash(self, kind: str, text: str) -> bytes:
        return hmac.digest(self.secret, f"{kind}\0{text}".encode(errors="surrogateescape"), hashlib.sha256)


def check_passphrase(passphrase: str) -> None:
    """Refuse a pass phrase that can be guessed.

    Raises
    ------
    WrongUseError
        With the sentence.
    """
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise WrongUseError(
            mark(
                "The pass phrase of the mapping file needs at least {SHORTEST_PASSPHRASE} characters: "
                "whoever opens the file knows the patients."
            ).format(SHORTEST_PASSPHRASE=SHORTEST_PASSPHRASE)
        )


def _key(passphrase: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return Scrypt(salt=salt, length=_KEY_BYTES, n=n, r=r, p=p).derive(passphrase.encode())


def encrypt_mapping(pseudonyms: Pseudonyms, passphrase: str) -> bytes:
    """Return the mapping as an encrypted document: scrypt (RFC 7914) and AES-256-GCM (NIST SP 800-38D).

    Raises
    ------
    WrongUseError
        If the pass phrase is too short.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    check_passphrase(passphrase)
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    header = {
        "format": FORMAT,
        "version": 1,
        "kdf": {"name": "scrypt", "n": SCRYPT_N, "r": SCRYPT_R, "p": SCRYPT_P, "salt": _text(salt)},
        "cipher": {"name": "AES-256-GCM", "nonce": _text(nonce)},
    }
    content = {
        "secret": _text(pseudonyms.secret),
        "patients": pseudonyms.patients,
        "uids": pseudonyms.uids,
    }
    plain = json.dumps(content, ensure_ascii=False).encode(errors="surrogatepass")
    key = _key(passphrase, salt, SCRYPT_N, SCRYPT_R, SCRYPT_P)
    data = AESGCM(key).encrypt(nonce, plain, _authenticated(header))
    return json.dumps({**header, "data": _text(data)}, indent=1).encode() + b"\n"


def read_mapping(path: Path, passphrase: str) -> Pseudonyms:
    """Open a mapping file: further files of the same patients then get the same codes and UIDs.

    Raises
    ------
    UnreadableInputError
        If it is absent or no mapping file.
    WrongPassphraseError
        If the pass phrase does not open it, or it was changed.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    document = _document(path)
    try:
        kdf, cipher = document["kdf"], document["cipher"]
        data = base64.b64decode(document["data"], validate=True)
        header = {name: document[name] for name in ("format", "version", "kdf", "cipher")}
        costs = tuple(int(kdf[name]) for name in ("n", "r", "p"))
        if header["version"] != 1 or kdf["name"] != "scrypt" or cipher["name"] != "AES-256-GCM":
            raise UnreadableInputError(
                mark("{path} is a mapping file of another version of the program.").format(path=path)
            )
        if min(costs) < 1 or 128 * costs[0] * costs[1] > _MOST_MEMORY or costs[2] > _MOST_ROUNDS:
            raise ValueError(f"scrypt {costs}")
        key = _key(passphrase, base64.b64decode(kdf["salt"], validate=True), *costs)
        plain = AESGCM(key).decrypt(
            base64.b64decode(cipher["nonce"], validate=True), data, _authenticated(header)
        )
    except InvalidTag as error:
        raise WrongPassphraseError(
            mark(
                "The pass phrase does not open {path}, or the file was changed. Try it again: "
                "without it nobody can tell who is who."
            ).format(path=path)
        ) from error
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableInputError(
            mark("{path} is not a whole mapping file of this program.").format(path=path)
        ) from error
    content: dict[str, Any] = json.loads(plain.decode(errors="surrogatepass"))
    pseudonyms = Pseudonyms(base64.b64decode(content["secret"]))
    pseudonyms.take(content["uids"], content["patients"])
    return pseudonyms


def _document(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise ValueError("too large")
        document = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise ValueError("no mapping")
    except OSError as error:
        raise UnreadableInputError(
            mark("{path} cannot be read: {cause}.").format(path=path, cause=error.strerror or error)
        ) from error
    except (ValueError, RecursionError) as error:
        raise UnreadableInputError(
            mark("{path} is not a mapping file of this program.").format(path=path)
        ) from error
    return document


def write_mapping(path: Path, pseudonyms: Pseudonyms, passphrase: str) -> None:
    """Write the encrypted mapping, for this user to read; an older file stays whole until the new one is.

    Raises
    ------
    WrongUseError
        If the pass phrase is too short.
    CannotWriteError
        As the file system says; nothing half-written stays.
    """
    write_bytes(path, encrypt_mapping(pseudonyms, passphrase), private=True)


def _authenticated(header: dict[str, Any]) -> bytes:
    return json.dumps(header, sort_keys=True, separators=(",", ":")).encode()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
