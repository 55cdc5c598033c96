"""On the way out: calls under way end and are published, nothing else is begun, and nothing hangs."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any, cast

import pytest

from processors.llm.caller import Caller
from processors.llm.provider import Completion, CompletionFailure, CompletionRequest, FailureKind, Usage
from schemas.errors import Dependency, DependencyFault
from streams.delivery.publisher import UnknownDeliveryError
from streams.enrich import agent
from tests.unit.streams.asking import an_answer
from tests.unit.streams.bench import EnrichBench, a_bench, an_event
from tests.unit.streams.kafka import settle, until
from tests.unit.streams.test_large_events import LARGE

if TYPE_CHECKING:
    from collections.abc import Callable

GOOD = Completion(an_answer(), None, "stop", Usage(100, 60, 20), "gpt-5-mini-2025-08-07", "req_1", 12)


class HeldProvider:
    """Answers each request when the test says so, in the order of the requests."""

    name = "held"

    def __init__(self) -> None:
        """Begin with no request."""
        self.calls: list[asyncio.Future[Completion]] = []

    async def complete(self, request: CompletionRequest, *, deadline_s: float) -> Completion:  # noqa: ARG002 - as the interface has it
        self.calls.append(asyncio.get_running_loop().create_future())
        return await self.calls[-1]


async def draining(bench: EnrichBench, bound_s: float = 5.0) -> asyncio.Task[None]:
    task = asyncio.create_task(bench.agent.drain(bound_s))
    await settle()
    return task


async def test_a_call_under_way_ends_and_is_published() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        drain = await draining(bench)
        assert not drain.done()
        bench.caller.the("alpha").answer()
        await drain
        assert bench.published == ["e1"]
        assert bench.committed() == 1
        assert bench.app.consumer.commits == 1


async def test_an_event_that_waits_for_a_slot_is_given_up() -> None:
    async with a_bench(by_itself=False, max_in_flight=1) as bench:
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "beta", record_id="6000"))
        drain = await draining(bench)
        assert bench.agent.running == 1
        bench.caller.the("alpha").answer()
        await drain
        assert bench.caller.about("beta") == []
        assert bench.published == ["e1"]
        assert bench.committed() == 1


async def test_an_event_that_holds_a_slot_during_a_rebalance_starts_no_call_afterwards() -> None:
    async with a_bench(by_itself=False, max_in_flight=1) as bench:
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "beta", record_id="6000"))
        await bench.agent.on_revoked()
        bench.caller.the("alpha").answer()
        await settle()
        drain = await draining(bench)
        await bench.assign(0, generation=2)
        bench.agent.on_resumed(2)
        await drain
        assert bench.caller.about("beta") == []
        assert bench.published == ["e1"]


async def test_no_event_is_taken_any_more() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        drain = await draining(bench)
        await bench.deliver(an_event("e2", None, record_id="6000"))
        bench.caller.the("alpha").answer()
        await drain
        assert bench.endings == [("e1", "insight")]


async def test_the_successor_of_an_event_that_is_given_up_does_not_end() -> None:
    async with a_bench(by_itself=False, max_in_flight=1) as bench:
        await bench.deliver(an_event("first", "alpha", record_id="1"))
        await bench.deliver(an_event("e1", "beta"), an_event("e2", None))
        drain = await draining(bench)
        bench.caller.the("alpha").answer()
        await drain
        assert bench.endings == [("first", "insight")]
        assert bench.agent.running == 0


async def test_a_paid_answer_behind_an_event_that_is_given_up_is_not_published() -> None:
    async with a_bench(by_itself=False, max_in_flight=2) as bench:
        await bench.deliver(an_event("x", "one", record_id="1"), an_event("y", "two", record_id="2"))
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "beta"))
        bench.caller.the("one").answer()
        await settle()
        # Of e1 and e2 one has a slot now; the other is turned away.
        drain = await draining(bench)
        for call in bench.caller.calls:
            if call.open:
                call.answer()
        await drain
        assert bench.published in (["x", "y", "e1"], ["x", "e1", "y"])


async def test_a_paused_provider_does_not_hold_it_up() -> None:
    async with a_bench() as bench:
        bench.caller.go_down()
        await bench.deliver(an_event("e1"))
        began_s = time.monotonic()
        await bench.agent.drain(30.0)
        await settle()
        assert time.monotonic() - began_s < 1
        assert bench.agent.running == 0
        assert bench.committed() == 0


async def test_a_dead_registry_does_not_hold_it_up_but_calls_under_way_still_end() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        bench.pauses.begin(DependencyFault(Dependency.REGISTRY, "down"), "somebody")
        drain = await draining(bench)
        await asyncio.sleep(0.25)
        assert not drain.done()
        bench.caller.the("alpha").answer()
        await drain
        assert bench.published == ["e1"]


async def test_a_record_on_its_way_to_a_broker_that_is_down_is_waited_for_until_the_broker_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(agent, "SILENT_BROKER_BOUND_S", 0.5)
    async with a_bench() as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver(an_event("e1"))
        bench.pauses.begin(DependencyFault(Dependency.BROKER, "the broker answers no heartbeat"), "somebody")
        drain = await draining(bench, 30.0)
        await asyncio.sleep(0.3)
        assert not drain.done()
        await asyncio.wait_for(drain, 5.0)
        await settle()
        assert (bench.agent.running, bench.committed()) == (0, 0)
        assert [type(error) for error in bench.fatal] == [UnknownDeliveryError]


async def test_a_record_on_its_way_to_a_broker_that_comes_back_is_published() -> None:
    async with a_bench() as bench:
        bench.producer.acknowledges = lambda _: False
        await bench.deliver(an_event("e1"))
        bench.pauses.begin(DependencyFault(Dependency.BROKER, "the broker answers no heartbeat"), "somebody")
        drain = await draining(bench, 30.0)
        bench.producer.sent[0].acknowledge()
        await asyncio.wait_for(drain, 5.0)
        assert (bench.published, bench.committed(), bench.fatal) == (["e1"], 1, [])


async def test_a_call_that_never_ends_is_given_up_at_the_bound() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        await bench.agent.drain(0.05)
        await until(lambda: bench.agent.running == 0)
        assert bench.published == []
        assert bench.committed() == 0


async def test_afterwards_nothing_is_published() -> None:
    async with a_bench() as bench:
        await bench.agent.drain(1.0)
        assert not bench.context.ownership.is_open


async def test_a_worker_without_partitions_commits_nothing() -> None:
    async with a_bench() as bench:
        await bench.rebalance()
        before = bench.app.consumer.commits
        await bench.agent.drain(1.0)
        assert bench.app.consumer.commits == before


# ---- with the real caller, whose waits are what a stop must not wait for


def failing(kind: FailureKind, retry_after_s: float | None = None) -> CompletionFailure:
    return CompletionFailure(kind, status=500, retry_after_s=retry_after_s)


@pytest.mark.parametrize(
    "failure",
    [failing(FailureKind.RATE_LIMITED, 60.0), failing(FailureKind.SERVER_ERROR, 15.0), failing(FailureKind.FORBIDDEN)],
    ids=["a rate limit", "a backoff", "a pause"],
)
@pytest.mark.parametrize("before", [True, False], ids=["waits already", "fails meanwhile"])
async def test_an_event_that_waits_for_another_attempt_is_given_up_at_once(
    failure: CompletionFailure, *, before: bool
) -> None:
    provider = HeldProvider()
    async with a_bench(caller=Caller(cast("Any", provider))) as bench:
        await bench.deliver(an_event("e1"))
        if before:
            provider.calls[0].set_exception(failure)
            await settle()
        began_s = time.monotonic()
        drain = await draining(bench, 30.0)
        if not before:
            assert not drain.done()
            provider.calls[0].set_exception(failure)
        await drain
        await settle()
        assert time.monotonic() - began_s < 1
        assert (bench.agent.running, len(provider.calls), bench.committed()) == (0, 1, 0)
        assert bench.count("paused", reason="provider") == 0


async def test_a_partition_tells_how_long_the_provider_has_asked_its_next_event_to_wait() -> None:
    provider = HeldProvider()
    async with a_bench(caller=Caller(cast("Any", provider))) as bench:
        await bench.deliver(an_event("e1"), an_event("e2", record_id="2"), an_event("e3", record_id="3"))
        provider.calls[0].set_result(GOOD)
        await until(lambda: len(provider.calls) == 3)
        provider.calls[2].set_exception(failing(FailureKind.SERVER_ERROR, 60.0))
        await settle()
        # The third waits; the second, which comes before it, is with the provider.
        assert bench.agent.waits_as_asked(time.monotonic()) == {}
        provider.calls[1].set_result(GOOD)
        await until(lambda: bench.committed() == 2)
        (left_s,) = bench.agent.waits_as_asked(time.monotonic()).values()
        assert 55 < left_s < 61


async def test_no_attempt_is_begun_that_comes_before_the_wait_for_it_is_noticed() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        drain = await draining(bench)
        bench.caller.the("alpha").fail_for_now()
        await drain
        await settle()
        assert len(bench.caller.calls) == 1
        assert (bench.agent.running, bench.committed()) == (0, 0)


async def test_a_wrong_answer_that_is_paid_for_is_still_asked_to_be_mended() -> None:
    provider = HeldProvider()
    async with a_bench(caller=Caller(cast("Any", provider))) as bench:
        await bench.deliver(an_event("e1"))
        drain = await draining(bench)
        provider.calls[0].set_result(Completion("Sure!", None, "stop", Usage(100, 60, 20), "m", "req_1", 12))
        await settle()
        provider.calls[1].set_result(GOOD)
        await drain
        assert bench.published == ["e1"]
        assert bench.committed() == 1


async def test_the_correction_of_a_wrong_answer_is_tried_once_on_the_way_out() -> None:
    provider = HeldProvider()
    async with a_bench(caller=Caller(cast("Any", provider))) as bench:
        await bench.deliver(an_event("e1"))
        drain = await draining(bench)
        provider.calls[0].set_result(Completion("Sure!", None, "stop", Usage(100, 60, 20), "m", "req_1", 12))
        await settle()
        provider.calls[1].set_exception(failing(FailureKind.SERVER_ERROR))
        await drain
        await settle()
        assert len(provider.calls) == 2
        assert (bench.agent.running, bench.committed()) == (0, 0)


async def test_a_large_event_that_is_prepared_aside_is_given_up_and_is_no_suspect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It could not be asked about any more, and its thread ends with the process."""
    begun, go_on = threading.Event(), threading.Event()

    def held(prepare: Callable[..., Any]) -> Callable[..., Any]:
        def prepared(event: Any) -> Any:
            begun.set()
            go_on.wait(10)
            return prepare(event)

        return prepared

    async with a_bench() as bench:
        monkeypatch.setattr(bench.context.enrichment, "prepare", held(bench.context.enrichment.prepare))
        await bench.deliver(an_event("large", LARGE))
        await until(begun.is_set)
        assert bench.poison.aside.content() != b""
        await bench.agent.drain(5.0)
        bench.context.stages.close()
        assert bench.poison.aside.content() == b""
        go_on.set()
        assert (bench.agent.running, bench.committed()) == (0, 0)
