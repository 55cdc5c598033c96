"""Events and insights survive the way over Kafka, between versions of the contract too."""

from __future__ import annotations

import io
import json
from typing import Any

import fastavro
import msgspec
import pytest
from hypothesis import given

from schemas.avro import event_schema, insight_schema
from schemas.codec import (
    AvroReader,
    EventReader,
    EventWriter,
    InsightReader,
    InsightWriter,
    StaticSchemas,
    frame,
    split_frame,
)
from schemas.errors import DataFault
from schemas.events import CrmEvent, Identifier, Lane, Message, Operation
from schemas.identity import accepted
from schemas.outcomes import DeadLetterReason
from tests.unit.schemas.builders import EVENT_ID, INSIGHT_ID, KEY_ID, an_event, an_insight, events

SCHEMAS = StaticSchemas({EVENT_ID: event_schema(), INSIGHT_ID: insight_schema()})
EVENTS = EventReader(SCHEMAS)


def avro(schema: dict[str, Any], record: dict[str, Any]) -> bytes:
    """Write with fastavro alone, as a producer that is not ours does."""
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, fastavro.parse_schema(schema), record)
    return frame(1, stream.getvalue())


def a_writer(*fields: dict[str, Any], name: str = "CrmEvent") -> dict[str, Any]:
    required = [{"name": name, "type": "string"} for name in ("event_id", "source", "entity", "record_id")]
    time = {"name": "occurred_at", "type": {"type": "long", "logicalType": "timestamp-millis"}}
    return {"type": "record", "name": name, "namespace": "com.acme", "fields": [*required, time, *fields]}


REQUIRED: dict[str, Any] = {"event_id": "e", "source": "s", "entity": "Ticket", "record_id": "1", "occurred_at": 5}


async def read_with(writer: dict[str, Any], record: dict[str, Any]) -> CrmEvent:
    return await EventReader(StaticSchemas({1: writer})).read(avro(writer, record))


async def the_fault(reader: Any, data: bytes) -> DataFault:
    with pytest.raises(DataFault) as caught:
        await (reader.read if hasattr(reader, "read") else reader.decode)(data)
    fault: DataFault = caught.value
    return fault


@given(events)
async def test_any_event_comes_back_as_it_was_but_for_characters_nothing_can_hold(event: CrmEvent) -> None:
    read = await EVENTS.read(EventWriter(EVENT_ID).write(event))
    assert read == accepted(event, stage="test")


async def test_a_full_event_comes_back_in_the_types_of_the_struct() -> None:
    event = an_event(
        operation=Operation.REKEY,
        lane=Lane.BATCH,
        messages=(Message(author="Ann", role="customer", sent_at=-1, text="Hi"), Message(text="Hello")),
        identifiers=(Identifier("PERSON", "Ann Lee"),),
        fields={"status": "open"},
        attributes={"old_record_id": "4"},
    )
    assert await EVENTS.read(EventWriter(EVENT_ID).write(event)) == event


@pytest.mark.parametrize("occurred_at", [-62135596800001, -1, 0, 253402300800000, 2**63 - 1])
async def test_times_beyond_the_calendar_are_plain_numbers(occurred_at: int) -> None:
    event = an_event(occurred_at=occurred_at)
    assert (await EVENTS.read(EventWriter(EVENT_ID).write(event))).occurred_at == occurred_at


async def test_an_insight_comes_back_as_it_was() -> None:
    insight = an_insight(
        churn_risk_score=0.7,
        action_items=("Call Ann", "Send the invoice"),
        mentioned_competitors=(),
        upsell_opportunity_identified=False,
        cost=0.00123,
        currency="USD",
    )
    writer = InsightWriter(KEY_ID, INSIGHT_ID)
    assert await InsightReader(SCHEMAS).read(writer.value(insight)) == insight


async def test_an_insight_leaves_without_nul_and_lone_surrogates() -> None:
    insight = an_insight(executive_summary="a\x00b\ud83dc", action_items=("\ud800",))
    read = await InsightReader(SCHEMAS).read(InsightWriter(KEY_ID, INSIGHT_ID).value(insight))
    assert (read.executive_summary, read.action_items) == ("a\ufffdb\ufffdc", ("\ufffd",))


def test_a_number_beyond_64_bits_is_refused_at_the_writer() -> None:
    with pytest.raises(ValueError, match=r"crm\.insights\.CrmInsight does not fit"):
        InsightWriter(KEY_ID, INSIGHT_ID).value(an_insight(latency_ms=2**63))


def test_what_we_write_any_avro_reader_with_the_registered_schema_reads() -> None:
    _, body = split_frame(EventWriter(EVENT_ID).write(an_event(messages=(Message(sent_at=0),))))
    record: Any = fastavro.schemaless_reader(io.BytesIO(body), fastavro.parse_schema(event_schema()), None)
    assert record["occurred_at"].isoformat() == "2025-11-25T01:00:00.123000+00:00"
    assert record["messages"][0]["sent_at"].year == 1970


async def test_a_producer_may_write_only_the_required_fields() -> None:
    event = await read_with(a_writer(), REQUIRED)
    assert event == CrmEvent(**REQUIRED)


async def test_a_producer_may_write_fields_that_we_do_not_know_in_an_order_of_its_own() -> None:
    writer = a_writer({"name": "mood", "type": {"type": "map", "values": "int"}}, {"name": "title", "type": "string"})
    writer["fields"].reverse()
    event = await read_with(writer, {**REQUIRED, "mood": {"x": 1}, "title": "Export"})
    assert event.title == "Export"


async def test_a_symbol_of_a_later_version_is_read_as_the_default() -> None:
    later = {"type": "enum", "name": "Operation", "symbols": ["MERGE", "UPDATE"]}
    event = await read_with(a_writer({"name": "operation", "type": later}), {**REQUIRED, "operation": "MERGE"})
    assert event.operation is Operation.UPDATE


async def test_defaults_are_not_shared_between_events() -> None:
    first, second = [await read_with(a_writer(), REQUIRED) for _ in range(2)]
    first.fields["a"] = "b"
    assert second.fields == {}


async def test_a_required_field_that_the_writer_lacks_is_named() -> None:
    writer = a_writer()
    writer["fields"] = [field for field in writer["fields"] if field["name"] != "record_id"]
    fault = await the_fault(EventReader(StaticSchemas({1: writer})), avro(writer, REQUIRED))
    assert fault.reason is DeadLetterReason.UNDECODABLE
    assert fault.detail == "writer schema 1 does not resolve to ours: field record_id is missing"


async def test_a_field_of_another_type_is_named() -> None:
    writer = a_writer({"name": "title", "type": {"type": "array", "items": "string"}})
    fault = await the_fault(EventReader(StaticSchemas({1: writer})), avro(writer, {**REQUIRED, "title": ["x"]}))
    assert fault.detail == "writer schema 1 does not resolve to ours: field title has another type"


async def test_a_writer_whose_record_has_another_name_is_told_so() -> None:
    schema = {**event_schema(), "name": "Other", "namespace": "acme"}
    fault = await the_fault(EventReader(StaticSchemas({1: schema})), frame(1, EventWriter(1).write(an_event())[5:]))
    assert fault.detail == (
        "writer schema 1 does not resolve to ours: its record is called acme.Other, ours crm.events.CrmEvent"
    )


async def test_a_writer_whose_messages_are_records_of_another_name_is_told_so() -> None:
    schema = json.loads(json.dumps(event_schema()).replace('"name": "Message"', '"name": "Utterance"'))
    body = EventWriter(1).write(an_event(messages=(Message(text="Hi"),)))[5:]
    fault = await the_fault(EventReader(StaticSchemas({1: schema})), frame(1, body))
    assert fault.detail.endswith("field messages has another type, or a record of another name")


async def test_another_record_on_the_topic_is_undecodable() -> None:
    writer = a_writer(name="Invoice")
    fault = await the_fault(EventReader(StaticSchemas({1: writer})), avro(writer, REQUIRED))
    assert fault.reason is DeadLetterReason.UNDECODABLE


@pytest.mark.parametrize("field", ["event_id", "entity", "record_id"])
@pytest.mark.parametrize("empty", ["", " \t"])
async def test_an_event_without_identity_names_the_field(field: str, empty: str) -> None:
    event = msgspec.structs.replace(an_event(), **{field: empty})
    fault = await the_fault(EVENTS, EventWriter(EVENT_ID).write(event))
    assert (fault.reason, fault.detail) == (DeadLetterReason.NO_IDENTITY, f"{field} is missing or empty")


async def test_an_id_that_no_header_could_carry_is_oversized() -> None:
    fault = await the_fault(EVENTS, EventWriter(EVENT_ID).write(an_event(event_id="x" * 1025)))
    assert fault.reason is DeadLetterReason.OVERSIZED
    assert "event_id has 1025 characters" in fault.detail


async def test_the_event_id_is_clean_once_read_so_that_its_mark_is_found_again() -> None:
    read = await EVENTS.read(EventWriter(EVENT_ID).write(an_event(event_id="a\x00b")))
    assert read.event_id == "a\ufffdb"


async def test_an_unknown_id_is_an_unknown_schema() -> None:
    fault = await the_fault(EVENTS, frame(99, b""))
    assert (fault.reason, fault.detail) == (DeadLetterReason.UNKNOWN_SCHEMA, "no schema has the id 99")


async def test_a_schema_is_asked_for_once() -> None:
    class Counting(StaticSchemas):
        asked = 0

        async def schema(self, schema_id: int) -> dict[str, Any]:
            self.asked += 1
            return await super().schema(schema_id)

    schemas = Counting({EVENT_ID: event_schema()})
    reader = EventReader(schemas)
    for _ in range(3):
        await reader.read(EventWriter(EVENT_ID).write(an_event()))
    assert schemas.asked == 1


async def test_without_a_reader_schema_values_come_as_they_are_on_the_wire() -> None:
    decimal = {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}
    writer = {
        "type": "record",
        "name": "Row",
        "fields": [
            {"name": "amount", "type": ["null", decimal], "default": None},
            {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        ],
    }
    data = frame(1, b"\x02\x02\x7b" + b"\xfe\xff\xff\xff\x0f")
    assert await AvroReader(StaticSchemas({1: writer})).decode(data) == {"amount": b"\x7b", "day": 2**31 - 1}
