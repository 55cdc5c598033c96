"""What must never happen, each as a pure function over the evidence: it answers every case that it finds, as text."""

from __future__ import annotations

import bisect
import math
from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.chaos.check.evidence import Commit, EventSeen, Evidence, InsightSeen, Sample

Found = list[str]


def first_copies(events: Iterable[EventSeen]) -> dict[str, EventSeen]:
    """Each event where it stands first; what stands there later is a copy that the source sent again."""
    first: dict[str, EventSeen] = {}
    for event in sorted(events, key=lambda one: (one.partition, one.offset)):
        first.setdefault(event.event_id, event)
    return first


def first_insights(insights: Iterable[InsightSeen]) -> dict[str, InsightSeen]:
    """The first insight of each event."""
    first: dict[str, InsightSeen] = {}
    for insight in sorted(insights, key=lambda one: (one.partition, one.offset)):
        first.setdefault(insight.event_id, insight)
    return first


def lost(evidence: Evidence) -> Found:
    """Events that stand on the topic or were acknowledged, and have no insight."""
    answered = {insight.event_id for insight in evidence.insights}
    first = first_copies(evidence.events)
    return [
        f"{name} at {first[name].partition}/{first[name].offset}" if name in first else f"{name}, not on the topic"
        for name in sorted(first.keys() | set(evidence.acknowledged))
        if name not in answered
    ]


def missing_from_the_topic(evidence: Evidence) -> Found:
    """Events that the broker acknowledged and does not have: then the run says nothing about the product."""
    return sorted(set(evidence.acknowledged) - {event.event_id for event in evidence.events})


def duplicates(evidence: Evidence) -> Found:
    """Insights beyond the first of their event."""
    places: dict[str, list[InsightSeen]] = defaultdict(list)
    for insight in evidence.insights:
        places[insight.event_id].append(insight)
    return [
        f"{name} again at {again.partition}/{again.offset}, {(again.at_ms - first.at_ms) / 1000:.3f} s later"
        for name, (first, *more) in places.items()
        for again in more
    ]


def strangers(evidence: Evidence) -> Found:
    """Insights of events that were never there, or on another partition than their event."""
    where = {event.event_id: event.partition for event in evidence.events}
    return [
        f"{insight.event_id} at {insight.partition}/{insight.offset}"
        for insight in evidence.insights
        if where.get(insight.event_id) != insight.partition
    ]


def order_violations(evidence: Evidence) -> Found:
    """Insights that stand behind one of a later event of their record."""
    first = first_copies(evidence.events)
    furthest: dict[str, EventSeen] = {}
    found: Found = []
    for insight in sorted(first_insights(evidence.insights).values(), key=lambda one: (one.partition, one.offset)):
        event = first.get(insight.event_id)
        if event is None:
            continue
        ahead = furthest.get(event.record)
        if ahead is not None and ahead.offset > event.offset:
            found.append(f"{event.event_id} ({event.offset}) behind {ahead.event_id} ({ahead.offset})")
        else:
            furthest[event.record] = event
    return found


def passed_unfinished(evidence: Evidence) -> Found:
    """Events that a committed offset had passed when their insight was not there yet, by samples and by commits."""
    first = first_copies(evidence.events)
    answered = first_insights(evidence.insights)
    by_partition: dict[int, list[EventSeen]] = defaultdict(list)
    for event in first.values():
        by_partition[event.partition].append(event)
    found: Found = []
    for partition, events in by_partition.items():
        events.sort(key=lambda one: one.offset)
        found += _passed(partition, events, answered, evidence.samples)
        found += _passed_by_commits(partition, events, answered, evidence.commits)
    return found


def _passed(
    partition: int, events: Sequence[EventSeen], answered: Mapping[str, InsightSeen], samples: Iterable[Sample]
) -> Found:
    offsets = [event.offset for event in events]
    found: dict[str, str] = {}
    for sample in samples:
        committed, end = sample.committed.get(partition), sample.insight_ends.get(partition)
        if committed is None or end is None:
            continue
        for event in events[: bisect.bisect_left(offsets, committed)]:
            insight = answered.get(event.event_id)
            late = insight is None or (insight.offset >= end and insight.at_ms >= sample.at_s * 1000)
            # A leader that was cut off answers with an end of the past; the time of appending tells it apart.
            if late and event.event_id not in found:
                found[event.event_id] = f"{event.event_id} at {partition}/{event.offset}, seen committed {committed}"
    return list(found.values())


def _passed_by_commits(
    partition: int, events: Sequence[EventSeen], answered: Mapping[str, InsightSeen], commits: Iterable[Commit]
) -> Found:
    """The same from the coordinator's log: a commit appended before the insight of an event below it."""
    mine = [commit for commit in commits if commit.partition == partition]
    found: Found = []
    for event in events:
        insight = answered.get(event.event_id)
        at_ms = insight.at_ms if insight is not None else math.inf
        early = next((one for one in mine if one.offset > event.offset and one.at_ms < at_ms), None)
        if early is not None:
            found.append(f"{event.event_id} at {partition}/{event.offset}, committed {early.offset} before its insight")
    return found


def went_back(evidence: Evidence) -> Found:
    """Committed offsets that were lower than one before."""
    moves: dict[int, list[int]] = defaultdict(list)
    for sample in evidence.samples:
        for partition, offset in sample.committed.items():
            moves[partition].append(offset)
    logged: dict[int, list[int]] = defaultdict(list)
    for commit in evidence.commits:
        logged[commit.partition].append(commit.offset)
    return [
        f"partition {partition}: {before} -> {after}"
        for offsets in (moves, logged)
        for partition, each in offsets.items()
        for before, after in pairwise(each)
        if after < before
    ]


def longest_stop_s(events: Iterable[EventSeen], insights: Iterable[InsightSeen]) -> float:
    """The longest time without an insight while one was due, in seconds.

    One is due from the moment at which an event stands there that has none yet. What is never answered is no stop;
    it is lost.
    """
    asked = sorted(event.at_ms for event in first_copies(events).values())
    told = sorted(insight.at_ms for insight in first_insights(insights).values())
    longest_ms = 0
    before = -math.inf
    for done, at_ms in enumerate(told):
        # The event with the number `done` is the first that was due: so many had been answered before.
        due_since = asked[done] if done < len(asked) else at_ms
        longest_ms = max(longest_ms, int(at_ms - max(before, due_since)))
        before = at_ms
    return longest_ms / 1000


def longest_stop_of_a_partition_s(evidence: Evidence) -> float:
    """The longest stop of any one partition, in seconds."""
    numbers = {event.partition for event in evidence.events}
    return max(
        (
            longest_stop_s(
                [event for event in evidence.events if event.partition == number],
                [insight for insight in evidence.insights if insight.partition == number],
            )
            for number in numbers
        ),
        default=0.0,
    )


def lag_zero_s(evidence: Evidence) -> float | None:
    """Seconds from the last event until everything was committed; None if that was never seen."""
    for sample in evidence.samples:
        if sample.at_s >= evidence.load_ended_s and all(
            sample.committed.get(partition, 0) >= end for partition, end in sample.event_ends.items()
        ):
            return sample.at_s - evidence.load_ended_s
    return None


def copies(evidence: Evidence) -> int:
    """How many events stand on the topic beyond the first of their id."""
    return sum(count - 1 for count in Counter(event.event_id for event in evidence.events).values())
