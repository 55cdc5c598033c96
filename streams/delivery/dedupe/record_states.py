"""What a record's last insight is, counting those that are on their way to the broker."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from streams.delivery.dedupe.mark_table import Reading

if TYPE_CHECKING:
    from streams.delivery.dedupe.dedupe_state import DedupeState
    from streams.delivery.dedupe.insight_headers import LastInsight


class PendingInsight:
    """An insight that has been sent and not yet acknowledged."""

    __slots__ = ("acknowledged", "last")

    def __init__(self, last: LastInsight) -> None:
        """Hold what it will be once it is durable."""
        self.last = last
        self.acknowledged: asyncio.Future[bool] = asyncio.get_running_loop().create_future()


class RecordStates:
    """The dedupe state, seen from a sender that does not wait for acknowledgements.

    The next event of a record follows as soon as the one before is in the producer's order; it must be compared with
    that one, which the dedupe state does not have yet.
    """

    def __init__(self, state: DedupeState) -> None:
        """Look at `state`, and at what is on its way."""
        self._state = state
        # In the order of sending: where the newest is refused, the one before it is the last one again.
        self._by_record: dict[tuple[int, str, str], list[PendingInsight]] = {}
        self._by_event: dict[tuple[int, str], PendingInsight] = {}

    @property
    def unacknowledged(self) -> int:
        """How many insights are on their way."""
        return len(self._by_event)

    def last_reading(self, partition: int, record: str, kind: str) -> Reading | None:
        """The record's last reading of this kind, sent ones included. `record` in header form."""
        pending = self._by_record.get((partition, record, kind))
        return Reading.of(pending[-1].last) if pending else self._state.last_reading(partition, record, kind)

    def pending(self, partition: int, event_id: str) -> PendingInsight | None:
        """The insight of this very event that is on its way, if one is."""
        return self._by_event.get((partition, event_id))

    def sent(self, partition: int, event_id: str, last: LastInsight) -> PendingInsight:
        """Note an insight as sent."""
        pending = PendingInsight(last)
        self._by_record.setdefault((partition, last.record, last.kind), []).append(pending)
        self._by_event[(partition, event_id)] = pending
        return pending

    def acknowledged(self, partition: int, event_id: str, pending: PendingInsight, offset: int) -> None:
        """Note that it is durable at `offset` of `crm.insights`: only now it becomes a mark.

        Raises whatever the store does; nobody waits for this insight any longer, either way.
        """
        try:
            self._state.apply(partition, event_id, pending.last)
            self._state.acknowledged(partition, offset)
        finally:
            self._drop(partition, event_id, pending, durable=True)

    def failed(self, partition: int, event_id: str, pending: PendingInsight) -> None:
        """Note that it was refused or its fate is unknown."""
        self._drop(partition, event_id, pending, durable=False)

    def _drop(self, partition: int, event_id: str, pending: PendingInsight, *, durable: bool) -> None:
        record = (partition, pending.last.record, pending.last.kind)
        on_their_way = [other for other in self._by_record.pop(record, ()) if other is not pending]
        if on_their_way:
            self._by_record[record] = on_their_way
        if self._by_event.get((partition, event_id)) is pending:
            del self._by_event[(partition, event_id)]
        if not pending.acknowledged.done():
            pending.acknowledged.set_result(durable)
