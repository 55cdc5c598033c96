"""The identity of a reading: the same for the same content, another for anything else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.fingerprint import digest_of_values, fingerprint
from processors.kinds import interaction_summary
from processors.pii import Privacy, PrivacyRule
from schemas.events import Identifier, Message
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


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Send the contract to ann@x.example", "Send the contract to bob@y.example"),
        ("Ring me at +1 415 555 0123", "Ring me at +1 415 555 0188"),
        ("My card is 4539 1488 0343 6467", "My card is 4556 7375 8689 9855"),
        ("From ann@x.example to bob@y.example", "From bob@y.example to ann@x.example"),
        ("From ann@x.example to bob@y.example", "From ann@x.example to ann@x.example"),
    ],
)
def test_another_value_behind_an_equal_placeholder_is_a_change(text: str, other: str) -> None:
    assert prepared(an_event("e1", text)).fingerprint != prepared(an_event("e1", other)).fingerprint


def test_another_name_of_the_contact_is_a_change() -> None:
    prints = {
        prepared(an_event("e1", f"{name} wants to cancel.", identifiers=(Identifier("PERSON", name),))).fingerprint
        for name in ("Ann Lee", "Bo Ek")
    }
    assert len(prints) == 2


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Write to ann@x.example", "Write to Ann@X.example"),
        ("Ring +1 415 555 0123", "Ring +1-415-555-0123"),
        ("My card is 4539 1488 0343 6467", "My card is 4539148803436467"),
    ],
)
def test_another_spelling_of_a_value_is_no_change(text: str, other: str) -> None:
    assert prepared(an_event("e1", text)).fingerprint == prepared(an_event("e1", other)).fingerprint


def test_where_nothing_is_restored_another_value_is_no_change() -> None:
    nothing_restored = Privacy([PrivacyRule(restore=False)])
    first, second = (
        prepared(an_event("e1", f"Write to {mail}"), privacy=nothing_restored).fingerprint
        for mail in ("ann@x.example", "bob@y.example")
    )
    assert first == second


def test_a_value_that_was_cut_away_is_no_content() -> None:
    first, second = (
        prepared(an_event("e1", "word " * 3_000 + mail), max_input_tokens=500).fingerprint
        for mail in ("ann@x.example", "bob@y.example")
    )
    assert first == second


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "The export fails, and nobody answers. " * 1_000},
        {"text": "Hi", "fields": {f"custom_{n}__c": f"value {n}" for n in range(400)}},
        {"messages": tuple(Message(author="Ben", text=f"No. {n} fails again.") for n in range(400))},
    ],
    ids=["text", "fields", "messages"],
)
def test_an_event_that_is_too_long_is_cut_at_the_same_place_each_time(changes: dict[str, Any]) -> None:
    event = an_event("e1", **changes)
    found = [prepared(event, max_input_tokens=500) for _ in range(20)]
    assert all(each.truncated for each in found)
    assert len({each.fingerprint for each in found}) == 1


def test_the_values_are_hashed_with_the_salt() -> None:
    event = an_event("e1", "Write to ann@x.example")
    assert prepared(event).fingerprint != prepared(event, salt="another-salt-of-16").fingerprint


def test_without_values_the_salt_does_not_matter() -> None:
    event = an_event("e1", "The export fails.")
    assert prepared(event).fingerprint == prepared(event, salt="another-salt-of-16").fingerprint


def test_a_placeholder_that_a_customer_wrote_stands_for_no_value() -> None:
    assert digest_of_values("What is <PERSON_7>?", {"<PERSON_1>": "Ann Lee"}, "salt") == ""


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
