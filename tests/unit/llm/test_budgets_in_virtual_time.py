"""Workers that share a budget over a ledger with delays, in virtual time: what is billed, and how long it takes."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry
from pydantic import BaseModel

from processors.llm.asking import AskHistory
from processors.llm.call_reports import AskFault
from processors.llm.caller import Caller
from processors.llm.limits import Flow
from processors.llm.prices import PriceBook
from processors.llm.provider import Completion, CompletionRequest, Usage
from processors.llm.purse import BudgetSpent, FundsBusy
from processors.money import NANOS, Limits, WorstCase
from schemas.outcomes import DeadLetterReason
from streams.delivery.pauses import Pauses
from streams.delivery.slots import Slots
from streams.observability.metrics import Metrics
from streams.spend.keeper import SpendKeeper
from tests.unit.llm.test_prices import Override
from tests.unit.money.workers import NOON_S, budgets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from processors.money import Budgets
    from streams.spend.ledger import Record

# A thousandth for each token: a call costs half a unit, and five are held for it.
PRICES = PriceBook({"m": Override(1000.0, 1000.0)})
REQUEST = CompletionRequest("m", "rules", "x" * 2_000, "reading", {}, 2_900)
COST = 0.5
IN_FLIGHT = 20


class Reading(BaseModel):
    mood: str


@dataclass
class Topic:
    """One order of records, which each worker reads some milliseconds after they were written."""

    records: list[Record] = field(default_factory=list)
    readers: list[Callable[[Sequence[Record]], None]] = field(default_factory=list)
    delay: random.Random = field(default_factory=lambda: random.Random(7))

    def append(self, records: Iterable[Record]) -> None:
        self.records += records


class DelayedLedger:
    """One worker's view of the topic; writing and reading take time."""

    def __init__(self, topic: Topic) -> None:
        """Begin with all that stands there."""
        self._topic = topic
        self._read = 0

    def restore(self) -> list[Record]:
        self._read = len(self._topic.records)
        return list(self._topic.records)

    def follow(self, heard: Callable[[Sequence[Record]], None], failed: Callable[[Exception], None]) -> None:  # noqa: ARG002
        async def read() -> None:
            while True:
                await asyncio.sleep(self._topic.delay.uniform(0.005, 0.05))
                fresh = self._topic.records[self._read :]
                self._read += len(fresh)
                if fresh:
                    heard(fresh)

        self._reading = asyncio.ensure_future(read())

    def write(self, records: Iterable[Record]) -> None:
        written = list(records)
        if written:
            loop = asyncio.get_running_loop()
            loop.call_later(0.01, self._topic.append, written)

    def close(self, last: Iterable[Record], *, within_s: float) -> None:  # noqa: ARG002
        self._reading.cancel()
        self._topic.append(last)

    def stop(self) -> None:
        self._reading.cancel()


class Bill:
    """The provider, which bills every request when it has answered it."""

    name = "bill"

    def __init__(self, text: str = '{"mood": "good"}') -> None:
        """Begin with nothing; `text` is what it answers."""
        self._text = text
        self.amount = 0.0
        self.times_s: list[float] = []
        self._latency = random.Random(3)

    async def complete(self, request: CompletionRequest, *, deadline_s: float) -> Completion:  # noqa: ARG002
        await asyncio.sleep(self._latency.uniform(0.3, 1.2))
        self.amount += COST
        self.times_s.append(asyncio.get_running_loop().time())
        usage = Usage(input_tokens=400, output_tokens=100)
        return Completion(self._text, None, "stop", usage, "m", None, 1)

    async def warm_up(self) -> None: ...

    async def aclose(self) -> None: ...


class Worker:
    """Asks about events as enrich does: admitted, in a slot, asked."""

    def __init__(self, topic: Topic, rules: Budgets, bill: Bill) -> None:
        """Start, and read the ledger."""
        loop = asyncio.get_running_loop()
        self.ledger = DelayedLedger(topic)
        self.keeper = SpendKeeper(
            self.ledger,
            rules,
            WorstCase(PRICES),
            metrics=Metrics(CollectorRegistry()),
            pauses=Pauses(lambda *_: None),
            most_calls=IN_FLIGHT,
            clock=lambda: NOON_S - 1_000 + loop.time(),
        )
        self.keeper.restore()
        self._keeping = asyncio.ensure_future(self.keeper.run())
        self._caller = Caller(bill, clock=loop.time, purse=self.keeper.funds)
        self._slots = Slots(IN_FLIGHT)
        self.answered: dict[str, int] = {}
        self.dead: dict[str, int] = {}

    async def read(self, tenant: str) -> None:
        funds, history, flow = self.keeper.funds, AskHistory(), Flow(tenant=tenant)
        try:
            while True:
                await funds.admit(history.next_request or REQUEST, tenant)
                try:
                    async with self._slots.slot(flow, 1.0):
                        await self._caller.ask(REQUEST, Reading.model_validate_json, flow=flow, history=history)
                        break
                except FundsBusy:
                    continue
        except BudgetSpent:
            self.dead[tenant] = self.dead.get(tenant, 0) + 1
        else:
            self.answered[tenant] = self.answered.get(tenant, 0) + 1

    def end(self) -> None:
        """Stop for good, without a word."""
        self._keeping.cancel()
        self.ledger.stop()


async def run(
    workers: int, events: int, rules: Budgets, tenants: Sequence[str] = ("acme",)
) -> tuple[Bill, list[Worker]]:
    topic, bill = Topic(), Bill()
    crew = [Worker(topic, rules, bill) for _ in range(workers)]
    await asyncio.gather(*(worker.read(tenant) for _ in range(events) for worker in crew for tenant in tenants))
    for worker in crew:
        worker.end()
    return bill, crew


@pytest.mark.parametrize(("workers", "limit"), [(1, 75), (4, 300)])
async def test_a_budget_is_used_to_the_last_calls_and_not_passed_in_the_second_in_which_it_runs_out(
    workers: int, limit: int
) -> None:
    bill, crew = await run(workers, 300, budgets(each=Limits(day=limit * NANOS)))
    assert limit - 5.5 < bill.amount <= limit
    assert sum(worker.dead["acme"] for worker in crew) == workers * 300 - bill.amount / COST


async def test_the_end_of_a_tenants_budget_does_not_hold_up_other_tenants() -> None:
    started_s = asyncio.get_running_loop().time()
    rules = budgets(tenants={"acme": Limits(day=30 * NANOS)})
    bill, (worker,) = await run(1, 100, rules, ("acme", "globex"))
    assert worker.answered["globex"] == 100
    assert worker.answered["acme"] * COST <= 30
    # 200 calls of 0.75 s with 20 in flight take 8 s; the last of a budget waits for calls to settle.
    assert asyncio.get_running_loop().time() - started_s < 40
    assert bill.amount == (100 + worker.answered["acme"]) * COST


async def test_claiming_takes_no_tenth_of_the_throughput() -> None:
    started_s = asyncio.get_running_loop().time()
    await run(1, 1_000, budgets(everybody=Limits(day=100_000 * NANOS, month=1_000_000 * NANOS)))
    took_s = asyncio.get_running_loop().time() - started_s
    assert took_s < 1.1 * (1_000 / IN_FLIGHT * 0.75 + 1)


async def test_a_killed_worker_takes_no_more_with_it_than_a_second_and_its_calls_under_way() -> None:
    topic, bill, rules = Topic(), Bill(), budgets(everybody=Limits(day=1_000 * NANOS), pause_when_spent=False)
    first = Worker(topic, rules, bill)
    reading = [asyncio.ensure_future(first.read("acme")) for _ in range(1_000)]
    await asyncio.sleep(10)
    for task in reading:
        task.cancel()
    first.end()
    await asyncio.gather(*reading, return_exceptions=True)
    billed_before = bill.amount
    second = Worker(topic, rules, bill)
    await asyncio.gather(*(second.read("acme") for _ in range(2_000)))
    second.end()
    a_second = IN_FLIGHT / 0.75 * COST
    assert billed_before + second.answered["acme"] * COST == bill.amount <= 1_000
    assert bill.amount > 1_000 - 5.5 - IN_FLIGHT * 5.2 - 2 * a_second


async def test_an_event_whose_answers_are_no_good_is_corrected_once_although_its_second_call_waits_for_money() -> None:
    # Only what the first call holds is claimed, and the correction needs a little more than that has left.
    bill = Bill("Sure!")
    worker = Worker(Topic(), budgets(everybody=Limits(day=1_000 * NANOS)), bill)
    with pytest.raises(AskFault) as fault:
        await asyncio.wait_for(worker.read("acme"), 60)
    worker.end()
    assert fault.value.reason is DeadLetterReason.INVALID_ANSWER
    assert bill.amount == 2 * COST
