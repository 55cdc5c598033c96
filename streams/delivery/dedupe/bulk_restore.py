"""Brings the dedupe state up to the end of `crm.insights`, in bulk, before Faust compares what is left to read."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from schemas.errors import DataFault
from streams.delivery.dedupe.changelog_reader import ChangelogReader, Extent
from streams.delivery.dedupe.completeness import MarksExpiredError
from streams.delivery.dedupe.dedupe_state import EntryReader
from streams.errors import BrokerUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from confluent_kafka import Message

    from streams.delivery.dedupe.completeness import MarksNeeded
    from streams.delivery.dedupe.dedupe_state import DedupeState
    from streams.delivery.dedupe.mark_table import Entry
    from streams.settings.model import KafkaSettings

log = structlog.get_logger()

# Each try has waited for the broker already; what it has applied is not read again.
RETRY_AFTER_S = 2.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do about one partition: forget all that is known of it (and why), then read from `start`."""

    start: int
    wipe_because: str = ""


def plan(applied: int | None, extent: Extent) -> Plan:
    """Decide where to read a partition from, given what is `applied` and what the topic holds.

    What lies below the low watermark has expired and is not missed. State beyond the end means that the topic has been
    made anew: Faust's recovery ends with a ConsistencyError at every start then, for ever (measured).
    """
    if applied is not None and applied >= extent.high:
        return Plan(extent.low, f"it was known up to offset {applied}, and the topic ends at {extent.high}")
    if applied is None:
        return Plan(extent.low)
    return Plan(max(applied + 1, extent.low))


class BulkRestore:
    """Restores partitions of one topic into one state. One restore runs at a time; a new one stops the old one."""

    def __init__(self, kafka: KafkaSettings, topic: str, state: DedupeState, needed: MarksNeeded) -> None:
        """Take the broker, the changelog's topic, the state to fill, and what it must hold in the end."""
        self._kafka = kafka
        self._topic = topic
        self._state = state
        self._needed = needed
        self._one_at_a_time = asyncio.Lock()
        self._give_way = threading.Event()

    async def run(self, partitions: Iterable[int]) -> None:
        """Restore `partitions` in a thread, which has ended when this returns, cancelled or not.

        Raises MarksExpiredError. A broker that goes away meanwhile is waited for.
        """
        self._give_way.set()
        async with self._one_at_a_time:
            give_way = self._give_way = threading.Event()
            work = asyncio.ensure_future(asyncio.to_thread(self._until_restored, frozenset(partitions), give_way))
            try:
                await asyncio.shield(work)
            except asyncio.CancelledError:
                give_way.set()
                # Two threads that write to one table would leave a hole between what they have applied.
                await asyncio.wait((work,))
                raise

    def _until_restored(self, partitions: frozenset[int], give_way: threading.Event) -> None:
        self._state.restoring = True
        try:
            self._try_until_restored(partitions, give_way)
        finally:
            self._state.restoring = False

    def _try_until_restored(self, partitions: frozenset[int], give_way: threading.Event) -> None:
        while not give_way.is_set():
            try:
                self._restore(partitions, give_way.is_set)
            except BrokerUnreachable as error:
                # Not raised: Faust would take it for a crash, and a broker that restarts is none of ours.
                log.warning("restore_waits", cause=str(error), retry_after_s=RETRY_AFTER_S)
                give_way.wait(RETRY_AFTER_S)
            else:
                return

    def _restore(self, partitions: frozenset[int], stop: Callable[[], bool]) -> None:
        started = time.monotonic()
        reader = ChangelogReader(self._kafka, self._topic)
        applier = _Applier(self._state)
        try:
            extents = reader.extents(sorted(partitions))
            ranges = {number: Extent(self._start(number, extent), extent.high) for number, extent in extents.items()}
            self._refuse_gaps(reader, [number for number in ranges if self._has_lost(number, ranges[number])])
            if not reader.read(ranges, applier.apply, stop):
                return
        finally:
            reader.close()
        for number, extent in extents.items():
            # Expired to the last record, a partition would look unread, and done events would be paid again.
            self._state.restored_to(number, extent.high - 1)
        log.info(
            "restored",
            partitions=len(partitions),
            records=applier.records,
            seconds=round(time.monotonic() - started, 2),
        )

    def _has_lost(self, number: int, to_read: Extent) -> bool:
        """Whether records have expired that this state has never seen."""
        applied = self._state.applied(number)
        return to_read.low > (0 if applied is None else applied + 1)

    def _refuse_gaps(self, reader: ChangelogReader, shortened: Sequence[int]) -> None:
        if self._needed.accept_missing:
            return
        now_ms = time.time_ns() // 1_000_000
        found = [self._needed.gap(reader, self._topic, number, now_ms) for number in shortened]
        if gaps := [gap for gap in found if gap is not None]:
            raise MarksExpiredError(self._topic, gaps)

    def _start(self, number: int, extent: Extent) -> int:
        decided = plan(self._state.applied(number), extent)
        if decided.wipe_because:
            log.error(
                "marks_forgotten",
                topic=self._topic,
                partition=number,
                because=decided.wipe_because,
                consequence="events that were done before the topic was made anew are read again if they come again",
            )
            self._state.forget(number)
        return decided.start


class _Applier:
    """Applies batches of changelog records, partition by partition."""

    def __init__(self, state: DedupeState) -> None:
        """Take the state."""
        self._state = state
        self._reader = EntryReader()
        self.records = 0

    def apply(self, batch: list[Message]) -> None:
        """Apply records that stand in offset order within each partition."""
        self.records += len(batch)
        entries: dict[int, list[Entry]] = {}
        applied: dict[int, int] = {}
        read = self._reader.entry
        for message in batch:
            number: int = message.partition()  # type: ignore[assignment]  # a consumed record always has one
            applied[number] = message.offset()  # type: ignore[assignment]  # as above
            headers: Any = message.headers()
            try:
                entry = read(message.key() or b"", dict(headers or ()), message.timestamp()[1])
            except DataFault as fault:
                log.warning("unreadable_mark", partition=number, offset=message.offset(), detail=fault.detail)
                continue
            known = entries.get(number)
            if known is None:
                known = entries[number] = []
            known.append(entry)
        for number, offset in applied.items():
            self._state.apply_batch(number, entries.get(number, ()), offset)
