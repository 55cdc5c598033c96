"""Any body at all on HubSpot's way in ends as events, skips and requests, or as a data fault; it never hangs."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import DataFault
from schemas.sources import TableMapping, adapter
from tests.support.cpu_time import cpu_seconds
from tests.unit.hubspot.notifications import SAMPLES, a_notification, rules
from tests.unit.schemas.builders import a_record, any_text, written

if TYPE_CHECKING:
    from schemas.sources import SourceRecord

SAID = rules({"us"}, **{"*": TableMapping(tenant=("portal_id", "app_id"), writer=("written_by",), text=("note",))})
BODIES = [json.dumps(sample["body"]).encode() for sample in SAMPLES.values()]
TYPES = [f"{subject}.{action}" for subject in ("contact", "object", "conversation")
         for action in ("propertyChange", "creation", "deletion", "merge", "restore", "associationChange",
                        "privacyDeletion", "newMessage", "", "any")]  # fmt: skip
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text | st.sampled_from(["0-1", "2-7", "us", 2**63]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from([*a_notification(), "objectTypeId", "messageId", "mergedObjectIds", "primaryObjectId",
                         "newObjectId", "fromObjectId", "toObjectId", "associationRemoved"])  # fmt: skip
notifications = st.builds(
    lambda type_, changes: a_notification(type_) | changes,
    # Most of them can be read, or what comes after the type would hardly be tried.
    st.sampled_from([*TYPES, "contact", "\ud83d.creation", "."]),
    st.dictionaries(names, values, max_size=3),
)


async def ends(record: SourceRecord) -> None:
    try:
        items = await adapter("hubspot", None, SAID).adapt(record)
    except DataFault:
        return
    written(items)


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


@given(values | st.lists(notifications, max_size=4) | notifications)
async def test_any_json_ends(value: Any) -> None:
    await ends(a_record(as_json(value)))


@given(st.binary(max_size=200))
async def test_any_bytes_end(value: bytes) -> None:
    await ends(a_record(value))


@settings(max_examples=200)
@given(st.sampled_from(BODIES), st.data())
async def test_recorded_bodies_with_bytes_changed_cut_and_added_end(body: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(body)))
    rest = data.draw(st.integers(0, 8))
    await ends(a_record(body[:place] + data.draw(st.binary(max_size=8)) + body[place + rest :]))


@pytest.mark.parametrize(
    "value",
    [
        b'[{"subscriptionType":"contact.creation","portalId":' + b"[" * 900 + b"]" * 900 + b"}]",
        b"[" * 200_000,
        as_json([a_notification(occurredAt=10**400)]),
        as_json([a_notification(objectId=10**4000)]),
        as_json([a_notification(propertyName="hs_note_body", propertyValue="<a b='" * 50_000)]),
        as_json([a_notification("." * 100_000)]),
        as_json([a_notification("contact.merge", mergedObjectIds=["7"] * 50_000)]),
    ],
    ids=["deep", "unclosed", "time", "digits", "markup", "type", "merged"],
)
def test_hostile_bodies_end_soon(value: bytes) -> None:
    assert cpu_seconds(lambda: asyncio.run(ends(a_record(value)))) < 1.0
