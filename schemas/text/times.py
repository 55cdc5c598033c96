"""Points in time as they stand in JSON: ISO 8601, milliseconds or seconds since the epoch."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_LONG: Final = range(-(2**63), 2**63)
_CALENDAR_MS: Final = (-62_135_596_800_000, 253_402_300_799_999)
_LONGEST_ISO: Final = 40
_DIGITS: Final = re.compile(r"-?\d{1,19}", re.ASCII)
_SECONDS: Final = re.compile(r"-?\d{1,16}(?:\.\d{1,9})?", re.ASCII)
_LEAP_SECOND: Final = re.compile(r"(:\d\d):60")


def epoch_ms(value: Any) -> int:
    """Return milliseconds since the epoch for an ISO 8601 text or a count of milliseconds, as number or text.

    A time without an offset is UTC; parts of a millisecond are dropped, a leap second counts as the second before it.
    Raises ValueError, without the value, for anything else, also for a count beyond 64 bits.
    """
    if isinstance(value, str):
        value = _of_text(value.strip())
    elif isinstance(value, float | Decimal) and _LONG.start <= value < _LONG.stop:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value not in _LONG:
        raise ValueError("neither ISO 8601 nor milliseconds since the epoch")
    return value


def epoch_ms_of_seconds(value: Any) -> int:
    """As `epoch_ms`, where a number (or its text) counts seconds; fractions of a second count.

    Which of the two a number is, only its source knows: nothing is guessed from its size.
    """
    if isinstance(value, str) and _SECONDS.fullmatch(value.strip()):
        value = Decimal(value.strip())
    if isinstance(value, str):
        return epoch_ms(value)
    limit = _LONG.stop // 1000
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not -limit < value < limit:
        raise ValueError("neither ISO 8601 nor seconds since the epoch")
    return int(Decimal(str(value)) * 1000)


def iso_utc(ms: int) -> str | int:
    """Return the time as ISO 8601 in UTC with Z; as the number itself where the calendar ends (before 1, after 9999).

    `epoch_ms` turns both back into `ms`.
    """
    try:
        moment = _EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        return ms
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def within_the_calendar(ms: int) -> int:
    """Return the time, or what is nearest to it of the years 1 to 9999.

    A producer that counts microseconds as milliseconds means the year 57,000. Python's and many databases' readers
    raise on such a value, and what raises on one record of a topic reads none of those behind it.
    """
    first, last = _CALENDAR_MS
    return min(max(ms, first), last)


def _of_text(text: str) -> int | None:
    if len(text) > _LONGEST_ISO:
        return None  # datetime takes 5000 digits for a time of the year 1111
    if _DIGITS.fullmatch(text):
        return int(text)
    try:
        moment = datetime.fromisoformat(_LEAP_SECOND.sub(r"\1:59", text).upper())
    except ValueError:
        return None
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - _EPOCH) // _MILLISECOND
