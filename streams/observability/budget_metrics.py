"""How the budgets stand, as metrics: by tenant ("*" for all together) and kind of period, day or month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import Gauge

from processors.money import NANOS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from prometheus_client import CollectorRegistry

    from processors.money.treasury import Standing

EVERYBODY: Final = "*"


class BudgetMetrics:
    """What this worker knows of the budgets, which is what all have told: do not add up over workers."""

    def __init__(self, registry: CollectorRegistry, shown_tenant: Callable[[str], str], hidden: str) -> None:
        """Register on `registry`; `shown_tenant` is what the label shows, `hidden` where it has had enough of them."""
        self._shown_tenant = shown_tenant
        self._hidden = hidden
        labels = ["tenant", "period", "currency"]
        self.limit = Gauge("crm_insights_budget", "What may be spent in the period", labels, registry=registry)
        self.spent = Gauge(
            "crm_insights_budget_spent", "What is spent of it, by all workers", labels, registry=registry
        )
        self.claimed = Gauge(
            "crm_insights_budget_claimed",
            "What is spent of it, held for calls under way, or taken and not used yet, by all workers",
            labels,
            registry=registry,
        )
        self.waiting = Gauge(
            "crm_insights_budget_waiting", "Events of this worker that wait for money", registry=registry
        )

    def show(self, standings: Iterable[Standing], currency: str) -> None:
        """Show how all accounts stand; those of periods that are over go."""
        for gauge in (self.limit, self.spent, self.claimed):
            gauge.clear()
        for one in standings:
            tenant = self.shown_tenant(one.account.tenant)
            if tenant == self._hidden:
                continue
            labels = (tenant, "day" if one.is_day else "month", currency)
            self.limit.labels(*labels).set(one.limit / NANOS)
            self.spent.labels(*labels).set(one.spent / NANOS)
            self.claimed.labels(*labels).set(one.claimed / NANOS)

    def shown_tenant(self, tenant: str | None) -> str:
        """What people see of a tenant's name; None is all of them together."""
        return EVERYBODY if tenant is None else self._shown_tenant(tenant)
