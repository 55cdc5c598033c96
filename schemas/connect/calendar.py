"""Counts since the epoch as ISO 8601, for every value that 64 bits can hold.

`datetime` ends with the year 9999, PostgreSQL's dates with 5874897, and its infinities lie beyond both: one row with a
date of "infinity" raised OverflowError in the middle of a record (measured with Debezium 3.7 and fastavro).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

INFINITY: Final = "infinity"
NEGATIVE_INFINITY: Final = "-infinity"

SECOND_MS: Final = 3
"""Digits of a second's fraction when counting milliseconds; 6 is microseconds, 9 nanoseconds."""
SECOND_US: Final = 6
SECOND_NS: Final = 9

_EPOCH: Final = date(1970, 1, 1)
_DAYS_IN_400_YEARS: Final = 146_097
_SECONDS_A_DAY: Final = 86_400
_LAST_YEAR: Final = 9999
# The last and first day that PostgreSQL holds (5874897-12-31, 4714-11-24 BC). What Debezium writes for an infinite date
# lies beyond: 2146033979 days (measured).
_LAST_DAY: Final = 2_145_042_905
_FIRST_DAY: Final = -2_440_588
# Infinite timestamps: the ends of 64 bits, and what PostgreSQL's driver makes of them (PGStatement.java of pgjdbc).
_INFINITE: Final = {
    2**63 - 1: INFINITY,
    9_223_372_036_825_200_000: INFINITY,
    -(2**63): NEGATIVE_INFINITY,
    -9_223_372_036_832_400_000: NEGATIVE_INFINITY,
}


def iso_date(days: int) -> str:
    """Return a count of days since 1970-01-01 as a date; years beyond 9999 as +12000-01-01, before 1 as -0043-03-15."""
    if days > _LAST_DAY:
        return INFINITY
    if days < _FIRST_DAY:
        return NEGATIVE_INFINITY
    cycles, rest = divmod(days, _DAYS_IN_400_YEARS)
    day = _EPOCH + timedelta(days=rest)
    year = day.year + 400 * cycles
    sign = "+" if year > _LAST_YEAR else "-" if year < 0 else ""
    return f"{sign}{abs(year):04d}-{day.month:02d}-{day.day:02d}"


def iso_timestamp(count: int, digits: int) -> str:
    """Return a count of 10**-`digits` seconds since the epoch as ISO 8601 in UTC, with so many digits."""
    if count in _INFINITE:
        return _INFINITE[count]
    days, rest = divmod(count, _SECONDS_A_DAY * 10**digits)
    day = iso_date(days)
    return day if day in (INFINITY, NEGATIVE_INFINITY) else f"{day}T{iso_time(rest, digits)}Z"


def iso_time(count: int, digits: int) -> str:
    """Return a count of 10**-`digits` seconds since midnight as a time of day; 24:00:00 is one, in PostgreSQL."""
    seconds, fraction = divmod(count, 10**digits)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}" + (f".{fraction:0{digits}d}" if digits else "")


def iso_duration(count: int, digits: int) -> str:
    """Return a count of 10**-`digits` seconds as an ISO 8601 duration in hours, minutes and seconds."""
    seconds, fraction = divmod(abs(count), 10**digits)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    part = f".{fraction:0{digits}d}".rstrip("0") if fraction else ""
    whole = f"PT{f'{hour}H' if hour else ''}{f'{minute}M' if minute else ''}"
    return ("-" if count < 0 else "") + whole + (f"{second}{part}S" if second or part or whole == "PT" else "")
