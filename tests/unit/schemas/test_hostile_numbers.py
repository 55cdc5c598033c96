"""Any number that JSON can write ends as an event or as a DataFault, wherever it stands and however it came in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import DataFault
from schemas.outcomes import DeadLetterReason
from schemas.sources import SOURCE_HEADER, SourceRecord, SourceRules, adapter
from tests.unit.schemas.builders import a_record

ENDLESS = ["1e999999999999999999999", "-1E+99999999999999999999", "1e-999999999999999999999", "0e999999999999999999999"]

NATIVE_IDS = '"event_id":"e","source":"s","entity":"Ticket","record_id":"1"'
NATIVE = '{"occurred_at":1,' + NATIVE_IDS
CLOUD_EVENT = '{"specversion":"1.0","id":"1","source":"s","type":"case.updated","subject":"310"'
PLACES = {
    "field": ("native", NATIVE + ',"fields":{"amount":%s}}'),
    "nested field": ("native", NATIVE + ',"fields":{"amounts":[{"eur":%s}]}}'),
    "occurred_at": ("native", '{"occurred_at":%s,' + NATIVE_IDS + "}"),
    "sent_at": ("native", NATIVE + ',"messages":[{"sent_at":%s,"text":"Hi"}]}'),
    "record_id": ("native", '{"occurred_at":1,"event_id":"e","source":"s","entity":"Ticket","record_id":%s}'),
    "identifier": ("native", NATIVE + ',"identifiers":[{"type":"PHONE","value":%s}]}'),
    "unknown field": ("native", NATIVE + ',"mood":%s}'),
    "everything": ("native", "%s"),
    "ce_data": ("cloudevents", CLOUD_EVENT + ',"data":{"amount":%s}}'),
    "ce_data_text": ("cloudevents", CLOUD_EVENT + ',"data":%s}'),
    "ce_sent_at": ("cloudevents", CLOUD_EVENT + ',"data":{"comments":[{"text":"Hi","sent_at":%s}]}}'),
    "ce_time": ("cloudevents", CLOUD_EVENT + ',"time":%s,"data":{"note":"Hi"}}'),
}


async def fault_of(place: str, number: str, *, posted: bool) -> DataFault | None:
    name, body = PLACES[place]
    record: SourceRecord = a_record(
        (body % number).encode(),
        headers={SOURCE_HEADER: name} if posted else {"content-type": "application/cloudevents+json"},
    )
    try:
        await adapter("webhook" if posted else name, None, SourceRules()).adapt(record)
    except DataFault as fault:
        return fault
    return None


@pytest.mark.parametrize("posted", [False, True], ids=["topic", "webhook"])
@pytest.mark.parametrize("number", ENDLESS)
@pytest.mark.parametrize("place", PLACES)
async def test_an_exponent_that_no_decimal_holds_is_undecodable(place: str, number: str, posted: Any) -> None:
    fault = await fault_of(place, number, posted=posted)
    assert fault is not None
    assert fault.reason is DeadLetterReason.UNDECODABLE
    assert "999" not in str(fault)


@given(
    place=st.sampled_from(list(PLACES)),
    number=st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,30})?", fullmatch=True),
    posted=st.booleans(),
)
async def test_any_number_raises_nothing_but_a_data_fault(place: str, number: str, posted: Any) -> None:
    await fault_of(place, number, posted=posted)


@pytest.mark.parametrize("around", [("[", "]"), ('{"a":', "}")], ids=["arrays", "objects"])
async def test_values_of_any_depth_raise_nothing_but_a_data_fault(around: tuple[str, str]) -> None:
    # Each depth from where Python's limits begin: reading and writing give up at different ones.
    for depth in [*range(900, 1010), 10_000]:
        for place in ("field", "ce_data"):
            await fault_of(place, around[0] * depth + "1" + around[1] * depth, posted=False)
