"""Refuse every way in for pickle, and for data that is run as code: part of ``make check``.

A pickle runs what its writer wants. The check reads the sources: it follows imports, other names for them,
`getattr` and `import_module` with a fixed name. What it finds is refused unless `ALLOWED` says why it stays.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("alnreader", "packaging", "benchmarks", "tests", "resources", "models", "docs")
SUFFIXES = (".py", ".pyw", ".spec")
"""Of Python's sources; PyInstaller runs its ``.spec``."""

MODULES = (
    *(
        "pickle",
        "cPickle",
        "_pickle",
        "pickletools",
        "cloudpickle",
        "dill",
        "joblib",
        "jsonpickle",
        "marshal",
    ),
    *("shelve", "klepto", "torch.hub", "torch.package", "torch.serialization", "torch.jit", "xmlrpc"),
    *("multiprocessing.connection", "multiprocessing.managers", "multiprocessing.shared_memory"),
    *("multiprocessing.pool", "multiprocessing.queues", "concurrent.futures.process"),
    *("pickle5", "compress_pickle", "hickle", "keras", "sklearn.externals"),
    *("torch.utils.model_zoo", "torch.distributed.checkpoint", "torch.distributed.rpc", "torch.storage"),
    *("PySide6.QtCore.QSettings", "PySide6.QtCore.QDataStream", "ctypes.pythonapi"),
)
"""Modules (and two classes) that read data as code, or whose connections do. Their exceptions may be named.

PySide6 unpickles what a file of `QSettings` calls a Python object (docs/decisions/0258)."""

FUNCTIONS = {
    *("torch.load", "torch.save", "numpy.load", "numpy.save", "numpy.savez", "numpy.savez_compressed"),
    *("numpy.lib.format.read_array", "numpy.lib.npyio.load", "pandas.read_pickle", "logging.config.listen"),
    *("yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.unsafe_load_all", "yaml.full_load"),
    *("yaml.full_load_all", "yaml.Loader", "yaml.FullLoader", "yaml.UnsafeLoader", "yaml.CLoader"),
    *("multiprocessing.Manager", "multiprocessing.Pipe", "multiprocessing.Queue", "multiprocessing.Pool"),
    *("multiprocessing.get_context", "multiprocessing.Process", "concurrent.futures.ProcessPoolExecutor"),
    *("torch.export.load", "torch.ops.load_library", "torch.classes.load_library", "pandas.read_hdf"),
    *("torch.compiler.load_cache_artifacts", "transformers.pipeline", "transformers.Trainer"),
    *("logging.config.fileConfig", "logging.config.dictConfig"),
    *(f"torch.distributed.{name}" for name in ("broadcast_object_list", "scatter_object_list")),
    *(f"torch.distributed.{name}" for name in ("all_gather_object", "gather_object")),
    *(f"torch.distributed.{name}" for name in ("send_object_list", "recv_object_list")),
    *("types.FunctionType", "types.CodeType", "compile", "eval", "exec"),
}
"""Functions that do; processes of the program hand each other pickles, too."""

CODE_FILES = {
    *("runpy.run_path", "runpy.run_module", "importlib.util.spec_from_file_location"),
    *("importlib.machinery.SourceFileLoader", "importlib.machinery.SourcelessFileLoader"),
    *("code.interact", "code.InteractiveInterpreter", "code.InteractiveConsole"),
}
"""Functions that run a file as code: none in the program. Tests and packaging load each other with them."""

METHODS = {"from_pretrained", "to_pickle", "read_pickle"}
"""Methods, whatever they are called on: transformers' falls back on ``pytorch_model.bin``."""

_BETWEEN_OWN_PROCESSES = "a child that this program starts itself, over a pipe that nobody else has"

_TO_BE_REFUSED = "a test makes a hostile file, and sees it refused and that it would have run"

ALLOWED = {
    ("alnreader/model/authors.py", "torch.load"): "checkpoints of the authors, with weights_only=True",
    ("alnreader/model/authors.py", "torch.serialization.get_unsafe_globals_in_checkpoint"): "runs nothing",
    ("alnreader/model/authors.py", "torch.serialization.safe_globals"): "names what is not code: arrays",
    ("alnreader/dicom/__init__.py", "importlib.import_module"): "a module of this program, by its table",
    ("alnreader/gui/main_window.py", "importlib.import_module"): "a page of this program, by its table",
    ("alnreader/simulation/cohort.py", "concurrent.futures.ProcessPoolExecutor"): _BETWEEN_OWN_PROCESSES,
    ("alnreader/training/engine.py", "torch.multiprocessing.get_context"): _BETWEEN_OWN_PROCESSES,
    ("alnreader/training/engine.py", "torch.multiprocessing.spawn.spawn"): _BETWEEN_OWN_PROCESSES,
    ("packaging/alnreader.spec", "exec"): "packaging/macos/bundle.py, which is ours",
    ("packaging/no_pickle.py", "allow_pickle"): "the word that is looked for",
    ("tests/cli/test_cli_pacs.py", "multiprocessing.get_context"): _BETWEEN_OWN_PROCESSES,
    ("tests/gui/test_gui_window.py", "PySide6.QtCore.QSettings"): _TO_BE_REFUSED,
    ("tests/gui/test_gui_window.py", "PySide6.QtCore.QSettings.Format.IniFormat"): _TO_BE_REFUSED,
    ("tests/inference/test_inference_read.py", "torch.save"): _TO_BE_REFUSED,
    ("tests/model/test_model_authors.py", "torch.save"): _TO_BE_REFUSED,
    ("tests/model/test_model_authors.py", "torch.load"): _TO_BE_REFUSED,
    ("tests/model/test_model_authors.py", "exec"): _TO_BE_REFUSED,
    ("tests/model/test_model_authors.py", "pickle.dumps"): _TO_BE_REFUSED,
    ("tests/model/test_model_bundle.py", "torch.save"): _TO_BE_REFUSED,
    ("tests/model/test_model_bundle.py", "pickle.dumps"): _TO_BE_REFUSED,
    ("tests/model/test_model_golden.py", "torch.save"): _TO_BE_REFUSED,
}
"""File and finding, and why it stays."""

_ERRORS = ("Error", "Exception")


class _Names(ast.NodeVisitor):
    """Finds what every name of a module stands for."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.asname:
                self.known[alias.asname] = alias.name
            else:
                top = alias.name.partition(".")[0]
                self.known[top] = top

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self.known[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._bind(target, node.value)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._bind(node.target, node.value)
        self.generic_visit(node)

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, other in zip(target.elts, value.elts, strict=False):
                self._bind(one, other)
        meant = self.of(value)
        if meant and isinstance(target, ast.Name | ast.Attribute):
            self.known.setdefault(ast.unparse(target), meant)

    def of(self, node: ast.AST) -> str:
        """Return the dotted name of what an expression stands for, empty where that cannot be told."""
        if isinstance(node, ast.Name):
            return self.known.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            left = self.of(node.value)
            return self.known.get(f"{left}.{node.attr}", f"{left}.{node.attr}") if left else ""
        if isinstance(node, ast.Subscript) and (key := _text(node.slice)):
            holder = self.of(node.value)
            if holder == "sys.modules":
                return key
            if isinstance(node.value, ast.Call) and self.of(node.value.func) == "vars" and node.value.args:
                holder = f"{self.of(node.value.args[0])}.__dict__"
            return f"{holder.removesuffix('.__dict__')}.{key}" if holder.endswith(".__dict__") else ""
        if isinstance(node, ast.NamedExpr):
            return self.of(node.value)
        if isinstance(node, ast.Call):
            called, fixed = self.of(node.func), [_text(one) for one in node.args]
            if called in _IMPORTS:
                return imported(node)
            if called == "getattr" and len(fixed) > 1 and fixed[1]:
                left = self.of(node.args[0])
                return f"{left}.{fixed[1]}" if left else ""
        return ""


_IMPORTS = ("__import__", "builtins.__import__", "importlib.import_module", "importlib.__import__")


def imported(node: ast.Call) -> str:
    """Return the module that a call imports by a fixed name, empty where it is not fixed."""
    named = [one.value for one in node.keywords if one.arg == "name"]
    return next((_text(one) for one in (*node.args[:1], *named)), "")


def _text(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is_banned(name: str) -> str:
    """Return what a dotted name is refused as, empty where it is not."""
    if name.endswith(_ERRORS):
        return ""
    for function in FUNCTIONS | CODE_FILES:
        tail = name.removeprefix("torch.") if name.startswith("torch.multiprocessing.") else name
        if tail == function or name in (f"builtins.{function}", f"__builtins__.{function}"):
            return name
    for module in MODULES:
        if name == module or name.startswith(f"{module}."):
            return name
    return name if name.startswith("torch.multiprocessing.") else ""


def findings(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and kind of every way in."""
    tree = ast.parse(source)
    names = _Names()
    names.visit(tree)
    inner = {
        id(child) for node in ast.walk(tree) if isinstance(node, ast.Attribute) for child in (node.value,)
    }
    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if banned := _is_banned(f"{node.module}.{alias.name}"):
                    yield node.lineno, banned
        elif isinstance(node, ast.Import):
            for alias in node.names:
                # `import pickle` alone is no way in: its exceptions are named. A part of a package is.
                if "." in alias.name and _is_banned(alias.name):
                    yield node.lineno, alias.name
        elif isinstance(node, ast.Attribute | ast.Name | ast.Call | ast.Subscript) and id(node) not in inner:
            yield from _used(node, names, calls)
        if isinstance(node, (ast.Constant, ast.keyword)) and _says_pickle(node):
            yield getattr(node, "lineno", 0), "allow_pickle"


def _says_pickle(node: ast.Constant | ast.keyword) -> bool:
    if isinstance(node, ast.Constant):
        return node.value == "allow_pickle"
    off = isinstance(node.value, ast.Constant) and node.value.value is False
    return node.arg == "allow_pickle" and not off


def _used(
    node: ast.Attribute | ast.Name | ast.Call | ast.Subscript, names: _Names, calls: dict[int, ast.Call]
) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Call):
        called = names.of(node.func)
        if called in _IMPORTS and not imported(node):
            yield node.lineno, called
        if isinstance(node.func, ast.Attribute) and node.func.attr == "recv" and not node.args:
            yield node.lineno, "recv"
        if (meant := names.of(node)) and _is_banned(meant):
            yield node.lineno, meant
        return
    if isinstance(node, ast.Attribute) and node.attr in METHODS:
        yield node.lineno, node.attr
    name = names.of(node)
    if not name or not _is_banned(name) or isinstance(node.ctx, ast.Store):
        return
    if not _is_safe(name, calls.get(id(node))):
        yield node.lineno, name


def _is_safe(name: str, call: ast.Call | None) -> bool:
    """Whether numpy is called in a way that refuses pickles. `torch.load` never is by itself."""
    if not name.startswith("numpy.") or call is None:
        return False
    said = {one.arg: one.value for one in call.keywords}
    if None in said:  # **options
        return False
    off = said.get("allow_pickle")
    refused = isinstance(off, ast.Constant) and off.value is False
    if name.endswith(".load"):
        return len(call.args) <= 2 and (off is None or refused)
    return refused and len(call.args) <= 2


def is_weights_only(source: str) -> bool:
    """Whether every `torch.load` of a module is called with ``weights_only=True`` and nothing hidden."""
    names = _Names()
    tree = ast.parse(source)
    names.visit(tree)
    every = [
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and names.of(node.func) == "torch.load"
    ]
    return bool(every) and all(
        any(
            one.arg == "weights_only" and isinstance(one.value, ast.Constant) and one.value.value is True
            for one in call.keywords
        )
        and all(one.arg is not None for one in call.keywords)
        for call in every
    )


def check(path: Path, name: str) -> list[str]:
    """Return what is refused in a file, as sentences."""
    source, refused = path.read_text("utf-8"), []
    for line, kind in sorted(set(findings(source))):
        weights = kind != "torch.load" or name.startswith("tests/") or is_weights_only(source)
        elsewhere = kind in (*CODE_FILES, "importlib.import_module") and not name.startswith("alnreader/")
        if elsewhere or ((name, kind) in ALLOWED and weights):
            continue
        refused.append(f"{name}:{line}: {kind}")
    return refused


def sources(root: Path) -> Iterator[Path]:
    """Yield every Python source of the repository."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                yield path


def main() -> int:
    """Look at every source."""
    refused, count = [], 0
    for path in sources(ROOT):
        count += 1
        refused += check(path, path.relative_to(ROOT).as_posix())
    for sentence in refused:
        print(sentence)
    if not refused:
        print(f"No pickle in {count} files; {len(ALLOWED)} uses are allowed, with their reasons.")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
