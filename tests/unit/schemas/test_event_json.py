"""A change event as JSON: what is taken, what is refused, and how it is shown."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import DataFault
from schemas.event_json import event_from_json, event_to_json
from schemas.events import CrmEvent, Identifier, Lane, Message, Operation
from schemas.identity import accepted
from schemas.outcomes import DeadLetterReason
from tests.unit.schemas.builders import an_event, events

MINIMAL: dict[str, Any] = {
    "event_id": "e",
    "source": "s",
    "entity": "Ticket",
    "record_id": "1",
    "occurred_at": "2025-11-25T01:00:00.123Z",
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def the_fault(**changes: Any) -> DataFault:
    with pytest.raises(DataFault) as caught:
        event_from_json({**MINIMAL, **changes})
    return caught.value


def test_the_required_fields_are_enough() -> None:
    event = event_from_json(MINIMAL)
    assert event == CrmEvent(event_id="e", source="s", entity="Ticket", record_id="1", occurred_at=1764032400123)


def test_a_full_event_is_read_into_the_types_of_the_struct() -> None:
    event = event_from_json(
        MINIMAL
        | {
            "operation": "snapshot",
            "lane": "BATCH",
            "messages": [{"author": "Ann", "role": None, "sent_at": "2025-11-25T01:00:00Z", "text": "Hi"}],
            "identifiers": [{"type": "PERSON", "value": "Ann"}],
            "fields": {"amount": Decimal("125000.50"), "open": True, "address": {"city": "Rome"}, "gone": None},
            "changed_fields": ["amount"],
        }
    )
    assert event.operation is Operation.SNAPSHOT
    assert event.lane is Lane.BATCH
    assert event.messages == (Message(author="Ann", sent_at=1764032400000, text="Hi"),)
    assert event.identifiers == (Identifier("PERSON", "Ann"),)
    assert event.fields == {"amount": "125000.50", "open": "true", "address": '{"city":"Rome"}'}
    assert event.changed_fields == ("amount",)


def test_ids_that_are_numbers_are_taken_as_text() -> None:
    event = event_from_json(MINIMAL | {"event_id": 17, "record_id": 5012, "tenant": 4455, "actor": 9})
    assert (event.event_id, event.record_id, event.tenant, event.actor) == ("17", "5012", "4455", "9")


def test_numbers_are_taken_as_text_wherever_the_contract_has_texts() -> None:
    event = event_from_json(
        MINIMAL
        | {"source": 3, "entity": 7, "department": 4, "title": 5.50, "text": Decimal("125000.50"), "language": 1}
        | {"changed_fields": [1, "a"]}
        | {"messages": [{"author": 14155550123, "role": 2, "text": 12345}]}
        | {"identifiers": [{"type": "PHONE", "value": 14155550123}, {"type": "ACCOUNT", "value": 0}]}
    )
    assert (event.source, event.entity, event.department, event.language) == ("3", "7", "4", "1")
    assert (event.title, event.text) == ("5.5", "125000.50")
    assert event.changed_fields == ("1", "a")
    assert event.messages == (Message(author="14155550123", role="2", text="12345"),)
    assert event.identifiers == (Identifier("PHONE", "14155550123"), Identifier("ACCOUNT", "0"))


def test_an_identifier_without_a_value_is_left_out() -> None:
    given = [{"type": "PHONE", "value": None}, {"type": "EMAIL", "value": "ann@x.example"}]
    assert event_from_json(MINIMAL | {"identifiers": given}).identifiers == (Identifier("EMAIL", "ann@x.example"),)


def test_a_null_stands_for_the_default() -> None:
    nulls = dict.fromkeys(CrmEvent.__struct_fields__) | MINIMAL
    assert event_from_json(nulls) == event_from_json(MINIMAL)


@pytest.mark.parametrize("field", ["operation", "lane"])
def test_half_a_character_in_a_closed_list_is_undecodable(field: str) -> None:
    assert the_fault(**{field: "\ud83d"}).reason is DeadLetterReason.UNDECODABLE


def test_unknown_fields_are_passed_over() -> None:
    assert event_from_json(MINIMAL | {"mood": "good"}) == event_from_json(MINIMAL)


@pytest.mark.parametrize("field", ["event_id", "entity", "record_id"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_identity_is_named(field: str, value: Any) -> None:
    fault = the_fault(**{field: value})
    assert (fault.reason, fault.detail) == (DeadLetterReason.NO_IDENTITY, f"{field} is missing or empty")


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"source": None}, "source is missing"),
        ({"occurred_at": None}, "occurred_at is missing"),
        ({"occurred_at": "yesterday"}, "occurred_at is neither ISO 8601 nor milliseconds since the epoch"),
        ({"occurred_at": 2**63}, "occurred_at is neither ISO 8601 nor milliseconds since the epoch"),
        ({"occurred_at": True}, "occurred_at is neither ISO 8601 nor milliseconds since the epoch"),
        ({"title": ["Ann's secret"]}, "title: Expected `str | null`, got `array`"),
        ({"operation": "Ann's secret"}, "operation: not one of the known"),
        ({"messages": ["Ann's secret"]}, "messages[0]: Expected `object`, got `str`"),
        ({"messages": [{}, {"text": [4]}]}, "messages[1].text: Expected `str`, got `array`"),
        ({"messages": [{}, {"text": True}]}, "messages[1].text: Expected `str`, got `bool`"),
        ({"identifiers": [{"type": "PHONE", "value": [4]}]}, "identifiers[0].value: Expected `str`, got `array`"),
        ({"identifiers": {"PHONE": "Ann's secret"}}, "identifiers: Expected `array`, got `object`"),
        ({"messages": [{"sent_at": "soon"}]}, "messages[0].sent_at is neither ISO 8601"),
        ({"identifiers": [{"type": "PERSON"}]}, "identifiers[0]: Object missing required field `value`"),
        ({"fields": "Ann's secret"}, "fields: Expected `object`, got `str`"),
        ({"record_id": True}, "record_id: Expected `str`, got `bool`"),
    ],
)
def test_what_is_wrong_is_named_by_its_field_and_never_quoted(changes: dict[str, Any], detail: str) -> None:
    fault = the_fault(**changes)
    assert fault.reason is DeadLetterReason.UNDECODABLE
    assert fault.detail.startswith(detail)
    assert "secret" not in str(fault)


@given(st.dictionaries(st.sampled_from(CrmEvent.__struct_fields__), json_values))
def test_any_json_raises_nothing_but_a_data_fault(values: dict[str, Any]) -> None:
    try:
        event = event_from_json({**MINIMAL, **values})
    except DataFault:
        return
    assert event.event_id


@given(events)
def test_an_event_shown_as_json_is_read_back_as_it_was(event: CrmEvent) -> None:
    shown = json.loads(json.dumps(event_to_json(event)))
    assert event_from_json(shown) == accepted(event, stage="test")


def test_times_are_shown_in_iso_8601_and_utc() -> None:
    shown = event_to_json(an_event(messages=(Message(sent_at=-1), Message())))
    assert shown["occurred_at"] == "2025-11-25T01:00:00.123Z"
    assert [message["sent_at"] for message in shown["messages"]] == ["1969-12-31T23:59:59.999Z", None]


def test_a_time_beyond_the_calendar_is_shown_as_its_number() -> None:
    assert event_to_json(an_event(occurred_at=2**62))["occurred_at"] == 2**62


def test_every_field_is_shown() -> None:
    assert list(event_to_json(an_event())) == list(CrmEvent.__struct_fields__)
