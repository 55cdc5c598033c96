"""On the way out: calls under way end and are published, nothing else is begun, and nothing hangs."""

from __future__ import annotations

import asyncio
import time

from schemas.errors import Dependency, DependencyFault
from tests.unit.streams.bench import EnrichBench, a_bench, an_event
from tests.unit.streams.kafka import settle, until


async def draining(bench: EnrichBench, bound_s: float = 5.0) -> asyncio.Task[None]:
    task = asyncio.create_task(bench.agent.drain(bound_s))
    await settle()
    return task


async def test_a_call_under_way_ends_and_is_published() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        drain = await draining(bench)
        assert not drain.done()
        bench.caller.the("alpha").answer()
        await drain
        assert bench.published == ["e1"]
        assert bench.committed() == 1
        assert bench.app.consumer.commits == 1


async def test_an_event_that_waits_for_a_slot_is_given_up() -> None:
    async with a_bench(by_itself=False, max_in_flight=1) as bench:
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "beta", record_id="6000"))
        drain = await draining(bench)
        assert bench.agent.running == 1
        bench.caller.the("alpha").answer()
        await drain
        assert bench.caller.about("beta") == []
        assert bench.published == ["e1"]
        assert bench.committed() == 1


async def test_an_event_that_holds_a_slot_during_a_rebalance_starts_no_call_afterwards() -> None:
    async with a_bench(by_itself=False, max_in_flight=1) as bench:
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "beta", record_id="6000"))
        await bench.agent.on_revoked()
        bench.caller.the("alpha").answer()
        await settle()
        drain = await draining(bench)
        await bench.assign(0, generation=2)
        bench.agent.on_resumed(2)
        await drain
        assert bench.caller.about("beta") == []
        assert bench.published == ["e1"]


async def test_no_event_is_taken_any_more() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        drain = await draining(bench)
        await bench.deliver(an_event("e2", None, record_id="6000"))
        bench.caller.the("alpha").answer()
        await drain
        assert bench.endings == [("e1", "insight")]


async def test_the_successor_of_an_event_that_is_given_up_does_not_end() -> None:
    async with a_bench(by_itself=False, max_in_flight=1) as bench:
        await bench.deliver(an_event("first", "alpha", record_id="1"))
        await bench.deliver(an_event("e1", "beta"), an_event("e2", None))
        drain = await draining(bench)
        bench.caller.the("alpha").answer()
        await drain
        assert bench.endings == [("first", "insight")]
        assert bench.agent.running == 0


async def test_a_paid_answer_behind_an_event_that_is_given_up_is_not_published() -> None:
    async with a_bench(by_itself=False, max_in_flight=2) as bench:
        await bench.deliver(an_event("x", "one", record_id="1"), an_event("y", "two", record_id="2"))
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "beta"))
        bench.caller.the("one").answer()
        await settle()
        # Of e1 and e2 one has a slot now; the other is turned away.
        drain = await draining(bench)
        for call in bench.caller.calls:
            if call.open:
                call.answer()
        await drain
        assert bench.published in (["x", "y", "e1"], ["x", "e1", "y"])


async def test_a_paused_provider_does_not_hold_it_up() -> None:
    async with a_bench() as bench:
        bench.caller.go_down()
        await bench.deliver(an_event("e1"))
        began_s = time.monotonic()
        await bench.agent.drain(30.0)
        await settle()
        assert time.monotonic() - began_s < 1
        assert bench.agent.running == 0
        assert bench.committed() == 0


async def test_a_dead_registry_does_not_hold_it_up_but_calls_under_way_still_end() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        bench.pauses.begin(DependencyFault(Dependency.REGISTRY, "down"), "somebody")
        drain = await draining(bench)
        await asyncio.sleep(0.25)
        assert not drain.done()
        bench.caller.the("alpha").answer()
        await drain
        assert bench.published == ["e1"]


async def test_a_call_that_never_ends_is_given_up_at_the_bound() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        await bench.agent.drain(0.05)
        await until(lambda: bench.agent.running == 0)
        assert bench.published == []
        assert bench.committed() == 0


async def test_afterwards_nothing_is_published() -> None:
    async with a_bench() as bench:
        await bench.agent.drain(1.0)
        assert not bench.context.ownership.is_open


async def test_a_worker_without_partitions_commits_nothing() -> None:
    async with a_bench() as bench:
        await bench.rebalance()
        before = bench.app.consumer.commits
        await bench.agent.drain(1.0)
        assert bench.app.consumer.commits == before
