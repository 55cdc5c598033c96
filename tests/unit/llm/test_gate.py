"""Waiting before the breaker, in virtual time (see conftest)."""

from __future__ import annotations

import asyncio

import pytest

from processors.llm.breaker import Breaker, BreakerPolicy, Ticket
from processors.llm.gate import Gate
from processors.llm.retry_policy import PauseCause


class Wicket:
    """A gate, what it told, and the ticket of a call that has proven the provider."""

    def __init__(self) -> None:
        """Without jitter, so that the times are round."""
        self.told: list[PauseCause | None] = []
        self.called_for_at_s: list[float] = []
        self.breaker = Breaker(BreakerPolicy(jitter=0))
        self.clock = asyncio.get_running_loop().time
        self.gate = Gate(
            self.breaker,
            clock=self.clock,
            jitter=lambda: 0.0,
            on_pause=self.told.append,
            on_probe_due=lambda: self.called_for_at_s.append(self.clock()),
        )

    async def opened(self) -> None:
        self.gate.answered(await self.gate.admit())

    async def paused(self, cause: PauseCause = PauseCause.OUTAGE) -> None:
        self.gate.tripped(await self.gate.admit(), cause)


@pytest.fixture
async def wicket() -> Wicket:
    return Wicket()


async def test_an_open_gate_keeps_nobody(wicket: Wicket) -> None:
    await wicket.opened()
    began_s = wicket.clock()
    await asyncio.gather(*(wicket.gate.admit() for _ in range(100)))
    assert wicket.clock() == began_s


async def test_a_pause_is_told_once_and_so_is_its_end(wicket: Wicket) -> None:
    await wicket.opened()
    tickets = [await wicket.gate.admit() for _ in range(3)]
    for ticket in tickets:
        wicket.gate.tripped(ticket, PauseCause.QUOTA)
    probe = await wicket.gate.admit()
    assert wicket.told == [PauseCause.QUOTA]
    wicket.gate.answered(probe)
    assert wicket.told == [PauseCause.QUOTA, None]


async def test_after_a_pause_exactly_one_of_many_goes_first_and_its_answer_frees_the_others(wicket: Wicket) -> None:
    await wicket.opened()
    await wicket.paused()
    began_s = wicket.clock()
    waiting = [asyncio.create_task(wicket.gate.admit()) for _ in range(50)]
    await asyncio.sleep(10)
    through = [task for task in waiting if task.done()]
    assert through == waiting[:1]
    assert wicket.gate.waiting == 49
    wicket.gate.answered(await waiting[0])
    await asyncio.gather(*waiting)
    assert wicket.clock() == began_s + 10


async def test_a_failed_probe_goes_to_the_end_of_the_queue(wicket: Wicket) -> None:
    await wicket.opened()
    await wicket.paused()
    order: list[str] = []

    async def call(name: str, *, well: bool) -> None:
        while True:
            ticket = await wicket.gate.admit()
            order.append(name)
            if well:
                return wicket.gate.answered(ticket)
            wicket.gate.failed(ticket)
            if order.count(name) == 2:
                return None

    await asyncio.gather(call("always fails", well=False), call("a", well=True), call("b", well=True))
    assert order == ["always fails", "a", "b", "always fails"]


async def test_a_cancelled_probe_hands_its_slot_to_the_next(wicket: Wicket) -> None:
    await wicket.opened()
    await wicket.paused()
    probe = await wicket.gate.admit()
    waiting = asyncio.create_task(wicket.gate.admit())
    await asyncio.sleep(9)
    assert not waiting.done()
    wicket.gate.withdrawn(probe)
    await waiting


async def test_who_leaves_the_queue_takes_no_slot_along(wicket: Wicket) -> None:
    await wicket.opened()
    await wicket.paused()
    leaving, staying = (asyncio.create_task(wicket.gate.admit()) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.sleep(0)
    assert wicket.gate.waiting == 1
    await staying


async def test_who_is_cancelled_in_the_moment_of_being_let_through_takes_no_slot_along(wicket: Wicket) -> None:
    await wicket.opened()
    await wicket.paused()
    probe = await wicket.gate.admit()
    unlucky, next_one = (asyncio.create_task(wicket.gate.admit()) for _ in range(2))
    await asyncio.sleep(0)
    wicket.gate.withdrawn(probe)
    unlucky.cancel()
    assert isinstance(await next_one, Ticket)
    with pytest.raises(asyncio.CancelledError):
        await unlucky


async def test_ready_returns_at_once_when_nothing_is_known_to_be_wrong(wicket: Wicket) -> None:
    await wicket.gate.ready()
    await wicket.opened()
    await wicket.gate.ready()


async def test_ready_waits_for_the_end_of_the_pause_and_takes_no_slot(wicket: Wicket) -> None:
    await wicket.opened()
    began_s = wicket.clock()
    await wicket.paused()
    await asyncio.gather(*(wicket.gate.ready() for _ in range(3)))
    assert wicket.clock() == pytest.approx(began_s + 2)
    await wicket.gate.admit()


async def test_ready_waits_while_a_probe_is_under_way(wicket: Wicket) -> None:
    await wicket.opened()
    await wicket.paused()
    probe = await wicket.gate.admit()
    waiting = asyncio.create_task(wicket.gate.ready())
    await asyncio.sleep(9)
    assert not waiting.done()
    wicket.gate.answered(probe)
    await waiting


async def test_ready_can_be_cancelled_without_a_trace(wicket: Wicket) -> None:
    await wicket.opened()
    await wicket.paused()
    waiting = asyncio.create_task(wicket.gate.ready())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert wicket.gate._onlookers == []


async def test_each_probe_of_an_outage_calls_for_one_more_event_though_somebody_waits(wicket: Wicket) -> None:
    await wicket.opened()
    began_s = wicket.clock()
    await wicket.paused()
    for _ in range(3):
        wicket.gate.failed(await wicket.gate.admit())
    assert wicket.called_for_at_s == [began_s + 2, began_s + 6, began_s + 14]


async def test_where_a_person_must_act_nobody_is_called_for_while_one_waits(wicket: Wicket) -> None:
    await wicket.opened()
    await wicket.paused(PauseCause.QUOTA)
    for _ in range(3):
        wicket.gate.tripped(await wicket.gate.admit(), PauseCause.QUOTA)
    assert wicket.called_for_at_s == []


@pytest.mark.parametrize(("cause", "pause_s"), [(PauseCause.OUTAGE, 2), (PauseCause.QUOTA, 15)])
async def test_a_pause_whose_events_went_elsewhere_calls_for_one_until_it_comes(
    wicket: Wicket, cause: PauseCause, pause_s: float
) -> None:
    await wicket.opened()
    began_s = wicket.clock()
    await wicket.paused(cause)
    await asyncio.sleep(pause_s + 2.5)
    assert wicket.called_for_at_s == [began_s + pause_s, began_s + pause_s + 1, began_s + pause_s + 2]
    probe = await wicket.gate.admit()
    await asyncio.sleep(9)
    assert len(wicket.called_for_at_s) == 3
    wicket.gate.answered(probe)
    await asyncio.sleep(100)
    assert len(wicket.called_for_at_s) == 3


async def test_a_probe_that_went_elsewhere_is_called_for_again(wicket: Wicket) -> None:
    await wicket.opened()
    await wicket.paused(PauseCause.QUOTA)
    probe = await wicket.gate.admit()
    wicket.gate.withdrawn(probe)
    await asyncio.sleep(1.5)
    assert len(wicket.called_for_at_s) >= 1
