"""The life of one change event in enrich, from its bytes to its one ending."""

from __future__ import annotations

import asyncio
import functools
import random
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

from processors.llm.asking import AskHistory
from processors.llm.call_reports import AskFault
from processors.llm.limits import Flow
from processors.llm.purse import FundsBusy
from schemas.errors import DataFault, Dependency, DependencyFault, ProcessLeaving
from schemas.outcomes import DeadLetter, DeadLetterReason, Insight, Outcome, Skipped, SkipReason
from streams.delivery.publisher import MustLeaveError
from streams.delivery.retry_pace import dependency_wait_s, ending_wait_s, internal_wait_s
from streams.enrich.context import AlreadyEnded, EndedElsewhere, NoLongerOurs, place_of
from streams.enrich.ending import EventEnding, after
from streams.enrich.memory import EventMemory
from streams.enrich.preparing import prepare

if TYPE_CHECKING:
    from processors.enrichment import Prepared
    from schemas.events import CrmEvent
    from schemas.insights import CrmInsight
    from streams.delivery.delivered import Delivered
    from streams.delivery.in_flight import Claim
    from streams.delivery.record_order import Turn
    from streams.enrich.context import ClaimKey, EventContext

log = structlog.get_logger()


class EventRun:
    """Brings one delivery to its ending. What one try has reached is kept for the next, above all a paid answer."""

    def __init__(self, context: EventContext, delivery: Delivered, turn: Turn) -> None:
        """Take the delivery and its turn among the events of its record."""
        self._in = context
        self.delivery = delivery
        self._turn = turn
        self._memory = EventMemory(context, delivery)
        self._ender = EventEnding(context, delivery, turn, self._memory)
        self._event: CrmEvent | None = None
        self._claim: Claim[ClaimKey] | None = None
        self._prepared: Prepared | None = None
        self.asked_before = AskHistory()
        self._insight: CrmInsight | None = None
        self._ending: Outcome | None = None

    @property
    def only_waits(self) -> bool:
        """Whether it has neither a call under way nor an ending: to give it up now costs nothing that is paid for."""
        return self._ending is None and self._insight is None and not self.asked_before.in_call

    async def run(self) -> bool:
        """Return True when the event has ended, False when it was given up and will be delivered again.

        Raises MustLeaveError. Nothing else escapes.
        """
        ended = False
        try:
            await self._until_ended()
            ended = True
        except AlreadyEnded:
            self._in.telemetry.metrics.redelivered_total.inc()
            ended = await self._give_way()
        except (NoLongerOurs, ProcessLeaving):
            log.debug("given_up", **place_of(self.delivery, self._event))
        finally:
            self._in.pauses.end_all(self)
            if ended and self._in.publisher is not None:
                # In shadow mode nothing is committed, so nothing of it would ever be forgotten.
                self._in.ended_here.add(self.delivery.partition, self.delivery.offset)
            if not ended and self._prepared is not None and self._insight is not None:
                self._in.kept_answers.keep(self._prepared.event.event_id, self._prepared.fingerprint, self._insight)
            if self._claim is not None:
                self._in.in_flight.release(self._claim, ended=ended)
        return ended

    async def _give_way(self) -> bool:
        """Keep the order although nothing is left to do; False where the event before was given up.

        After a rebalance the deliveries before this one, in their order, may be older ones that are still at work on
        what was delivered again behind it. Who stands behind would overtake them.
        """
        self._turn.plan(await self._turn.wait_for_plan_before())
        return await self._turn.wait_to_end()

    async def _until_ended(self) -> None:
        strikes = waits = 0
        while True:
            try:
                if self._ending is None:
                    self._ending = await self._advance()
                ending = await self._ender.end(self._ending, self._event, self._prepared)
            except DependencyFault as fault:
                waits += 1
                await self._wait_out(fault, waits)
            except (NoLongerOurs, AlreadyEnded, ProcessLeaving, MustLeaveError):
                raise
            except Exception as error:  # noqa: BLE001 - the agent must never see one: Faust would lose the record
                if isinstance(error, DataFault) and not isinstance(self._ending, DeadLetter):
                    self._ending = self._dead(error)
                else:
                    strikes += 1
                    await self._after_internal_error(error, strikes)
            else:
                self._count(ending)
                return

    def _count(self, ending: Outcome) -> None:
        try:
            latency_s = time.time() - self.delivery.timestamp_ms / 1000
            self._in.telemetry.ended(self._event, ending, latency_s=latency_s)
        except Exception:
            # The ending is durable. To try again would end the event a second time, and a dead letter for ever.
            log.exception("ending_not_counted", **place_of(self.delivery, self._event))

    def _dead(self, fault: DataFault) -> DeadLetter:
        sent = fault.attempts if isinstance(fault, AskFault) else self.asked_before.sent
        return DeadLetter.of(fault, attempts=sent)

    async def _after_internal_error(self, error: Exception, strikes: int) -> None:
        stage = self._stage()
        log.error(
            "internal_error", stage=stage, strikes=strikes, exc_info=error, **place_of(self.delivery, self._event)
        )
        wait_s = internal_wait_s(strikes)
        if wait_s is None and not isinstance(self._ending, DeadLetter):
            self._ending = DeadLetter(
                DeadLetterReason.INTERNAL_ERROR, stage, "unexpected exception", type(error).__name__, strikes
            )
        else:
            # A dead letter that cannot be written goes on at the slowest pace: it cannot be given up.
            await self._sleep(ending_wait_s() if wait_s is None else wait_s)

    async def _sleep(self, seconds: float) -> None:
        """Wait, unless this process is leaving. Raises NoLongerOurs then."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._in.leaving.wait(), seconds)
            raise NoLongerOurs

    # ---- deciding ------------------------------------------------------------------------------------------------

    async def _advance(self) -> Outcome:
        """Go on from what has been reached; each step leaves its result behind for a later try."""
        self._memory.refuse_if_ended_here()
        if self.delivery.value is None:
            return Skipped(SkipReason.TOMBSTONE)
        if self._event is None:
            reading = functools.partial(self._in.reader.read, self.delivery.value)
            self._event = await self._in.stages.finish("decode", self.delivery.place, self.delivery.size_bytes, reading)
            self._in.pauses.end_all(self)
        before = await self._turn.wait_for_plan_before()
        if self._claim is None:
            claimed = await self._claimed(self._event, before)
            # An older delivery of this very event may have ended it while we waited.
            self._memory.refuse_if_ended_here()
            if not claimed:
                return Skipped(SkipReason.DUPLICATE)
        if self._prepared is None:
            skipped = self._memory.ended_before(self._event) or await self._prepare(self._event)
            if skipped is not None:
                self._turn.plan(before)
                return skipped
        prepared = self._prepared
        if prepared is None:  # pragma: no cover - _prepare leaves one behind or returns a skip
            raise AssertionError
        if self._insight is None:
            if (skipped := await self._needless(prepared, before)) is not None:
                return skipped
            return await self._asked(prepared)
        return Insight(self._insight)

    async def _asked(self, prepared: Prepared) -> Outcome:
        kept = self._in.kept_answers.find(prepared.event.event_id, prepared.fingerprint)
        try:
            self._insight = kept if kept is not None else await self._read(prepared)
        except EndedElsewhere as ended:
            return ended.skipped
        self._in.pauses.end_all(self)
        return Insight(self._insight)

    async def _claimed(self, event: CrmEvent, before: str | None) -> bool:
        key = (self.delivery.partition, self.delivery.key, event.event_id)
        if self._in.in_flight.is_held(key):
            self._turn.plan(before)
        self._claim = await self._in.in_flight.claim(key)
        return self._claim is not None

    async def _prepare(self, event: CrmEvent) -> Skipped | None:
        prepared = await prepare(self._in, self.delivery, event)
        if isinstance(prepared, Skipped):
            return prepared
        self._go_on_with(prepared)
        return None

    def _go_on_with(self, prepared: Prepared) -> None:
        """Keep what is asked, and tell of each cut: to the settings' budget, or because the model found it too long."""
        before = self._prepared.dropped_tokens if self._prepared is not None else 0
        self._prepared = prepared
        if prepared.dropped_tokens > before:
            self._in.telemetry.cut(prepared.dropped_tokens - before, again=before > 0)
            numbers = {"dropped_tokens": prepared.dropped_tokens, "input_tokens": prepared.input_tokens}
            log.info("truncated", event_id=prepared.event.event_id, **numbers)

    async def _needless(self, prepared: Prepared, before: str | None) -> Skipped | None:
        """The same reading as the record's last one, or older than it: not worth a call."""
        last, stale = self._memory.last(prepared), self._memory.stale(prepared)
        # What is stale already stays so, and leaves the record's reading as it was.
        self._turn.plan(before if stale is not None else prepared.fingerprint)
        known = before if before is not None else last.fingerprint if last is not None else None
        if known == prepared.fingerprint and not prepared.read_unchanged:
            # Only the ending of the event before says whether its reading was published, and so whether ours is known.
            await after(self._turn.wait_to_end())
            last, stale = self._memory.last(prepared), self._memory.stale(prepared)
            if last is not None and last.fingerprint == prepared.fingerprint:
                return Skipped(SkipReason.UNCHANGED)
        return stale

    async def _read(self, prepared: Prepared) -> CrmInsight:
        """Ask as soon as there are money, a slot and a turn; nobody holds one of the latter while waiting for money."""
        tenant = prepared.event.tenant
        if not self.asked_before.sent:
            # Once it has been asked about, its model stays: what it costs is told as one.
            prepared = prepared.asked_of(self._in.purse.model_for(tenant, prepared.request.model))
            self._prepared = prepared
        while True:
            # A correction holds more than the first request: with money for that one only it would come back at once.
            await self._in.purse.admit(self.asked_before.next_request or prepared.request, tenant)
            with suppress(FundsBusy):
                return await self._ask(prepared)
            # It may have been cut meanwhile.
            prepared = self._prepared or prepared

    async def _ask(self, prepared: Prepared) -> CrmInsight:
        flow = Flow(prepared.event.lane, prepared.event.tenant)
        async with self._in.slots.slot(flow, prepared.input_tokens):
            await self._leave_to_call()
            try:
                with self._in.telemetry.stage("llm"):
                    return await self._in.enrichment.read(
                        prepared,
                        now_ms=_now_ms,
                        leave=self._leave_to_call,
                        history=self.asked_before,
                        on_cut=self._go_on_with,
                    )
            finally:
                # However the event ends, here or elsewhere: the bill stays. Call by call, not the insight's sums: what
                # a token costs may depend on the length of its own prompt.
                if (usage := self.asked_before.take_uncounted()).calls:
                    self._in.telemetry.spent(prepared, usage)

    async def _leave_to_call(self) -> None:
        """Wait until this event is surely ours, and look again whether it has ended.

        A process that wakes from a stop does not know yet that others have read its events, and during a rebalance
        nobody knows whose they will be: a request begun then, the first or a retry, may be paid in vain. A partition
        may also have been elsewhere and come back. A process that is leaving begins none, but for one that mends a paid
        answer: whoever reads the event next would have to pay for both. Raises NoLongerOurs, EndedElsewhere,
        AlreadyEnded.
        """
        if not await self._in.ownership.wait_to_publish(self.delivery.partition):
            raise NoLongerOurs
        if self._in.leaving.is_set() and not self.asked_before.owes_a_correction:
            raise NoLongerOurs
        if self._event is not None and (skipped := self._memory.ended_before(self._event)) is not None:
            raise EndedElsewhere(skipped)

    async def _wait_out(self, fault: DependencyFault, waits: int) -> None:
        """Pause until the dependency answers again; the event keeps its place and its paid work."""
        self._in.pauses.begin(fault, self)
        if fault.dependency is Dependency.PROVIDER:
            await self._in.caller.ready()
            self._in.pauses.end(Dependency.PROVIDER, self)
        else:
            await self._sleep(dependency_wait_s(fault, waits, random.random()))  # noqa: S311 - jitter

    def _stage(self) -> str:
        if self._event is None:
            return "decode"
        if self._prepared is None:
            return "prepare"
        return "llm" if self._insight is None else "publish"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
