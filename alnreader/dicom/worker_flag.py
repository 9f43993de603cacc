"""How the frozen program is asked to be the child process that decodes. Nothing is imported."""

from __future__ import annotations

WORKER_FLAG = "--decode-frames"
"""First argument by which a frozen program, which has no ``-m``, is asked to be the child process."""


def serve_if_asked(arguments: list[str]) -> bool:
    """Be the child process if the first argument says so. For the entry points of the frozen program.

    Returns
    -------
    Whether it was asked: the program has nothing else to do then.
    """
    if arguments[:1] != [WORKER_FLAG]:
        return False
    from alnreader.dicom.isolated import serve

    serve()
    return True
