"""Endings of one record come in the order of its events, whatever the calls do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.enrich import ending as event_ending
from tests.unit.streams.bench import a_bench, an_event
from tests.unit.streams.kafka import DEAD_LETTERS, INSIGHTS, settle

if TYPE_CHECKING:
    import pytest


async def test_insights_come_in_the_order_of_the_events_although_later_calls_finish_first() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "beta"), an_event("e3", "gamma"))
        for words in ("gamma", "beta"):
            bench.caller.the(words).answer()
            await settle()
        assert bench.published == []
        bench.caller.the("alpha").answer()
        await settle()
        assert bench.published == ["e1", "e2", "e3"]


async def test_calls_of_one_record_run_at_the_same_time() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "beta"))
        assert [call.open for call in bench.caller.calls] == [True, True]


async def test_a_record_does_not_wait_for_another_one() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "beta", record_id="6000"))
        bench.caller.the("beta").answer()
        await settle()
        assert bench.published == ["e2"]


async def test_the_second_insight_is_sent_before_the_first_is_acknowledged() -> None:
    async with a_bench() as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "beta"))
        assert bench.published == ["e1", "e2"]
        assert bench.endings == []


async def test_a_large_insight_is_acknowledged_before_the_next_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_ending, "PIPELINED_BYTES", 10)
    async with a_bench() as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "beta"))
        assert bench.published == ["e1"]
        bench.producer.sent[0].acknowledge()
        await settle()
        assert bench.published == ["e1", "e2"]


async def test_a_skip_waits_for_the_acknowledgement_of_the_insight_before() -> None:
    async with a_bench() as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", None))
        assert bench.endings == []
        bench.producer.sent[0].acknowledge()
        await settle()
        assert bench.endings == [("e1", "insight"), ("e2", "no_content")]


async def test_a_dead_letter_waits_for_the_acknowledgement_of_the_insight_before() -> None:
    async with a_bench() as bench:
        bench.producer.acknowledges = lambda sent: sent.topic == DEAD_LETTERS
        await bench.deliver(an_event("e1", "alpha"))
        await bench.deliver_raw(b"no avro")
        assert bench.producer.on(DEAD_LETTERS) == []
        bench.producer.on(INSIGHTS)[0].acknowledge()
        await settle()
        assert bench.endings == [("e1", "insight"), ("", "undecodable")]


async def test_an_insight_waits_until_the_dead_letter_before_it_is_durable() -> None:
    async with a_bench() as bench:
        bench.producer.acknowledges = lambda sent: sent.topic == INSIGHTS
        await bench.deliver_raw(b"no avro")
        await bench.deliver(an_event("e2", "beta"))
        assert bench.published == []
        bench.producer.on(DEAD_LETTERS)[0].acknowledge()
        await settle()
        assert bench.published == ["e2"]


async def test_no_offset_is_acknowledged_before_those_in_front_of_it() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "beta", record_id="6000"))
        bench.caller.the("beta").answer()
        await settle()
        assert bench.committed() == 0
        bench.caller.the("alpha").answer()
        await settle()
        assert bench.committed() == 2


async def test_an_offset_is_acknowledged_only_after_its_insight_is_durable() -> None:
    async with a_bench() as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver(an_event("e1"))
        assert bench.committed() == 0
        bench.producer.sent[0].acknowledge()
        await settle()
        assert bench.committed() == 1
        assert bench.state.has_insight(0, "e1")
