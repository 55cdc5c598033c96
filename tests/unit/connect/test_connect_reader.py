"""Keys and values of Connect's converters, Avro and JSON, say what the source meant."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import StaticSchemas, frame
from schemas.connect import ConnectReader
from schemas.errors import DataFault, DependencyFault
from schemas.outcomes import DeadLetterReason


def connect(name: str, of: str = "long", **more: Any) -> dict[str, Any]:
    return {"type": of, "connect.name": name, **more}


async def read(schema: Any, value: Any) -> Any:
    """Write with the schema as it is, without its logical types, as Connect's converter does; read it back."""
    plain = json.loads(json.dumps(schema).replace('"logicalType"', '"logical"'))
    body = io.BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(plain), value)
    raw = schema if isinstance(schema, dict) else {"type": schema}
    return await ConnectReader(StaticSchemas({7: raw})).value(frame(7, body.getvalue()))


async def column(schema: Any, value: Any) -> Any:
    record = {"type": "record", "name": "Row", "fields": [{"name": "it", "type": ["null", schema]}]}
    return (await read(record, {"it": value}))["it"]


DECIMAL = connect("org.apache.kafka.connect.data.Decimal", "bytes", scale=2, precision=12, logicalType="decimal")
VARIABLE = {
    "type": "record", "name": "VariableScaleDecimal", "connect.name": "io.debezium.data.VariableScaleDecimal",
    "fields": [{"name": "scale", "type": "int"}, {"name": "value", "type": "bytes"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "value", "meant"),
    [
        (DECIMAL, bytes.fromhex("00bebc52"), "125000.50"),
        (DECIMAL, b"", "0.00"),
        ({"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 1}, b"\xff", "-0.1"),
        (VARIABLE, {"scale": 3, "value": b"\xfb\x1e"}, "-1.250"),
        (VARIABLE, {"scale": -2, "value": b"\x05"}, "500"),
        (connect("io.debezium.time.Date", "int"), 20453, "2025-12-31"),
        (connect("io.debezium.time.Time", "int"), 45_296_000, "12:34:56.000"),
        (connect("io.debezium.time.MicroTime"), 45_296_000_000, "12:34:56.000000"),
        (connect("io.debezium.time.NanoTime"), 1, "00:00:00.000000001"),
        (connect("io.debezium.time.Timestamp"), 1_764_032_400_123, "2025-11-25T01:00:00.123Z"),
        (connect("io.debezium.time.MicroTimestamp"), 1_764_032_400_123_456, "2025-11-25T01:00:00.123456Z"),
        (connect("io.debezium.time.NanoTimestamp"), 1, "1970-01-01T00:00:00.000000001Z"),
        (connect("io.debezium.time.MicroDuration"), 93_600_000_000, "PT26H"),
        (connect("io.debezium.time.ZonedTimestamp", "string"), "2025-11-24T23:30:00.5Z", "2025-11-24T23:30:00.5Z"),
        (connect("io.debezium.time.ZonedTimestamp", "string"), "infinity", "infinity"),
        (connect("io.debezium.time.Interval", "string"), "P0Y0M1DT2H0M0S", "P0Y0M1DT2H0M0S"),
        (connect("org.apache.kafka.connect.data.Date", "int", logicalType="date"), 2_146_033_979, "infinity"),
        (connect("org.apache.kafka.connect.data.Timestamp", logicalType="timestamp-millis"), 0,
         "1970-01-01T00:00:00.000Z"),
        ({"type": "long", "logicalType": "timestamp-micros"}, 1, "1970-01-01T00:00:00.000001Z"),
        (connect("io.debezium.data.Json", "string"), '{"seats": 1.50}', {"seats": Decimal("1.50")}),
        (connect("io.debezium.data.Json", "string"), "no json", "no json"),
        (connect("io.debezium.data.Bits", "bytes", **{"connect.parameters": {"length": "5"}}), b"\x05", "00101"),
        (connect("io.debezium.data.FloatVector", "string"), "[0.1]", None),
        (connect("io.debezium.data.Uuid", "string"), "76cc64c5", "76cc64c5"),
        ({"type": "array", "items": ["null", connect("io.debezium.time.Date", "int")]}, [0, None],
         ["1970-01-01", None]),
        ({"type": "map", "values": connect("io.debezium.time.Date", "int")}, {"on": 0}, {"on": "1970-01-01"}),
        ("bytes", b"\xde\xad", b"\xde\xad"),
        ("double", float("inf"), "inf"),
    ],
)  # fmt: skip
async def test_a_named_type_says_what_its_values_mean(schema: Any, value: Any, meant: Any) -> None:
    assert await column(schema, value) == meant


@given(st.integers(-(10**60), 10**60), st.integers(0, 40))
async def test_no_decimal_loses_a_digit(unscaled: int, scale: int) -> None:
    body = unscaled.to_bytes(unscaled.bit_length() // 8 + 1, "big", signed=True)
    told = await column(connect("org.apache.kafka.connect.data.Decimal", "bytes", scale=scale), body)
    assert Fraction(told) * 10**scale == unscaled
    assert "E" not in told


async def test_a_record_that_is_used_twice_by_name_means_the_same_twice() -> None:
    row = {"type": "record", "name": "Value", "namespace": "a.b", "fields": [
        {"name": "on", "type": connect("io.debezium.time.Date", "int")}]}  # fmt: skip
    envelope = {"type": "record", "name": "Envelope", "namespace": "a.b", "fields": [
        {"name": "before", "type": ["null", row]}, {"name": "after", "type": ["null", "Value"]}]}  # fmt: skip
    assert await read(envelope, {"before": {"on": 0}, "after": {"on": 1}}) == {
        "before": {"on": "1970-01-01"},
        "after": {"on": "1970-01-02"},
    }


@pytest.mark.parametrize(
    ("schema", "value", "meant"),
    [
        ("string", "T-1", "T-1"),
        ("long", 7, 7),
        ({"type": "string", "connect.name": "io.debezium.data.Uuid"}, "u", "u"),
        (["null", "long"], 7, 7),
        (connect("io.debezium.time.Date", "int"), 0, "1970-01-01"),
    ],
)
async def test_a_key_need_not_be_a_record(schema: Any, value: Any, meant: Any) -> None:
    assert await read(schema, value) == meant


async def test_a_logical_type_that_makes_no_sense_leaves_the_value_as_it_is() -> None:
    assert await column({"type": "bytes", "logicalType": "decimal", "precision": 0, "scale": 9}, b"\x01") is not None


async def test_json_with_its_schema_is_read_by_it_and_plain_json_is_not() -> None:
    schema = {"type": "struct", "fields": [{"field": "on", "type": "int32", "name": "io.debezium.time.Date"}]}
    reader = ConnectReader(None)
    assert await reader.value(json.dumps({"schema": schema, "payload": {"on": 0}}).encode()) == {"on": "1970-01-01"}
    assert await reader.value(json.dumps({"schema": None, "payload": {"on": 0}}).encode()) == {"on": 0}
    assert await reader.value(b'{"on": 1.50}') == {"on": Decimal("1.50")}


async def test_a_column_called_schema_is_no_schema() -> None:
    row = {"schema": "public", "payload": "x"}
    assert await ConnectReader(None).value(json.dumps(row).encode()) == row


async def test_a_schema_that_nests_beyond_reason_is_undecodable() -> None:
    schema: Any = {"type": "int32"}
    for _ in range(150):
        schema = {"type": "array", "items": schema}
    with pytest.raises(DataFault) as caught:
        await ConnectReader(None).value(json.dumps({"schema": schema, "payload": 1}).encode())
    assert caught.value.reason is DeadLetterReason.UNDECODABLE


async def test_without_schemas_avro_waits_for_a_registry() -> None:
    with pytest.raises(DependencyFault) as caught:
        await ConnectReader(None).key(b"\x00\x00\x00\x00\x07x")
    assert caught.value.alarm
