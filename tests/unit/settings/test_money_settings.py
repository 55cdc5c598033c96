"""Budgets, prices and currencies in the settings."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from processors.llm.provider import Usage
from processors.money import NANOS, Limits
from streams.parts import make_budgets, make_prices
from streams.settings import PREVIEW, Need, Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from pathlib import Path

FILE = """
[llm]
model = "house"

[prices]
currency = "EUR"
exchange_rates = { USD = 0.5 }

[models.house]
input = 2
output = 8
context_window = 128000
batch = 0.4

[[models.house.changes]]
since = 2020-01-01
input = 4
output = 16

[budgets]
month = 2000
tenant_day = 5.5
when_spent = "dead_letter"
cheaper_model = "gpt-5-nano"

[budgets.tenants.acme]
day = 50
"""


def loaded(file: Path, text: str = FILE, need: frozenset[Need] = PREVIEW) -> Settings:
    file.write_text(text, "utf-8")
    return load_settings(need, {"CRM_INSIGHTS_CONFIG": str(file)})


def mistakes(**settings: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(PREVIEW, {f"CRM_INSIGHTS_{name}": value for name, value in settings.items()})
    assert len(caught.value.mistakes) == 1
    return str(caught.value.mistakes[0])


def test_budgets_are_read_from_the_file_in_the_currency_of_all_costs(tmp_path: Path) -> None:
    settings = loaded(tmp_path / "insights.toml")
    budgets = make_budgets(settings, make_prices(settings))
    assert budgets.currency == "EUR"
    assert budgets.everybody == Limits(month=2000 * NANOS)
    assert budgets.limits_of("globex") == Limits(day=5_500_000_000)
    assert budgets.limits_of("acme") == Limits(day=50 * NANOS)
    assert (budgets.cheaper_model, budgets.cheaper_from) == ("gpt-5-nano", 0.8)
    assert not budgets.pause_when_spent


def test_budgets_are_read_from_the_environment() -> None:
    settings = load_settings(
        PREVIEW,
        {
            "CRM_INSIGHTS_LLM__MODEL": "gpt-5-mini",
            "CRM_INSIGHTS_BUDGETS__DAY": "10",
            "CRM_INSIGHTS_BUDGETS__TENANTS": '{"acme": {"month": 3}}',
        },
    )
    budgets = make_budgets(settings, make_prices(settings))
    assert budgets.everybody == Limits(day=10 * NANOS)
    assert budgets.limits_of("acme") == Limits(month=3 * NANOS)
    assert budgets.currency == "EUR"


def test_there_are_no_budgets_by_default() -> None:
    settings = Settings()
    assert not make_budgets(settings, make_prices(settings)).any


def test_a_price_has_its_changes_and_its_part_of_the_batch_api(tmp_path: Path) -> None:
    settings = loaded(tmp_path / "insights.toml")
    assert settings.models["house"].changes[0].since == date(2020, 1, 1)
    million = Usage(input_tokens=1_000_000)
    cost, batch = (make_prices(settings).cost("house", million, batch=batch) for batch in (False, True))
    assert cost is not None
    assert batch is not None
    assert (cost.amount, cost.currency) == (2.0, "EUR")
    assert batch.amount == pytest.approx(0.8)


def test_a_cheaper_model_without_a_price_is_refused() -> None:
    message = mistakes(BUDGETS__DAY="10", BUDGETS__CHEAPER_MODEL="gpt-5-nanno", LLM__MODEL="gpt-5-mini")
    assert message.startswith("CRM_INSIGHTS_BUDGETS__CHEAPER_MODEL is 'gpt-5-nanno', which has no price")
    assert "gpt-5-nano" in message


def test_a_cheaper_model_without_any_budget_would_never_be_asked() -> None:
    message = mistakes(BUDGETS__CHEAPER_MODEL="gpt-5-nano", LLM__MODEL="gpt-5-mini")
    assert message.startswith("CRM_INSIGHTS_BUDGETS__CHEAPER_MODEL is given, but there is no budget.")


def test_a_budget_over_models_in_two_currencies_needs_a_rate() -> None:
    message = mistakes(BUDGETS__DAY="10", BUDGETS__CHEAPER_MODEL="gpt-5-nano", LLM__MODEL="gpt-5.4-mini")
    assert "has no rate for EUR, in which gpt-5-nano is priced; costs are in USD." in message


def test_a_currency_without_a_rate_for_the_models_price_is_refused() -> None:
    message = mistakes(PRICES__CURRENCY="CHF", LLM__MODEL="gpt-5-mini")
    assert "has no rate for EUR, in which gpt-5-mini is priced; costs are in CHF." in message


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"BUDGETS__DAY": "10", "BUDGETS__MONTH": "5"}, "CRM_INSIGHTS_BUDGETS__DAY"),
        ({"BUDGETS__TENANT_DAY": "10", "BUDGETS__TENANT_MONTH": "5"}, "CRM_INSIGHTS_BUDGETS__TENANT_DAY"),
        ({"BUDGETS__TENANTS": '{"acme": {"day": 10, "month": 5}}'}, "CRM_INSIGHTS_BUDGETS__TENANTS[acme]"),
    ],
)
def test_a_day_that_may_cost_more_than_its_month_is_a_mistake(settings: dict[str, str], name: str) -> None:
    assert mistakes(**settings) == f"{name} allows more for a day (10) than for a month (5). Correct one of them."


def test_a_budget_without_room_for_a_single_call_is_a_mistake() -> None:
    message = mistakes(LLM__MODEL="gpt-5-mini", BUDGETS__TENANT_DAY="0.0001")
    assert message.startswith("CRM_INSIGHTS_BUDGETS__TENANT_DAY allows 0.0001, and one call with gpt-5-mini")
    assert message.endswith("Nothing would be read: raise it to many times that.")


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "much"])
def test_a_budget_is_a_positive_number(value: str) -> None:
    assert "CRM_INSIGHTS_BUDGETS__DAY" in mistakes(BUDGETS__DAY=value)
