"""The model's page: what the repository holds is what its card gives, and any card makes a page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alnreader.case.errors import BundleError, UnreadableInputError
from alnreader.cli import main
from alnreader.model.bundle import default_bundle_directory
from alnreader.model.card import CARD_FILE, Card, read_card
from alnreader.training.evaluation.card_page import page, pictures_of

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "model-card.md"
HEADINGS = (
    *("Intended use", "Model", "Population and data", "Sample size and missing data", "Ground truth"),
    *("Factors and fairness", "Operating points and calibration", "Performance", "Subgroups", "Failures"),
    *("Ethics", "Limits", "How the figures were computed", "Reproduction", "Funding and availability"),
    "Citation and licence",
)


@pytest.fixture(scope="module")
def card() -> Card:
    return read_card(default_bundle_directory() / CARD_FILE)


def test_the_page_in_the_repository_is_that_of_the_shipped_card(card: Card) -> None:
    """`alnreader model-card models/NAME --out docs/model-card.md` makes it anew."""
    assert PAGE.read_text(encoding="utf-8") == page(card, "model-card")
    there = {path.name for path in PAGE.with_suffix("").glob("*")}
    assert there == set(pictures_of(card))


def test_only_simulated_failures_are_pictured(card: Card) -> None:
    assert all(name.startswith("failure-SIM") for name in pictures_of(card))


def test_the_page_says_what_the_card_says(card: Card) -> None:
    text = page(card)
    found = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert tuple(found) == HEADINGS
    assert "not for clinical use" in text
    plain = text.replace("\\", "")
    for metric in card["metrics"]:
        assert metric["dataset"] in plain
    for sentence in (card["intended_use"], *card["limitations"], *card["training"]["commands"]):
        assert sentence in plain


def test_an_older_card_has_a_page_too(card: Card, tmp_path: Path) -> None:
    older = {name: card[name] for name in card if name not in ("subgroups", "failures", "evaluation")}  # type: ignore[literal-required]
    (tmp_path / CARD_FILE).write_text(json.dumps({**older, "metrics": []}), encoding="utf-8")
    out = tmp_path / "page.md"
    assert main(["model-card", str(tmp_path), "--out", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    assert text.count("Not recorded in this card.") == 2
    assert "Not measured." in text
    assert not (tmp_path / "page").exists()


def test_text_of_a_card_is_no_markup(card: Card) -> None:
    text = page({**card, "title": "A|B <script> *x*\n# y", "limitations": ["1 < 2 | [a](b)"]})
    assert text.startswith("# A|B &lt;script> \\*x\\* # y\n")
    assert "* 1 &lt; 2 | \\[a\\](b)" in text
    assert "<script>" not in text


def test_pictures_are_copied_or_missed(
    card: Card, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = json.loads(json.dumps(card))
    failure = {"dataset": "d", "what": "w", "n": 1, "of": 1, "description": "a node", "picture": "x.jpg"}
    changed["failures"] = [failure]
    (tmp_path / CARD_FILE).write_text(json.dumps(changed), encoding="utf-8")
    words = ["model-card", str(tmp_path), "--out", str(tmp_path / "docs/page.md")]
    assert main(words) == UnreadableInputError.exit_code
    assert "--examples" in capsys.readouterr().err
    assert not (tmp_path / "docs").exists()
    examples = tmp_path / "examples"
    examples.mkdir()
    (examples / "x.jpg").write_bytes(b"picture")
    assert main([*words, "--examples", str(examples)]) == 0
    assert (tmp_path / "docs/page/x.jpg").read_bytes() == b"picture"
    assert "![a node](page/x.jpg)" in (tmp_path / "docs/page.md").read_text(encoding="utf-8")
    (tmp_path / "docs/page/failure-old.jpg").write_bytes(b"of an earlier bundle")
    (tmp_path / "docs/page/other.jpg").write_bytes(b"somebody's")
    assert main(words) == 0, "the pictures beside the page serve as well"
    assert {path.name for path in (tmp_path / "docs/page").iterdir()} == {"x.jpg", "other.jpg"}
    assert main(["model-card", str(examples), "--out", str(tmp_path / "y.md")]) == BundleError.exit_code
