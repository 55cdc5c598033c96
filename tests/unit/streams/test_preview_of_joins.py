"""A dry run knows of joined records what a worker would know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.parts import make_source_rules
from streams.settings import Settings
from tests.unit.debezium.records import an_envelope
from tests.unit.streams.previews import a_preview

if TYPE_CHECKING:
    from streams.preview import Preview

CONTACTS = "crm.public.contacts"
SAID: dict[str, Any] = {
    "sources": {"crm.public.tickets": "debezium"},
    "mappings": {"tickets": {"joins": [{"columns": ["contact_id"], "topic": CONTACTS}]}},
}
CONTACT: dict[str, Any] = {
    "topic": CONTACTS,
    "key": {"id": 7},
    "value": an_envelope("c", after={"id": 7, "first_name": "Xanthippe", "last_name": "Quux"}, table="contacts"),
}
TICKET: dict[str, Any] = {
    "topic": "crm.public.tickets",
    "key": {"id": 1},
    "value": an_envelope("c", after={"id": 1, "contact_id": 7, "body": "xanthippe quux cannot log in."}, lsn=2),
}


def joining(**more: Any) -> Preview:
    return a_preview(rules=make_source_rules(Settings.model_validate(SAID)), **SAID | more)


async def test_a_name_that_only_the_joined_record_tells_is_masked() -> None:
    preview = joining()
    await preview.line(CONTACT)
    answer = await preview.line(TICKET)
    assert "<PERSON_1> cannot log in." in answer["outcomes"][0]["messages"][1]["content"]


async def test_a_contact_is_known_though_our_own_write_is_all_that_is_left_of_it_and_contacts_are_skipped() -> None:
    contacts = {"insight_fields": ["ai_note"], "skip": True}
    said = SAID | {"mappings": SAID["mappings"] | {"contacts": contacts}, "own_ids": ["insight-sync"]}
    preview = a_preview(rules=make_source_rules(Settings.model_validate(said)), **said)
    before = CONTACT["value"]["after"] | {"ai_note": None, "updated_by": "insight-sync"}
    written = an_envelope("u", before=before, after=before | {"ai_note": "Calm"}, table="contacts")
    await preview.line(CONTACT | {"value": written})
    answer = await preview.line(TICKET)
    assert "<PERSON_1> cannot log in." in answer["outcomes"][0]["messages"][1]["content"]


async def test_a_topic_that_is_joined_and_no_source_makes_no_events() -> None:
    answer = await joining().line(CONTACT)
    assert (answer["events"], answer["outcomes"]) == ([], [])
    assert "for the joins" in answer["note"]


async def test_a_topic_that_is_joined_and_a_source_makes_events_too() -> None:
    sources = SAID["sources"] | {CONTACTS: "debezium"}
    answer = await joining(sources=sources).line(CONTACT)
    assert answer["events"][0]["entity"] == "Contact"
