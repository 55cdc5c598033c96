"""What one partition of the dedupe table holds, as bytes: the form that the memory store and RocksDB share."""

from __future__ import annotations

import binascii
import struct
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.delivery.dedupe.insight_headers import LastInsight

DAY_MS = 86_400_000

FINGERPRINT_BYTES = 16
_FINGERPRINT_DIGITS = 2 * FINGERPRINT_BYTES

# (last day written, highest source offset, events topic), then for each kind (kind, fingerprint, occurred at).
_HEAD = struct.Struct(">Iq8s")
_KIND = struct.Struct(f">4s{FINGERPRINT_BYTES}sq")


class Reading(NamedTuple):
    """What a record was last read as: 32 hexadecimal digits, and the event's time in milliseconds."""

    fingerprint: str
    occurred_at: int

    @classmethod
    def of(cls, last: LastInsight) -> Reading:
        """The part of an insight's headers that the next event of its record is compared with."""
        return cls(fingerprint_digest(last.fingerprint).hex(), last.occurred_at)


class Entry(NamedTuple):
    """One record of the changelog, taken apart: `record` is None where it is not ours, a mark all the same.

    A tuple, because a restore makes millions: a frozen dataclass costs 1.5 microseconds more each.
    """

    mark: bytes
    at_ms: int
    record: bytes | None = None
    kind: bytes = b""
    fingerprint: bytes = b""
    occurred_at: int = 0
    source_offset: int = 0
    topic: bytes = b""


class MarkTable(Protocol):
    """One partition: marks by digest, records by digest, and how far the changelog has been applied.

    Not safe against other threads while `write` runs; the restore runs before anybody asks.
    """

    @property
    def applied(self) -> int | None:
        """The changelog offset up to which nothing is missing."""
        ...

    def has(self, mark: bytes) -> bool:
        """Whether the mark is known."""
        ...

    def record(self, record: bytes) -> bytes | None:
        """The packed state of a record."""
        ...

    def write(self, entries: Iterable[Entry], applied: int | None) -> None:
        """Apply entries and, in the same step, move `applied` (None leaves it)."""
        ...

    def forget_before(self, at_ms: int) -> None:
        """Forget what was written before that time, by whole days."""
        ...

    def wipe(self) -> None:
        """Forget everything."""
        ...

    def close(self) -> None:
        """Let go of files."""
        ...

    def __len__(self) -> int:
        """How many marks are held."""
        ...


def mark_digest(event_id: bytes) -> bytes:
    """16 bytes that stand for an event id: of a million ids, two alike once in 10^26 times."""
    return blake2b(event_id, digest_size=16).digest()


def record_digest(record: bytes) -> bytes:
    """16 bytes that stand for a record's name in header form."""
    return blake2b(record, digest_size=16).digest()


def kind_digest(kind: bytes) -> bytes:
    """4 bytes that stand for a kind: an installation has a handful."""
    return blake2b(kind, digest_size=4).digest()


def topic_digest(topic_id: bytes) -> bytes:
    """8 bytes that stand for a topic's id; zeros where it is not known."""
    return blake2b(topic_id, digest_size=8).digest() if topic_id else bytes(8)


def fingerprint_digest(fingerprint: str) -> bytes:
    """A fingerprint as 16 bytes; one of another form, which only a foreign writer can have made, is hashed."""
    return fingerprint_digest_of_bytes(fingerprint.encode("utf-8", "surrogatepass"))


def fingerprint_digest_of_bytes(fingerprint: bytes) -> bytes:
    """The same for a fingerprint as it stands in the header."""
    if len(fingerprint) == _FINGERPRINT_DIGITS:
        try:
            return binascii.unhexlify(fingerprint)
        except binascii.Error:
            pass
    return blake2b(fingerprint, digest_size=FINGERPRINT_BYTES).digest()


def packed(entry: Entry, before: bytes | None) -> bytes:
    """The record's state once `entry` is applied to the state `before`."""
    day, offset, topic = entry.at_ms // DAY_MS, entry.source_offset, entry.topic
    own = _KIND.pack(entry.kind, entry.fingerprint, entry.occurred_at)
    if before is None:
        return _HEAD.pack(day, offset, topic) + own
    day_before, offset_before, topic_before = _HEAD.unpack_from(before)
    if topic_before == topic:
        # Applied twice or out of order, an older insight says nothing new about which offsets have ended.
        offset = max(offset, offset_before)
    kinds = before[_HEAD.size :]
    if len(kinds) == _KIND.size and kinds[:4] == entry.kind:
        return _HEAD.pack(max(day, day_before), offset, topic) + own
    others = [kinds[at : at + _KIND.size] for at in range(0, len(kinds), _KIND.size)]
    kept = b"".join(other for other in others if other[:4] != entry.kind)
    return _HEAD.pack(max(day, day_before), offset, topic) + kept + own


def reading_of(state: bytes | None, kind: bytes) -> Reading | None:
    """The last reading of that kind in a record's state."""
    if state is None:
        return None
    for at in range(_HEAD.size, len(state), _KIND.size):
        found, fingerprint, occurred_at = _KIND.unpack_from(state, at)
        if found == kind:
            return Reading(fingerprint.hex(), occurred_at)
    return None


def highest_offset(state: bytes | None, topic: bytes) -> int | None:
    """The offset of the record's last event with an insight, if the state is of that topic and the topic is known."""
    if state is None or not any(topic):
        return None
    _, offset, of_topic = _HEAD.unpack_from(state)
    return int(offset) if of_topic == topic else None


def day_of(state: bytes) -> int:
    """The day (since the epoch) on which the record's state was last written."""
    return int(_HEAD.unpack_from(state)[0])


class MemoryTable:
    """The store that is rebuilt from the changelog at each start."""

    def __init__(self) -> None:
        """Begin empty."""
        self._applied: int | None = None
        # By day of writing, so that a day is forgotten by dropping its set.
        self._marks: dict[int, set[bytes]] = {}
        self._records: dict[bytes, bytes] = {}

    @property
    def applied(self) -> int | None:
        """See `MarkTable`."""
        return self._applied

    def has(self, mark: bytes) -> bool:
        """See `MarkTable`."""
        return any(mark in marks for marks in self._marks.values())

    def record(self, record: bytes) -> bytes | None:
        """See `MarkTable`."""
        return self._records.get(record)

    def write(self, entries: Iterable[Entry], applied: int | None) -> None:
        """See `MarkTable`."""
        for entry in entries:
            day = entry.at_ms // DAY_MS
            marks = self._marks.get(day)
            if marks is None:
                marks = self._marks[day] = set()
            marks.add(entry.mark)
            if entry.record is not None:
                self._records[entry.record] = packed(entry, self._records.get(entry.record))
        if applied is not None:
            self._applied = applied

    def forget_before(self, at_ms: int) -> None:
        """See `MarkTable`."""
        first_day = at_ms // DAY_MS
        if not any(day < first_day for day in self._marks):
            return
        self._marks = {day: marks for day, marks in self._marks.items() if day >= first_day}
        self._records = {record: state for record, state in self._records.items() if day_of(state) >= first_day}

    def wipe(self) -> None:
        """See `MarkTable`."""
        self.__init__()  # type: ignore[misc]

    def close(self) -> None:
        """Nothing to let go of."""

    def __len__(self) -> int:
        """See `MarkTable`. A mark that was written on two days counts twice."""
        return sum(len(marks) for marks in self._marks.values())
