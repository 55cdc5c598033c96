"""What calls cost: a price list that works offline, with our own table first and the user's before it."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PER = 1_000_000


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


class ModelOverride(Protocol):
    """A `[models."name"]` table of the settings: prices for a million tokens, and the context window in tokens."""

    @property
    def input(self) -> float:
        """For uncached input."""

    @property
    def cached_input(self) -> float | None:
        """For cached input; None: as uncached, so that a missing line never makes calls look cheaper than they are."""

    @property
    def output(self) -> float:
        """For output."""

    @property
    def currency(self) -> str:
        """The currency of the three, such as USD."""

    @property
    def context_window(self) -> int | None:
        """Tokens of prompt and answer together."""


@dataclass(frozen=True, slots=True)
class Cost:
    """An amount of money in the currency of the price list that it comes from; nothing is converted.

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


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """A model's rates, its currency and its window.

    `tiers` are (threshold, rates), ascending: a prompt of more input tokens than the threshold costs those rates
    throughout (how OpenAI prices prompts of over 272,000 tokens).
    """

    rates: Rates
    currency: str
    context_window: int | None
    tiers: tuple[tuple[int, Rates], ...] = ()

    def cost(self, usage: TokenUsage) -> Cost:
        """What `usage` costs; a sum of calls each at the rates for its own length."""
        return Cost(sum(self._rates(call).amount(call) for call in usage.calls or (usage,)), self.currency)

    def _rates(self, call: TokenUsage) -> Rates:
        rates = self.rates
        for threshold, higher in self.tiers:
            if call.input_tokens > threshold:
                rates = higher
        return rates


# The price list that the product was planned with says "cached input 50 to 90 % cheaper". 50 % is the end that never
# promises a saving which the bill then does not show.
_CACHED_SHARE = 0.5


def _eur(input_price: float, output_price: float, context_window: int) -> ModelPrice:
    return ModelPrice(Rates(input_price, input_price * _CACHED_SHARE, output_price), "EUR", context_window)


# EUR for a million tokens, in and out. Windows: OpenAI's model pages, as in genai-prices.
_TABLE = {
    "gpt-5-nano": _eur(0.02, 0.18, 400_000),
    "gpt-5-mini": _eur(0.12, 0.92, 400_000),
    "gpt-4o-mini": _eur(0.14, 0.55, 128_000),
    "gpt-5": _eur(0.58, 4.60, 400_000),
    "o3-pro": _eur(9.20, 77.28, 200_000),
}

# Answers name the snapshot that a model name stood for (`gpt-5-mini-2025-08-07`); it costs what the name costs.
_SNAPSHOT_DATE = re.compile(r"-20\d\d-[01]\d-[0-3]\d$")

_MAX_REMEMBERED = 1_000


class PriceBook:
    """Prices and context windows by model name, from three lists of which the first that knows the model decides.

    1. `overrides`, the user's. 2. Our table of five models, in EUR. 3. genai-prices, a package that ships the public
    list prices of `provider` in USD and works offline; nothing is ever fetched. Its import takes 0.25 s, so it waits
    for the first model that the other two do not know. Looked up once a model and process: a price that changes on a
    date is the one that held at the first call. Cache writes, which newer models bill at 1.25 times the input price,
    are not reported in `usage` and are counted as input.
    """

    def __init__(self, overrides: Mapping[str, ModelOverride] | None = None, *, provider: str = "openai") -> None:
        """Take the overrides of the settings by model name, and the provider's id in genai-prices."""
        self._provider = provider
        self._found: dict[str, ModelPrice | None] = {}
        self._own = _TABLE | {
            name: ModelPrice(
                Rates(o.input, o.input if o.cached_input is None else o.cached_input, o.output),
                o.currency,
                # Who corrects a price need not know the window.
                o.context_window or (_TABLE[name].context_window if name in _TABLE else None),
            )
            for name, o in (overrides or {}).items()
        }

    def known(self, model: str) -> bool:
        """Whether calls of `model` have a price."""
        return self._price(model) is not None

    def context_window(self, model: str) -> int | None:
        """How many tokens prompt and answer of `model` may have together; None if nobody says."""
        price = self._price(model)
        if price is None or price.context_window is not None:
            return price.context_window if price else None
        listed = _listed(model, self._provider)
        return listed.context_window if listed else None

    def cost(self, model: str, usage: TokenUsage) -> Cost | None:
        """What calls of `model` with this `usage` cost, in the currency of its price; None without a price."""
        price = self._price(model)
        return None if price is None else price.cost(usage)

    def models(self) -> list[str]:
        """The names of all models with a price, sorted."""
        return sorted(self._own.keys() | _listed_models(self._provider))

    def suggest(self, model: str) -> list[str]:
        """Up to three known names like `model`, the likeliest first: for the error about a misspelt one."""
        return difflib.get_close_matches(model.lower(), self.models(), n=3, cutoff=0.6)

    def _price(self, model: str) -> ModelPrice | None:
        if model not in self._found:
            if len(self._found) >= _MAX_REMEMBERED:  # a server may answer with a new name each time
                self._found.clear()
            own = self._own.get(model) or self._own.get(_SNAPSHOT_DATE.sub("", model))
            self._found[model] = own or _listed(model, self._provider)
        return self._found[model]


def _listed(model: str, provider: str) -> ModelPrice | None:
    """The price that genai-prices has for a model which reads and writes text, in USD."""
    from genai_prices import Usage, calc_price  # noqa: PLC0415 - 0.25 s, which most commands need not spend

    try:
        found = calc_price(Usage(input_tokens=1, output_tokens=1), model, provider_id=provider)
    except LookupError:
        return None
    prices = found.model_price
    # Without both it is a model for speech or embeddings, whose calls are not of our kind.
    if prices.input_mtok is None or prices.output_mtok is None:
        return None
    cached = prices.input_mtok if prices.cache_read_mtok is None else prices.cache_read_mtok
    priced = (prices.input_mtok, cached, prices.output_mtok)
    thresholds = sorted({tier.start for price in priced for tier in getattr(price, "tiers", ())})
    return ModelPrice(
        Rates(*(_at(price, 0) for price in priced)),
        "USD",
        found.model.context_window,
        tuple((threshold, Rates(*(_at(price, threshold + 1) for price in priced))) for threshold in thresholds),
    )


def _at(price: Any, input_tokens: int) -> float:
    """A price, a Decimal or one with tiers, for a prompt of so many tokens."""
    base = getattr(price, "base", price)
    for tier in getattr(price, "tiers", ()):
        if input_tokens > tier.start:
            base = tier.price
    return float(base)


def _listed_models(provider: str) -> set[str]:
    from genai_prices.data_snapshot import find_provider_by_id, get_snapshot  # noqa: PLC0415 - as above

    found = find_provider_by_id(get_snapshot().providers, provider)
    return {model.id for model in found.models if _listed(model.id, provider)} if found else set()
