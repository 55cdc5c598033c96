"""An event that is delivered twice is paid and published once."""

from __future__ import annotations

from streams.delivery.dedupe.dedupe_state import DedupeState
from tests.unit.streams.asking import a_refusal
from tests.unit.streams.bench import a_bench, a_mark, an_event
from tests.unit.streams.kafka import DEAD_LETTERS, settle


async def test_a_duplicate_that_arrives_while_the_first_is_in_flight_costs_no_second_call() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"), an_event("e1", "alpha"))
        bench.caller.the("alpha").answer()
        await settle()
        assert len(bench.caller.calls) == 1
        assert bench.endings == [("e1", "insight"), ("e1", "duplicate")]
        assert bench.committed() == 2


async def test_a_duplicate_that_arrives_after_the_end_is_a_skip() -> None:
    async with a_bench() as bench:
        await bench.deliver(an_event("e1"))
        await bench.deliver(an_event("e1"))
        assert bench.endings == [("e1", "insight"), ("e1", "duplicate")]
        assert bench.published == ["e1"]


async def test_an_event_whose_mark_was_restored_is_a_skip_without_a_call() -> None:
    state = DedupeState()
    state.apply(0, "e1", None)
    async with a_bench(state=state) as bench:
        await bench.deliver(an_event("e1"))
        assert bench.caller.calls == []
        assert bench.endings == [("e1", "duplicate")]


async def test_a_redelivery_attaches_to_the_call_under_way() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        await bench.rebalance(0)
        bench.caller.the("alpha").answer()
        await settle()
        assert len(bench.caller.calls) == 1
        assert bench.published == ["e1"]
        assert bench.committed() == 1


async def test_a_redelivery_is_counted_as_such_and_not_as_an_event() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        await bench.rebalance(0)
        bench.caller.the("alpha").answer()
        await settle()
        assert bench.endings == [("e1", "insight")]
        assert bench.count("redelivered_total") == 1


async def test_all_events_of_a_record_attach_after_a_rebalance_and_keep_their_order() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "beta"))
        await bench.rebalance(0)
        await bench.deliver(an_event("e3", "gamma"))
        for words in ("gamma", "beta", "alpha"):
            bench.caller.the(words).answer()
            await settle()
        assert bench.published == ["e1", "e2", "e3"]
        assert bench.committed() == 3


async def test_an_ended_event_behind_an_unfinished_one_is_not_ended_again_when_it_is_redelivered() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha", record_id="1"), an_event("e2", None, record_id="2"))
        assert bench.endings == [("e2", "no_content")]
        await bench.rebalance(0)
        bench.caller.the("alpha").answer()
        await settle()
        assert bench.endings == [("e2", "no_content"), ("e1", "insight")]
        assert bench.committed() == 2


async def test_a_dead_letter_is_not_written_again_when_its_event_is_redelivered() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        await bench.deliver_raw(b"no avro", key=b"another record")
        await bench.rebalance(0)
        bench.caller.the("alpha").answer()
        await settle()
        assert len(bench.producer.on(DEAD_LETTERS)) == 1
        assert bench.committed() == 2


async def test_bytes_that_are_no_event_and_wait_for_their_turn_are_dead_lettered_once_over_a_rebalance() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        await bench.deliver_raw(b"no avro")
        await bench.rebalance(0)
        bench.caller.the("alpha").answer()
        await settle()
        assert len(bench.producer.on(DEAD_LETTERS)) == 1
        assert bench.endings == [("e1", "insight"), ("", "undecodable")]


async def test_the_same_holds_where_the_event_before_them_is_dead_lettered() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        await bench.deliver_raw(b"no avro")
        await bench.rebalance(0)
        bench.caller.the("alpha").fail(a_refusal())
        await settle()
        assert bench.endings == [("e1", "model_refused"), ("", "undecodable")]


async def test_an_event_that_ends_while_its_redelivery_waits_behind_bytes_that_are_no_event_is_not_read_again() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        await bench.deliver_raw(b"no avro")
        await bench.rebalance(0)
        bench.caller.the("alpha").fail(a_refusal())
        await settle()
        assert len(bench.caller.calls) == 1
        assert bench.committed() == 2


async def test_a_new_event_behind_redelivered_ones_starts_its_call_at_once_and_knows_what_they_read() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha", record_id="1"), an_event("e2", None), an_event("e3", "beta"))
        await bench.rebalance(0)
        await bench.deliver(an_event("e4", "beta"), an_event("e5", "gamma"))
        assert len(bench.caller.about("beta")) == len(bench.caller.about("gamma")) == 1
        for call in bench.caller.calls:
            call.answer()
        await settle()
        assert bench.endings[-2:] == [("e4", "unchanged"), ("e5", "insight")]


async def test_a_duplicate_that_waits_for_its_turn_is_counted_once_over_a_rebalance() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", None), an_event("e1", "alpha"))
        await bench.rebalance(0)
        bench.caller.the("alpha").answer()
        await settle()
        assert bench.endings == [("e1", "insight"), ("e2", "no_content"), ("e1", "duplicate")]
        assert bench.committed() == 3


async def test_an_upstream_copy_of_a_dead_lettered_event_is_judged_again() -> None:
    async with a_bench() as bench:
        bench.caller.by_itself = lambda _: a_refusal()
        await bench.deliver(an_event("e1"))
        bench.caller.by_itself = True
        await bench.deliver(an_event("e1"))
        assert bench.endings == [("e1", "model_refused"), ("e1", "insight")]


async def test_an_upstream_copy_of_a_skipped_event_is_judged_again() -> None:
    async with a_bench() as bench:
        await bench.deliver(an_event("e1", None))
        await bench.deliver(an_event("e1", "now with text"))
        assert bench.endings == [("e1", "no_content"), ("e1", "insight")]


async def test_an_event_below_the_last_published_one_of_its_record_has_ended_already() -> None:
    """After a crash: e0 was skipped or dead-lettered before, since e1, behind it, has an insight."""
    state = DedupeState()
    state.apply(0, "e1", a_mark(an_event("e1"), offset=1))
    async with a_bench(state=state) as bench:
        await bench.deliver(an_event("e0", "alpha"))
        assert bench.caller.calls == []
        assert bench.endings == []
        assert bench.count("redelivered_total") == 1
        assert bench.committed() == 1


async def test_offsets_of_a_topic_that_was_made_anew_say_nothing() -> None:
    state = DedupeState()
    state.apply(0, "e1", a_mark(an_event("e1"), offset=1, topic_id="the one before"))
    async with a_bench(state=state) as bench:
        await bench.deliver(an_event("e0", "alpha"))
        assert bench.published == ["e0"]


async def test_the_same_event_under_two_keys_is_published_once() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        await bench.deliver_raw(bench.bytes_of(an_event("e1", "alpha")), key=b"another key")
        for call in bench.caller.about("alpha"):
            call.answer()
        await settle()
        assert bench.published == ["e1"]
        assert bench.endings == [("e1", "insight"), ("e1", "duplicate")]
