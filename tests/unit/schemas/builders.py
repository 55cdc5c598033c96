"""Arranged values for the tests of what travels."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
from hypothesis import strategies as st

from schemas.codec import EventWriter, RefetchWriter
from schemas.events import CrmEvent, Identifier, Lane, Message, Operation
from schemas.insights import CrmInsight
from schemas.outcomes import Skipped
from schemas.refetch import Refetch
from schemas.sources import SourceRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.sources import Adapted

EVENT_ID, KEY_ID, INSIGHT_ID = 7, 8, 9


def an_event(**changes: Any) -> CrmEvent:
    event = CrmEvent(
        event_id="evt-1",
        source="zendesk/acme",
        entity="Ticket",
        record_id="5012",
        occurred_at=1764032400123,
        text="The export is stuck.",
    )
    return msgspec.structs.replace(event, **changes)


def an_insight(**changes: Any) -> CrmInsight:
    insight = CrmInsight(
        event_id="evt-1",
        tenant="acme",
        source="zendesk/acme",
        entity="Ticket",
        record_id="5012",
        operation="UPDATE",
        occurred_at=1764032400123,
        enriched_at=1764032410000,
        content_fingerprint="f" * 64,
        kind="interaction_summary",
        answer_json="{}",
        model="gpt-5-mini",
        provider="openai",
        prompt_version="1",
    )
    return msgspec.structs.replace(insight, **changes)


def a_record(
    value: Any = None, *, key: str | None = None, headers: Mapping[str, str] | None = None, topic: str = "cases"
) -> SourceRecord:
    """Build a record of a source topic; a value that is no bytes is written as JSON, None stays null."""
    raw = value if value is None or isinstance(value, bytes) else json.dumps(value).encode()
    return SourceRecord(
        topic=topic,
        partition=0,
        offset=0,
        timestamp_ms=1764000000000,
        key=None if key is None else key.encode(),
        value=raw,
        headers=tuple((name, text.encode()) for name, text in (headers or {}).items()),
    )


# Every code point that Python can hold, lone surrogates and NUL included.
any_text = st.text(st.characters(exclude_categories=()), max_size=20)
ids = any_text.filter(lambda text: text.strip() != "")
longs = st.integers(-(2**63), 2**63 - 1)

events = st.builds(
    CrmEvent,
    event_id=ids,
    source=any_text,
    tenant=ids,
    department=st.none() | any_text,
    entity=ids,
    record_id=ids,
    operation=st.sampled_from(Operation),
    occurred_at=longs,
    actor=st.none() | any_text,
    language=st.none() | any_text,
    title=st.none() | any_text,
    text=st.none() | any_text,
    messages=st.lists(
        st.builds(
            Message,
            author=st.none() | any_text,
            role=st.none() | any_text,
            sent_at=st.none() | longs,
            text=any_text,
        ),
        max_size=3,
    ).map(tuple),
    fields=st.dictionaries(any_text, any_text, max_size=3),
    changed_fields=st.lists(any_text, max_size=2).map(tuple),
    cleared_fields=st.lists(any_text, max_size=2).map(tuple),
    unchanged_fields=st.lists(any_text, max_size=2).map(tuple),
    identifiers=st.lists(st.builds(Identifier, type=any_text, value=any_text), max_size=2).map(tuple),
    lane=st.sampled_from(Lane),
    attributes=st.dictionaries(any_text, any_text, max_size=3),
)


def written(items: Adapted) -> None:
    """Write what an adapter gave as intake does: each is an event or a request that can be, or a skip."""
    for item in items:
        if isinstance(item, CrmEvent):
            _EVENTS.write(item)
        elif isinstance(item, Refetch):
            _REQUESTS.write(item)
            assert item.key
        else:
            assert isinstance(item, Skipped)


def mutated(value: bytes, data: st.DataObject) -> bytes:
    """Set, flip, add and cut some bytes of a recorded value."""
    changed = bytearray(value)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(changed)))
        change = data.draw(st.sampled_from(["set", "cut", "add", "flip"]))
        if change == "cut":
            del changed[place:]
        elif change == "add":
            changed[place:place] = data.draw(st.binary(max_size=8))
        elif place < len(changed):
            changed[place] = data.draw(st.integers(0, 255)) if change == "set" else changed[place] ^ 0x80
    return bytes(changed)


_EVENTS, _REQUESTS = EventWriter(7), RefetchWriter(8)
