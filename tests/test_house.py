"""The rules of the house hold in every module, and in the wheel."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "alnreader").rglob("*.py"))
MODULE_LINES = 500  # above this a module has two jobs (docs/architecture.md)
SLOW_OR_FOREIGN = ("torch", "transformers", "PySide6", "matplotlib", "cv2")


def imports_of(source: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source}: relative import"
            found.add(node.module or "")
    return found


def test_ground_floor_imports_numpy_and_the_standard_library_only() -> None:
    for source in (ROOT / "alnreader" / "case").rglob("*.py"):
        for name in imports_of(source):
            top = name.split(".")[0]
            allowed = top == "numpy" or top in sys.stdlib_module_names or name.startswith("alnreader.case")
            assert allowed, f"{source.relative_to(ROOT)} imports {name}"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_module_has_one_job(source: Path) -> None:
    lines = source.read_text("utf-8").count("\n")
    assert lines <= MODULE_LINES, f"{source.relative_to(ROOT)} has {lines} lines"


def no_pickle() -> ModuleType:
    """The check of `make pickle`."""
    spec = importlib.util.spec_from_file_location("no_pickle", ROOT / "packaging" / "no_pickle.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def unpickling(source: Path) -> list[str]:
    """Every place that could run code out of a data file. Naming an error of pickle's is none."""
    return no_pickle().check(source, source.name)


def test_nothing_is_unpickled() -> None:
    check = no_pickle()
    found = [line for path in SOURCES for line in check.check(path, path.relative_to(ROOT).as_posix())]
    assert found == []


def module_of(line: str, folder: Path) -> Path:
    """Return a module with a line."""
    module = folder / "module.py"
    module.write_text(f"{line}\n", "utf-8")
    return module


@pytest.mark.parametrize(
    "line",
    [
        "from pickle import loads",
        "from pickle import *",
        "import pickle as p\np.loads(b'')",
        "import pickle\npickle.load(f)",
        "import torch\ntorch.load(f)",
        "import torch\ntorch.load(f, weights_only=True)",
        "from torch import load\nload(f)",
        "import torch as t\nt.load(f)",
        "import torch\nread = torch.load\nread(f)",
        "import torch\nlist(map(torch.load, files))",
        "import torch\ngetattr(torch, 'load')(f)",
        "import torch\ntorch.jit.load(f)",
        "import torch\ntorch.hub.load('a', 'b')",
        "import torch\ntorch.package.PackageImporter(f)",
        "import torch\ntorch.save({}, f)",
        "import numpy as np\nnp.load(f, allow_pickle=True)",
        "import numpy as np\nnp.load(f, None, True)",
        "import numpy as np\nnp.load(f, **{'allow_pickle': True})",
        "import numpy as np\nnp.load(f, **options)",
        "import numpy as np\nnp.save(f, a)",
        "__import__('pickle').loads(b'')",
        "__import__(name)",
        "import importlib\nimportlib.import_module('pickle').loads(b'')",
        "from importlib import import_module\nimport_module('dill')",
        "import joblib as j\nj.load(f)",
        "import cloudpickle\ncloudpickle.loads(b'')",
        "import pandas as pd\npd.read_pickle(f)",
        "import shelve as s\ns.open('x')",
        "import yaml\nyaml.unsafe_load('x')",
        "import yaml\nyaml.load('x', yaml.Loader)",
        "from multiprocessing.connection import Client\nClient('x')",
        "pipe.recv()",
        "import multiprocessing.managers",
        "from concurrent.futures import ProcessPoolExecutor",
        "import logging.config\nlogging.config.listen()",
        "import transformers\ntransformers.AutoModel.from_pretrained('x')",
        "eval(text)",
        "getattr(__builtins__, 'eval')(text)",
        "import importlib\nimportlib.import_module(name='pickle').loads(b'')",
        "import sys\nsys.modules['pickle'].loads(b'')",
        "import torch\nvars(torch)['load'](f)",
        "import torch\ntorch.__dict__['load'](f)",
        "import torch\nt: Any = torch\nt.load(f)",
        "import torch\na, b = torch, 1\na.load(f)",
        "import torch\nclass A:\n    def a(self):\n        self.torch = torch\n        self.torch.load(f)",
        "import torch\ntorch.export.load(f)",
        "from torch.utils import model_zoo\nmodel_zoo.load_url(u)",
        "import torch\ntorch.distributed.recv_object_list(x)",
        "import transformers\ntransformers.pipeline('x')",
        "import pandas as pd\npd.read_hdf(f)",
        "import pickle5\npickle5.loads(b'')",
        "from multiprocessing import Process\nProcess()",
        "from multiprocessing.pool import Pool",
        "from concurrent.futures.process import ProcessPoolExecutor",
        "import logging.config\nlogging.config.fileConfig(f)",
        "import ctypes\nctypes.pythonapi.PyMarshal_ReadObjectFromString(b'')",
        "from PySide6.QtCore import QSettings",
        "from PySide6 import QtCore\nQtCore.QDataStream(b)",
    ],
)
def test_unpickling_is_recognised(line: str, tmp_path: Path) -> None:
    assert unpickling(module_of(line, tmp_path))


@pytest.mark.parametrize(
    "line",
    [
        "import pickle\ntry:\n    x()\nexcept pickle.UnpicklingError:\n    pass",
        "import numpy as np\nnp.load(f)\nnp.load(f, allow_pickle=False)",
        "network.eval()",
        "socket.recv(4096)",
        "import torch\ntorch.no_grad()",
        "import yaml\nyaml.safe_load(text)",
    ],
)
def test_what_is_no_pickle_is_let_be(line: str, tmp_path: Path) -> None:
    assert unpickling(module_of(line, tmp_path)) == []


@pytest.mark.parametrize(
    "line",
    [
        "import runpy\nrunpy.run_path(f)",
        "import importlib\nimportlib.import_module(name)",
        "import importlib.util\nimportlib.util.spec_from_file_location('x', f)",
        "from importlib.machinery import SourceFileLoader",
        "import code\ncode.interact()",
    ],
)
def test_a_file_run_as_code_is_refused_in_the_program_alone(line: str, tmp_path: Path) -> None:
    module = module_of(line, tmp_path)
    assert no_pickle().check(module, "alnreader/module.py")
    assert no_pickle().check(module, "packaging/module.py") == []


def test_every_kind_of_source_is_looked_at(tmp_path: Path) -> None:
    for name in ("alnreader/a/b.py", "packaging/x.spec", "benchmarks/y.pyw", "resources/z.py", "docs/c.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", "utf-8")
    found = {path.name for path in no_pickle().sources(tmp_path)}
    assert found == {"b.py", "x.spec", "y.pyw", "z.py"}


def test_a_torch_file_is_read_as_weights_alone(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    for options, good in (
        ("weights_only=True", True),
        ("weights_only=False", False),
        ("**more", False),
        ("", False),
    ):
        module.write_text(f"import torch\ntorch.load(f, {options})\n", "utf-8")
        assert (no_pickle().check(module, "alnreader/model/authors.py") == []) is good


@pytest.mark.parametrize("room", ["cli", "paths", "case", "dicom", "report", "simulation", "store"])
def test_importing_a_light_room_loads_nothing_heavy(room: str) -> None:
    folder = ROOT / "alnreader" / room
    names = [f"alnreader.{room}"]
    names += [f"alnreader.{room}.{module.stem}" for module in folder.glob("[a-z]*.py") if folder.is_dir()]
    program = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        f"print(*[name for name in {SLOW_OR_FOREIGN!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == []


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as `pip install .` does, with the build backend at hand instead of a download."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
    ]
    done = subprocess.run(
        [*command, str(ROOT)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.mark.parametrize("folder", ["models", "resources"])
def test_wheel_carries_the_data(folder: str, wheel: Path) -> None:
    files = {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.name != ".gitkeep" and "__pycache__" not in path.parts
    }
    assert files, f"{folder}/ is empty: the program has no model or no fonts"
    with zipfile.ZipFile(wheel) as archive:
        carried = {name for name in archive.namelist() if name.startswith(f"alnreader/_data/{folder}/")}
        for name, content in files.items():
            assert archive.read(f"alnreader/_data/{name}") == content
    assert {name for name in carried if not name.endswith(".gitkeep")} == {
        f"alnreader/_data/{n}" for n in files
    }


def test_wheel_carries_code_licence_and_entry_points(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (entry_points,) = (name for name in names if name.endswith(".dist-info/entry_points.txt"))
        text = archive.read(entry_points).decode()
    assert {path.relative_to(ROOT).as_posix() for path in SOURCES} <= names
    # Package data beside the code, such as JSON schemas.
    for path in (ROOT / "alnreader").rglob("*.json"):
        assert path.relative_to(ROOT).as_posix() in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert "alnreader = alnreader.__main__:main" in text
    assert "alnreader-gui = alnreader.gui.launch:main" in text


def test_wheel_reads_the_demo_patient_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    installed, elsewhere = tmp_path / "installed", tmp_path / "any folder"
    elsewhere.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    program = (
        "import sys\n"
        f"sys.path.insert(0, {str(installed)!r})\n"
        "import alnreader, alnreader.cli\n"
        f"assert alnreader.__file__.startswith({str(installed)!r})\n"
        "sys.exit(alnreader.cli.main(['demo', '--out-dir', 'out', '--device', 'cpu']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=elsewhere,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (elsewhere / "out" / "report.pdf").read_bytes().startswith(b"%PDF-")


# --- SQL is constant ---------------------------------------------------------------------------------------


EXECUTES = ("execute", "executemany", "executescript")


PASSED_ON = {"change": "statement"}
"""Methods of the store that hand SQL on, and the parameter: each call of theirs is held to the same."""


def constant_text(node: ast.expr | None) -> bool:
    """Whether a text is written out; ``:d`` lets whole numbers in, which PRAGMA takes no parameters for."""
    if isinstance(node, ast.Tuple):
        return all(constant_text(one) for one in node.elts)
    if not isinstance(node, ast.JoinedStr):
        return isinstance(node, ast.Constant) and isinstance(node.value, str)
    return all(
        isinstance(part, ast.Constant)
        or (
            isinstance(part, ast.FormattedValue)
            and isinstance(part.format_spec, ast.JoinedStr)
            and [one.value for one in part.format_spec.values if isinstance(one, ast.Constant)] == ["d"]
        )
        for part in node.values
    )


def constants_of(tree: ast.Module) -> set[str]:
    """Names that a module binds once, at its top, to texts that are written out."""
    bound = [
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    bound += [node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)]
    found = set()
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            if isinstance(target, ast.Name) and constant_text(getattr(node, "value", None)):
                found.add(target.id)
    return {name for name in found if bound.count(name) == 1}


def sql_put_together(text: str) -> list[int]:
    """Lines that run SQL which is not written out in the module itself."""
    tree = ast.parse(text)
    constants, wrong = constants_of(tree), []

    def is_constant(node: ast.expr, here: dict[str, bool]) -> bool:
        if isinstance(node, ast.Name):
            return here.get(node.id, node.id in constants)
        return constant_text(node)

    def look(node: ast.AST, here: dict[str, bool]) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            own = {
                name.id
                for name in ast.walk(node)
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
            }
            own |= {one.arg for one in ast.walk(node) if isinstance(one, ast.arg)}
            here = {**here, **dict.fromkeys(own, False)}
            if isinstance(node, ast.FunctionDef) and node.name in PASSED_ON:
                here[PASSED_ON[node.name]] = True
            for loop in ast.walk(node):
                if isinstance(loop, ast.For) and isinstance(loop.target, ast.Name):
                    source = loop.iter
                    if isinstance(source, ast.Call) and getattr(source.func, "id", "") == "_statements":
                        source = source.args[0]  # splits a script
                    once = sum(
                        isinstance(name, ast.Name)
                        and isinstance(name.ctx, ast.Store)
                        and name.id == loop.target.id
                        for name in ast.walk(node)
                    )
                    here[loop.target.id] = (
                        once == 1 and isinstance(source, ast.Name) and is_constant(source, here)
                    )
        runs = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if runs and node.func.attr in (*EXECUTES, *PASSED_ON):  # type: ignore[attr-defined]
            first = node.args[:1]  # type: ignore[attr-defined]
            if not first or not is_constant(first[0], here):
                wrong.append(node.lineno)  # type: ignore[attr-defined]
        elif isinstance(node, ast.Attribute) and node.attr in EXECUTES and node not in called:
            wrong.append(node.lineno)  # handed on under another name
        for child in ast.iter_child_nodes(node):
            look(child, here)

    called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    look(tree, {})
    return wrong


def test_sql_is_written_out() -> None:
    checked = 0
    for path in SOURCES:
        text = path.read_text("utf-8")
        if "sqlite3" in text or path.parent.name == "store":
            checked += text.count(".execute")
            assert sql_put_together(text) == [], path
        else:
            assert not re.search(r"\.execute(many|script)?\b", text), (
                f"{path}: SQL outside of what is checked"
            )
    assert checked > 50


@pytest.mark.parametrize(
    ("line", "good"),
    [
        ("c.execute('SELECT 1')", True),
        ("c.execute('SELECT ? ' 'FROM t', (x,))", True),
        ("c.execute(f'PRAGMA user_version = {x:d}')", True),
        ("c.execute(_ONE, (x,))", True),
        ("for one in _MANY:\n        c.execute(one)", True),
        ("c.execute(f'PRAGMA user_version = {x}')", False),
        ("c.execute(f'PRAGMA user_version = {x!s:d}')", True),
        ("c.execute(f'PRAGMA user_version = {x:{x}}')", False),
        ("c.execute('SELECT ' + x)", False),
        ("c.execute(' '.join(['SELECT', x]))", False),
        ("c.executescript('DROP TABLE ' + x)", False),
        ("c.execute('PRAGMA user_version = %s' % x)", False),
        ("c.execute('SELECT {}'.format(x))", False),
        ("c.executemany(x, [])", False),
        ("c.execute(sql=x)", False),
        ("c.execute(*x)", False),
        ("_ONE = x\n    c.execute(_ONE)", False),
        ("for one in x:\n        c.execute(one)", False),
        ("for one in _MANY:\n        one += x\n        c.execute(one)", False),
        ("run = c.execute\n    run(x)", False),
        ("store.change('DELETE FROM t WHERE id = ' + x, ())", False),
    ],
)
def test_sql_that_is_put_together_is_recognised(line: str, good: bool) -> None:
    module = f"_ONE = 'SELECT ?'\n_MANY = ('SELECT 1', 'SELECT 2')\n\n\ndef f(c, x, store):\n    {line}\n"
    assert (sql_put_together(module) == []) is good
