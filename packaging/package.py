"""`make package`: freeze the program, try it, and make what a user downloads (docs/packaging.md).

    packaging/package.py [--steps freeze,finish,self-test,portable,deb,sums] [--dist dist] [--work build]

On Linux all steps; on Windows and macOS the installer is made by the files in packaging/windows and
packaging/macos from the same frozen folder.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "packaging" / "frozen"))
sys.path.insert(0, str(ROOT / "packaging" / "linux"))

import contents  # noqa: E402
import deb  # noqa: E402
import inventory  # noqa: E402
import licences  # noqa: E402
import sbom  # noqa: E402

from alnreader import __version__  # noqa: E402

STEPS = ("freeze", "finish", "self-test", "portable", "deb", "sums")
SELF_TEST_SECONDS = 1800
"""Beyond this the frozen program hangs; on a busy machine it needs minutes."""


class PackageError(Exception):
    """The package cannot be made; the sentence says why."""


@dataclass(frozen=True)
class Places:
    """Where everything of one build lies."""

    dist: Path
    work: Path

    @property
    def folder(self) -> Path:
        """The frozen program."""
        return self.dist / "alnreader"

    @property
    def library(self) -> Path:
        """What it consists of."""
        return self.folder / "lib"

    @property
    def contents(self) -> Path:
        """What PyInstaller took from where."""
        return self.work / "alnreader" / "contents.json"


def main() -> int:
    parser = argparse.ArgumentParser(description="Freeze the program and make its packages.")
    parser.add_argument("--steps", default=",".join(STEPS), help=f"some of {','.join(STEPS)}")
    parser.add_argument("--dist", type=Path, default=ROOT / "dist")
    parser.add_argument("--work", type=Path, default=ROOT / "build")
    parser.add_argument("--allow-cuda", action="store_true", help="the build for GPUs (make package-cuda)")
    options = parser.parse_args()
    steps = options.steps.split(",")
    if unknown := set(steps) - set(STEPS):
        parser.error(f"unknown steps: {', '.join(sorted(unknown))}")
    places = Places(options.dist.resolve(), options.work.resolve())
    actions: dict[str, Callable[[Places], None]] = {
        "freeze": lambda found: freeze(found, options.allow_cuda),
        "finish": finish,
        "self-test": self_test,
        "portable": portable,
        "deb": make_deb,
        "sums": sums,
    }
    try:
        for step in STEPS:
            if step in steps:
                started = time.monotonic()
                print(f"== {step}", flush=True)
                actions[step](places)
                print(f"   {time.monotonic() - started:.0f} s", flush=True)
    except (PackageError, sbom.ContentsError, subprocess.CalledProcessError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def freeze(places: Places, allow_cuda: bool) -> None:
    if importlib.util.find_spec("PyInstaller") is None:
        raise PackageError("PyInstaller is missing: packaging/bootstrap.sh package")
    import torch

    if torch.version.cuda and not allow_cuda:
        raise PackageError(
            f"torch {torch.__version__} brings CUDA (several GB). Install the CPU build (CONTRIBUTING.md, "
            "'A small torch'), or call make package-cuda."
        )
    shutil.rmtree(places.folder, ignore_errors=True)
    places.work.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "PyInstaller", "-y", "--log-level", "WARN"]
    command += ["--distpath", str(places.dist), "--workpath", str(places.work)]
    subprocess.run([*command, str(ROOT / "packaging" / "alnreader.spec")], check=True)


def finish(places: Places) -> None:
    """Complete the frozen folder: what is expected of it, licences, list of contents; strip what may be."""
    expected = places.library / "resources" / "self_test" / "expected.json"
    with tempfile.TemporaryDirectory() as folder:
        noted = Path(folder) / "expected.json"
        code = "import sys; from pathlib import Path; from alnreader.self_test import run; "
        code += "sys.exit(run(print, note_expected=Path(sys.argv[1])))"
        subprocess.run([sys.executable, "-c", code, str(noted)], check=True, cwd=ROOT)
        shutil.copy(noted, expected)
    if sys.platform == "linux":
        saved = strip(places.library)
        print(f"   symbols removed: {saved / 1e6:.0f} MB")
    binaries = licences.binaries(places.contents)
    own = ROOT / "packaging" / "licences"
    system = licences.system_packages(list(binaries.values()))
    components = inventory.everything(places.library, binaries, system, own)
    notices = places.folder / "licences"
    licences.write(notices, places.library, components, own)
    sbom.write(notices / "sbom.cdx.json", components, __version__)


def strip(library: Path) -> int:
    """Remove debuggers' symbols from the libraries that carry them and return the bytes saved."""
    saved = 0
    for pattern in contents.STRIPPED:
        for path in sorted(library.glob(pattern)):
            if path.is_symlink():
                continue
            before = path.stat().st_size
            subprocess.run(["strip", "--strip-all", str(path)], check=True)
            saved += before - path.stat().st_size
    return saved


def self_test(places: Places) -> None:
    """Let the frozen program test itself where nothing of this machine helps: see `alnreader --self-test`."""
    name = "alnreader.exe" if sys.platform == "win32" else "alnreader"
    with tempfile.TemporaryDirectory(prefix="alnreader-") as folder:
        home = Path(folder) / "用户 家目录"
        program = Path(folder) / "程序 文件夹" / "ALN Reader"
        home.mkdir()
        shutil.copytree(places.folder, program, symlinks=True)
        kept = ("SYSTEMROOT", "WINDIR", "TEMP", "TMP", "PATHEXT") if sys.platform == "win32" else ()
        environment = {key: os.environ[key] for key in kept if key in os.environ}
        environment |= {"HOME": str(home), "USERPROFILE": str(home), "APPDATA": str(home), "LANG": "C.UTF-8"}
        subprocess.run(
            [str(program / name), "--self-test"],
            check=True, env=environment, cwd=home, timeout=SELF_TEST_SECONDS,
        )  # fmt: skip


def portable(places: Places) -> None:
    """Pack the folder as it is: unpack anywhere, start `alnreader-gui`."""
    target = places.dist / f"{_name()}.tar.xz"
    partial = target.with_suffix(".part")
    script = f"tar -C {_quoted(places.dist)} --sort=name --owner=0 --group=0 --numeric-owner"
    script += f" --mtime=@{_epoch()}"
    script += f" --transform 's,^alnreader,{_name()},S' -cf - alnreader"
    script += f" | xz -T0 -{deb.XZ_PRESET} > {_quoted(partial)}"
    subprocess.run(["bash", "-o", "pipefail", "-c", script], check=True)
    partial.replace(target)
    print(f"   {target} {target.stat().st_size / 1e6:.0f} MB")


def make_deb(places: Places) -> None:
    target = deb.build(places.folder, places.dist, places.work / "deb", __version__, _epoch())
    print(f"   {target} {target.stat().st_size / 1e6:.0f} MB")


def sums(places: Places) -> None:
    """Write SHA256SUMS of everything that is offered, with the list of contents beside."""
    shutil.copy(places.folder / "licences" / "sbom.cdx.json", places.dist / f"{_name()}.cdx.json")
    offered = [
        path
        for pattern in ("*.deb", "*.tar.xz", "*.exe", "*.dmg", "*.cdx.json")
        for path in sorted(places.dist.glob(pattern))
    ]
    lines = []
    for path in offered:
        with path.open("rb") as stream:
            lines.append(f"{hashlib.file_digest(stream, 'sha256').hexdigest()}  {path.name}\n")
    (places.dist / "SHA256SUMS").write_text("".join(lines), encoding="ascii")


def _name() -> str:
    return f"alnreader-{__version__}-{sys.platform}-{platform.machine().lower()}"


def _epoch() -> int:
    """Return the time of the last commit: one state of the sources gives one archive."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    command = ["git", "-c", "safe.directory=*", "log", "-1", "--format=%ct"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return int(done.stdout) if done.returncode == 0 else int(time.time())


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "'\\''") + "'"


if __name__ == "__main__":
    sys.exit(main())
