"""The border to whoever pays: requests are sent when there is money for them, and every cent is accounted for.

The caller holds the money for a request right before it is sent and gives a verdict right after. `Purse` is money
without end; `processors.money` has budgets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processors.llm.provider import FailureKind, Usage
from schemas.errors import DataFault
from schemas.outcomes import DeadLetterReason

if TYPE_CHECKING:
    from collections.abc import Callable

    from processors.llm.provider import CompletionFailure, CompletionRequest

STAGE: Final = "budget"

# What a provider may bill although no completion arrived: it may have answered somebody who was gone by then. All
# other failures are refusals, which nobody bills.
_MAY_BE_BILLED: Final = frozenset(
    {FailureKind.TIMEOUT, FailureKind.CONNECTION, FailureKind.MALFORMED, FailureKind.CONTENT_FILTERED}
)
NOTHING: Final = Usage()
"""The usage of a request that is surely not billed."""


class FundsBusy(Exception):  # noqa: N818 - not an error: be admitted again
    """The money is held by calls under way, or is being claimed."""


class BudgetSpent(DataFault):
    """A tenant's budget has no room for this call in this period."""

    def __init__(self, detail: str) -> None:
        """Say whose budget, for which period, without a name: see `DataFault`."""
        super().__init__(DeadLetterReason.BUDGET_EXCEEDED, detail, stage=STAGE)


class Hold:
    """Money for one request. The first verdict counts, later ones do nothing."""

    __slots__ = ("_pay",)

    def __init__(self, pay: Callable[[Usage | None], None] | None = None) -> None:
        """Take who hears the verdict: what was used, or None where nobody knows."""
        self._pay = pay

    def settle(self, usage: Usage | None) -> None:
        """Pay for `usage`, or for all that was held if that is None or says nothing: a server may tell no usage."""
        pay, self._pay = self._pay, None
        if pay is not None:
            known = usage is not None and (usage is NOTHING or usage.input_tokens > 0)
            pay(usage if known else None)

    def failed(self, failure: CompletionFailure) -> None:
        """Pay for all that was held if this may be billed, else nothing."""
        self.settle(None if failure.kind in _MAY_BE_BILLED else NOTHING)


class Purse:
    """Money without end: what calls are paid from where no budget is set."""

    def model_for(self, tenant: str, model: str) -> str:  # noqa: ARG002 - for those with budgets
        """The model to ask on behalf of `tenant` in place of `model`."""
        return model

    async def admit(self, request: CompletionRequest, tenant: str) -> None:
        """Wait until there is money for `request`. Raises as `hold` does, but for FundsBusy; ProcessLeaving."""

    def hold(self, request: CompletionRequest, tenant: str) -> Hold:  # noqa: ARG002 - as above
        """Hold the money for `request`, which is sent now; every hold needs its verdict.

        Raises FundsBusy; BudgetSpent; DependencyFault(BUDGET) where the budget of all together is spent and all wait
        for the next period.
        """
        return Hold()

    def close(self) -> None:
        """Let nobody wait any more."""
