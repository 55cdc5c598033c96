"""One limit of the account (requests or tokens), as far as a single worker can know it.

The provider refills a bucket all the time; this worker, other workers and strangers draw on it. Each answer tells what
was left. Between answers the level is reckoned: what was left, plus the refill, minus what others draw (a slope learnt
from answer to answer), minus what we have sent since.

No worker is told how many others there are. Each may draw a fixed part of what is left per second: the more draw, the
lower the level settles, until all together draw exactly the refill, in equal parts. Static shares leave what an idle
worker does not use (88 % of a limit used, measured); a rate that is only cut and raised finds the limit by refusals.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final, Literal

Unit = Literal["requests", "tokens"]

MINUTE_S: Final = 60.0

# Three workers let the level settle at what refills in a third of this time. Shorter, and the scatter of the calls in
# flight of many workers empties the bucket. A worker alone has only its own calls to fear, and leaves less unused.
_DRAIN_S: Final = 8.0
_DRAIN_ALONE_S: Final = 4.0
# What others have drawn since the newest answer was sent is an extrapolation over its age: to draw faster than in a
# multiple of that would have all workers spend what none of them can see the others spend (calls of 20 s).
_DRAIN_AGES: Final = 3.0
# From half full on, the rate rises to the whole refill at nine tenths: a bucket that is full wastes what flows in.
_HALF: Final = 0.5
_NEARLY_FULL: Final = 0.9
# How long a learnt slope is averaged, and how long it is believed without news: less long where others would have
# emptied the bucket. Else a worker that sees them take everything would never ask again, and never see them stop.
_SLOPE_S: Final = 10.0
_SLOPE_FADES_S: Final = 60.0
_EMPTY_FADES_S: Final = 15.0
# What is reckoned may be wrong by what others draw unevenly; so many standard deviations are left in the bucket.
# Not over the whole age: the worker with the oldest news would leave most, ask least, and have the oldest news again.
_DEVIATIONS: Final = 2.0
_DOUBT_S: Final = 2.0
_MOST_DOUBT_S: Final = 4.0
_TRICKLE: Final = 0.02
# A timer that fires late (a busy loop) is made up for as far as this.
_CATCH_UP_S: Final = 0.1
# The typical largest prompt is remembered for about as many calls.
_LARGEST_FADES: Final = 0.995
_NO_RATE: Final = 1e-9


@dataclass(slots=True)
class Reservation:
    """What one request draws: reserved before it is sent, settled when its answer tells what it used.

    `serial` is its place in the order of sending; `sent_s` is of the monotonic clock. `paced` says that limits were
    known when it was let go.
    """

    serial: int
    sent_s: float
    tokens: float
    requests: float = 1.0
    paced: bool = True
    open: bool = True

    def cost(self, unit: Unit) -> float:
        """What it draws of one limit."""
        return self.tokens if unit == "tokens" else self.requests


class RemoteBucket:
    """Pure: no clock, no loop. Times are monotonic seconds that never fall."""

    def __init__(self, unit: Unit, limit: float, now_s: float, *, first: int = 0, alone: bool = False) -> None:
        """Begin full; `limit` refills within a minute. The requests before `first` are not known here.

        `alone`: no answer will tell, and nobody else draws on it.
        """
        self.first = first
        self._unit: Unit = unit
        self._alone = alone
        self.limit = limit
        self._refill = limit / MINUTE_S
        self._level = limit
        self._level_s = now_s
        self._newest = -1
        self._since: deque[Reservation] = deque()
        self._own = 0.0
        self._others = 0.0
        self._observed = 0.0
        self._observed_s = 0.0
        self._variance = 0.0
        self._debt = 0.0
        self._debt_s = now_s
        self._largest = 0.0

    # ---- what is known

    def level(self, now_s: float) -> float:
        """What is left now, as far as is known; negative where more was sent than there should have been."""
        age_s = max(0.0, now_s - self._level_s)
        excess = self._others - self._refill
        if excess <= 0 or excess * age_s < self._level:
            left = self._level + self._refill * age_s - self._others * _faded(age_s, _SLOPE_FADES_S)
        else:
            # Others have emptied it and take what flows in; that they still do is believed for a while.
            empty_s = age_s - max(0.0, self._level) / excess
            left = self._refill * (empty_s - _faded(empty_s, _EMPTY_FADES_S))
        return min(self.limit, left) - self._own

    def rate(self, now_s: float) -> float:
        """What this worker may draw per second now."""
        return self._rate(self.level(now_s), now_s)

    def _rate(self, level: float, now_s: float) -> float:
        age_s = 0.0 if self._alone else max(0.0, now_s - self._level_s)
        doubt = min(
            _DEVIATIONS * math.sqrt(self._variance * min(age_s, _DOUBT_S)),
            max(self._refill * _MOST_DOUBT_S, 3 * self._largest),
        )
        kept = min(self._largest, self.limit * _HALF)
        spare = level - min(kept + doubt, self.limit * _HALF)
        if level <= kept:
            return 0.0
        if spare <= 0:
            # Only doubt holds it back: a request now and then brings the news that ends the doubt.
            return self._refill * _TRICKLE
        drain_s = _DRAIN_ALONE_S + (_DRAIN_S - _DRAIN_ALONE_S) * min(1.0, self._others / self._refill)
        steady = spare / max(drain_s, _DRAIN_AGES * age_s)
        filling = self._refill * (level / self.limit - _HALF) / (_NEARLY_FULL - _HALF)
        # Before two answers nothing is known of the others; the bucket must then last for all who begin with us.
        return max(steady, filling) if self._alone or self._observed_s > 0 else min(self._refill, max(steady, filling))

    def wait_s(self, cost: float, now_s: float, slowed: float) -> float:
        """Seconds until `cost` may be drawn, as things stand; `slowed` is a factor on the rate."""
        level = self.level(now_s)
        rate = self._rate(level, now_s) * slowed
        self._pay(now_s, rate)
        # A prompt above the whole limit is sent into a nearly full bucket: the provider says that it is too large.
        missing = min(cost, self.limit * _NEARLY_FULL) - level
        if missing > 0:
            return missing / max(self._refill - self._others, self._refill * (1 - _NEARLY_FULL))
        return max(0.0, self._debt) / max(rate, _NO_RATE)

    # ---- what happens

    def spend(self, reservation: Reservation) -> None:
        """Take note that a request is sent."""
        cost = reservation.cost(self._unit)
        self._largest = max(cost, self._largest * _LARGEST_FADES)
        self._debt += cost
        if self._alone:
            self._level, self._level_s = self.level(reservation.sent_s) - cost, reservation.sent_s
        else:
            self._since.append(reservation)
            self._own += cost

    def settle(self, reservation: Reservation, change: float) -> None:
        """Take note that it drew `change` more than was reserved."""
        if self._alone:
            self._level -= change
        elif reservation.serial > self._newest:
            self._own += change

    def refund(self, cost: float) -> None:
        """Take note that what was reserved was never sent: the next may go in its place."""
        self._debt -= cost

    def told(self, reservation: Reservation, limit: float, remaining: float, reset_s: float | None) -> None:
        """Take over what an answer tells, unless the answer to a later request has told already.

        Answers overtake each other; that of the newest-sent request knows of more of the others' calls.
        """
        if reservation.serial <= self._newest or limit <= 0:
            return
        refill = limit / window_s(limit, remaining, reset_s)
        own = 0.0
        while self._since and self._since[0].serial <= reservation.serial:
            own += self._since.popleft().cost(self._unit)
        # Nothing left is exactly nothing: sums and differences of fractions drift.
        self._own = self._own - own if self._since else 0.0
        if self._newest >= 0 and limit == self.limit:
            self._learn(reservation.sent_s - self._level_s, own, remaining)
        self.limit, self._refill = limit, refill
        self._level, self._level_s, self._newest = min(remaining, limit), reservation.sent_s, reservation.serial

    def _learn(self, elapsed_s: float, own: float, remaining: float) -> None:
        """See what others drew between two answers."""
        if elapsed_s <= 0:
            return
        # A full bucket takes no more: what flowed over says nothing of the others.
        drawn = min(self.limit, self._level + self._refill * elapsed_s) - own - remaining
        fade = math.exp(-elapsed_s / _SLOPE_S)
        # The first slope is no surprise.
        surprise = drawn - self._others * elapsed_s
        self._variance = (self._variance * self._observed_s * fade + surprise**2) / (
            self._observed_s * fade + elapsed_s
        )
        self._observed = self._observed * fade + drawn
        self._observed_s = self._observed_s * fade + elapsed_s
        self._others = min(max(0.0, self._observed / self._observed_s), 2 * self._refill)

    def _pay(self, now_s: float, rate: float) -> None:
        paid = rate * max(0.0, now_s - self._debt_s)
        self._debt = max(self._debt - paid, -rate * _CATCH_UP_S)
        self._debt_s = now_s


def _faded(age_s: float, fades_s: float) -> float:
    """Seconds that something which fades has counted for in `age_s` seconds."""
    return fades_s * -math.expm1(-age_s / fades_s)


_WINDOWS_S: Final = (MINUTE_S, 1.0, 3600.0, 86400.0)
_TOLERANCE: Final = 0.1


def window_s(limit: float, remaining: float, reset_s: float | None) -> float:
    """Seconds in which `limit` refills: a minute, unless the time to a full bucket says second, hour or day.

    Some providers send requests a day under the same header (10,000 of them with 8.6 s until the one is back).
    """
    if reset_s is None or reset_s <= 0:
        return MINUTE_S
    # `remaining` is rounded down: of what is missing up to one is not.
    most, least = limit - remaining, limit - remaining - 1
    for window in _WINDOWS_S:
        refilled = limit / window * reset_s
        if least * (1 - _TOLERANCE) <= refilled <= most * (1 + _TOLERANCE):
            return window
    return MINUTE_S
