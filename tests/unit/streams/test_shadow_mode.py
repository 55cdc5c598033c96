"""In shadow mode everything happens but publishing and committing."""

from __future__ import annotations

from tests.unit.streams.bench import a_bench, an_event
from tests.unit.streams.kafka import settle


async def test_nothing_is_published_and_nothing_acknowledged() -> None:
    async with a_bench(shadow=True) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        await bench.deliver_raw(b"no avro")
        assert bench.producer.sent == []
        assert bench.committed() == 0
        assert bench.endings == [("e1", "insight"), ("", "undecodable")]


async def test_calls_are_made_and_their_price_is_counted() -> None:
    async with a_bench(shadow=True) as bench:
        await bench.deliver(an_event("e1"))
        assert len(bench.caller.calls) == 1
        spender = {"model": "gpt-5-mini", "tenant": "acme", "department": "", "kind": "interaction_summary"}
        assert bench.count("llm_cost_total", **spender, currency="EUR") > 0


async def test_duplicates_unchanged_and_stale_events_are_seen_as_by_a_real_worker() -> None:
    async with a_bench(shadow=True) as bench:
        await bench.deliver(an_event("e1", "alpha", occurred_at=2_000))
        await bench.deliver(an_event("e1", "alpha", occurred_at=2_000))
        await bench.deliver(an_event("e2", "alpha", occurred_at=2_000))
        await bench.deliver(an_event("e3", "beta", occurred_at=1_000))
        assert [ending for _, ending in bench.endings] == ["insight", "duplicate", "unchanged", "stale"]


async def test_an_event_that_turns_out_to_be_stale_while_it_is_read_is_a_skip_here_too() -> None:
    async with a_bench(shadow=True, by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha", occurred_at=2_000), an_event("e2", "beta", occurred_at=1_000))
        for call in bench.caller.calls:
            call.answer()
        await settle()
        assert bench.endings == [("e1", "insight"), ("e2", "stale")]


async def test_leaving_commits_nothing() -> None:
    async with a_bench(shadow=True) as bench:
        await bench.agent.drain(1.0)
        assert bench.app.consumer.commits == 0
