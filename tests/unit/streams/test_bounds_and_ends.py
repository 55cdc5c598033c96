"""What is taken is bounded until it is committed, and whatever fails around an ending, an event ends once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from streams.delivery import commit
from streams.delivery.publisher import MarkNotKeptError
from streams.delivery.window import Window
from tests.unit.streams.asking import a_refusal
from tests.unit.streams.bench import a_bench, an_event
from tests.unit.streams.kafka import DEAD_LETTERS, INSIGHTS, settle, until

if TYPE_CHECKING:
    import pytest

    from streams.delivery.offset_gate import Partition


async def test_what_has_ended_behind_a_slow_call_still_fills_the_window() -> None:
    async with a_bench(by_itself=False) as bench:
        bench.agent._window = bench.window = Window(10, 10_000_000)
        await bench.deliver(an_event("slow", "slow"))
        bench.caller.by_itself = True
        await bench.deliver(*(an_event(f"e{n}", f"text {n}", record_id=str(n)) for n in range(50)))
        assert len(bench.published) == 9
        bench.caller.the("slow").answer()
        await until(lambda: len(bench.published) == 51)
        assert (bench.window.events, bench.committed()) == (0, 51)


async def test_the_window_is_empty_once_everything_went_elsewhere() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("slow", "slow"), an_event("e1", "beta", record_id="2"))
        bench.caller.the("beta").answer()
        await settle()
        assert bench.window.events == 2
        await bench.rebalance()
        assert bench.window.events == 0


async def test_a_mark_that_cannot_be_kept_ends_the_process_and_the_event_waits_for_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with a_bench() as bench:

        def disk_is_full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(bench.state, "apply", disk_is_full)
        await bench.deliver(an_event("e1"))
        await until(lambda: bench.fatal)
        assert [type(error) for error in bench.fatal] == [MarkNotKeptError]
        assert (bench.published, bench.agent.running, bench.committed()) == (["e1"], 0, 0)
        await bench.deliver(an_event("e2", record_id="2"))
        assert bench.published == ["e1"]


async def test_a_dead_letter_on_its_way_is_waited_for_and_committed_before_its_partition_goes() -> None:
    async with a_bench() as bench:
        bench.caller.by_itself = lambda _: a_refusal()
        bench.producer.acknowledges = lambda sent: sent.topic != DEAD_LETTERS
        await bench.deliver(an_event("e1"))
        revoked = asyncio.ensure_future(bench.agent.on_revoked())
        await asyncio.sleep(0.03)
        assert not revoked.done()
        (letter,) = bench.producer.on(DEAD_LETTERS)
        letter.acknowledge()
        await revoked
        assert bench.endings == [("e1", "model_refused")]
        assert bench.committed() == 1


async def test_an_ending_that_cannot_be_counted_is_not_brought_about_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_bench() as bench:
        bench.caller.by_itself = lambda _: a_refusal()

        def broken(*_: Any, **__: Any) -> None:
            raise ValueError("a label too many")

        monkeypatch.setattr(bench.telemetry, "ended", broken)
        await bench.deliver(an_event("e1"))
        await asyncio.sleep(0.05)
        assert len(bench.dead_letters) == 1
        assert bench.committed() == 1


async def test_after_a_fault_nothing_more_is_published_and_nothing_goes_on() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        bench.agent.abandon()
        await settle()
        await bench.rebalance(0)
        await bench.deliver(an_event("e2", "beta"))
        assert (bench.published, bench.agent.running) == ([], 0)


async def test_a_rebalance_that_ends_while_one_leaves_opens_nothing() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.agent.drain(0.0)
        await bench.rebalance(0)
        await bench.deliver(an_event("e1"))
        assert (bench.agent.running, bench.published) == (0, [])


async def test_a_commit_that_never_ends_does_not_keep_one_from_leaving(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit, "COMMIT_BOUND_S", 0.02)
    async with a_bench() as bench:
        monkeypatch.setattr(bench.app.consumer, "commit", asyncio.Event().wait)
        async with asyncio.timeout(2):
            await bench.agent.drain(0.1)


async def test_of_three_copies_under_three_keys_one_is_published_although_the_first_is_refused() -> None:
    """Producers that break the key rule; the first insight is too large for the broker."""
    async with a_bench(by_itself=False) as bench:
        bench.producer.acknowledges = lambda _: False
        for number in range(3):
            event = an_event("same", f"alpha {number}")
            await bench.deliver_raw(bench.bytes_of(event), key=f"key-{number}".encode())
        for call in bench.caller.calls:
            call.answer()
        await settle()
        assert bench.published == ["same"]
        bench.producer.on(INSIGHTS)[0].refuse()
        await settle()
        assert bench.published == ["same", "same"]
        bench.producer.on(INSIGHTS)[1].acknowledge()
        await settle()
        assert bench.published == ["same", "same"]


async def test_records_that_never_came_are_told() -> None:
    gaps: list[tuple[Partition, int]] = []
    async with a_bench() as bench:
        bench.agent._on_gap = lambda partition, expected: gaps.append((partition, expected))
        await bench.deliver(an_event("e0"))
        for _ in range(3):
            bench.input.append("crm.events", 0, key=b"k", value=b"expired unread")
        await bench.deliver(an_event("e4", "beta"))
    assert [(partition.partition, expected) for partition, expected in gaps] == [(0, 1)]
