"""How many calls at the same time, for a provider that tells nothing of its limits: found by trying.

The number doubles with each round of answers until the first refusal, then grows by one a round. The first refusal of
a row takes a part of it away, each further one its own place: of 250 calls under way when the provider's bucket ran
empty, those are left that were answered. It is the number that is adapted and not the rate: calls of 20 s and of 20 ms
need rates a thousand times apart, and a server with a few workers of its own is limited by just that number.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

_FIRST: Final = 32.0
_MOST: Final = 10_000.0
# A call counts no longer once it has taken several times what calls take: one that hangs until its deadline would
# otherwise hold the place of a hundred others, and four of them everybody's.
_PATIENCE: Final = 4.0
_LEAST_PATIENCE_S: Final = 5.0
_SMOOTHING: Final = 0.1


class InFlightBound:
    """Pure: no clock, no loop. Times are monotonic seconds."""

    def __init__(self) -> None:
        """Begin with as many as most servers take."""
        self.bound = _FIRST
        self._refused_once = False
        self._sent: OrderedDict[int, float] = OrderedDict()
        self._takes_s = 0.0

    def room(self, now_s: float) -> bool:
        """Whether another call may be sent beside those under way."""
        return self._counting(now_s) < int(self.bound)

    def next_room_s(self, now_s: float) -> float:
        """Seconds until the oldest call counts no longer."""
        oldest_s = next(iter(self._sent.values()), now_s)
        return max(0.0, oldest_s + self._patience_s - now_s)

    def sent(self, serial: int, now_s: float) -> None:
        """Take note of a call; `serial` grows."""
        self._sent[serial] = now_s

    def ended(self, serial: int) -> None:
        """Take note that it is over, without knowing how well."""
        self._sent.pop(serial, None)

    def answered(self, serial: int, sent_s: float, now_s: float) -> None:
        """Take note of an answer: grow, if the bound has been in the way."""
        full = len(self._sent) >= self.bound / 2
        self.ended(serial)
        took_s = now_s - sent_s
        self._takes_s += (took_s - self._takes_s) * (_SMOOTHING if self._takes_s else 1.0)
        if full:
            self.bound = min(_MOST, self.bound + (1 / self.bound if self._refused_once else 1.0))

    def refused(self, serial: int, factor: float | None) -> None:
        """Take note of a refusal; `factor` cuts for the first one of a row, None says that it is a further one."""
        self.ended(serial)
        self._refused_once = True
        self.bound = max(1.0, self.bound - 1 if factor is None else self.bound * factor)

    @property
    def _patience_s(self) -> float:
        return max(_LEAST_PATIENCE_S, _PATIENCE * self._takes_s)

    def _counting(self, now_s: float) -> int:
        while self._sent and next(iter(self._sent.values())) + self._patience_s <= now_s:
            self._sent.popitem(last=False)
        return len(self._sent)
