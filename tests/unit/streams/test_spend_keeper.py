"""What keeps a worker's budgets in step with the ledger, over a ledger in memory."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from processors.llm.prices import PriceBook
from processors.llm.provider import CompletionRequest, Usage
from processors.llm.purse import BudgetSpent
from processors.money import NANOS, Limits, WorstCase
from processors.money.budgets import AccountId
from processors.money.ledger_record import Claim, key_of, value_of
from schemas.errors import Dependency
from streams.delivery.pauses import Pauses
from streams.observability.metrics import Metrics
from streams.spend.keeper import SpendKeeper
from tests.unit.llm.test_prices import Override
from tests.unit.money.workers import NOON_S, budgets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence

    from streams.spend.ledger import Record

REQUEST = CompletionRequest("m", "", "", "kind", {}, 934)
"""A thousand tokens at most: one unit of money."""


class MemoryLedger:
    """Comes back at once, unless it is silent."""

    def __init__(self, records: Sequence[Record] = ()) -> None:
        """Begin with these records."""
        self.records: list[Record] = list(records)
        self.silent = False
        self.heard: Callable[[Sequence[Record]], None] = lambda _: None
        self.failed: Callable[[Exception], None] = lambda _: None

    def restore(self) -> list[Record]:
        return list(self.records)

    def follow(self, heard: Callable[[Sequence[Record]], None], failed: Callable[[Exception], None]) -> None:
        self.heard, self.failed = heard, failed

    def write(self, records: Iterable[Record]) -> None:
        written = list(records)
        if not self.silent and written:
            self.records += written
            asyncio.get_running_loop().call_soon(self.heard, written)

    def close(self, last: Iterable[Record], *, within_s: float) -> None:  # noqa: ARG002 - as the real one
        self.records += last


class Kept:
    """A keeper, and what it tells."""

    def __init__(self, *records: Record, everybody: Limits | None = None) -> None:
        """A tenant may spend ten units a day."""
        self.now_s = NOON_S
        self.ledger = MemoryLedger(records)
        self.metrics = Metrics(CollectorRegistry())
        self.pauses = Pauses(lambda *_: None)
        self.keeper = SpendKeeper(
            self.ledger,
            budgets(each=Limits(day=10 * NANOS), everybody=everybody or Limits()),
            WorstCase(PriceBook({"m": Override(1000.0, 1000.0)})),
            metrics=self.metrics,
            pauses=self.pauses,
            most_calls=10,
            clock=lambda: self.now_s,
        )

    async def pay(self, tenant: str = "acme") -> None:
        """Make one call that costs all that was held."""
        async with asyncio.timeout(5):
            await self.keeper.funds.admit(REQUEST, tenant)
        self.keeper.funds.hold(REQUEST, tenant).settle(None)


@asynccontextmanager
async def running(kept: Kept) -> AsyncIterator[Kept]:
    kept.keeper.restore()
    task = asyncio.create_task(kept.keeper.run())
    await asyncio.sleep(0)
    try:
        yield kept
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def said(tenant: str | None, claimed: int, spent: int, period: str = "2026-11-25") -> Record:
    return key_of(AccountId(tenant, period), "w9"), value_of(Claim(claimed * NANOS, spent * NANOS), "EUR", 1)


async def test_a_call_gets_its_money_as_soon_as_its_claim_is_read_back() -> None:
    async with running(Kept()) as kept:
        await kept.pay()
        assert len(kept.ledger.records) == 1


async def test_what_was_spent_before_the_start_counts() -> None:
    async with running(Kept(said("acme", 10, 10))) as kept:
        with capture_logs() as logs, pytest.raises(BudgetSpent):
            await kept.pay()
        with pytest.raises(BudgetSpent):
            await kept.pay()
    spent = [line for line in logs if line["event"] == "budget_spent"]
    assert spent == [{"event": "budget_spent", "log_level": "warning", "tenant": "acme", "period": "2026-11-25"}]


async def test_a_ledger_that_does_not_answer_pauses_the_worker_until_it_does() -> None:
    async with running(Kept()) as kept:
        kept.ledger.silent = True
        paying = asyncio.create_task(kept.pay())
        await asyncio.sleep(0.05)
        kept.now_s += 3
        await asyncio.sleep(0.4)
        assert set(kept.pauses.causes) == {Dependency.BROKER}
        kept.ledger.silent = False
        kept.now_s += 3
        await paying
        kept.now_s += 1
        await asyncio.sleep(0.4)
        assert not kept.pauses.causes


async def test_a_ledger_that_cannot_be_read_any_more_ends_the_process() -> None:
    kept = Kept()
    kept.keeper.restore()
    task = asyncio.create_task(kept.keeper.run())
    await asyncio.sleep(0)
    kept.ledger.failed(OSError("gone"))
    with pytest.raises(OSError, match="gone"):
        await task


async def test_who_leaves_says_what_was_spent_and_gives_the_rest_back() -> None:
    async with running(Kept()) as kept:
        await kept.keeper.funds.admit(REQUEST, "acme")
        kept.keeper.funds.hold(REQUEST, "acme").settle(Usage(input_tokens=250))
    await kept.keeper.close()
    key, value = kept.ledger.records[-1]
    assert key.startswith(b"acme/2026-11-25/")
    assert value is not None
    assert b'"claimed":250000000,"spent":250000000' in value


async def test_periods_that_are_long_over_are_taken_off_the_ledger() -> None:
    old = said("acme", 10, 10, "2026-11-20")
    async with running(Kept(old)) as kept:
        assert kept.ledger.records[1:] == [(old[0], None)]


async def test_a_clock_that_is_set_back_stops_neither_claims_nor_what_people_see() -> None:
    async with running(Kept()) as kept:
        await kept.pay()
        kept.now_s -= 3_600
        await kept.pay()
        # The keeper looks four times a second.
        await asyncio.sleep(0.6)
        labels = {"tenant": "acme", "period": "day", "currency": "EUR"}
        assert kept.metrics.registry.get_sample_value("crm_insights_budget_spent", labels)


async def test_the_keeper_ends_when_told_to_although_somebody_wants_money_in_that_moment() -> None:
    kept = Kept()
    kept.keeper.restore()
    task = asyncio.create_task(kept.keeper.run())
    await asyncio.sleep(0.05)
    wanting = asyncio.create_task(kept.keeper.funds.admit(REQUEST, "acme"))
    await asyncio.sleep(0)
    task.cancel()
    _, running_on = await asyncio.wait([task], timeout=1)
    wanting.cancel()
    assert not running_on


async def test_the_budgets_show_in_metrics_and_in_readiness() -> None:
    async with running(Kept(said("acme", 10, 10), said(None, 30, 20), everybody=Limits(day=50 * NANOS))) as kept:
        with pytest.raises(BudgetSpent):
            await kept.pay()
        labels = {"tenant": "*", "period": "day", "currency": "EUR"}
        assert kept.metrics.registry.get_sample_value("crm_insights_budget_spent", labels) == 20
        assert kept.keeper.standing() == {
            "currency": "EUR",
            "waiting": 0,
            "all": {"2026-11-25": {"limit": 50.0, "spent": 20.0}},
            "tenants_spent": 1,
        }
