"""Any body at all on Zendesk's way in ends as an event, a skip or a request, or as a data fault; it never hangs."""

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
from tests.unit.schemas.builders import a_record, any_text, written
from tests.unit.zendesk.bodies import SAMPLES, a_comment, an_event, rules

if TYPE_CHECKING:
    from schemas.sources import SourceRecord

SAID = rules({"us"}, **{"*": TableMapping(version=("updated_at", "id"), writer=("writer",), insight_fields=("ai",))})
BODIES = [json.dumps(sample["body"]).encode() for sample in SAMPLES.values()]
VERBS = ["created", "comment_added", "comment_redacted", "status_changed", "custom_field_changed", "soft_deleted",
         "_changed", "", "zen:event-type:messaging_ticket.message_added", "zen:event-type:.",
         "zen:event-type:a"]  # fmt: skip
names = any_text | st.sampled_from(
    ["id", "type", "subject", "time", "account_id", "detail", "event", "comment", "body", "html_body", "author", "name",
     "is_staff", "is_public", "actor", "message", "current", "previous", "field", "raw_title", "ticket", "ticket_id",
     "updated_at", "current_user", "subdomain", "tags", "writer", "description", "actor_id"]
)  # fmt: skip
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text | st.sampled_from(["us", "zen:ticket:1", "<p>"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
    max_leaves=15,
)
objects = st.dictionaries(names, values, max_size=6)
events = st.builds(
    lambda verb, detail, happened, changes: an_event(verb, detail=detail) | {"event": happened} | changes,
    st.sampled_from(VERBS),
    objects,
    values | objects,
    st.dictionaries(
        st.sampled_from(["id", "subject", "time", "account_id", "detail", "event", "type"]), values, max_size=2
    ),
)


async def ends(record: SourceRecord) -> None:
    try:
        items = await adapter("zendesk", None, SAID).adapt(record)
    except DataFault:
        return
    assert items
    written(items)


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


@settings(max_examples=200)
@given(events | objects | values)
async def test_any_json_ends(value: Any) -> None:
    await ends(a_record(as_json(value)))


@given(st.binary(max_size=200), st.binary(max_size=20))
async def test_any_bytes_end(value: bytes, header: bytes) -> None:
    await ends(a_record(value, headers={"x-zendesk-account-id": header.decode("latin-1")}))


@settings(max_examples=200)
@given(st.sampled_from(BODIES), st.data())
async def test_recorded_bodies_with_bytes_changed_cut_and_added_end(body: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(body)))
    rest = data.draw(st.integers(0, 8))
    await ends(a_record(body[:place] + data.draw(st.binary(max_size=8)) + body[place + rest :]))


@pytest.mark.parametrize(
    "body",
    [
        an_event(detail={"deep": json.loads("[" * 60 + "]" * 60)}),
        an_event("comment_added", comment=a_comment(body="", html_body="<a b='" * 50_000)),
        an_event("comment_added", comment=a_comment(body="", html_body="<!--" * 50_000)),
        an_event("_".join("a" * 50_000) + "_changed", current=1),
        an_event(detail={"tags": ["x"] * 100_000}),
        an_event(detail={f"f{number}": "x" for number in range(20_000)}),
        an_event() | {"subject": "zen:" + "a" * 100_000},
        an_event() | {"time": "9" * 4000},
        {"ticket_id": 1, "updated_at": 1, "comment": "<p " * 50_000},
    ],
    ids=["deep", "quotes", "comments", "verb", "tags", "fields", "subject", "time", "trigger"],
)
def test_hostile_bodies_end_soon(body: Any) -> None:
    assert cpu_seconds(lambda: asyncio.run(ends(a_record(as_json(body))))) < 2.0
