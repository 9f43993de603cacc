"""The language of what a person reads: English in the source, others from Qt Linguist's files.

The rooms below the window know no Qt, but their sentences stand in the window and on the report. `tr` looks
them up in the same file that the window's own texts come from (docs/decisions/0150-languages.md).

What is written into a case file or a document is English, also a sentence with values in it: a warning, a
reason, an error. `told` says such a sentence in the chosen language where it is shown, in a file of years ago
too (docs/decisions/0151-switching-language.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from alnreader.case.errors import InvalidValueError

SOURCE: Final = "en"

LANGUAGES: Final = {"en": "English", "zh_CN": "简体中文"}
"""Codes of the languages and what they call themselves."""


_VALUE: Final = re.compile(r"\{(\w+)\}")

_SENTENCES: Final = frozenset({"reason", "what"})
"""Names of values that are sentences or words of the program themselves; all others are taken as they are."""

_LEAST_LITERAL: Final = 4
"""Characters beside its values that a sentence needs to be recognised by."""


@dataclass(frozen=True)
class Catalogue:
    """The finished translations of one language.

    `texts` has (context, source text) as key and the forms for numbers as value: one form for one thing and
    one for several, or a single one. The rooms below the window have the empty context.
    """

    code: str = SOURCE
    texts: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    def find(self, context: str, text: str, number: int = -1) -> str | None:
        """Return the translation, in the form for `number` things, or None where there is none."""
        forms = self.texts.get((context, text))
        if forms is None:
            return None
        return forms[0] if number == 1 else forms[-1]

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], list[str], str]]:
        """Expression, names of values and translation of every sentence with values; the longest first."""
        found = []
        for (context, text), forms in self.texts.items():
            names = _VALUE.findall(text)
            literal = _VALUE.sub("", text)
            if context or not names or len(literal.strip()) < _LEAST_LITERAL:
                continue
            pieces = [re.escape(piece) for piece in _VALUE.split(text)[::2]]
            found.append((len(literal), re.compile("(.+?)".join(pieces), re.DOTALL), names, forms[-1]))
        return [entry[1:] for entry in sorted(found, key=lambda entry: -entry[0])]

    def told(self, text: str) -> str:
        """Return a sentence with its values in it, as `language.told` does."""
        if not text or not self.texts:
            return text
        known = self.find("", text)
        if known is not None:
            return known
        if "\n" in text:
            return "\n".join(map(self.told, text.split("\n")))
        for pattern, names, translation in self._patterns:
            match = pattern.fullmatch(text)
            if match is not None:
                values = {
                    name: self.told(value) if name in _SENTENCES else value
                    for name, value in zip(names, match.groups(), strict=True)
                }
                return translation.format_map(values)
        # A file or a node in front of a reason.
        head, colon, reason = text.partition(": ")
        return f"{head}{colon}{self.told(reason)}" if colon else text


_current = Catalogue()


def tr(text: str) -> str:
    """Return a text in the language that was chosen; the text itself where it has no translation."""
    return _current.find("", text) or text


def told(text: str) -> str:
    """Return a sentence that was made in English, its values filled in, in the language that was chosen.

    It is found by its source, ``mark("... {name} ...").format(name=value)``. A value called ``reason`` or
    ``what`` is told too; what is not in the catalogue stays as it is.
    """
    return _current.told(text)


def mark(text: str) -> str:
    """Return the text as it is: names it to the translators where it is kept, for `tr` where it is shown."""
    return text


def current() -> Catalogue:
    """Return what is in use."""
    return _current


def choose(code: str, folder: Path) -> Catalogue:
    """Use a language from now on.

    Parameters
    ----------
    code
        A key of `LANGUAGES`.
    folder
        Where the files ``alnreader_<code>.ts`` lie. That of English holds the forms for one and for several.

    Raises
    ------
    InvalidValueError
        If there is no such language, or its file cannot be read. The language stays what it was.
    """
    global _current
    _current = load(code, folder)
    return _current


def load(code: str, folder: Path) -> Catalogue:
    """Return a language's catalogue without using it; raises as `choose` does."""
    if code not in LANGUAGES:
        raise InvalidValueError(f"There is no language {code!r}; there are {', '.join(LANGUAGES)}.")
    file = folder / f"alnreader_{code}.ts"
    try:
        # The program's own file, not a user's.
        root = ElementTree.parse(file).getroot()  # nosec B314
    except (OSError, ElementTree.ParseError) as error:
        raise InvalidValueError(f"{file}: the translation cannot be read ({error}).") from error
    texts: dict[tuple[str, str], tuple[str, ...]] = {}
    for context in root.iter("context"):
        name = context.findtext("name") or ""
        for message in context.iter("message"):
            translation = message.find("translation")
            # Qt Linguist marks what is not finished, or no longer in the source, by a type.
            if translation is None or translation.get("type"):
                continue
            forms = tuple(form.text or "" for form in translation.iter("numerusform")) or (
                translation.text or "",
            )
            if all(forms):
                texts[name, message.findtext("source") or ""] = forms
    return Catalogue(code, texts)
