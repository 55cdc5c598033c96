"""The periods of budgets: calendar days and months in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

_NAME: Final = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)(-(?P<day>\d\d))?")


class Period(NamedTuple):
    """A day such as 2026-11-25 or a month such as 2026-11; `ends_s` is its end in seconds since the epoch."""

    name: str
    ends_s: float

    @property
    def is_day(self) -> bool:
        """Whether it is a day; else it is a month."""
        return self.name.count("-") > 1


def periods_at(now_s: float) -> tuple[Period, Period]:
    """The day and the month of a moment, in seconds since the epoch."""
    now = datetime.fromtimestamp(now_s, UTC)
    return _day(now), _month(now)


def period_named(name: str) -> Period | None:
    """The period with this name; None if it is no name of one."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    try:
        start = datetime(int(match["year"]), int(match["month"]), int(match["day"] or 1), tzinfo=UTC)
        return _day(start) if match["day"] else _month(start)
    except (ValueError, OverflowError):
        return None


def _day(now: datetime) -> Period:
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return Period(f"{now.year:04}-{now.month:02}-{now.day:02}", (start + timedelta(days=1)).timestamp())


def _month(now: datetime) -> Period:
    year, month = (now.year + 1, 1) if now.month == 12 else (now.year, now.month + 1)  # noqa: PLR2004 - December
    return Period(f"{now.year:04}-{now.month:02}", datetime(year, month, 1, tzinfo=UTC).timestamp())
