"""The Debian package of the frozen program."""

from __future__ import annotations

import gzip
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
XZ_PRESET = 1
"""Of the archives: 2 takes twice as long for 4 % less, 0 half as long for 9 % more (docs/packaging.md)."""

ICON_SIZES = (16, 24, 32, 48, 64, 128, 256, 512)

DEPENDS = (
    "libc6 (>= {glibc})",
    "libgl1",
    "libegl1",
    "libglib2.0-0 | libglib2.0-0t64",
    "libfontconfig1",
    "libdbus-1-3",
    "libxkbcommon0",
    "libxkbcommon-x11-0",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-keysyms1",
    "libxcb-shape0",
    "shared-mime-info",
    "desktop-file-utils",
    "hicolor-icon-theme",
)
"""What Qt opens on a display and does not bring: bootstrap.sh has the list too; Debian's, Ubuntu's names."""

_CONTROL = """Package: alnreader
Version: {version}
Architecture: {architecture}
Maintainer: ALN Reader maintainers <maintainers@alnreader.invalid>
Installed-Size: {size}
Depends: {depends}
Section: science
Priority: optional
Description: second reader for axillary lymph nodes on breast ultrasound
 Reads breast ultrasound in DICOM, marks tumour and lymph node, and gives a
 probability of metastasis with the regions that speak for it. It shows its
 answer only after the reader has given one.
 .
 The package brings everything it needs, the model included, and does not use
 the network.
"""

# Menu, MIME types and icons are brought up to date by the triggers of the packages that own those caches;
# where they have none, these calls do it. What a user has read stays in the user's home.
_AFTER = """#!/bin/sh
set -e
icons=/usr/share/icons/hicolor
update_caches() {{
    ! command -v update-mime-database >/dev/null || update-mime-database /usr/share/mime || true
    ! command -v update-desktop-database >/dev/null || update-desktop-database -q || true
    ! command -v gtk-update-icon-cache >/dev/null || gtk-update-icon-cache -qtf "$icons" || true
}}
case "$1" in {when}) update_caches ;; esac
exit 0
"""


def build(frozen: Path, dist: Path, work: Path, version: str, epoch: int) -> Path:
    """Make the package from the frozen folder.

    Parameters
    ----------
    frozen
        The frozen program.
    dist
        Where the package goes.
    work
        Made anew; its tree stays for inspection.
    epoch
        Time of every file in it, seconds since 1970.
    """
    shutil.rmtree(work, ignore_errors=True)
    root = work / "root"
    program = root / "usr" / "lib" / "alnreader"
    program.parent.mkdir(parents=True)
    # Hard links where they can be: the tree is a gigabyte.
    if frozen.stat().st_dev == work.stat().st_dev:
        subprocess.run(["cp", "-al", str(frozen), str(program)], check=True)
    else:
        shutil.copytree(frozen, program, symlinks=True)
    commands = root / "usr" / "bin"
    commands.mkdir(parents=True)
    for name in ("alnreader", "alnreader-gui"):
        (commands / name).symlink_to(f"../lib/alnreader/{name}")
    share = root / "usr" / "share"
    _put(HERE / "alnreader.desktop", share / "applications" / "alnreader.desktop")
    _put(HERE / "alnreader-mime.xml", share / "mime" / "packages" / "alnreader.xml")
    _put(HERE / "alnreader.metainfo.xml", share / "metainfo" / "io.github.alnreader.metainfo.xml")
    _icons(share / "icons" / "hicolor")
    date = datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d")
    for page in ("alnreader.1", "alnreader-gui.1"):
        text = (HERE / page).read_text(encoding="utf-8").replace("@DATE@", date).replace("@VERSION@", version)
        place = share / "man" / "man1" / f"{page}.gz"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(gzip.compress(text.encode(), mtime=epoch))
    documents = share / "doc" / "alnreader"
    _put(HERE / "copyright", documents / "copyright")
    (documents / "licences").symlink_to("../../../lib/alnreader/licences")
    changes = f"alnreader ({version}) unstable; urgency=medium\n\n  * See CHANGELOG.md in the sources.\n\n"
    changes += " -- ALN Reader maintainers <maintainers@alnreader.invalid>  "
    changes += datetime.fromtimestamp(epoch, UTC).strftime("%a, %d %b %Y %H:%M:%S +0000") + "\n"
    (documents / "changelog.gz").write_bytes(gzip.compress(changes.encode(), mtime=epoch))
    architecture = _output("dpkg", "--print-architecture")
    control = root / "DEBIAN"
    control.mkdir()
    size = sum(path.lstat().st_size for path in root.rglob("*") if not path.is_dir()) // 1024
    depends = ", ".join(DEPENDS).format(glibc=platform.libc_ver()[1])
    text = _CONTROL.format(version=version, architecture=architecture, size=size, depends=depends)
    (control / "control").write_text(text, encoding="utf-8")
    for name, when in (("postinst", "configure"), ("postrm", "remove|purge|upgrade")):
        (control / name).write_text(_AFTER.format(when=when), encoding="utf-8")
        (control / name).chmod(0o755)
    _checksums(root, control / "md5sums")
    target = dist / f"alnreader_{version}_{architecture}.deb"
    command = ["dpkg-deb", "--root-owner-group", "-Zxz", f"-z{XZ_PRESET}", "--build", str(root), str(target)]
    subprocess.run(command, check=True, env={"SOURCE_DATE_EPOCH": str(epoch), "PATH": "/usr/bin:/bin"})
    return target


def _put(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o644)


def _icons(theme: Path) -> None:
    """Put the icon of the program, and the same for its case files, in every size that desktops ask for."""
    drawing = HERE.parent / "icons" / "alnreader.svg"
    _put(drawing, theme / "scalable" / "apps" / "alnreader.svg")
    _put(drawing, theme / "scalable" / "mimetypes" / "application-x-alnreader-case.svg")
    for size in ICON_SIZES:
        picture = HERE.parent / "icons" / f"alnreader-{size}.png"
        _put(picture, theme / f"{size}x{size}" / "apps" / "alnreader.png")


def _is_payload(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and "DEBIAN" not in path.parts


def _checksums(root: Path, target: Path) -> None:
    """Write what `dpkg --verify` compares with."""
    files = sorted(p for p in root.rglob("*") if _is_payload(p))
    names = "\0".join(str(path.relative_to(root)) for path in files) + "\0"
    done = subprocess.run(
        ["xargs", "-0", "md5sum", "--"], input=names.encode(), cwd=root, capture_output=True, check=True
    )
    target.write_bytes(done.stdout)


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
