"""How budgets show in the metrics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from processors.money import NANOS
from processors.money.budgets import AccountId
from processors.money.treasury import Standing
from streams.observability.metrics import Metrics


def a_standing(tenant: str | None, period: str = "2026-11-25", *, spent: float = 3.0) -> Standing:
    return Standing(AccountId(tenant, period), period.count("-") > 1, 10 * NANOS, int(spent * NANOS), 5 * NANOS)


def shown(metrics: Metrics, name: str, tenant: str, period: str) -> float | None:
    labels = {"tenant": tenant, "period": period, "currency": "EUR"}
    return metrics.registry.get_sample_value(f"crm_insights_{name}", labels)


def test_a_budget_shows_its_limit_and_what_is_spent_and_claimed_of_it() -> None:
    metrics = Metrics(CollectorRegistry())
    metrics.budgets.show([a_standing("acme"), a_standing(None, "2026-11")], "EUR")
    assert [shown(metrics, name, "acme", "day") for name in ("budget", "budget_spent", "budget_claimed")] == [10, 3, 5]
    assert shown(metrics, "budget", "*", "month") == 10


def test_a_period_that_is_over_is_not_shown_any_more() -> None:
    metrics = Metrics(CollectorRegistry())
    metrics.budgets.show([a_standing("acme")], "EUR")
    metrics.budgets.show([a_standing("acme", spent=0.0)], "EUR")
    assert shown(metrics, "budget_spent", "acme", "day") == 0
    metrics.budgets.show([], "EUR")
    assert shown(metrics, "budget_spent", "acme", "day") is None


def test_tenants_beyond_the_cap_are_not_shown_as_one() -> None:
    metrics = Metrics(CollectorRegistry())
    metrics.budgets.show([a_standing(f"tenant-{number}") for number in range(500)], "EUR")
    assert shown(metrics, "budget", "other", "day") is None
    assert shown(metrics, "budget", "tenant-7", "day") == 10
