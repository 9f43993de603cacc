"""Time to window of the frozen program beside a frozen program that is one bare PySide6 window.

    packaging/time_to_window.py PROGRAM/alnreader-gui [--runs 9] [--work build/bare]

Freezes the bare window once, then starts both in turn on an X server of its own and watches that server's
picture: a window is painted when something stands where it was black, and filled when there is something in
it (the program paints its frame first, then its start page). Wall time is what a person waits; processor
time, of all threads until then, is what the program needs whatever else the machine does.
"""

from __future__ import annotations

import argparse
import mmap
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

BARE = """import sys
from PySide6.QtWidgets import QApplication, QLabel
application = QApplication(sys.argv)
window = QLabel("window")
window.resize(1366, 768)
window.show()
sys.exit(application.exec())
"""
SCREEN = (1600, 1000)
GIVE_UP_S = 120.0
_LOOK_S = 0.0005
"""Between two looks at the screen: far below what is measured, and next to no load."""
_GROUNDS = 2
"""Colours of a row that crosses the black screen and an empty window."""
_ROWS = (60, 200, 384)
"""Rows of the screen that are looked at: each crosses both windows."""


def freeze_bare(work: Path) -> Path:
    """Return the bare window as PyInstaller makes it with its defaults, no UPX."""
    program = work / "dist" / "bare" / "bare"
    if not program.exists():
        work.mkdir(parents=True, exist_ok=True)
        (work / "bare.py").write_text(BARE, encoding="utf-8")
        command = [sys.executable, "-m", "PyInstaller", "-y", "--noupx", "--log-level", "WARN"]
        command += ["--distpath", str(work / "dist"), "--workpath", str(work / "build")]
        subprocess.run([*command, "--specpath", str(work), str(work / "bare.py")], check=True)
    return program


class Screen:
    """An X server whose picture lies in a file."""

    def __init__(self, folder: Path) -> None:
        """Start it and wait until it answers; it chooses a free display."""
        size = "x".join(map(str, SCREEN))
        answer, told = os.pipe()
        command = ["Xvfb", "-displayfd", str(told), "-screen", "0", f"{size}x24", "-fbdir", str(folder)]
        self._server = subprocess.Popen(
            [*command, "-noreset", "-nocursor", "-br", "-nolisten", "tcp"],
            pass_fds=[told],
            stderr=subprocess.DEVNULL,
        )
        os.close(told)
        with os.fdopen(answer) as stream:
            number = stream.readline().strip()
        if not number:
            raise RuntimeError("Xvfb does not start.")
        self.display = f":{number}"
        with (folder / "Xvfb_screen0").open("rb") as stream:
            self._pixels = mmap.mmap(stream.fileno(), 0, prot=mmap.PROT_READ)
        # X window dump: sizes of header, colour map (12 bytes an entry) and row; xwd(5) is big-endian.
        header = struct.unpack(">25I", self._pixels[:100])
        self._row = header[12]
        self._start = header[0] + 12 * header[19]

    def _rows(self) -> Iterator[bytes]:
        for row in _ROWS:
            begin = self._start + row * self._row
            yield self._pixels[begin : begin + self._row]

    def painted(self) -> bool:
        """Return whether anything stands on the black screen."""
        return any(row.strip(b"\0") for row in self._rows())

    def filled(self) -> bool:
        """Return whether there is something in a window: more than its ground beside the screen's."""
        return any(len(set(memoryview(row).cast("I"))) > _GROUNDS for row in self._rows())

    def close(self) -> None:
        """Stop it."""
        self._server.terminate()
        self._server.wait()


def processor_seconds(process: int) -> float:
    """Return what all threads of a process have used (Linux)."""
    used = 0
    for thread in Path(f"/proc/{process}/task").iterdir():
        used += int((thread / "schedstat").read_text(encoding="ascii").split()[0])
    return used / 1e9


def start_once(program: Path, screen: Screen, home: Path) -> dict[str, tuple[float, float]]:
    """Start a program and end it.

    Returns
    -------
    dict
        Wall and processor seconds until anything is painted, and until there is something in the window.
    """
    until = time.monotonic() + GIVE_UP_S
    while screen.painted():
        if time.monotonic() > until:
            raise RuntimeError("The screen does not turn black.")
        time.sleep(0.05)
    environment = {"HOME": str(home), "DISPLAY": screen.display, "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}
    begun = time.monotonic()
    process = subprocess.Popen(
        [str(program)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    told = {}
    try:
        for name, seen in (("painted", screen.painted), ("filled", screen.filled)):
            while not seen():
                if process.poll() is not None or time.monotonic() > begun + GIVE_UP_S:
                    raise RuntimeError(f"{program} shows no window (exit code {process.poll()}).")
                time.sleep(_LOOK_S)
            told[name] = time.monotonic() - begun, processor_seconds(process.pid)
        return told
    finally:
        process.kill()
        process.wait()


def main() -> int:
    """Write the table."""
    parser = argparse.ArgumentParser(description="Time to window beside a bare frozen PySide6 window.")
    parser.add_argument("program", type=Path)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--work", type=Path, default=Path("build/bare"))
    options = parser.parse_args()
    if shutil.which("Xvfb") is None:
        parser.error("Xvfb is missing (on Debian: apt install xvfb)")
    programs = {"bare": freeze_bare(options.work.resolve()), "program": options.program.absolute()}
    times: dict[str, list[dict[str, tuple[float, float]]]] = {name: [] for name in programs}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        home.mkdir()
        screen = Screen(Path(folder))
        try:
            for run in range(options.runs + 1):
                for name, program in programs.items():
                    told = start_once(program, screen, home)
                    if run:  # the first one reads the disk
                        times[name].append(told)
        finally:
            screen.close()
    print(f"{options.runs} runs each, in turn; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for seen in ("painted", "filled"):
        for place, kind in enumerate(("wall", "processor")):
            columns = {name: [one[seen][place] for one in found] for name, found in times.items()}
            for told, of in (("median", statistics.median), ("least", min)):
                bare, window = of(columns["bare"]), of(columns["program"])
                what = f"{seen}, {kind}, {told}"
                print(f"{what}: bare {bare:.3f} s, program {window:.3f} s, ratio {window / bare:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
