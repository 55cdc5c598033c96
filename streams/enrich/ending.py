"""The ending of one change event: in the order of its record, while its partition is ours, and durable."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from schemas.errors import DataFault
from schemas.outcomes import DeadLetter, Insight, Outcome
from schemas.sources import forwarded_headers
from streams.delivery.dead_letters import send_dead_letter
from streams.delivery.publisher import MarkNotKeptError, UnknownDeliveryError
from streams.enrich.context import NoLongerOurs, place_of

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from processors.enrichment import Prepared
    from schemas.events import CrmEvent
    from schemas.insights import CrmInsight
    from schemas.outcomes import Skipped
    from streams.delivery.delivered import Delivered
    from streams.delivery.publisher import Publisher
    from streams.delivery.record_order import Turn
    from streams.enrich.context import EventContext
    from streams.enrich.memory import EventMemory

log = structlog.get_logger()

# The next event of a record follows an insight of this size before it is acknowledged. A larger one a broker might
# still refuse for its size, and its dead letter would come after the insight of the event behind it. Insights have 1 to
# 3 KB; no topic takes less than this.
PIPELINED_BYTES = 65_536


class EventEnding:
    """Ends one event."""

    def __init__(self, context: EventContext, delivery: Delivered, turn: Turn, memory: EventMemory) -> None:
        """Take the delivery, its turn among the events of its record, and what is known of it."""
        self._in = context
        self._delivery = delivery
        self._turn = turn
        self._memory = memory

    async def end(self, outcome: Outcome, event: CrmEvent | None, prepared: Prepared | None) -> Outcome:
        """Bring `outcome` about and return what the event has really ended as.

        Raises NoLongerOurs, AlreadyEnded, DependencyFault (try again later), MustLeaveError.
        """
        ending = outcome
        if isinstance(outcome, Insight):
            if prepared is None:  # pragma: no cover - an insight comes from a prepared event
                raise AssertionError
            ending = await self._publish(outcome.insight, prepared)
        if not isinstance(ending, Insight):
            await after(self._turn.wait_to_end())
            # This very delivery may have ended while we waited: it was delivered again after a rebalance, and it had
            # nothing to attach to (bytes that are no event, a duplicate that waits for its turn).
            self._memory.refuse_if_ended_here()
        if isinstance(ending, DeadLetter):
            await self._dead_letter(ending, event)
        return ending

    async def _publish(self, insight: CrmInsight, prepared: Prepared) -> Outcome:
        """Publish once the events before are on their way."""
        await after(self._turn.wait_to_send())
        while True:
            if self._in.publisher is not None and not await self._in.ownership.wait_to_publish(
                self._delivery.partition
            ):
                raise NoLongerOurs
            ended = await self._ended_meanwhile(prepared)
            if ended is not None:
                return ended
            if self._in.publisher is None:
                number = self._delivery.partition.partition
                self._in.state.apply(number, insight.event_id, self._memory.as_last(prepared))
                return Insight(insight)
            if self._in.ownership.may_publish(self._delivery.partition):
                break
        try:
            await self._send(insight, prepared, self._in.publisher)
        except DataFault as fault:
            return DeadLetter.of(fault, attempts=insight.attempts)
        return Insight(insight)

    async def _ended_meanwhile(self, prepared: Prepared) -> Skipped | None:
        """Look again, right before the send: while we called, the partition may have been elsewhere and back."""
        number = self._delivery.partition.partition
        # Again after each: of several copies that wait for a refused one, the first to look sends the next.
        while (pending := self._in.records.pending(number, prepared.event.event_id)) is not None:
            await asyncio.shield(pending.acknowledged)
        return self._memory.ended_before(prepared.event) or self._memory.stale(prepared)

    async def _send(self, insight: CrmInsight, prepared: Prepared, publisher: Publisher) -> None:
        number, last = self._delivery.partition.partition, self._memory.as_last(prepared)
        key, value = self._in.writer.key(insight.event_id), self._in.writer.value(insight)
        # Noted before the send, so that no other event of ours can follow without seeing it.
        pending = self._in.records.sent(number, insight.event_id, last)
        try:
            sending = await publisher.send(
                self._in.topics.insights,
                key=key,
                value=value,
                headers=last.headers(forwarded_headers(self._delivery.headers)),
                partition=number,
            )
            if len(value) <= PIPELINED_BYTES:
                self._turn.let_pass()
            acknowledged = await sending.wait()
        except BaseException as error:
            self._in.records.failed(number, insight.event_id, pending)
            if isinstance(error, UnknownDeliveryError):
                # Nothing may be published after a record whose fate nobody knows.
                self._in.ownership.end()
            raise
        try:
            self._in.records.acknowledged(number, insight.event_id, pending, acknowledged.offset)
        except Exception as error:
            # Without its mark this event would be read, paid and published again when it comes again.
            self._in.ownership.end()
            raise MarkNotKeptError(
                f"an insight is published and its mark could not be kept ({type(error).__name__}): look at the disk of "
                "CRM_INSIGHTS_STATE__DIR"
            ) from error

    async def _dead_letter(self, letter: DeadLetter, event: CrmEvent | None) -> None:
        if self._in.publisher is None:
            return
        if not await self._in.ownership.wait_to_publish(self._delivery.partition):
            raise NoLongerOurs
        await send_dead_letter(
            self._in.publisher,
            self._in.topics.dead_letters,
            letter,
            self._delivery,
            event_id=event.event_id if event is not None else "",
        )
        log.warning(
            "dead_letter",
            reason=letter.reason.value,
            stage=letter.stage,
            detail=letter.detail,
            **place_of(self._delivery, event),
        )


async def after(before: Awaitable[bool]) -> None:
    """Wait for the event before. Raises NoLongerOurs where it was given up: ours would end before it otherwise."""
    if not await before:
        raise NoLongerOurs
