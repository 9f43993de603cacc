"""The list of contents and the licences of the frozen program have no gap."""

from __future__ import annotations

import hashlib
import importlib
import json
import shutil
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("PyInstaller")

ROOT = Path(__file__).resolve().parents[2]
OWN = ROOT / "packaging" / "licences"


def _module(name: str) -> ModuleType:
    folder = str(ROOT / "packaging" / "frozen")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module(name)


inventory, licences, sbom, vendored = (_module(n) for n in ("inventory", "licences", "sbom", "vendored"))


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A small frozen folder with real libraries, metadata, model and fonts."""
    folder = tmp_path / "alnreader" / "lib"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "LICENSE", folder)
    for name in (
        "opencv-python-headless",
        "python-gdcm",
        "pyjpegls",
        "numpy",
        "pypdfium2",
        "tokenizers",
        "pillow",
    ):
        distribution = metadata.distribution(name)
        for file in distribution.files or ():
            place = file.as_posix()
            small = any(
                part in place
                for part in (
                    "libavutil-",
                    "libswresample-",
                    "libssl-",
                    "libgdcmzlib.",
                    "_CharLS",
                    "libquadmath-",
                    "libXau-",
                    "libtiff-",
                    "libopenjp2-",
                    "libgdcmopenjp2",
                )
            )
            if small or ".dist-info/" in place:
                target = folder / place
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(distribution.locate_file(file)), target)
    shutil.copytree(ROOT / "models", folder / "models")
    shutil.copytree(ROOT / "resources" / "fonts", folder / "resources" / "fonts")
    return folder


def parts_of(library: Path) -> list[object]:
    found: list[object] = inventory.everything(library, {}, {}, OWN)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="the names of the libraries are those of Linux")
def test_every_library_is_somebodys_with_version_sum_and_text(library: Path, tmp_path: Path) -> None:
    parts = parts_of(library)
    target = tmp_path / "licences"
    licences.write(target, library, parts, OWN)
    sbom.write(target / "sbom.cdx.json", parts, "1.0")
    listed = json.loads((target / "sbom.cdx.json").read_text(encoding="utf-8"))["components"]
    by_name = {(entry["name"], entry["version"]) for entry in listed if "version" in entry}
    names = {entry["name"] for entry in listed}
    versions = dict(by_name)
    assert versions["OpenSSL"] == "1.1.1k"
    assert versions["FFmpeg"].count(".") >= 1
    assert {"libquadmath", "OpenJPEG", "OpenJPEG (GDCM)", "zlib (GDCM)", "libtiff", "libXau"} <= names
    assert {"pyinstaller", "python", "demo-b0", "Open Sans"} <= names
    summed = {
        inner["name"]: inner["hashes"][0]["content"]
        for entry in listed
        for inner in entry.get("components", ())
        if inner["type"] == "file"
    }
    for place in inventory.libraries(library):
        assert summed[f"lib/{place}"] == hashlib.sha256((library / place).read_bytes()).hexdigest()
    for part in parts:
        assert any((target / "texts" / part.folder).iterdir()), part.name
    references = [entry["bom-ref"] for entry in listed]
    assert len(references) == len(set(references))
    crates = next(entry for entry in listed if entry["name"] == "tokenizers")["components"]
    assert any(str(inner.get("purl", "")).startswith("pkg:cargo/") for inner in crates)
    ffmpeg = next(entry for entry in listed if entry["name"] == "FFmpeg")
    assert ffmpeg["licenses"] == [{"license": {"id": "LGPL-2.1-or-later"}}]
    assert ffmpeg["externalReferences"][0]["url"].endswith(f"ffmpeg-{ffmpeg['version']}.tar.xz")


@pytest.mark.parametrize(
    "place", ["numpy.libs/libunknown-1234abcd.so.1", "libnobody.so.7", "torch/lib/libnew.so"]
)
def test_a_library_of_nobody_is_named(library: Path, place: str) -> None:
    (library / place).parent.mkdir(parents=True, exist_ok=True)
    (library / place).write_bytes(b"\x7fELF")
    with pytest.raises(sbom.ContentsError, match=Path(place).name):
        parts_of(library)


def test_a_component_without_a_text_is_named(library: Path, tmp_path: Path) -> None:
    info = library / "textless-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: textless\nVersion: 1.0\n", encoding="utf-8")
    with pytest.raises(sbom.ContentsError, match="textless"):
        licences.write(tmp_path / "licences", library, parts_of(library), OWN)


@pytest.mark.skipif(
    not Path("/usr/share/common-licenses/GPL-2").is_file(), reason="Debian's folder of licences"
)
def test_the_common_texts_that_debian_points_at_lie_beside(library: Path, tmp_path: Path) -> None:
    pointing = tmp_path / "copyright"
    pointing.write_text("The text is in /usr/share/common-licenses/GPL-2.\n", encoding="utf-8")
    part = sbom.Component("deb", "libpointing", "1", "GPL-2", (pointing,))
    licences.write(tmp_path / "licences", library, [part], OWN)
    assert "GNU GENERAL PUBLIC LICENSE" in (tmp_path / "licences" / "common-licenses" / "GPL-2").read_text()
    pointing.write_text("/usr/share/common-licenses/NoSuch-1\n", encoding="utf-8")
    with pytest.raises(sbom.ContentsError, match="NoSuch-1"):
        licences.write(tmp_path / "licences", library, [part], OWN)


def test_every_text_of_the_tables_is_kept() -> None:
    names = {name for row in vendored.LIBRARIES for name in row.texts} - {vendored.WHEEL}
    names |= {name for files in inventory.LACKING.values() for name in files}
    assert [name for name in sorted(names) if not (OWN / "texts" / name).is_file()] == []
