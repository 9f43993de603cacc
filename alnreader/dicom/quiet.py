"""Keep warnings of pydicom, highdicom and Pillow away from the user: notes and reasons say it better."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

_lock = threading.Lock()
_state: list[ExitStack] = []
_users = 0


@contextmanager
def quiet() -> Iterator[None]:
    """Silence warnings that pydicom, highdicom and Pillow raise, from any number of threads at once.

    ``warnings.catch_warnings`` alone restores the wrong filters where two threads overlap: the first one to
    enter sets the filter here and the last one to leave restores it.
    """
    global _users
    with _lock:
        if _users == 0:
            stack = ExitStack()
            stack.enter_context(warnings.catch_warnings())
            warnings.filterwarnings("ignore", module=r"(pydicom|PIL|highdicom)(\..*)?$")
            _state.append(stack)
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                _state.pop().close()
