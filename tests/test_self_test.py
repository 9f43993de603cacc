from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys
from pathlib import Path

from pydicom import dcmread

from alnreader import self_test
from alnreader.dicom.formats import FAMILIES


def test_there_is_one_sample_of_every_transfer_syntax_that_is_read() -> None:
    stored = self_test.samples()
    named = [sample["transfer_syntax"] for sample in stored["samples"]]
    assert sorted(named) == sorted(FAMILIES)
    for sample in stored["samples"]:
        header = dcmread(io.BytesIO(base64.b64decode(sample["dicom"])), stop_before_pixels=True)
        assert header.file_meta.TransferSyntaxUID == sample["transfer_syntax"]


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the self-test in a process of its own: it opens a window."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=300, check=False
    )


def test_it_passes_here() -> None:
    done = run("import sys; from alnreader.cli import main; sys.exit(main(['--self-test']))")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "Self-test passed."
    assert [line.split()[0] for line in lines[1:-1]] == ["ok"] * 5
    assert re.search(r"probability: 0\.\d{4}, not compared", done.stdout)


WITH_OTHER_RESOURCES = """
import sys
from pathlib import Path
from alnreader import self_test
self_test.resources_dir = lambda: Path(sys.argv[1])
sys.exit(self_test.run(print))
"""


def test_what_does_not_work_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "self_test").mkdir()
    stored = self_test.samples()
    lossless = next(s for s in stored["samples"] if s["transfer_syntax"].endswith(".4.70"))
    content = bytearray(base64.b64decode(lossless["dicom"]))
    start = content.index(b"\xff\xda") + 14
    content[start : start + 20] = bytes(20)
    lossless["dicom"] = base64.b64encode(content).decode()
    (tmp_path / self_test.SAMPLES).write_text(json.dumps(stored), encoding="utf-8")
    noted = {"model": "demo-b0", "sha256": "0" * 64, "probability": 0.5}
    (tmp_path / self_test.EXPECTED).write_text(json.dumps(noted), encoding="utf-8")
    done = run(WITH_OTHER_RESOURCES, str(tmp_path))
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert re.match(r"FAILED  transfer syntaxes: SelfTestError: 1\.2\.840\.10008\.1\.2\.4\.70", lines[1])
    assert lines[2].startswith("ok      demo patient")
    assert lines[3].startswith("FAILED  probability: SelfTestError: The model is not the one")
    assert lines[4].startswith("ok      PDF, SR and SEG")
    assert lines[5].startswith("ok      window")
    assert lines[-1] == "Self-test failed: 2 of 5 steps."


WITH_OTHER_WRITERS = """
import sys
from pathlib import Path
from alnreader import self_test
from alnreader.report import objects, output
steps = {"_decode", "_compare", "_open_window"}
for name in steps:
    setattr(self_test, name, lambda state: "not part of this")
whole, report = objects.write_objects, output.write_readings

def without(name):
    def written(reading, choices, folder, **more):
        found = whole(reading, choices, folder, **more)
        kept = tuple(item for item in found.objects if not item.path.name.startswith(name))
        return objects.WrittenObjects(kept, found.notes)
    return written

def damaged(name, content):
    def written(reading, choices, folder, **more):
        found = whole(reading, choices, folder, **more)
        for path in found.paths:
            if path.name.startswith(name):
                path.write_bytes(content)
        return found
    return written

def outlines_nothing(reading, choices, folder, **more):
    from pydicom import dcmread
    found = whole(reading, choices, folder, **more)
    for path in found.paths:
        if path.name.startswith("seg"):
            dataset = dcmread(path)
            dataset.PixelData = bytes(len(dataset.PixelData))
            dataset.save_as(path)
    return found

told = []
state = self_test._Run(Path(sys.argv[1]))
self_test._read(state)
cases = {
    "whole": (whole, report),
    "nothing": (lambda *a, **k: objects.WrittenObjects((), ()), report),
    "no SR": (without("sr"), report),
    "no SEG": (without("seg"), report),
    "no PDF object": (without("report"), report),
    "damaged SR": (damaged("sr", b"no DICOM at all"), report),
    "empty SEG": (outlines_nothing, report),
    "no PDF": (whole, lambda readings, report: report.write_bytes(b"%PDF")),
}
for number, (name, (objects.write_objects, output.write_readings)) in enumerate(cases.items()):
    part = self_test._Run(Path(sys.argv[1]) / str(number), state.reading)
    part.folder.mkdir()
    try:
        print(name, "| ok |", self_test._write(part))
    except Exception as error:
        print(name, "| FAILED |", type(error).__name__, error)
"""


def test_reports_and_objects_that_are_missing_or_hold_nothing_fail(tmp_path: Path) -> None:
    done = run(WITH_OTHER_WRITERS, str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    outcome = {line.split(" | ")[0]: line.split(" | ")[1:] for line in done.stdout.splitlines()}
    assert outcome["whole"][0] == "ok"
    assert re.match(r"PDF of [1-9]\d* pages .*, SR, [1-9]\d* SEG, \d+ DICOM objects", outcome["whole"][1])
    failed = {name: said for name, (word, said) in outcome.items() if word == "FAILED"}
    assert list(failed) == [
        "nothing",
        "no SR",
        "no SEG",
        "no PDF object",
        "damaged SR",
        "empty SEG",
        "no PDF",
    ]
    assert "is no Comprehensive SR Storage" in failed["nothing"]
    assert "is no Comprehensive SR Storage" in failed["no SR"]
    assert "is no Segmentation Storage" in failed["no SEG"]
    assert "is no Encapsulated PDF Storage" in failed["no PDF object"]
    assert "outlines nothing" in failed["empty SEG"]
    assert "no PDF that can be read" in failed["no PDF"]
