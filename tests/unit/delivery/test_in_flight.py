"""Adoption: one run of an event at a time; whoever comes later learns how it ended, or takes it over."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from streams.delivery.in_flight import Claim, InFlight
from tests.unit.delivery.loops import MACHINE, LoopMachine


async def waiting_for(in_flight: InFlight[str], key: str) -> asyncio.Task[Claim[str] | None]:
    task = asyncio.create_task(in_flight.claim(key))
    await asyncio.sleep(0)
    assert not task.done()
    return task


async def held(in_flight: InFlight[str], key: str) -> Claim[str]:
    claim = await in_flight.claim(key)
    assert claim is not None
    return claim


async def test_an_event_that_comes_again_waits_and_learns_that_it_has_ended() -> None:
    in_flight = InFlight[str]()
    first = await held(in_flight, "e")
    second, third = await waiting_for(in_flight, "e"), await waiting_for(in_flight, "e")
    in_flight.release(first, ended=True)
    assert (await second, await third) == (None, None)
    assert len(in_flight) == 0


async def test_an_event_that_is_given_up_goes_to_the_one_who_has_waited_longest() -> None:
    in_flight = InFlight[str]()
    first = await held(in_flight, "e")
    second, third = await waiting_for(in_flight, "e"), await waiting_for(in_flight, "e")
    in_flight.release(first, ended=False)
    claim = await second
    assert claim is not None
    await asyncio.sleep(0)
    assert not third.done()
    in_flight.release(claim, ended=True)
    assert await third is None


async def test_nobody_overtakes_at_the_moment_of_a_hand_over() -> None:
    """The later one would wait for its turn behind the earlier one, and that one for the claim: a deadlock."""
    in_flight = InFlight[str]()
    first = await held(in_flight, "e")
    second = await waiting_for(in_flight, "e")
    in_flight.release(first, ended=False)
    late = asyncio.ensure_future(in_flight.claim("e"))
    claim = await second
    assert claim is not None
    assert not late.done()
    in_flight.release(claim, ended=True)
    assert await late is None


async def test_a_claim_handed_to_somebody_who_is_cancelled_goes_on_to_the_next() -> None:
    in_flight = InFlight[str]()
    first = await held(in_flight, "e")
    second, third = await waiting_for(in_flight, "e"), await waiting_for(in_flight, "e")
    in_flight.release(first, ended=False)
    second.cancel()
    claim = await third
    assert claim is not None
    assert second.cancelled()
    in_flight.release(claim, ended=True)
    assert len(in_flight) == 0


async def test_a_waiter_that_is_cancelled_leaves_the_holder_alone() -> None:
    in_flight = InFlight[str]()
    first = await held(in_flight, "e")
    (await waiting_for(in_flight, "e")).cancel()
    await asyncio.sleep(0)
    assert in_flight.is_held("e")
    in_flight.release(first, ended=False)
    assert not in_flight.is_held("e")


async def test_a_claim_that_is_released_twice_takes_nothing_from_the_next_holder() -> None:
    in_flight = InFlight[str]()
    first = await held(in_flight, "e")
    in_flight.release(first, ended=True)
    await held(in_flight, "e")
    in_flight.release(first, ended=False)
    assert in_flight.is_held("e")


async def test_events_do_not_wait_for_one_another() -> None:
    in_flight = InFlight[str]()
    await held(in_flight, "e")
    assert not in_flight.is_held("f")
    await held(in_flight, "f")


@dataclass
class Run:
    """One that wants an event, in the order of coming."""

    key: str
    task: asyncio.Task[Claim[str] | None]
    released: bool = False

    @property
    def claim(self) -> Claim[str] | None:
        return self.task.result() if self.task.done() and not self.task.cancelled() else None

    @property
    def holds(self) -> bool:
        return self.claim is not None and not self.released


class InFlightMachine(LoopMachine):
    """Claims, endings, give-ups and cancellations in any order, also within one turn of the loop."""

    def __init__(self) -> None:
        """Begin with nothing under way."""
        super().__init__()
        self.in_flight: InFlight[str] = InFlight()
        self.runs: list[Run] = []

    def waiting(self, key: str) -> list[Run]:
        return [run for run in self.runs if run.key == key and not run.task.done()]

    @rule(key=st.sampled_from("ab"), number=st.integers(1, 3))
    def want(self, key: str, number: int) -> None:
        for _ in range(number):
            self.runs.append(Run(key, self.loop.start(self.in_flight.claim(key))))
        self.loop.settle()

    @precondition(lambda self: any(run.holds for run in self.runs))
    @rule(data=st.data(), cancelled=st.sets(st.integers(0, 3)), latecomer=st.booleans())
    def give_up(self, data: st.DataObject, cancelled: set[int], latecomer: bool) -> None:  # noqa: FBT001 - drawn
        """Cancel some who wait in the same turn of the loop, and let somebody new come in it."""
        run = data.draw(st.sampled_from([run for run in self.runs if run.holds]))
        line = self.waiting(run.key)
        assert run.claim is not None
        self.in_flight.release(run.claim, ended=False)
        run.released = True
        if latecomer:
            late = Run(run.key, self.loop.start(self.in_flight.claim(run.key)))
            self.runs.append(late)
            line.append(late)
        going = [waiter for place, waiter in enumerate(line) if place in cancelled]
        for waiter in going:
            waiter.task.cancel()
        self.loop.settle()
        staying = [waiter for waiter in line if waiter not in going]
        assert [waiter.holds for waiter in staying] == [place == 0 for place in range(len(staying))]

    @precondition(lambda self: any(run.holds for run in self.runs))
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from([run for run in self.runs if run.holds]))
        line = self.waiting(run.key)
        assert run.claim is not None
        self.in_flight.release(run.claim, ended=True)
        run.released = True
        self.loop.settle()
        assert all(waiter.task.result() is None for waiter in line)

    @invariant()
    def one_at_a_time(self) -> None:
        for key in "ab":
            holders = [run for run in self.runs if run.key == key and run.holds]
            assert len(holders) == (1 if self.in_flight.is_held(key) else 0)
            assert holders or not self.waiting(key), "nobody waits for nobody"

    def teardown(self) -> None:
        while holding := [run for run in self.runs if run.holds]:
            for run in holding:
                assert run.claim is not None
                self.in_flight.release(run.claim, ended=False)
                run.released = True
            self.loop.settle()
        assert len(self.in_flight) == 0
        assert all(run.task.done() for run in self.runs)
        super().teardown()


TestInFlightMachine = InFlightMachine.TestCase
TestInFlightMachine.settings = MACHINE
