"""What calls cost: a price list that works offline, with our own table first and the user's before it."""

from __future__ import annotations

import difflib
import re
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from processors.llm.model_price import Cost, ModelPrice, Rates
from processors.llm.text_models import answers_in_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processors.llm.model_price import ModelOverride, TokenPrices, TokenUsage

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


def _utc_today() -> date:
    return datetime.now(UTC).date()


class PriceBook:
    """Prices and context windows by model name, from three lists of which the first that knows the model decides.

    1. `overrides`, the user's. 2. Our table of five models, in EUR. 3. genai-prices, a package that ships the public
    list prices of `provider` in USD and works offline; nothing is ever fetched. Its import takes 0.25 s, so it waits
    for the first model that the other two do not know. Prices are those of the UTC day. Cache writes, which newer
    models bill at 1.25 times the input price, are not reported in `usage` and are counted as input.

    With `currency` all prices are in it: `exchange_rates` says how much of it one unit of another buys. A price in a
    currency without a rate stays as it is.
    """

    def __init__(
        self,
        overrides: Mapping[str, ModelOverride] | None = None,
        *,
        provider: str = "openai",
        currency: str | None = None,
        exchange_rates: Mapping[str, float] | None = None,
        today: Callable[[], date] = _utc_today,
    ) -> None:
        """Take the overrides of the settings by model name, and the provider's id in genai-prices."""
        self._provider = provider
        self._overrides = dict(overrides or {})
        self._currency = currency
        self._exchange_rates = dict(exchange_rates or {})
        self._today = today
        self._found: dict[str, ModelPrice | None] = {}
        self._found_on = today()

    def known(self, model: str) -> bool:
        """Whether calls of `model` have a price."""
        return self._price(model) is not None

    def context_window(self, model: str) -> int | None:
        """How many tokens prompt and answer of `model` may have together; None if nobody says."""
        price = self._price(model)
        if price is None or price.context_window is not None:
            return price.context_window if price else None
        listed = _listed(model, self._provider, self._today())
        return listed.context_window if listed else None

    def cost(self, model: str, usage: TokenUsage, *, batch: bool = False) -> Cost | None:
        """What calls of `model` with this `usage` cost today, in the Batch API or not; None without a price."""
        price = self._price(model)
        return None if price is None else price.cost(usage, batch=batch)

    def currency(self, model: str) -> str | None:
        """The currency of the costs of `model`; None without a price."""
        price = self._price(model)
        return None if price is None else price.currency

    def models(self) -> list[str]:
        """The names of all models that answer in text and have a price, sorted."""
        return sorted(self._overrides.keys() | _TABLE.keys() | _listed_models(self._provider))

    def suggest(self, model: str) -> list[str]:
        """Up to three known names like `model`, the likeliest first: for the error about a misspelt one."""
        return difflib.get_close_matches(model.lower(), self.models(), n=3, cutoff=0.6)

    def _price(self, model: str) -> ModelPrice | None:
        today = self._today()
        # A server may answer with a new name each time.
        if today != self._found_on or len(self._found) >= _MAX_REMEMBERED:
            self._found.clear()
            self._found_on = today
        if model not in self._found:
            self._found[model] = self._in_currency(self._look_up(model, today))
        return self._found[model]

    def _look_up(self, model: str, today: date) -> ModelPrice | None:
        for name in (model, _SNAPSHOT_DATE.sub("", model)):
            listed = _TABLE.get(name)
            if name in self._overrides:
                # Who corrects a price need not know the window.
                return _overridden(self._overrides[name], listed.context_window if listed else None, today)
            if listed is not None:
                return listed
        return _listed(model, self._provider, today)

    def _in_currency(self, price: ModelPrice | None) -> ModelPrice | None:
        if price is None or self._currency is None or price.currency not in self._exchange_rates:
            return price
        return price.converted(self._currency, self._exchange_rates[price.currency])


def _overridden(override: ModelOverride, context_window: int | None, today: date) -> ModelPrice:
    prices: TokenPrices = override
    for change in sorted(override.changes, key=lambda change: change.since):
        if change.since <= today:
            prices = change
    cached = prices.input if prices.cached_input is None else prices.cached_input
    return ModelPrice(
        Rates(prices.input, cached, prices.output),
        override.currency,
        override.context_window or context_window,
        batch=override.batch,
    )


def _listed(model: str, provider: str, today: date) -> ModelPrice | None:
    """The price that genai-prices has today for a model which reads and writes text, in USD."""
    from genai_prices import Usage, calc_price  # noqa: PLC0415 - 0.25 s, which most commands need not spend

    try:
        found = calc_price(
            Usage(input_tokens=1, output_tokens=1),
            model,
            provider_id=provider,
            genai_request_timestamp=datetime.combine(today, time(12), UTC),
        )
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
    today = _utc_today()
    names = [model.id for model in found.models] if found else []
    return {name for name in names if answers_in_text(name) and _listed(name, provider, today)}
