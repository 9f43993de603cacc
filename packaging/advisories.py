"""Refuse packages with known flaws, without the network: part of ``make check``.

Compared with ``advisories.json``: what is installed, what ``constraints.txt`` pins, and the lowest versions
that ``pyproject.toml`` allows. The list is kept by hand, and says nothing of flaws that it does not name; one
that nobody has looked through for `LONGEST_DAYS` is refused. With a network, ``pip-audit`` knows more.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import re
import sys
import tomllib
from datetime import date
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent

LONGEST_DAYS = 180
"""A list that is older is none: most packages here have had a flaw mended within half a year."""


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
    content = tomllib.loads(project.read_text("utf-8"))["project"]
    optional = [line for group in content.get("optional-dependencies", {}).values() for line in group]
    for line in (*content["dependencies"], *optional):
        requirement = Requirement(line)
        lowest = [Version(spec.version) for spec in requirement.specifier if spec.operator in (">=", "==")]
        found[normal(requirement.name)] = max(lowest, default=Version("0"))
    return found


def uses(module: str) -> list[str]:
    """Return the sources of the program that name a module that an accepted flaw is in."""
    return [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "alnreader").rglob("*.py"))
        if module in path.read_text("utf-8")
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description="Refuse packages with known flaws.")
    parser.add_argument("--constraints", type=Path, default=ROOT / "packaging" / "constraints.txt")
    parser.add_argument("--project", type=Path, default=ROOT / "pyproject.toml")
    parser.add_argument("--today", type=date.fromisoformat, default=date.today())
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
    for accepted in known["accepted"]:
        faults += [f"{path} uses {accepted['unused']}: {accepted['id']}" for path in uses(accepted["unused"])]
    age = (options.today - date.fromisoformat(known["as_of"])).days
    if age > LONGEST_DAYS:
        faults.append(
            f"packaging/advisories.json is {age} days old: look through the advisories of the packages in "
            "constraints.txt (pip-audit -r packaging/constraints.txt helps), add what is missing, set as_of."
        )
    for fault in faults:
        print(fault)
    if not faults:
        count = len(known["advisories"])
        print(
            f"None of the {count} listed flaws in what is installed, pinned and allowed; the list is of "
            f"{known['as_of']}, kept by hand. Flaws that it does not name were not looked for."
        )
        for accepted in known["accepted"]:
            print(f"Accepted: {accepted['package']} {accepted['id']}. {accepted['why']}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
