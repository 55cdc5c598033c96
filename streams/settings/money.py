"""The settings of prices and budgets."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic resolves the annotations at run time
from typing import Literal

from pydantic import Field, PositiveFloat

from streams.settings.entries import TenantBudgetSettings  # noqa: TC001 - as above
from streams.settings.fields import Currency  # noqa: TC001 - as above
from streams.settings.section import Section


class PriceSettings(Section):
    """Prices of the models."""

    currency: Currency | None = Field(
        None, description="Currency of all costs and budgets; by default each price list's own (EUR or USD)."
    )
    exchange_rates: Mapping[Currency, PositiveFloat] = Field(
        default_factory=dict,
        examples=['{"USD": 0.86}'],
        description="JSON object {currency: rate}: how much of `PRICES__CURRENCY` one unit of it buys.",
    )


class BudgetSettings(Section):
    """Budgets: what may be spent, in `PRICES__CURRENCY` or else that of the model's price; none by default."""

    day: PositiveFloat | None = Field(
        None, allow_inf_nan=False, description="The most that all tenants together spend in a UTC day."
    )
    month: PositiveFloat | None = Field(None, allow_inf_nan=False, description="And in a UTC month.")
    when_spent: Literal["pause", "dead_letter"] = Field(
        "pause",
        description="What happens when that is spent: pause (all wait for the next period) or dead_letter.",
    )
    tenant_day: PositiveFloat | None = Field(
        None,
        allow_inf_nan=False,
        description="The most that each tenant spends in a UTC day, unless `BUDGETS__TENANTS` names it. When it is "
        "spent the tenant's events become dead letters (budget_exceeded), and all others go on.",
    )
    tenant_month: PositiveFloat | None = Field(None, allow_inf_nan=False, description="And in a UTC month.")
    tenants: Mapping[str, TenantBudgetSettings] = Field(
        default_factory=dict,
        examples=['{"acme": {"day": 5, "month": 100}}'],
        description='JSON object of the tenants with limits of their own, best as tables [budgets.tenants."name"] in '
        "insights.toml.",
    )
    cheaper_model: str | None = Field(
        None,
        min_length=1,
        description="Model that is asked instead once `BUDGETS__CHEAPER_FROM` of a budget is spent; by default none. "
        "It spends from the same budgets.",
    )
    cheaper_from: float = Field(
        0.8, gt=0, lt=1, description="Part of a budget, 0 to 1, from which on the cheaper model is asked."
    )

    @property
    def any(self) -> bool:
        """Whether anything is limited."""
        return any((self.day, self.month, self.tenant_day, self.tenant_month, *self.tenants.values()))
