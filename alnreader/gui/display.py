"""Whether a window can be opened here. Qt itself ends the process when it cannot (`abort`, exit code 134)."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_PACKAGES: Final = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
"""Libraries of the system that Qt opens, and the Debian packages that bring them."""

_WITHOUT: Final = "Without a window, 'alnreader read FOLDER --report out.pdf' does the same job."


def why_no_window(environment: Mapping[str, str] = os.environ) -> str:
    """Return why Qt could not open a window on this system, and what to do; empty where it can.

    Looks where Qt looks: ``QT_QPA_PLATFORM`` if it is set, else Wayland, then X. Other systems than Linux and
    its kin always have a display.
    """
    if sys.platform in ("win32", "darwin"):
        return ""
    named = [entry.partition(":")[0] for entry in environment.get("QT_QPA_PLATFORM", "").split(";") if entry]
    if not named:
        if environment.get("WAYLAND_DISPLAY"):
            named.append("wayland")
        if environment.get("DISPLAY"):
            named.append("xcb")
    if not named:
        return (
            "There is no display to open a window on: neither DISPLAY nor WAYLAND_DISPLAY is set. Start the "
            f"program on a desktop, or with 'ssh -X' or 'xvfb-run'. {_WITHOUT}"
        )
    reasons = []
    for name in named:
        if name == "xcb":
            reason = _why_no_x(environment)
        elif name.startswith("wayland"):
            reason = _why_no_wayland(environment)
        else:
            return ""  # another kind of display (offscreen, vnc, eglfs) is Qt's to judge
        if not reason:
            return ""
        reasons.append(reason)
    return " ".join((*reasons, _WITHOUT))


def _why_no_x(environment: Mapping[str, str]) -> str:
    plugin = _plugin("libqxcb.so")
    reason = missing_library(plugin) if plugin is not None else ""
    if reason:
        return reason
    display = environment.get("DISPLAY", "")
    if not display:
        return "There is no X display to open a window on: DISPLAY is not set."
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return ""
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = (ctypes.c_char_p, ctypes.c_void_p)
    for function in (xcb.xcb_connection_has_error, xcb.xcb_disconnect):
        function.argtypes = (ctypes.c_void_p,)
    # Never null: an object that tells its error, freed by disconnecting (xcb(3)).
    connection = xcb.xcb_connect(os.fsencode(display), None)
    failed = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    if not failed:
        return ""
    return (
        f"The X display {display} cannot be opened: nothing answers there, or this user is not let in. "
        "Check DISPLAY, and 'xhost' or XAUTHORITY where it belongs to someone else."
    )


def _why_no_wayland(environment: Mapping[str, str]) -> str:
    name = environment.get("WAYLAND_DISPLAY") or "wayland-0"
    folder = environment.get("XDG_RUNTIME_DIR", "")
    path = Path(folder, name)  # an absolute name stands for itself
    if path.is_absolute():
        import socket  # with an X display, the window's front needs none

        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(path))
        except OSError:
            pass
        else:
            return ""
    return f"The Wayland display {name} cannot be opened: check WAYLAND_DISPLAY and XDG_RUNTIME_DIR."


def _plugin(name: str) -> Path | None:
    """Return a plug-in of Qt's for a display; None where PySide6 was built otherwise."""
    found = importlib.util.find_spec("PySide6")
    for folder in (found.submodule_search_locations or ()) if found is not None else ():
        path = Path(folder, "Qt", "plugins", "platforms", name)
        if path.is_file():
            return path
    return None


def missing_library(plugin: Path) -> str:
    """Return which library of the system a plug-in of Qt's lacks, and how to install it; empty if none.

    The plug-in is loaded as Qt will load it a moment later: it costs nothing twice.
    """
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        return what_to_install(error)
    return ""


def what_to_install(error: Exception) -> str:
    """Return the sentence for a library that the system's loader did not find."""
    library = str(error).partition(":")[0]
    package = _PACKAGES.get(library)
    install = f"Install it (on Debian or Ubuntu: apt install {package})." if package else "Install it."
    if "cannot open shared object file" not in str(error):
        return f"Qt cannot be loaded ({error}). Install the program anew."
    return f"The window needs the library {library}, which is not on this system. {install}"
