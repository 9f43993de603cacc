"""Refuse packages with known flaws, without the network: part of ``make check``.

Compared with ``advisories.json``: what is installed, what ``constraints.txt`` pins, and the lowest versions
that ``pyproject.toml`` allows. The list is kept by hand, and says nothing of flaws that it does not name; one
that nobody has looked through for `LONGEST_DAYS` is refused. With a network, ``pip-audit`` knows more.
"""

from __future__ import annotations

import argparse
import ast
import importlib.metadata
import json
import re
import sys
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

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
    """Return the version that each line names; 0 where it pins none."""
    found = {}
    for line in constraints.read_text("utf-8").splitlines():
        text = re.split(r"(?:^|\s)#|\s--hash", line)[0].strip()
        if not text or text.startswith("-"):
            continue
        requirement = Requirement(text)
        found[normal(requirement.name)] = max(
            (Version(one.version) for one in requirement.specifier if one.operator == "=="),
            default=Version("0"),
        )
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


def uses(module: str, root: Path = ROOT) -> list[str]:
    """Return the sources of the program that import or name a module that an accepted flaw is in."""
    package, _, name = module.rpartition(".")
    found = []
    for path in sorted((root / "alnreader").rglob("*.py")):
        text = path.read_text("utf-8")
        by_from = any(
            isinstance(node, ast.ImportFrom)
            and node.module == package
            and any(alias.name in (name, "*") for alias in node.names)
            for node in ast.walk(ast.parse(text))
        )
        if by_from or module in text:
            found.append(path.relative_to(root).as_posix())
    return found


def wrong_list(known: dict[str, Any], versions: list[dict[str, Version]], today: date) -> list[str]:
    """Return what is wrong with the list itself: a check against it would say nothing."""
    faults = []
    age = (today - date.fromisoformat(known["as_of"])).days
    if age > LONGEST_DAYS:
        faults.append(
            f"packaging/advisories.json is {age} days old: look through the advisories of the packages in "
            "constraints.txt (pip-audit -r packaging/constraints.txt helps), add what is missing, set as_of."
        )
    if age < 0:
        faults.append(f"packaging/advisories.json is of {known['as_of']}, which has not come yet.")
    if not known["advisories"]:
        faults.append("packaging/advisories.json names no advisory.")
    have = {name for one in versions for name in one}
    for name in sorted({advisory["package"] for advisory in known["advisories"]}):
        if normal(name) not in have:
            faults.append(
                f"packaging/advisories.json: {name} is neither installed, pinned nor allowed: a slip?"
            )
    for accepted in known["accepted"]:
        found = [one[normal(accepted["package"])] for one in versions if normal(accepted["package"]) in one]
        if not found or max(found) > Version(accepted["up_to"]):
            faults.append(
                f"{accepted['id']} is accepted up to {accepted['package']} {accepted['up_to']}, which is not "
                "the newest here: look whether it is mended."
            )
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description="Refuse packages with known flaws.")
    parser.add_argument("--constraints", type=Path, default=ROOT / "packaging" / "constraints.txt")
    parser.add_argument("--project", type=Path, default=ROOT / "pyproject.toml")
    parser.add_argument("--list", type=Path, default=ROOT / "packaging" / "advisories.json")
    parser.add_argument("--today", type=date.fromisoformat, default=date.today())
    options = parser.parse_args()
    known = json.loads(options.list.read_text("utf-8"))
    places = {
        "installed": installed(),
        "pinned": pinned(options.constraints),
        "allowed": allowed(options.project),
    }
    faults = wrong_list(known, [*places.values()], options.today)
    for where, versions in places.items():
        for advisory in known["advisories"]:
            version = versions.get(normal(advisory["package"]))
            if version is not None and version < Version(advisory["fixed"]):
                flaw = f"{advisory['id']}, fixed in {advisory['fixed']}"
                faults.append(f"{advisory['package']} {version} ({where}): {flaw}")
    for accepted in known["accepted"]:
        faults += [f"{path} uses {accepted['unused']}: {accepted['id']}" for path in uses(accepted["unused"])]
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
