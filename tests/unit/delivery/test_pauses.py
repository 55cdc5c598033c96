"""Pauses: as long as anybody cannot go on, and not longer."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from schemas.errors import Dependency, DependencyFault
from streams.delivery.pauses import Pauses
from tests.unit.delivery.loops import MACHINE, LoopMachine

Told = list[tuple[Dependency, bool]]


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def pauses(told: Told) -> Pauses:
    return Pauses(lambda dependency, paused: told.append((dependency, paused)))


def down(dependency: Dependency, detail: str = "connection refused") -> DependencyFault:
    return DependencyFault(dependency, detail)


async def test_events_are_taken_while_nothing_is_down(pauses: Pauses) -> None:
    async with asyncio.timeout(1):
        await pauses.wait_until_clear()
    assert pauses.causes == {}


async def test_a_pause_lasts_until_each_of_its_holders_has_got_past_it(pauses: Pauses, told: Told) -> None:
    pauses.begin(down(Dependency.REGISTRY), "first")
    pauses.begin(down(Dependency.REGISTRY), "second")
    waiting = asyncio.ensure_future(pauses.wait_until_clear())
    pauses.end(Dependency.REGISTRY, "first")
    await asyncio.sleep(0)
    assert not waiting.done()
    pauses.end(Dependency.REGISTRY, "second")
    await waiting
    assert told == [(Dependency.REGISTRY, True), (Dependency.REGISTRY, False)]


async def test_one_event_is_let_in_and_the_next_waits_again(pauses: Pauses) -> None:
    pauses.begin(down(Dependency.PROVIDER), "breaker")
    pauses.let_one_in(Dependency.PROVIDER)
    async with asyncio.timeout(1):
        await pauses.wait_until_clear()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await pauses.wait_until_clear()
    assert list(pauses.causes) == [Dependency.PROVIDER]


async def test_nothing_is_let_in_while_something_else_is_down_too(pauses: Pauses) -> None:
    pauses.begin(down(Dependency.PROVIDER), "breaker")
    pauses.begin(down(Dependency.BROKER), "vitals")
    pauses.let_one_in(Dependency.PROVIDER)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await pauses.wait_until_clear()


def test_one_who_holds_no_pause_ends_none(pauses: Pauses) -> None:
    pauses.begin(down(Dependency.REGISTRY), "holder")
    pauses.end(Dependency.REGISTRY, "somebody")
    pauses.end_all("somebody")
    assert list(pauses.causes) == [Dependency.REGISTRY]


def test_a_holder_that_meets_the_fault_again_holds_it_once_and_the_newest_cause_shows(
    pauses: Pauses, told: Told
) -> None:
    pauses.begin(down(Dependency.BROKER, "timed out"), "holder")
    pauses.begin(down(Dependency.BROKER, "refused"), "holder")
    assert pauses.causes == {Dependency.BROKER: "refused"}
    pauses.end(Dependency.BROKER, "holder")
    assert pauses.causes == {}
    assert told == [(Dependency.BROKER, True), (Dependency.BROKER, False)]


def test_a_holder_of_several_pauses_ends_them_all(pauses: Pauses) -> None:
    pauses.begin(down(Dependency.BROKER), "holder")
    pauses.begin(down(Dependency.REGISTRY), "holder")
    pauses.begin(down(Dependency.REGISTRY), "another")
    pauses.end_all("holder")
    assert list(pauses.causes) == [Dependency.REGISTRY]


def test_the_causes_that_are_shown_cannot_be_changed_from_outside(pauses: Pauses) -> None:
    pauses.begin(down(Dependency.BROKER), "holder")
    dict(pauses.causes).clear()
    assert pauses.causes


class PausesMachine(LoopMachine):
    """Several holders of several dependencies."""

    def __init__(self) -> None:
        """Begin with nothing down."""
        super().__init__()
        self.told: Told = []
        self.pauses = Pauses(lambda dependency, paused: self.told.append((dependency, paused)))
        self.held: set[tuple[Dependency, str]] = set()
        self.taker: asyncio.Task[None] = self.loop.start(self.pauses.wait_until_clear())
        self.loop.settle()

    @rule(dependency=st.sampled_from(Dependency), holder=st.sampled_from("abc"))
    def begin(self, dependency: Dependency, holder: str) -> None:
        self.pauses.begin(down(dependency), holder)
        self.held.add((dependency, holder))

    @rule(dependency=st.sampled_from(Dependency), holder=st.sampled_from("abc"))
    def end(self, dependency: Dependency, holder: str) -> None:
        self.pauses.end(dependency, holder)
        self.held.discard((dependency, holder))

    @rule(holder=st.sampled_from("abc"))
    def end_all(self, holder: str) -> None:
        self.pauses.end_all(holder)
        self.held = {held for held in self.held if held[1] != holder}

    @invariant()
    def what_is_down_is_what_somebody_holds(self) -> None:
        assert set(self.pauses.causes) == {dependency for dependency, _ in self.held}

    @invariant()
    def every_change_is_told_once(self) -> None:
        for dependency in Dependency:
            changes = [paused for which, paused in self.told if which is dependency]
            assert changes == [place % 2 == 0 for place in range(len(changes))]
            assert (bool(changes) and changes[-1]) is (dependency in self.pauses.causes)

    @invariant()
    def events_are_taken_exactly_while_nothing_is_down(self) -> None:
        self.loop.settle()
        assert self.taker.done() or self.held
        self.taker.cancel()
        self.taker = self.loop.start(self.pauses.wait_until_clear())
        self.loop.settle()
        assert self.taker.done() is (not self.held)


TestPausesMachine = PausesMachine.TestCase
TestPausesMachine.settings = MACHINE
