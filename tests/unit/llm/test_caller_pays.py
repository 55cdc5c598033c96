"""Every request that the caller sends is paid for, once, and none is sent without money."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from processors.llm.asking import AskHistory
from processors.llm.caller import Caller
from processors.llm.limits import Flow
from processors.llm.provider import CompletionFailure, CompletionRequest, FailureKind, Usage
from processors.llm.purse import BudgetSpent, FundsBusy, Hold, Purse
from processors.llm.retry_policy import RetryPolicy
from schemas.errors import DependencyFault
from tests.unit.llm.test_caller import BROKEN, CUT_OFF, GOOD, NONSENSE, RATE_LIMITED, REQUEST, Reading, ScriptedProvider

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.unit.llm.test_caller import Step

TIMED_OUT = CompletionFailure(FailureKind.TIMEOUT)


class CountedPurse(Purse):
    """Keeps what was held for whom, and every verdict; says no as often as it is told to."""

    def __init__(self, *refusals: Exception) -> None:
        """`refusals` come first, one for each hold."""
        self.refusals = list(refusals)
        self.held: list[tuple[CompletionRequest, str]] = []
        self.verdicts: list[Usage | None] = []
        self._left: int | None = None

    def have_money_for_one(self) -> None:
        """Have money for one request, then none until this is called again."""
        self._left = 1

    def hold(self, request: CompletionRequest, tenant: str) -> Hold:
        if self.refusals:
            raise self.refusals.pop(0)
        if self._left is not None:
            if not self._left:
                raise FundsBusy
            self._left -= 1
        self.held.append((request, tenant))
        return Hold(self.verdicts.append)


async def ask(steps: Iterable[Step], purse: Purse, provider: ScriptedProvider | None = None) -> None:
    caller = Caller(provider or ScriptedProvider(steps), purse=purse)
    await caller.ask(REQUEST, Reading.model_validate_json, flow=Flow(tenant="acme"))


async def test_the_money_is_held_on_behalf_of_the_tenant_and_settled_by_the_usage() -> None:
    purse = CountedPurse()
    await ask([GOOD], purse)
    assert purse.held == [(REQUEST, "acme")]
    assert purse.verdicts == [GOOD.usage]


async def test_every_attempt_is_held_for_and_settled() -> None:
    purse = CountedPurse()
    await ask([RATE_LIMITED, BROKEN, TIMED_OUT, GOOD], purse)
    # Refusals cost nothing; what may have been answered to nobody costs all that was held.
    assert purse.verdicts == [Usage(), Usage(), None, GOOD.usage]


async def test_a_second_answer_is_held_for_at_its_larger_cap() -> None:
    purse = CountedPurse()
    await ask([CUT_OFF, NONSENSE, GOOD], purse)
    assert [request.max_output_tokens for request, _ in purse.held] == [100, 200, 200]
    assert purse.held[2][0].correction
    assert purse.verdicts == [CUT_OFF.usage, NONSENSE.usage, GOOD.usage]


async def test_an_answer_without_usage_costs_all_that_was_held() -> None:
    purse = CountedPurse()
    await ask([replace(GOOD, usage=Usage())], purse)
    assert purse.verdicts == [None]


async def test_a_call_that_is_cancelled_costs_all_that_was_held() -> None:
    purse = CountedPurse()
    asking = asyncio.ensure_future(ask([GOOD], purse))
    await asyncio.sleep(0.1)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert purse.verdicts == [None]


@pytest.mark.parametrize("refusal", [FundsBusy(), BudgetSpent("the budget is spent")])
async def test_without_money_nothing_is_sent_and_nobody_else_is_held_up(refusal: Exception) -> None:
    purse, provider = CountedPurse(refusal), ScriptedProvider([GOOD])
    caller, history = Caller(provider, purse=purse), AskHistory()
    with pytest.raises(type(refusal)):
        await caller.ask(REQUEST, Reading.model_validate_json, history=history)
    assert provider.requests == []
    assert history.sent == 0
    # It was the first call, the probe: the next one gets its place.
    await caller.ask(REQUEST, Reading.model_validate_json, history=history)
    assert len(provider.requests) == 1


async def test_who_finds_no_money_for_a_correction_goes_on_with_it_and_pays_for_no_answer_twice() -> None:
    purse, provider = CountedPurse(), ScriptedProvider([BROKEN, CUT_OFF, NONSENSE, GOOD])
    caller, history = Caller(provider, purse=purse), AskHistory()
    waits = 0
    while True:
        # There is money for one request each time.
        purse.have_money_for_one()
        try:
            answered = await caller.ask(REQUEST, Reading.model_validate_json, history=history)
            break
        except FundsBusy:
            waits += 1
            assert history.next_request is not None
    assert waits == 3
    assert [request.max_output_tokens for request in provider.requests] == [100, 100, 200, 200]
    assert provider.requests[3].correction
    assert answered.attempts == 4


async def test_attempts_are_used_up_although_each_waits_for_money() -> None:
    purse, provider = CountedPurse(), ScriptedProvider([BROKEN] * 100)
    caller, history = Caller(provider, purse=purse), AskHistory()
    for _ in range(50):
        purse.have_money_for_one()
        with contextlib.suppress(FundsBusy):
            with pytest.raises(DependencyFault):
                await caller.ask(REQUEST, Reading.model_validate_json, history=history)
            break
    assert len(provider.requests) == RetryPolicy().max_attempts
