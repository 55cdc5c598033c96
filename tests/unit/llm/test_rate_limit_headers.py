"""Retry-After and the x-ratelimit headers, as they come and as they should not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.llm.rate_limit_headers import RateLimitHeaders, duration_s, retry_after_s

NOW_S = datetime(2025, 11, 25, 1, 0, 0, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("headers", "expected_s"),
    [
        ({}, None),
        ({"retry-after": "20"}, 20),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "Tue, 25 Nov 2025 01:03:00 GMT"}, 180),
        ({"retry-after": "Tue, 25 Nov 2025 01:03:00 -0000"}, 180),
        ({"retry-after": "Tue, 25 Nov 2025 00:00:00 GMT"}, 0),
        ({"retry-after-ms": "1500", "retry-after": "20"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "20"}, 20),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "tomorrow"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "1_000"}, None),
        ({"retry-after": "1e9"}, None),
        ({"retry-after": "\u0661\u0662"}, None),
        ({"retry-after": "9" * 400}, None),
    ],
)
def test_retry_after_is_read_as_seconds_and_as_a_date(headers: dict[str, str], expected_s: float | None) -> None:
    assert retry_after_s(headers, wall_clock_s=NOW_S) == expected_s


@pytest.mark.parametrize(
    ("headers", "expected_s"),
    [
        ({"retry-after": str(int(NOW_S) + 30)}, 30),
        ({"retry-after-ms": str((int(NOW_S) + 30) * 1000)}, 30),
        ({"retry-after": str(int(NOW_S) - 5)}, 0),
    ],
)
def test_an_epoch_where_seconds_belong_is_read_as_the_time_that_it_means(
    headers: dict[str, str], expected_s: float
) -> None:
    assert retry_after_s(headers, wall_clock_s=NOW_S) == expected_s


@given(st.text() | st.integers().map(str) | st.floats().map(str))
def test_no_header_value_breaks_anything(value: str) -> None:
    headers = dict.fromkeys(
        ("retry-after", "retry-after-ms", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"), value
    )
    assert (retry_after_s(headers, wall_clock_s=NOW_S) or 0.0) >= 0
    found = RateLimitHeaders.of(headers)
    assert found is None or (found.reset_tokens_s or 0.0) >= 0


@pytest.mark.parametrize(
    ("value", "expected_s"),
    [
        (None, None),
        ("20ms", 0.02),
        ("1.5s", 1.5),
        ("6m0s", 360),
        ("1h2m3s", 3723),
        ("1d", 86400),
        ("7", 7),
        ("", None),
        ("ms", None),
        ("1s then some", None),
        ("1s" * 40, None),
    ],
)
def test_durations_are_read_as_openai_writes_them(value: str | None, expected_s: float | None) -> None:
    assert duration_s(value) == (None if expected_s is None else pytest.approx(expected_s))


def test_what_a_provider_tells_of_its_limits_is_kept_and_what_it_does_not_is_missing() -> None:
    headers = {
        "x-ratelimit-limit-requests": "3000",
        "x-ratelimit-remaining-requests": "2999",
        "x-ratelimit-reset-requests": "20ms",
        "x-ratelimit-remaining-tokens": "many",
    }
    assert RateLimitHeaders.of(headers) == RateLimitHeaders(3000, 2999, 0.02)
    assert RateLimitHeaders.of({"content-type": "text/html"}) is None
