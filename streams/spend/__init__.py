"""`crm.spend`: how the workers tell each other what they have taken of the budgets (the model: `processors.money`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processors.money import WorstCase
from streams.parts import make_budgets
from streams.spend.keeper import SpendKeeper
from streams.spend.ledger import SpendLedger

if TYPE_CHECKING:
    from processors.llm.prices import PriceBook
    from streams.delivery.pauses import Pauses
    from streams.observability.metrics import Metrics
    from streams.settings import Settings

__all__ = ["SpendKeeper", "make_keeper"]


def make_keeper(settings: Settings, prices: PriceBook, metrics: Metrics, pauses: Pauses) -> SpendKeeper | None:
    """Make what keeps the budgets; None where the settings set none. Nothing is sent yet."""
    budgets = make_budgets(settings, prices)
    if not budgets.any:
        return None
    return SpendKeeper(
        SpendLedger(settings.kafka, settings.topics.spend),
        budgets,
        WorstCase(prices),
        metrics=metrics,
        pauses=pauses,
        most_calls=settings.llm.max_in_flight,
    )
