"""The events of the demo: what three made-up companies' CRM systems might say on one Monday.

Tickets, e-mail threads, call transcripts and notes go to the topic `crm.native` as Avro `CrmEvent`s, cases to
`crm.cases` as CloudEvents in JSON. Among them are what a stream has in real life: repeats, an update that changes
nothing, a delete, a record that cannot be read, a thread that is too long, a prompt injection.

All people are made up. Addresses are in reserved domains (RFC 2606), phone numbers in ranges that regulators keep for
fiction (North America's 555-01xx, Britain's 020 7946 0xxx, Berlin's 030 23125 xxx, France's 01 99 00 xx xx), card
numbers and IBANs are the ones that documentations print.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from importlib import resources
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import msgspec

from schemas.event_json import event_from_json
from schemas.events import Operation
from schemas.outcomes import DeadLetterReason, SkipReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schemas.events import CrmEvent

NATIVE_TOPIC = "crm.native"
CASES_TOPIC = "crm.cases"
SOURCES = {NATIVE_TOPIC: "native", CASES_TOPIC: "cloudevents"}

# The event whose way is shown at the end, and words in it that no scrubber takes for personal data.
JOURNEY_EVENT_ID = "helpdesk:48211:1"
JOURNEY_MARK = "twice for October, on the 3rd and on the 5th"

_NATIVE_FILES = ("tickets", "emails", "calls", "notes")
_REPEATED_AT_ONCE = frozenset({"helpdesk:48211:1", "mail:cb-77:4"})
_REPEATED_LATER = ("calls:c-7001:1", "crm:note-8811:1", "case-3303-1")
_UPDATED_WITHOUT_CHANGE = "helpdesk:48220:1"
_DELETED = "crm:note-8820:1"
# Enough for a screen that fills at once; the others follow while one looks on.
_SENT_AT_START = 20
_HOUR_MS = 3_600_000
_STRUCTURED = (("content-type", b"application/cloudevents+json; charset=UTF-8"),)


class Wave(IntEnum):
    """When a record is sent: while the worker starts, once it works, or once everything before has ended."""

    AT_START = 1
    WHILE_WORKING = 2
    AFTERWARDS = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """One record for a source topic and how its event must end: None for an insight, else the reason.

    `event` is the event of a native record; of a case only the adapter makes one. `label` names the record for people.
    """

    label: str
    topic: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()
    event: CrmEvent | None = None
    wave: Wave = Wave.AT_START
    ending: SkipReason | DeadLetterReason | None = None


def samples(write: Callable[[CrmEvent], bytes]) -> tuple[Sample, ...]:
    """Every record in the order of sending, the same at each call.

    `write` makes the framed Avro value of an event (`EventWriter.write`).
    """
    originals = _originals(write)
    records: list[Sample] = []
    for position, original in enumerate(originals):
        wave = Wave.AT_START if position < _SENT_AT_START else Wave.WHILE_WORKING
        sample = replace(original, wave=wave)
        records.append(sample)
        if sample.label in _REPEATED_AT_ONCE:
            records.append(replace(sample, ending=SkipReason.DUPLICATE))
        if position == _SENT_AT_START // 2:
            records.append(_unreadable(sample))
    return (*records, *_afterwards(originals, write))


def long_thread() -> CrmEvent:
    """An e-mail thread of some hundred messages: far beyond the budget of one prompt, so that its oldest are cut."""
    recipe = _json_file("long_thread.json")
    sent_at = datetime.fromisoformat(recipe["first_sent_at"])
    step = timedelta(hours=recipe["hours_between"])
    messages: list[dict[str, Any]] = []
    for turn in range(recipe["turns"]):
        numbers = {"floor": turn % 9 + 1, "report": 2400 + turn, "count": 3 + turn % 17}
        for side in (recipe["customer"], recipe["agent"]):
            text = side["texts"][turn % len(side["texts"])].format_map(numbers)
            messages.append({"author": side["author"], "role": side["role"], "text": text})
    messages += recipe["last"]
    for number, message in enumerate(messages):
        message["sent_at"] = (sent_at + number * step).isoformat()
    return event_from_json({**recipe["event"], "messages": messages})


def _originals(write: Callable[[CrmEvent], bytes]) -> list[Sample]:
    """One sample of each event, the five kinds of record by turns, as a CRM's day mixes them."""
    columns = [[_native(event_from_json(line), write) for line in _lines(name)] for name in _NATIVE_FILES]
    columns.append([_case(line) for line in _lines("cases")])
    by_turns = [sample for row in zip_longest(*columns) for sample in row if sample is not None]
    return [*by_turns[:_SENT_AT_START], _native(long_thread(), write), *by_turns[_SENT_AT_START:]]


def _afterwards(originals: list[Sample], write: Callable[[CrmEvent], bytes]) -> Iterator[Sample]:
    """What arrives when the events it refers to have ended: late repeats, an update without a change, a delete."""
    by_label = {sample.label: sample for sample in originals}
    events = {sample.label: sample.event for sample in originals if sample.event is not None}
    for label in _REPEATED_LATER:
        yield replace(by_label[label], wave=Wave.AFTERWARDS, ending=SkipReason.DUPLICATE)
    for label, operation, ending in (
        (_UPDATED_WITHOUT_CHANGE, Operation.UPDATE, SkipReason.UNCHANGED),
        (_DELETED, Operation.DELETE, SkipReason.NO_KIND),
    ):
        event = events[label]
        later = msgspec.structs.replace(
            event,
            event_id=event.event_id.removesuffix(":1") + ":2",
            operation=operation,
            occurred_at=event.occurred_at + _HOUR_MS,
        )
        yield replace(_native(later, write), wave=Wave.AFTERWARDS, ending=ending)


def _native(event: CrmEvent, write: Callable[[CrmEvent], bytes]) -> Sample:
    return Sample(label=event.event_id, topic=NATIVE_TOPIC, key=event.key, value=write(event), event=event)


def _case(cloud_event: dict[str, Any]) -> Sample:
    return Sample(
        label=cloud_event["id"],
        topic=CASES_TOPIC,
        key=cloud_event["partitionkey"].encode(),
        value=json.dumps(cloud_event, ensure_ascii=False).encode(),
        headers=_STRUCTURED,
    )


def _unreadable(neighbour: Sample) -> Sample:
    """A record that a broken producer cut off: the frame is right, the Avro in it ends too soon."""
    return Sample(
        label="a record cut off after 24 bytes",
        topic=NATIVE_TOPIC,
        key=b"helio-energy/Ticket/48299",
        value=neighbour.value[:24],
        ending=DeadLetterReason.UNDECODABLE,
    )


def _lines(name: str) -> list[dict[str, Any]]:
    text = (resources.files("streams.demo") / "data" / f"{name}.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines() if line]


def _json_file(name: str) -> Any:
    return json.loads((resources.files("streams.demo") / "data" / name).read_text("utf-8"))
