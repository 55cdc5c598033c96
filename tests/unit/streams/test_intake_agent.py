"""Intake: source records in, change events out, in source order, at least once."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError
from faust.exceptions import ProducerSendError

from schemas.errors import Dependency
from schemas.event_json import event_to_json
from schemas.sources import SourceRules, adapter
from streams.delivery.publisher import UnknownDeliveryError
from tests.unit.streams.bench import an_event
from tests.unit.streams.kafka import DEAD_LETTERS, EVENTS, settle, until

if TYPE_CHECKING:
    from collections.abc import Callable


from tests.unit.streams.intake_bench import SOURCE, an_intake


def stubborn(times: int, error: Callable[[], Exception]) -> list[Exception]:
    return [error() for _ in range(times)]


async def test_the_events_of_a_record_are_written_in_their_order_under_their_keys() -> None:
    async with an_intake() as bench:
        await bench.deliver("a b c")
        assert await bench.event_ids() == ["a", "b", "c"]
        assert {sent.key for sent in bench.producer.on(EVENTS)} == {b"acme/Ticket/5012"}
        assert bench.committed == 1


async def test_a_real_source_record_becomes_the_same_event() -> None:
    event = an_event("e1", tenant="acme")
    async with an_intake(adapter("native", None, SourceRules())) as bench:
        await bench.deliver(json.dumps(event_to_json(event)))
        assert await bench.events() == [event]


async def test_headers_that_go_on_are_forwarded_and_others_are_not() -> None:
    async with an_intake() as bench:
        await bench.deliver("a", (("traceparent", b"00-1-2-01"), ("authorization", b"secret"), ("ce_id", b"9")))
        assert bench.producer.sent[0].headers == {"traceparent": b"00-1-2-01", "ce_id": b"9"}


async def test_records_are_sent_before_those_in_front_of_them_are_acknowledged() -> None:
    async with an_intake() as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver("a")
        await bench.deliver("b")
        assert await bench.event_ids() == ["a", "b"]
        assert bench.committed == 0


async def test_an_offset_passes_once_every_event_of_its_record_is_durable() -> None:
    async with an_intake() as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver("a b")
        bench.producer.sent[0].acknowledge()
        await settle()
        assert bench.committed == 0
        bench.producer.sent[1].acknowledge()
        await settle()
        assert bench.committed == 1


async def test_no_offset_passes_before_those_in_front_of_it() -> None:
    async with an_intake() as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver("a")
        await bench.deliver("b")
        bench.producer.sent[1].acknowledge()
        await settle()
        assert bench.committed == 0
        bench.producer.sent[0].acknowledge()
        await settle()
        assert bench.committed == 2


async def test_what_is_our_own_write_is_dropped_and_counted() -> None:
    async with an_intake() as bench:
        await bench.deliver("a ours")
        await bench.deliver("ours")
        assert await bench.event_ids() == ["a"]
        assert bench.telemetry.endings == [("", "own_write"), ("", "own_write")]
        assert (bench.count("adapted"), bench.count("skipped")) == (1, 1)
        assert bench.committed == 2


async def test_a_request_to_fetch_goes_to_its_topic_under_the_record_s_key_and_is_counted() -> None:
    async with an_intake() as bench:
        await bench.deliver("first gap second", headers=(("traceparent", b"t"),))
        (sent,) = bench.producer.on("crm.refetch")
        assert (sent.key, dict(sent.headers)) == (b"default/Case/7", {"traceparent": b"t"})
        assert await bench.event_ids() == ["first", "second"]
        labels = {"source": "s", "entity": "Case", "reason": "gap"}
        assert bench.metrics.registry.get_sample_value("crm_insights_refetch_total", labels) == 1.0


async def test_an_offset_waits_for_its_request_to_fetch() -> None:
    async with an_intake() as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver("gap")
        assert bench.committed == 0
        bench.producer.sent[0].acknowledge()
        await settle()
        assert bench.committed == 1


async def test_a_record_without_any_event_passes() -> None:
    async with an_intake() as bench:
        await bench.deliver("")
        assert bench.committed == 1


async def test_a_record_that_cannot_be_read_becomes_a_dead_letter_untouched() -> None:
    async with an_intake() as bench:
        await bench.deliver("bad", (("x", b"y"),))
        (letter,) = bench.producer.on(DEAD_LETTERS)
        assert (letter.key, letter.value, letter.headers["x"]) == (b"k", b"bad", b"y")
        assert letter.headers["__streams.errors.topic"] == SOURCE.encode()
        assert letter.headers["crm_insights.reason"] == b"undecodable"
        assert bench.count("dead_letter") == 1
        assert bench.committed == 1


async def test_a_record_whose_events_are_refused_for_their_size_becomes_one_dead_letter() -> None:
    async with an_intake() as bench:
        bench.producer.max_bytes[EVENTS] = 10
        await bench.deliver("a b")
        (letter,) = bench.producer.on(DEAD_LETTERS)
        assert letter.headers["crm_insights.reason"] == b"oversized"
        assert bench.committed == 1


async def test_a_record_whose_event_the_broker_refuses_for_its_size_becomes_one_dead_letter() -> None:
    async with an_intake() as bench:
        bench.producer.acknowledges = lambda sent: sent.topic == DEAD_LETTERS
        await bench.deliver("a b")
        for sent in bench.producer.on(EVENTS):
            sent.future.set_exception(MessageSizeTooLargeError())
        await until(lambda: bench.committed == 1)
        assert len(bench.producer.on(DEAD_LETTERS)) == 1


async def test_while_the_registry_is_down_it_waits_keeps_its_place_and_goes_on_by_itself() -> None:
    async with an_intake() as bench:
        bench.adapter.down = True
        await bench.deliver("a")
        await bench.deliver("b")
        assert bench.pauses.causes == {Dependency.REGISTRY: "HTTP 503"}
        bench.adapter.down = False
        await until(lambda: bench.committed == 2)
        assert await bench.event_ids() == ["a", "b"]
        assert bench.pauses.causes == {}


async def test_events_that_could_not_be_queued_are_sent_again_and_skips_are_counted_once() -> None:
    async with an_intake() as bench:
        bench.producer.faults = stubborn(2, ProducerSendError)
        await bench.deliver("ours a")
        await until(lambda: bench.committed == 1)
        assert await bench.event_ids() == ["a"]
        assert bench.telemetry.endings == [("", "own_write")]


async def test_a_fault_of_ours_is_tried_three_times_more() -> None:
    async with an_intake() as bench:
        bench.adapter.broken = 3
        await bench.deliver("a")
        await until(lambda: bench.committed == 1)
        assert await bench.event_ids() == ["a"]


async def test_then_it_is_an_internal_error_that_names_stage_and_class() -> None:
    async with an_intake() as bench:
        bench.adapter.broken = 4
        await bench.deliver("zebra")
        await until(lambda: bench.committed == 1)
        (letter,) = bench.producer.on(DEAD_LETTERS)
        assert letter.headers["crm_insights.reason"] == b"internal_error"
        assert letter.headers["__streams.errors.stage"] == b"adapt"
        assert letter.headers["__streams.errors.exception"] == b"ValueError"
        assert b"zebra" not in b"".join(value or b"" for value in letter.headers.values())


async def test_an_event_of_which_nobody_knows_whether_it_is_there_ends_the_process() -> None:
    async with an_intake() as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver("a")
        bench.producer.sent[0].future.set_exception(KafkaTimeoutError())
        await settle()
        assert [type(error) for error in bench.fatal] == [UnknownDeliveryError]
        assert bench.committed == 0


async def test_a_dead_letter_of_which_nobody_knows_ends_the_process_and_keeps_its_offset() -> None:
    async with an_intake() as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver("bad")
        bench.producer.sent[0].future.set_exception(KafkaTimeoutError())
        await settle()
        await bench.deliver("b")
        assert [type(error) for error in bench.fatal] == [UnknownDeliveryError]
        assert bench.committed == 0
        assert await bench.event_ids() == []


async def test_an_acknowledgement_of_the_generation_before_moves_no_offset() -> None:
    async with an_intake() as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver("a")
        await bench.agent.on_revoked()
        bench.producer.acknowledges = lambda _: True
        await bench.assign(2)
        bench.producer.sent[0].acknowledge()
        await settle()
        assert bench.committed == 0


async def test_what_is_not_committed_is_sent_again_after_a_rebalance() -> None:
    async with an_intake() as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver("a")
        await bench.agent.on_revoked()
        bench.producer.acknowledges = lambda _: True
        await bench.assign(2, 0)
        assert await bench.event_ids() == ["a", "a"]
        assert bench.committed == 1


async def test_no_record_is_taken_during_a_rebalance() -> None:
    async with an_intake() as bench:
        await bench.agent.on_revoked()
        await bench.deliver("a")
        assert bench.producer.sent == []


async def test_a_record_that_waited_for_a_dependency_over_a_rebalance_is_not_sent_behind_its_successors() -> None:
    async with an_intake() as bench:
        bench.adapter.down = True
        await bench.deliver("a")
        await bench.agent.on_revoked()
        bench.adapter.down = False
        await asyncio.sleep(0.02)
        await bench.assign(2)
        await asyncio.sleep(0.02)
        assert bench.producer.sent == []
        assert bench.pauses.causes == {}
        assert bench.context.window.events == 0


async def test_leaving_waits_for_what_is_on_its_way_and_commits() -> None:
    async with an_intake() as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver("a")
        drain = asyncio.create_task(bench.agent.drain(5.0))
        await settle()
        assert not drain.done()
        bench.producer.sent[0].acknowledge()
        await drain
        assert bench.committed == 1
        assert bench.app.consumer.commits == 1


async def test_leaving_takes_nothing_more() -> None:
    async with an_intake() as bench:
        await bench.agent.drain(1.0)
        await bench.deliver("a")
        assert bench.producer.sent == []


async def test_leaving_is_bounded() -> None:
    async with an_intake() as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver("a")
        await asyncio.wait_for(bench.agent.drain(0.02), 1)


@pytest.mark.parametrize("value", ["a", "bad", "ours", ""])
async def test_every_record_leaves_the_window(value: str) -> None:
    async with an_intake() as bench:
        await bench.deliver(value)
        assert bench.context.window.events == 0
