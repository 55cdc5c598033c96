"""A large source record is adapted and written aside, in its place among the others, and holds nothing else up."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any, cast

from schemas.sources import SourceRules, adapter
from streams.delivery.publisher import Publisher
from streams.delivery.stages import FROM_BYTES, Stages
from streams.web.inbox import EventInbox
from tests.unit.streams.bench import a_poison_watch, an_event
from tests.unit.streams.intake_bench import an_intake
from tests.unit.streams.kafka import FakeApp, until

if TYPE_CHECKING:
    import pytest

    from schemas.sources import Adapted, SourceRecord

LARGE = b"x" * FROM_BYTES


class HeldAdapter:
    """Makes an event of each record, of a large one when the test says so; remembers where it ran."""

    name = "held"

    def __init__(self) -> None:
        """Begin with nothing adapted."""
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.threads: list[str] = []

    async def adapt(self, record: SourceRecord) -> Adapted:
        value = record.value or b""
        self.threads.append(threading.current_thread().name)
        if len(value) < FROM_BYTES:
            return (an_event(value.decode()),)
        self.begun.set()
        self.go_on.wait(10)
        return (an_event("large"),)


async def test_a_large_record_is_adapted_and_written_outside_of_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    source, written = HeldAdapter(), list[str]()
    source.go_on.set()
    async with an_intake(source) as bench:
        write = bench.context.writer.write

        def watched(event: Any) -> bytes:
            written.append(threading.current_thread().name)
            return write(event)

        monkeypatch.setattr(bench.context.writer, "write", watched)
        await bench.deliver("small")
        await bench.deliver(LARGE)
        await until(lambda: bench.committed == 2)
    here = threading.main_thread().name
    for threads in (source.threads, written):
        assert threads[0] == here
        assert threads[1].startswith("large-event")


async def test_the_loop_goes_on_meanwhile_and_the_records_keep_their_order() -> None:
    source = HeldAdapter()
    async with an_intake(source) as bench:
        await bench.deliver(LARGE)
        await until(source.begun.is_set)
        await bench.deliver("next")
        assert await bench.event_ids() == []
        source.go_on.set()
        await until(lambda: bench.committed == 2)
        assert await bench.event_ids() == ["large", "next"]


async def test_what_a_rebalance_overtakes_meanwhile_is_not_sent_but_delivered_again() -> None:
    """The new owner has sent what comes after it; ours would come behind that."""
    source = HeldAdapter()
    async with an_intake(source) as bench:
        await bench.deliver(LARGE)
        await until(source.begun.is_set)
        await bench.agent.on_revoked()
        await bench.assign(2)
        source.go_on.set()
        await asyncio.sleep(0.05)
        assert await bench.event_ids() == []
        await bench.assign(3, 0)
        await until(lambda: bench.committed == 1)
        assert await bench.event_ids() == ["large"]


async def test_a_large_body_that_is_posted_is_adapted_outside_of_the_loop() -> None:
    source, app = HeldAdapter(), FakeApp()
    inbox = EventInbox(Publisher(cast("Any", app)), "crm.webhooks", source, Stages(a_poison_watch(app)), lambda _: None)
    accepting = asyncio.create_task(inbox.accept(LARGE, {}))
    await until(source.begun.is_set)
    source.go_on.set()
    assert await accepting == 1
    assert source.threads[0].startswith("large-event")


async def test_a_real_record_of_many_columns_comes_through() -> None:
    columns = {f"column_{number}": "some value" for number in range(4_000)}
    body = {"specversion": "1.0", "id": "1", "source": "s", "type": "ticket.updated", "data": {"id": 1, **columns}}
    async with an_intake(adapter("cloudevents", None, SourceRules())) as bench:
        value = json.dumps(body).encode()
        assert len(value) >= FROM_BYTES
        await bench.deliver(value, (("content-type", b"application/cloudevents+json"),))
        await until(lambda: bench.committed == 1)
        (event,) = await bench.events()
        assert columns.items() <= event.fields.items()
