"""A tenant's last hour against its own trailing week."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.llm.call_rates import CallRate

BEGAN_S = 1_795_608_000.0
HOUR_S = 3600.0


def a_rate(*, hours: int, calls: int) -> tuple[CallRate, float]:
    """One that has seen so many calls an hour, and the present moment."""
    rate = CallRate(BEGAN_S)
    for minute in range(0, hours * 60, 10):
        if minute % 60 == 0:
            rate.add(calls, BEGAN_S + minute * 60)
    return rate, BEGAN_S + hours * HOUR_S


def test_nothing_is_said_before_a_day_has_been_seen() -> None:
    rate, now_s = a_rate(hours=23, calls=10)
    assert rate.ratio(now_s) is None


def test_ten_times_the_calls_of_an_hour_are_ten() -> None:
    rate, now_s = a_rate(hours=48, calls=10)
    rate.add(100, now_s + 600)
    assert rate.ratio(now_s + 600) == pytest.approx(10, rel=0.11)


def test_as_many_as_usual_are_one() -> None:
    rate, now_s = a_rate(hours=400, calls=7)
    rate.add(7, now_s)
    assert rate.ratio(now_s) == pytest.approx(1.0)


def test_an_hour_without_calls_is_nought() -> None:
    rate, now_s = a_rate(hours=48, calls=10)
    assert rate.ratio(now_s + 2 * HOUR_S) == 0.0


def test_what_is_older_than_a_week_is_forgotten() -> None:
    rate, now_s = a_rate(hours=24, calls=1000)
    later_s = now_s + 200 * HOUR_S
    rate.add(3, later_s)
    assert rate.ratio(later_s) == 3.0


def test_a_rare_call_is_no_burst() -> None:
    rate = CallRate(BEGAN_S)
    rate.add(1, BEGAN_S)
    rate.add(1, BEGAN_S + 100 * HOUR_S)
    assert rate.ratio(BEGAN_S + 100 * HOUR_S) == 1.0


@given(st.lists(st.tuples(st.floats(-1e6, 1e7), st.integers(0, 1000)), max_size=30))
def test_no_clock_brings_it_out_of_step(calls: list[tuple[float, int]]) -> None:
    rate = CallRate(BEGAN_S)
    for moved_s, count in calls:
        rate.add(count, BEGAN_S + moved_s)
        ratio = rate.ratio(BEGAN_S + moved_s)
        assert ratio is None or ratio >= 0.0
