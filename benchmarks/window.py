"""Time to window, from the start of a fresh process: painted frame, front, all of the window, the model.

Beside it stands a bare Qt window of its own process: what this machine needs at the least. Wall time is what
a person waits, and on a shared machine what others make them wait; processor time is what the program needs.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

RUNS = 7
MODEL_WAIT_S = 120

BARE = """
import json, sys, time
from PySide6.QtWidgets import QApplication, QLabel
app = QApplication([])
label = QLabel("window")
label.show()
app.processEvents()
print(json.dumps({"wall": time.time() - float(sys.argv[1]), "processor": time.process_time()}), flush=True)
"""

WINDOW = """
import json, sys, time
from pathlib import Path
from PySide6.QtCore import QTimer
from alnreader.gui import app as program
application = program.make_application([])
window = program.make_frame(Path(sys.argv[2]) / "settings.json")
told = {}
def painted():
    told.update(wall=time.time() - float(sys.argv[1]), processor=time.process_time())
begin = window.begin
def first(*_):
    if not told:
        painted()
    begin()
window.begin = first
def laid():
    told["front"] = time.process_time()
    window.furnish_gradually()
def whole():
    told["whole"] = time.process_time() - told["front"]
    application.exit()
window.begun.connect(laid)
window.furnished.connect(whole)
window.show()
application.exec()
if len(sys.argv) > 3:
    begun = last = time.perf_counter()
    longest = 0.0
    def tick():
        global last, longest
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
        if window.controller.device or window.controller.model_error or now - begun > float(sys.argv[3]):
            told["model"], told["pause"] = now - begun, longest
            application.exit()
    timer = QTimer(interval=5)
    timer.timeout.connect(tick)
    timer.start()
    window.controller.load_model()
    application.exec()
print(json.dumps(told), flush=True)
window.close()
"""


def run(code: str, *arguments: object) -> dict[str, float]:
    """Run one of the programs above in a fresh process and return its times in seconds."""
    environment = {**os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(time.time()), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        timeout=600,
    )
    times: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return times


def told(name: str, runs: list[dict[str, float]]) -> tuple[float, float]:
    """Write one line and return the smallest wall and processor time."""
    wall, busy = ([one[kind] for one in runs] for kind in ("wall", "processor"))
    sys.stdout.write(
        f"{name:<38} wall min {min(wall):5.2f} median {statistics.median(wall):5.2f} s;"
        f"  processor min {min(busy):5.2f} median {statistics.median(busy):5.2f} s\n"
    )
    return min(wall), min(busy)


def main() -> None:
    """Write the table."""
    with tempfile.TemporaryDirectory() as folder:
        run(WINDOW, folder)  # the first one reads the disk
        # In turn, so that both see the same machine.
        pairs = [(run(BARE), run(WINDOW, folder)) for _ in range(RUNS)]
        bare = told("a bare Qt window, fresh process", [pair[0] for pair in pairs])
        window = told("the program's window, fresh process", [pair[1] for pair in pairs])
        sys.stdout.write(
            f"  the program to the bare window: {window[0] / bare[0]:.1f} (wall), "
            f"{window[1] / bare[1]:.1f} (processor)\n"
        )
        front = min(pair[1]["front"] for pair in pairs)
        sys.stdout.write(f"its front, laid and painted: processor min {front:.2f} s, {front / bare[1]:.1f}\n")
        whole = statistics.median(pair[1]["whole"] for pair in pairs)
        sys.stdout.write(f"the rest of the window, made in slices after that: {whole:.2f} s of processor\n")
        loaded = [run(WINDOW, folder, MODEL_WAIT_S) for _ in range(3)]
        sys.stdout.write(
            f"model ready after the window: min {min(one['model'] for one in loaded):.2f} s; longest pause "
            f"of the window meanwhile: {1000 * min(one['pause'] for one in loaded):.0f} ms\n"
        )


if __name__ == "__main__":
    main()
