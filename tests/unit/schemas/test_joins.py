"""A record that holds only an id of somebody has the identifiers that the other record is known by."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.events import CrmEvent, Identifier, Operation
from schemas.sources.mapping import Directory, Join, TableMapping, map_row
from schemas.sources.mapping.joins import MAX_IDENTIFIERS

CONTACTS = "crm.public.contacts"
ANN = Identifier("PERSON", "Ann Lee")
MAIL = Identifier("EMAIL", "ann@mail.example")


def a_contact(*identifiers: Identifier, record_id: str = "7", **changes: Any) -> CrmEvent:
    return CrmEvent(
        event_id="e",
        source="s",
        entity="Contact",
        record_id=record_id,
        occurred_at=0,
        identifiers=identifiers,
        **changes,
    )


def identifiers_of(row: dict[str, Any], directory: Directory, *columns: str) -> list[Identifier]:
    rules = TableMapping(joins=(Join(columns or ("contact_id",), CONTACTS, directory),))
    return map_row(row, entity="Ticket", record_id="1", rules=rules).identifiers


def test_the_record_that_an_id_points_to_gives_its_identifiers() -> None:
    directory = Directory()
    directory.take(CONTACTS, a_contact(ANN, MAIL))
    assert identifiers_of({"id": 1, "contactId": 7}, directory) == [ANN, MAIL]
    assert not directory.missed()


def test_a_key_of_several_columns_is_looked_up_by_all_of_them() -> None:
    directory = Directory()
    directory.take(CONTACTS, a_contact(ANN, record_id="acme/7"))
    row = {"id": 1, "tenant": "acme", "contact_id": 7}
    assert identifiers_of(row, directory, "tenant", "contact_id") == [ANN]


def test_an_id_that_is_not_set_points_to_nobody_and_is_no_miss() -> None:
    directory = Directory()
    assert identifiers_of({"id": 1, "contact_id": None}, directory) == []
    assert not directory.missed()


def test_a_record_that_is_not_known_is_a_miss_of_its_topic_and_is_told_once() -> None:
    directory = Directory()
    assert identifiers_of({"id": 1, "contact_id": 8}, directory) == []
    assert directory.missed() == {CONTACTS}
    assert directory.missed() == frozenset()


def test_a_change_that_tells_only_what_changed_takes_nothing_away() -> None:
    directory = Directory()
    directory.take(CONTACTS, a_contact(ANN))
    directory.take(CONTACTS, a_contact(MAIL))
    assert directory.identifiers(CONTACTS, "7") == (MAIL, ANN)


def test_a_deleted_record_is_forgotten() -> None:
    directory = Directory()
    directory.take(CONTACTS, a_contact(ANN))
    directory.take(CONTACTS, a_contact(operation=Operation.DELETE))
    assert len(directory) == 0


def test_a_record_whose_key_changed_is_known_by_its_new_one_only() -> None:
    directory = Directory()
    directory.take(CONTACTS, a_contact(ANN))
    directory.take(
        CONTACTS, a_contact(MAIL, record_id="9", operation=Operation.REKEY, attributes={"old_record_id": "7"})
    )
    assert directory.identifiers(CONTACTS, "9") == (MAIL, ANN)
    assert directory.identifiers(CONTACTS, "7") == ()


def test_equal_ids_of_two_topics_are_two_records() -> None:
    directory = Directory()
    directory.take(CONTACTS, a_contact(ANN))
    directory.take("crm.public.agents", a_contact(MAIL))
    assert directory.identifiers(CONTACTS, "7") == (ANN,)


@given(st.lists(st.text(), max_size=60))
def test_a_record_that_changes_for_ever_keeps_its_newest_identifiers_and_no_more(values: list[str]) -> None:
    directory = Directory()
    for value in values:
        # What an event holds is clean: Avro and Kafka know no lone surrogates.
        clean = value.encode("utf-8", "replace").decode()
        directory.take(CONTACTS, a_contact(Identifier("EMAIL", clean)))
    known = directory.identifiers(CONTACTS, "7")
    newest_first = list(dict.fromkeys(v.encode("utf-8", "replace").decode() for v in reversed(values)))
    assert [one.value for one in known] == newest_first[:MAX_IDENTIFIERS]
