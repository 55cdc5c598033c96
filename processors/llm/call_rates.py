"""How busy a tenant is, against its own trailing week: ten times as much as usual is a loop, a backfill or a theft."""

from __future__ import annotations

from typing import Final

_HOUR_S: Final = 3600.0
_FIVE_MINUTES_S: Final = 300.0
_WEEK: Final = 168
_IN_AN_HOUR: Final = 12

KNOWN_AFTER_HOURS: Final = 24
"""Before a whole day has been seen, every morning would look like a burst."""

_LEAST_A_HOUR: Final = 1.0
"""What counts as usual at least. The second call of a tenant with one call a week would be a burst otherwise."""


class _Ring:
    """Counts of the last so many intervals; the current one is the last of them."""

    def __init__(self, intervals: int, seconds: float) -> None:
        self._seconds = seconds
        self._counts = [0] * intervals
        self._now = 0

    def add(self, count: int, now_s: float) -> None:
        self._move(now_s)
        self._counts[self._now % len(self._counts)] += count

    def sum(self, now_s: float) -> int:
        self._move(now_s)
        return sum(self._counts)

    def current(self, now_s: float) -> int:
        self._move(now_s)
        return self._counts[self._now % len(self._counts)]

    def _move(self, now_s: float) -> None:
        # A clock that is set back adds to the interval in which it was.
        number = max(self._now, int(now_s // self._seconds))
        for passed in range(self._now + 1, min(number, self._now + len(self._counts)) + 1):
            self._counts[passed % len(self._counts)] = 0
        if number - self._now > len(self._counts):
            self._counts = [0] * len(self._counts)
        self._now = number


class CallRate:
    """Counts the calls of one tenant in 181 numbers. `now_s` is seconds; from which moment does not matter."""

    def __init__(self, now_s: float) -> None:
        """Begin to count."""
        self._began_hour = int(now_s // _HOUR_S)
        self._hours = _Ring(_WEEK + 1, _HOUR_S)
        self._minutes = _Ring(_IN_AN_HOUR, _FIVE_MINUTES_S)

    def add(self, calls: int, now_s: float) -> None:
        """Count calls."""
        self._hours.add(calls, now_s)
        self._minutes.add(calls, now_s)

    def ratio(self, now_s: float) -> float | None:
        """The calls of the last hour, in multiples of the mean hour of the week before this one.

        None before a day has been seen.
        """
        hours = min(_WEEK, int(now_s // _HOUR_S) - self._began_hour)
        if hours < KNOWN_AFTER_HOURS:
            return None
        before = self._hours.sum(now_s) - self._hours.current(now_s)
        return self._minutes.sum(now_s) / max(_LEAST_A_HOUR, before / hours)
