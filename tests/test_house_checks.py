"""The checks of `make check` pass on the tree as it is, and do catch a fault."""

from __future__ import annotations

import importlib.metadata
import json
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = Path(sysconfig.get_path("scripts"))


def run(tool: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SCRIPTS / tool), *arguments], cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy what the checks read, to plant faults in."""
    shutil.copytree(ROOT / "alnreader", tmp_path / "alnreader", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def plant(module: Path, text: str) -> None:
    module.write_text(module.read_text("utf-8") + text, "utf-8")


# Each check as `make check` runs it, narrowed where the whole would take long.
CHECKS = {
    "imports": ("lint-imports", "--no-cache"),
    "lint": ("ruff", "check", "--no-cache", "alnreader"),
    "format": ("ruff", "format", "--check", "--no-cache", "alnreader"),
    "security": ("bandit", "-q", "-r", "alnreader", "-ll", "-c", "pyproject.toml"),
    "types": ("mypy", "--follow-imports=silent", "alnreader/case/errors.py"),
}

FAULTS = {
    "qt-in-case": ("imports", "case/errors.py", "\n\ndef f() -> None:\n    import PySide6.QtCore\n", "case"),
    "scipy-in-case": ("imports", "case/errors.py", "\nimport scipy\n", "numpy"),
    "torch-in-report": ("imports", "report/__init__.py", "\nimport torch\n", "torch"),
    "pixels-know-networks": ("imports", "dicom/__init__.py", "\nimport alnreader.model\n", "below"),
    "a-new-room": ("imports", "elsewhere/__init__.py", "", "elsewhere"),
    "untyped": ("types", "case/errors.py", "\n\ndef f(x):\n    return x\n", "no-untyped-def"),
    "wrong-type": ("types", "case/errors.py", "\n\ndef f() -> int:\n    return 'a'\n", "return-value"),
    "unused-import": ("lint", "case/errors.py", "\nimport os\n", "F401"),
    "undocumented": ("lint", "case/errors.py", "\n\ndef public() -> None:\n    pass\n", "D103"),
    "sql-put-together": (
        "security",
        "case/errors.py",
        "\n\ndef f(c, x):\n    return c.execute('SELECT * FROM cases WHERE id = ' + x)\n",
        "B608",
    ),
    "shell": ("security", "case/errors.py", "\nimport os\n\nos.system(input())\n", "B605"),
    "unformatted": ("format", "case/errors.py", "\nx = {  'a':1 }\n", "errors.py"),
}


@pytest.mark.parametrize("check", CHECKS)
def test_check_passes_on_the_tree_as_it_is(check: str, copy: Path) -> None:
    done = run(*CHECKS[check], cwd=copy)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("fault", FAULTS)
def test_check_catches_a_planted_fault(fault: str, copy: Path) -> None:
    check, module, text, expected = FAULTS[fault]
    target = copy / "alnreader" / module
    target.parent.mkdir(exist_ok=True)
    target.touch()
    plant(target, text)
    done = run(*CHECKS[check], cwd=copy)
    assert done.returncode == 1, done.stdout + done.stderr
    assert expected in done.stdout


def test_make_check_and_the_hooks_run_these_checks() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    listed = re.search(r"^check: ([a-z -]+)", makefile, re.MULTILINE)
    assert listed is not None
    targets = listed[1].split()
    assert set(targets) == {"lint", "format-check", "types", "imports", "security", "advisories", "pickle"}
    for target in targets:
        assert f"entry: make {target}," in hooks
    for command in ("ruff check", "ruff format --check", "mypy", "lint-imports"):
        assert f"$(BIN)/{command}\n" in makefile


# Top-level modules that those distributions install besides the one that is imported.
ALSO_INSTALLED = {"Shiboken", "functorch", "gdcmswig", "mpl_toolkits", "pylab", "torchgen"}
ALSO_INSTALLED |= {"pypdfium2_cfg", "pypdfium2_cli", "pypdfium2_raw"}


def test_packages_with_known_flaws_are_refused(tmp_path: Path) -> None:
    script = [sys.executable, str(ROOT / "packaging" / "advisories.py")]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    (tmp_path / "constraints.txt").write_text("torch==2.5.1\n", "utf-8")
    planted = [*script, "--constraints", str(tmp_path / "constraints.txt")]
    done = subprocess.run(planted, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "torch 2.5.1 (pinned): CVE-2025-32434" in done.stdout
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    (tmp_path / "pyproject.toml").write_text(re.sub(r'"pydicom>=[\d.]+', '"pydicom>=3.0.1', project), "utf-8")
    planted = [*script, "--project", str(tmp_path / "pyproject.toml")]
    done = subprocess.run(planted, capture_output=True, text=True, check=False)
    assert "pydicom 3.0.1 (allowed): CVE-2026-32711" in done.stdout
    done = subprocess.run([*script, "--today", "2031-01-01"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "days old" in done.stdout, "an old list is none"


def advisories(*arguments: str) -> subprocess.CompletedProcess[str]:
    script = [sys.executable, str(ROOT / "packaging" / "advisories.py"), *arguments]
    return subprocess.run(script, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "pin", ["torch[opt-einsum]==2.5.1", "Torch == 2.5.1 ; python_version > '3'", "torch==2.5.1 # so", "torch"]
)
def test_a_pin_is_read_however_it_is_written(pin: str, tmp_path: Path) -> None:
    (tmp_path / "constraints.txt").write_text(f"# all\n-i https://x.invalid\n{pin}\n", "utf-8")
    done = advisories("--constraints", str(tmp_path / "constraints.txt"))
    assert done.returncode == 1
    assert "(pinned): CVE-2025-32434" in done.stdout


LISTS: dict[str, tuple[dict[str, object], str]] = {
    "of tomorrow": ({"as_of": "2126-11-23"}, "has not come yet"),
    "empty": ({"advisories": []}, "names no advisory"),
    "slip": (
        {"advisories": [{"package": "pilow", "fixed": "99", "id": "CVE-1"}]},
        "pilow is neither installed, pinned nor allowed",
    ),
    "accepted too long": (
        {"accepted": [{"package": "pydicom", "up_to": "1.0", "id": "CVE-2", "unused": "x.y.z", "why": ""}]},
        "CVE-2 is accepted up to pydicom 1.0",
    ),
    "accepted and used": (
        {
            "accepted": [
                {"package": "pydicom", "up_to": "99", "id": "CVE-3", "unused": "pydicom.uid", "why": ""}
            ]
        },
        "uses pydicom.uid: CVE-3",
    ),
    "a flaw of today": (
        {"advisories": [{"package": "numpy", "fixed": "99", "id": "CVE-4"}]},
        "(installed): CVE-4, fixed in 99",
    ),
}


@pytest.mark.parametrize("case", LISTS)
def test_a_list_that_would_find_nothing_is_refused(case: str, tmp_path: Path) -> None:
    change, message = LISTS[case]
    known = json.loads((ROOT / "packaging" / "advisories.json").read_text("utf-8"))
    (tmp_path / "list.json").write_text(json.dumps({**known, **change}), "utf-8")
    done = advisories("--list", str(tmp_path / "list.json"))
    assert done.returncode == 1
    assert message in done.stdout


def test_a_module_imported_by_name_is_used(tmp_path: Path) -> None:
    script = runpy.run_path(str(ROOT / "packaging" / "advisories.py"))
    (tmp_path / "alnreader").mkdir()
    module = tmp_path / "alnreader" / "a.py"
    for text, found in (
        ("from pynetdicom import apps", True),
        ("from pynetdicom import *", True),
        ("import pynetdicom.apps.qrscp", True),
        ("from pynetdicom import AE", False),
    ):
        module.write_text(f"{text}\n", "utf-8")
        assert bool(script["uses"]("pynetdicom.apps", tmp_path)) is found, text


NOSEC = {"alnreader/case/language.py": ["B314"]}
"""Where bandit is told to look away: the translations that ship with the program are no foreign XML."""


def test_bandit_looks_away_only_where_it_is_known() -> None:
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "alnreader").rglob("*.py")):
        for line in path.read_text("utf-8").splitlines():
            if re.search(r"#.*\bnosec\b", line):
                found.setdefault(path.relative_to(ROOT).as_posix(), []).append(line.partition("nosec ")[2])
    assert found == NOSEC


UNPACKING = re.compile(r"\.(extractall|unpack_archive|startfile)\b|\bshell\s*=\s*True|\.extract\(")


def test_nothing_is_unpacked_to_the_disk_or_given_to_a_shell() -> None:
    """What bandit passes: zip archives as a whole, and a shell with a fixed text."""
    for path in sorted((ROOT / "alnreader").rglob("*.py")):
        assert not UNPACKING.search(path.read_text("utf-8")), path
    for line in ("ZipFile(x).extractall('.')", "run('ls *', shell=True)", "zip.extract(name)"):
        assert UNPACKING.search(line)


def normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def test_forbidden_modules_name_every_dependency() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (contract,) = (c for c in settings["tool"]["importlinter"]["contracts"] if c["id"] == "case")
    wanted = {normal(re.split(r"[^\w.-]", line)[0]) for line in settings["project"]["dependencies"]} - {
        "numpy"
    }
    modules = {
        module
        for module, distributions in importlib.metadata.packages_distributions().items()
        if wanted & {normal(name) for name in distributions} and module.isidentifier() and module[0] != "_"
    }
    assert modules - ALSO_INSTALLED <= set(contract["forbidden_modules"])
