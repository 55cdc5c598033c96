"""Where requests wait: nobody is forgotten, nobody holds a turn, in virtual time (see conftest)."""

from __future__ import annotations

import asyncio

import pytest

from processors.llm.limits import ANYBODY, KnownLimits, Pacer
from processors.llm.provider import Completion, CompletionFailure, FailureKind, Usage
from processors.llm.rate_limit_headers import RateLimitHeaders
from schemas.errors import ProcessLeaving
from tests.unit.llm.limits.accounts import a_request

REQUEST = a_request(10)
SLOW = KnownLimits(requests_per_minute=2)


def now_s() -> float:
    return asyncio.get_running_loop().time()


def a_pacer(known: KnownLimits | None = None, waits: list[float] | None = None) -> Pacer:
    return Pacer(known, clock=now_s, on_wait=(waits if waits is not None else []).append)


async def take_all(pacer: Pacer) -> None:
    """Use up what may be sent at once."""
    while True:
        try:
            async with asyncio.timeout(0):
                await pacer.turn(REQUEST, ANYBODY)
        except TimeoutError:
            return


async def test_a_turn_that_nobody_waits_for_comes_at_once() -> None:
    waits: list[float] = []
    began_s = now_s()
    await a_pacer(waits=waits).turn(REQUEST, ANYBODY)
    assert (now_s(), waits) == (began_s, [0.0])


async def test_one_who_is_cancelled_while_waiting_holds_up_nobody() -> None:
    pacer = a_pacer(SLOW)
    await take_all(pacer)
    first = asyncio.create_task(pacer.turn(REQUEST, ANYBODY))
    second = asyncio.create_task(pacer.turn(REQUEST, ANYBODY))
    await asyncio.sleep(0.1)
    first.cancel()
    await second
    assert first.cancelled()
    assert pacer.waiting == 0


async def test_one_who_is_cancelled_with_a_turn_in_the_hand_gives_it_back() -> None:
    pacer = a_pacer(KnownLimits(requests_per_minute=1))
    holder = await pacer.turn(REQUEST, ANYBODY)
    unlucky = asyncio.create_task(pacer.turn(REQUEST, ANYBODY))
    next_one = asyncio.create_task(pacer.turn(REQUEST, ANYBODY))
    await asyncio.sleep(0.1)
    pacer.withdrawn(holder)
    unlucky.cancel()
    began_s = now_s()
    await next_one
    assert unlucky.cancelled()
    assert now_s() == began_s


async def test_one_who_was_refused_goes_before_all_who_have_not_asked_yet() -> None:
    pacer = a_pacer(KnownLimits(requests_per_minute=60))
    await take_all(pacer)
    order: list[str] = []

    async def ask(name: str, *, again: bool) -> None:
        await pacer.turn(REQUEST, ANYBODY, again=again)
        order.append(name)

    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(ask(f"new {number}", again=False))
        await asyncio.sleep(0)
        group.create_task(ask("again", again=True))
    assert order == ["again", "new 0", "new 1", "new 2"]


async def test_a_turn_taken_before_a_pause_is_none_during_it() -> None:
    pacer = a_pacer()
    early, refused = await pacer.turn(REQUEST, ANYBODY), await pacer.turn(REQUEST, ANYBODY)
    await asyncio.sleep(0.1)
    pacer.refused(refused, CompletionFailure(FailureKind.RATE_LIMITED), 20.0)
    assert pacer.departs(early) is None
    began_s = now_s()
    await pacer.turn(REQUEST, ANYBODY, again=True)
    assert now_s() - began_s == pytest.approx(20.0)


async def test_turns_that_an_outage_has_outlived_are_taken_anew_so_that_they_do_not_all_go_at_its_end() -> None:
    pacer = a_pacer(KnownLimits(requests_per_minute=600))
    turns = [await pacer.turn(REQUEST, ANYBODY) for _ in range(20)]
    await asyncio.sleep(30)
    assert [pacer.departs(turn) for turn in turns] == [None] * 20


async def test_who_waits_is_let_go_as_soon_as_an_answer_tells_of_more() -> None:
    pacer = a_pacer()
    first = await pacer.turn(REQUEST, ANYBODY)
    told = RateLimitHeaders(limit_requests=60, remaining_requests=0)
    completion = Completion("", None, "stop", Usage(10, 0, 10), "m", None, 1, told)
    pacer.answered(first, REQUEST, completion)
    second = await pacer.turn(REQUEST, ANYBODY)
    third = asyncio.create_task(pacer.turn(REQUEST, ANYBODY))
    await asyncio.sleep(0.01)
    assert not third.done()
    began_s = now_s()
    more = RateLimitHeaders(limit_requests=6_000, remaining_requests=6_000)
    pacer.answered(second, REQUEST, Completion("", None, "stop", Usage(10, 0, 10), "m", None, 1, more))
    await third
    assert now_s() - began_s < 0.1


async def test_on_the_way_out_whoever_waits_is_turned_away_and_so_is_who_would_have_to() -> None:
    pacer = a_pacer(SLOW)
    await take_all(pacer)
    waiting = asyncio.create_task(pacer.turn(REQUEST, ANYBODY))
    await asyncio.sleep(0.1)
    pacer.close()
    with pytest.raises(ProcessLeaving):
        await waiting
    with pytest.raises(ProcessLeaving):
        await pacer.turn(REQUEST, ANYBODY, again=True)
    assert pacer.waiting == 0
