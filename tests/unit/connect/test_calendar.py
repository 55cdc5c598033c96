"""Counts since the epoch become ISO 8601, for every number that 64 bits hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.connect.calendar import iso_date, iso_duration, iso_time, iso_timestamp

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(st.dates())
def test_dates_of_the_calendar_are_told_as_python_tells_them(day: date) -> None:
    assert iso_date((day - date(1970, 1, 1)).days) == day.isoformat()


@given(st.datetimes(timezones=st.just(UTC)))
def test_moments_of_the_calendar_are_told_to_the_microsecond(moment: datetime) -> None:
    told = iso_timestamp((moment - EPOCH) // timedelta(microseconds=1), 6)
    assert told == moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


@given(st.integers(-(2**63), 2**63 - 1), st.sampled_from([3, 6, 9]))
def test_no_number_is_refused(count: int, digits: int) -> None:
    assert iso_date(count)
    assert iso_timestamp(count, digits)
    assert iso_time(count, digits)
    assert iso_duration(count, digits)


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (-56_270, "1815-12-10"),
        (20_453, "2025-12-31"),
        (2_932_896, "9999-12-31"),
        (2_932_897, "+10000-01-01"),
        (-719_528, "0000-01-01"),
        (-719_529, "-0001-12-31"),
        (2_145_042_905, "+5874897-12-31"),
        (2_146_033_979, "infinity"),
        (-(2**31), "-infinity"),
    ],
)
def test_dates_beyond_the_calendar_are_told_too(days: int, told: str) -> None:
    assert iso_date(days) == told


@pytest.mark.parametrize(
    ("count", "digits", "told"),
    [
        (1_764_032_400_123, 3, "2025-11-25T01:00:00.123Z"),
        (1_764_032_400_123_456, 6, "2025-11-25T01:00:00.123456Z"),
        (1_764_032_400_123_456_789, 9, "2025-11-25T01:00:00.123456789Z"),
        (-1, 3, "1969-12-31T23:59:59.999Z"),
        (2**63 - 1, 6, "infinity"),
        (-(2**63), 6, "-infinity"),
        (9_223_372_036_825_200_000, 3, "infinity"),
        (-9_223_372_036_832_400_000, 3, "-infinity"),
    ],
)
def test_each_unit_has_its_digits_and_infinities(count: int, digits: int, told: str) -> None:
    assert iso_timestamp(count, digits) == told


def test_midnight_at_the_end_of_a_day_is_24_o_clock() -> None:
    assert iso_time(86_400_000, 3) == "24:00:00.000"


@pytest.mark.parametrize(
    ("micros", "told"),
    [(93_600_000_000, "PT26H"), (0, "PT0S"), (-1_500_000, "-PT1.5S"), (61_000_000, "PT1M1S")],
)
def test_durations_are_told_in_hours_minutes_and_seconds(micros: int, told: str) -> None:
    assert iso_duration(micros, 6) == told
