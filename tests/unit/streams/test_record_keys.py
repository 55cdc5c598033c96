"""Producers that break the rule for keys: counted, and no event is lost."""

from __future__ import annotations

from tests.unit.streams.bench import a_bench, an_event
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
