"""How far the long form is, and how long it will take."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Pace:
    """Time gone and time in all over runs of expected lengths (seconds), corrected by what runs have really taken."""

    def __init__(self, expected_s: Sequence[float], *, now: Callable[[], float] = time.monotonic) -> None:
        """Begin with the first run."""
        self._expected_s = expected_s
        self._now = now
        self._began_s = now()
        self._done = 0
        self._stretch = 1.0

    def step(self) -> None:
        """Note that a run has ended."""
        self._done += 1
        self._stretch = (self._now() - self._began_s) / sum(self._expected_s[: self._done])

    def __str__(self) -> str:
        """As "3 of 44 done, 0:05:12 of about 1:32:00"."""
        gone_s = self._now() - self._began_s
        left_s = sum(self._expected_s[self._done :]) * self._stretch
        gone, total = (timedelta(seconds=round(value_s)) for value_s in (gone_s, gone_s + left_s))
        return f"{self._done} of {len(self._expected_s)} done, {gone} of about {total}"
