"""The licences of everything in the frozen program, gathered into its folder `licences`."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from sbom import Component

_RULE = "\n" + "-" * 100 + "\n"

# Libraries inside wheels whose own packages ship no text of them.
_INSIDE = (
    ("Qt", "PySide6", "LGPL-3.0 (NOTICE-Qt.txt)"),
    ("FFmpeg", "opencv", "LGPL-2.1 or later"),
    ("PDFium", "pypdfium2", "BSD-3-Clause, Apache-2.0"),
    ("OpenBLAS, libgfortran", "numpy scipy opencv", "BSD-3-Clause; GPL-3.0 with GCC runtime exception"),
)


def binaries(listed: Path) -> list[Path]:
    """Return the files on this machine that the frozen program's binaries came from."""
    entries = json.loads(listed.read_text(encoding="utf-8"))["binaries"]
    return [Path(source) for _, source, kind in entries if kind != "SYMLINK"]


def system_packages(sources: list[Path]) -> list[Component]:
    """Return the Debian packages that libraries were taken from; none on other systems."""
    if sys.platform != "linux" or shutil.which("dpkg-query") is None:
        return []
    found: dict[str, Component] = {}
    for source in sources:
        if not str(source).startswith(("/lib/", "/usr/lib/")):
            continue
        name = _owner(source)
        if not name or name in found:
            continue
        shown = _query("-W", "-f=${Version}", name)
        copyright_file = Path("/usr/share/doc") / name.split(":")[0] / "copyright"
        texts = (copyright_file,) if copyright_file.is_file() else ()
        found[name] = Component("deb", name.split(":")[0], shown.strip(), _named(copyright_file), texts)
    return [found[name] for name in sorted(found)]


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
    """Write the texts of all components, the GNU licences they speak of, and one list of all."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for file in sorted(own.iterdir()):
        shutil.copy(file, target / file.name)
    shutil.copy(library / "LICENSE", target / "ALN-Reader-Apache-2.0.txt")
    lines = ["What ALN Reader is made from, and under which licences. Texts lie in the folder texts.\n\n"]
    for part in parts:
        source = " (Debian)" if part.kind == "deb" else ""
        lines.append(f"{part.name} {part.version}{source}: {part.licence or 'see its text'}\n")
        for number, text in enumerate(part.texts, start=1):
            folder = target / "texts" / part.name
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(text, folder / (text.name if number == 1 else f"{number}-{text.name}"))
    lines.append(_RULE + "Inside these, as shared libraries:\n\n")
    lines += [f"{name} (in {where}): {licence}\n" for name, where, licence in _INSIDE]
    lines.append(_RULE + "Fonts and icons: resources/fonts/README.md, resources/icons/README.md in lib.\n")
    (target / "THIRD-PARTY.txt").write_text("".join(lines), encoding="utf-8")
