"""From settings to the processors: the part of the composition that needs no Kafka, shared by worker and preview."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import stamina
import structlog

from processors.enrichment import Enrichment, EnrichmentRules
from processors.kinds import Routes
from processors.llm.caller import Caller
from processors.llm.limits import KnownLimits
from processors.llm.openai_provider import OpenAIProvider
from processors.llm.prices import PriceBook
from processors.llm.provider import CompletionFailure
from processors.llm.retry_policy import RetryPolicy
from processors.money import NANOS, Budgets, Limits
from processors.pii import Action, Privacy, PrivacyRule
from processors.tokens import tokenizer_for
from schemas.events import CrmEvent, Identifier
from schemas.registry import Registry
from schemas.sources import Directory, Join, Mappings, SourceRules, TableMapping

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processors.llm.call_reports import CallReport
    from processors.llm.provider import Provider
    from processors.llm.purse import Purse
    from processors.llm.retry_policy import PauseCause
    from streams.settings import PrivacySettings, Settings
    from streams.settings.entries import MappingSettings

log = structlog.get_logger()


def make_provider(settings: Settings) -> Provider:
    """Make the provider that LLM__PROVIDER names; nothing is sent yet."""
    llm = settings.llm
    return OpenAIProvider(
        llm.api_key.get_secret_value(),
        base_url=llm.base_url,
        max_in_flight=llm.max_in_flight,
        ca_file=None if llm.ca_file is None else str(llm.ca_file),
    )


def make_caller(
    settings: Settings,
    provider: Provider,
    *,
    on_call: Callable[[CallReport], None],
    on_pause: Callable[[PauseCause | None], None],
    on_probe_due: Callable[[], None],
    on_wait: Callable[[float], None],
    purse: Purse | None = None,
) -> Caller:
    """Make what asks `provider` with the retries and within the limits that the settings allow; `purse` pays."""
    policy = RetryPolicy(
        max_attempts=settings.llm.max_attempts,
        max_elapsed_s=settings.llm.max_elapsed_s,
        attempt_timeout_s=settings.llm.attempt_timeout_s,
    )
    return Caller(
        provider,
        policy,
        on_call=on_call,
        on_pause=on_pause,
        on_probe_due=on_probe_due,
        on_wait=on_wait,
        known_limits=KnownLimits(settings.llm.requests_per_minute, settings.llm.tokens_per_minute),
        purse=purse,
    )


async def warm_up(settings: Settings, prices: PriceBook, provider: Provider) -> None:
    """Pay now for what the first events would wait for, while no partition is held up by it.

    Vocabulary, phone metadata, patterns and the price list take about a second on first use, in which no heartbeat goes
    out and no event moves; connections to the provider half a second of the first events' latency (measured). Says once
    what an operator should know of the counting. Raises nothing of the provider's: events meet its state themselves.
    """
    tokenizer = tokenizer_for(settings.llm.model)
    if not tokenizer.exact:
        log.warning(
            "tokens_estimated",
            model=settings.llm.model,
            vocabulary=tokenizer.name,
            consequence="prompts are counted with another model's vocabulary; LLM__MAX_INPUT_TOKENS holds roughly",
        )
    await asyncio.to_thread(_warm_up_processors, settings, prices)
    try:
        await provider.warm_up()
    except CompletionFailure as failure:
        log.warning("provider_not_warm", provider=provider.name, failure=failure.kind.value, status=failure.status)


def _warm_up_processors(settings: Settings, prices: PriceBook) -> None:
    """Prepare an event that needs every part. It stays in the process."""
    make_enrichment(settings, prices).prepare(
        CrmEvent(
            event_id="warm-up",
            source="warm-up",
            entity="Ticket",
            record_id="1",
            occurred_at=0,
            text="Ann Example, +1 201 555 0123, ann@example.com, https://example.com, 4111 1111 1111 1111",
            identifiers=(Identifier("PERSON", "Ann Example"),),
        )
    )
    prices.known(settings.llm.model)


def keep_retries_quiet() -> None:
    """Take stamina's own hooks away: each wait of each call would be a log line and a metric beside ours."""
    stamina.instrumentation.set_on_retry_hooks([])


def make_prices(settings: Settings) -> PriceBook:
    """Make the price list, with what the settings say about models and currencies."""
    prices = settings.prices
    return PriceBook(settings.models, currency=prices.currency, exchange_rates=prices.exchange_rates)


def make_budgets(settings: Settings, prices: PriceBook) -> Budgets:
    """Make what may be spent, in the currency of all costs."""
    said = settings.budgets
    return Budgets(
        currency=settings.prices.currency or prices.currency(settings.llm.model) or "",
        everybody=_limits(said.day, said.month),
        each=_limits(said.tenant_day, said.tenant_month),
        tenants={tenant: _limits(own.day, own.month) for tenant, own in said.tenants.items()},
        cheaper_model=said.cheaper_model,
        cheaper_from=said.cheaper_from,
        pause_when_spent=said.when_spent == "pause",
    )


def _limits(day: float | None, month: float | None) -> Limits:
    # Rounded down, as costs are rounded up.
    return Limits(*(None if limit is None else int(limit * NANOS) for limit in (day, month)))


def make_privacy(settings: PrivacySettings) -> Privacy:
    """Make the rules of what is masked: what the settings say of everybody first, so that their own rules overrule."""
    general = PrivacyRule(actions=_actions(settings.actions), allow=settings.allow, restore=settings.restore)
    own = [
        PrivacyRule(rule.tenant, rule.kind, _actions(rule.actions), rule.allow, rule.restore) for rule in settings.rules
    ]
    return Privacy([general, *own], salt=settings.salt.get_secret_value())


def _actions(named: Mapping[str, str]) -> dict[str, Action]:
    return {kind: Action(action) for kind, action in named.items()}


def make_enrichment(settings: Settings, prices: PriceBook, caller: Caller | None = None) -> Enrichment:
    """Make the composition that turns an event into an insight; without a caller it prepares only."""
    rules = EnrichmentRules(
        model=settings.llm.model,
        max_input_tokens=settings.llm.max_input_tokens,
        salt=settings.privacy.salt.get_secret_value(),
    )
    return Enrichment(
        rules,
        routes=Routes.default(settings.snapshot),
        privacy=make_privacy(settings.privacy),
        tokenizer=tokenizer_for(settings.llm.model),
        prices=prices,
        caller=caller,
    )


def make_source_rules(settings: Settings) -> SourceRules:
    """Make what the adapters must know of the settings; the directory that joins look into is still empty."""
    directory = Directory()
    tables = {name: _table_mapping(mapping, directory) for name, mapping in settings.mappings.items()}
    return SourceRules(own_ids=settings.own_ids, mappings=Mappings(tables), directory=directory)


def _table_mapping(said: MappingSettings, directory: Directory) -> TableMapping:
    joins = None if said.joins is None else tuple(Join(one.columns, one.topic, directory) for one in said.joins)
    return TableMapping(**said.model_dump(exclude={"joins"}), joins=joins)


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
