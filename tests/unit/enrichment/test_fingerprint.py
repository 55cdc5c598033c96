"""The identity of a reading: the same for the same content, another for anything else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.enrichment import fingerprint
from processors.kinds import interaction_summary
from schemas.events import Message
from tests.unit.enrichment.builders import a_telling_event, prepared
from tests.unit.streams.bench import an_event


def test_white_space_is_no_content() -> None:
    first, second = (prepared(an_event("e1", text)).fingerprint for text in ("one  two\r\nthree", " one two three\n"))
    assert first == second


def test_the_same_letters_in_another_unicode_form_are_no_content() -> None:
    composed, decomposed = (prepared(an_event("e1", text)).fingerprint for text in ("caf\u00e9", "cafe\u0301"))
    assert composed == decomposed


@given(st.integers(0, 2**62), st.text(min_size=1).filter(str.strip))
def test_when_and_by_which_event_is_no_content(occurred_at: int, event_id: str) -> None:
    other = prepared(a_telling_event(occurred_at=occurred_at, attributes={"x": event_id}, actor=event_id))
    assert other.fingerprint == prepared().fingerprint


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "another text"},
        {"title": "a title"},
        {"record_id": "5013"},
        {"entity": "Case"},
        {"tenant": "other"},
        {"fields": {"stage": "won"}},
        {"messages": (Message(author="Ben", text="Hi"),)},
    ],
)
def test_content_and_record_are_in_the_fingerprint(changes: dict[str, Any]) -> None:
    base = an_event("e1", "one text")
    changed = an_event("e1", **({"text": "one text"} | changes))
    assert prepared(base).fingerprint != prepared(changed).fingerprint


def test_the_kind_and_its_version_are_in_the_fingerprint() -> None:
    kind = interaction_summary()
    others = [replace(kind, name="another"), replace(kind, instructions=kind.instructions + " More.")]
    prints = {fingerprint("r", each, "text") for each in (kind, *others)}
    assert len(prints) == 3


def test_parts_of_the_fingerprint_do_not_run_together() -> None:
    kind = interaction_summary()
    first, second = replace(kind, name="bc"), replace(kind, name="c")
    assert fingerprint("a", first, "text") != fingerprint("ab", second, "text")


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_at_all_has_a_fingerprint(text: str) -> None:
    assert len(fingerprint(text, interaction_summary(), text)) == 32
