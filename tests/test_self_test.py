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
