"""The checks of `make check` pass on the tree as it is, and do catch a fault."""

from __future__ import annotations

import importlib.metadata
import re
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
