"""CloudEvents in all modes become change events with one identity each."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import DataFault
from schemas.events import CrmEvent, Operation
from schemas.outcomes import DeadLetterReason, Skipped, SkipReason
from schemas.sources import Mappings, SourceRecord, SourceRules, TableMapping, adapter
from tests.unit.schemas.builders import a_record, any_text

ADAPTER = adapter("cloudevents", None, SourceRules(own_ids=frozenset({"/crm-insights/sync", "bot-7"})))
STRUCTURED = {"content-type": "application/cloudevents+json"}
BATCH = {"content-type": "application/cloudevents-batch+json"}
BINARY = {
    "content-type": "application/json",
    "ce_specversion": "1.0",
    "ce_id": "case-310-17",
    "ce_source": "/crm/us/cases",
    "ce_type": "com.acme.case.updated",
    "ce_time": "2025-11-25T01:00:00Z",
}


def an_envelope(**changes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "case-310-17",
        "source": "/crm/us/cases",
        "type": "com.acme.case.updated",
        "time": "2025-11-25T01:00:00Z",
        "subject": "310",
        "data": {"note": "Customer asked for refund"},
        **changes,
    }


async def adapted(record: SourceRecord) -> list[CrmEvent]:
    return [event for event in await ADAPTER.adapt(record) if isinstance(event, CrmEvent)]


async def the_event(envelope: dict[str, Any], **arguments: Any) -> CrmEvent:
    (event,) = await adapted(a_record(envelope, headers=STRUCTURED, **arguments))
    return event


async def the_fault(record: SourceRecord) -> DataFault:
    with pytest.raises(DataFault) as caught:
        await ADAPTER.adapt(record)
    return caught.value


async def test_a_structured_event_becomes_a_change_event() -> None:
    event = await the_event(an_envelope())
    assert event == CrmEvent(
        event_id=event.event_id,
        source="/crm/us/cases",
        entity="Case",
        record_id="310",
        operation=Operation.UPDATE,
        occurred_at=1764032400000,
        text="Customer asked for refund",
        attributes={"ce_id": "case-310-17", "ce_type": "com.acme.case.updated"},
    )


async def test_structured_and_binary_mode_give_the_same_event() -> None:
    (binary,) = await adapted(a_record({"note": "Customer asked for refund"}, key="310", headers=BINARY))
    assert binary == await the_event(an_envelope())


@pytest.mark.parametrize(
    "content_type",
    ["Application/CloudEvents+JSON; charset=UTF-8", "application/cloudevents+json;charset=utf-8", ""],
)
async def test_structured_mode_is_told_by_the_content_type_in_any_case_or_by_the_body(content_type: str) -> None:
    (event,) = await adapted(a_record(an_envelope(), headers={"Content-Type": content_type}))
    assert event.record_id == "310"


async def test_identity_is_source_and_id_together() -> None:
    events = [
        await the_event(an_envelope(source="/crm/eu/cases")),
        await the_event(an_envelope(source="/crm/us/cases")),
        await the_event(an_envelope(source="/crm/us/cases", time="2025-11-25T02:00:00Z")),
        await the_event(an_envelope(source="/crm/us/cases", id="case-310-18")),
    ]
    assert [events.index(next(e for e in events if e.event_id == event.event_id)) for event in events] == [0, 1, 1, 3]


async def test_a_batch_gives_its_events_in_order() -> None:
    record = a_record([an_envelope(id="1"), an_envelope(id="2", subject="311")], headers=BATCH)
    assert [event.record_id for event in await adapted(record)] == ["310", "311"]


async def test_an_empty_batch_gives_nothing() -> None:
    assert await ADAPTER.adapt(a_record([], headers=BATCH)) == ()


async def test_one_faulty_event_of_a_batch_fails_the_record() -> None:
    fault = await the_fault(a_record([an_envelope(), an_envelope(id="")], headers=BATCH))
    assert fault.reason is DeadLetterReason.NO_IDENTITY


async def test_a_deleting_event_without_data_is_a_deletion() -> None:
    for verb in ("deleted", "archived"):
        headers = BINARY | {"ce_type": f"com.acme.case.{verb}"}
        (event,) = await adapted(a_record(None, key="311", headers=headers))
        assert (event.operation, event.record_id, event.text) == (Operation.DELETE, "311", None)


async def test_a_null_without_attributes_is_a_tombstone() -> None:
    for headers in ({}, STRUCTURED):
        assert await ADAPTER.adapt(a_record(None, key="311", headers=headers)) == (Skipped(SkipReason.TOMBSTONE),)


async def test_empty_bytes_are_no_tombstone() -> None:
    assert (await the_fault(a_record(b"", key="311"))).reason is DeadLetterReason.UNDECODABLE


@pytest.mark.parametrize(
    ("changes", "key", "record_id"),
    [
        ({"subject": "s"}, "k", "s"),
        ({"subject": None, "partitionkey": "p"}, "k", "p"),
        ({"subject": None}, "k", "k"),
        ({"subject": None}, '{"id": 31}', "31"),
        ({"subject": None}, '{"schema":{},"payload":{"id": 31}}', "31"),
        ({"subject": None}, '"k"', "k"),
        ({"subject": None, "data": {"id": 5}}, None, "5"),
        ({"subject": None, "data": {"caseId": 6}}, None, "6"),
        ({"subject": None, "data": {"caseId": 6}}, "\x00\x00\x00\x00\x01k", "6"),
        ({"subject": None, "data": {"caseId": 6}}, '{"a": 1, "b": 2}', "6"),
    ],
)
async def test_the_record_is_named_by_subject_then_partition_key_then_key_then_data(
    changes: dict[str, Any], key: str | None, record_id: str
) -> None:
    assert (await the_event(an_envelope(**changes), key=key)).record_id == record_id


async def test_without_a_time_the_record_s_own_is_taken() -> None:
    assert (await the_event(an_envelope(time=None))).occurred_at == 1764000000000


async def test_a_time_that_cannot_be_read_is_no_reason_to_guess() -> None:
    fault = await the_fault(a_record(an_envelope(time="yesterday"), headers=STRUCTURED))
    assert (fault.reason, fault.detail) == (DeadLetterReason.UNDECODABLE, "ce_time is no RFC 3339 time")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"id": None}, "ce_id"),
        ({"id": " "}, "ce_id"),
        ({"source": None}, "ce_source"),
        ({"subject": None}, "record_id"),
    ],
)
async def test_a_missing_identity_is_named(changes: dict[str, Any], named: str) -> None:
    fault = await the_fault(a_record(an_envelope(**changes), headers=STRUCTURED))
    assert fault.reason is DeadLetterReason.NO_IDENTITY
    assert fault.detail.startswith(named)


@pytest.mark.parametrize(
    ("changes", "entity"),
    [
        ({"data": {"entity": "Contact"}}, "Contact"),
        ({"data": {"objectType": "deals"}}, "Deal"),
        ({"entity": "calls"}, "Call"),
        ({"type": "com.acme.tickets.updated"}, "Ticket"),
        ({"type": "updated"}, "Note"),
    ],
)
async def test_the_entity_comes_from_data_attributes_type_or_topic(changes: dict[str, Any], entity: str) -> None:
    assert (await the_event(an_envelope(**changes), topic="crm.public.notes")).entity == entity


async def test_data_with_the_fields_of_a_change_event_is_taken_as_such() -> None:
    data = {"entity": "Ticket", "record_id": 9, "tenant": "acme", "text": "Hi", "messages": [{"text": "Yes"}]}
    event = await the_event(an_envelope(data=data, type="com.acme.crm.created"))
    assert (event.entity, event.record_id, event.tenant, event.text) == ("Ticket", "9", "acme", "Hi")
    assert (event.source, event.occurred_at, event.operation) == ("/crm/us/cases", 1764032400000, Operation.CREATE)
    assert event.messages[0].text == "Yes"
    assert event.event_id == (await the_event(an_envelope())).event_id


async def test_data_that_brings_its_own_event_id_keeps_it() -> None:
    data = {"event_id": "mine", "entity": "Ticket", "record_id": "9", "occurred_at": 5, "source": "crm"}
    event = await the_event(an_envelope(data=data))
    assert (event.event_id, event.occurred_at, event.source) == ("mine", 5, "crm")


async def test_a_debezium_change_is_read_from_its_after_image() -> None:
    envelope = an_envelope(
        type="io.debezium.connector.postgresql.DataChangeEvent",
        source="/debezium/postgresql/crm",
        subject=None,
        iodebeziumop="c",
        iodebeziumtable="notes",
        data={"before": None, "after": {"id": 31, "text": "Asked for SSO pricing"}},
    )
    event = await the_event(envelope)
    assert (event.entity, event.record_id, event.operation) == ("Note", "31", Operation.CREATE)
    assert (event.text, event.fields) == ("Asked for SSO pricing", {})


async def test_rows_of_one_debezium_transaction_have_ids_of_their_own() -> None:
    ids = {
        (
            await the_event(
                an_envelope(
                    type="io.debezium.connector.postgresql.DataChangeEvent",
                    subject=None,
                    iodebeziumtable="notes",
                    data={"before": None, "after": {"id": row, "text": "x"}},
                )
            )
        ).event_id
        for row in (31, 32)
    }
    assert len(ids) == 2


async def test_a_debezium_deletion_is_named_by_its_before_image() -> None:
    envelope = an_envelope(
        type="io.debezium.connector.postgresql.DataChangeEvent",
        subject=None,
        iodebeziumop="d",
        iodebeziumtable="notes",
        data={"before": {"id": 31, "text": ""}, "after": None},
    )
    event = await the_event(envelope)
    assert (event.record_id, event.operation, event.text) == ("31", Operation.DELETE, None)


@pytest.mark.parametrize(
    ("content_type", "value", "text"),
    [
        ("text/plain; charset=utf-8", "Größe".encode(), "Größe"),
        ("application/vnd.acme+json", b'{"note":"x"}', "x"),
        ("", b'{"note":"x"}', "x"),
        ("application/json", b'"x"', "x"),
    ],
)
async def test_data_is_read_as_its_content_type_says(content_type: str, value: bytes, text: str) -> None:
    (event,) = await adapted(a_record(value, key="1", headers=BINARY | {"content-type": content_type}))
    assert event.text == text


async def test_base64_data_is_read_as_its_content_type_says() -> None:
    encoded = base64.b64encode(b'{"note":"x"}').decode()
    assert (await the_event(an_envelope(data=None, data_base64=encoded))).text == "x"


@pytest.mark.parametrize(
    ("value", "headers"),
    [
        (b"{}", {"content-type": "application/cloudevents+avro"}),
        (b"[]", STRUCTURED),
        (b"{}", BATCH),
        (b"[1]", BATCH),
        (b"{", STRUCTURED),
        (b"\xff", BINARY | {"content-type": "text/plain"}),
        (b"x", BINARY | {"content-type": "application/octet-stream"}),
        (b'{"specversion":"1.0","id":"1","source":"s","subject":"1","type":"a.b","data_base64":"%"}', STRUCTURED),
        (
            b'{"specversion":"1.0","id":"1","source":"s","subject":"1","type":"a.b","data_base64":"\xc3\xa9"}',
            STRUCTURED,
        ),
    ],
)
async def test_what_cannot_be_read_is_undecodable(value: bytes | None, headers: dict[str, str]) -> None:
    assert (await the_fault(a_record(value, key="1", headers=headers))).reason is DeadLetterReason.UNDECODABLE


async def test_an_attribute_that_is_not_utf_8_is_undecodable() -> None:
    record = SourceRecord("t", 0, 0, 0, b"1", b"{}", (("ce_id", b"\xff"), ("ce_source", b"s")))
    assert (await the_fault(record)).detail == "header ce_id is not UTF-8"


@pytest.mark.parametrize("changes", [{"source": "/crm-insights/sync"}, {"actor": "bot-7"}, {"authid": "bot-7"}])
async def test_our_own_writes_are_skipped(changes: dict[str, Any]) -> None:
    record = a_record(an_envelope(**changes), headers=STRUCTURED)
    assert await ADAPTER.adapt(record) == (Skipped(SkipReason.OWN_WRITE),)


async def ending(envelope: dict[str, Any], table: TableMapping) -> Any:
    said = SourceRules(frozenset({"insight-sync"}), Mappings({"case": table}))
    (item,) = await adapter("cloudevents", None, said).adapt(a_record(envelope, headers=STRUCTURED))
    return item if isinstance(item, Skipped) else "event"


async def test_a_mapping_skips_its_entity() -> None:
    assert await ending(an_envelope(), TableMapping(skip=True)) == Skipped(SkipReason.CONTROL, "skipped by its mapping")


async def test_our_own_write_is_known_by_the_column_that_a_mapping_calls_the_writer() -> None:
    said = TableMapping(writer=("via",))
    assert await ending(an_envelope(data={"note": "x", "via": "insight-sync"}), said) == Skipped(SkipReason.OWN_WRITE)
    assert await ending(an_envelope(data={"note": "x", "via": "portal"}), said) == "event"


async def test_a_change_of_nothing_but_insight_fields_is_our_own() -> None:
    said = TableMapping(insight_fields=("ai_summary",))
    row = {"id": 1, "note": "x", "ai_summary": None}
    ours, theirs = ({"before": row, "after": row | {"ai_summary": "Calm"} | more} for more in ({}, {"note": "y"}))
    assert await ending(an_envelope(data=ours), said) == Skipped(SkipReason.OWN_WRITE)
    assert await ending(an_envelope(data=theirs), said) == "event"


async def test_our_own_write_is_known_by_the_row_s_last_writer_too() -> None:
    record = a_record(an_envelope(data={"note": "x", "updated_by": "bot-7"}), headers=STRUCTURED)
    assert await ADAPTER.adapt(record) == (Skipped(SkipReason.OWN_WRITE),)


async def test_the_tenant_of_what_was_deleted_is_told_by_the_column_that_a_mapping_names() -> None:
    said = SourceRules(mappings=Mappings({"case": TableMapping(tenant=("shop",))}))
    record = a_record(an_envelope(data={"before": {"shop": "7"}, "after": None}), headers=STRUCTURED)
    (event,) = await adapter("cloudevents", None, said).adapt(record)
    assert isinstance(event, CrmEvent)
    assert event.tenant == "7"


async def test_extension_attributes_stay_for_routing() -> None:
    event = await the_event(an_envelope(test=True, region="eu", tenantid="acme"))
    assert event.attributes["test"] == "true"
    assert event.attributes["region"] == "eu"
    assert event.tenant == "acme"


async def test_nothing_that_utf_8_cannot_hold_comes_through() -> None:
    envelope = json.loads(r'{"note": "bad \ud83d and \u0000", "status\ud83d": "\ud800"}')
    event = await the_event(an_envelope(data=envelope, id="\ud800", region="\ud800"))
    assert event.text == "bad \ufffd and \ufffd"
    assert event.fields == {"status\ufffd": "\ufffd"}
    assert event.attributes["region"] == "\ufffd"


headers = st.dictionaries(st.sampled_from(["content-type", *BINARY, "ce_subject", "ce_x"]), st.binary(max_size=12))


@given(st.none() | st.binary(max_size=60), headers, st.none() | st.binary(max_size=10))
async def test_any_record_ends_as_events_skips_or_a_data_fault(
    value: bytes | None, given_headers: dict[str, bytes], key: bytes | None
) -> None:
    record = SourceRecord("t", 0, 0, 0, key, value, tuple(given_headers.items()))
    try:
        await ADAPTER.adapt(record)
    except DataFault as fault:
        assert fault.detail  # noqa: PT017 -- every other exception fails the test


@given(st.dictionaries(any_text, any_text, max_size=4), any_text)
async def test_any_data_becomes_an_event_that_can_be_keyed(data: dict[str, Any], source: str) -> None:
    record = a_record(an_envelope(data=data, source=source + "x"), headers=STRUCTURED)
    for event in await adapted(record):
        event.key.decode("utf-8")


async def test_the_settings_say_what_the_data_of_a_cloud_event_mean() -> None:
    said = SourceRules(
        mappings=Mappings({"case": TableMapping(entity="Ticket", text=("reply",), department=("team",))})
    )
    attributes = {"ce_id": "1", "ce_source": "/crm", "ce_type": "com.acme.case.updated"}
    record = a_record({"id": "310", "reply": "Hi", "team": "support"}, headers=attributes)
    (event,) = await adapter("cloudevents", None, said).adapt(record)
    assert isinstance(event, CrmEvent)
    assert (event.entity, event.text, event.department) == ("Ticket", "Hi", "support")
