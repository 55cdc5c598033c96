"""Several workers on one account that nobody coordinates: the limit is used, and hardly a call is refused.

The real `Caller`s, the account's buckets as the demo's simulator keeps them, and a clock that jumps (see conftest).
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest

from processors.llm.limits import Flow, KnownLimits
from schemas.events import Lane
from tests.unit.llm.limits.accounts import Account, Worker, a_request, overload

if TYPE_CHECKING:
    from collections.abc import Callable

RUN_S = 150.0
# The buckets are full at first; what is measured begins when that is used up and the level has settled.
SETTLED_S = 60.0
RNG = random.Random(3)


def medium() -> int:
    """About 1,700 tokens with the answer: at 3,000 requests and 1,000,000 tokens a minute the tokens bind."""
    return max(50, round(RNG.gauss(1_500, 300)))


def small() -> int:
    """About 250 with the answer: the requests bind."""
    return max(10, round(RNG.gauss(50, 10)))


def large_or_small() -> int:
    return RNG.choice((500, 1_000, 2_000, 16_000))


def refused_share(account: Account) -> float:
    return len(account.refusals) / len(account.sent)


def used_share(account: Account, since_s: float, until_s: float, *, of: float = 1.0) -> float:
    """What was used of the limit that binds, when `of` is the part of the account that is ours."""
    requests, tokens = account.used(since_s, until_s)
    minutes = (until_s - since_s) / 60
    shares = requests / account.requests_per_minute, tokens / account.tokens_per_minute
    return max(shares) / minutes / of


def nothing_lost(workers: list[Worker]) -> bool:
    return not any(worker.failed for worker in workers)


@pytest.mark.parametrize("tells_at_once", [True, False])
@pytest.mark.parametrize("tokens", [medium, small, large_or_small])
async def test_three_workers_use_the_binding_limit_and_are_not_refused(
    tokens: Callable[[], int], *, tells_at_once: bool
) -> None:
    account = Account(tells_at_once=tells_at_once)
    workers = [Worker(account, number) for number in range(3)]
    await overload(workers, RUN_S, tokens)
    assert used_share(account, SETTLED_S, RUN_S) >= 0.95
    assert refused_share(account) <= 0.005
    assert account.calls_before_their_time() == 0
    assert nothing_lost(workers)


async def test_a_limit_that_is_halved_in_the_middle_is_kept_to_at_once() -> None:
    account = Account()
    workers = [Worker(account, number) for number in range(3)]
    asyncio.get_running_loop().call_later(RUN_S, account.halve)
    await overload(workers, 2 * RUN_S, medium)
    assert used_share(account, SETTLED_S, RUN_S) >= 0.95
    assert used_share(account, RUN_S + SETTLED_S, 2 * RUN_S, of=0.5) >= 0.95
    assert refused_share(account) <= 0.005
    assert account.calls_before_their_time() == 0
    assert nothing_lost(workers)


@pytest.mark.parametrize("tells_at_once", [True, False])
async def test_what_a_stranger_leaves_of_the_account_is_used(*, tells_at_once: bool) -> None:
    account = Account(tells_at_once=tells_at_once)
    workers = [Worker(account, number) for number in range(3)]
    stranger = asyncio.create_task(account.stranger(1_000_000 / 60 / 1_700 / 2))
    await overload(workers, RUN_S, medium)
    stranger.cancel()
    assert used_share(account, SETTLED_S, RUN_S, of=0.5) >= 0.95
    assert refused_share(account) <= 0.005
    assert account.calls_before_their_time() == 0
    assert nothing_lost(workers)


@pytest.mark.parametrize(("count", "latency_s"), [(1, 1.0), (1, 20.0), (4, 5.0), (4, 20.0), (10, 1.0)])
async def test_any_number_of_workers_and_slow_calls_too(count: int, latency_s: float) -> None:
    account = Account(latency_s=latency_s)
    workers = [Worker(account, number, slots=1_000) for number in range(count)]
    await overload(workers, RUN_S, medium)
    assert used_share(account, SETTLED_S + 2 * latency_s, RUN_S) >= 0.95
    assert refused_share(account) <= 0.005


async def test_workers_get_equal_parts_also_one_that_comes_later() -> None:
    account = Account()
    early, late = [Worker(account, 0), Worker(account, 1)], Worker(account, 2)
    working = asyncio.create_task(overload(early, 200, small))
    await asyncio.sleep(60)
    await overload([late], 60, small)
    parts = [sum(60 <= ended < 120 for _, ended in worker.answered) for worker in (*early, late)]
    assert min(parts) >= 0.7 * max(parts)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def test_the_burst_of_five_thousand_records_ends_within_a_twentieth_more_than_the_ideal_time() -> None:
    account = Account(requests_per_minute=500)
    worker = Worker(account)
    await worker.work_through(a_request(medium()) for _ in range(5_000))
    # 500 at once from the full bucket, the others as it refills.
    ideal_s = (5_000 - 500) / 500 * 60
    assert account.now_s <= 1.05 * ideal_s
    assert len(worker.answered) == 5_000
    assert account.refusals == []


async def test_a_provider_that_tells_no_limits_is_found_out_with_few_refusals() -> None:
    account = Account(headers=False)
    workers = [Worker(account, number) for number in range(3)]
    await overload(workers, 300, small)
    assert used_share(account, 120, 300) >= 0.9
    late = sum(told.at_s > 120 for told in account.refusals)
    assert late / sum(at_s > 120 for _, at_s in account.sent) <= 0.03
    assert nothing_lost(workers)


async def test_limits_of_the_settings_are_kept_to_by_each_worker_for_its_part_of_the_partitions() -> None:
    account = Account(headers=False)
    workers = [Worker(account, number, known=KnownLimits(3_000, 1_000_000)) for number in range(4)]
    for worker, share in zip(workers, (0.5, 0.25, 0.25, 0.0), strict=True):
        worker.caller.take_share(share)
    await overload(workers[:3], RUN_S, medium)
    assert used_share(account, SETTLED_S, RUN_S) >= 0.95
    assert account.refusals == []


async def test_after_a_refusal_no_call_of_the_worker_is_sent_before_the_time_it_was_told() -> None:
    # So few that nobody can know what the others have just done.
    account = Account(requests_per_minute=6)
    workers = [Worker(account, number) for number in range(8)]
    await overload(workers, 900, medium)
    assert account.refusals
    assert account.calls_before_their_time() == 0
    assert nothing_lost(workers)


async def test_hanging_calls_hold_up_nobody() -> None:
    rng = random.Random(1)
    account = Account(hangs=lambda _: rng.random() < 0.05)
    worker = Worker(account)
    await overload([worker], 120, small)
    assert used_share(account, SETTLED_S, 120) >= 0.95


async def test_calls_that_hang_do_not_make_the_others_slower() -> None:
    async def p99_s(hanging_tokens: int) -> float:
        account = Account(hangs=lambda request: len(request.user_message) == 4 * hanging_tokens)
        worker = Worker(account)
        tasks = []
        for number in range(2_000):
            tasks.append(asyncio.create_task(worker.an_event(a_request(77 if number % 20 == 7 else 50))))
            await asyncio.sleep(0.05)
        await asyncio.sleep(10)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        took = sorted(ended_s - began_s for began_s, ended_s in worker.answered if ended_s - began_s < 60)
        return took[len(took) * 99 // 100]

    assert await p99_s(hanging_tokens=77) <= 1.2 * await p99_s(hanging_tokens=0)


async def test_a_flood_of_one_tenant_leaves_half_of_the_limit_to_another() -> None:
    account = Account(requests_per_minute=600)
    worker = Worker(account, slots=2_000)
    flood = [asyncio.create_task(worker.an_event(a_request(50), Flow(tenant="flood"))) for _ in range(1_500)]
    await asyncio.sleep(90)
    began_s = account.now_s
    await asyncio.gather(*(worker.an_event(a_request(50), Flow(tenant="other")) for _ in range(50)))
    # 10 a second, half of it for each.
    assert account.now_s - began_s <= 13
    for task in flood:
        task.cancel()
    await asyncio.gather(*flood, return_exceptions=True)


async def test_a_backfill_leaves_four_fifths_of_the_limit_to_what_somebody_waits_for_and_is_not_starved() -> None:
    account = Account(requests_per_minute=600)
    worker = Worker(account, slots=3_000)
    tasks = [asyncio.create_task(worker.an_event(a_request(50), Flow(Lane.BATCH, "a"))) for _ in range(2_200)]
    await asyncio.sleep(90)
    batch_before = len(worker.answered)
    began_s = account.now_s
    await asyncio.gather(*(worker.an_event(a_request(50), Flow(Lane.REALTIME, "a")) for _ in range(200)))
    took_s = account.now_s - began_s
    assert 20 <= took_s <= 29
    assert len(worker.answered) - batch_before - 200 >= 0.15 * took_s * 10
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
