"""Calls that wait for money, and what becomes of them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from processors.llm.prices import PriceBook
from processors.llm.provider import CompletionFailure, CompletionRequest, FailureKind, Usage
from processors.llm.purse import NOTHING, BudgetSpent, FundsBusy, Hold
from processors.money import NANOS, Funds, Limits, Treasury, WorstCase
from schemas.errors import Dependency, DependencyFault, ProcessLeaving
from tests.unit.llm.test_prices import Override
from tests.unit.money.workers import NOON_S, budgets

if TYPE_CHECKING:
    from processors.money.budgets import AccountId

# A thousandth for each token, in or out.
PRICES = PriceBook({"m": Override(1000.0, 1000.0), "small": Override(100.0, 100.0)})


def a_request(output_tokens: int = 1000, model: str = "m") -> CompletionRequest:
    return CompletionRequest(model, "", "", "kind", {}, output_tokens)


WORST = WorstCase(PRICES).nanos(a_request()) / NANOS


class Bank:
    """Funds whose ledger answers when the test says so."""

    def __init__(self, **rules: Any) -> None:
        """Begin at noon."""
        self.now_s = NOON_S
        rules = {"each": Limits(day=int(10 * WORST * NANOS))} | rules
        self.rules = budgets(**rules)
        self.treasury = Treasury(self.rules, "w1")
        self.spent: list[AccountId] = []
        self.funds = Funds(
            self.treasury,
            self.rules,
            WorstCase(PRICES),
            clock=lambda: self.now_s,
            most_calls=100,
            on_spent=self.spent.append,
        )

    def claim(self) -> None:
        """Write what is wanted and read it back."""
        self.now_s += 1
        for key, value in self.treasury.claims(self.funds.demand, self.now_s):
            account = self.treasury.read(key, value, self.now_s)
            assert account is not None
            self.funds.changed([account])

    async def holds(self, count: int, tenant: str = "acme") -> list[Hold]:
        """Hold the money for so many calls, all admitted at once."""
        admitted = [asyncio.ensure_future(self.funds.admit(a_request(), tenant)) for _ in range(count)]
        await asyncio.sleep(0)
        self.claim()
        await asyncio.gather(*admitted)
        return [self.funds.hold(a_request(), tenant) for _ in range(count)]


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_call_waits_until_its_claim_has_come_back() -> None:
    bank = Bank()
    admitted = asyncio.ensure_future(bank.funds.admit(a_request(), "acme"))
    await turns()
    assert not admitted.done()
    bank.claim()
    await admitted


async def test_who_finds_the_money_gone_is_told_to_come_again() -> None:
    bank = Bank()
    (hold,) = await bank.holds(1)
    with pytest.raises(FundsBusy):
        bank.funds.hold(a_request(), "acme")
    hold.settle(NOTHING)
    bank.funds.hold(a_request(), "acme")


async def test_who_waits_is_let_go_when_a_call_settles_for_less() -> None:
    bank = Bank()
    holds = await bank.holds(10)
    waiting = asyncio.ensure_future(bank.funds.admit(a_request(), "acme"))
    await turns()
    bank.claim()
    await turns()
    assert not waiting.done()
    holds[0].settle(Usage(input_tokens=100))
    await turns()
    assert not waiting.done(), "a tenth of a call is not yet given back"
    holds[1].settle(Usage(input_tokens=100))
    await turns()
    assert waiting.done()


async def test_nobody_overtakes_those_who_wait() -> None:
    bank = Bank()
    order: list[str] = []

    async def admitted(name: str) -> None:
        await bank.funds.admit(a_request(), "acme")
        order.append(name)

    tasks = [asyncio.ensure_future(admitted("first"))]
    await turns()
    for key, value in bank.treasury.claims(bank.funds.demand, bank.now_s):
        # It has come back, and nobody was told yet.
        bank.treasury.read(key, value, bank.now_s)
    tasks.append(asyncio.ensure_future(admitted("second")))
    await turns()
    bank.funds.tick()
    await turns()
    assert order == ["first"]
    bank.funds.tick()
    await asyncio.gather(*tasks)
    assert order == ["first", "second"]


async def test_a_spent_budget_ends_the_call_and_tells_it_once_waited_for() -> None:
    bank = Bank()
    holds = await bank.holds(10)
    waiting = asyncio.ensure_future(bank.funds.admit(a_request(), "acme"))
    await turns()
    for hold in holds:
        hold.settle(None)
    with pytest.raises(BudgetSpent, match=r"the budget of this tenant for 2026-11-25 \(UTC\) is spent"):
        await waiting
    assert {account.tenant for account in bank.spent} == {"acme"}


async def test_the_budget_of_all_pauses_until_the_period_ends() -> None:
    bank = Bank(each=Limits(), everybody=Limits(day=1))
    with pytest.raises(DependencyFault) as fault:
        await bank.funds.admit(a_request(), "acme")
    assert fault.value.dependency is Dependency.BUDGET
    assert fault.value.retry_after_s == 12 * 3600


async def test_the_budget_of_all_ends_calls_if_the_settings_say_so() -> None:
    bank = Bank(each=Limits(), everybody=Limits(day=1), pause_when_spent=False)
    with pytest.raises(BudgetSpent):
        await bank.funds.admit(a_request(), "acme")


async def test_who_waits_over_midnight_spends_the_next_days_budget() -> None:
    bank = Bank()
    await bank.holds(10)
    waiting = asyncio.ensure_future(bank.funds.admit(a_request(), "acme"))
    await turns()
    bank.now_s = NOON_S + 12 * 3600
    bank.funds.tick()
    await turns()
    bank.claim()
    await waiting


async def test_one_tenants_wait_is_not_anothers() -> None:
    bank = Bank()
    await bank.holds(10)
    waiting = asyncio.ensure_future(bank.funds.admit(a_request(), "acme"))
    await turns()
    assert await bank.holds(3, "initech")
    assert not waiting.done()
    waiting.cancel()


async def test_who_gives_up_waiting_wants_nothing_any_more() -> None:
    bank = Bank()
    waiting = asyncio.ensure_future(bank.funds.admit(a_request(), "acme"))
    await turns()
    (account,) = bank.rules.accounts("acme", bank.now_s)
    assert bank.funds.demand(account).total > 0
    waiting.cancel()
    await turns()
    assert bank.funds.demand(account).total == 0
    bank.funds.tick()
    assert bank.funds.waiting == 0


async def test_a_process_that_leaves_lets_nobody_wait() -> None:
    bank = Bank()
    waiting = asyncio.ensure_future(bank.funds.admit(a_request(), "acme"))
    await turns()
    bank.funds.close()
    with pytest.raises(ProcessLeaving):
        await waiting
    with pytest.raises(ProcessLeaving):
        await bank.funds.admit(a_request(), "acme")


@pytest.mark.parametrize("kind", list(FailureKind))
async def test_a_failure_that_may_be_billed_costs_all_that_was_held_and_a_refusal_nothing(kind: FailureKind) -> None:
    bank = Bank()
    (hold,) = await bank.holds(1)
    hold.failed(CompletionFailure(kind))
    (standing,) = bank.treasury.standings(bank.now_s)
    billed = {FailureKind.TIMEOUT, FailureKind.CONNECTION, FailureKind.MALFORMED, FailureKind.CONTENT_FILTERED}
    assert standing.spent == (int(WORST * NANOS) if kind in billed else 0)


async def test_an_answer_without_usage_costs_all_that_was_held() -> None:
    bank = Bank()
    (hold,) = await bank.holds(1)
    hold.settle(Usage())
    (standing,) = bank.treasury.standings(bank.now_s)
    assert standing.spent == int(WORST * NANOS)


async def test_only_the_first_verdict_counts() -> None:
    bank = Bank()
    (hold,) = await bank.holds(1)
    hold.settle(Usage(input_tokens=1))
    hold.settle(None)
    (standing,) = bank.treasury.standings(bank.now_s)
    assert standing.spent == NANOS // 1000


async def test_the_cheaper_model_is_asked_from_its_part_of_a_budget_on() -> None:
    bank = Bank(cheaper_model="small", cheaper_from=0.5)
    holds = await bank.holds(5)
    for hold in holds[:4]:
        hold.settle(None)
    assert bank.funds.model_for("acme", "m") == "m"
    holds[4].settle(None)
    assert bank.funds.model_for("acme", "m") == "small"
    assert bank.funds.model_for("initech", "m") == "m"


async def test_calls_for_a_tenant_without_a_budget_wait_for_nothing() -> None:
    bank = Bank(each=Limits(), tenants={"acme": Limits(day=1)})
    await bank.funds.admit(a_request(), "initech")
    bank.funds.hold(a_request(), "initech").settle(Usage(input_tokens=5))
    with suppress(BudgetSpent):
        await bank.funds.admit(a_request(), "acme")
    assert [account.tenant for account in bank.spent] == ["acme"]


async def test_what_is_claimed_for_at_once_is_no_more_than_what_may_be_in_flight() -> None:
    bank = Bank(each=Limits(day=NANOS * 1_000_000))
    waiting = [asyncio.ensure_future(bank.funds.admit(a_request(), "acme")) for _ in range(300)]
    await turns()
    (account,) = bank.rules.accounts("acme", bank.now_s)
    assert bank.funds.demand(account).total == int(100 * WORST * NANOS)
    for task in waiting:
        task.cancel()
