"""What a provider tells about its limits in the headers of an answer: `Retry-After` and `x-ratelimit-*`.

Header values come from outside: whatever does not parse counts as not said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# ASCII digits and a plain point: `float` alone would also take "1_000", "1e99", "nan" and every script's digits. More
# than 15 digits are no count and no time that anyone means.
_MOST_DIGITS = 15
_NUMBER = re.compile(rf"[0-9]{{1,{_MOST_DIGITS}}}(?:\.[0-9]{{1,{_MOST_DIGITS}}})?")
# Nobody asks for a wait of 30 years: a number from here on is an epoch (2001 and later), a common mistake of servers.
_EPOCH_FROM_S = 1e9
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(?:[0-9]{1,9}(?:\.[0-9]{1,9})?(?:ms|s|m|h|d))+")
_DURATION_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")


@dataclass(frozen=True, slots=True)
class RateLimitHeaders:
    """OpenAI's `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`; None where a header was missing or odd.

    The `reset_*_s` are seconds until the bucket is full again.
    """

    limit_requests: int | None = None
    remaining_requests: int | None = None
    reset_requests_s: float | None = None
    limit_tokens: int | None = None
    remaining_tokens: int | None = None
    reset_tokens_s: float | None = None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> RateLimitHeaders | None:
        """Read the headers of one answer; None if it says nothing about limits (many compatible servers)."""
        found = cls(
            _count(headers.get("x-ratelimit-limit-requests")),
            _count(headers.get("x-ratelimit-remaining-requests")),
            duration_s(headers.get("x-ratelimit-reset-requests")),
            _count(headers.get("x-ratelimit-limit-tokens")),
            _count(headers.get("x-ratelimit-remaining-tokens")),
            duration_s(headers.get("x-ratelimit-reset-tokens")),
        )
        return None if found == _NOTHING_SAID else found


_NOTHING_SAID = RateLimitHeaders()


def retry_after_s(headers: Mapping[str, str], *, wall_clock_s: float) -> float | None:
    """Seconds from `wall_clock_s` (epoch) that the provider asks to wait, or None.

    OpenAI and Azure send `retry-after-ms` beside the standard header; RFC 9110 allows seconds and an HTTP date.
    A date that has passed asks for no wait: 0. Not bounded: how much of it is believed is `CompletionFailure`'s.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return _from_now_s(milliseconds / 1000, wall_clock_s)
    value = headers.get("retry-after")
    if value is None:
        return None
    seconds = _number(value)
    if seconds is not None:
        return _from_now_s(seconds, wall_clock_s)
    try:
        # A naive result (the zone "-0000") would be read in local time; an HTTP date is GMT by definition.
        at = parsedate_to_datetime(value)
        at_s = (at if at.tzinfo else parsedate_to_datetime(value.replace("-0000", "GMT"))).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, at_s - wall_clock_s)


def _from_now_s(seconds: float, wall_clock_s: float) -> float:
    return seconds if seconds < _EPOCH_FROM_S else max(0.0, seconds - wall_clock_s)


def duration_s(value: str | None) -> float | None:
    """Read a duration as OpenAI writes it ("20ms", "1.5s", "6m0s", "1h2m3s") or plain seconds."""
    if value is None:
        return None
    plain = _number(value)
    if plain is not None:
        return plain
    if len(value) > 64 or _DURATION.fullmatch(value) is None:  # noqa: PLR2004 -- longer is no duration anyone writes
        return None
    return sum(float(number) * _UNIT_S[unit] for number, unit in _DURATION_PART.findall(value))


def _number(value: str | None) -> float | None:
    return float(value) if value is not None and _NUMBER.fullmatch(value.strip()) else None


def _count(value: str | None) -> int | None:
    if value is not None and value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS:
        return int(value)
    number = _number(value)
    return None if number is None else int(number)
