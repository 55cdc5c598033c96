"""What is known of past events: the marks of those that became insights, and the last reading of each record.

Held per partition of `crm.insights`, which is its changelog: key and headers of an insight are a mark. Nothing here
knows Kafka.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from schemas.codec import event_id_bytes_of_key
from streams.delivery.dedupe import insight_headers as headers_of
from streams.delivery.dedupe.mark_table import (
    Entry,
    MarkTable,
    MemoryTable,
    Reading,
    fingerprint_digest,
    fingerprint_digest_of_bytes,
    highest_offset,
    kind_digest,
    mark_digest,
    reading_of,
    record_digest,
    topic_digest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from streams.delivery.dedupe.insight_headers import LastInsight

_FORGET_EVERY_S = 600.0


class DedupeState:
    """Marks and last readings by partition of the changelog."""

    def __init__(self, make_table: Callable[[int], MarkTable] = lambda _: MemoryTable()) -> None:
        """Begin empty. `make_table` opens the table of a partition; the memory store by default."""
        self._make_table = make_table
        self._tables: dict[int, MarkTable] = {}
        self.restoring = False
        """Whether another thread writes into it."""

    def apply(self, partition: int, event_id: str, last: LastInsight | None, *, at_ms: int | None = None) -> None:
        """Note one insight. Applying it again changes nothing. `at_ms` is when it was written (now)."""
        when = time.time_ns() // 1_000_000 if at_ms is None else at_ms
        mark = mark_digest(event_id.encode("utf-8", "surrogatepass"))
        self._table(partition).write((_entry(mark, when, last),), None)

    def apply_batch(self, partition: int, entries: Iterable[Entry], applied: int) -> None:
        """Apply what a restore has read, up to the offset `applied`."""
        table = self._table(partition)
        table.write(entries, max(applied, -1 if table.applied is None else table.applied))

    def restored_to(self, partition: int, offset: int) -> None:
        """Say that every changelog record up to `offset` has been read; expired and compacted ones count as read."""
        table = self._table(partition)
        if table.applied is None or offset > table.applied:
            table.write((), offset)

    def acknowledged(self, partition: int, offset: int) -> None:
        """Say that our own record, applied already, stands at `offset`.

        Advances only without a gap: a record that somebody else wrote between two of ours must still be read when the
        partition is assigned again.
        """
        table = self._table(partition)
        if table.applied is not None and offset == table.applied + 1:
            table.write((), offset)

    def applied(self, partition: int) -> int | None:
        """The changelog offset up to which nothing is missing."""
        return self._table(partition).applied

    def has_insight(self, partition: int, event_id: str) -> bool:
        """Whether the event is published already."""
        return self._table(partition).has(mark_digest(event_id.encode("utf-8", "surrogatepass")))

    def last_reading(self, partition: int, record: str, kind: str) -> Reading | None:
        """The last reading of a record (named as in the header) and kind."""
        state = self._table(partition).record(record_digest(record.encode()))
        return reading_of(state, kind_digest(headers_of.header_record(kind).encode()))

    def has_ended(self, partition: int, record: str, source_offset: int, events_topic_id: str) -> bool:
        """Whether an event without a mark must have ended, because a later event of its record has an insight.

        Endings of a record come in the order of its events, so everything before a published one has ended as a skip
        or a dead letter, which leave no mark. Offsets of a topic that was made anew say nothing, and so do those of a
        topic whose id is not known: it may have been.
        """
        state = self._table(partition).record(record_digest(record.encode()))
        highest = highest_offset(state, topic_digest(headers_of.header_record(events_topic_id).encode()))
        return highest is not None and source_offset < highest

    def forget(self, partition: int) -> None:
        """Drop all that is known of a partition."""
        self._table(partition).wipe()

    def forget_before(self, at_ms: int) -> None:
        """Forget marks with their horizon: what was written before that time (milliseconds), by whole days."""
        for table in self._tables.values():
            table.forget_before(at_ms)

    def close(self) -> None:
        """Let go of files."""
        for table in self._tables.values():
            table.close()
        self._tables = {}

    def __len__(self) -> int:
        """How many marks are held."""
        return sum(len(table) for table in self._tables.values())

    def _table(self, partition: int) -> MarkTable:
        table = self._tables.get(partition)
        if table is None:
            table = self._tables[partition] = self._make_table(partition)
        return table


def _entry(mark: bytes, at_ms: int, last: LastInsight | None) -> Entry:
    if last is None:
        return Entry(mark, at_ms)
    return Entry(
        mark,
        at_ms,
        record=record_digest(last.record.encode()),
        kind=kind_digest(headers_of.header_record(last.kind).encode()),
        fingerprint=fingerprint_digest(last.fingerprint),
        occurred_at=last.occurred_at,
        source_offset=last.source_offset,
        topic=topic_digest(headers_of.header_record(last.events_topic_id).encode()),
    )


def _number(text: bytes | None) -> int:
    """A header's number. Raises ValueError where it is none of ours: it would not fit into a record's state."""
    number = int(text or b"")
    if not -_MOST <= number < _MOST:
        raise ValueError
    return number


_MOST = 1 << 63


class EntryReader:
    """Takes changelog records apart without reading their values: 3 microseconds each (measured).

    The digests of kinds and topics are remembered: there is a handful of them.
    """

    def __init__(self) -> None:
        """Begin with nothing remembered."""
        self._kinds: dict[bytes, bytes] = {}
        self._topics: dict[bytes, bytes] = {}

    def entry(self, key: bytes, headers: Mapping[str, bytes | None], at_ms: int) -> Entry:
        """The entry of one record. Raises DataFault for a key that is none of ours."""
        mark = mark_digest(event_id_bytes_of_key(key))
        at_ms = max(at_ms, 0)  # -1 for a record without a time
        try:
            kind, topic = headers[headers_of.KIND] or b"", headers.get(headers_of.EVENTS_TOPIC_ID) or b""
            # By position: naming the fields takes twice the time, and a restore does this millions of times.
            return Entry(
                mark,
                at_ms,
                record_digest(headers[headers_of.RECORD] or b""),
                self._kinds.get(kind) or self._remember(self._kinds, kind, kind_digest),
                fingerprint_digest_of_bytes(headers[headers_of.FINGERPRINT] or b""),
                _number(headers[headers_of.OCCURRED_AT]),
                _number(headers[headers_of.SOURCE_OFFSET]),
                self._topics.get(topic) or self._remember(self._topics, topic, topic_digest),
            )
        except (KeyError, ValueError):
            return Entry(mark, at_ms)

    @staticmethod
    def _remember(known: dict[bytes, bytes], value: bytes, digest: Callable[[bytes], bytes]) -> bytes:
        if len(known) > _MAX_REMEMBERED:
            known.clear()
        found = known[value] = digest(value)
        return found


_MAX_REMEMBERED = 1_000


async def forget_with_the_horizon(dedupe: DedupeState, horizon_ms: int) -> None:
    """Drop marks whose insights have expired, every ten minutes: memory is bounded by rate times horizon."""
    while True:
        if not dedupe.restoring:
            dedupe.forget_before(time.time_ns() // 1_000_000 - horizon_ms)
        await asyncio.sleep(_FORGET_EVERY_S)
