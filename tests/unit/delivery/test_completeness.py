"""Marks are missing where an event that may come again is older than the oldest mark, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from streams.delivery.dedupe.changelog_reader import Extent
from streams.delivery.dedupe.completeness import Gap, MarksExpiredError, MarksNeeded

EVENTS, INSIGHTS = "crm.events", "crm.insights"
NOW_MS = 1_764_000_000_000
HOUR_MS = 3_600_000


@dataclass
class Partitions:
    """What partition 0 of both topics holds: the time of the record at each offset."""

    events: dict[int, int] = field(default_factory=dict)
    events_end: int = 0
    insights: dict[int, int] = field(default_factory=dict)
    insights_end: int = 0
    group_at: int | None = None

    def extent(self, topic: str, _: int) -> Extent:
        held, end = (self.events, self.events_end) if topic == EVENTS else (self.insights, self.insights_end)
        return Extent(min(held, default=end), end)

    def committed(self, topic: str, _: int) -> int | None:
        assert topic == EVENTS
        return self.group_at

    def time_of_first(self, topic: str, _: int, offset: int) -> int | None:
        held = self.events if topic == EVENTS else self.insights
        return next((held[at] for at in sorted(held) if at >= offset), None)


def gap(held: Partitions) -> Gap | None:
    needed = MarksNeeded(EVENTS, horizon_ms=HOUR_MS, accept_missing=False)
    return needed.gap(cast("Any", held), INSIGHTS, 0, NOW_MS)


def times(*ages_h: float, first: int = 0) -> dict[int, int]:
    """Records from offset `first` on, so many hours old."""
    return {first + number: NOW_MS - int(age * HOUR_MS) for number, age in enumerate(ages_h)}


def test_an_open_event_younger_than_the_oldest_mark_is_covered() -> None:
    held = Partitions(times(5, 4), 2, times(4.5, first=7), 8, group_at=1)
    assert gap(held) is None


def test_an_open_event_older_than_the_oldest_mark_is_a_gap() -> None:
    held = Partitions(times(5, 4), 2, times(4.5, first=7), 8, group_at=0)
    assert gap(held) == Gap(0, oldest_event_ms=NOW_MS - 5 * HOUR_MS, oldest_mark_ms=NOW_MS - int(4.5 * HOUR_MS))


def test_an_event_of_the_very_time_of_the_oldest_mark_is_covered() -> None:
    assert gap(Partitions(times(5), 1, times(5, first=7), 8, group_at=0)) is None


def test_nothing_is_missed_where_every_event_is_committed() -> None:
    assert gap(Partitions(times(5, 4), 2, times(1, first=7), 8, group_at=2)) is None


def test_a_group_that_has_committed_nothing_begins_with_the_oldest_event() -> None:
    assert gap(Partitions(times(5, 4, first=3), 5, times(4.5, first=7), 8, group_at=None)) is not None


def test_events_that_retention_has_taken_too_are_not_asked_for() -> None:
    assert gap(Partitions(times(4, first=3), 4, times(4.5, first=7), 8, group_at=1)) is None


@pytest.mark.parametrize(("age_h", "is_gap"), [(0.9, False), (1.1, True)])
def test_where_all_marks_have_expired_the_horizon_says_how_old_the_last_one_was(*, age_h: float, is_gap: bool) -> None:
    assert (gap(Partitions(times(age_h), 1, {}, 8, group_at=0)) is not None) is is_gap


def test_the_refusal_names_topic_times_and_every_way_on() -> None:
    message = str(MarksExpiredError(INSIGHTS, [Gap(3, NOW_MS - HOUR_MS, NOW_MS)]))
    for part in (
        "crm.insights",
        "partition 3: an event of 2025-11-24T15:00:00+00:00 is not committed, marks begin at 2025-11-24T16:00:00+00:00",
        "retention.ms",
        "--reset-offsets",
        "CRM_INSIGHTS_STATE__ACCEPT_MISSING_MARKS=true",
    ):
        assert part in message
