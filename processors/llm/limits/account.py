"""When the next request may be sent: what one worker knows of the limits of one model, as a pure model.

    headers of answers   -> two remote buckets, requests and tokens, drawn on at a rate that leaves enough for others
    nothing of the kind  -> the limits of the settings, if any, for our part of the workers; else a number in flight
    a 429                -> one pause for the whole worker, as long as the provider asks and a little more, and a rate
                            cut to 0.85 of what it was, which recovers within a minute

No request that was refused is sent before the pause that it was told is over, nor is any other of this worker: the
bucket that refused one would refuse all.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from processors.llm.limits.in_flight import InFlightBound
from processors.llm.limits.remote_bucket import RemoteBucket, Reservation, Unit

if TYPE_CHECKING:
    from processors.llm.rate_limit_headers import RateLimitHeaders

_CUT: Final = 0.85
_LEAST_FACTOR: Final = 0.01
_RECOVERY_PER_S: Final = 0.003
# Whoever waits looks again after this, whatever was reckoned: what is known may have changed without an answer.
_LOOK_AGAIN_S: Final = 1.0
# Less is not waited for: a timer costs more than it is off by. What is owed is paid by those who come after.
_SOON_S: Final = 0.001

Source = Literal["headers", "settings", "in_flight"]


@dataclass(frozen=True, slots=True)
class KnownLimits:
    """What an account allows per minute, for a provider that does not tell; None where nobody knows."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class LimitsState:
    """How the limits of a model stand, for metrics: `remaining` by unit as reckoned now, empty without buckets.

    `factor` is what refusals have left of the rate (1.0 all), `paused_s` what is left of a pause, `in_flight_bound`
    None unless it is what limits.
    """

    source: Source
    remaining: dict[Unit, float]
    limit: dict[Unit, float]
    factor: float
    paused_s: float
    in_flight_bound: int | None


class AccountLimits:
    """Pure: no clock, no loop, no randomness. Times are monotonic seconds that never fall."""

    def __init__(self, known: KnownLimits | None = None) -> None:
        """`known`: what the settings say of an account whose provider says nothing."""
        self._known = known or KnownLimits()
        self._share = 1.0
        self._buckets: dict[Unit, RemoteBucket] = {}
        self._source: Source = "in_flight"
        self._in_flight = InFlightBound()
        self._serials = itertools.count()
        self._factor = 1.0
        self._factor_s = 0.0
        self._paused_until_s = -math.inf
        self._last_pause = -1
        self.refusals = 0
        """Refusals in a row, of anybody, each for a request sent after the pause of the one before."""

    # ---- asking

    @property
    def paces(self) -> bool:
        """Whether requests are let go at a rate, and not by the number in flight."""
        return bool(self._buckets)

    def paused_s(self, now_s: float) -> float:
        """Seconds that are left of a pause; 0.0 outside of one."""
        return max(0.0, self._paused_until_s - now_s)

    def wait_s(self, tokens: float, now_s: float) -> float:
        """Seconds until a request of `tokens` may be sent; 0.0 means now. To be asked again at the latest then."""
        if (paused_s := self.paused_s(now_s)) > 0:
            return paused_s
        self._begin(now_s)
        if not self._buckets:
            room = self._in_flight.room(now_s)
            return 0.0 if room else min(_LOOK_AGAIN_S, max(_SOON_S, self._in_flight.next_room_s(now_s)))
        factor = self._recovered(now_s)
        wait_s = 0.0
        for unit, bucket in self._buckets.items():
            wait_s = max(wait_s, bucket.wait_s(tokens if unit == "tokens" else 1.0, now_s, factor))
        return 0.0 if wait_s < _SOON_S else min(_LOOK_AGAIN_S, wait_s)

    def state(self, now_s: float) -> LimitsState:
        """Show how things stand."""
        return LimitsState(
            source=self._source,
            remaining={unit: max(0.0, bucket.level(now_s)) for unit, bucket in self._buckets.items()},
            limit={unit: bucket.limit for unit, bucket in self._buckets.items()},
            factor=self._recovered(now_s),
            paused_s=self.paused_s(now_s),
            in_flight_bound=None if self._buckets else int(self._in_flight.bound),
        )

    # ---- telling

    def take_share(self, share: float) -> None:
        """Use this part of the limits of the settings, 0 to 1: that of the partitions which this worker owns."""
        if share != self._share and self._source == "settings":
            self._buckets.clear()
            self._source = "in_flight"
        self._share = share

    def reserve(self, tokens: float, now_s: float) -> Reservation:
        """Take note that a request is sent now."""
        reservation = Reservation(next(self._serials), now_s, tokens, paced=self.paces)
        for bucket in self._buckets.values():
            bucket.spend(reservation)
        self._in_flight.sent(reservation.serial, now_s)
        return reservation

    def withdrawn(self, reservation: Reservation) -> None:
        """Take note that it was not sent after all. Does nothing for one that has come to an end."""
        if reservation.open:
            for unit, bucket in self._drawn_on(reservation):
                bucket.refund(reservation.cost(unit))
            self._settle(reservation, tokens=0.0, requests=0.0)
            self._in_flight.ended(reservation.serial)

    def answered(self, reservation: Reservation, tokens: float, told: RateLimitHeaders | None, now_s: float) -> None:
        """Take note of an answer; `tokens` is what it used, nothing if the provider did not say."""
        if not reservation.open:
            return
        if self.is_news(reservation):
            self.refusals = 0
        self._settle(reservation, tokens=tokens or reservation.tokens)
        self._in_flight.answered(reservation.serial, reservation.sent_s, now_s)
        self._told(reservation, told, now_s)

    def failed(self, reservation: Reservation, told: RateLimitHeaders | None, now_s: float) -> None:
        """Take note that no answer came; nobody knows whether the provider has counted it, so it counts."""
        if reservation.open:
            reservation.open = False
            self._in_flight.ended(reservation.serial)
            self._told(reservation, told, now_s)

    def refused(self, reservation: Reservation, wait_s: float, told: RateLimitHeaders | None, now_s: float) -> None:
        """Take note of a 429: nobody asks within `wait_s` seconds.

        Only what was sent after the last pause cuts the rate: the calls in flight beside it are refused by the same
        empty bucket, and fifty cuts for one overdraft would leave nothing of the rate.
        """
        if not reservation.open:
            return
        self._settle(reservation, tokens=0.0)
        self._in_flight.refused(reservation.serial, _CUT if self.is_news(reservation) else None)
        self._told(reservation, told, now_s)
        self._paused_until_s = max(self._paused_until_s, now_s + wait_s)
        if self.is_news(reservation):
            self._last_pause = next(self._serials)
            self._factor, self._factor_s = max(_LEAST_FACTOR, self._recovered(now_s) * _CUT), now_s
            self.refusals += 1

    def is_news(self, reservation: Reservation) -> bool:
        """Whether a refusal of this request would be the first since the last pause."""
        return reservation.serial > self._last_pause

    def refusals_with(self, reservation: Reservation) -> int:
        """Refusals in a row if this request is refused too, 1 at least."""
        return self.refusals + 1 if self.is_news(reservation) else max(1, self.refusals)

    # ---- within

    def _begin(self, now_s: float) -> None:
        """Take the limits of the settings where no answer has told any."""
        if self._buckets or not self._share:
            return
        limits: dict[Unit, int | None] = {
            "requests": self._known.requests_per_minute,
            "tokens": self._known.tokens_per_minute,
        }
        self._buckets = {
            unit: RemoteBucket(unit, limit * self._share, now_s, first=next(self._serials), alone=True)
            for unit, limit in limits.items()
            if limit is not None
        }
        self._source = "settings" if self._buckets else "in_flight"

    def _told(self, reservation: Reservation, told: RateLimitHeaders | None, now_s: float) -> None:
        if told is None:
            return
        rows: tuple[tuple[Unit, int | None, int | None, float | None], ...] = (
            ("requests", told.limit_requests, told.remaining_requests, told.reset_requests_s),
            ("tokens", told.limit_tokens, told.remaining_tokens, told.reset_tokens_s),
        )
        for unit, limit, remaining, reset_s in rows:
            if limit is None or remaining is None or limit <= 0:
                continue
            if self._source != "headers":
                # What the provider says itself is better than any setting.
                self._buckets.clear()
                self._source = "headers"
            bucket = self._buckets.get(unit)
            if bucket is None:
                bucket = self._buckets[unit] = RemoteBucket(unit, limit, now_s, first=next(self._serials))
            bucket.told(reservation, limit, remaining, reset_s)

    def _settle(self, reservation: Reservation, *, tokens: float, requests: float = 1.0) -> None:
        changes: dict[Unit, float] = {
            "tokens": tokens - reservation.tokens,
            "requests": requests - reservation.requests,
        }
        reservation.tokens, reservation.requests, reservation.open = tokens, requests, False
        for unit, bucket in self._drawn_on(reservation):
            bucket.settle(reservation, changes[unit])

    def _drawn_on(self, reservation: Reservation) -> list[tuple[Unit, RemoteBucket]]:
        """The buckets that know of a request: it may have been sent before anybody knew of a limit."""
        return [(unit, bucket) for unit, bucket in self._buckets.items() if reservation.serial >= bucket.first]

    def _recovered(self, now_s: float) -> float:
        if self._factor >= 1.0:
            return 1.0
        return min(1.0, self._factor * math.exp(_RECOVERY_PER_S * max(0.0, now_s - self._factor_s)))
