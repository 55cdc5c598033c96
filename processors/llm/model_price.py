"""What a model's calls cost: rates for a million tokens, tiers by length, and the currency, as values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

_PER = 1_000_000

# "Batch API half price", says the price list that the product was planned with, and so do OpenAI's pages.
_BATCH_SHARE = 0.5


class TokenUsage(Protocol):
    """What a call used, as providers report it: cached input is part of the input."""

    @property
    def input_tokens(self) -> int:
        """All tokens of the prompt."""

    @property
    def cached_input_tokens(self) -> int:
        """Those of them that the provider had in its cache."""

    @property
    def output_tokens(self) -> int:
        """All tokens of the answer, with those of its reasoning."""

    @property
    def calls(self) -> Sequence[TokenUsage]:
        """The calls that this is the sum of; empty for a single call."""


class TokenPrices(Protocol):
    """Prices for a million tokens."""

    @property
    def input(self) -> float:
        """For uncached input."""

    @property
    def cached_input(self) -> float | None:
        """For cached input; None: as uncached, so that a missing line never makes calls look cheaper than they are."""

    @property
    def output(self) -> float:
        """For output."""


class PriceChange(TokenPrices, Protocol):
    """Prices that hold from a day on."""

    @property
    def since(self) -> date:
        """The first UTC day of them."""


class ModelOverride(TokenPrices, Protocol):
    """A `[models."name"]` table of the settings: prices for a million tokens, and the context window in tokens."""

    @property
    def currency(self) -> str:
        """The currency of the prices, such as USD."""

    @property
    def context_window(self) -> int | None:
        """Tokens of prompt and answer together."""

    @property
    def batch(self) -> float:
        """What calls in the Batch API cost, as a part of the price."""

    @property
    def changes(self) -> Sequence[PriceChange]:
        """Later prices, each from its day on."""


@dataclass(frozen=True, slots=True)
class Cost:
    """An amount of money, in the currency of its price or in the one that all are converted to (see `PriceBook`).

    A float: it is a report, exact to 15 digits, and the provider's bill has the last word.
    """

    amount: float
    currency: str


@dataclass(frozen=True, slots=True)
class Rates:
    """Prices for a million tokens."""

    input: float
    cached_input: float
    output: float

    def amount(self, usage: TokenUsage) -> float:
        """What `usage` costs. Servers that report more cached tokens than input get no negative price for it."""
        cached = min(usage.cached_input_tokens, usage.input_tokens)
        uncached = usage.input_tokens - cached
        return (uncached * self.input + cached * self.cached_input + usage.output_tokens * self.output) / _PER

    def times(self, factor: float) -> Rates:
        """The same rates in another currency."""
        return Rates(self.input * factor, self.cached_input * factor, self.output * factor)


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """A model's rates, its currency and its window.

    `tiers` are (threshold, rates), ascending: a prompt of more input tokens than the threshold costs those rates
    throughout (how OpenAI prices prompts of over 272,000 tokens). `batch` is what the Batch API costs, as a part of it.
    """

    rates: Rates
    currency: str
    context_window: int | None
    tiers: tuple[tuple[int, Rates], ...] = ()
    batch: float = _BATCH_SHARE

    def cost(self, usage: TokenUsage, *, batch: bool = False) -> Cost:
        """What `usage` costs; a sum of calls each at the rates for its own length."""
        amount = sum(self._rates(call).amount(call) for call in usage.calls or (usage,))
        return Cost(amount * self.batch if batch else amount, self.currency)

    def converted(self, currency: str, rate: float) -> ModelPrice:
        """The same price in another currency, of which one unit of this one buys `rate`."""
        tiers = tuple((threshold, rates.times(rate)) for threshold, rates in self.tiers)
        return replace(self, rates=self.rates.times(rate), currency=currency, tiers=tiers)

    def _rates(self, call: TokenUsage) -> Rates:
        rates = self.rates
        for threshold, higher in self.tiers:
            if call.input_tokens > threshold:
                rates = higher
        return rates
