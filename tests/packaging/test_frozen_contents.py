"""What is left out of the frozen program, compared with what the program really loads."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Runs what a user does (read, write, window), then tells what was loaded: modules, and libraries as mapped.
LOADS = """
import json, sys
from pathlib import Path
from alnreader import self_test
assert self_test.run(lambda line: None) == 0
import transformers.models.resnet.modeling_resnet, transformers.models.swin.modeling_swin
import transformers.models.efficientnet.modeling_efficientnet
import cv2, sklearn, matplotlib.backends.backend_agg, scipy.stats, highdicom.sr, pynetdicom
maps = Path("/proc/self/maps")
lines = maps.read_text().splitlines() if maps.is_file() else []
libraries = sorted({line.split()[-1] for line in lines if ".so" in line})
Path(sys.argv[1]).write_text(json.dumps({"modules": sorted(sys.modules), "libraries": libraries}))
"""

OPTIONAL = {"accelerate", "hf_xet", "_pytest", "pytest", "hypothesis"}
"""Of what is left out: loaded by libraries where it is installed, and done without where it is not."""

OPTIONAL_OF_QT = "Test"
"""The same of Qt's modules: pyqtgraph has a stand-in for it."""


def frozen(name: str) -> ModuleType:
    folder = ROOT / "packaging" / "frozen"
    specification = importlib.util.spec_from_file_location(f"packaging_{name}", folder / f"{name}.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


contents = frozen("contents")


@cache
def loaded(folder: Path) -> dict[str, list[str]]:
    told = folder / "loaded.json"
    command = [sys.executable, "-c", LOADS, str(told)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, list[str]] = json.loads(told.read_text())
    return found


@pytest.fixture(scope="module")
def in_use(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    return loaded(tmp_path_factory.mktemp("loaded"))


def test_no_module_in_use_is_left_out(in_use: dict[str, list[str]]) -> None:
    names = [name for name in in_use["modules"] if name.partition(".")[0] not in OPTIONAL]
    assert [name for name in names if not contents.is_wanted_module(name)] == []
    assert sorted({name.partition(".")[0] for name in names} & set(contents.EXCLUDED)) == []


def test_no_library_in_use_is_left_out(in_use: dict[str, list[str]]) -> None:
    inside = [name.split("site-packages/")[1] for name in in_use["libraries"] if "site-packages/" in name]
    inside = [name for name in inside if name.partition("/")[0] not in OPTIONAL]
    inside = [name for name in inside if not re.search(rf"Qt6?{OPTIONAL_OF_QT}[.]", name)]
    assert any("libQt6Widgets" in name for name in inside)
    assert any("libqoffscreen" in name for name in inside)
    assert [name for name in inside if not contents.is_wanted(name)] == []


def test_every_qt_module_that_goes_in_is_imported_or_needed_by_a_plug_in(
    in_use: dict[str, list[str]],
) -> None:
    imported = {
        name.split(".")[1].removeprefix("Qt") for name in in_use["modules"] if name.startswith("PySide6.Qt")
    }
    for_plug_ins = {"DBus", "OpenGL", "WaylandClient", "WlShellIntegration", "XcbQpa"}
    assert set(contents.QT_MODULES) == (imported - {OPTIONAL_OF_QT}) | for_plug_ins


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("PySide6/Qt/lib/libQt6Core.so.6", True),
        ("PySide6/Qt/lib/libQt6Network.so.6", False),
        ("PySide6/QtNetwork.abi3.so", False),
        ("PySide6/Qt6Quick.dll", False),
        ("PySide6\\Qt6Widgets.dll", True),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", True),
        ("PySide6/plugins/platforms/qwindows.dll", True),
        ("PySide6/Qt/plugins/platforms/libqeglfs.so", False),
        ("PySide6/Qt/translations/qtbase_zh_CN.qm", True),
        ("PySide6/Qt/translations/qtbase_de.qm", False),
        ("cv2/qt/plugins/platforms/libqxcb.so", False),
        ("opencv_python.libs/libQt5Core-1.so.5", False),
        ("torch/lib/libtorch_cpu.so", True),
        ("torch/test/test_api", False),
        ("torch/lib/libtorchbind_test.so", False),
        ("torch/lib/libjitbackend_test.so", False),
        ("torch/lib/libbackend_with_compiler.so", False),
        ("torch/lib/libaoti_custom_ops.so", False),
        ("torch/fx/passes/tests/__init__.py", False),
        ("torch/fx/passes/tests/test_pass_manager.py", False),
        ("torch/_dynamo/test_case.py", False),
        ("torch/_dynamo/test_minifier_common.py", False),
        ("torch/_inductor/test_case.py", False),
        ("torch/_inductor/test_operators.py", True),  # imported when torch._dynamo is
        ("torch/utils/benchmark/examples/spectral_ops_fuzz_test.py", False),
        ("torch/lib/libshm.so", True),
        ("torch/lib/libtorch_cuda.so", True),  # the CUDA build is a target of its own
        ("transformers/models/bert/modeling_bert.py", False),
        ("transformers/models/segformer/modeling_segformer.py", True),
        ("transformers/models/__init__.py", True),
        ("hypothesis-6.0.dist-info/METADATA", False),
        ("torch-2.13.0.dist-info/METADATA", True),
        ("libreadline.so.8", False),  # GPL-3 alone: what is linked with it would have to be so too
        ("libgdbm.so.6", False),
        ("python3.11/lib-dynload/readline.cpython-311-x86_64-linux-gnu.so", False),
        ("python3.11/lib-dynload/_gdbm.cpython-311-x86_64-linux-gnu.so", False),
        ("libgcrypt.so.20", True),
    ],
)
def test_what_goes_in(name: str, wanted: bool) -> None:
    assert contents.is_wanted(name) is wanted


def test_of_the_installed_torch_no_test_is_kept_but_the_one_that_it_imports() -> None:
    found = importlib.util.find_spec("torch")
    assert found is not None
    assert found.origin is not None
    folder = Path(found.origin).parent
    places = [path.relative_to(folder.parent).as_posix() for path in folder.rglob("*") if path.is_file()]
    named = [place for place in places if re.search(r"/tests?/|/test_[^/]*$|_test\.[a-z]+$", place)]
    assert len(named) > 5
    kept = [place for place in named if "__pycache__" not in place and contents.is_wanted(place)]
    assert kept == ["torch/_inductor/test_operators.py"]


def test_the_installed_opencv_brings_no_second_qt() -> None:
    import cv2

    folder = Path(cv2.__file__).parent
    assert not (folder / "qt").exists()
