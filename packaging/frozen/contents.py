"""What of the installed packages goes into the frozen program, and what stays out."""

from __future__ import annotations

import re
import sys
from fnmatch import fnmatch
from pathlib import Path

HIDDEN = [
    "gdcm",
    "openjpeg",
    "rle",
    "pylibjpeg",
    "pytorch_grad_cam",
    "transformers.models.segformer.modeling_segformer",
    "transformers.models.segformer.configuration_segformer",
    "transformers.models.resnet.modeling_resnet",
    "transformers.models.resnet.configuration_resnet",
    "transformers.models.swin.modeling_swin",
    "transformers.models.swin.configuration_swin",
    "transformers.models.efficientnet.modeling_efficientnet",
    "transformers.models.efficientnet.configuration_efficientnet",
    # pyqtgraph's plots ask for them when the package is imported.
    "PySide6.QtOpenGL",
    "PySide6.QtOpenGLWidgets",
]
"""Imported by name while the program runs, where PyInstaller does not see it."""

EXCLUDED = [
    "IPython",
    "PyQt5",
    "PyQt6",
    "PySide2",
    "_gdbm",
    "_pytest",
    "accelerate",
    "datasets",
    "flax",
    "hf_xet",
    "hypothesis",
    "jax",
    "mypy",
    "onnx",
    "onnxruntime",
    "openvino",
    "pandas",
    "pip",
    "pytest",
    "readline",
    "setuptools",
    "tensorboard",
    "tensorboardX",
    "tensorflow",
    "tkinter",
    "torchaudio",
    "torchvision",
]
"""Never part of the program; some are imported by libraries where they are installed."""

LATER = ("pyi_rth_multiprocessing",)
"""Start-up code of PyInstaller that commands need and the window does not: the frozen program imports it."""

NEVER = ("pyi_rth_mplconfig",)
"""Start-up code of PyInstaller that is left out: it gives Matplotlib an empty folder at each start."""

MODELS = ("auto", "encoder_decoder", "segformer", "resnet", "swin", "efficientnet")
"""Of transformers' some 400 models: the encoders, and what the library itself imports."""

QT_PLUGINS = {
    "iconengines": ("qsvgicon",),
    "imageformats": ("qico", "qjpeg", "qsvg"),
    "platforminputcontexts": ("composeplatforminputcontextplugin", "ibusplatforminputcontextplugin"),
    "platforms": ("qcocoa", "qoffscreen", "qwayland", "qwindows", "qxcb"),
    "platformthemes": ("qxdgdesktopportal",),
    "styles": ("qmacstyle", "qmodernwindowsstyle", "qwindowsvistastyle"),
    "wayland-decoration-client": None,
    "wayland-graphics-integration-client": None,
    "wayland-shell-integration": None,
    "xcbglintegrations": None,
}
"""Plug-ins of Qt that go in, by their folder; None: all of it. GTK's theme would bring GTK itself."""

QT_MODULES = (
    "Core",
    "DBus",
    "Gui",
    "OpenGL",
    "OpenGLWidgets",
    "Svg",
    "WaylandClient",
    "Widgets",
    "WlShellIntegration",
    "XcbQpa",
)
"""Libraries of Qt that go in: what the program imports, and what the plug-ins above need."""

QT_TRANSLATIONS = ("qtbase_zh_CN.qm", "qtbase_en.qm")

_COPYLEFT_MODULES = ("readline", "_gdbm")
_COPYLEFT_LIBRARIES = ("libreadline.so", "libgdbm.so", "libgdbm_compat.so")
"""Under the GPL alone, and of no use here: with them the program could not be under its own licence."""

_EXCLUDED_DISTRIBUTIONS = {name.strip("_").lower() for name in EXCLUDED}
"""Their metadata stays out too: a library that asks for it would believe that they are there."""

_UNWANTED = (
    *(f"*/lib-dynload/{name}.*" for name in _COPYLEFT_MODULES),
    "cv2/qt/*",
    "opencv_python*.libs/libQt*",
    "*.pyi",
    "*.lib",
    "torch/include/*",
    "torch/share/*",
    "torch/test/*",
    "torch/bin/*",
    "torch/_inductor/codegen/*",
    "torch/_inductor/fx_passes/*",
    "torch/_inductor/kernel/*",
    "torch/testing/_internal/*",
    "torch/lib/*_test.*",
    "torch/lib/*aoti_custom_ops.*",
    "torch/lib/*backend_with_compiler.*",
    "torch/*/tests/*",
    "torch/*/test_*.py",
    "torch/utils/benchmark/examples/*",
    "transformers/cli/*",
    "transformers/pipelines/*",
    "sympy/*/tests/*",
    "sympy/testing/*",
    "scipy/*/tests/*",
    "sklearn/*/tests/*",
    "sklearn/datasets/data/*",
    "sklearn/datasets/images/*",
    "matplotlib/mpl-data/sample_data/*",
    "matplotlib/tests/*",
    "mpmath/tests/*",
    "networkx/*/tests/*",
    "numpy/*/tests/*",
)

_WANTED = (
    "torch/_inductor/test_operators.py",
    "torch/bin/torch_shm_manager",
    "torch/testing/_internal/__init__.py",
    "torch/testing/_internal/common_dtype.py",
    "torch/testing/_internal/logging_tensor.py",
    "torch/testing/_internal/distributed/__init__.py",
    "torch/testing/_internal/distributed/fake_pg.py",
)
"""Asked for when torch is imported, although nothing of the program uses it."""

_QT_LIBRARY = re.compile(r"(?:lib)?Qt6?([A-Z][A-Za-z]+)(?:\.abi3)?(?:\.(?:so|pyd|dll)(?:\.[\d.]+)?)?$")

STRIPPED = (
    "libpython3*.so*",
    "torch/lib/libtorch*.so",
    "torch/lib/libc10.so",
    "_CharLS*.so",
    "_openjpeg*.so",
    "rle/*.so",
)
"""Libraries that carry symbols for debuggers. Those repaired by auditwheel are left: strip breaks them."""


def is_wanted(name: str) -> bool:
    """Return whether a collected file, named by its place in the program, goes in."""
    place = name.replace("\\", "/")
    if place in _WANTED:
        return True
    parts = place.split("/")
    if parts[0].endswith((".dist-info", ".egg-info")):
        return parts[0].split("-")[0].replace("_", "-").lower() not in _EXCLUDED_DISTRIBUTIONS
    if parts[:2] == ["transformers", "models"] and len(parts) > 3:
        return parts[2] in MODELS
    if parts[0] == "PySide6" or len(parts) == 1:
        return _is_wanted_of_qt(parts)
    return not any(fnmatch(place, pattern) for pattern in _UNWANTED)


def is_wanted_module(name: str) -> bool:
    """Return whether a module goes in, by its dotted name."""
    place = name.replace(".", "/")
    files = (f"{place}.py", f"{place}/__init__.py")
    return any(file in _WANTED for file in files) or all(is_wanted(file) for file in files)


def _is_wanted_of_qt(parts: list[str]) -> bool:
    if "translations" in parts:
        return parts[-1] in QT_TRANSLATIONS
    if "plugins" in parts[:-2]:
        folder, name = parts[-2:]
        allowed = QT_PLUGINS.get(folder, ())
        return allowed is None or name.split(".")[0].removeprefix("lib") in allowed
    if found := _QT_LIBRARY.match(parts[-1]):
        return found[1] in QT_MODULES
    return not parts[-1].startswith(("libcudart", *_COPYLEFT_LIBRARIES))


def reachable(binaries: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Return the binaries without system libraries that only what was left out needed.

    Parameters
    ----------
    binaries
        (place in the program, file here, kind), as PyInstaller keeps them.
    """
    from PyInstaller.depend.bindepend import get_imports

    if sys.platform != "linux":
        return binaries
    # A library of the system lies at the top of the program under its own name.
    system = {
        place: entry
        for entry in binaries
        if "/" not in (place := entry[0]) and entry[1].startswith(("/lib/", "/usr/lib/"))
    }
    needed: set[str] = set()
    ahead = [entry[1] for entry in binaries if entry[0] not in system and entry[2] != "SYMLINK"]
    ahead += [entry[1] for name, entry in system.items() if name.startswith("libpython")]
    while ahead:
        for name, _ in get_imports(ahead.pop()):
            base = name.rsplit("/", 1)[-1]
            if base in system and base not in needed:
                needed.add(base)
                ahead.append(system[base][1])
    return [e for e in binaries if e[0] not in system or e[0] in needed or e[0].startswith("libpython")]


def distribution_files(collected: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Return the metadata (names, versions, licences, entry points) of every distribution collected from."""
    from importlib import metadata

    names = {re.split(r"[./\\]", entry[0])[0] for entry in collected}
    owners = metadata.packages_distributions()
    found = {owner for name in names for owner in owners.get(name, ())} - {"alnreader"}
    found = {name for name in found if is_wanted(f"{name.replace('-', '_')}-0.dist-info/METADATA")}
    result = []
    for name in sorted(found):
        distribution = metadata.distribution(name)
        for file in distribution.files or ():
            source = Path(str(distribution.locate_file(file)))
            parts = file.parts
            is_info = parts[0].endswith(".dist-info") and parts[-1] not in (
                "RECORD",
                "INSTALLER",
                "REQUESTED",
            )
            if is_info and source.is_file():
                result.append((str(Path(*parts)), str(source), "DATA"))
    return result


def icon(root: Path) -> str | None:
    """Return the program's icon for this system, if there is one."""
    suffix = {"win32": "ico", "darwin": "icns"}.get(sys.platform)
    path = root / "packaging" / "icons" / f"alnreader.{suffix}"
    return str(path) if suffix and path.is_file() else None
