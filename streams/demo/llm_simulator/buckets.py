"""Token buckets as a provider keeps them: a limit per minute that refills continuously."""

from __future__ import annotations

from dataclasses import dataclass

_MINUTE_S = 60.0


@dataclass(slots=True)
class Bucket:
    """One limit a minute; full at the start. `now` is a monotonic clock's reading, in seconds."""

    per_minute: int
    level: float
    updated_s: float

    @classmethod
    def full(cls, per_minute: int, now: float) -> Bucket:
        """A bucket that has not been drawn on yet."""
        return cls(per_minute, float(per_minute), now)

    def wait_s(self, amount: int, now: float) -> float:
        """Seconds until `amount` could be taken; 0.0 if it can be taken now, infinity if it never can."""
        self._refill(now)
        if amount > self.per_minute:
            return float("inf")
        return max(0.0, (amount - self.level) / self._per_second)

    def take(self, amount: int, now: float) -> None:
        """Draw `amount`; the caller has asked `wait_s` before."""
        self._refill(now)
        self.level -= amount

    def remaining(self, now: float) -> int:
        """What is left, as `x-ratelimit-remaining-*` tells it."""
        self._refill(now)
        return max(0, int(self.level))

    def reset_s(self, now: float) -> float:
        """Seconds until the bucket is full again, as `x-ratelimit-reset-*` tells it."""
        self._refill(now)
        return max(0.0, (self.per_minute - self.level) / self._per_second)

    @property
    def _per_second(self) -> float:
        return self.per_minute / _MINUTE_S

    def _refill(self, now: float) -> None:
        self.level = min(float(self.per_minute), self.level + (now - self.updated_s) * self._per_second)
        self.updated_s = now


@dataclass(frozen=True, slots=True)
class Denied:
    """A request that the limits do not admit now: which limit, and what the provider says about it."""

    limit: str
    per_minute: int
    used: int
    requested: int
    retry_after_s: float


class RateLimits:
    """Requests and tokens a minute, drawn together or not at all."""

    def __init__(self, requests_per_minute: int, tokens_per_minute: int, now: float) -> None:
        """Both limits start full."""
        self.requests = Bucket.full(requests_per_minute, now)
        self.tokens = Bucket.full(tokens_per_minute, now)

    def admit(self, tokens: int, now: float) -> Denied | None:
        """Draw one request and `tokens`, or say which limit refuses. A refused request draws nothing."""
        for name, bucket, amount in (("requests", self.requests, 1), ("tokens", self.tokens, tokens)):
            wait_s = bucket.wait_s(amount, now)
            if wait_s > 0:
                used = bucket.per_minute - bucket.remaining(now)
                return Denied(name, bucket.per_minute, used, amount, min(wait_s, _MINUTE_S))
        self.requests.take(1, now)
        self.tokens.take(tokens, now)
        return None

    def headers(self, now: float) -> dict[str, str]:
        """The `x-ratelimit-*` headers of an answer sent at `now`."""
        return {
            "x-ratelimit-limit-requests": str(self.requests.per_minute),
            "x-ratelimit-limit-tokens": str(self.tokens.per_minute),
            "x-ratelimit-remaining-requests": str(self.requests.remaining(now)),
            "x-ratelimit-remaining-tokens": str(self.tokens.remaining(now)),
            "x-ratelimit-reset-requests": duration(self.requests.reset_s(now)),
            "x-ratelimit-reset-tokens": duration(self.tokens.reset_s(now)),
        }


def duration(seconds: float) -> str:
    """Write a duration as OpenAI's headers do: `120ms`, `1.5s`, `1m0s`."""
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    if seconds < _MINUTE_S:
        return f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest}s"
