"""Whose every shared library of the frozen program is, and what else of others lies in it."""

from __future__ import annotations

import json
import re
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

import vendored
from sbom import Component, ContentsError, components

_LIBRARY = re.compile(r"\.(so|dylib|dll|pyd)(\.\w+)*$")
_ELF = b"\x7fELF"

LACKING = {
    "pyjpegls": ("pyjpegls.txt", "CharLS.txt"),
    "tokenizers": ("Apache-2.0.txt",),
    "PySide6_Essentials": ("../LGPL-3.0.txt", "../GPL-3.0.txt"),
    "shiboken6": ("../LGPL-3.0.txt", "../GPL-3.0.txt"),
}
"""Distributions whose wheels bring no licence text, with the files of packaging/licences/texts."""

_NOT_BUILT_IN = {"libimagequant", "FriBiDi", "libjpeg / libjpeg-turbo"}
"""Named by Pillow: the first is no part of its wheels (`features.check`), the second is the system's."""

_DATA = (
    (
        "DejaVu fonts",
        "2.35",
        "Bitstream-Vera",
        "matplotlib/mpl-data/fonts/ttf/DejaVu*.ttf",
        "matplotlib/mpl-data/fonts/ttf/LICENSE_DEJAVU",
    ),
    (
        "STIX fonts",
        "1.0.0",
        "OFL-1.1",
        "matplotlib/mpl-data/fonts/ttf/STIX*.ttf",
        "matplotlib/mpl-data/fonts/ttf/LICENSE_STIX",
    ),
    (
        "Open Sans",
        "1.11",
        "Apache-2.0",
        "resources/fonts/OpenSans-*.ttf",
        "resources/fonts/LICENSE-Apache-2.0.txt",
    ),
    (
        "Droid Sans Fallback",
        "6.0.1r16",
        "Apache-2.0",
        "resources/fonts/Droid*.ttf",
        "resources/fonts/LICENSE-Apache-2.0.txt",
    ),
    ("Lucide icons", "1.62.0", "ISC", "resources/icons/*.svg", "resources/icons/LICENSE-ISC.txt"),
)


def libraries(library: Path) -> list[str]:
    """Return the places of all shared libraries, by their names or first bytes; links are left out."""
    return [
        path.relative_to(library).as_posix()
        for path in sorted(library.rglob("*"))
        if path.is_file() and not path.is_symlink() and (_LIBRARY.search(path.name) or _is_elf(path))
    ]


def _is_elf(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(_ELF)) == _ELF


def everything(
    library: Path, sources: dict[str, str], system: dict[str, Component], own: Path
) -> list[Component]:
    """Return all that the frozen program holds of others.

    Parameters
    ----------
    library
        The folder `lib` of the frozen program.
    sources
        Place in it -> file on this machine that PyInstaller took it from.
    system
        File on this machine -> package of the system.
    own
        packaging/licences.

    Raises
    ------
    ContentsError
        Naming each shared library that belongs to nothing known.
    """
    texts = own / "texts"
    found = {part.name: part for part in components(library)}
    for name, files in LACKING.items():
        if name in found and not found[name].texts:
            found[name].texts = tuple(texts / file for file in files)
    python = found["python"]
    python.texts = tuple(path for path in _python_texts() if path.is_file())[:1]
    owners = _owners()
    inside: dict[tuple[str, str, str], Component] = {}
    packages: dict[str, Component] = {}
    unknown = []
    for place in libraries(library):
        file, source = library / place, sources.get(place, "")
        if source in system:
            part = packages.setdefault(system[source].name, system[source])
        elif (row := vendored.of(place)) and (wheel := found.get(owners.get(place, ""))):
            version = _version(row, file, library, wheel.name)
            part = _inside(inside, row, version, wheel, texts)
        elif wheel := found.get(owners.get(place, "")):
            if not vendored.is_own(place):
                unknown.append(place)
                continue
            part = wheel
        elif _of_python(place, source):
            part = python
        else:
            unknown.append(place)
            continue
        part.files.append((place, file))
    if unknown:
        raise ContentsError(
            "shared libraries of nobody known (packaging/frozen/vendored.py says whose they are): "
            + ", ".join(unknown)
        )
    for info in sorted(library.glob("*.dist-info")):
        found[str(metadata.PathDistribution(info).metadata["Name"])].linked.extend(_linked(info))
    parts = [*found.values(), *_whole(inside), *_data(library), *_models(library), _boot_loader()]
    return parts + [packages[name] for name in sorted(packages)]


@cache
def _owners() -> dict[str, str]:
    """Return which installed distribution each file came with."""
    return {
        file.as_posix(): str(distribution.metadata["Name"])
        for distribution in metadata.distributions()
        for file in distribution.files or ()
    }


def _of_python(place: str, source: str) -> bool:
    name = place.rsplit("/", 1)[-1].lower()
    beside = source.startswith(str(Path(sys.base_prefix))) and Path(sys.base_prefix) != Path("/usr")
    return beside or "/lib-dynload/" in place or name.startswith(("libpython3", "python3"))


def _python_texts() -> list[Path]:
    base = Path(sys.base_prefix)
    minor = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return [
        base / "lib" / minor / "LICENSE.txt",
        base / "LICENSE.txt",
        Path("/usr/share/doc") / minor / "copyright",
        Path("/usr/share/doc") / f"lib{minor}-stdlib" / "copyright",
    ]


def _inside(
    inside: dict[tuple[str, str, str], Component],
    row: vendored.Library,
    version: str,
    wheel: Component,
    texts: Path,
) -> Component:
    key = (row.name, version, wheel.name)
    if key not in inside:
        files: list[Path] = []
        for name in row.texts:
            files += wheel.texts if name == vendored.WHEEL else [texts / name]
        inside[key] = Component(
            "generic",
            row.name,
            version,
            row.licence,
            tuple(files),
            within=wheel.name,
            cpe=row.cpe,
            source=row.source,
        )
    return inside[key]


def _whole(inside: dict[tuple[str, str, str], Component]) -> list[Component]:
    """Let the files that do not tell their version have that of the others of their project and wheel."""
    for (name, version, wheel), part in list(inside.items()):
        others = [key for key in inside if key[0] == name and key[2] == wheel and key[1]]
        if not version and len(others) == 1:
            inside[others[0]].files.extend(part.files)
            del inside[(name, version, wheel)]
    return [inside[key] for key in sorted(inside)]


def _version(row: vendored.Library, file: Path, library: Path, wheel: str) -> str:
    if row.name == "PDFium":
        told = file.with_name("version.json")
        numbers = json.loads(told.read_text(encoding="utf-8")) if told.is_file() else {}
        return ".".join(str(numbers[key]) for key in ("major", "minor", "build", "patch") if key in numbers)
    if row.version and (match := re.search(row.version, file.read_bytes())):
        return match[1].decode("ascii").rstrip(".")
    if row.told:
        for told in sorted(library.glob(f"{wheel.replace('-', '_')}-*.dist-info/sboms/*.json")):
            for entry in json.loads(told.read_text(encoding="utf-8")).get("components", ()):
                if entry["name"] == row.told and entry.get("version"):
                    return str(entry["version"])
    if row.suffix and (match := re.search(r"\.so\.([\d.]+)$|\.([\d.]+)\.dylib$", file.name)):
        return match[1] or match[2]
    return ""


def _linked(info: Path) -> list[dict[str, object]]:
    """Return what a wheel says is linked into its own libraries: Rust crates, OpenSSL in cryptography."""
    known = {row.told for row in vendored.LIBRARIES} | _NOT_BUILT_IN
    entries = {}
    for told in sorted(info.glob("sboms/*.json")):
        if told.name.startswith("auditwheel"):
            continue
        for entry in json.loads(told.read_text(encoding="utf-8")).get("components", ()):
            purl = str(entry.get("purl", "")).split("?")[0]
            if entry["name"] in known or purl.startswith("pkg:pypi/"):
                continue
            kept = {
                key: entry[key] for key in ("type", "name", "version", "licenses", "hashes") if entry.get(key)
            }
            reference = purl or f"{entry['name']}@{entry.get('version', '')}"
            entries[reference] = (
                kept | {"bom-ref": f"{info.name}#{reference}"} | ({"purl": purl} if purl else {})
            )
    return list(entries.values())


def _data(library: Path) -> list[Component]:
    parts = []
    for name, version, licence, pattern, text in _DATA:
        files = sorted(library.glob(pattern))
        if files:
            texts = (library / text,) if (library / text).is_file() else ()
            part = Component("generic", name, version, licence, texts, role="data")
            part.files += [(file.relative_to(library).as_posix(), file) for file in files]
            parts.append(part)
    return parts


def _models(library: Path) -> list[Component]:
    parts = []
    for card in sorted(library.glob("models/*/card.json")):
        told = json.loads(card.read_text(encoding="utf-8"))
        texts = (library / "LICENSE",) if (library / "LICENSE").is_file() else ()
        part = Component(
            "generic",
            str(told["name"]),
            str(told["version"]),
            str(told.get("licence", "")),
            texts,
            role="machine-learning-model",
        )
        part.files += [
            (f.relative_to(library).as_posix(), f) for f in sorted(card.parent.iterdir()) if f.is_file()
        ]
        parts.append(part)
    return parts


def _boot_loader() -> Component:
    """Return the start of the executable, which PyInstaller puts before the program."""
    try:
        distribution = metadata.distribution("pyinstaller")
    except metadata.PackageNotFoundError as error:
        raise ContentsError("PyInstaller is missing: packaging/bootstrap.sh package") from error
    texts = [
        Path(str(distribution.locate_file(f))) for f in distribution.files or () if f.name == "COPYING.txt"
    ]
    licence = "GPL-2.0-or-later WITH Bootloader-exception AND Apache-2.0"
    return Component("pypi", "pyinstaller", distribution.version, licence, tuple(texts))
