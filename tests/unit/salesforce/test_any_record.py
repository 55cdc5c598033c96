"""Any record at all on a topic of Salesforce's events ends as events, skips and requests, or as a data fault."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import EventWriter, RefetchWriter, StaticSchemas
from schemas.errors import DataFault
from schemas.events import CrmEvent
from schemas.outcomes import Skipped
from schemas.refetch import Refetch
from schemas.sources import SourceRules, TableMapping, adapter, recognised
from tests.support.cpu_time import cpu_seconds
from tests.unit.salesforce.records import (
    CASE,
    CONTACT,
    HEADER_SCHEMA,
    SAMPLE_NAMES,
    a_change,
    a_header,
    a_record,
    framed,
    rules,
    sample,
)
from tests.unit.schemas.builders import any_text, mutated

EVENTS, REQUESTS = EventWriter(7), RefetchWriter(8)
SCHEMAS = StaticSchemas({7: CONTACT, 8: CASE})
SAID = rules(
    "us",
    Case=TableMapping(text=("body", "note"), messages=("thread",), identifiers={"who": "PERSON"}, tenant=("Name",)),
)
bitmaps = st.from_regex(r"(?:\d{1,3}-)?0x[0-9a-fA-F]{0,8}", fullmatch=True)
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | any_text | bitmaps
    | st.sampled_from(["UPDATE", "GAP_UPDATE", "001*", "000000000000000AAA", "Case", "us", "created", "/meta/x", 2**63])
)  # fmt: skip
names = any_text | st.sampled_from(
    [*(field["name"] for field in HEADER_SCHEMA["fields"]), "ChangeEventHeader", "Id", "ReplayId", "_ObjectType",
     "_EventType", "payload", "schema", "event", "data", "sobject", "channel", "attributes", "replayId", "EventUuid",
     "consumer_event", "avro_field_order", "nested_field_order", "Name", "LastName", "LastModifiedDate", "diff",
     "TextBody", "HtmlBody", "thread", "body", "who", "createdDate", "type"]
)  # fmt: skip
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=6), max_leaves=25
)
headers = st.fixed_dictionaries(
    {"entityName": st.sampled_from(["Case", "Contact", "Visit__c"]) | any_text},
    optional={
        "changeType": st.sampled_from(["CREATE", "UPDATE", "DELETE", "UNDELETE", "GAP_UPDATE", "GAP_OVERFLOW"])
        | values,
        "recordIds": st.lists(any_text | st.sampled_from(["500A1", "001*"]), max_size=4) | values,
        "changedFields": st.lists(bitmaps | names, max_size=4) | values,
        "nulledFields": st.lists(bitmaps | names, max_size=4) | values,
        "diffFields": st.lists(bitmaps | names, max_size=4) | values,
        "changeOrigin": values,
        "transactionKey": values,
        "sequenceNumber": values,
        "commitTimestamp": values,
        "commitUser": values,
    },
)
events = st.builds(lambda header, body: body | {"ChangeEventHeader": header}, headers, st.dictionaries(names, values))
pushes = st.fixed_dictionaries({"event": values, "sobject": st.dictionaries(names, values, max_size=6)})


async def ends(value: Any, said: SourceRules = SAID) -> str:
    record = a_record(value if isinstance(value, bytes) else json.dumps(value).encode("utf-8", "surrogatepass"))
    await recognised(record, SCHEMAS)
    try:
        items = await adapter("salesforce", SCHEMAS, said).adapt(record)
    except DataFault as fault:
        return fault.reason
    for item in items:
        assert isinstance(item, CrmEvent | Skipped | Refetch)
        # Whatever it is, it can be written.
        if isinstance(item, CrmEvent):
            EVENTS.write(item)
        if isinstance(item, Refetch):
            REQUESTS.write(item)
    return "read"


@given(values | events | pushes | st.lists(events | pushes, max_size=3))
async def test_any_json_ends(value: Any) -> None:
    await ends(value)


@given(events, values, values)
async def test_any_event_in_any_wrapping_ends(event: Any, beside: Any, order: Any) -> None:
    await ends({"payload": event, "event": beside, "avro_field_order": order, "nested_field_order": beside})


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda data: b"\x00\x00\x00\x00\x07" + data))
async def test_any_bytes_end(value: bytes) -> None:
    await ends(value)


@given(*[st.lists(bitmaps, max_size=3)] * 3)
async def test_any_bitmaps_in_avro_end(changed: list[str], nulled: list[str], differing: list[str]) -> None:
    lists = {"changedFields": changed, "nulledFields": nulled, "diffFields": differing}
    await ends(framed({"ChangeEventHeader": a_header(entityName="Contact", **lists)}))


@settings(max_examples=300)
@given(st.data())
async def test_samples_with_bytes_changed_cut_and_added_end(data: st.DataObject) -> None:
    plain = json.dumps(sample(data.draw(st.sampled_from(SAMPLE_NAMES)))["value"]).encode()
    avro = framed(a_change({"Phone": "1", "Name": {"LastName": "Lee"}}, entityName="Contact", changedFields=["0x8a"]))
    await ends(mutated(data.draw(st.sampled_from([plain, avro])), data))


@settings(max_examples=200)
@given(st.data())
async def test_samples_with_a_value_replaced_end(data: st.DataObject) -> None:
    value = json.loads(json.dumps(sample(data.draw(st.sampled_from(SAMPLE_NAMES)))["value"]))
    place = value
    while True:
        name = data.draw(st.sampled_from(sorted(place)))
        if not isinstance(place[name], dict) or not place[name] or data.draw(st.booleans()):
            break
        place = place[name]
    place[name] = data.draw(values)
    await ends(value)


MANY = [f"500Ax{number:013d}" for number in range(10_000)]


@pytest.mark.parametrize(
    ("value", "most_s"),
    [
        (b'{"ChangeEventHeader":{"entityName":"Case","recordIds":["1"],"changeType":"UPDATE"},"A":'
         + b'{"a":' * 970 + b"1" + b"}" * 971, 1.0),
        (a_change({"A": "x"}, changedFields=["0x" + "f" * 100_000]), 1.0),
        (a_change({"A": "x"}, changedFields=[f"{n}-0x{'f' * 1000}" for n in range(2000)]), 1.0),
        (a_change({f"F{n}": "x" for n in range(900)}, changedFields=["0x" + "f" * 225] * 2000), 1.0),
        (a_change({"Description": "--- \n+++ " + " " * 500_000}), 1.0),
        (a_change({"A": "x"}, commitTimestamp=10**400), 1.0),
        (a_change({"CloseDate": 10**400}), 1.0),
        (a_change({"Subject": "x" * 100_000}, recordIds=MANY), 10.0),
        ([a_change(sequenceNumber=number) for number in range(2_000)], 5.0),
    ],
    ids=["deep field", "long bitmap", "many nested bitmaps", "many bitmaps", "half a diff", "time", "date", "merged",
         "list"],
)  # fmt: skip
def test_hostile_values_end_soon(value: Any, most_s: float) -> None:
    assert cpu_seconds(lambda: asyncio.run(ends(value, SourceRules()))) < most_s
