"""What must hold between the models, their prices and the budgets, or a budget would promise what nobody can keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.errors import Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from processors.llm.prices import PriceBook
    from streams.settings.rules import Look

RESERVED_TOKENS = 5_000
"""What a prompt holds beside the event: instructions and schema (850), and an answer whose cap was doubled once."""

_MAX_NAMES = 8


def model_mistakes(look: Look) -> Iterator[Mistake]:
    """What is wrong with the models that are asked and with the budgets."""
    from processors.llm.prices import PriceBook  # noqa: PLC0415 - only where a model is used

    settings = look.settings
    prices = PriceBook(
        settings.models, currency=settings.prices.currency, exchange_rates=settings.prices.exchange_rates
    )
    named = ((("llm", "model"), settings.llm.model), (("budgets", "cheaper_model"), settings.budgets.cheaper_model))
    mistakes = [
        mistake
        for path, model in named
        if model is not None and not look.refused(*path)
        for mistake in _one_model(look, prices, look.name(*path), model)
    ]
    yield from mistakes
    if not mistakes and not look.refused("llm", "model"):
        yield from _currencies(look, prices)
        if look.settings.budgets.any:
            yield from _too_small(look, prices)
    yield from _budgets(look)


def _one_model(look: Look, prices: PriceBook, name: str, model: str) -> Iterator[Mistake]:
    from processors.llm.text_models import answers_in_text  # noqa: PLC0415 - as above

    if model not in look.settings.models and not answers_in_text(model):
        # It may well have a price; each event would be refused, or answered with a picture.
        known = _names_like(model, prices)
        yield Mistake(name, f"is {model!r}, which answers no chat in text.", f"Take one that does: {known}, ...")
        return
    if not prices.known(model):
        yield Mistake(
            name,
            f"is {model!r}, which has no price and no known context window.",
            f"Known: {_names_like(model, prices)}, ... Add it under [models] in insights.toml, or correct the name.",
        )
        return
    window = prices.context_window(model)
    if window is None:
        # Nothing would hold prompts to what it can read: what is too long for it is refused, one event after the other.
        yield Mistake(
            name,
            f"is {model!r}, whose context window is not known.",
            f'Set context_window, with the prices, under [models."{model}"] in insights.toml.',
        )
        return
    room = window - RESERVED_TOKENS
    max_input_tokens = look.settings.llm.max_input_tokens
    if max_input_tokens > room and not look.refused("llm", "max_input_tokens"):
        yield Mistake(
            look.name("llm", "max_input_tokens"),
            f"is {max_input_tokens}, but {model} holds {window} tokens, instructions and answer included.",
            f"Set it to {room} at most.",
        )


def _names_like(model: str, prices: PriceBook) -> str:
    return ", ".join((prices.suggest(model) or prices.models())[:_MAX_NAMES])


def _currencies(look: Look, prices: PriceBook) -> Iterator[Mistake]:
    """One currency for all that is added up: a budget in euros says nothing of calls in dollars."""
    budgets, model, currency = look.settings.budgets, look.settings.llm.model, look.settings.prices.currency
    if currency is None and not budgets.any:
        return
    wanted = currency or prices.currency(model)
    for name in (model, budgets.cheaper_model):
        found = None if name is None else prices.currency(name)
        if found is not None and found != wanted:
            yield Mistake(
                look.name("prices", "exchange_rates"),
                f"has no rate for {found}, in which {name} is priced; costs are in {wanted}.",
                f'Set {look.name("prices", "currency")} to {wanted} and the rates to {{"{found}": ...}}: how much '
                f"{wanted} one {found} buys.",
            )


def _budgets(look: Look) -> Iterator[Mistake]:
    budgets = look.settings.budgets
    if budgets.cheaper_model is not None and not budgets.any:
        name = look.name("budgets", "cheaper_model")
        yield Mistake(name, "is given, but there is no budget.", f"Set {look.name('budgets', 'month')} or another.")
    for name, day, month in _limits(look):
        if day is not None and month is not None and day > month:
            yield Mistake(
                name, f"allows more for a day ({day:g}) than for a month ({month:g}).", "Correct one of them."
            )


def _too_small(look: Look, prices: PriceBook) -> Iterator[Mistake]:
    """A budget that has no room for one call reads nothing, and says so with each dead letter only."""
    from processors.kinds import Routes  # noqa: PLC0415 - only where a model is used
    from processors.llm.provider import CompletionRequest  # noqa: PLC0415
    from processors.money import NANOS, WorstCase  # noqa: PLC0415

    model, reckon = look.settings.llm.model, WorstCase(prices)
    for kind in {route.kind for route in Routes.default().routes}:
        shortest = CompletionRequest(model, kind.instructions, "", kind.name, kind.json_schema, kind.max_output_tokens)
        cost = reckon.nanos(shortest) / NANOS
        for name, *limits in _limits(look):
            for limit in limits:
                if limit is not None and limit < cost:
                    problem = f"allows {limit:g}, and one call with {model} is held to cost {cost:.2g} at most."
                    yield Mistake(name, problem, "Nothing would be read: raise it to many times that.")


def _limits(look: Look) -> Iterator[tuple[str, float | None, float | None]]:
    """Each budget by the name that the user gave it, with what it allows for a day and a month."""
    budgets = look.settings.budgets
    yield look.name("budgets", "day"), budgets.day, budgets.month
    yield look.name("budgets", "tenant_day"), budgets.tenant_day, budgets.tenant_month
    tenants = look.name("budgets", "tenants")
    for tenant, own in budgets.tenants.items():
        yield f"{tenants}[{tenant}]", own.day, own.month
