"""What may be spent, as data: by tenant and by all together, in a day and in a month."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from processors.money.periods import Period, periods_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NANOS: Final = 1_000_000_000
"""Money is counted in whole billionths of the currency's unit: sums of floats drift, and a budget is a promise.

The cheapest token of the price lists (cached input of gpt-5-nano, 0.01 EUR a million) is ten of them.
"""


def nanos_up(amount: float) -> int:
    """`amount` in nanos, rounded up: no rounding may let spending pass a budget."""
    return math.ceil(amount * NANOS)


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that may be spent in a UTC day and in a UTC month, in nanos; None: no limit."""

    day: int | None = None
    month: int | None = None

    def of(self, period: Period) -> int | None:
        """The limit for a period of this kind."""
        return self.day if period.is_day else self.month


class AccountId(NamedTuple):
    """One budget in one period. `tenant` is None for the budget of all together."""

    tenant: str | None
    period: str


@dataclass(frozen=True, slots=True)
class Budgets:
    """Every budget, in one currency.

    `everybody` limits all tenants together, `each` every tenant that `tenants` does not name. From the fraction
    `cheaper_from` of a budget on, calls go to `cheaper_model` (None: never). With `pause_when_spent` all wait for the
    next period once the budget of all together is spent; else events become dead letters.
    """

    currency: str = ""
    everybody: Limits = Limits()
    each: Limits = Limits()
    tenants: Mapping[str, Limits] = field(default_factory=dict)
    cheaper_model: str | None = None
    cheaper_from: float = 1.0
    pause_when_spent: bool = True

    @property
    def any(self) -> bool:
        """Whether anything is limited at all."""
        return any(limits != Limits() for limits in (self.everybody, self.each, *self.tenants.values()))

    def limits_of(self, tenant: str | None) -> Limits:
        """What limits a tenant alone, or (None) all together."""
        return self.everybody if tenant is None else self.tenants.get(tenant, self.each)

    def accounts(self, tenant: str, now_s: float) -> Iterator[AccountId]:
        """The accounts that a call of `tenant` draws on now; the tenant's own come first."""
        periods = periods_at(now_s)
        for payer in (tenant, None):
            limits = self.limits_of(payer)
            for period in periods:
                if limits.of(period) is not None:
                    yield AccountId(payer, period.name)
