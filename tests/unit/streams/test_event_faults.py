"""How an event ends, or waits, when something is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from faust.exceptions import ProducerSendError

from schemas.avro import event_schema
from schemas.errors import Dependency, DependencyFault
from schemas.outcomes import DeadLetterReason
from tests.unit.streams.asking import a_refusal
from tests.unit.streams.bench import EnrichBench, a_bench, an_event
from tests.unit.streams.kafka import DEAD_LETTERS, INSIGHTS, settle, until

if TYPE_CHECKING:
    from processors.enrichment import Enrichment
    from schemas.events import CrmEvent


class FailingRegistry:
    """A registry that is down, until it is mended."""

    def __init__(self) -> None:
        """Begin down."""
        self.asked = 0
        self.up = False

    async def schema(self, schema_id: int) -> dict[str, Any]:
        assert schema_id == 7
        self.asked += 1
        if not self.up:
            raise DependencyFault(Dependency.REGISTRY, "HTTP 503")
        return event_schema()


def break_enrichment(bench: EnrichBench, *, times: int, error: Exception) -> None:
    """Let the next `times` preparations raise an error that nobody foresaw."""
    enrichment: Enrichment = bench.context.enrichment
    prepare, left = enrichment.prepare, times

    def failing(event: CrmEvent) -> Any:
        nonlocal left
        left -= 1
        if left >= 0:
            raise error
        return prepare(event)

    enrichment.prepare = failing  # type: ignore[method-assign] # this one object, this one test


# ---- data faults


async def test_a_record_that_is_no_event_becomes_a_dead_letter_untouched() -> None:
    async with a_bench() as bench:
        await bench.deliver_raw(b"no avro", key=b"k", headers=[("ce_subject", b"T-1"), ("null", None)])
        (letter,) = bench.producer.on(DEAD_LETTERS)
        assert (letter.key, letter.value) == (b"k", b"no avro")
        assert letter.headers["ce_subject"] == b"T-1"
        assert letter.headers["null"] is None
        assert bench.endings == [("", "undecodable")]
        assert bench.committed() == 1


async def test_a_dead_letter_says_why_where_from_and_by_which_event() -> None:
    async with a_bench() as bench:
        bench.caller.by_itself = lambda _: a_refusal(attempts=3)
        await bench.deliver_raw(None)
        await bench.deliver(an_event("e1"))
        (headers,) = bench.dead_letters
        assert headers == {
            "__streams.errors.topic": "crm.events",
            "__streams.errors.partition": "0",
            "__streams.errors.offset": "1",
            "__streams.errors.exception": "AskFault",
            "__streams.errors.message": "the model has said no",
            "__streams.errors.stage": "llm",
            "crm_insights.event_id": "e1",
            "crm_insights.reason": "model_refused",
            "crm_insights.attempts": "3",
        }


@pytest.mark.parametrize("reason", [DeadLetterReason.CONTENT_FILTER, DeadLetterReason.PROVIDER_ERROR])
async def test_a_fault_of_the_asking_is_the_reason_of_the_dead_letter(reason: DeadLetterReason) -> None:
    async with a_bench() as bench:
        bench.caller.by_itself = lambda _: a_refusal(reason)
        await bench.deliver(an_event("e1"))
        assert bench.endings == [("e1", reason.value)]


async def test_the_price_of_rejected_answers_is_counted() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"))
        bench.caller.the("alpha").answer(overall_sentiment="Cheerful")
        await settle()
        assert bench.endings == [("e1", "invalid_answer")]
        labels = {"model": "gpt-5-mini", "tenant": "acme", "department": "", "kind": "interaction_summary"}
        assert bench.count("llm_tokens_total", **labels, direction="output") == 40


async def test_an_insight_that_is_too_large_for_the_producer_becomes_a_dead_letter() -> None:
    async with a_bench() as bench:
        bench.producer.max_bytes[INSIGHTS] = 10
        await bench.deliver(an_event("e1"))
        assert bench.endings == [("e1", "oversized")]
        assert bench.dead_letters[0]["__streams.errors.stage"] == "publish"
        assert not bench.state.has_insight(0, "e1")
        assert bench.committed() == 1


async def test_after_an_oversized_insight_the_next_of_its_record_is_published() -> None:
    async with a_bench() as bench:
        bench.producer.max_bytes[INSIGHTS] = 10
        await bench.deliver(an_event("e1"))
        bench.producer.max_bytes.clear()
        await bench.deliver(an_event("e2"))
        assert bench.published == ["e2"]


async def test_a_tombstone_is_a_skip() -> None:
    async with a_bench() as bench:
        await bench.deliver_raw(None)
        assert bench.endings == [("", "tombstone")]
        assert bench.committed() == 1


# ---- dependency faults


async def test_a_dead_registry_pauses_and_the_event_is_read_once_it_is_back() -> None:
    registry = FailingRegistry()
    async with a_bench() as bench:
        bench.context.reader.__init__(registry)  # type: ignore[misc] # the context is frozen
        await bench.deliver(an_event("e1"))
        await until(lambda: registry.asked > 3)
        assert bench.pauses.causes == {Dependency.REGISTRY: "HTTP 503"}
        assert bench.endings == []
        registry.up = True
        await until(lambda: bench.published == ["e1"])
        assert bench.pause_changes == [("registry", True), ("registry", False)]


async def test_while_a_dependency_is_down_no_event_is_taken() -> None:
    async with a_bench() as bench:
        bench.pauses.begin(DependencyFault(Dependency.REGISTRY, "down"), "somebody")
        await bench.deliver(an_event("e1"))
        assert bench.caller.calls == []
        bench.pauses.end(Dependency.REGISTRY, "somebody")
        await settle()
        assert bench.published == ["e1"]


async def test_a_paused_provider_dead_letters_nothing_and_the_event_is_read_when_it_is_back() -> None:
    async with a_bench() as bench:
        bench.caller.go_down()
        await bench.deliver(an_event("e1"))
        assert bench.pauses.causes == {Dependency.PROVIDER: "outage: scripted"}
        assert bench.agent.running == 1
        bench.caller.up.set()
        await settle()
        assert bench.endings == [("e1", "insight")]
        assert bench.pauses.causes == {}


async def test_during_an_outage_one_event_is_taken_for_each_leave() -> None:
    async with a_bench() as bench:
        bench.pauses.begin(DependencyFault(Dependency.PROVIDER, "outage"), "breaker")
        await bench.deliver(*(an_event(f"e{n}", record_id=str(n)) for n in range(3)))
        assert bench.endings == []
        bench.pauses.let_one_in(Dependency.PROVIDER)
        await settle()
        assert bench.endings == [("e0", "insight")]


async def test_a_record_that_could_not_be_queued_is_sent_again_without_a_second_call() -> None:
    async with a_bench() as bench:
        bench.producer.faults = [ProducerSendError(), ProducerSendError()]
        await bench.deliver(an_event("e1"))
        await until(lambda: bench.published == ["e1"])
        assert len(bench.caller.calls) == 1
        assert bench.endings == [("e1", "insight")]
        assert bench.pauses.causes == {}


# ---- faults of our own


async def test_an_unexpected_exception_is_tried_again_three_times() -> None:
    async with a_bench() as bench:
        break_enrichment(bench, times=3, error=KeyError("x"))
        await bench.deliver(an_event("e1"))
        await until(lambda: bench.endings)
        assert bench.endings == [("e1", "insight")]


async def test_then_it_is_an_internal_error_with_its_stage_and_class() -> None:
    async with a_bench() as bench:
        break_enrichment(bench, times=4, error=KeyError("x"))
        await bench.deliver(an_event("e1"))
        await until(lambda: bench.endings)
        (headers,) = bench.dead_letters
        assert headers["crm_insights.reason"] == "internal_error"
        assert headers["__streams.errors.stage"] == "prepare"
        assert headers["__streams.errors.exception"] == "KeyError"
        assert headers["crm_insights.attempts"] == "4"
        assert bench.committed() == 1


async def test_an_internal_error_does_not_wait_once_more_before_its_dead_letter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("streams.delivery.retry_pace.INTERNAL_RETRIES_S", (0.0, 0.0, 0.0))
    monkeypatch.setattr("streams.enrich.run.ending_wait_s", lambda: 60.0)
    async with a_bench() as bench:
        break_enrichment(bench, times=4, error=KeyError("x"))
        await bench.deliver(an_event("e1"))
        await until(lambda: bench.endings)


async def test_a_fault_of_ours_in_one_event_leaves_the_others_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_bench() as bench:
        monkeypatch.setattr("streams.delivery.retry_pace.INTERNAL_RETRIES_S", (0.05, 0.05, 0.05))
        break_enrichment(bench, times=1, error=KeyError("x"))
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "beta", record_id="6000"))
        await until(lambda: bench.published == ["e2", "e1"])


async def test_a_fault_while_writing_a_dead_letter_is_tried_until_it_is_written() -> None:
    async with a_bench() as bench:
        bench.producer.faults = [KeyError("x")] * 6
        await bench.deliver_raw(b"no avro")
        await until(lambda: bench.endings)
        assert bench.endings == [("", "undecodable")]


async def test_a_full_window_takes_no_more_until_an_event_has_ended() -> None:
    async with a_bench(by_itself=False) as bench:
        bench.window._max_events = 2
        await bench.deliver(*(an_event(f"e{n}", f"text {n}", record_id=str(n)) for n in range(3)))
        assert bench.agent.running == 2
        bench.caller.the("text 0").answer()
        await settle()
        assert len(bench.caller.about("text 2")) == 1
