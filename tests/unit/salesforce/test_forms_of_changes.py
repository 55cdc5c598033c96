"""One change is one event for each record, in whichever form it comes, with one id in all of them."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.errors import DataFault, DependencyFault
from schemas.events import CrmEvent, Operation
from schemas.outcomes import DeadLetterReason, Skipped, SkipReason
from schemas.refetch import RefetchReason
from tests.unit.salesforce.records import (
    CASE,
    COMMITTED_MS,
    SAMPLE_NAMES,
    a_change,
    a_record,
    adapted,
    flat,
    framed,
    sample,
    the_event,
    the_request,
    the_skip,
)

CASE_ID = "500Ax00000AAAA1IAB"


def in_all_forms() -> list[object]:
    """One update as the bus, its clients, bridges and connectors write it."""
    event = a_change()
    bare = a_change(nulledFields=None, diffFields=None, changedFields=None)
    return [
        event,
        {"payload": event},
        {"schema": "a1B2c3D4e5F6g7H8i9J0kL", "payload": event, "event": {"replayId": 2093500, "EventUuid": "7b0d"}},
        {"channel": "/data/CaseChangeEvent", "data": {"schema": "a1B2", "payload": bare, "event": {"replayId": 1}}},
        {"replayId": 18098167, "payload": event},
        {"eventId": "8f736b", "replayId": 14094, "event": event},
        {"consumer_event": {"event": {"id": "7b0d5d4e"}, "replay_id_hex": "01"}, "payload": event},
        [event],
        flat(event, Status=None, Description=None),
        {"schema": {"type": "struct", "fields": []}, "payload": flat(event, Status=None)},
        framed(a_change(changedFields=["0x12"]), CASE),
    ]


@pytest.mark.parametrize("value", in_all_forms(), ids=lambda value: "avro" if isinstance(value, bytes) else "json")
async def test_an_update_is_the_same_event_in_every_form(value: object) -> None:
    event = await the_event(value, s7=CASE)
    assert (event.entity, event.record_id, event.operation) == ("Case", CASE_ID, Operation.UPDATE)
    assert event.event_id == (await the_event(a_change())).event_id
    assert (event.title, event.fields, event.cleared_fields) == ("Refund", {}, ())
    assert event.changed_fields[0] == "Subject"
    assert event.occurred_at == COMMITTED_MS
    assert event.actor == "005Ax000000hUserIAU"
    assert event.source == "/salesforce/data/CaseChangeEvent"


async def test_what_is_delivered_again_or_replayed_has_the_id_that_it_had() -> None:
    first = {"schema": "s", "payload": a_change(), "event": {"replayId": 1, "EventUuid": "u1"}}
    moved = {"schema": "s", "payload": a_change(commitNumber=5), "event": {"replayId": 900001}}
    record, later = a_record(first, offset=1, timestamp_ms=1), a_record(moved, offset=8, timestamp_ms=9)
    assert (await the_event(record)).event_id == (await the_event(later)).event_id


@pytest.mark.parametrize(
    "parts",
    [
        {"sequenceNumber": 2},
        {"transactionKey": "0004a1d2-77aa-91c0-5b33-0c1de0aa4f11"},
        {"recordIds": ["500Ax00000AAAA2IAB"]},
        {"entityName": "CaseComment"},
        {"changeType": "DELETE"},
    ],
    ids=lambda parts: next(iter(parts)),
)
async def test_every_other_change_has_another_id(parts: dict[str, Any]) -> None:
    assert (await the_event(a_change(**parts))).event_id != (await the_event(a_change())).event_id


async def test_without_a_transaction_the_event_bus_identifies_it_and_without_that_its_content() -> None:
    async def event_id(payload: dict[str, object], **outer: object) -> str:
        return (await the_event({"payload": payload, **outer})).event_id

    unnamed = a_change(transactionKey=None)
    by_bus = [await event_id(unnamed, event={"replayId": number}) for number in (1, 2, 1)]
    assert by_bus[0] == by_bus[2] != by_bus[1]
    by_content = [await event_id(a_change({"Subject": text}, transactionKey="")) for text in "aba"]
    assert by_content[0] == by_content[2] != by_content[1]


async def test_a_change_that_nothing_names_and_no_time_tells_apart_is_its_record_on_the_topic() -> None:
    back_again = a_change(transactionKey=None, commitTimestamp=None), a_push(replay_id=None, created=None)
    for value in back_again:
        ids = [(await the_event(a_record(value, offset=offset))).event_id for offset in (1, 2, 1)]
        assert ids[0] == ids[2] != ids[1]


async def test_records_that_changed_alike_are_an_event_each() -> None:
    items = await adapted(sample("cdc_merged_recordids")["value"])
    events = [item for item in items if isinstance(item, CrmEvent)]
    assert [event.record_id for event in events] == [f"500Ax00000AAAA{n}IAB" for n in (1, 2, 3)]
    assert len({event.event_id for event in events}) == 3
    assert {event.fields["Status"] for event in events} == {"Closed"}


async def test_an_id_that_stands_twice_is_one_event() -> None:
    assert len(await adapted(a_change(recordIds=[CASE_ID, CASE_ID]))) == 1


async def test_a_list_of_events_is_read_in_its_order() -> None:
    items = await adapted([a_change(sequenceNumber=number, recordIds=[str(number)]) for number in (3, 1, 2)])
    assert [item.record_id for item in items if isinstance(item, CrmEvent)] == ["3", "1", "2"]


@pytest.mark.parametrize(
    ("kind", "operation"),
    [("CREATE", Operation.CREATE), ("DELETE", Operation.DELETE), ("UNDELETE", Operation.CREATE)],
)
async def test_what_happened_is_told_and_only_an_update_names_fields(kind: str, operation: Operation) -> None:
    event = await the_event(a_change({"Subject": "Refund", "Fax": None}, changeType=kind, changedFields=["Fax"]))
    assert (event.operation, event.attributes["change_type"]) == (operation, kind)
    assert (event.changed_fields, event.cleared_fields) == ((), ())


@pytest.mark.parametrize("kind", ["GAP_CREATE", "GAP_UPDATE", "GAP_DELETE", "GAP_UNDELETE"])
async def test_a_gap_asks_for_its_records_and_says_nothing_of_them(kind: str) -> None:
    items = await adapted(a_change({"Name": None, "Phone": None}, changeType=kind, recordIds=["500A1", "500A2"]))
    requests = [(item.record_id, item.reason, item.entity) for item in items]  # type: ignore[union-attr]
    assert requests == [(one, RefetchReason.GAP, "Case") for one in ("500A1", "500A2")]


async def test_a_request_is_keyed_as_the_events_of_its_record_and_repeats_with_its_id() -> None:
    request = await the_request(a_change({}, changeType="GAP_UPDATE"))
    again = await the_request({"payload": a_change({}, changeType="GAP_UPDATE"), "event": {"replayId": 5}})
    assert request.request_id == again.request_id
    assert request.key == (await the_event(a_change())).key
    assert request.attributes | {"change_origin": ""} == {
        "object": "Case", "change_type": "GAP_UPDATE", "change_origin": ""
    }  # fmt: skip
    assert request.occurred_at == COMMITTED_MS


@pytest.mark.parametrize("record_ids", [[], ["000000000000000AAA"]], ids=["none", "the empty id"])
async def test_an_overflow_asks_for_all_records_of_the_object_and_says_where_to_go_on(record_ids: list[str]) -> None:
    event = a_change({}, entityName="Lead", changeType="GAP_OVERFLOW", recordIds=record_ids)
    request = await the_request({"payload": event, "event": {"replayId": 2093600}})
    assert (request.entity, request.record_id, request.reason) == ("Lead", "", RefetchReason.OVERFLOW)
    assert request.attributes["replay_id"] == "2093600"


@pytest.mark.parametrize("kind", ["GAP_UPDATE", "UPDATE"])
async def test_a_wildcard_asks_for_all_records_of_the_object(kind: str) -> None:
    request = await the_request(a_change({}, entityName="Account", changeType=kind, recordIds=["001*"]))
    assert (request.entity, request.record_id, request.reason) == ("Account", "", RefetchReason.GAP)


async def test_the_times_that_the_header_may_hold_are_the_commits_and_else_the_last_change_s() -> None:
    texts = await the_event(a_change(commitTimestamp="2025-11-25T01:00:00.000Z"))
    assert texts.occurred_at == COMMITTED_MS
    told = await the_event(a_change({"Subject": "x", "LastModifiedDate": 77}, commitTimestamp=None))
    assert told.occurred_at == 77
    assert (await the_event(a_record(a_change(commitTimestamp="soon"), timestamp_ms=99))).occurred_at == 99


async def test_a_push_topic_s_event_is_one_of_the_object_that_its_id_belongs_to() -> None:
    event = await the_event(sample("pushtopic_streaming")["value"])
    assert (event.entity, event.record_id, event.operation) == ("Case", CASE_ID, Operation.UPDATE)
    assert (event.title, event.fields) == ("Refund", {"Status": "Escalated"})
    assert (event.occurred_at, event.source) == (COMMITTED_MS, "/salesforce/topic/HotCases")


def a_push(
    kind: str = "updated",
    replay_id: int | None = 41,
    created: str | None = "2025-11-25T01:00:00.000Z",
    **sobject: object,
) -> dict[str, object]:
    event = {"createdDate": created, "replayId": replay_id, "type": kind}
    return {"channel": "/topic/HotCases", "data": {"event": event, "sobject": {"Id": CASE_ID} | sobject}}


async def test_push_topic_events_are_told_apart_by_their_place_and_repeat_with_their_id() -> None:
    values = (a_push(), a_push(), a_push(replay_id=42), a_push("created"), a_push(Id="500Ax00000AAAA2IAB"))
    first, again, *others = [(await the_event(value)).event_id for value in values]
    assert first == again
    assert len({first, *others}) == 4
    unplaced = [(await the_event(a_push(replay_id=None, Subject=text))).event_id for text in "aba"]
    assert unplaced[0] == unplaced[2] != unplaced[1]


@pytest.mark.parametrize(
    ("kind", "operation"),
    [("created", Operation.CREATE), ("deleted", Operation.DELETE), ("undeleted", Operation.CREATE)],
)
async def test_push_topics_tell_what_happened_flat_too(kind: str, operation: Operation) -> None:
    assert (await the_event(a_push(kind))).operation is operation
    row = {"Id": "a01", "Notes__c": "Hi", "ReplayId": "5", "_ObjectType": "Visit__c", "_EventType": kind}
    event = await the_event(row)
    assert (event.entity, event.text, event.operation) == ("Visit", "Hi", operation)


async def test_a_push_topic_that_does_not_select_the_id_has_no_identity() -> None:
    with pytest.raises(DataFault) as fault:
        await adapted(a_push(Id=None))
    assert fault.value.reason is DeadLetterReason.NO_IDENTITY


async def test_tombstones_and_the_clients_own_talk_are_skipped() -> None:
    assert await the_skip(a_record(None)) == Skipped(SkipReason.TOMBSTONE)
    assert await the_skip({"channel": "/meta/heartbeat", "ext": {}}) == Skipped(SkipReason.CONTROL, "meta")
    assert await adapted([]) == ()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"a": 1}, DeadLetterReason.UNDECODABLE),
        ([1], DeadLetterReason.UNDECODABLE),
        ("text", DeadLetterReason.UNDECODABLE),
        (b"\x00\x00", DeadLetterReason.UNDECODABLE),
        (b"raw avro", DeadLetterReason.UNDECODABLE),
        ({"schema": "s", "payload": {"CreatedById": "005", "Text__c": "a platform event"}}, "undecodable"),
        (a_change(changeType="MOVED"), DeadLetterReason.UNDECODABLE),
        (a_change(changeType=None), DeadLetterReason.UNDECODABLE),
        (a_change(entityName=""), DeadLetterReason.NO_IDENTITY),
        (a_change(recordIds=[]), DeadLetterReason.NO_IDENTITY),
        (a_change(recordIds=["000000000000000AAA"]), DeadLetterReason.NO_IDENTITY),
        (a_change(recordIds=["1" * 2000]), DeadLetterReason.OVERSIZED),
        (a_change({}, changeType="GAP_UPDATE", recordIds=["1" * 2000]), DeadLetterReason.OVERSIZED),
        (a_change(recordIds=[str(number) for number in range(10_001)]), DeadLetterReason.OVERSIZED),
    ],
)  # fmt: skip
async def test_what_can_never_be_an_event_is_a_data_fault(value: object, reason: str) -> None:
    with pytest.raises(DataFault) as fault:
        await adapted(value, s7=CASE)
    assert fault.value.reason == reason


async def test_avro_without_a_registry_waits_for_one() -> None:
    with pytest.raises(DependencyFault):
        await adapted(framed(a_change(changedFields=[]), CASE))


async def test_confluent_s_record_id_stands_in_where_the_header_has_none() -> None:
    event = flat(a_change(recordIds=[CASE_ID])) | {"ChangeEventHeader": a_change(recordIds=[])["ChangeEventHeader"]}
    assert (await the_event(event)).record_id == CASE_ID


@pytest.mark.parametrize("name", SAMPLE_NAMES)
async def test_every_sample_is_read(name: str) -> None:
    items = await adapted(sample(name)["value"])
    assert items
    assert not any(isinstance(item, Skipped) for item in items)
