"""During a rebalance nothing is published, and what went elsewhere is given up."""

from __future__ import annotations

import asyncio

import pytest

from streams.delivery.publisher import UnknownDeliveryError
from tests.unit.streams.bench import a_bench, a_mark, an_event
from tests.unit.streams.kafka import INSIGHTS, settle, until


async def test_an_answer_that_comes_during_a_rebalance_is_published_after_it() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        await bench.agent.on_revoked()
        bench.caller.the("alpha").answer()
        await settle()
        await bench.assign(0, generation=2)
        await settle()
        assert bench.published == []
        await bench.resume()
        assert bench.published == ["e1"]


async def test_a_dead_letter_waits_for_the_end_of_a_rebalance_too() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        await bench.agent.on_revoked()
        bench.caller.the("alpha").answer(overall_sentiment="Cheerful")
        await asyncio.sleep(0.03)
        assert bench.dead_letters == []
        await bench.assign(0, generation=2)
        await bench.resume()
        await until(lambda: bench.dead_letters)


async def test_no_event_is_taken_during_a_rebalance() -> None:
    async with a_bench() as bench:
        await bench.agent.on_revoked()
        await bench.deliver(an_event("e1"))
        assert bench.agent.running == 0


async def test_no_call_is_started_during_a_rebalance() -> None:
    async with a_bench(by_itself=False, max_in_flight=1) as bench:
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "beta", record_id="6000"))
        await bench.agent.on_revoked()
        bench.caller.the("alpha").answer()
        await settle()
        assert bench.caller.about("beta") == []
        await bench.assign(0, generation=2)
        await bench.resume()
        assert len(bench.caller.about("beta")) == 1


async def test_events_of_a_partition_that_went_elsewhere_are_given_up_and_publish_nothing() -> None:
    async with a_bench(0, 1, by_itself=False, partitions=2) as bench:
        await bench.deliver(an_event("e0", "alpha"), partition=0)
        await bench.deliver(an_event("e1", "beta"), partition=1)
        await bench.rebalance(0)
        assert [call.open for call in bench.caller.calls] == [True, False]
        bench.caller.the("alpha").answer()
        await settle()
        assert bench.published == ["e0"]
        assert bench.agent.running == 0
        assert bench.committed(1) == 0


async def test_calls_of_partitions_that_stay_keep_running() -> None:
    async with a_bench(0, 1, by_itself=False, partitions=2) as bench:
        await bench.deliver(an_event("e0", "alpha"), partition=0)
        await bench.rebalance(0, 1)
        assert bench.caller.the("alpha").open


async def test_an_event_that_another_worker_has_published_meanwhile_is_not_published_again() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        await bench.agent.on_revoked()
        await bench.assign(0, generation=2)
        bench.caller.the("alpha").answer()
        bench.state.apply(0, "e1", a_mark(an_event("e1")))
        await bench.resume()
        assert bench.published == []
        assert bench.endings == [("e1", "duplicate")]
        assert bench.committed() == 1


async def test_an_event_that_another_worker_has_dead_lettered_meanwhile_is_not_ended_again() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        await bench.agent.on_revoked()
        await bench.assign(0, generation=2)
        bench.caller.the("alpha").answer()
        bench.state.apply(0, "e2", a_mark(an_event("e2"), offset=1))
        await bench.resume()
        assert bench.published == []
        assert bench.endings == []
        assert bench.committed() == 1


async def test_an_acknowledgement_of_the_generation_before_moves_no_offset() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        await bench.agent.on_revoked()
        await bench.assign(0, generation=2)
        bench.agent.on_resumed(2)
        bench.caller.the("alpha").answer()
        await settle()
        assert bench.published == ["e1"]
        assert bench.committed() == 0


async def test_a_record_of_an_older_generation_that_waited_in_the_stream_is_passed_over() -> None:
    async with a_bench() as bench:
        await bench.agent.on_revoked()
        await bench.deliver(an_event("e1"))
        await bench.assign(0, generation=2)
        bench.agent.on_resumed(2)
        await settle()
        assert bench.caller.calls == []


async def test_a_late_resume_of_an_older_generation_changes_nothing() -> None:
    async with a_bench() as bench:
        await bench.agent.on_revoked()
        await bench.assign(0, generation=3)
        bench.agent.on_resumed(2)
        assert not bench.context.ownership.is_open


async def test_revoking_waits_for_insights_on_their_way() -> None:
    async with a_bench() as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver(an_event("e1"))
        revoking = asyncio.create_task(bench.agent.on_revoked())
        await asyncio.sleep(0.02)
        assert not revoking.done()
        bench.producer.on(INSIGHTS)[0].acknowledge()
        await revoking
        assert bench.fatal == []


async def test_an_insight_that_is_not_acknowledged_during_a_rebalance_ends_the_process() -> None:
    async with a_bench() as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver(an_event("e1"))
        await bench.agent.on_revoked()
        assert [type(error) for error in bench.fatal] == [UnknownDeliveryError]


async def test_without_a_fresh_heartbeat_nothing_is_published() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        bench.lease._renewed_at = float("-inf")
        bench.caller.the("alpha").answer()
        await asyncio.sleep(0.03)
        assert bench.published == []
        bench.lease.renew(bench.lease.now())
        await until(lambda: bench.published == ["e1"])


async def test_a_process_that_wakes_from_a_stop_makes_no_call_before_it_knows_that_the_event_is_its_own() -> None:
    async with a_bench(by_itself=False) as bench:
        bench.lease._renewed_at = float("-inf")
        await bench.deliver(an_event("e1", "alpha"))
        assert bench.caller.calls == []
        bench.lease.renew(bench.lease.now())
        await until(lambda: len(bench.caller.calls) == 1)


async def test_a_retry_waits_for_that_too_and_is_not_made_where_the_event_went_elsewhere() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        bench.lease._renewed_at = float("-inf")
        bench.caller.the("alpha").fail_for_now()
        await asyncio.sleep(0.05)
        assert len(bench.caller.calls) == 1
        await bench.rebalance()
        assert (len(bench.caller.calls), bench.agent.running) == (1, 0)


@pytest.mark.parametrize("retried", [False, True], ids=["its first call", "a retry"])
async def test_an_event_that_another_worker_has_published_while_it_waited_to_ask_is_not_paid_for(
    *, retried: bool
) -> None:
    async with a_bench(by_itself=False) as bench:
        event = an_event("e1", "alpha")
        if not retried:
            bench.lease._renewed_at = float("-inf")
        await bench.deliver(event)
        if retried:
            bench.lease._renewed_at = float("-inf")
            bench.caller.the("alpha").fail_for_now()
        calls = len(bench.caller.calls)
        await bench.agent.on_revoked()
        await bench.assign(0, generation=2)
        bench.state.apply(0, "e1", a_mark(event))
        await bench.resume()
        await until(lambda: bench.endings)
        assert (len(bench.caller.calls), bench.endings) == (calls, [("e1", "duplicate")])
        assert bench.published == []


async def test_what_is_committed_is_forgotten() -> None:
    async with a_bench() as bench:
        record = await bench.deliver_raw(None)
        place = next(iter(bench.context.ownership.owned))
        assert (place, record.offset) in bench.context.ended_here
        bench.agent.forget_committed({place: 1})
        assert (place, record.offset) not in bench.context.ended_here


async def test_an_answer_that_waited_for_its_turn_is_not_paid_again_when_its_partition_comes_back() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "beta"))
        bench.caller.the("beta").answer()
        await settle()
        await bench.rebalance()
        assert (bench.agent.running, bench.published) == (0, [])

        await bench.rebalance(0)
        assert len(bench.caller.about("beta")) == 1
        bench.caller.about("alpha")[-1].answer()
        await settle()
        assert bench.published == ["e1", "e2"]


async def test_an_answer_to_another_text_is_not_taken_for_the_one_that_was_kept() -> None:
    """An event id that a source has used twice."""
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "beta"))
        bench.caller.the("beta").answer()
        await settle()
        await bench.rebalance()
        await bench.rebalance(0)
        await bench.deliver(an_event("e2", "gamma", record_id="6000"))
        assert len(bench.caller.about("gamma")) == 1
