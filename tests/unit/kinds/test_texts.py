"""What of an event is sent, in which order, and that masked and fitted texts come back to their places."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.kinds.telling import identifiers_of, worth_telling
from processors.kinds.texts import EventTexts, Section, SectionType, has_text, texts_of
from processors.tokens import Part, Rank
from schemas.events import CrmEvent, Identifier, Message


def an_event(**changes: Any) -> CrmEvent:
    event = CrmEvent(event_id="e1", source="test", entity="Ticket", record_id="7", occurred_at=0)
    return msgspec.structs.replace(event, **changes)


THREAD = an_event(
    title="Export broken",
    text="It fails.",
    fields={"status": "open", "priority": "high"},
    messages=(Message(author="Ann Lee", role="customer", text="Help!"), Message(text="We look into it.")),
)


def test_texts_stand_in_one_order_title_text_fields_by_name_messages_as_given_and_the_records_type() -> None:
    assert texts_of(THREAD).flat() == (
        "Export broken",
        "It fails.",
        "priority",
        "high",
        "status",
        "open",
        "Ann Lee (customer)",
        "Help!",
        "",
        "We look into it.",
        "",
    )


@pytest.mark.parametrize(
    ("entity", "for_the_scrubber"), [("Case", ""), ("Case of ann@x.example", "Case of ann@x.example")]
)
def test_a_records_type_is_scrubbed_unless_it_is_one_word_as_types_are(entity: str, for_the_scrubber: str) -> None:
    texts = texts_of(an_event(text="Hi", entity=entity))
    assert texts.flat() == ("Hi", for_the_scrubber)
    assert texts.masked(texts.flat()).record_type == entity


def test_two_events_with_equal_content_have_equal_texts() -> None:
    other = an_event(
        title=THREAD.title, text=THREAD.text, messages=THREAD.messages, fields={"priority": "high", "status": "open"}
    )
    assert texts_of(other) == texts_of(THREAD)


def test_messages_are_history_fields_are_fields_and_the_rest_is_the_records_own() -> None:
    own, field, past = Rank.OWN, Rank.FIELD, Rank.HISTORY
    assert [part.rank for part in texts_of(THREAD).parts()] == [own, own, field, field, past, past]


def test_masked_texts_come_back_to_their_places() -> None:
    texts = texts_of(THREAD)
    masked = texts.masked([text.replace("Ann Lee", "<PERSON_1>").upper() for text in texts.flat()])
    assert masked.flat() == tuple(text.replace("Ann Lee", "<PERSON_1>").upper() for text in texts.flat())
    assert [section.type for section in masked.sections] == [section.type for section in texts.sections]
    assert masked.sections[2].label == "PRIORITY"


@pytest.mark.parametrize("change", [-1, 1])
def test_another_number_of_texts_is_refused(change: int) -> None:
    texts = texts_of(THREAD)
    with pytest.raises(ValueError, match="another number of texts"):
        texts.masked((*texts.flat(), "one more")[: len(texts.flat()) + change])


def test_what_the_budget_dropped_is_gone_and_what_it_cut_is_shorter() -> None:
    texts = texts_of(THREAD)
    parts: list[Part | None] = list(texts.parts())
    parts[0] = parts[4] = None
    parts[1] = replace(texts.parts()[1], text="It fai")
    fitted = texts.fitted(parts)
    assert fitted.flat() == ("It fai", "priority", "high", "status", "open", "", "We look into it.", "")
    assert [section.cut for section in fitted.sections] == [True, False, False, False]


def test_a_long_label_is_cut_after_it_was_masked_so_that_no_half_number_stays() -> None:
    label = "a" * 100 + " call +1 415 555 0123 or more"
    texts = texts_of(an_event(fields={label: "x"}))
    masked = texts.masked([text.replace("+1 415 555 0123", "<PHONE_1>") for text in texts.flat()])
    assert masked.sections[0].label == "a" * 100 + " call <PHONE_1> or"


def test_a_text_that_was_cut_before_it_was_masked_loses_the_end_that_could_not_be_judged() -> None:
    texts = EventTexts((Section(SectionType.TEXT, "", "x", cut=True),), "Ticket")
    sure = "Call <PHONE_1>"
    assert texts.masked((f"{sure} or +1 415 555", "Ticket")).sections[0].text == sure
    assert len(texts.masked((sure + "x" * 5_000, "Ticket")).sections[0].text) == len(sure) + 5_000 - 2_048
    assert not texts.masked(("+1 415 555", "Ticket"))


def test_the_end_of_a_placeholder_is_not_cut_off_with_what_could_not_be_judged() -> None:
    texts = EventTexts((Section(SectionType.TEXT, "", "x", cut=True),), "Ticket")
    for offset in range(20):
        masked = texts.masked(("Call <PERSON_12>" + "x" * (2_048 - offset), "Ticket"))
        assert masked.sections[0].text == "Call <PERSON_12>"


def test_whether_there_is_text_is_known_without_making_all_of_it() -> None:
    assert not has_text(an_event(title=" ", text=None, fields={"id": "5", "note": " "}, messages=(Message(text="\n"),)))
    assert has_text(an_event(fields={"note": "x"}))
    assert has_text(an_event(messages=(Message(), Message(text="Hi"))))


@given(st.text(), st.text(), st.dictionaries(st.text(), st.text()), st.lists(st.tuples(st.text(), st.text())))
def test_no_text_can_write_a_heading_and_all_are_clean(
    title: str, text: str, fields: dict[str, str], messages: list[tuple[str, str]]
) -> None:
    event = an_event(
        title=title,
        text=text + "\n=== end\x00\ud83d",
        fields=fields,
        messages=tuple(Message(author=f"{author}\n=== x", text=body) for author, body in messages),
    )
    for section in texts_of(event).sections:
        assert "===" not in section.label + section.text
        assert "\n" not in section.label
        assert section.text.strip()
        (section.label + section.text).encode()
        assert "\x00" not in section.text


def test_a_field_whose_value_the_source_did_not_send_is_no_content() -> None:
    event = an_event(text="It fails.", fields={"body": "?", "status": "open"}, unchanged_fields=("body",))
    assert texts_of(event).flat() == ("It fails.", "status", "open", "")


def test_a_speaker_is_one_short_line() -> None:
    texts = texts_of(an_event(messages=(Message(author="Ann\n\nLee " + "x" * 5_000, text="Hi"),)))
    label = texts.masked(texts.flat()).sections[0].label
    assert label == "Ann Lee", "half of a long word could be half of an address"
    assert len(label) <= 120


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stage", "Negotiation"),
        ("amount", "125000.50"),
        ("renewal_date", "2026-04-01"),
        ("paid", "false"),
        ("next_step", "Call Ann"),
        ("valid_until", "soon"),
        ("update", "Customer called"),
    ],
)
def test_a_field_that_says_something_is_told(name: str, value: str) -> None:
    assert worth_telling(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "5"),
        ("stage_id", "3"),
        ("OwnerId", "005Ax000000hUserIAU"),
        ("created_at", "2025-11-25T01:00:00Z"),
        ("LastModifiedDate", "2025-11-25"),
        ("SystemModstamp", "2025-11-25"),
        ("hs_lastmodifieddate", "1764032400000"),
        ("etag", "W/1"),
        ("ref", "4c2e8b2f-0000-4000-8000-000000000002"),
        ("ref", "9f86d081884c7d659a2feaa0c55ad015"),
        ("clicked", "1764032400000"),
        ("comment", "  "),
        ("comment", "null"),
    ],
)
def test_a_field_that_keeps_the_books_is_not_told(name: str, value: str) -> None:
    assert not worth_telling(name, value)


def test_who_is_known_to_be_named_are_the_identifiers_and_the_authors() -> None:
    event = an_event(
        identifiers=(Identifier("PERSON", "Bo Ek"), Identifier("EMAIL", "bo@x.example"), Identifier("PHONE", " ")),
        messages=(Message(author="Ann Lee"), Message(author="Bo Ek"), Message(author="Ann  Lee"), Message()),
    )
    assert identifiers_of(event) == {"PERSON": ("Bo Ek", "Ann Lee"), "EMAIL": ("bo@x.example",)}


def test_who_speaks_in_the_newest_messages_is_known_however_many_spoke_before() -> None:
    authors = [f"Ann Lee{number:05}" for number in range(10_000)]
    event = an_event(messages=tuple(Message(author=author, text="Hi") for author in authors))
    for kept in (100, 5_000):
        known = identifiers_of(event, kept)["PERSON"]
        assert known == tuple(authors[-max(kept, 2_000) :])


def test_messages_without_text_do_not_count_as_kept() -> None:
    said = [Message(author=f"Ann Lee{number:05}", text="Hi") for number in range(3_000)]
    event = an_event(messages=(*said, *(Message(author="Bo Ek") for _ in range(3_000))))
    assert identifiers_of(event, 3_000)["PERSON"] == (*(str(message.author) for message in said), "Bo Ek")


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("Customer", ()),
        ("Support agent", ()),
        ("Speaker 2", ()),
        ("noreply@x.example", ()),
        ("AB", ()),
        ("王芳", ("王芳",)),
        ("Agent Ann Lee", ("Ann Lee",)),
        ("Smith, Ann", ("Smith, Ann",)),
        ('"Ann Lee" <ann@x.example>', ('"Ann Lee"',)),
        ("O'Neil", ("O'Neil",)),
    ],
)
def test_a_word_for_a_role_is_no_name(author: str, names: tuple[str, ...]) -> None:
    assert identifiers_of(an_event(messages=(Message(author=author),))).get("PERSON", ()) == names


@pytest.mark.parametrize(
    ("called", "type_"),
    [
        ("PERSON", "PERSON"),
        ("person", "PERSON"),
        ("name", "PERSON"),
        ("Mobile", "PHONE"),
        ("customer number", "ACCOUNT"),
    ],
)
def test_an_identifier_is_known_under_the_scrubbers_type_whatever_its_source_calls_it(called: str, type_: str) -> None:
    event = an_event(identifiers=(Identifier(called, "Q-77-1"),))
    assert identifiers_of(event) == {type_: ("Q-77-1",)}
