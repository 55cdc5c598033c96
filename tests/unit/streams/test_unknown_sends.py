"""A record whose fate nobody knows: the process leaves, and nothing is published after it."""

from __future__ import annotations

from aiokafka.errors import KafkaTimeoutError

from streams.delivery.publisher import UnknownDeliveryError
from tests.unit.streams.bench import a_bench, an_event
from tests.unit.streams.kafka import settle


async def test_a_send_without_an_answer_ends_the_process_once_and_nothing_more_is_published() -> None:
    async with a_bench(by_itself=False) as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "beta", record_id="6000"))
        bench.caller.the("alpha").answer()
        await settle()
        bench.producer.sent[0].future.set_exception(KafkaTimeoutError())
        await settle()
        bench.caller.the("beta").answer()
        await settle()
        assert [type(error) for error in bench.fatal] == [UnknownDeliveryError]
        assert bench.published == ["e1"]
        assert bench.committed() == 0


async def test_several_sends_without_an_answer_end_the_process_once() -> None:
    async with a_bench() as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "beta"))
        for sent in bench.producer.sent:
            sent.future.set_exception(KafkaTimeoutError())
        await settle()
        assert len(bench.fatal) == 1


async def test_a_rebalance_on_the_way_out_does_not_open_the_gate_again() -> None:
    async with a_bench(by_itself=False) as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "beta", record_id="6000"))
        bench.caller.the("alpha").answer()
        await settle()
        bench.producer.sent[0].future.set_exception(KafkaTimeoutError())
        await settle()
        await bench.rebalance(0)
        bench.caller.the("beta").answer()
        await settle()
        assert bench.published == ["e1"]


async def test_a_dead_letter_without_an_answer_ends_the_process() -> None:
    async with a_bench() as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver_raw(b"no avro")
        bench.producer.sent[0].future.set_exception(KafkaTimeoutError())
        await settle()
        assert [type(error) for error in bench.fatal] == [UnknownDeliveryError]
        assert bench.committed() == 0
