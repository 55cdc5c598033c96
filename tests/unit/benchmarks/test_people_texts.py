"""The texts that the recogniser of people learns from."""

from __future__ import annotations

from pathlib import Path

import pytest

import benchmarks.people
from benchmarks.people.texts import Inventor, Names

FOLDER = Path(benchmarks.people.__file__).parent / "texts"
TEMPLATES = [line for file in sorted(FOLDER.glob("*.txt")) for line in file.read_text("utf-8").splitlines()]
NAMES = Names(["Zoltana"], ["Quistorp"])


@pytest.mark.parametrize(
    ("template", "text", "marked"),
    [
        ("Hi {f}, it's {i}.", "Hi Zoltana, it's Z. Quistorp.", ["Zoltana", "Z. Quistorp"]),
        ("{P} and {lp}", "ZOLTANA QUISTORP and zoltana quistorp", ["ZOLTANA QUISTORP", "zoltana quistorp"]),
        ('{{"n": "{r}"}}', '{"n": "Quistorp, Zoltana"}', ["Quistorp, Zoltana"]),
        ("{l}\\n{a}", "Quistorp\nZoltana Q.", ["Quistorp", "Zoltana Q."]),
    ],
)
def test_a_text_is_filled_and_each_name_in_it_marked(template: str, text: str, marked: list[str]) -> None:
    filled, spans = Inventor(seed=1).document(template, NAMES)
    assert filled == text
    assert [filled[start:end] for start, end in spans] == marked


def test_all_texts_can_be_filled() -> None:
    for template in TEMPLATES:
        if not template.startswith("#"):
            text, _ = Inventor(seed=1).document(template, NAMES)
            assert "{f}" not in text
            assert "{v}" not in text


def test_a_firm_is_never_marked() -> None:
    text, spans = Inventor(seed=1).document("{v} {g} {c} {o} {n}", NAMES)
    assert text.strip()
    assert spans == []
