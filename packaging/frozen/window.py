"""What a double-click starts: the window."""

import sys

if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        from alnreader.self_test import run

        # Without a console there is nowhere to print to; the exit code tells.
        sys.exit(run(lambda line: sys.stdout is not None and print(line, flush=True)))

    from alnreader.gui.launch import main

    sys.exit(main())
