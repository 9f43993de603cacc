"""What the frozen program starts: the window where its own name says so, else the command line.

Both names are one executable where the system lets a name be a link; the archive in it is 60 MB.
"""

import os
import sys
from importlib import import_module
from pathlib import Path

from alnreader import startup
from alnreader.paths import user_data_dir


def main() -> int:
    """Run what the program was started as and return its exit code."""
    if getattr(sys, "frozen", False) and len(sys.argv) > 1:
        # A command may start processes, or be one. The window alone never does: it need not wait for this.
        import_module("pyi_rth_multiprocessing")
        import_module("multiprocessing").freeze_support()
    os.environ.setdefault("MPLCONFIGDIR", str(user_data_dir() / "matplotlib"))
    startup.prepare()
    if Path(sys.argv[0]).stem != "alnreader-gui":
        from alnreader.cli import main as commands

        return int(commands(startup.long_arguments(sys.argv[1:])))
    if sys.argv[1:] == ["--self-test"]:
        from alnreader.self_test import run

        return int(run(lambda line: print(line, flush=True)))
    from alnreader.gui.launch import main as window

    return int(window(startup.long_arguments(sys.argv[1:])))


if __name__ == "__main__":
    sys.exit(main())
