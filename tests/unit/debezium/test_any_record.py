"""Any record at all on a Debezium topic ends as events and skips, or as a data fault; it never hangs or crashes."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import EventWriter
from schemas.errors import DataFault
from schemas.events import CrmEvent
from schemas.outcomes import Skipped
from schemas.sources import SourceRecord, SourceRules, TableMapping, adapter
from tests.support.cpu_time import cpu_seconds
from tests.unit.debezium.records import NAMES, a_record, an_envelope, captured, rules
from tests.unit.schemas.builders import any_text, mutated

if TYPE_CHECKING:
    from schemas.avro.reader import WriterSchemas

WRITER = EventWriter(7)
SAID = rules(
    frozenset({"us"}),
    tickets=TableMapping(
        record_id=("id", "part"),
        text=("body", "note"),
        messages=("thread",),
        identifiers={"who": "PERSON"},
        types={"amount": "org.apache.kafka.connect.data.Decimal:2", "on": "io.debezium.time.MicroTimestamp"},
    ),
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | any_text
    | st.sampled_from(
        [
            "__debezium_unavailable_value",
            "c",
            "u",
            "d",
            "r",
            "t",
            "true",
            "false",
            "infinity",
            "AL68Ug==",
            2**63,
            -(2**63),
        ]
    )
)
names = any_text | st.sampled_from(
    ["id", "op", "source", "before", "after", "ts_ms", "lsn", "txId", "table", "schema", "payload", "scale", "value",
     "snapshot", "__op", "__deleted", "__lsn", "status", "data_collections", "ddl", "databaseName", "type", "data",
     "thread", "body", "amount", "on", "who", "tenant_id", "fields", "name", "parameters"]
)  # fmt: skip
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=6), max_leaves=25
)
envelopes = st.fixed_dictionaries(
    {"op": st.sampled_from("cudrtm"), "source": st.dictionaries(names, values, max_size=6)},
    optional={"before": values, "after": values, "ts_ms": values, "transaction": values},
)
headers = st.dictionaries(
    st.sampled_from(["id", "eventType", "aggregatetype", "__debezium.newkey", "__debezium.oldkey", "__op", "__lsn"]),
    any_text.map(lambda text: text.encode("utf-8", "replace").decode()),
    max_size=3,
)


async def ends(record: SourceRecord, schemas: WriterSchemas | None = None, said: SourceRules = SAID) -> str:
    try:
        items = await adapter("debezium", schemas, said).adapt(record)
    except DataFault as fault:
        return fault.reason
    assert items
    for item in items:
        assert isinstance(item, CrmEvent | Skipped)
        if isinstance(item, CrmEvent):
            # Whatever it is, it can be written.
            WRITER.write(item)
    return "read"


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


@given(values | envelopes, st.none() | values, headers)
async def test_any_json_ends(value: Any, key: Any, said: dict[str, str]) -> None:
    await ends(a_record(as_json(value), None if key is None else as_json(key), said))


@given(values, values)
async def test_any_json_beside_any_schema_ends(schema: Any, payload: Any) -> None:
    await ends(a_record(as_json({"schema": schema, "payload": payload}), b"1"))


@given(st.binary(max_size=200), st.none() | st.binary(max_size=40), st.sampled_from(NAMES))
async def test_any_bytes_end(value: bytes, key: bytes | None, name: str) -> None:
    schemas, _ = captured(name)
    await ends(a_record(value, key), schemas)


@settings(max_examples=300)
@given(st.data())
async def test_captured_records_with_bytes_changed_cut_and_added_end(data: st.DataObject) -> None:
    schemas, records = captured(data.draw(st.sampled_from(NAMES)))
    record = data.draw(st.sampled_from([record for record in records if record.value]))
    value = mutated(record.value or b"", data)
    other = data.draw(st.sampled_from(records))
    changed = SourceRecord(record.topic, 0, 0, 0, other.key, value, other.headers)
    await ends(changed, schemas, SourceRules())


@pytest.mark.parametrize(
    "value",
    [
        b'{"op":"c","source":{},"after":' + b'{"a":' * 970 + b"1" + b"}" * 972,
        b'{"id":1,"thread":"' + b"[" * 5000 + b'"}',
        as_json({"schema": {"type": "bytes", "name": "org.apache.kafka.connect.data.Decimal",
                            "parameters": {"scale": "-999999999"}}, "payload": "BQ=="}),
        as_json(an_envelope(after={"id": 1, "n": {"scale": 2**40, "value": "BQ=="}})),
        as_json(an_envelope(after={"id": 1, "body": "x"}, ts_ms=10**400)),
        as_json(an_envelope(after={"id": "9" * 2000})),
    ],
    ids=["deep row", "deep thread", "scale", "variable scale", "time", "long id"],
)  # fmt: skip
def test_hostile_values_end_soon(value: bytes) -> None:
    used_s = cpu_seconds(lambda: asyncio.run(ends(a_record(value, None), said=SourceRules())))
    assert used_s < 1.0
