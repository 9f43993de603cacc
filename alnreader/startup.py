"""What must be put right before anything else of the program runs, most of it on Windows.

A program without a console has no standard streams; the C++ runtime that Qt ships is older than the one torch
wants, and the first one loaded wins; paths of 260 characters and more need a sign in front.
"""

from __future__ import annotations

import gc
import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TextIO, cast

from alnreader.logs import PlainStream
from alnreader.paths import user_data_dir

LOG_NAME: Final = "console.log"
MAX_PATH: Final = 240
"""Characters; Windows refuses 260 without the sign, and files inside a folder need some of them."""

RUNTIME_LINK: Final = "https://aka.ms/vs/17/release/vc_redist.x64.exe"
_MODULE_NOT_FOUND: Final = 126
"""``ERROR_MOD_NOT_FOUND``: the file, or a library that it needs, is not there."""

_LIBRARIES: Final = ("c10.dll",)
"""Of torch, loaded before Qt: after it, its start-up routine fails (``WinError 1114``)."""


def prepare() -> None:
    """Do everything that this system needs; once, before any other import of the program."""
    give_streams(user_data_dir() / "logs" / LOG_NAME)
    if sys.platform == "win32":
        reason = load_torch_runtime()
        if reason:
            _show(reason)
            sys.exit(1)


def hold_collector() -> None:
    """Let no search for unused cycles interrupt the start: nearly all that is made then stays.

    It took 0.02 s of the 0.28 s to the first paint. `alnreader.gui.collector` searches afterwards.
    """
    gc.disable()


def give_streams(log: Path) -> None:
    """Give a program without a console a log file in place of the missing standard streams.

    It carries no names (`alnreader.logs.PlainStream`). Where the file cannot be written, what is printed is
    dropped: it must never end the program.
    """
    if sys.stdout is not None and sys.stderr is not None:
        return
    stream: TextIO
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        stream = cast(TextIO, PlainStream(log))
    except OSError:
        stream = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open as long as the program
    if sys.stdout is None:
        sys.stdout = stream
    if sys.stderr is None:
        sys.stderr = stream


def load_torch_runtime(load: Callable[[str], object] | None = None, folder: Path | None = None) -> str:
    """Load torch's small base library before Qt's, without importing torch.

    Parameters
    ----------
    load
        Opens a library by its path; `ctypes.CDLL` if not given.
    folder
        Where torch's libraries lie; found by itself if not given.

    Returns
    -------
    str
        Empty, or why torch cannot be loaded on this computer, as a sentence for the user.
    """
    if folder is None:
        spec = importlib.util.find_spec("torch")
        if spec is None or spec.origin is None:
            return ""
        folder = Path(spec.origin).parent / "lib"
    if load is None:
        import ctypes

        load = ctypes.CDLL
    for name in _LIBRARIES:
        if not (folder / name).is_file():
            continue
        try:
            load(str(folder / name))
        except OSError as error:
            return why_not_loaded(error, folder / name)
    return ""


def why_not_loaded(error: OSError, library: Path) -> str:
    """Return a sentence for the user about a library of torch that Windows does not load."""
    if getattr(error, "winerror", None) == _MODULE_NOT_FOUND or "126" in str(error):
        return (
            "The Microsoft Visual C++ runtime is missing or too old on this computer: "
            f"{library.name} cannot be loaded. Install it from {RUNTIME_LINK} and start ALN Reader again."
        )
    return (
        f"{library} cannot be loaded: {error}. Install the newest Microsoft Visual C++ runtime "
        f"({RUNTIME_LINK}); if that does not help, install ALN Reader anew."
    )


def long_path(path: str, windows: bool = sys.platform == "win32") -> str:
    r"""Return a path that Windows opens although it is long: ``\\?\C:\...``; other paths as they are.

    Only absolute paths can be long ones; a share (``\\server\share``) becomes ``\\?\UNC\server\share``.
    """
    if not windows or len(path) < MAX_PATH or path.startswith("\\\\?\\"):
        return path
    path = path.replace("/", "\\")
    if path.startswith("\\\\"):
        return "\\\\?\\UNC\\" + path[2:]
    is_absolute = len(path) > 2 and path[1:3] == ":\\"
    return "\\\\?\\" + path if is_absolute else path


def long_arguments(arguments: Sequence[str], windows: bool = sys.platform == "win32") -> list[str]:
    """Return the command line with every long path made one that opens."""
    return [long_path(argument, windows) for argument in arguments]


def _show(reason: str) -> None:
    """Tell the user before there is a window."""
    import ctypes

    sys.stderr.write(f"alnreader: {reason}\n")
    box = getattr(getattr(ctypes, "windll", None), "user32", None)
    if box is not None:
        box.MessageBoxW(None, reason, "ALN Reader", 0x10)
