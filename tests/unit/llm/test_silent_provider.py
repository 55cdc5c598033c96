"""A provider that swallows requests, with an attempt of 60 s and as many calls in flight as the settings allow."""

from __future__ import annotations

import asyncio

import pytest

from processors.llm.provider import CompletionFailure, FailureKind
from processors.llm.retry_policy import PauseCause
from tests.unit.llm.desk import Account, Desk, HangingAccount

MAX_IN_FLIGHT = 256


async def steady_traffic(desk: Desk, until_s: float) -> None:
    """As many events in hand as may be, the next as soon as one has ended."""

    async def one_after_the_other() -> None:
        while desk.account.now_s < until_s:
            await desk.an_event()

    await asyncio.gather(*(one_after_the_other() for _ in range(MAX_IN_FLIGHT)))


async def test_one_that_swallows_all_from_the_start_is_an_outage_after_little_more_than_one_attempt() -> None:
    desk = Desk(HangingAccount((0, 1_800)))
    events = desk.events(MAX_IN_FLIGHT)
    await asyncio.sleep(75)
    assert [cause for _, cause in desk.told] == [PauseCause.OUTAGE]
    # One each two seconds found out. During the pause one each ten, or nobody would notice its end for a minute.
    assert len(desk.account.asked_at_s) <= 40
    await asyncio.gather(*events)
    assert desk.told[-1][1] is None
    assert desk.told[-1][0] <= 1_800 + 40
    assert desk.dead_letters == []


@pytest.mark.parametrize("in_hand", [1, 4])
async def test_so_few_events_that_nobody_else_fails_find_out_with_their_second_attempt(in_hand: int) -> None:
    desk = Desk(HangingAccount((0, 1_800)))
    events = desk.events(in_hand)
    await asyncio.sleep(121)
    assert [cause for _, cause in desk.told] == [PauseCause.OUTAGE]
    await asyncio.gather(*events)
    assert desk.dead_letters == []


async def test_one_that_falls_silent_in_full_traffic_is_an_outage_after_one_attempt_and_loses_nothing() -> None:
    desk = Desk(HangingAccount((30, 600), latency_s=5))
    await steady_traffic(desk, until_s=650)
    (began_s, cause), (ended_s, end) = desk.told
    assert (cause, end) == (PauseCause.OUTAGE, None)
    assert 30 + 60 <= began_s <= 30 + 66
    assert 600 <= ended_s <= 600 + 40
    assert desk.dead_letters == []


async def test_connections_that_all_break_in_one_moment_are_no_outage() -> None:
    broken = CompletionFailure(FailureKind.CONNECTION)
    desk = Desk(Account(lambda now_s, _: broken if 20 < now_s < 25.1 else None, latency_s=5))
    await steady_traffic(desk, until_s=40)
    assert desk.told == []


async def test_calls_that_hang_among_others_that_are_answered_are_no_outage() -> None:
    timeout = CompletionFailure(FailureKind.TIMEOUT)
    desk = Desk(Account(lambda _, text: timeout if text == "slow" else None, latency_s=5))
    await desk.an_event()
    traffic = asyncio.create_task(steady_traffic(desk, until_s=1_000))
    await asyncio.gather(*(desk.an_event("slow") for _ in range(20)))
    traffic.cancel()
    await asyncio.gather(traffic, return_exceptions=True)
    assert desk.told == []
    assert desk.dead_letters == ["provider_error"] * 20
