"""Refuse packages with known flaws, without the network: part of ``make check``.

Compared with ``advisories.json``: what is installed, what ``constraints.txt`` pins, and the lowest versions
that ``pyproject.toml`` allows. With a network, ``pip-audit`` knows more.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def installed() -> dict[str, Version]:
    found = {}
    for distribution in importlib.metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found[normal(name)] = Version(distribution.version)
    return found


def pinned(constraints: Path) -> dict[str, Version]:
    found = {}
    for line in constraints.read_text("utf-8").splitlines():
        name, equal, version = line.partition("#")[0].strip().partition("==")
        if equal:
            found[normal(name)] = Version(version)
    return found


def allowed(project: Path) -> dict[str, Version]:
    """Return the lowest version of each dependency that may be installed."""
    found = {}
    for line in tomllib.loads(project.read_text("utf-8"))["project"]["dependencies"]:
        requirement = Requirement(line)
        lowest = [Version(spec.version) for spec in requirement.specifier if spec.operator in (">=", "==")]
        found[normal(requirement.name)] = max(lowest, default=Version("0"))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Refuse packages with known flaws.")
    parser.add_argument("--constraints", type=Path, default=ROOT / "packaging" / "constraints.txt")
    parser.add_argument("--project", type=Path, default=ROOT / "pyproject.toml")
    options = parser.parse_args()
    known = json.loads((ROOT / "packaging" / "advisories.json").read_text("utf-8"))
    faults = []
    for where, versions in (
        ("installed", installed()),
        ("pinned", pinned(options.constraints)),
        ("allowed", allowed(options.project)),
    ):
        for advisory in known["advisories"]:
            version = versions.get(normal(advisory["package"]))
            if version is not None and version < Version(advisory["fixed"]):
                flaw = f"{advisory['id']}, fixed in {advisory['fixed']}"
                faults.append(f"{advisory['package']} {version} ({where}): {flaw}")
    for fault in faults:
        print(fault)
    if not faults:
        count = len(known["advisories"])
        print(f"No known flaws among the packages (list of {known['as_of']}, {count} entries).")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
