"""Bring resources/translations up to date with the texts of the source: `make translations`.

New texts come in unfinished, texts that are gone go out; finished translations stay. Says what is left to do
and exits 1 if there is anything.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from alnreader.case.language import LANGUAGES, SOURCE

ROOT = Path(__file__).resolve().parent.parent


def sources() -> list[str]:
    """Return the modules in an order that does not change, so that the files do not either."""
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / "alnreader").rglob("*.py"))


def update(file: Path, code: str, names: list[str]) -> None:
    """Run Qt's own tool over the sources; of English only the forms for one and for several are kept."""
    file.parent.mkdir(parents=True, exist_ok=True)
    tool = Path(sys.executable).with_name("pyside6-lupdate")
    command = [
        tool,
        "-silent",
        "-no-obsolete",
        "-locations",
        "none",
        "-tr-function-alias",
        "QT_TR_NOOP+=mark",
    ]
    languages = ["-source-language", "en", "-target-language", code]
    plural = ["-pluralonly"] if code == SOURCE else []
    subprocess.run([*command, *languages, *plural, *names, "-ts", str(file)], check=True, cwd=ROOT)


def unfinished(file: Path) -> list[str]:
    """Return the source texts that have no finished translation."""
    missing = []
    for message in ElementTree.parse(file).getroot().iter("message"):
        translation = message.find("translation")
        forms = [] if translation is None else [translation, *translation.iter("numerusform")]
        if translation is None or translation.get("type") or not any(form.text for form in forms):
            missing.append(message.findtext("source") or "")
    return missing


def main() -> int:
    left = 0
    for code in LANGUAGES:
        file = ROOT / "resources" / "translations" / f"alnreader_{code}.ts"
        update(file, code, sources())
        for text in unfinished(file):
            print(f"{file.relative_to(ROOT)}: not translated: {text!r}")
            left += 1
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
