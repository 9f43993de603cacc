"""What the frozen program starts: the window where its own name says so, else the command line.

Both names are one executable where the system lets a name be a link; the archive in it is 60 MB.
"""

import os
import sys
from importlib import import_module
from pathlib import Path

from alnreader.__main__ import main as command
from alnreader.__main__ import stoppable


def main() -> int:
    """Run what the program was started as and return its exit code."""
    return stoppable(_run)


def _run() -> int:
    # Loaded here: somebody may stop the program already.
    from alnreader import startup
    from alnreader.paths import user_data_dir

    if getattr(sys, "frozen", False) and len(sys.argv) > 1:
        # A command may start processes, or be one. The window alone never does: it need not wait for this.
        import_module("pyi_rth_multiprocessing")
        import_module("multiprocessing").freeze_support()
    os.environ.setdefault("MPLCONFIGDIR", str(user_data_dir() / "matplotlib"))
    startup.prepare()
    sys.argv[1:] = startup.long_arguments(sys.argv[1:])
    if Path(sys.argv[0]).stem != "alnreader-gui":
        return command()
    if sys.argv[1:] == ["--self-test"]:
        from alnreader.self_test import run

        return int(run(lambda line: print(line, flush=True)))
    from alnreader.gui.launch import main as window

    return int(window(sys.argv[1:]))


if __name__ == "__main__":
    sys.exit(main())
