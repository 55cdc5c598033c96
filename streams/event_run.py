"""The life of one change event in enrich, from its bytes to its one ending."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from processors.llm.caller import AskFault
from schemas.errors import DataFault, Dependency, DependencyFault
from schemas.outcomes import DeadLetter, DeadLetterReason, Insight, Outcome, Skipped, SkipReason
from schemas.sources import forwarded_headers
from streams.delivery.dead_letters import send_dead_letter
from streams.delivery.insight_headers import LastInsight
from streams.delivery.publisher import UnknownDeliveryError
from streams.delivery.slots import SlotsClosed
from streams.partitions import partition_for

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from processors.enrichment import Enrichment, Prepared
    from processors.llm.caller import Caller
    from schemas.codec import EventReader, InsightWriter
    from schemas.events import CrmEvent
    from schemas.insights import CrmInsight
    from streams.delivery.dedupe_state import DedupeState
    from streams.delivery.delivered import Delivered
    from streams.delivery.ended_here import EndedHere
    from streams.delivery.in_flight import Claim, InFlight
    from streams.delivery.offset_gate import Partition
    from streams.delivery.ownership import Ownership
    from streams.delivery.pauses import Pauses
    from streams.delivery.publisher import Publisher
    from streams.delivery.record_order import Turn
    from streams.delivery.record_states import RecordStates
    from streams.delivery.slots import Slots
    from streams.settings.model import TopicNames
    from streams.telemetry import Telemetry

log = structlog.get_logger()

# An unexpected exception is tried again after these seconds, then the event is dead-lettered `internal_error`: a fault
# of ours must neither lose an event nor hold a partition for ever.
INTERNAL_RETRIES_S = (1.0, 5.0, 30.0)

# How long to wait before a registry or broker is asked again: from the first to the second, with full jitter.
DEPENDENCY_BACKOFF_S = (0.5, 15.0)


class NoLongerOurs(Exception):  # noqa: N818 - not an error: another worker ends the event
    """The partition went elsewhere, or this process is leaving; the event is delivered to somebody again."""


class AlreadyEnded(Exception):  # noqa: N818 - not an error: there is nothing to do
    """This very delivery has ended before, and has been counted then."""


@dataclass(frozen=True, slots=True)
class EventContext:
    """What the runs of one worker share."""

    topics: TopicNames
    events_topic_id: str
    reader: EventReader
    writer: InsightWriter
    enrichment: Enrichment
    caller: Caller
    state: DedupeState
    records: RecordStates
    in_flight: InFlight[tuple[Partition, bytes | None, str]]
    ended_here: EndedHere
    ownership: Ownership
    pauses: Pauses
    slots: Slots
    leaving: asyncio.Event
    """Set when this process is on its way out: waits that are no call under way end, and their events are given up."""
    publisher: Publisher | None
    """None in shadow mode: everything but publishing and committing."""
    telemetry: Telemetry
    partitions: int
    """How many partitions the events topic has, to see whether a key lies where it belongs."""


class EventRun:
    """Brings one delivery to its ending. What one try has reached is kept for the next, above all a paid answer."""

    def __init__(self, context: EventContext, delivery: Delivered, turn: Turn) -> None:
        """Take the delivery and its turn among the events of its record."""
        self._in = context
        self.delivery = delivery
        self._turn = turn
        self._event: CrmEvent | None = None
        self._claim: Claim[Any] | None = None
        self._prepared: Prepared | None = None
        self._insight: CrmInsight | None = None
        self._ending: Outcome | None = None

    async def run(self) -> bool:
        """Return True when the event has ended, False when it was given up and will be delivered again.

        Raises UnknownDeliveryError, after which the process must leave. Nothing else escapes.
        """
        ended = False
        try:
            await self._until_ended()
            ended = True
        except AlreadyEnded:
            self._in.telemetry.metrics.redelivered_total.inc()
            ended = True
        except (NoLongerOurs, SlotsClosed):
            log.debug("given_up", **self._place())
        finally:
            self._in.pauses.end_all(self)
            if ended:
                self._in.ended_here.add(self.delivery.partition, self.delivery.offset)
            if self._claim is not None:
                self._in.in_flight.release(self._claim, ended=ended)
        return ended

    async def _until_ended(self) -> None:
        strikes = waits = 0
        while True:
            try:
                if self._ending is None:
                    self._ending = await self._advance()
                await self._end(self._ending)
            except DataFault as fault:
                self._ending = self._dead(fault)
            except DependencyFault as fault:
                waits += 1
                await self._wait_out(fault, waits)
            except (NoLongerOurs, AlreadyEnded, SlotsClosed, UnknownDeliveryError):
                raise
            except Exception as error:  # noqa: BLE001 - the agent must never see one: Faust would lose the record
                strikes += 1
                await self._after_internal_error(error, strikes)
            else:
                return

    def _dead(self, fault: DataFault) -> DeadLetter:
        if isinstance(fault, AskFault):
            self._in.telemetry.spent_in_vain(self._event, self._prepared, fault.usage)
            return DeadLetter.of(fault, attempts=fault.attempts)
        return DeadLetter.of(fault)

    async def _after_internal_error(self, error: Exception, strikes: int) -> None:
        stage = self._stage()
        log.error("internal_error", stage=stage, strikes=strikes, exc_info=error, **self._place())
        if strikes > len(INTERNAL_RETRIES_S):
            self._ending = DeadLetter(
                DeadLetterReason.INTERNAL_ERROR, stage, "unexpected exception", type(error).__name__, strikes
            )
        # A fault in the ending itself (strikes past the table) goes on at the slowest pace: it cannot be given up.
        await self._sleep(INTERNAL_RETRIES_S[min(strikes, len(INTERNAL_RETRIES_S)) - 1])

    async def _sleep(self, seconds: float) -> None:
        """Wait, unless this process is leaving. Raises NoLongerOurs then."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._in.leaving.wait(), seconds)
            raise NoLongerOurs

    # ---- deciding ------------------------------------------------------------------------------------------------

    async def _advance(self) -> Outcome:
        """Go on from what has been reached; each step leaves its result behind for a later try."""
        if (self.delivery.partition, self.delivery.offset) in self._in.ended_here:
            raise AlreadyEnded
        if self.delivery.value is None:
            return Skipped(SkipReason.TOMBSTONE)
        if self._event is None:
            self._event = await self._in.reader.read(self.delivery.value)
            self._in.pauses.end_all(self)
        before = await self._turn.wait_for_plan_before()
        if self._claim is None and not await self._claimed(self._event, before):
            return self._duplicate()
        if self._prepared is None:
            skipped = self._known(self._event) or self._prepare(self._event)
            if skipped is not None:
                self._turn.plan(before)
                return skipped
        prepared = self._prepared
        if prepared is None:  # pragma: no cover - _prepare leaves one behind or returns a skip
            raise AssertionError
        self._turn.plan(prepared.fingerprint)
        if (skipped := await self._needless(prepared, before)) is not None:
            return skipped
        if self._insight is None:
            self._insight = await self._read(prepared)
            self._in.pauses.end_all(self)
        return Insight(self._insight)

    async def _claimed(self, event: CrmEvent, before: str | None) -> bool:
        key = (self.delivery.partition, self.delivery.key, event.event_id)
        if self._in.in_flight.is_held(key):
            self._turn.plan(before)
        self._claim = await self._in.in_flight.claim(key)
        return self._claim is not None

    def _duplicate(self) -> Skipped:
        if (self.delivery.partition, self.delivery.offset) in self._in.ended_here:
            raise AlreadyEnded
        return Skipped(SkipReason.DUPLICATE)

    def _known(self, event: CrmEvent) -> Skipped | None:
        """Ended before, by its mark or by a later event of its record that is published."""
        number, record = self.delivery.partition.partition, self.delivery.ordered_as(event)
        if self._in.state.has_insight(number, event.event_id):
            return Skipped(SkipReason.DUPLICATE)
        if self._in.state.has_ended(number, record, self.delivery.offset, self._in.events_topic_id):
            raise AlreadyEnded
        return None

    def _is_misplaced(self, event: CrmEvent) -> bool:
        """Whether its producer breaks the rule that keeps a record on one partition (see partitions.py)."""
        key = self.delivery.key
        return key != event.key or partition_for(key, self._in.partitions) != self.delivery.partition.partition

    def _prepare(self, event: CrmEvent) -> Skipped | None:
        if self._is_misplaced(event):
            self._in.telemetry.metrics.key_mismatch_total.inc()
        with self._in.telemetry.stage("prepare"):
            prepared = self._in.enrichment.prepare(event)
        if isinstance(prepared, Skipped):
            return prepared
        self._prepared = prepared
        self._in.telemetry.prepared(prepared)
        if prepared.truncated:
            log.info(
                "truncated",
                event_id=event.event_id,
                dropped_tokens=prepared.dropped_tokens,
                input_tokens=prepared.input_tokens,
            )
        return None

    async def _needless(self, prepared: Prepared, before: str | None) -> Skipped | None:
        """The same reading as the record's last one, or older than it: not worth a call."""
        if self._insight is not None:
            return None
        last = self._last(prepared)
        known = before if before is not None else last.fingerprint if last is not None else None
        if known == prepared.fingerprint and not prepared.read_unchanged:
            # Only the ending of the event before says whether its reading was published, and so whether ours is known.
            await self._after(self._turn.wait_to_end())
            last = self._last(prepared)
            if last is not None and last.fingerprint == prepared.fingerprint:
                return Skipped(SkipReason.UNCHANGED)
        return self._stale(prepared, last)

    def _stale(self, prepared: Prepared, last: LastInsight | None) -> Skipped | None:
        if last is not None and prepared.event.occurred_at < last.occurred_at:
            return Skipped(SkipReason.STALE)
        return None

    def _last(self, prepared: Prepared) -> LastInsight | None:
        return self._in.records.last_insight(
            self.delivery.partition.partition, self.delivery.ordered_as(prepared.event), prepared.kind.name
        )

    async def _read(self, prepared: Prepared) -> CrmInsight:
        async with self._in.slots.slot():
            # During a rebalance nobody knows whose event this will be; a call started now may be paid in vain.
            await self._in.ownership.wait_open()
            with self._in.telemetry.metrics.in_flight.track_inprogress(), self._in.telemetry.stage("llm"):
                return await self._in.enrichment.read(prepared, now_ms=_now_ms)

    async def _wait_out(self, fault: DependencyFault, waits: int) -> None:
        """Pause until the dependency answers again; the event keeps its place and its paid work."""
        self._in.pauses.begin(fault, self)
        if fault.dependency is Dependency.PROVIDER:
            await self._in.caller.ready()
            self._in.pauses.end(Dependency.PROVIDER, self)
            return
        first, longest = DEPENDENCY_BACKOFF_S
        ceiling = min(longest, first * 2 ** min(waits, 10))
        await self._sleep(max(fault.retry_after_s or 0.0, ceiling * random.random()))  # noqa: S311 - jitter

    # ---- ending --------------------------------------------------------------------------------------------------

    async def _end(self, outcome: Outcome) -> None:
        if isinstance(outcome, Insight):
            ending = await self._publish(outcome.insight)
        else:
            ending = outcome
        if not isinstance(ending, Insight):
            await self._after(self._turn.wait_to_end())
        if isinstance(ending, DeadLetter):
            await self._dead_letter(ending)
        latency_s = time.time() - self.delivery.timestamp_ms / 1000
        self._in.telemetry.ended(self._event, ending, latency_s=latency_s, prepared=self._prepared)

    async def _publish(self, insight: CrmInsight) -> Outcome:
        """Publish once the events before are on their way; returns what the event has really ended as."""
        await self._after(self._turn.wait_to_send())
        if self._prepared is None:  # pragma: no cover - an insight comes from a prepared event
            raise AssertionError
        if self._in.publisher is None:
            self._in.state.apply(self.delivery.partition.partition, insight.event_id, self._as_last(self._prepared))
            return Insight(insight)
        while True:
            if not await self._in.ownership.wait_to_publish(self.delivery.partition):
                raise NoLongerOurs
            ended = await self._ended_meanwhile(self._prepared)
            if ended is not None:
                return ended
            if self._in.ownership.may_publish(self.delivery.partition):
                break
        try:
            await self._send_insight(insight, self._prepared, self._in.publisher)
        except DataFault as fault:
            return self._dead(fault)
        return Insight(insight)

    async def _ended_meanwhile(self, prepared: Prepared) -> Skipped | None:
        """Look again, right before the send: while we called, the partition may have been elsewhere and back."""
        number = self.delivery.partition.partition
        if (pending := self._in.records.pending(number, prepared.event.event_id)) is not None:
            await asyncio.shield(pending.acknowledged)
        return self._known(prepared.event) or self._stale(prepared, self._last(prepared))

    async def _send_insight(self, insight: CrmInsight, prepared: Prepared, publisher: Publisher) -> None:
        number, last = self.delivery.partition.partition, self._as_last(prepared)
        # Noted before the send, so that no other event of ours can follow without seeing it.
        pending = self._in.records.sent(number, insight.event_id, last)
        try:
            sending = await publisher.send(
                self._in.topics.insights,
                key=self._in.writer.key(insight.event_id),
                value=self._in.writer.value(insight),
                headers=last.headers(forwarded_headers(self.delivery.headers)),
                partition=number,
            )
            self._turn.let_pass()
            acknowledged = await sending.wait()
        except BaseException:
            self._in.records.failed(number, insight.event_id, pending)
            raise
        self._in.records.acknowledged(number, insight.event_id, pending, acknowledged.offset)

    def _as_last(self, prepared: Prepared) -> LastInsight:
        return LastInsight(
            record=self.delivery.ordered_as(prepared.event),
            kind=prepared.kind.name,
            fingerprint=prepared.fingerprint,
            occurred_at=prepared.event.occurred_at,
            source_offset=self.delivery.offset,
            events_topic_id=self._in.events_topic_id,
        )

    async def _dead_letter(self, letter: DeadLetter) -> None:
        if self._in.publisher is None:
            return
        if not await self._in.ownership.wait_to_publish(self.delivery.partition):
            raise NoLongerOurs
        await send_dead_letter(
            self._in.publisher,
            self._in.topics.dead_letters,
            letter,
            self.delivery,
            event_id=self._event.event_id if self._event is not None else "",
        )
        log.warning(
            "dead_letter", reason=letter.reason.value, stage=letter.stage, detail=letter.detail, **self._place()
        )

    @staticmethod
    async def _after(before: Awaitable[bool]) -> None:
        """Wait for the event before; where it was given up this one is too, or it would end before it."""
        if not await before:
            raise NoLongerOurs

    # ---- telling -------------------------------------------------------------------------------------------------

    def _stage(self) -> str:
        if self._event is None:
            return "decode"
        if self._prepared is None:
            return "prepare"
        return "llm" if self._insight is None else "publish"

    def _place(self) -> dict[str, Any]:
        place: dict[str, Any] = {
            "topic": self.delivery.partition.topic,
            "partition": self.delivery.partition.partition,
            "offset": self.delivery.offset,
        }
        if self._event is not None:
            place["event_id"] = self._event.event_id
        return place


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
