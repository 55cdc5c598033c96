"""Bitmaps of a header name the fields of the schema that their own event was written with, and no others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.sources.salesforce.bitmaps import FieldOrder, NotTold, fields_of
from tests.unit.salesforce.records import CASE, CONTACT, a_change, a_header, a_schema, framed, the_event

CASES = {
    case["id"]: case
    for case in map(json.loads, (Path(__file__).parent / "cases.jsonl").read_text("utf-8").splitlines())
}
ORDER = FieldOrder(
    (("ChangeEventHeader", ()), ("Name", ("First", "Last")), ("Phone", ()), ("Address", ("Street", "City", "State")))
)


async def contact(body: dict[str, Any], *, schema: dict[str, Any] = CONTACT, **lists: list[str]) -> Any:
    event = {"ChangeEventHeader": a_header(entityName="Contact", recordIds=["003Ax000001bQZ1IAM"], **lists)} | body
    return await the_event(framed(event, schema), s7=schema)


@pytest.mark.parametrize(
    ("entries", "names"),
    [
        ([], ()),
        (["0x"], ()),
        (["0x00"], ()),
        (["0x04"], ("Phone",)),
        (["0x0000000C"], ("Phone", "Address")),
        (["0X0c"], ("Phone", "Address")),
        (["0x04", "3-0x05"], ("Phone", "Address.Street", "Address.State")),
        (["1-0x2", "3-0x2"], ("Name.Last", "Address.City")),
        (["2-0x1"], ("Phone",)),
        (["Phone", "Address.City"], ("Phone", "Address.City")),
    ],
)
def test_bits_count_from_the_least_significant_one(entries: list[str], names: tuple[str, ...]) -> None:
    assert fields_of(entries, ORDER) == names


@pytest.mark.parametrize("entry", ["0x10", "3-0x08", "4-0x01", "9999-0x1", "0xg1", "0", "1-2-0x1", "0x" + "0" * 1025])
def test_a_bitmap_that_does_not_fit_is_not_read_on(entry: str) -> None:
    with pytest.raises(NotTold):
        fields_of([entry], ORDER)


@given(st.sets(st.integers(0, 3)), st.sets(st.integers(0, 2)))
def test_every_set_of_fields_comes_back_from_its_bitmap(top: set[int], nested: set[int]) -> None:
    entries = [hex(sum(1 << bit for bit in top)), f"3-{hex(sum(1 << bit for bit in nested))}"]
    expected = [ORDER.fields[bit][0] for bit in sorted(top)]
    expected += [f"Address.{ORDER.fields[3][1][bit]}" for bit in sorted(nested)]
    assert fields_of(entries, ORDER) == tuple(expected)


async def test_the_case_from_the_field_names_what_it_must() -> None:
    case = CASES["sf-bitmap-v"]
    names = case["input"]["avro_field_order"]
    lists = {name: case["input"][name] for name in ("changedFields", "nulledFields")}
    schema = a_schema("Contact", **dict.fromkeys(names[1:], "string"))
    body = {"Name": "Okafor", "Phone": "+1 415 555 0132", "LastModifiedDate": "x"}
    event = await contact(body, schema=schema, **lists)
    assert list(event.changed_fields) == case["expected"]["changed_fields"]
    assert list(event.cleared_fields) == case["expected"]["cleared_fields"]


async def test_fields_within_compound_fields_are_named_with_their_parents() -> None:
    body = {"Name": {"LastName": "Okafor"}, "MailingAddress": {"Street": "9 Quay Rd", "State": "WA"}}
    event = await contact(body, changedFields=["0x00", "1-0x04", "4-0x05"])
    assert event.changed_fields == ("Name.LastName", "MailingAddress.Street", "MailingAddress.State")


async def test_a_second_field_of_a_compound_type_is_read_as_the_first() -> None:
    event = await contact({}, changedFields=["5-0x02"], nulledFields=["5-0x02"])
    assert event.changed_fields == ("OtherAddress.City",)
    assert event.cleared_fields == ("OtherAddress.City",)


async def test_each_event_is_read_with_its_own_schema() -> None:
    longer = a_schema("Case", Origin="string", **{f["name"]: "string" for f in CASE["fields"][1:4]})
    known: Any = {"s7": CASE, "s8": longer}
    before = framed(a_change(entityName="Case", changedFields=["0x02"]), CASE, 7)
    after = framed(a_change(entityName="Case", changedFields=["0x04"]), longer, 8)
    assert (await the_event(before, **known)).changed_fields == ("Subject",)
    assert (await the_event(after, **known)).changed_fields == ("Subject",)


async def test_an_event_within_a_record_of_the_bridge_is_read_with_its_own_fields() -> None:
    schema = {
        "type": "record",
        "name": "Delivered",
        "fields": [{"name": "replayId", "type": "string"}, {"name": "payload", "type": CASE}],
    }
    event = {field["name"]: None for field in CASE["fields"]} | a_change(changedFields=["0x02"])
    delivered = framed({"replayId": "0000", "payload": event}, schema)
    assert (await the_event(delivered, s7=schema)).changed_fields == ("Subject",)


async def test_json_of_a_decoded_event_stands_in_the_order_of_its_schema() -> None:
    body = {"Subject": "Refund", "Description": None, "Status": None, "LastModifiedDate": 1764032400000}
    event = await the_event(a_change(body, changedFields=["0x16"], nulledFields=["0x04"]))
    assert event.changed_fields == ("Subject", "Description", "LastModifiedDate")
    assert event.cleared_fields == ("Description",)


@pytest.mark.parametrize(
    "body",
    [
        {"Subject": "Refund", "LastModifiedDate": 1764032400000},
        {"Subject": "Refund", "Status": None, "LastModifiedDate": 1764032400000},
        {"Description": None, "LastModifiedDate": 1764032400000, "Status": None, "Subject": "Refund"},
        {"Subject": "Refund", "Description": None, "LastModifiedDate": 1764032400000, "Status": "New"},
    ],
    ids=["nulls left out", "one left out", "sorted", "sorted so that the bits meet values"],
)
async def test_json_that_left_fields_out_is_told_by_its_values(body: dict[str, Any]) -> None:
    event = await the_event(a_change(body, changedFields=["0x12"], nulledFields=["0x08"]))
    assert event.changed_fields == tuple(name for name in ("Subject", "Status") if body.get(name))
    assert event.cleared_fields == ()


async def test_the_schema_of_a_connector_s_flat_record_is_not_that_of_its_bitmaps() -> None:
    own = {"Id": "string", "ReplayId": "string"}
    fields = {"Subject": "string", "Status": "string", "LastModifiedDate": "long", "_ObjectType": "string"}
    schema = a_schema("Case", **own, **fields)
    event = a_change({"Subject": "Refund", "LastModifiedDate": 1764032400000}, changedFields=["0x0a"])
    value = framed(event | {"Id": "500A1", "_ObjectType": "CaseChangeEvent"}, schema)
    assert (await the_event(value, s7=schema)).changed_fields == ("Subject", "LastModifiedDate")


async def test_orders_beside_the_event_are_trusted() -> None:
    event = a_change({"Phone": "1", "Street": None}, changedFields=["0x04", "3-0x02"], nulledFields=["3-0x02"])
    value = {
        "avro_field_order": ["ChangeEventHeader", "Name", "Phone", "MailingAddress"],
        "nested_field_order": {"MailingAddress": ["Street", "City"]},
        "payload": event,
    }
    read = await the_event(value)
    assert read.changed_fields == ("Phone", "MailingAddress.City")
    assert read.cleared_fields == ("MailingAddress.City",)
