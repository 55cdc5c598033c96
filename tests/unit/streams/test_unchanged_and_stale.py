"""What was read before costs nothing; what is out of date is not published."""

from __future__ import annotations

import pytest

from streams.delivery.dedupe.dedupe_state import DedupeState
from tests.unit.streams.asking import a_refusal
from tests.unit.streams.bench import a_bench, a_mark, an_event
from tests.unit.streams.kafka import settle


async def test_the_same_content_again_is_unchanged() -> None:
    async with a_bench() as bench:
        await bench.deliver(an_event("e1", "alpha"))
        await bench.deliver(an_event("e2", "alpha"))
        assert len(bench.caller.calls) == 1
        assert bench.endings == [("e1", "insight"), ("e2", "unchanged")]


async def test_the_same_content_is_unchanged_although_its_first_reading_is_still_in_flight() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "alpha"), an_event("e3", "alpha"))
        bench.caller.the("alpha").answer()
        await settle()
        assert bench.endings == [("e1", "insight"), ("e2", "unchanged"), ("e3", "unchanged")]


async def test_the_same_content_of_another_record_is_read() -> None:
    async with a_bench() as bench:
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "alpha", record_id="6000"))
        assert bench.published == ["e1", "e2"]


async def test_content_that_comes_back_is_read_again() -> None:
    async with a_bench() as bench:
        for event_id, text in (("e1", "alpha"), ("e2", "beta"), ("e3", "alpha")):
            await bench.deliver(an_event(event_id, text))
        assert bench.published == ["e1", "e2", "e3"]


async def test_content_that_comes_back_is_read_again_although_all_is_in_flight() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "beta"), an_event("e3", "alpha"))
        assert len(bench.caller.calls) == 3
        for call in bench.caller.calls:
            call.answer()
        await settle()
        assert bench.published == ["e1", "e2", "e3"]


async def test_content_whose_first_reading_is_dead_lettered_is_read() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", "alpha"))
        bench.caller.the("alpha").fail(a_refusal())
        await settle()
        bench.caller.calls[1].answer()
        await settle()
        assert bench.endings == [("e1", "model_refused"), ("e2", "insight")]


async def test_a_restart_knows_what_was_read_last() -> None:
    async with a_bench() as first:
        await first.deliver(an_event("e1", "alpha"))
        (insight,) = await first.insights()
    state = DedupeState()
    state.apply(0, "e1", a_mark(an_event("e1"), fingerprint=insight.content_fingerprint))
    async with a_bench(state=state) as second:
        await second.deliver(an_event("e2", "alpha"))
        assert second.endings == [("e2", "unchanged")]


async def test_an_event_that_is_strictly_older_than_the_last_published_is_stale() -> None:
    async with a_bench() as bench:
        await bench.deliver(an_event("e1", "alpha", occurred_at=2_000))
        await bench.deliver(an_event("e2", "beta", occurred_at=1_999))
        assert len(bench.caller.calls) == 1
        assert bench.endings == [("e1", "insight"), ("e2", "stale")]


async def test_an_event_of_the_same_moment_is_never_stale() -> None:
    async with a_bench() as bench:
        await bench.deliver(an_event("e1", "alpha", occurred_at=2_000))
        await bench.deliver(an_event("e2", "beta", occurred_at=2_000))
        assert bench.published == ["e1", "e2"]


async def test_an_event_that_turns_out_to_be_stale_while_it_is_read_is_not_published() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha", occurred_at=2_000), an_event("e2", "beta", occurred_at=1_000))
        for call in bench.caller.calls:
            call.answer()
        await settle()
        assert bench.endings == [("e1", "insight"), ("e2", "stale")]


async def test_the_price_of_an_answer_that_is_not_published_is_counted() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha", occurred_at=2_000), an_event("e2", "beta", occurred_at=1_000))
        for call in bench.caller.calls:
            call.answer()
        await settle()
        labels = {"model": "gpt-5-mini", "tenant": "acme", "department": "", "kind": "interaction_summary"}
        assert bench.count("llm_tokens_total", **labels, direction="output") == 40


async def test_a_stale_event_leaves_the_records_reading_as_it_was() -> None:
    """Its text is not what the record was read with, so the text from before it is still known."""
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha", occurred_at=2_000))
        bench.caller.the("alpha").answer()
        await settle()
        await bench.deliver_together(
            an_event("e2", "beta", occurred_at=1_000), an_event("e3", "alpha", occurred_at=3_000)
        )
        assert len(bench.caller.calls) == 1
        assert bench.endings == [("e1", "insight"), ("e2", "stale"), ("e3", "unchanged")]


async def test_an_event_without_content_leaves_the_records_reading_as_it_was() -> None:
    async with a_bench(by_itself=False) as bench:
        await bench.deliver(an_event("e1", "alpha"), an_event("e2", None), an_event("e3", "alpha"))
        bench.caller.the("alpha").answer()
        await settle()
        assert bench.endings == [("e1", "insight"), ("e2", "no_content"), ("e3", "unchanged")]


YEAR_9999_MS = 253_402_300_799_999


@pytest.mark.parametrize("far_ahead", [YEAR_9999_MS, 1_764_032_400_000 * 1000])
async def test_an_event_from_the_far_future_does_not_make_the_later_ones_stale(far_ahead: int) -> None:
    async with a_bench() as bench:
        await bench.deliver(an_event("e1", "alpha", occurred_at=far_ahead))
        await bench.deliver(an_event("e2", "beta"))
        assert bench.published == ["e1", "e2"]
        told, _ = await bench.insights()
        assert told.occurred_at == min(far_ahead, YEAR_9999_MS)


async def test_a_clock_that_is_hours_ahead_is_believed() -> None:
    ahead = an_event().occurred_at + 6 * 3_600_000
    async with a_bench() as bench:
        await bench.deliver(an_event("e1", "alpha", occurred_at=ahead))
        await bench.deliver(an_event("e2", "beta", occurred_at=ahead - 1))
        assert bench.endings == [("e1", "insight"), ("e2", "stale")]
