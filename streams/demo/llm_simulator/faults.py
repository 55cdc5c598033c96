"""Which fault the next call meets: faults on demand first, then now and then one by chance."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random


class Fault(StrEnum):
    """Everything that is known to come back instead of a good answer."""

    RATE_LIMITED = "429"
    INSUFFICIENT_QUOTA = "429 insufficient_quota"
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    MODEL_NOT_FOUND = "404"
    CONTEXT_LENGTH_EXCEEDED = "context_length_exceeded"
    SERVER_ERROR = "500"
    UNAVAILABLE = "503"
    HANG = "hang"
    DRIP = "drip"
    RESET = "reset"
    HTML = "html"
    BROKEN_JSON = "broken_json"
    REFUSAL = "refusal"
    CONTENT_FILTER = "content_filter"
    LENGTH = "length"
    INVALID_SCHEMA = "invalid_schema"
    UNKNOWN_ENUM = "unknown_enum"


@dataclass(slots=True)
class Order:
    """One fault on demand: for the next `count` calls, or until `until_s`, or (both None) until it is cleared.

    `match` limits it to calls whose user message contains that text; `share` to that part of the calls, by chance.
    """

    fault: Fault
    count: int | None = None
    until_s: float | None = None
    match: str | None = None
    share: float = 1.0

    def over(self, now: float) -> bool:
        """Whether the order has been carried out."""
        return (self.count is not None and self.count <= 0) or (self.until_s is not None and now >= self.until_s)


class FaultPlan:
    """The orders in force and the faults by chance. Single-threaded, seeded, so that a run can be repeated."""

    def __init__(self, rng: Random, *, rate_limited_share: float = 0.0, server_error_share: float = 0.0) -> None:
        """The shares are of all calls, 0.0 to 1.0."""
        self._rng = rng
        self._rate_limited_share = rate_limited_share
        self._server_error_share = server_error_share
        self._orders: list[Order] = []

    @property
    def orders(self) -> tuple[Order, ...]:
        """What is in force, oldest first."""
        return tuple(self._orders)

    def order(self, order: Order) -> None:
        """Put a fault in force behind the ones that are."""
        self._orders.append(order)

    def clear(self) -> None:
        """Take back every order; the faults by chance stay."""
        self._orders.clear()

    def next(self, user_message: str, now: float) -> Fault | None:
        """Decide what the call that has just come in meets; None is a good answer."""
        self._orders = [order for order in self._orders if not order.over(now)]
        for order in self._orders:
            if order.match is not None and order.match not in user_message:
                continue
            if order.share < 1.0 and self._rng.random() >= order.share:
                continue
            if order.count is not None:
                order.count -= 1
            return order.fault
        return self._by_chance()

    def _by_chance(self) -> Fault | None:
        if not (self._rate_limited_share or self._server_error_share):
            return None
        draw = self._rng.random()
        if draw < self._rate_limited_share:
            return Fault.RATE_LIMITED
        if draw < self._rate_limited_share + self._server_error_share:
            return Fault.SERVER_ERROR
        return None
