"""The demonstration patient as a folder of DICOM files, simulated once and kept in the user's cache."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from PySide6.QtCore import QStandardPaths

from alnreader import __version__


def demo_folder(cache: Path | None = None) -> Path:
    """Return where the demo patient of this program version lies or will lie."""
    if cache is None:
        place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.CacheLocation)
        cache = Path(place) if place else Path(tempfile.gettempdir())
    return cache / f"demo-patient-{__version__}"


def write_demo_patient(cache: Path | None = None) -> Path:
    """Simulate the demo patient, pictures and a cine, as DICOM; takes seconds the first time.

    Parameters
    ----------
    cache
        Folder to keep it in; the user's cache by default, a temporary folder where that is read-only.

    Returns
    -------
    Path
        Folder of the files. It appears whole or not at all.
    """
    from alnreader.simulation import DEMO_NAME, DEMO_SEED, simulate_patient, write_dicom

    folder = demo_folder(cache)
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(prefix="demo-patient-", dir=folder.parent))
    except OSError:
        staged = Path(tempfile.mkdtemp(prefix="alnreader-demo-"))
        folder = staged / "demo-patient"
        staged = staged / "staged"
    write_dicom(simulate_patient(DEMO_SEED, cine=True), staged, name=DEMO_NAME)
    try:
        staged.replace(folder)
    except OSError:
        if not folder.is_dir():  # not the other window that was quicker: a real fault
            raise
        shutil.rmtree(staged, ignore_errors=True)
    return folder
