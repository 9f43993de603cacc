"""What the commands show in a terminal while they work."""

from __future__ import annotations


class Bar:
    """A progress bar on the standard error stream; silent where that is not a terminal."""

    def __init__(self, title: str, unit: str) -> None:
        from tqdm import tqdm

        self._bar = tqdm(desc=title, unit=unit, disable=None, leave=False)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def __call__(self, done: int, total: int, message: str = "") -> None:
        """Show how far it is, and of what."""
        self._bar.total = total or None
        self._bar.n = done
        self._bar.set_postfix_str(message[-40:], refresh=True)
