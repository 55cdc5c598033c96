"""How many change events a second one core writes to and reads from Kafka's bytes, by size of the event."""

from __future__ import annotations

import asyncio

from benchmarks.report import Report, Row, rates
from schemas.avro import event_schema
from schemas.codec import EventReader, EventWriter, StaticSchemas
from schemas.events import CrmEvent, Message, Operation

SCHEMA_ID = 1
SENTENCE = "The customer asks when the invoice for the second quarter will be corrected, and by whom. "


def an_event(*, text_chars: int = 0, messages: int = 0) -> CrmEvent:
    """A ticket with a text, or a thread or transcript of `messages` messages of 200 characters."""
    return CrmEvent(
        event_id="0b9f6c1e-6a3d-4f0a-9d6e-2f5c7f1f8a11",
        source="bench",
        entity="Ticket",
        record_id="42",
        operation=Operation.UPDATE,
        occurred_at=1_764_000_000_000,
        title="Invoice of the second quarter",
        text=(SENTENCE * (text_chars // len(SENTENCE) + 1))[:text_chars] or None,
        messages=tuple(
            Message(author=f"Speaker {number % 3}", role="customer", sent_at=number, text=(SENTENCE * 3)[:200])
            for number in range(messages)
        ),
        fields={"status": "open", "channel": "e-mail"},
        changed_fields=("status",),
    )


CASES = {
    "note of 300 characters": an_event(text_chars=300),
    "e-mail of 3,000 characters": an_event(text_chars=3_000),
    "transcript of 300 messages": an_event(messages=300),
}


def run() -> Report:
    """Measure writing and reading of each case."""
    writer = EventWriter(SCHEMA_ID)
    reader = EventReader(StaticSchemas({SCHEMA_ID: event_schema()}))
    rows = []
    for name, event in CASES.items():
        data = writer.write(event)

        def write(count: int, event: CrmEvent = event) -> None:
            for _ in range(count):
                writer.write(event)

        async def read_many(count: int, data: bytes) -> None:
            for _ in range(count):
                await reader.read(data)

        def read(count: int, data: bytes = data) -> None:
            asyncio.run(read_many(count, data))

        rows.append(Row.of(f"write: {name}", rates(write)))
        rows.append(Row.of(f"read: {name}", rates(read)))
    return Report("Change events to and from Avro", "events/s", rows)
