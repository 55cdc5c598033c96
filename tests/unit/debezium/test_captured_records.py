"""What real connectors wrote becomes the right events: one for each change, the same id when it comes again."""

from __future__ import annotations

from collections import Counter

import pytest

from schemas.errors import DataFault
from schemas.events import CrmEvent, Identifier, Operation
from schemas.outcomes import DeadLetterReason, Skipped
from schemas.sources import SourceRules, TableMapping, adapter
from tests.unit.debezium.records import NAMES, captured, events_of, rules

ENDINGS = {
    "restart": {"SNAPSHOT": 1, "CREATE": 21, "UPDATE": 4, "REKEY": 1, "rekey": 1, "tombstone": 1},
    "resnapshot": {"SNAPSHOT": 6, "CREATE": 5, "UPDATE": 1, "DELETE": 1, "tombstone": 1, "signal": 7},
    "failover": {"CREATE": 5, "SNAPSHOT": 17},
    "types": {"SNAPSHOT": 2, "CREATE": 3, "UPDATE": 2, "DELETE": 1, "tombstone": 1, "message": 1},
    "keyless": {"no_identity": 2},
    "types_as_connect": {
        "SNAPSHOT": 3, "CREATE": 10, "UPDATE": 6, "DELETE": 1, "REKEY": 1, "rekey": 1, "tombstone": 2,
        "truncate": 2, "transaction": 4,
    },
    "toast": {"SNAPSHOT": 1, "CREATE": 5, "UPDATE": 2, "DELETE": 2, "tombstone": 2},
    "full_identity": {"SNAPSHOT": 3, "CREATE": 2, "UPDATE": 3, "DELETE": 2, "tombstone": 2},
    "flattened": {"SNAPSHOT": 2, "CREATE": 12, "UPDATE": 5, "DELETE": 1, "REKEY": 1, "rekey": 1},
    "flattened_without_place": {"UPDATE": 5, "tombstone": 1},
    "flattened_with_tombstones": {"SNAPSHOT": 1, "CREATE": 1, "UPDATE": 1, "DELETE": 1, "tombstone": 1},
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
async def test_each_record_becomes_one_event_or_one_skip(name: str) -> None:
    schemas, records = captured(name)
    reader = adapter("debezium", schemas, SourceRules())
    endings: Counter[str] = Counter()
    for record in records:
        try:
            (item,) = await reader.adapt(record)
        except DataFault as fault:
            endings[fault.reason] += 1
            continue
        assert isinstance(item, CrmEvent | Skipped)
        endings[item.operation if isinstance(item, CrmEvent) else item.detail or item.reason] += 1
    assert endings == ENDINGS[name]


async def test_rows_that_a_killed_connector_delivers_again_have_the_same_ids() -> None:
    ids = Counter(event.event_id for event in await events_of("restart"))
    assert sorted(ids.values()) == [1] * 15 + [2] * 6


@pytest.mark.parametrize("name", ["types", "types_as_connect", "toast", "full_identity", "flattened"])
async def test_changes_that_came_once_have_ids_of_their_own(name: str) -> None:
    events = await events_of(name)
    assert len({event.event_id for event in events}) == len(events)


async def test_a_snapshot_taken_again_gives_unchanged_rows_the_same_ids_and_changed_ones_others() -> None:
    read = [e for e in await events_of("failover") if e.operation is Operation.SNAPSHOT]
    contents = {(event.record_id, event.title, event.text) for event in read}
    assert len(read) == 17
    assert len({event.event_id for event in read}) == len(contents) == 10


async def test_rows_of_one_statement_share_their_place_and_not_their_ids() -> None:
    copied = [event for event in await events_of("restart") if event.record_id.startswith("100/")]
    created = {event.event_id for event in copied if event.operation is Operation.CREATE}
    assert len(created) == 3


async def test_a_changed_key_is_one_event_that_knows_the_old_one() -> None:
    for name, topic in (("restart", "a.crm.notes"), ("flattened", "f.crm.notes")):
        (event,) = [event for event in await events_of(name, topic) if event.operation is Operation.REKEY]
        assert (event.record_id, event.attributes["old_record_id"], event.text) == (
            "1/9",
            "1/1",
            "Asked for a discount",
        )


async def test_every_type_is_told_as_a_person_writes_it() -> None:
    ada = (await events_of("types", "a.crm.contacts"))[0]
    assert ada.fields == {
        "ext_id": "76cc64c5-a31b-4d90-ba5f-50a7021c79ee",
        "lifetime_value": "1234.50",
        "free_num": "3.14159265358979",
        "score": "0.75",
        "tags": "vip, emea",
        "scores": "1, 2",
        "attributes.plan": "pro",
        "attributes.seats": "5",
        "attributes.nested.a": "1, 2",
        "is_vip": "true",
        "status": "customer",
        "created_at": "2026-11-25T01:11:25.433755Z",
        "updated_at": "2026-01-02T03:04:05.678Z",
        "micro_ts": "2026-01-02T03:04:05.678901Z",
        "t": "12:34:56.000000",
        "span": "PT26H",
        "ip": "10.0.0.1",
    }
    assert ada.identifiers == (
        Identifier("EMAIL", "ada@example.com"),
        Identifier("PERSON", "Ada Löve 😀"),
        Identifier("DATE_OF_BIRTH", "1815-12-10"),
    )


@pytest.mark.parametrize("name", ["types", "types_as_connect"])
async def test_infinities_and_numbers_that_are_none_are_told_as_such(name: str) -> None:
    event = next(
        event for event in await events_of(name) if ("EMAIL", "nan@example.com") in map(_pair, event.identifiers)
    )
    assert (event.fields["score"], event.fields["created_at"], event.fields["micro_ts"]) == (
        "nan",
        "infinity",
        "infinity",
    )
    assert event.fields["birthday"] == "infinity"


async def test_a_transcript_that_an_update_did_not_touch_is_unchanged_and_no_text() -> None:
    (event,) = [event for event in await events_of("toast", "a.crm.calls") if event.operation is Operation.UPDATE]
    assert (event.text, event.unchanged_fields) == (None, ("transcript",))
    assert "__debezium" not in str(event.fields)


async def test_what_changed_is_known_where_the_row_before_is() -> None:
    updates = [e for e in await events_of("full_identity", "a.crmf.contacts") if e.operation is Operation.UPDATE]
    assert [event.changed_fields for event in updates] == [("phone", "lifetime_value", "status"), ()]
    without = [e for e in await events_of("types", "a.crm.contacts") if e.operation is Operation.UPDATE]
    assert [event.changed_fields for event in without] == [(), ()]


async def test_a_deleted_row_tells_nothing_of_what_was_made_up_for_it() -> None:
    for name in ("types", "full_identity"):
        for event in await events_of(name):
            if event.operation is Operation.DELETE:
                assert (event.fields, event.identifiers, event.text) == ({}, (), None)


async def test_a_table_without_a_key_is_read_once_the_settings_name_its_columns() -> None:
    named = rules(activities=TableMapping(record_id=("kind",)))
    assert [event.record_id for event in await events_of("keyless", rules=named)] == ["login", "click"]

    with pytest.raises(DataFault, match="record_id names columns") as caught:
        await events_of("keyless")
    assert caught.value.reason is DeadLetterReason.NO_IDENTITY


async def test_a_column_that_is_added_in_mid_stream_is_told_from_then_on() -> None:
    created = [e for e in await events_of("toast", "a.crm.tickets") if e.operation is Operation.CREATE]
    fields = [set(event.fields) for event in created]
    assert any(later - fields[0] for later in fields), fields


def _pair(identifier: Identifier) -> tuple[str, str]:
    return identifier.type, identifier.value
