"""Any bytes at all end as a value or as a DataFault: quickly, and without taking the process down."""

from __future__ import annotations

import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.avro import event_schema
from schemas.codec import AvroReader, EventReader, EventWriter, StaticSchemas, frame
from schemas.errors import DataFault
from schemas.events import Identifier, Message
from schemas.outcomes import DeadLetterReason
from tests.unit.schemas.builders import EVENT_ID, an_event, events

READER = EventReader(StaticSchemas({EVENT_ID: event_schema()}))
FULL = EventWriter(EVENT_ID).write(
    an_event(
        title="Größe",
        messages=(Message(author="Ann", sent_at=1, text="Hi"),),
        fields={"status": "open"},
        identifiers=(Identifier("EMAIL", "ann@x.example"),),
    )
)
HUGE = b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"  # 2**63 - 1 as a zigzag varint


def a_record_of(field_type: Any) -> dict[str, Any]:
    return {"type": "record", "name": "Row", "fields": [{"name": "value", "type": field_type}]}


async def ends_well(data: bytes, reader: Any = READER) -> DataFault | None:
    try:
        await reader.read(data)
    except DataFault as fault:
        return fault
    return None


async def decoded_with(field_type: Any, body: bytes) -> DataFault:
    with pytest.raises(DataFault) as caught:
        await AvroReader(StaticSchemas({1: a_record_of(field_type)})).decode(frame(1, body))
    return caught.value


@given(st.binary(max_size=200))
async def test_random_bytes_raise_nothing_but_a_data_fault(data: bytes) -> None:
    await ends_well(data)


@given(st.binary(max_size=300))
async def test_random_bodies_raise_nothing_but_a_data_fault(body: bytes) -> None:
    await ends_well(frame(EVENT_ID, body))


@given(events, st.data())
async def test_a_mutated_event_raises_nothing_but_a_data_fault(event: Any, data: st.DataObject) -> None:
    written = bytearray(EventWriter(EVENT_ID).write(event))
    for _ in range(data.draw(st.integers(1, 4))):
        written[data.draw(st.integers(5, len(written) - 1))] = data.draw(st.integers(0, 255))
    await ends_well(bytes(written))


async def test_an_event_cut_anywhere_is_undecodable() -> None:
    for end in range(5, len(FULL)):
        fault = await ends_well(FULL[:end])
        assert fault is not None
        assert fault.reason is DeadLetterReason.UNDECODABLE


async def test_bytes_after_the_event_are_undecodable() -> None:
    fault = await ends_well(FULL + b"\x00\x00")
    assert fault is not None
    assert fault.detail == f"2 bytes are left over after the record of writer schema {EVENT_ID}"


async def test_a_text_that_is_not_utf_8_is_undecodable_and_not_quoted() -> None:
    fault = await ends_well(FULL.replace("Größe".encode(), "Größ".encode() + b"\xff"))
    assert fault is not None
    assert "UnicodeDecodeError" in fault.detail
    assert "Gr" not in fault.detail


@pytest.mark.parametrize(
    ("field_type", "body"),
    [
        ("bytes", HUGE),
        ("string", HUGE),
        ("string", b"\x01"),
        ({"type": "array", "items": "string"}, HUGE + b"\x02a"),
        ({"type": "array", "items": "int"}, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" + HUGE + b"\x01"),
        ({"type": "map", "values": "null"}, HUGE + b"\x02a"),
        ({"type": "fixed", "name": "F", "size": 2**40}, b"abc"),
        ("long", b"\xff" * 100_000),
        (["null", "string"], b"\x08"),
        ({"type": "enum", "name": "E", "symbols": ["A"]}, b"\x10"),
    ],
)
async def test_wild_lengths_and_indexes_cost_neither_time_nor_memory(field_type: Any, body: bytes) -> None:
    tracemalloc.start()
    started = time.monotonic()
    fault = await decoded_with(field_type, body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert fault.reason is DeadLetterReason.UNDECODABLE
    assert peak < 20_000_000
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "items", ["null", {"type": "record", "name": "Nothing", "fields": []}, {"type": "fixed", "name": "F", "size": 0}]
)
async def test_an_array_of_items_without_bytes_is_refused_because_a_body_could_claim_any_number(items: Any) -> None:
    fault = await decoded_with({"type": "array", "items": items}, HUGE + b"\x00")
    assert "items take no bytes" in fault.detail


def a_chain(length: int, *, leaf: Any, fields: int) -> dict[str, Any]:
    """Records of which each has the one before as so many of its fields."""
    links = [{"type": "record", "name": "R0", "fields": [{"name": "a", "type": leaf}]}]
    for number in range(1, length):
        inner = [{"name": f"f{place}", "type": f"R{number - 1}"} for place in range(fields)]
        links.append({"type": "record", "name": f"R{number}", "fields": inner})
    return {
        "type": "record",
        "name": "Row",
        "fields": [{"name": f"r{number}", "type": ["null", link]} for number, link in enumerate(links)],
    }


@pytest.mark.parametrize("length", [8, 24, 60, 2_000])
async def test_types_that_double_are_refused_because_a_byte_could_claim_millions_of_values(length: int) -> None:
    schema = a_chain(length, leaf="null", fields=2)
    started = time.monotonic()
    with pytest.raises(DataFault) as caught:
        await AvroReader(StaticSchemas({1: schema})).decode(frame(1, b"\x00" * (length - 1) + b"\x02"))
    assert caught.value.detail == (
        "writer schema 1 has 191 values that take no bytes in one R6; a body could not bound them"
    )
    assert time.monotonic() - started < 5


async def test_types_that_double_and_take_bytes_are_bounded_by_the_body() -> None:
    body = b"\x00" * 23 + b"\x02" + b"\x02" * 10_000
    with pytest.raises(DataFault) as caught:
        await AvroReader(StaticSchemas({1: a_chain(24, leaf="int", fields=2)})).decode(frame(1, body))
    assert "ends early" in caught.value.detail


async def test_a_long_chain_of_types_is_refused_because_a_body_could_overflow_the_stack() -> None:
    length = 20_000  # enough for a segmentation fault
    reader = AvroReader(StaticSchemas({1: a_chain(length, leaf="int", fields=1)}))
    with pytest.raises(DataFault) as caught:
        await reader.decode(frame(1, b"\x00" * (length - 1) + b"\x02\x02"))
    assert caught.value.detail == "writer schema 1 nests 101 types deep in R100; a body could overflow the stack"


async def test_a_record_of_many_columns_that_may_be_null_is_read() -> None:
    columns = [{"name": f"c{number}", "type": ["null", "string"]} for number in range(500)]
    schema = {"type": "record", "name": "Row", "fields": [*columns, {"name": "gone", "type": "null"}]}
    record = await AvroReader(StaticSchemas({1: schema})).decode(frame(1, b"\x00" * 500))
    assert set(record.values()) == {None}


async def test_a_recursive_writer_schema_is_refused_because_a_body_could_overflow_the_stack() -> None:
    node = {"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]}
    fault = await decoded_with(node, b"\x02" * 1_000_000)
    assert fault.detail == "writer schema 1 is recursive in Node; its nesting could not be bounded"


@pytest.mark.parametrize(
    ("schema", "detail"),
    [
        ({"type": "string"}, "is not a record"),
        ({"type": "array", "items": "string"}, "is not a record"),
        ({"type": "record", "name": "R", "fields": [{"name": "a", "type": "Unknown"}]}, "cannot be parsed"),
        ({}, "cannot be parsed"),
        ({"type": ["null"]}, "cannot be parsed"),
        ({"type": 3}, "cannot be parsed"),
    ],
)
async def test_a_writer_schema_that_is_no_record_is_undecodable(schema: Any, detail: str) -> None:
    with pytest.raises(DataFault) as caught:
        await AvroReader(StaticSchemas({1: schema})).decode(frame(1, b"\x00"))
    assert caught.value.reason is DeadLetterReason.UNDECODABLE
    assert detail in caught.value.detail


async def test_a_schema_nested_beyond_reason_is_undecodable() -> None:
    schema: Any = "string"
    for _ in range(2000):
        schema = {"type": "array", "items": schema}
    with pytest.raises(DataFault):
        await AvroReader(StaticSchemas({1: a_record_of(schema)})).decode(frame(1, b"\x00"))
