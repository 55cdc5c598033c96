"""What a stream of events will cost, from what one call costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from processors.llm.provider import Usage

if TYPE_CHECKING:
    from processors.llm.prices import PriceBook

DAYS_A_MONTH = 365.25 / 12
"""Budgets are for calendar months; this is the mean one."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """How many events come, and the tokens of one call.

    `calls_per_event` is below 1 where some are skipped, and above it where answers are asked for again. With `batch`
    they go through the provider's Batch API.
    """

    events_per_day: float
    input_tokens: float
    output_tokens: float
    cached_input_tokens: float = 0.0
    calls_per_event: float = 1.0
    batch: bool = False


@dataclass(frozen=True, slots=True)
class Forecast:
    """Amounts of `currency`; `per_call` is what an event costs that is read."""

    model: str
    currency: str
    per_call: float
    per_event: float
    per_day: float
    per_month: float


def forecast(prices: PriceBook, model: str, traffic: Traffic) -> Forecast:
    """Say what `traffic` costs with `model`.

    The price of a call is taken at the mean length of a prompt: where a provider has a higher price for long prompts,
    a mixture of short and very long ones costs more. Raises LookupError for a model without a price.
    """
    usage = Usage(round(traffic.input_tokens), round(traffic.cached_input_tokens), round(traffic.output_tokens))
    cost = prices.cost(model, usage, batch=traffic.batch)
    if cost is None:
        raise LookupError(model)
    per_event = cost.amount * traffic.calls_per_event
    per_day = per_event * traffic.events_per_day
    return Forecast(model, cost.currency, cost.amount, per_event, per_day, per_day * DAYS_A_MONTH)
