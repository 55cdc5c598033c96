"""A large event does not hold the others: it is decoded and prepared aside, one at a time, and ends as any other."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from schemas.errors import DataFault
from schemas.outcomes import DeadLetterReason
from streams.delivery.stages import FROM_BYTES
from tests.unit.streams.bench import EnrichBench, a_bench, an_event
from tests.unit.streams.kafka import until

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from schemas.events import CrmEvent

LARGE = "The export is stuck. " * (FROM_BYTES // 20)


def watch_prepare(bench: EnrichBench, monkeypatch: pytest.MonkeyPatch, before: Callable[[CrmEvent], object]) -> None:
    prepare = bench.context.enrichment.prepare

    def watched(event: CrmEvent) -> Any:
        before(event)
        return prepare(event)

    monkeypatch.setattr(bench.context.enrichment, "prepare", watched)


async def test_a_large_event_is_prepared_outside_of_the_loop_and_published(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: dict[str, str] = {}
    async with a_bench() as bench:
        watch_prepare(bench, monkeypatch, lambda e: threads.setdefault(e.event_id, threading.current_thread().name))
        await bench.deliver(an_event("small"), an_event("large", LARGE, record_id="2"))
        await until(lambda: len(bench.published) == 2)
    assert threads["small"] == threading.main_thread().name
    assert threads["large"].startswith("large-event")


def watch_reading(bench: EnrichBench, monkeypatch: pytest.MonkeyPatch, before: Callable[[bytes], object]) -> None:
    read = bench.context.reader.read

    async def watched(data: bytes) -> CrmEvent:
        before(data)
        return await read(data)

    monkeypatch.setattr(bench.context.reader, "read", watched)


async def test_a_large_event_is_decoded_outside_of_the_loop_and_published(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: dict[bool, str] = {}
    async with a_bench() as bench:
        watch_reading(
            bench,
            monkeypatch,
            lambda data: threads.setdefault(len(data) >= FROM_BYTES, threading.current_thread().name),
        )
        await bench.deliver(an_event("small"), an_event("large", LARGE, record_id="2"))
        await until(lambda: len(bench.published) == 2)
    assert threads[False] == threading.main_thread().name
    assert threads[True].startswith("large-event")


async def test_a_large_event_that_is_decoded_keeps_its_place_and_holds_no_other_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go_on = threading.Event()
    async with a_bench() as bench:
        watch_reading(bench, monkeypatch, lambda data: len(data) < FROM_BYTES or go_on.wait(10))
        await bench.deliver(an_event("large", LARGE), an_event("next"), an_event("other", record_id="2"))
        await until(lambda: bench.published == ["other"])
        assert bench.committed() == 0
        go_on.set()
        await until(lambda: len(bench.published) == 3)
        await until(lambda: bench.committed() == 3)
    assert bench.published == ["other", "large", "next"]


async def test_a_large_event_whose_bytes_are_no_event_is_a_dead_letter_of_its_own() -> None:
    async with a_bench() as bench:
        await bench.deliver_raw(b"\0" * FROM_BYTES)
        await bench.deliver(an_event("small", record_id="2"))
        await until(lambda: len(bench.endings) == 2)
    assert sorted(reason for _, reason in bench.endings) == ["insight", "unknown_schema"]


async def test_a_large_event_whose_partition_goes_elsewhere_while_it_is_decoded_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    async with a_bench(0, 1, partitions=2) as bench:

        def wait_if_large(data: bytes) -> None:
            if len(data) >= FROM_BYTES:
                begun.set()
                go_on.wait(10)

        watch_reading(bench, monkeypatch, wait_if_large)
        await bench.deliver(an_event("large", LARGE))
        await until(begun.is_set)
        await bench.rebalance(1)
        assert bench.agent.running == 0
        go_on.set()
        await bench.deliver(an_event("small", record_id="2"), partition=1)
        await until(lambda: bench.published == ["small"])


async def test_the_loop_goes_on_while_a_large_event_is_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    async with a_bench() as bench:
        watch_prepare(bench, monkeypatch, lambda e: e.event_id == "small" or go_on.wait(10))
        await bench.deliver(an_event("large", LARGE), an_event("small", record_id="2"))
        await until(lambda: bench.published == ["small"])
        go_on.set()
        await until(lambda: bench.published == ["small", "large"])


async def test_a_large_event_keeps_its_place_among_the_events_of_its_record(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    async with a_bench() as bench:
        watch_prepare(bench, monkeypatch, lambda e: e.event_id == "small" or go_on.wait(10))
        await bench.deliver(an_event("large", LARGE), an_event("small"))
        assert bench.published == []
        go_on.set()
        await until(lambda: len(bench.published) == 2)
    assert bench.published == ["large", "small"]


async def test_large_events_are_prepared_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The poison slot holds one name."""
    at_work: list[str] = []
    most = 0

    def slowly(event: CrmEvent) -> None:
        nonlocal most
        at_work.append(event.event_id)
        most = max(most, len(at_work))
        time.sleep(0.02)
        at_work.remove(event.event_id)

    async with a_bench() as bench:
        watch_prepare(bench, monkeypatch, slowly)
        await bench.deliver(*(an_event(f"e{number}", LARGE, record_id=str(number)) for number in range(4)))
        await until(lambda: len(bench.published) == 4)
    assert most == 1


async def test_a_fault_of_a_large_event_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(event: CrmEvent) -> None:
        if event.event_id == "large":
            raise DataFault(DeadLetterReason.CONTEXT_TOO_LONG, "too long", stage="budget")

    async with a_bench() as bench:
        watch_prepare(bench, monkeypatch, refuse)
        await bench.deliver(an_event("large", LARGE), an_event("small", record_id="2"))
        await until(lambda: len(bench.endings) == 2)
    assert sorted(bench.endings) == [("large", "context_too_long"), ("small", "insight")]
