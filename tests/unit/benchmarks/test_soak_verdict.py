"""What the soak concludes from its samples."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.soak.verdict import Ended, Fault, Sample, lags_back_s, passed, slope_per_min, verdict

WELL = Ended(events=600, insights=600, dead_letters=0, uncommitted=0, waited_s=2.0)


def samples(seconds: int = 300, *, lag: int = 20) -> list[Sample]:
    """One a second of a worker that holds the same all the time."""
    return [Sample(float(at), 240.0, 100, 80, 14, 60, lag, 2 * at) for at in range(seconds)]


def with_lag(lag: int, begin_s: int, end_s: int) -> list[Sample]:
    return [replace(one, lag=lag) if begin_s <= one.at_s < end_s else one for one in samples()]


def test_memory_that_grows_by_a_megabyte_in_a_minute_has_that_slope() -> None:
    grown = [replace(one, resident_mb=240 + one.at_s / 60) for one in samples()]

    assert slope_per_min(grown, "resident_mb") == pytest.approx(1.0)


def test_a_lag_is_back_when_it_stays_as_it_was_before_the_fault() -> None:
    seen = with_lag(400, 100, 125)

    assert lags_back_s(seen, [Fault("a fault", 100, 110)]) == [15.0]


def test_a_lag_that_returns_for_a_moment_only_is_not_back() -> None:
    seen = with_lag(400, 100, 125)
    seen[115] = replace(seen[115], lag=10)

    assert lags_back_s(seen, [Fault("a fault", 100, 110)]) == [15.0]


def test_a_lag_that_lasts_into_the_next_fault_never_came_back() -> None:
    seen = with_lag(400, 100, 300)

    assert lags_back_s(seen, [Fault("one", 100, 110), Fault("two", 200, 210)])[0] is None


def test_a_lag_that_never_rose_is_back_as_soon_as_the_gauge_is_renewed() -> None:
    assert lags_back_s(samples(), [Fault("a fault", 100, 110)]) == [2.0]


def test_a_missing_insight_fails_the_soak() -> None:
    assert passed(samples(), [], WELL)
    assert not passed(samples(), [], replace(WELL, insights=599))


def test_growth_of_the_tasks_shows_in_the_verdict() -> None:
    seen = [replace(one, tasks=60 + int(one.at_s)) for one in samples()]

    assert "tasks: 169.5 after warm-up, 349.5 at the end, 359 at most" in list(verdict(seen, [], WELL))
