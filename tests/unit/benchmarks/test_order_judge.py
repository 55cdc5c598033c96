"""What the benchmark of the order concludes from the topics."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.order.judge import damage, rate_per_s
from tests.chaos.check.evidence import Commit, EventSeen, Evidence, InsightSeen

EVENTS = [EventSeen(0, number, f"evt-{number}", "one/Ticket/1", 1_000) for number in range(4)]
INSIGHTS = [InsightSeen(0, number, f"evt-{number}", 2_000 + number) for number in range(4)]
SOUND = Evidence(EVENTS, INSIGHTS, [event.event_id for event in EVENTS], commits=[Commit(3_000, 0, 4)])


def cases(evidence: Evidence) -> dict[str, int]:
    return {name: count for name, count in damage(evidence).items() if count}


def test_a_sound_run_has_no_damage() -> None:
    assert cases(SOUND) == {}


def test_an_insight_behind_that_of_a_later_event_of_its_record_is_out_of_order() -> None:
    first, second, *others = INSIGHTS
    swapped = [replace(first, offset=1), replace(second, offset=0), *others]

    assert cases(replace(SOUND, insights=swapped)) == {"order_violations": 1}


def test_insights_of_different_records_may_overtake_one_another() -> None:
    events = [replace(event, record=f"one/Ticket/{number}") for number, event in enumerate(EVENTS)]
    turned = [replace(insight, offset=3 - insight.offset) for insight in INSIGHTS]

    assert cases(replace(SOUND, events=events, insights=turned)) == {}


def test_a_missing_insight_is_lost_and_was_passed_by_the_commit() -> None:
    assert cases(replace(SOUND, insights=INSIGHTS[:3])) == {"lost": 1, "passed_unfinished": 1}


def test_a_second_insight_is_a_duplicate() -> None:
    again = InsightSeen(0, 4, "evt-0", 2_500)

    assert cases(replace(SOUND, insights=[*INSIGHTS, again])) == {"duplicates": 1}


def test_the_rate_is_that_of_the_middle() -> None:
    # 100 insights: 15 and 14 of them a second apart, and between them one each hundredth of a second.
    times_ms = [*range(0, 15_000, 1_000), *range(15_000, 15_710, 10), *range(20_000, 34_000, 1_000)]
    insights = [InsightSeen(0, number, f"evt-{number}", at_ms) for number, at_ms in enumerate(times_ms)]

    assert rate_per_s(insights) == pytest.approx(100)


def test_a_handful_of_insights_makes_no_rate() -> None:
    with pytest.raises(ValueError, match="1 insights"):
        rate_per_s(INSIGHTS[:1])
