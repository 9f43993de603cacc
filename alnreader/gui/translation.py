"""The window in another language: Qt asks the program's own catalogue, and Qt's own words come with Qt."""

from __future__ import annotations

import logging

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator

from alnreader.case import language
from alnreader.case.errors import InvalidValueError
from alnreader.paths import resources_dir

_log = logging.getLogger(__name__)


class CatalogueTranslator(QTranslator):
    """Answers Qt from a `language.Catalogue`; no compiled file is needed."""

    def __init__(self, catalogue: language.Catalogue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._catalogue = catalogue

    def isEmpty(self) -> bool:
        """Tell Qt that there is something to ask for."""
        return False

    def translate(
        self, context: str, sourceText: str, disambiguation: str | None = None, n: int = -1
    ) -> str | None:
        """Return the translation, or None for the source text."""
        return self._catalogue.find(context, sourceText, n)


_installed: list[QTranslator] = []


def use(code: str) -> bool:
    """Put the whole program into a language; every widget then gets a `LanguageChange` event.

    Returns
    -------
    bool
        False where the language is not there: it stays as it was, and the log says why.
    """
    application = QCoreApplication.instance()
    if application is None:
        raise RuntimeError("The application must exist before its language is chosen.")
    try:
        catalogue = language.choose(code, resources_dir() / "translations")
    except InvalidValueError as error:
        _log.warning("The language %s cannot be had: %s", code, type(error).__name__)
        return False
    while _installed:
        application.removeTranslator(_installed.pop())
    QLocale.setDefault(QLocale(code))
    own = QTranslator(application)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if own.load(f"qtbase_{code}", folder):
        _install(own)
    else:
        own.deleteLater()
    _install(CatalogueTranslator(catalogue, application))
    return True


def _install(translator: QTranslator) -> None:
    QCoreApplication.installTranslator(translator)
    _installed.append(translator)
