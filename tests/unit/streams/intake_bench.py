"""An intake worker on a bench: the real agent and delivery; Kafka is a fake, and so is the source unless asked for."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

from prometheus_client import CollectorRegistry

from processors.llm.prices import PriceBook
from schemas.codec import EventReader, EventWriter, RefetchWriter
from schemas.errors import DataFault, Dependency, DependencyFault
from schemas.outcomes import DeadLetterReason, Skipped, SkipReason
from schemas.refetch import Refetch, RefetchReason
from streams.delivery.ownership import Lease, Ownership
from streams.delivery.pauses import Pauses
from streams.delivery.publisher import Publisher
from streams.delivery.stages import Stages
from streams.delivery.window import Window
from streams.intake.agent import IntakeAgent, IntakeContext
from streams.observability.metrics import Metrics
from streams.settings import TopicNames
from tests.unit.streams.bench import SCHEMAS, KeptEndings, a_poison_watch, an_event
from tests.unit.streams.kafka import EVENTS, FakeApp, Input, TopicPartition, settle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from schemas.events import CrmEvent
    from schemas.sources import Adapted, SourceRecord

SOURCE = "crm.native"


class ScriptedAdapter:
    """Splits a record into an event for each word of its value; other values do what they say."""

    name = "scripted"

    def __init__(self) -> None:
        """Begin with a registry that answers."""
        self.down = False
        self.broken = 0

    async def adapt(self, record: SourceRecord) -> Adapted:
        await asyncio.sleep(0)
        if self.down:
            raise DependencyFault(Dependency.REGISTRY, "HTTP 503")
        if self.broken:
            self.broken -= 1
            raise ValueError(f"cannot read {record.value!r}")
        words = (record.value or b"").decode().split()
        if words == ["bad"]:
            raise DataFault(DeadLetterReason.UNDECODABLE, "no event", stage="adapt")
        return tuple(_made_of(word) for word in words)


def _made_of(word: str) -> CrmEvent | Skipped | Refetch:
    if word == "gap":
        return Refetch(
            request_id="gap", source="s", entity="Case", record_id="7", reason=RefetchReason.GAP, occurred_at=1
        )
    return Skipped(SkipReason.OWN_WRITE) if word == "ours" else an_event(word, word)


class IntakeBench:
    """One intake worker that owns partition 0 of a source topic."""

    def __init__(self, source: Any = None) -> None:
        """`source` is the adapter of the topic."""
        self.app = FakeApp()
        self.producer = self.app.producer
        self.input = Input()
        self.adapter = source or ScriptedAdapter()
        self.metrics = Metrics(CollectorRegistry())
        self.telemetry = KeptEndings(self.metrics, PriceBook())
        self.pauses = Pauses(lambda *_: None)
        self.fatal: list[Exception] = []
        self.poison = a_poison_watch(self)
        self.context = IntakeContext(
            topics=TopicNames(),
            adapters={SOURCE: self.adapter},
            writer=EventWriter(7),
            refetch_writer=RefetchWriter(8),
            publisher=Publisher(cast("Any", self.app)),
            ownership=Ownership(Lease(600.0)),
            pauses=self.pauses,
            window=Window(100, 1_000_000),
            stages=Stages(self.poison),
            telemetry=self.telemetry,
        )
        self.agent = IntakeAgent(cast("Any", self.app), self.context, self.fatal.append)

    async def assign(self, generation: int, *partitions: int) -> None:
        self.app.consumer_generation_id = generation
        owned = [TopicPartition(SOURCE, number) for number in partitions]
        await self.agent.on_assigned(self.app, owned)
        self.input.rewind(owned, generation)
        self.agent.on_resumed(generation)
        await settle()

    async def deliver(self, value: str | bytes | None, headers: tuple[tuple[str, bytes | None], ...] = ()) -> None:
        raw = value.encode() if isinstance(value, str) else value
        record = self.input.append(SOURCE, 0, key=b"k", value=raw, headers=headers)
        self.input.deliver(record, self.app.consumer_generation_id)
        await settle()

    @property
    def committed(self) -> int:
        return self.input.committed.get(TopicPartition(SOURCE, 0), 0)

    async def events(self) -> list[CrmEvent]:
        reader = EventReader(SCHEMAS)
        return [await reader.read(sent.value or b"") for sent in self.producer.on(EVENTS)]

    async def event_ids(self) -> list[str]:
        return [event.event_id for event in await self.events()]

    def count(self, outcome: str) -> float:
        labels = {"topic": SOURCE, "outcome": outcome}
        return self.metrics.registry.get_sample_value("crm_insights_intake_records_total", labels) or 0.0


@asynccontextmanager
async def an_intake(source: Any = None) -> AsyncIterator[IntakeBench]:
    bench = IntakeBench(source)
    agent = asyncio.create_task(bench.agent.process(cast("Any", bench.input)))
    await bench.assign(1, 0)
    try:
        yield bench
    finally:
        assert not agent.done(), "an exception has escaped the agent; Faust would lose the record"
        rest = [task for task in asyncio.all_tasks() if task.get_name().startswith("intake-")]
        for task in [agent, *rest]:
            task.cancel()
        await asyncio.gather(agent, *rest, return_exceptions=True)
