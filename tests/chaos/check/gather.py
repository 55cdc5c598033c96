"""Reads what a run has left on the topics and in the provider's log. Nothing of the product is used."""

from __future__ import annotations

import io
import json
import struct
from typing import TYPE_CHECKING, Any

from fastavro import schemaless_reader

from tests.chaos.check.evidence import Call, Commit, EventSeen, InsightSeen
from tests.support.topics import read_all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.topics import Received

# Confluent's wire format: a zero and four bytes of the schema's id.
_FRAME_BYTES = 5

# Both contracts begin with the event's id, so a reader of the first field needs no registry and no other field.
_EVENT_ID = {"type": "record", "name": "Any", "fields": [{"name": "event_id", "type": "string"}]}

_OFFSETS_TOPIC = "__consumer_offsets"
_COMMIT_KEY_VERSIONS = (0, 1)


def event_id_in(framed: bytes) -> str:
    """The first field of a framed Avro record whose first field is the event's id."""
    record: Any = schemaless_reader(io.BytesIO(framed[_FRAME_BYTES:]), _EVENT_ID, None)
    return str(record["event_id"])


def events_on(bootstrap_servers: str, topic: str) -> list[EventSeen]:
    """Every event that stands on the events topic."""
    return [
        EventSeen(one.partition, one.offset, event_id_in(one.value or b""), (one.key or b"").decode(), one.timestamp_ms)
        for one in read_all(bootstrap_servers, topic)
    ]


def insights_on(bootstrap_servers: str, topic: str) -> list[InsightSeen]:
    """Every insight that stands on the insights topic, by the id in its key."""
    return [
        InsightSeen(one.partition, one.offset, event_id_in(one.key or b""), one.timestamp_ms)
        for one in read_all(bootstrap_servers, topic)
    ]


def dead_letters_on(bootstrap_servers: str, topic: str) -> list[str]:
    """The dead letters as "event id: reason", from their headers."""
    return [_dead_letter(one) for one in read_all(bootstrap_servers, topic)]


def calls_in(log: Path) -> list[Call]:
    """The calls that carry an event's marker, from the simulator's log."""
    return [
        Call(line["marker"], line["caller"] or "", line["started"], line["ended"], line["status"])
        for line in map(json.loads, log.read_text("utf-8").splitlines())
        if line["marker"] is not None
    ]


def commits_of(bootstrap_servers: str, group: str, topic: str) -> list[Commit]:
    """Every offset that `group` has committed for `topic`, in the order in which its coordinator wrote them.

    From the coordinator's own log, where samples can miss what lasts for less than their distance. A run is too short
    for it to be compacted.
    """
    return list(_commits(read_all(bootstrap_servers, _OFFSETS_TOPIC), group, topic))


def _commits(records: list[Received], group: str, topic: str) -> Iterator[Commit]:
    for one in records:
        if one.key is None or one.value is None:
            continue
        key = io.BytesIO(one.key)
        (version,) = struct.unpack(">h", key.read(2))
        if version not in _COMMIT_KEY_VERSIONS:
            continue  # a member or an assignment
        names = (_short_string(key), _short_string(key))
        if names == (group, topic):
            (partition,) = struct.unpack(">i", key.read(4))
            (offset,) = struct.unpack(">q", one.value[2:10])
            yield Commit(one.timestamp_ms, partition, offset)


def _short_string(data: io.BytesIO) -> str:
    (length,) = struct.unpack(">h", data.read(2))
    return data.read(length).decode()


def _dead_letter(record: Received) -> str:
    headers = {name: value or b"" for name, value in record.headers}
    return ": ".join(headers.get(f"crm_insights.{name}", b"?").decode() for name in ("event_id", "reason"))
