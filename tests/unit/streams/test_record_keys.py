"""Producers that break the rule for keys: counted, and no event is lost."""

from __future__ import annotations

import asyncio

from aiokafka.errors import MessageSizeTooLargeError

from tests.unit.streams.bench import EnrichBench, a_bench, an_event
from tests.unit.streams.kafka import settle


async def test_a_record_without_a_key_is_read_and_counted() -> None:
    async with a_bench() as bench:
        await bench.deliver_raw(bench.bytes_of(an_event("e1")), key=None)
        assert bench.published == ["e1"]
        assert bench.count("key_mismatch_total") == 1


async def test_a_key_on_another_partition_than_its_own_is_counted() -> None:
    async with a_bench(0, 1, 2, partitions=3) as bench:
        for partition in range(3):
            await bench.deliver(an_event(f"e{partition}", f"text {partition}"), partition=partition)
        assert len(bench.published) == 3
        assert bench.count("key_mismatch_total") == 2


async def test_a_record_with_two_keys_loses_no_event() -> None:
    """The second key overtakes the first; that must not make the first event look as if it had ended."""
    async with a_bench(by_itself=False) as bench:
        await bench.deliver_raw(bench.bytes_of(an_event("e1", "alpha")), key=b"one")
        await bench.deliver_raw(bench.bytes_of(an_event("e2", "beta")), key=b"two")
        bench.caller.the("beta").answer()
        await settle()
        bench.caller.the("alpha").answer()
        await settle()
        assert bench.published == ["e2", "e1"]
        assert bench.committed() == 2


async def test_a_record_with_two_keys_loses_no_event_by_a_restart_either() -> None:
    async with a_bench(by_itself=False) as first:
        await first.deliver_raw(first.bytes_of(an_event("e1", "alpha")), key=b"one")
        await first.deliver_raw(first.bytes_of(an_event("e2", "beta")), key=b"two")
        first.caller.the("beta").answer()
        await settle()
        state = first.state
    async with a_bench(state=state) as second:
        await second.deliver_raw(second.bytes_of(an_event("e1", "alpha")), key=b"one")
        assert second.published == ["e1"]


async def under_two_keys(bench: EnrichBench) -> None:
    """Deliver one event under two keys and answer both calls; the first insight is not acknowledged yet."""
    bench.producer.acknowledges = lambda _: False
    await bench.deliver(an_event("e1", "alpha"))
    await bench.deliver_raw(bench.bytes_of(an_event("e1", "alpha")), key=b"another key")
    for call in bench.caller.about("alpha"):
        call.answer()
    await settle()


async def test_an_event_under_a_second_key_waits_to_learn_whether_the_first_is_published() -> None:
    async with a_bench(by_itself=False) as bench:
        await under_two_keys(bench)
        assert bench.published == ["e1"]
        bench.producer.sent[0].acknowledge()
        await settle()
        assert bench.endings == [("e1", "insight"), ("e1", "duplicate")]


async def test_an_event_under_a_second_key_that_waited_over_a_revocation_is_not_sent_before_it_ends() -> None:
    async with a_bench(by_itself=False) as bench:
        await under_two_keys(bench)
        revoking = asyncio.create_task(bench.agent.on_revoked())
        await settle()
        bench.producer.acknowledges = lambda _: True
        bench.producer.sent[0].future.set_exception(MessageSizeTooLargeError())
        await revoking
        await settle()
        assert bench.published == ["e1"]
        await bench.assign(0, generation=2)
        await bench.resume()
        assert bench.published == ["e1", "e1"]
        assert sorted(ending for _, ending in bench.endings) == ["insight", "oversized"]
