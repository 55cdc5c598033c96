"""The window: bounds that hold, and room that is announced."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from streams.delivery.window import Window
from tests.unit.delivery.loops import MACHINE, LoopMachine


async def has_room(window: Window) -> bool:
    waiting = asyncio.ensure_future(window.wait_for_room())
    await asyncio.sleep(0)
    done = waiting.done()
    waiting.cancel()
    return done


async def test_an_event_larger_than_the_window_fits_alone() -> None:
    window = Window(max_events=10, max_bytes=100)
    window.enter("large", 5_000)
    assert not await has_room(window)
    window.leave("large")
    assert await has_room(window)


async def test_empty_events_fill_a_window_by_their_number() -> None:
    window = Window(max_events=2, max_bytes=100)
    window.enter("a", 0)
    assert await has_room(window)
    window.enter("b", 0)
    assert not await has_room(window)


async def test_the_one_who_waits_goes_on_when_an_event_leaves() -> None:
    window = Window(max_events=1, max_bytes=100)
    window.enter("a", 1)
    async with asyncio.timeout(1):
        waiting = asyncio.ensure_future(window.wait_for_room())
        await asyncio.sleep(0)
        window.leave("a")
        await waiting
    assert window.events == 0


class WindowMachine(LoopMachine):
    """One taker that enters only where it was told of room, and events that leave in any order."""

    @initialize(max_events=st.integers(1, 5), max_bytes=st.integers(1, 50))
    def make(self, max_events: int, max_bytes: int) -> None:
        self.max_events, self.max_bytes = max_events, max_bytes
        self.window = Window(max_events, max_bytes)
        self.inside: dict[int, int] = {}
        self.taken = 0
        self.taker: asyncio.Task[None] = self.loop.start(self.window.wait_for_room())

    @property
    def full(self) -> bool:
        return len(self.inside) >= self.max_events or (
            bool(self.inside) and sum(self.inside.values()) >= self.max_bytes
        )

    @precondition(lambda self: self.taker.done())
    @rule(size=st.integers(0, 80))
    def take(self, size: int) -> None:
        before = sum(self.inside.values())
        self.taken += 1
        self.window.enter(self.taken, size)
        assert len(self.inside) < self.max_events
        assert before < self.max_bytes or not self.inside, "only one event goes over the bound"
        self.inside[self.taken] = size
        self.taker = self.loop.start(self.window.wait_for_room())

    @precondition(lambda self: self.inside)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.inside)))
        del self.inside[key]
        self.window.leave(key)

    @rule(key=st.integers(100_000, 200_000))
    def leave_who_is_not_inside(self, key: int) -> None:
        self.window.leave(key)

    @precondition(lambda self: self.inside)
    @rule(data=st.data())
    def keep_some(self, data: st.DataObject) -> None:
        kept = data.draw(st.sets(st.sampled_from(sorted(self.inside))))
        self.inside = {key: size for key, size in self.inside.items() if key in kept}
        self.window.keep_only(kept.__contains__)

    @invariant()
    def room_is_announced_exactly_where_there_is_some(self) -> None:
        self.loop.settle()
        assert self.window.events == len(self.inside)
        if not self.full:
            assert self.taker.done(), "a lost wake-up would stop the partition for good"


TestWindowMachine = WindowMachine.TestCase
TestWindowMachine.settings = MACHINE


@pytest.mark.parametrize(("sizes", "room"), [([], True), ([99], True), ([100], False), ([50, 50], False)])
async def test_bytes_bound_the_window_as_well(sizes: list[int], *, room: bool) -> None:
    window = Window(max_events=10, max_bytes=100)
    for key, size in enumerate(sizes):
        window.enter(key, size)
    assert await has_room(window) is room
