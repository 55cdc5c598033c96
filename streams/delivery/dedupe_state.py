"""What is known of past events: the marks of those that became insights, and the last insight of each record.

Held per partition of `crm.insights`, which is its changelog: key and headers of an insight are a mark. This is the
in-memory store; nothing here knows Kafka.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.delivery.insight_headers import LastInsight


@dataclass(slots=True)
class _PartitionState:
    """`applied` is the changelog offset up to which nothing is missing, None before the first."""

    applied: int | None = None
    marks: set[bytes] = field(default_factory=set)
    last: dict[tuple[str, str], LastInsight] = field(default_factory=dict)
    highest_source_offset: dict[str, LastInsight] = field(default_factory=dict)


class DedupeState:
    """Marks and last insights by partition. 16-byte hashes stand for event ids: 98 MB a million instead of 123."""

    def __init__(self) -> None:
        """Begin empty."""
        self._partitions: dict[int, _PartitionState] = {}

    def apply(self, partition: int, event_id: str, last: LastInsight | None) -> None:
        """Note one changelog record. Applying it again changes nothing."""
        state = self._partitions.setdefault(partition, _PartitionState())
        state.marks.add(_hash(event_id))
        if last is not None:
            self._remember(state, last)

    def restored_to(self, partition: int, offset: int) -> None:
        """Say that every changelog record up to `offset` has been read; expired and compacted ones count as read."""
        state = self._partitions.setdefault(partition, _PartitionState())
        if state.applied is None or offset > state.applied:
            state.applied = offset

    def acknowledged(self, partition: int, offset: int) -> None:
        """Say that our own record, applied already, stands at `offset`.

        Advances only without a gap: a record that somebody else wrote between two of ours must still be read when the
        partition is assigned again.
        """
        state = self._partitions.setdefault(partition, _PartitionState())
        if state.applied is not None and offset == state.applied + 1:
            state.applied = offset

    def applied(self, partition: int) -> int | None:
        """The changelog offset up to which nothing is missing."""
        state = self._partitions.get(partition)
        return None if state is None else state.applied

    def has_insight(self, partition: int, event_id: str) -> bool:
        """Whether the event is published already."""
        state = self._partitions.get(partition)
        return state is not None and _hash(event_id) in state.marks

    def last_insight(self, partition: int, record: str, kind: str) -> LastInsight | None:
        """The last insight of a record (named as in the header) and kind."""
        state = self._partitions.get(partition)
        return None if state is None else state.last.get((record, kind))

    def has_ended(self, partition: int, record: str, source_offset: int, events_topic_id: str) -> bool:
        """Whether an event without a mark must have ended, because a later event of its record has an insight.

        Endings of a record come in the order of its events, so everything before a published one has ended as a skip
        or a dead letter, which leave no mark. Offsets of a topic that was made anew say nothing.
        """
        state = self._partitions.get(partition)
        last = None if state is None else state.highest_source_offset.get(record)
        return last is not None and last.events_topic_id == events_topic_id and source_offset < last.source_offset

    def forget(self, partition: int) -> None:
        """Drop all that is known of a partition."""
        self._partitions.pop(partition, None)

    def __len__(self) -> int:
        """How many marks are held."""
        return sum(len(state.marks) for state in self._partitions.values())

    @staticmethod
    def _remember(state: _PartitionState, last: LastInsight) -> None:
        state.last[(last.record, last.kind)] = last
        highest = state.highest_source_offset.get(last.record)
        if (
            highest is None
            or highest.events_topic_id != last.events_topic_id
            or last.source_offset >= highest.source_offset
        ):
            state.highest_source_offset[last.record] = last


def _hash(event_id: str) -> bytes:
    return blake2b(event_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()
