"""What ``alnreader-gui`` runs: what keeps a window from opening is told in a sentence before Qt is asked."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from alnreader import __version__, startup
from alnreader.case.errors import ExitCode
from alnreader.gui.display import what_to_install, why_no_window


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(
        prog="alnreader-gui", description="The window of ALN Reader. What is named is opened."
    )
    result.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="folder, DICOMDIR, zip or picture"
    )
    result.add_argument("--demo", action="store_true", help="open the simulated demo patient")
    result.add_argument("--settings", type=Path, metavar="FILE", help="use this settings file")
    result.add_argument("--version", action="version", version=f"ALN Reader {__version__}")
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the window until it is closed and return the exit code (`ExitCode`)."""
    if getattr(sys, "frozen", False):
        from alnreader.dicom.worker_flag import serve_if_asked

        if serve_if_asked(sys.argv[1:]):
            return ExitCode.OK
    options = parser().parse_args(arguments)
    startup.hold_collector()
    reason = why_no_window()
    if not reason:
        try:
            from alnreader.gui import app
        except ImportError as error:
            if error.name is not None and error.name.partition(".")[0] == "alnreader":
                raise
            reason = what_to_install(error)
    if reason:
        sys.stderr.write(f"alnreader-gui: {reason}\n")
        return ExitCode.INTERNAL
    return app.run(options)


if __name__ == "__main__":
    sys.exit(main())
