"""The checker finds every kind of damage when it is given some: a suite that cannot fail proves nothing."""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import replace

import pytest

from tests.chaos.check import gather
from tests.chaos.check.calls import PaidAgain
from tests.chaos.check.evidence import Call, Commit, Departure, EventSeen, Evidence, InsightSeen, Leaving, Sample
from tests.chaos.check.verdict import judge
from tests.support.topics import Received

# Four events of two records on one partition; the second one was sent twice.
EVENTS = (
    EventSeen(0, 0, "evt-0", "t/Ticket/a", 1_000),
    EventSeen(0, 1, "evt-1", "t/Ticket/a", 2_000),
    EventSeen(0, 2, "evt-1", "t/Ticket/a", 2_060),
    EventSeen(0, 3, "evt-2", "t/Ticket/b", 3_000),
    EventSeen(0, 4, "evt-3", "t/Ticket/a", 4_000),
)
INSIGHTS = (
    InsightSeen(0, 0, "evt-2", 5_000),
    InsightSeen(0, 1, "evt-0", 6_000),
    InsightSeen(0, 2, "evt-1", 7_000),
    InsightSeen(0, 3, "evt-3", 8_000),
)
SOUND = Evidence(
    events=EVENTS,
    insights=INSIGHTS,
    acknowledged=("evt-0", "evt-1", "evt-1", "evt-2", "evt-3"),
    samples=(
        Sample(6.5, {0: 1}, {0: 2}, {0: 5}),
        Sample(7.5, {0: 4}, {0: 3}, {0: 5}),
        Sample(9.0, {0: 5}, {0: 4}, {0: 5}),
    ),
    commits=(Commit(6_400, 0, 1), Commit(7_400, 0, 4), Commit(8_500, 0, 5)),
    calls=(
        Call("evt-0", "w1", 1.1, 5.9, 200),
        Call("evt-1", "w1", 2.1, 3.0, 200),
        Call("evt-2", "w1", 3.1, 4.9, 200),
        Call("evt-3", "w1", 4.1, 5.0, 200),
    ),
    load_ended_s=4.0,
)


def test_a_sound_run_is_found_sound() -> None:
    verdict = judge(SOUND)

    assert verdict.damage == {}
    assert (verdict.events, verdict.copies, verdict.insights, verdict.calls) == (4, 1, 4, 4)
    assert verdict.lag_zero_s == 5.0


def test_an_event_without_an_insight_is_lost() -> None:
    verdict = judge(replace(SOUND, insights=INSIGHTS[:-1], commits=(), samples=SOUND.samples[:2]))

    assert verdict.damage == {"lost": 1, "lag_never_zero": 1}
    assert verdict.cases == {"lost": ["evt-3 at 0/4"]}


def test_an_acknowledged_event_that_the_broker_no_longer_has_is_told_apart() -> None:
    verdict = judge(replace(SOUND, acknowledged=(*SOUND.acknowledged, "evt-9")))

    assert verdict.damage == {"lost": 1, "missing_from_the_topic": 1}


def test_a_second_insight_is_a_duplicate() -> None:
    verdict = judge(replace(SOUND, insights=(*INSIGHTS, InsightSeen(0, 4, "evt-1", 9_000))))

    assert verdict.damage == {"duplicates": 1}
    assert verdict.cases["duplicates"] == ["evt-1 again at 0/4, 2.000 s later"]


def test_an_insight_behind_that_of_a_later_event_of_its_record_is_out_of_order() -> None:
    swapped = (*INSIGHTS[:1], replace(INSIGHTS[1], offset=2), replace(INSIGHTS[2], offset=1), INSIGHTS[3])

    verdict = judge(replace(SOUND, insights=swapped, samples=SOUND.samples[2:], commits=SOUND.commits[2:]))

    assert verdict.damage == {"order_violations": 1}
    assert verdict.cases["order_violations"] == ["evt-0 (0) behind evt-1 (1)"]


def test_a_sampled_offset_beyond_an_event_whose_insight_came_later_has_passed_it() -> None:
    early = Sample(6.5, {0: 2}, {0: 2}, {0: 5})

    verdict = judge(replace(SOUND, samples=(early, *SOUND.samples[1:])))

    assert verdict.damage == {"passed_unfinished": 1}
    assert verdict.cases["passed_unfinished"] == ["evt-1 at 0/1, seen committed 2"]


def test_a_leader_that_answers_with_an_end_of_the_past_is_no_violation() -> None:
    stale = Sample(7.5, {0: 4}, {0: 0}, {0: 5})

    assert judge(replace(SOUND, samples=(stale, SOUND.samples[2]))).damage == {}


def test_a_commit_that_no_sample_has_seen_is_found_in_the_coordinators_log() -> None:
    commits = (*SOUND.commits[:1], Commit(6_900, 0, 2), *SOUND.commits[1:])

    verdict = judge(replace(SOUND, commits=commits))

    assert verdict.damage == {"passed_unfinished": 1}
    assert verdict.cases["passed_unfinished"] == ["evt-1 at 0/1, committed 2 before its insight"]


def test_a_committed_offset_that_goes_back_is_found() -> None:
    verdict = judge(replace(SOUND, commits=(*SOUND.commits, Commit(9_000, 0, 3))))

    assert verdict.damage == {"went_back": 1}


def test_an_insight_of_no_event_is_a_stranger() -> None:
    verdict = judge(replace(SOUND, insights=(*INSIGHTS, InsightSeen(0, 4, "evt-77", 9_000))))

    assert verdict.damage == {"strangers": 1}


def test_a_dead_letter_is_damage_where_every_event_can_be_read() -> None:
    assert judge(replace(SOUND, dead_letters=("evt-5: poison",))).damage == {"dead_letters": 1}


@pytest.mark.parametrize(
    ("again", "departures", "why"),
    [
        (Call("evt-2", "w2", 5.2, 6.0, 200), (), PaidAgain.AFTER_PUBLISHED),
        (Call("evt-3", "w1", 6.0, 6.5, 200), (), PaidAgain.SAME_WORKER),
        (Call("evt-3", "w1", 6.0, 6.5, 200), (Departure("w2", 3.0, Leaving.KILL, 3.0),), PaidAgain.SAME_WORKER),
        (Call("evt-3", "w1", 6.0, 6.5, 200), (Departure("w2", 4.6, Leaving.EXIT, 5.4),), PaidAgain.GIVEN_UP),
        (
            Call("evt-0", "w2", 5.9, 6.5, 200),
            (Departure("w1", 5.5, Leaving.KILL, gone_s=5.5),),
            PaidAgain.IN_FLIGHT_AT_KILL,
        ),
        (
            Call("evt-1", "w2", 5.9, 6.5, 200),
            (Departure("w1", 5.5, Leaving.KILL, gone_s=5.5),),
            PaidAgain.WAITING_AT_KILL,
        ),
        (Call("evt-1", "w2", 5.9, 6.5, 200), (Departure("w1", 5.2, Leaving.STOP, gone_s=5.8),), PaidAgain.AT_STOP),
        (Call("evt-1", "w2", 5.9, 6.5, 200), (Departure("w1", 5.2, Leaving.STOP, gone_s=6.0),), PaidAgain.MOVED),
        (Call("evt-1", "w2", 5.9, 6.5, 200), (Departure("w1", 5.5, Leaving.EXIT, gone_s=5.5),), PaidAgain.AT_EXIT),
        (Call("evt-1", "w2", 5.0, 6.5, 200), (Departure("w1", 5.5, Leaving.KILL, gone_s=5.5),), PaidAgain.MOVED),
    ],
)
def test_a_call_paid_twice_is_counted_by_its_reason(
    again: Call, departures: tuple[Departure, ...], why: PaidAgain
) -> None:
    verdict = judge(replace(SOUND, calls=(*SOUND.calls, again), departures=departures))

    assert verdict.paid_again == {str(one): int(one is why) for one in PaidAgain}
    forbidden = why in {PaidAgain.AFTER_PUBLISHED, PaidAgain.SAME_WORKER}
    assert verdict.damage == ({"paid_again_forbidden": 1} if forbidden else {})


def test_a_call_that_the_provider_refused_costs_nothing() -> None:
    refused = Call("evt-2", "w1", 3.0, 3.1, 503)

    assert not any(judge(replace(SOUND, calls=(refused, *SOUND.calls))).paid_again.values())


def test_an_answer_that_nothing_held_back_when_its_worker_was_killed_is_told_apart() -> None:
    """The last event's predecessor was published two seconds before the kill."""
    calls = (Call("evt-3", "w1", 4.1, 5.0, 200), Call("evt-3", "w2", 9.9, 10.5, 200))
    insights = (*INSIGHTS[:3], replace(INSIGHTS[3], at_ms=11_000))

    verdict = judge(
        replace(
            SOUND,
            insights=insights,
            calls=calls,
            departures=(Departure("w1", 9.0, Leaving.KILL, gone_s=9.0),),
            samples=(),
            commits=(),
        )
    )

    assert +Counter(verdict.paid_again) == {str(PaidAgain.FREE_AT_KILL): 1}


def test_the_longest_stop_counts_only_while_an_insight_is_due() -> None:
    events = (EventSeen(0, 0, "evt-0", "a", 1_000), EventSeen(0, 1, "evt-1", "b", 60_000))
    insights = (InsightSeen(0, 0, "evt-0", 3_000), InsightSeen(0, 1, "evt-1", 64_500))

    verdict = judge(Evidence(events, insights))

    assert verdict.longest_stop_s == 4.5


def test_an_id_is_read_from_any_framed_record_that_begins_with_it() -> None:
    assert gather.event_id_in(b"\0" + struct.pack(">i", 7) + bytes([2 * 5]) + b"evt-1" + b"more") == "evt-1"


def test_commits_are_read_from_the_coordinators_log_and_those_of_other_groups_are_not() -> None:
    def record(group: bytes, offset: int, version: int = 1) -> Received:
        names = b"".join(struct.pack(">h", len(name)) + name for name in (group, b"events"))
        key = struct.pack(">h", version) + names + struct.pack(">i", 3)
        return Received("__consumer_offsets", 0, 0, 5_000, key, struct.pack(">hq", 3, offset) + b"rest", ())

    log = [record(b"ours", 41), record(b"another", 42), record(b"ours", 43, version=2)]

    assert list(gather._commits(log, "ours", "events")) == [Commit(5_000, 3, 41)]
