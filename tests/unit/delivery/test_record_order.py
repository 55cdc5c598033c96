"""Order per record: calls run at once, endings come in the order of the events."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import dataclass, field
from enum import StrEnum

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from streams.delivery.record_order import RecordOrder, Turn
from tests.unit.delivery.loops import MACHINE, HandTurnedLoop, LoopMachine


async def settled(task: asyncio.Task[bool] | asyncio.Task[str | None]) -> bool:
    for _ in range(5):
        await asyncio.sleep(0)
    return task.done()


async def test_the_first_event_of_a_record_waits_for_nobody() -> None:
    turn = RecordOrder[str]().enter("a")
    assert await turn.wait_for_plan_before() is None
    assert await turn.wait_to_send() is True
    assert await turn.wait_to_end() is True


async def test_an_insight_follows_as_soon_as_the_one_before_is_in_the_order_of_the_producer() -> None:
    order = RecordOrder[str]()
    first, second = order.enter("a"), order.enter("a")
    waiting = asyncio.ensure_future(second.wait_to_send())
    assert not await settled(waiting)
    first.let_pass()
    assert await waiting is True


async def test_a_skip_follows_only_when_the_event_before_has_ended_durably() -> None:
    order = RecordOrder[str]()
    first, second = order.enter("a"), order.enter("a")
    waiting = asyncio.ensure_future(second.wait_to_end())
    first.let_pass()
    assert not await settled(waiting)
    order.leave("a", first, ended=True)
    assert await waiting is True


async def test_records_do_not_wait_for_one_another() -> None:
    order = RecordOrder[str]()
    order.enter("a")
    assert await order.enter("b").wait_to_end() is True


async def test_a_plan_is_known_before_the_call_and_its_first_word_counts() -> None:
    order = RecordOrder[str]()
    first, second = order.enter("a"), order.enter("a")
    first.plan("f1")
    first.plan("f2")
    assert await second.wait_for_plan_before() == "f1"


async def test_an_event_that_ends_without_a_plan_leaves_none_to_wait_for() -> None:
    order = RecordOrder[str]()
    first, second = order.enter("a"), order.enter("a")
    order.leave("a", first, ended=True)
    assert await second.wait_for_plan_before() is None


async def test_an_event_behind_one_that_was_given_up_is_given_up_too() -> None:
    order = RecordOrder[str]()
    first, second, third = (order.enter("a") for _ in range(3))
    send, end = asyncio.ensure_future(second.wait_to_send()), asyncio.ensure_future(second.wait_to_end())
    order.leave("a", first, ended=False)
    assert (await send, await end) == (False, False)
    order.leave("a", second, ended=False)
    assert await third.wait_to_send() is False


async def test_an_event_that_was_sent_and_then_given_up_stops_the_endings_behind_it() -> None:
    order = RecordOrder[str]()
    first, second = order.enter("a"), order.enter("a")
    first.let_pass()
    order.leave("a", first, ended=False)
    assert await second.wait_to_send() is True, "the producer keeps the order of what it has"
    assert await second.wait_to_end() is False


async def test_a_waiter_that_is_cancelled_takes_nobody_with_it() -> None:
    order = RecordOrder[str]()
    first, second = order.enter("a"), order.enter("a")
    cancelled, waiting = asyncio.ensure_future(second.wait_to_end()), asyncio.ensure_future(second.wait_to_end())
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.sleep(0)
    assert not first.ended.cancelled()
    order.leave("a", first, ended=True)
    assert await waiting is True


async def test_a_record_is_forgotten_with_its_last_event() -> None:
    order = RecordOrder[str]()
    first, second = order.enter("a"), order.enter("a")
    order.leave("a", first, ended=True)
    assert len(order) == 1
    order.leave("a", second, ended=True)
    assert len(order) == 0
    assert order.enter("a").predecessor is None


@pytest.mark.parametrize("newest_first", [False, True])
async def test_a_hot_record_holds_no_turns_of_the_past(*, newest_first: bool) -> None:
    others = {id(thing) for thing in gc.get_objects() if isinstance(thing, Turn)}
    order = RecordOrder[str]()
    turns = [order.enter("a") for _ in range(200)]
    last = order.enter("a")
    while turns:
        order.leave("a", turns.pop(-1 if newest_first else 0), ended=True)
    gc.collect()
    alive = [thing for thing in gc.get_objects() if isinstance(thing, Turn) and id(thing) not in others]
    assert len(alive) <= 2, "the last one, and the one that it stands behind"
    assert last in alive


class Ending(StrEnum):
    """How an event of the machine ends."""

    INSIGHT = "insight"
    SKIP = "skip"


@dataclass
class Run:
    """One event of the machine: what it waits for, and what it did."""

    key: str
    ending: Ending
    turn: Turn
    behind: Run | None
    called: asyncio.Future[None]
    acknowledged: asyncio.Future[None]
    task: asyncio.Task[None] | None = None
    did: list[str] = field(default_factory=list)

    @property
    def left(self) -> bool:
        return self.task is not None and self.task.done()


class OrderMachine(LoopMachine):
    """Events that call, send, end and are given up, in any interleaving."""

    def __init__(self) -> None:
        """Begin with nobody under way."""
        super().__init__()
        self.order: RecordOrder[str] = RecordOrder()
        self.runs: list[Run] = []
        self.log: list[tuple[str, Run]] = []

    @rule(key=st.sampled_from("aab"), ending=st.sampled_from(Ending))
    def take(self, key: str, ending: Ending) -> None:
        behind = next((run for run in reversed(self.runs) if run.key == key), None)
        alone = behind is None or behind.left
        turn = self.loop.call(self.order.enter, key)
        assert (turn.predecessor is None) is alone
        run = Run(key, ending, turn, None if alone else behind, self.loop.create_future(), self.loop.create_future())
        run.task = self.loop.start(self.end(run))
        self.runs.append(run)
        self.loop.settle()

    async def end(self, run: Run) -> None:
        ended = False
        try:
            await run.called
            if run.ending is Ending.INSIGHT:
                if not await run.turn.wait_to_send():
                    return
                self.note("sent", run)
                run.turn.let_pass()
                await run.acknowledged
            elif not await run.turn.wait_to_end():
                return
            self.note("ended", run)
            ended = True
        finally:
            if not ended:
                run.did.append("given up")
            self.order.leave(run.key, run.turn, ended=ended)

    def note(self, what: str, run: Run) -> None:
        run.did.append(what)
        before = run.behind
        if before is None:
            return
        if run.ending is Ending.INSIGHT and what == "sent":
            assert "sent" in before.did or "ended" in before.did
        elif run.ending is Ending.SKIP:
            assert "ended" in before.did

    def some(self, data: st.DataObject, runs: list[Run]) -> Run:
        return data.draw(st.sampled_from(runs))

    @precondition(lambda self: any(not run.called.done() for run in self.runs))
    @rule(data=st.data())
    def the_call_returns(self, data: st.DataObject) -> None:
        run = self.some(data, [run for run in self.runs if not run.called.done()])
        run.called.set_result(None)
        self.loop.settle()

    @precondition(lambda self: any(run.did == ["sent"] for run in self.runs))
    @rule()
    def the_broker_answers(self) -> None:
        """In the order of sending, as it does on one partition."""
        run = next(run for run in self.runs if run.did == ["sent"])
        run.acknowledged.set_result(None)
        self.loop.settle()

    @precondition(lambda self: any(not run.did and not run.left for run in self.runs))
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        run = self.some(data, [run for run in self.runs if not run.did and not run.left])
        assert run.task is not None
        run.task.cancel()
        self.loop.settle()

    @invariant()
    def whoever_stands_behind_one_that_was_given_up_has_not_ended(self) -> None:
        for run in self.runs:
            if run.behind is not None and run.behind.did == ["given up"]:
                assert run.did in ([], ["given up"])
                assert run.left or not run.called.done()

    @invariant()
    def nobody_waits_in_vain(self) -> None:
        for run in self.runs:
            if run.called.done() and not run.did:
                assert run.behind is not None
                assert not run.behind.left
                assert run.ending is Ending.SKIP or "sent" not in run.behind.did

    @invariant()
    def only_records_under_way_are_known(self) -> None:
        assert len(self.order) == len({run.key for run in self.runs if not run.left and self.is_last(run)})

    def is_last(self, run: Run) -> bool:
        return next(other for other in reversed(self.runs) if other.key == run.key) is run

    def teardown(self) -> None:
        for run in self.runs:
            if not run.called.done():
                run.called.cancel()
            if not run.acknowledged.done():
                run.acknowledged.cancel()
        self.loop.settle()
        assert len(self.order) == 0
        assert all(run.turn.predecessor is None for run in self.runs)
        super().teardown()


TestOrderMachine = OrderMachine.TestCase
TestOrderMachine.settings = MACHINE


def test_a_thousand_followers_of_one_record_end_when_the_first_does() -> None:
    loop = HandTurnedLoop()
    order = RecordOrder[str]()
    turns = [loop.call(order.enter, "hot") for _ in range(1000)]
    ended: list[int] = []

    async def follow(number: int) -> None:
        assert await turns[number].wait_to_end()
        ended.append(number)
        order.leave("hot", turns[number], ended=True)

    for number in reversed(range(1, 1000)):
        loop.start(follow(number))
    loop.settle()
    assert ended == []
    order.leave("hot", turns[0], ended=True)
    loop.settle()
    assert ended == list(range(1, 1000))
    assert len(order) == 0
    loop.finish()
