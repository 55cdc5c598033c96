"""What the streams tell the limits of the account: who asks, for which part of the partitions, and that it is over."""

from __future__ import annotations

from processors.llm.limits import Flow
from schemas.events import Lane
from tests.unit.streams.bench import EnrichBench, a_bench, an_event
from tests.unit.streams.kafka import settle


async def test_an_event_asks_on_behalf_of_its_tenant_and_its_lane() -> None:
    async with a_bench() as bench:
        await bench.deliver(an_event("e1", tenant="globex", lane=Lane.BATCH))
        assert bench.caller.flows == [Flow(Lane.BATCH, "globex")]


async def test_a_worker_takes_the_part_of_the_limits_that_its_partitions_are() -> None:
    bench = EnrichBench(partitions=4)
    await bench.assign(0, 1)
    assert bench.caller.share == 0.5


async def test_on_the_way_out_nobody_waits_for_a_turn_any_more() -> None:
    async with a_bench() as bench:
        await bench.agent.drain(1.0)
        assert bench.caller.closed


async def test_the_next_slot_is_for_a_tenant_that_has_had_none() -> None:
    async with a_bench(by_itself=False, max_in_flight=1) as bench:
        flood = [an_event(f"a{number}", f"flood {number}", record_id=str(number)) for number in range(5)]
        await bench.deliver(*flood, an_event("b", "beta", record_id="9", tenant="globex"))
        for _ in range(2):
            bench.caller.calls[-1].answer()
            await settle()
        assert bench.caller.about("beta")
        assert len(bench.caller.calls) == 3
        for _ in range(4):
            bench.caller.calls[-1].answer()
            await settle()
