"""From settings to the processors: the part of the composition that needs no Kafka, shared by worker and preview."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processors.enrichment import Enrichment, EnrichmentRules
from processors.kinds import Routes
from processors.llm.caller import Caller
from processors.llm.openai_provider import OpenAIProvider
from processors.llm.prices import PriceBook
from processors.llm.retry_policy import RetryPolicy
from processors.pii import Scrubber
from processors.tokens import tokenizer_for
from schemas.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from processors.llm.caller import CallReport
    from processors.llm.provider import Provider
    from processors.llm.retry_policy import PauseCause
    from streams.settings import Settings


def make_provider(settings: Settings) -> Provider:
    """Make the provider that LLM__PROVIDER names; nothing is sent yet."""
    return OpenAIProvider(
        settings.llm.api_key.get_secret_value(),
        base_url=settings.llm.base_url,
        max_in_flight=settings.llm.max_in_flight,
    )


def make_caller(
    settings: Settings,
    provider: Provider,
    *,
    on_call: Callable[[CallReport], None],
    on_pause: Callable[[PauseCause | None], None],
) -> Caller:
    """Make what asks `provider` with the retries that the settings allow."""
    policy = RetryPolicy(
        max_attempts=settings.llm.max_attempts,
        max_elapsed_s=settings.llm.max_elapsed_s,
        attempt_timeout_s=settings.llm.attempt_timeout_s,
    )
    return Caller(provider, policy, on_call=on_call, on_pause=on_pause)


def make_prices(settings: Settings) -> PriceBook:
    """Make the price list, with what the settings say about models."""
    return PriceBook(settings.models)


def make_enrichment(settings: Settings, prices: PriceBook, caller: Caller | None = None) -> Enrichment:
    """Make the composition that turns an event into an insight; without a caller it prepares only."""
    rules = EnrichmentRules(
        model=settings.llm.model,
        max_input_tokens=settings.llm.max_input_tokens,
        salt=settings.privacy.salt.get_secret_value(),
        restore=settings.privacy.restore,
    )
    return Enrichment(
        rules,
        routes=Routes.default(settings.snapshot),
        scrubber=Scrubber(),
        tokenizer=tokenizer_for(settings.llm.model),
        prices=prices,
        caller=caller,
    )


def make_registry(settings: Settings) -> Registry:
    """Make the client of the schema registry; nothing is sent yet."""
    registry = settings.schema_registry
    return Registry(
        registry.url,
        user=registry.user,
        password=registry.password.get_secret_value() if registry.password is not None else None,
        ca_file=str(registry.ca_file) if registry.ca_file is not None else None,
        timeout_s=registry.timeout_s,
    )
