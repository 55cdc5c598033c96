"""Where calls get the money for their requests, and wait for it. For one event loop.

Nobody holds a slot or a turn while waiting: `admit` stands before both and waits, `hold` stands right before the
request and does not. Whoever finds the money gone between the two (`FundsBusy`) gives slot and turn back and is
admitted again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NoReturn

from processors.llm.purse import BudgetSpent, FundsBusy, Hold, Purse
from processors.money.account import NOBODY, Demand
from processors.money.treasury import Busy, Held, Spent
from schemas.errors import Dependency, DependencyFault, ProcessLeaving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from processors.llm.provider import CompletionRequest, Usage
    from processors.money.budgets import AccountId, Budgets
    from processors.money.treasury import Treasury
    from processors.money.worst_case import WorstCase


@dataclass(eq=False, slots=True)
class _Waiter:
    tenant: str
    amount: int
    lacking: tuple[AccountId, ...]
    woken: asyncio.Future[None]


class Funds(Purse):
    """The money that budgets allow."""

    def __init__(
        self,
        treasury: Treasury,
        budgets: Budgets,
        worst_case: WorstCase,
        *,
        clock: Callable[[], float],
        most_calls: int,
        on_wanted: Callable[[], None] = lambda: None,
        on_spent: Callable[[AccountId], None] = lambda _: None,
    ) -> None:
        """`clock` is seconds since the epoch. `on_wanted` hears that somebody waits for a larger claim.

        `on_spent` hears of each call that an account has no money for.
        `most_calls` may be in flight at once: for more of those who wait nothing is claimed.
        """
        self._treasury = treasury
        self._budgets = budgets
        self._worst_case = worst_case
        self._clock = clock
        self._on_wanted = on_wanted
        self._on_spent = on_spent
        self._most_calls = most_calls
        self._queues: dict[AccountId, deque[_Waiter]] = {}
        self._lacking: dict[AccountId, dict[_Waiter, None]] = {}
        self._held = 0
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(len(queue) for queue in self._queues.values())

    def demand(self, account: AccountId) -> Demand:
        """What those who wait need of an account."""
        free = max(0, self._most_calls - self._held)
        amounts = [waiter.amount for waiter in islice(self._lacking.get(account, ()), free)]
        return Demand(sum(amounts), min(amounts)) if amounts else NOBODY

    def model_for(self, tenant: str, model: str) -> str:
        """See `Purse`."""
        cheaper = self._budgets.cheaper_model
        if cheaper is None or self._treasury.used(tenant, self._clock()) < self._budgets.cheaper_from:
            return model
        return cheaper

    async def admit(self, request: CompletionRequest, tenant: str) -> None:
        """See `Purse`. First come, first served on each account."""
        amount = self._worst_case.nanos(request)
        against = self._against(tenant, amount) or self._behind_others(tenant)
        while against is not None:
            await self._wait(tenant, amount, against)
            against = self._against(tenant, amount)

    def hold(self, request: CompletionRequest, tenant: str) -> Hold:
        """See `Purse`."""
        held = self._treasury.hold(tenant, self._worst_case.nanos(request), self._clock())
        if not isinstance(held, Held):
            if isinstance(held, Spent):
                self._refuse(held)
            raise FundsBusy
        self._held += 1
        model = request.model
        return Hold(lambda usage: self._settle(held, model, usage))

    def changed(self, accounts: Iterable[AccountId]) -> None:
        """Let go those who find room on these accounts now, or learn that there will be none."""
        for account in accounts:
            if (queue := self._queues.get(account)) is not None:
                self._stir(account, queue)

    def tick(self) -> None:
        """Look again whether those who wait must: workers fall silent and periods end by the clock alone."""
        self.changed(list(self._queues))

    def close(self) -> None:
        """See `Purse`."""
        self._closed = True
        for queue in self._queues.values():
            for waiter in queue:
                if not waiter.woken.done():
                    waiter.woken.set_exception(ProcessLeaving())

    # ---- within --------------------------------------------------------------------------------------------------

    def _settle(self, held: Held, model: str, usage: Usage | None) -> None:
        self._held -= 1
        cost = held.amount if usage is None else self._worst_case.cost(model, usage)
        self._treasury.settle(held, cost, self._clock())
        self.changed(held.ids)

    def _against(self, tenant: str, amount: int) -> Busy | None:
        against = self._treasury.look(tenant, amount, self._clock())
        return self._refuse(against) if isinstance(against, Spent) else against

    def _behind_others(self, tenant: str) -> Busy | None:
        """Nobody overtakes those who wait already."""
        waited_on = tuple(a for a in self._budgets.accounts(tenant, self._clock()) if self._queues.get(a))
        return Busy(waited_on) if waited_on else None

    def _refuse(self, spent: Spent) -> NoReturn:
        """Say that there is no money. Raises BudgetSpent, DependencyFault(BUDGET)."""
        self._on_spent(spent.account)
        whose = "all tenants" if spent.account.tenant is None else "this tenant"
        detail = f"the budget of {whose} for {spent.account.period} (UTC) is spent"
        if spent.account.tenant is None and self._budgets.pause_when_spent:
            wait_s = max(1.0, spent.ends_s - self._clock())
            raise DependencyFault(Dependency.BUDGET, detail, retry_after_s=wait_s)
        raise BudgetSpent(detail)

    async def _wait(self, tenant: str, amount: int, against: Busy) -> None:
        if self._closed:
            raise ProcessLeaving
        waiter = _Waiter(tenant, amount, against.accounts, asyncio.get_running_loop().create_future())
        self._queues.setdefault(waiter.lacking[0], deque()).append(waiter)
        self._count(waiter, waits=True)
        self._on_wanted()
        try:
            await waiter.woken
        finally:
            # Cancelled: it stays in its queue until it would be let go, and nothing is claimed for it any more.
            self._count(waiter, waits=False)

    def _count(self, waiter: _Waiter, *, waits: bool) -> None:
        for account in waiter.lacking:
            lacking = self._lacking.setdefault(account, {})
            if waits:
                lacking[waiter] = None
            else:
                lacking.pop(waiter, None)
            if not lacking:
                del self._lacking[account]

    def _stir(self, account: AccountId, queue: deque[_Waiter]) -> None:
        promised = 0
        now_s = self._clock()
        while queue:
            waiter = queue[0]
            if not waiter.woken.done():
                against = self._treasury.look(waiter.tenant, waiter.amount + promised, now_s)
                if isinstance(against, Busy) and account in against.accounts:
                    return
                promised += waiter.amount
                waiter.woken.set_result(None)
            queue.popleft()
            self._count(waiter, waits=False)
        self._queues.pop(account, None)
