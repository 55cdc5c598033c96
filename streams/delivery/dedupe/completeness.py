"""Are all marks still there that the events of a restart can ask for?

An event that is not committed yet may have its insight already: the worker died between the two. Its mark is found by
reading `crm.insights`, unless retention has deleted it there. Then the event would be read, paid and published again.
So a restore that finds records missing at the low end of `crm.insights` compares: no insight is older than its event,
hence nothing is lost while the oldest record that is left is no younger than the oldest event that may come again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from schemas.errors import CrmInsightsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.delivery.dedupe.changelog_reader import ChangelogReader


@dataclass(frozen=True, slots=True)
class Gap:
    """A partition in which marks may be missing: times in milliseconds, as the broker has stamped them."""

    partition: int
    oldest_event_ms: int
    oldest_mark_ms: int

    def __str__(self) -> str:
        """Say it for a person."""
        return (
            f"partition {self.partition}: an event of {_moment(self.oldest_event_ms)} is not committed, marks begin at "
            f"{_moment(self.oldest_mark_ms)}"
        )


class MarksExpiredError(CrmInsightsError):
    """Events that are not committed are older than the oldest mark: whether they were published cannot be known."""

    def __init__(self, insights_topic: str, gaps: Sequence[Gap]) -> None:
        """Name the topic and every gap."""
        super().__init__(
            f"{insights_topic} no longer holds the marks of events that are still to be read, which may have been "
            f"published already ({'; '.join(str(gap) for gap in gaps)}). Lengthen its retention.ms to that of the "
            "events topic and a day more. To go on now: move the group's offsets past those events "
            "(kafka-consumer-groups --reset-offsets), or set CRM_INSIGHTS_STATE__ACCEPT_MISSING_MARKS=true and take "
            "second insights for some of them."
        )


@dataclass(frozen=True, slots=True)
class MarksNeeded:
    """Which marks a restore must be able to read: those of events of `events_topic` that are not committed.

    `horizon_ms`: retention deletes no insight that is younger. With `accept_missing` nothing is asked.
    """

    events_topic: str
    horizon_ms: int
    accept_missing: bool

    def gap(self, reader: ChangelogReader, insights_topic: str, partition: int, now_ms: int) -> Gap | None:
        """What may be missing of a partition that has lost records at its low end. Blocks; raises BrokerUnreachable."""
        oldest_event_ms = self._oldest_open_event_ms(reader, partition)
        if oldest_event_ms is None:
            return None
        oldest_mark_ms = reader.time_of_first(insights_topic, partition, reader.extent(insights_topic, partition).low)
        if oldest_mark_ms is None:
            # All have expired, and with them the time of the last.
            oldest_mark_ms = now_ms - self.horizon_ms
        return Gap(partition, oldest_event_ms, oldest_mark_ms) if oldest_event_ms < oldest_mark_ms else None

    def _oldest_open_event_ms(self, reader: ChangelogReader, partition: int) -> int | None:
        extent = reader.extent(self.events_topic, partition)
        first_open = max(extent.low, reader.committed(self.events_topic, partition) or 0)
        return reader.time_of_first(self.events_topic, partition, first_open) if first_open < extent.high else None


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")
