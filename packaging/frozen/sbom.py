"""The list of everything in the frozen program, as CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/)."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

_SPDX = {
    "apache 2.0": "Apache-2.0",
    "apache 2.0 license": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "license": "MIT",  # dicomweb-client names its file
    "mit license": "MIT",
}
"""Words of authors whose text was looked at, as SPDX names them."""


class ContentsError(Exception):
    """The list of contents or the licences would have a gap; the sentence names it."""


@dataclass
class Component:
    """Something of others in the program.

    Attributes
    ----------
    kind
        ``pypi``, ``deb`` or ``generic`` (Package URL).
    licence
        SPDX expression or the words of its authors; empty where none are given.
    texts
        Files with its licence, where they lie now.
    files
        (place in the program's `lib`, where it lies now) of its files that are summed.
    within
        Distribution that brought it, for a library inside a wheel.
    cpe
        Vendor and product by which advisories name it.
    source
        Where its source is; ``{version}`` is put in.
    role
        Type of CycloneDX.
    linked
        What is linked into its libraries, as its wheel lists it in CycloneDX.
    """

    kind: str
    name: str
    version: str
    licence: str = ""
    texts: tuple[Path, ...] = ()
    files: list[tuple[str, Path]] = field(default_factory=list)
    within: str = ""
    cpe: str = ""
    source: str = ""
    role: str = "library"
    linked: list[dict[str, object]] = field(default_factory=list)

    @property
    def purl(self) -> str:
        """Package URL: what vulnerability scanners look it up by."""
        name = re.sub(r"[-_.]+", "-", self.name).lower() if self.kind == "pypi" else self.name
        space = "debian/" if self.kind == "deb" else ""
        if self.kind == "generic":
            name = re.sub(r"[^A-Za-z0-9.+-]+", "-", name).strip("-")
        name = name.replace("+", "%2B")
        version = self.version.replace("+", "%2B").replace(":", "%3A")
        return f"pkg:{self.kind}/{space}{name}" + (f"@{version}" if version else "")

    @property
    def reference(self) -> str:
        """What names it in the list: one version may come in several wheels."""
        return self.purl + (f"#{self.within}" if self.within else "")

    @property
    def folder(self) -> str:
        """Folder of its texts."""
        name = re.sub(r"[^A-Za-z0-9._+-]+", "-", self.name).strip("-")
        return f"{self.within}/{name}" if self.within else name

    @property
    def origin(self) -> str:
        """Where the source of this version is."""
        return self.source.format(version=self.version)


def components(library: Path) -> list[Component]:
    """Return Python and the distributions whose metadata the frozen program holds."""
    found = [Component("generic", "python", platform.python_version(), "PSF-2.0")]
    for info in sorted(library.glob("*.dist-info")):
        distribution = metadata.PathDistribution(info)
        fields = distribution.metadata
        texts = tuple(sorted(path for path in info.rglob("*") if path.is_file() and _is_licence(path, info)))
        found.append(Component("pypi", fields["Name"], fields["Version"], _licence(fields), texts))
    return found


def _is_licence(path: Path, info: Path) -> bool:
    inside = path.relative_to(info).parts
    return "licenses" in inside or bool(re.match(r"(licen[cs]e|copying|notice|author)", inside[-1], re.I))


def _licence(fields: metadata.PackageMetadata) -> str:
    for name in ("License-Expression", "License"):
        value = str(fields[name] or "") if name in fields else ""
        if value and "\n" not in value.strip() and len(value) < 120:
            return value.strip()
    classifiers = [
        str(line) for line in fields.get_all("Classifier") or () if str(line).startswith("License")
    ]
    return "; ".join(line.rsplit(" :: ", 1)[-1] for line in classifiers)


def write(target: Path, parts: list[Component], version: str) -> None:
    """Write the list of contents of one version of the program."""
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "component": {
                "type": "application",
                "bom-ref": "alnreader",
                "name": "alnreader",
                "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
        },
        "components": [_entry(part) for part in parts],
        "dependencies": [{"ref": "alnreader", "dependsOn": sorted({part.reference for part in parts})}],
    }
    target.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _entry(part: Component) -> dict[str, object]:
    entry: dict[str, object] = {
        "type": part.role,
        "bom-ref": part.reference,
        "name": part.name,
        "purl": part.purl,
    }
    if part.version:
        entry["version"] = part.version
    if part.cpe and part.version:
        entry["cpe"] = f"cpe:2.3:a:{part.cpe}:{part.version}:*:*:*:*:*:*:*"
    if part.licence:
        entry["licenses"] = [_licence_entry(part.licence)]
    if part.origin:
        entry["externalReferences"] = [{"type": "source-distribution", "url": part.origin}]
    if part.within:
        entry["properties"] = [{"name": "alnreader:within", "value": part.within}]
    files: list[dict[str, object]] = [
        {"type": "file", "bom-ref": f"file:{place}", "name": f"lib/{place}", "hashes": [_sum(file)]}
        for place, file in part.files
    ]
    if files or part.linked:
        entry["components"] = files + part.linked
    if len(part.files) == 1:
        entry["hashes"] = [_sum(part.files[0][1])]
    return entry


def _licence_entry(words: str) -> dict[str, object]:
    known = _SPDX.get(words.lower(), words)
    try:
        expression = canonicalize_license_expression(known)
    except InvalidLicenseExpression:
        return {"license": {"name": words}}
    if re.fullmatch(r"(?!LicenseRef)[\w.+-]+", expression):
        return {"license": {"id": expression}}
    return {"expression": expression}


def _sum(file: Path) -> dict[str, str]:
    with file.open("rb") as stream:
        return {"alg": "SHA-256", "content": hashlib.file_digest(stream, "sha256").hexdigest()}
