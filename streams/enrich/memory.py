"""What is known beforehand of one event and its record: whether it has ended, and what the record was read as last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.outcomes import Skipped, SkipReason
from streams.delivery.dedupe.insight_headers import LastInsight
from streams.enrich.context import AlreadyEnded

if TYPE_CHECKING:
    from processors.enrichment import Prepared
    from schemas.events import CrmEvent
    from streams.delivery.dedupe.mark_table import Reading
    from streams.delivery.delivered import Delivered
    from streams.enrich.context import EventContext


# Clocks of CRMs run ahead of the broker's by seconds, a date without a zone by half a day.
CLOCKS_APART_MS = 86_400_000


class EventMemory:
    """Looks at the dedupe state, and at what is on its way to it, from one delivery's point of view."""

    def __init__(self, context: EventContext, delivery: Delivered) -> None:
        """Take what to look at, and for whom."""
        self._in = context
        self._delivery = delivery

    def refuse_if_ended_here(self) -> None:
        """Raise AlreadyEnded if this very delivery has ended in this process, whatever as."""
        if (self._delivery.partition, self._delivery.offset) in self._in.ended_here:
            raise AlreadyEnded

    def ended_before(self, event: CrmEvent) -> Skipped | None:
        """Why `event` has ended by the state: it has a mark. Raises AlreadyEnded if a later one of its record has."""
        number, record = self._delivery.partition.partition, self._delivery.ordered_as(event)
        if self._in.state.has_insight(number, event.event_id):
            return Skipped(SkipReason.DUPLICATE)
        if self._in.state.has_ended(number, record, self._delivery.offset, self._in.events_topic_id):
            raise AlreadyEnded
        return None

    def last(self, prepared: Prepared) -> Reading | None:
        """The last reading of the record and kind, those on their way included."""
        return self._in.records.last_reading(
            self._delivery.partition.partition, self._delivery.ordered_as(prepared.event), prepared.kind.name
        )

    def stale(self, prepared: Prepared) -> Skipped | None:
        """Why `prepared` is out of date. Equal times are not: sources have whole seconds and transactions."""
        last = self.last(prepared)
        if last is not None and self._credible_time_ms(prepared) < last.occurred_at:
            return Skipped(SkipReason.STALE)
        return None

    def _credible_time_ms(self, prepared: Prepared) -> int:
        """When the event occurred, for comparing it with others of its record; in milliseconds.

        A time that lies far ahead of the broker's clock is a mistake of the source (a year of 9999, microseconds taken
        for milliseconds). Believed, it would make every later event of the record stale.
        """
        occurred_at, appended_at = prepared.event.occurred_at, self._delivery.timestamp_ms
        return occurred_at if occurred_at <= appended_at + CLOCKS_APART_MS else appended_at

    def as_last(self, prepared: Prepared) -> LastInsight:
        """What the record's last insight is once this event is published."""
        return LastInsight(
            record=self._delivery.ordered_as(prepared.event),
            kind=prepared.kind.name,
            fingerprint=prepared.fingerprint,
            occurred_at=self._credible_time_ms(prepared),
            source_offset=self._delivery.offset,
            events_topic_id=self._in.events_topic_id,
        )
