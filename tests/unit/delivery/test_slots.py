"""Slots: a bound, a queue, and an end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from schemas.errors import ProcessLeaving
from streams.delivery.slots import Slots
from tests.unit.delivery.loops import MACHINE, LoopMachine


async def test_no_more_than_the_limit_hold_a_slot() -> None:
    slots = Slots(1)
    async with slots.slot():
        waiting = asyncio.ensure_future(slots.slot().__aenter__())
        await asyncio.sleep(0)
        assert (slots.in_use, slots.waiting) == (1, 1)
        assert not waiting.done()
        waiting.cancel()
    assert (slots.in_use, slots.waiting) == (0, 0)


async def test_a_call_that_raises_gives_its_slot_back() -> None:
    slots = Slots(1)
    with pytest.raises(ValueError, match="refused"):
        async with slots.slot():
            raise ValueError("refused")
    async with asyncio.timeout(1), slots.slot():
        assert slots.in_use == 1


async def test_nobody_gets_a_slot_once_they_are_closed() -> None:
    slots = Slots(1)
    slots.close()
    with pytest.raises(ProcessLeaving):
        async with slots.slot():
            pytest.fail("a call was started")


async def test_closing_turns_away_who_waits_and_lets_the_holder_go_on() -> None:
    slots = Slots(1)

    async def call() -> None:
        async with slots.slot():
            pytest.fail("a call was started")

    async with slots.slot():
        waiting = asyncio.ensure_future(call())
        await asyncio.sleep(0)
        slots.close()
        with pytest.raises(ProcessLeaving):
            await waiting
        assert slots.in_use == 1
    assert slots.in_use == 0


async def test_one_who_is_turned_away_and_cancelled_at_once_gives_back_no_slot_that_it_never_had() -> None:
    slots = Slots(1)
    async with slots.slot():
        waiting = asyncio.ensure_future(held(slots, asyncio.get_running_loop().create_future()))
        await asyncio.sleep(0)
        slots.close()
        waiting.cancel()
        await asyncio.wait([waiting])
        assert slots._free == 0
    assert slots._free == 1


# Mostly not, or the machine is over before it has begun; else before the calls end, between that and the cancellations,
# or after.
CLOSE = (*[""] * 30, "before", "between", "after")


async def held(slots: Slots, until: asyncio.Future[None]) -> None:
    async with slots.slot():
        await until


async def test_slots_are_given_in_the_order_of_coming() -> None:
    slots = Slots(1)
    order: list[int] = []

    async def call(number: int) -> None:
        async with slots.slot():
            order.append(number)
            await asyncio.sleep(0)

    async with asyncio.timeout(1), asyncio.TaskGroup() as group:
        for number in range(5):
            group.create_task(call(number))
    assert order == [0, 1, 2, 3, 4]


async def test_a_slot_handed_to_somebody_who_is_cancelled_goes_on_to_the_next() -> None:
    slots = Slots(1)
    until = [asyncio.get_running_loop().create_future() for _ in range(3)]
    first, second, third = (asyncio.ensure_future(held(slots, future)) for future in until)
    await asyncio.sleep(0)
    until[0].set_result(None)
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.wait([first, second])
    assert second.cancelled()
    until[2].set_result(None)
    async with asyncio.timeout(1):
        await third
        async with slots.slot():
            assert slots.in_use == 1


@dataclass
class Caller:
    """One that wants a slot, in the order of coming."""

    task: asyncio.Task[None]
    done: asyncio.Future[None]
    holds: bool = False
    ever_held: bool = False


class SlotsMachine(LoopMachine):
    """Callers that come, end and are cancelled, also in the same turn of the loop as a hand-over or the close."""

    @initialize(limit=st.integers(1, 3))
    def make(self, limit: int) -> None:
        self.limit = limit
        self.slots = Slots(limit)
        self.callers: list[Caller] = []
        self.closed = False

    async def call(self, caller: Caller) -> None:
        async with self.slots.slot():
            line = self.waiting
            assert not line or line[0] is caller, "first come, first served"
            caller.holds = caller.ever_held = True
            try:
                await caller.done
            finally:
                caller.holds = False

    @property
    def waiting(self) -> list[Caller]:
        return [each for each in self.callers if not each.ever_held and not each.task.done()]

    @property
    def holding(self) -> list[Caller]:
        return [each for each in self.callers if each.holds]

    @rule(number=st.integers(1, 3))
    def come(self, number: int) -> None:
        for _ in range(number):
            caller = Caller(self.loop.create_task(asyncio.sleep(0)), self.loop.create_future())
            caller.task = self.loop.start(self.call(caller))
            self.callers.append(caller)
        self.loop.settle()

    @precondition(lambda self: self.callers)
    @rule(data=st.data(), end=st.integers(0, 3), cancelled=st.sets(st.integers(0, 8)), close=st.sampled_from(CLOSE))
    def change(self, data: st.DataObject, end: int, cancelled: set[int], close: str) -> None:
        """End some calls and cancel some callers in one turn of the loop; perhaps close before, between or after."""
        holding, everybody = self.holding, [each for each in self.callers if not each.task.done()]
        self.close_if(close == "before")
        for caller in data.draw(st.permutations(holding))[:end]:
            caller.done.set_result(None)
        if data.draw(st.booleans()):
            # Far enough that the slots are handed over, and their new holders have not woken yet.
            self.loop.run_until_complete(asyncio.sleep(0))
        self.close_if(close == "between")
        for place, caller in enumerate(everybody):
            if place in cancelled:
                caller.task.cancel()
        self.close_if(close == "after")
        self.loop.settle()

    def close_if(self, close: bool) -> None:  # noqa: FBT001 - a condition with a name
        if close:
            self.slots.close()
            self.closed = True

    @invariant()
    def the_bound_holds_and_no_slot_is_lost(self) -> None:
        assert self.slots.in_use == len(self.holding) <= self.limit
        assert self.slots.waiting == len(self.waiting)
        if self.waiting:
            assert self.slots.in_use == self.limit, "somebody waits beside a free slot"
        if self.closed:
            assert not self.waiting

    def teardown(self) -> None:
        for caller in self.callers:
            caller.task.cancel()
        self.loop.settle()
        assert self.slots._free == self.limit
        super().teardown()


TestSlotsMachine = SlotsMachine.TestCase
TestSlotsMachine.settings = MACHINE
