"""Text is made such that every system downstream can hold it."""

from __future__ import annotations

import json

from hypothesis import given

from schemas.codec import clean_text
from tests.unit.schemas.builders import any_text


def test_what_databases_and_utf_8_refuse_becomes_the_replacement_character() -> None:
    assert clean_text(json.loads(r'"bad \ud83d emoji and \u0000 nul"')) == "bad \ufffd emoji and \ufffd nul"


def test_a_whole_emoji_stays() -> None:
    assert clean_text(json.loads(r'"fine \ud83d\ude00"')) == "fine \U0001f600"


@given(any_text)
def test_clean_text_has_no_nul_encodes_as_utf_8_and_keeps_its_length(text: str) -> None:
    clean = clean_text(text)
    assert "\x00" not in clean
    clean.encode("utf-8")
    assert len(clean) == len(text)
    assert clean_text(clean) == clean
