"""Settings and fixtures of all tests."""

from __future__ import annotations

import os
from pathlib import Path

# Before anything imports torch, numpy or Qt: they read these once. Workers share the cores instead of each
# starting a thread for every core.
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_THREADS = str(max(1, (os.cpu_count() or 1) // _WORKERS))
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, _THREADS)
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# No test may ask a model hub for anything.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import hypothesis  # noqa: E402
import pytest  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent

# Machines that share their cores make single examples slow now and then: no deadline. In CI the same examples
# every time, so that a red run can be repeated; elsewhere new ones.
hypothesis.settings.register_profile("local", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Reference data that lies beside the repository and is not part of it."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"the reference data is not there: {folder}")
    return folder
