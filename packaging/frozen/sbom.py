"""The list of everything in the frozen program, as CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/)."""

from __future__ import annotations

import json
import platform
import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path


@dataclass(frozen=True)
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
    """

    kind: str
    name: str
    version: str
    licence: str = ""
    texts: tuple[Path, ...] = field(default=())

    @property
    def purl(self) -> str:
        """Package URL: what vulnerability scanners look it up by."""
        name = re.sub(r"[-_.]+", "-", self.name).lower() if self.kind == "pypi" else self.name
        space = "debian/" if self.kind == "deb" else ""
        version = self.version.replace("+", "%2B")
        return f"pkg:{self.kind}/{space}{name}@{version}"


def components(library: Path, system: list[Component]) -> list[Component]:
    """Return what the frozen program holds: distributions by their metadata in it, and system libraries."""
    found = [Component("generic", "python", platform.python_version(), "PSF-2.0")]
    for info in sorted(library.glob("*.dist-info")):
        distribution = metadata.PathDistribution(info)
        fields = distribution.metadata
        texts = tuple(sorted(path for path in info.rglob("*") if path.is_file() and _is_licence(path, info)))
        found.append(Component("pypi", fields["Name"], fields["Version"], _licence(fields), texts))
    return found + system


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
        "dependencies": [{"ref": "alnreader", "dependsOn": sorted({part.purl for part in parts})}],
    }
    target.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _entry(part: Component) -> dict[str, object]:
    entry: dict[str, object] = {
        "type": "library",
        "bom-ref": part.purl,
        "name": part.name,
        "version": part.version,
        "purl": part.purl,
    }
    if part.licence:
        entry["licenses"] = [{"license": {"name": part.licence}}]
    return entry
