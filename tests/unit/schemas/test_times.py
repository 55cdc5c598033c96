"""Points in time as JSON producers write them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.text.times import epoch_ms, epoch_ms_of_seconds, iso_utc, within_the_calendar


@pytest.mark.parametrize(
    ("value", "ms"),
    [
        ("2025-11-25T01:00:00Z", 1764032400000),
        ("2025-11-25t01:00:00.123z", 1764032400123),
        ("2025-11-25T01:00:00.1239999Z", 1764032400123),
        ("2025-11-25T02:00:00+01:00", 1764032400000),
        ("2025-11-25T02:00:00+0100", 1764032400000),
        ("2025-11-25 01:00:00", 1764032400000),
        (" 2025-11-25 ", 1764028800000),
        ("2016-12-31T23:59:60Z", 1483228799000),
        ("1969-12-31T23:59:59.999Z", -1),
        ("9999-12-31T23:59:59.999-23:59", 253402387139999),
        (1764032400123, 1764032400123),
        ("1764032400123", 1764032400123),
        ("-1", -1),
        (1764032400123.7, 1764032400123),
        (Decimal("1764032400123.7"), 1764032400123),
    ],
)
def test_a_time_is_taken_in_the_forms_that_are_in_use(value: Any, ms: int) -> None:
    assert epoch_ms(value) == ms


@pytest.mark.parametrize(
    "value",
    [
        *("", "now", "2025-13-01T00:00:00Z", "9" * 19, "1" * 5000, "\ud83d", "\uff12\uff10\uff12\uff15-11-25"),
        *(2**63, 1e300, float("nan"), Decimal("1E+999999"), None, True, []),
    ],
)
def test_anything_else_is_refused_without_being_quoted(value: Any) -> None:
    with pytest.raises(ValueError, match=re.compile(r"^neither ISO 8601 nor milliseconds since the epoch$")):
        epoch_ms(value)


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_shown_time_is_read_back(ms: int) -> None:
    assert epoch_ms(iso_utc(ms)) == ms


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1764032400, 1764032400000),
        ("1764032400", 1764032400000),
        (1764032400.25, 1764032400250),
        (Decimal("1764032400.123"), 1764032400123),
        ("1764032400.123456789", 1764032400123),
        (0, 0),
        (-1, -1000),
        ("2025-11-25T01:00:00Z", 1764032400000),
    ],
)
def test_a_number_of_seconds_becomes_milliseconds(value: Any, expected: int) -> None:
    assert epoch_ms_of_seconds(value) == expected


@pytest.mark.parametrize(
    "value", [None, True, [], "soon", "", 2**63, 10**400, float("nan"), float("inf"), Decimal("1E+400000")]
)
def test_what_is_no_number_of_seconds_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="neither"):
        epoch_ms_of_seconds(value)


@pytest.mark.parametrize(
    ("ms", "expected"),
    [
        (1764032400123, 1764032400123),
        (-(2**63), -62135596800000),
        (-62135596800000, -62135596800000),
        (253402300799999, 253402300799999),
        (1764032400123000, 253402300799999),
    ],
)
def test_a_time_beyond_the_calendar_is_brought_to_its_edge(ms: int, expected: int) -> None:
    assert within_the_calendar(ms) == expected
