"""The licences of everything in the frozen program, gathered into its folder `licences`."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from sbom import Component, ContentsError

_COMMON = Path("/usr/share/common-licenses")
_NAMED = re.compile(rf"{_COMMON}/([A-Za-z0-9][A-Za-z0-9.-]*[A-Za-z0-9])")


def binaries(listed: Path) -> dict[str, str]:
    """Return, for each binary by its place in the program, the file on this machine that it came from."""
    entries = json.loads(listed.read_text(encoding="utf-8"))["binaries"]
    return {place.replace("\\", "/"): source for place, source, kind in entries if kind != "SYMLINK"}


def system_packages(sources: list[str]) -> dict[str, Component]:
    """Return the Debian package of each file that was taken from one; none on other systems."""
    if sys.platform != "linux" or shutil.which("dpkg-query") is None:
        return {}
    known: dict[str, Component] = {}
    found: dict[str, Component] = {}
    for source in sources:
        if not source.startswith(("/lib/", "/usr/lib/")):
            continue
        name = _owner(Path(source)).split(":")[0]
        if not name:
            continue
        if name not in known:
            shown = _query("-W", "-f=${Version}\\n", name).splitlines()[0]
            copyright_file = Path("/usr/share/doc") / name / "copyright"
            texts = (copyright_file,) if copyright_file.is_file() else ()
            known[name] = Component("deb", name, shown.strip(), _named(copyright_file), texts)
        found[source] = known[name]
    return found


def _owner(source: Path) -> str:
    """Return the package of a file, which dpkg may know under /lib or /usr/lib."""
    real = source.resolve()
    names = {str(path) for path in (source, real)}
    names |= {name.removeprefix("/usr") for name in names}
    for name in sorted(names):
        shown = _query("-S", name)
        if shown:
            return shown.split(": ")[0].split(",")[0].strip()
    return ""


def _query(*arguments: str) -> str:
    done = subprocess.run(["dpkg-query", *arguments], capture_output=True, text=True, check=False)
    return done.stdout


def _named(copyright_file: Path) -> str:
    if not copyright_file.is_file():
        return ""
    text = copyright_file.read_text(encoding="utf-8", errors="replace")
    names = sorted(set(re.findall(r"^License:\s*(\S.*)$", text, re.M)))
    return ", ".join(names) if names else "see its copyright file"


def write(target: Path, library: Path, parts: list[Component], own: Path) -> None:
    """Write the texts of all components, the common ones that they point at, and one list of all.

    Raises
    ------
    ContentsError
        Naming each component that has no text, and each common text that this machine lacks.
    """
    bare = [part.folder for part in parts if not any(text.is_file() for text in part.texts)]
    if bare:
        raise ContentsError(
            f"no licence text (packaging/licences/texts keeps those that lack): {', '.join(bare)}"
        )
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for file in sorted(path for path in own.iterdir() if path.is_file()):
        shutil.copy(file, target / file.name)
    shutil.copy(library / "LICENSE", target / "ALN-Reader-Apache-2.0.txt")
    lines = [
        "What ALN Reader is made from, and under which licences. Texts lie in the folder texts under the "
        "same name;\n"
        f"those that Debian's files point at in {_COMMON} lie in common-licenses.\n\n"
    ]
    common: set[str] = set()
    for part in parts:
        source = " (Debian)" if part.kind == "deb" else f" (in {part.within})" if part.within else ""
        name = f"{part.name} {part.version}".rstrip()
        origin = f", source: {part.origin}" if part.origin else ""
        lines.append(f"{name}{source}: {part.licence or 'see its text'}{origin}\n")
        for number, text in enumerate(part.texts, start=1):
            folder = target / "texts" / part.folder
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(text, folder / (text.name if number == 1 else f"{number}-{text.name}"))
            if part.kind == "deb":
                common |= set(_NAMED.findall(text.read_text(encoding="utf-8", errors="replace")))
    _copy_common(target / "common-licenses", common)
    (target / "THIRD-PARTY.txt").write_text("".join(lines), encoding="utf-8")


def _copy_common(target: Path, names: set[str]) -> None:
    if absent := sorted(name for name in names if not (_COMMON / name).is_file()):
        raise ContentsError(f"{_COMMON} lacks what copyright files point at: {', '.join(absent)}")
    for name in sorted(names):
        target.mkdir(exist_ok=True)
        shutil.copy(_COMMON / name, target / name)
