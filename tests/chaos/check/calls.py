"""Calls that were paid for more than once, and why: only what was in flight, or waiting for its turn, may be."""

from __future__ import annotations

from collections import Counter, defaultdict
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.chaos.check.checks import first_copies, first_insights
from tests.chaos.check.evidence import Leaving

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.chaos.check.evidence import Call, Departure, EventSeen, Evidence, InsightSeen

# An answer takes this long from the provider to its record at the broker, on a busy machine.
ON_ITS_WAY_S = 1.0
# Two processes round the same clock differently.
CLOCK_S = 0.005


class PaidAgain(StrEnum):
    """Why an event was paid for once more."""

    AFTER_PUBLISHED = "after its insight was published"
    SAME_WORKER = "by the worker that had the answer"
    IN_FLIGHT_AT_KILL = "in flight at a kill"
    WAITING_AT_KILL = "waiting for an earlier event at a kill"
    FREE_AT_KILL = "answered and free to be published at a kill"
    AT_STOP = "by another after a SIGTERM"
    AT_EXIT = "by another after a worker left by itself"
    MOVED = "by another after the partition moved"
    GIVEN_UP = "after the worker had given up the call"


# What the product promises never to do.
FORBIDDEN = frozenset({PaidAgain.AFTER_PUBLISHED, PaidAgain.SAME_WORKER})


def paid_again(evidence: Evidence) -> tuple[Counter[PaidAgain], list[str]]:
    """Count the calls beyond the first of their event by reason, and name those that must not be."""
    published = first_insights(evidence.insights)
    ends = {departure.caller: departure for departure in evidence.departures}
    before = _event_before(evidence)
    by_event: dict[str, list[Call]] = defaultdict(list)
    for call in evidence.calls:
        if call.costs:
            by_event[call.event_id].append(call)
    counted: Counter[PaidAgain] = Counter()
    named: list[str] = []
    for name, calls in by_event.items():
        for earlier, later in pairwise(sorted(calls, key=lambda one: one.started_s)):
            why = _reason(earlier, later, published, ends, before)
            counted[why] += 1
            if why in FORBIDDEN:
                named.append(f"{name} {why}: {earlier.caller} {earlier.started_s:.3f}, {later.started_s:.3f}")
    return counted, named


def _reason(
    earlier: Call,
    later: Call,
    published: Mapping[str, InsightSeen],
    ends: Mapping[str, Departure],
    before: Mapping[str, EventSeen],
) -> PaidAgain:
    insight = published.get(later.event_id)
    if insight is not None and later.started_s > insight.at_ms / 1000 + CLOCK_S:
        return PaidAgain.AFTER_PUBLISHED
    if earlier.caller == later.caller:
        given_up = earlier.status is None or _at_a_departure(earlier, ends)
        return PaidAgain.GIVEN_UP if given_up else PaidAgain.SAME_WORKER
    end = ends.get(earlier.caller)
    # Whoever calls while the earlier caller still lives has got the partition in a rebalance, not by its end.
    if end is None or end.gone_s > later.started_s:
        return PaidAgain.MOVED
    if end.how is not Leaving.KILL:
        return PaidAgain.AT_STOP if end.how is Leaving.STOP else PaidAgain.AT_EXIT
    if earlier.ended_s >= end.at_s - ON_ITS_WAY_S:
        return PaidAgain.IN_FLIGHT_AT_KILL
    return PaidAgain.WAITING_AT_KILL if _had_to_wait(later, end, published, before) else PaidAgain.FREE_AT_KILL


def _at_a_departure(call: Call, ends: Mapping[str, Departure]) -> bool:
    """Whether the answer came while another worker left or came back: the partition moved, and the call was given up.

    The model had written its answer by then; a worker that cancels a call does not know how far it has come.
    """
    moments = [moment for end in ends.values() if end.caller != call.caller for moment in (end.at_s, end.gone_s)]
    return any(abs(call.ended_s - moment) < ON_ITS_WAY_S for moment in moments)


def _had_to_wait(
    call: Call, end: Departure, published: Mapping[str, InsightSeen], before: Mapping[str, EventSeen]
) -> bool:
    """Whether the event before it, of the same record, had no insight when the worker was killed."""
    predecessor = before.get(call.event_id)
    if predecessor is None:
        return False
    insight = published.get(predecessor.event_id)
    return insight is None or insight.at_ms / 1000 > end.at_s - ON_ITS_WAY_S


def _event_before(evidence: Evidence) -> dict[str, EventSeen]:
    """Each event's predecessor among the events of its record."""
    last: dict[str, EventSeen] = {}
    before: dict[str, EventSeen] = {}
    for event in sorted(first_copies(evidence.events).values(), key=lambda one: (one.partition, one.offset)):
        if event.record in last:
            before[event.event_id] = last[event.record]
        last[event.record] = event
    return before
