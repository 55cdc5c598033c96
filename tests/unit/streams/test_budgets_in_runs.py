"""What an event does that waits for money, or for which there is none."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import BaseModel

from processors.llm.answer_checks import Examiner
from processors.llm.asking import Asking
from processors.llm.limits import ANYBODY
from processors.llm.provider import Usage
from processors.llm.purse import BudgetSpent, FundsBusy, Purse
from schemas.errors import Dependency, DependencyFault, ProcessLeaving
from tests.unit.streams.bench import a_bench, an_event
from tests.unit.streams.kafka import settle

if TYPE_CHECKING:
    from processors.llm.provider import CompletionRequest


class ScriptedPurse(Purse):
    """Says of each tenant what the test says."""

    def __init__(self) -> None:
        """Begin with money for all."""
        self.refuses: dict[str, Exception] = {}
        self.open = asyncio.Event()
        self.waits: set[str] = set()
        self.admitted: list[CompletionRequest] = []
        self.cheaper = False

    def model_for(self, tenant: str, model: str) -> str:
        return "gpt-5-nano" if self.cheaper else super().model_for(tenant, model)

    async def admit(self, request: CompletionRequest, tenant: str) -> None:
        if tenant in self.waits:
            await self.open.wait()
        if tenant in self.refuses:
            raise self.refuses[tenant]
        await super().admit(request, tenant)
        self.admitted.append(request)


async def test_an_event_whose_tenant_has_no_money_left_becomes_a_dead_letter_and_others_go_on() -> None:
    purse = ScriptedPurse()
    purse.refuses["acme"] = BudgetSpent("the budget of this tenant for 2026-11-25 (UTC) is spent")
    async with a_bench(purse=purse) as bench:
        await bench.deliver(an_event("e1"), an_event("e2", tenant="globex"))
        assert sorted(bench.endings) == [("e1", "budget_exceeded"), ("e2", "insight")]
        (letter,) = bench.dead_letters
        assert letter["__streams.errors.message"] == "the budget of this tenant for 2026-11-25 (UTC) is spent"
        assert letter["crm_insights.attempts"] == "0"
        assert bench.committed() == 2


async def test_who_waits_for_money_holds_no_slot() -> None:
    purse = ScriptedPurse()
    purse.waits = {"acme"}
    async with a_bench(purse=purse, max_in_flight=1) as bench:
        await bench.deliver(an_event("e1"), an_event("e2", tenant="globex", record_id="2"))
        assert bench.endings == [("e2", "insight")]
        purse.open.set()
        await settle()
        assert bench.endings == [("e2", "insight"), ("e1", "insight")]


async def test_who_finds_the_money_gone_is_admitted_again() -> None:
    purse = ScriptedPurse()
    async with a_bench(purse=purse, by_itself=False) as bench:
        await bench.deliver(an_event())
        bench.caller.calls[0].fail(FundsBusy())
        await settle()
        bench.caller.calls[1].answer()
        await settle()
        assert bench.endings == [("e1", "insight")]
        assert len(purse.admitted) == 2


async def test_a_correction_that_found_no_money_is_admitted_with_what_it_costs_itself() -> None:
    purse = ScriptedPurse()
    async with a_bench(purse=purse, by_itself=False) as bench:
        await bench.deliver(an_event())
        (run,) = (running.run for running in bench.agent._running.values())
        correction = replace(bench.caller.calls[0].request, correction="Answer again.")
        asking = Asking(1, correction, ANYBODY, Examiner(BaseModel.model_validate_json), history=run.asked_before)
        run.asked_before.sent = 1
        asking.may_be_interrupted()
        bench.caller.calls[0].fail(FundsBusy())
        await settle()
        assert [request.correction for request in purse.admitted] == [None, "Answer again."]


async def test_the_spent_budget_of_all_pauses_the_worker_and_keeps_the_event() -> None:
    purse = ScriptedPurse()
    purse.refuses["acme"] = DependencyFault(Dependency.BUDGET, "the budget of all tenants is spent", retry_after_s=0.05)
    async with a_bench(purse=purse) as bench:
        await bench.deliver(an_event())
        assert bench.pauses.causes == {Dependency.BUDGET: "the budget of all tenants is spent"}
        assert bench.committed() == 0
        del purse.refuses["acme"]
        await asyncio.sleep(0.1)
        await settle()
        assert bench.endings == [("e1", "insight")]
        assert not bench.pauses.causes


async def test_an_event_that_waits_for_money_when_the_process_leaves_is_left_to_the_next_owner() -> None:
    purse = ScriptedPurse()
    purse.refuses["acme"] = ProcessLeaving()
    async with a_bench(purse=purse) as bench:
        await bench.deliver(an_event())
        assert bench.endings == []
        assert bench.committed() == 0


async def test_the_cheaper_model_is_asked_and_is_told_of() -> None:
    purse = ScriptedPurse()
    purse.cheaper = True
    async with a_bench(purse=purse) as bench:
        await bench.deliver(an_event())
        assert bench.caller.calls[0].request.model == "gpt-5-nano"
        spender = {"model": "gpt-5-nano", "tenant": "acme", "department": "", "kind": "interaction_summary"}
        assert bench.count("llm_cost_total", **spender, currency="EUR") > 0


async def test_what_an_event_has_cost_is_counted_although_its_money_ran_out_in_the_middle() -> None:
    purse = ScriptedPurse()
    async with a_bench(purse=purse, by_itself=False) as bench:
        await bench.deliver(an_event())
        (run,) = (running.run for running in bench.agent._running.values())
        run.asked_before.sent = 1
        run.asked_before.paid(Usage(100, 60, 20))
        bench.caller.calls[0].fail(BudgetSpent("spent"))
        await settle()
        assert bench.endings == [("e1", "budget_exceeded")]
        spender = {"model": "gpt-5-mini", "tenant": "acme", "department": "", "kind": "interaction_summary"}
        assert bench.count("llm_tokens_total", **spender, direction="output") == 20
        assert bench.dead_letters[0]["crm_insights.attempts"] == "1"
