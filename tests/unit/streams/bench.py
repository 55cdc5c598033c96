"""An enrich worker on a bench: the real agent, runs, delivery, processors and codec; Kafka and the model are fakes."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import weakref
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec
from prometheus_client import CollectorRegistry

from processors.enrichment import Enrichment, EnrichmentRules
from processors.kinds import Routes
from processors.llm.prices import PriceBook
from processors.llm.purse import Purse
from processors.pii import Privacy
from processors.tokens import tokenizer_for
from schemas.avro import event_schema, insight_schema
from schemas.codec import EventReader, EventWriter, InsightReader, InsightWriter, StaticSchemas, event_id_of_key
from schemas.events import CrmEvent
from schemas.outcomes import Insight, Outcome
from streams.delivery.dedupe.dedupe_state import DedupeState
from streams.delivery.dedupe.insight_headers import LastInsight, header_record
from streams.delivery.dedupe.record_states import RecordStates
from streams.delivery.ended_here import EndedHere
from streams.delivery.in_flight import InFlight
from streams.delivery.ownership import Lease, Ownership
from streams.delivery.pauses import Pauses
from streams.delivery.poison import PoisonWatch
from streams.delivery.publisher import Publisher
from streams.delivery.slots import Slots
from streams.delivery.stages import Stages
from streams.delivery.window import Window
from streams.enrich.agent import EnrichAgent
from streams.enrich.context import EventContext
from streams.enrich.kept_answers import KeptAnswers
from streams.observability.metrics import Metrics
from streams.observability.telemetry import Telemetry
from streams.settings import TopicNames
from tests.unit.streams.asking import ScriptedCaller
from tests.unit.streams.kafka import DEAD_LETTERS, EVENTS, INSIGHTS, FakeApp, Input, Record, TopicPartition, settle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from schemas.insights import CrmInsight

EVENT_SCHEMA_ID, KEY_SCHEMA_ID, INSIGHT_SCHEMA_ID = 7, 8, 9
DEFAULT_PRIVACY = Privacy()
TOPIC_ID = "topic-id-1"
SCHEMAS = StaticSchemas({EVENT_SCHEMA_ID: event_schema(), INSIGHT_SCHEMA_ID: insight_schema()})


def an_event(event_id: str = "e1", text: str | None = "The export is stuck.", **changes: Any) -> CrmEvent:
    """One change of ticket 5012, at the same moment as every other one unless the test says otherwise."""
    event = CrmEvent(
        event_id=event_id,
        source="zendesk/acme",
        tenant="acme",
        entity="Ticket",
        record_id="5012",
        occurred_at=1_764_032_400_000,
        text=text,
    )
    return msgspec.structs.replace(event, **changes)


class KeptEndings(Telemetry):
    """Telemetry that also keeps each ending, in the order in which they were counted."""

    def __init__(self, metrics: Metrics, prices: PriceBook) -> None:
        """See `Telemetry`."""
        super().__init__(metrics, prices)
        self.endings: list[tuple[str, str]] = []

    def ended(self, event: CrmEvent | None, outcome: Outcome, *, latency_s: float) -> None:
        super().ended(event, outcome, latency_s=latency_s)
        name = "insight" if isinstance(outcome, Insight) else str(outcome.reason)
        self.endings.append((event.event_id if event is not None else "", name))


def an_enrichment(caller: Any, privacy: Privacy = DEFAULT_PRIVACY, **rules: Any) -> Enrichment:
    given: dict[str, Any] = {"model": "gpt-5-mini", "max_input_tokens": 2_000, "salt": "a-salt-of-sixteen"} | rules
    return Enrichment(
        EnrichmentRules(**given),
        routes=Routes.default(),
        privacy=privacy,
        tokenizer=tokenizer_for("gpt-5-mini"),
        prices=PriceBook(),
        caller=caller,
    )


def a_poison_watch(owner: object) -> PoisonWatch:
    """One whose files go with `owner`."""
    directory = Path(tempfile.mkdtemp())
    weakref.finalize(owner, shutil.rmtree, directory)
    return PoisonWatch(directory)


class EnrichBench:
    """One enrich worker, which owns partition 0 of one unless it is given others."""

    def __init__(
        self,
        *,
        by_itself: bool = True,
        shadow: bool = False,
        max_in_flight: int = 50,
        partitions: int = 1,
        state: DedupeState | None = None,
        caller: Any = None,
        purse: Purse | None = None,
    ) -> None:
        """`by_itself`: calls are answered at once. `state`: what the restore has found. `caller`: a real one.

        `purse` pays.
        """
        self.app = FakeApp()
        self.producer = self.app.producer
        self.input = Input()
        self.caller = cast("ScriptedCaller", caller or ScriptedCaller(by_itself=by_itself))
        self.metrics = Metrics(CollectorRegistry())
        self.telemetry = KeptEndings(self.metrics, PriceBook())
        self.state = state or DedupeState()
        self.pauses = Pauses(lambda dependency, paused: self.pause_changes.append((dependency.value, paused)))
        self.pause_changes: list[tuple[str, bool]] = []
        self.fatal: list[Exception] = []
        self.lease = Lease(600.0)
        self.poison = a_poison_watch(self)
        self.context = EventContext(
            topics=TopicNames(),
            events_topic_id=TOPIC_ID,
            reader=EventReader(SCHEMAS),
            writer=InsightWriter(KEY_SCHEMA_ID, INSIGHT_SCHEMA_ID),
            enrichment=an_enrichment(self.caller),
            caller=cast("Any", self.caller),
            purse=purse or Purse(),
            state=self.state,
            records=RecordStates(self.state),
            in_flight=InFlight(),
            ended_here=EndedHere(),
            ownership=Ownership(self.lease),
            pauses=self.pauses,
            slots=Slots(max_in_flight),
            stages=Stages(self.poison),
            kept_answers=KeptAnswers(),
            leaving=asyncio.Event(),
            publisher=None if shadow else Publisher(cast("Any", self.app)),
            telemetry=self.telemetry,
            partitions=partitions,
        )
        self.window = Window(1_000, 10_000_000)
        self.agent = EnrichAgent(cast("Any", self.app), self.context, self.window, self.fatal.append)
        self._writer = EventWriter(EVENT_SCHEMA_ID)
        self._owned: list[TopicPartition] = []

    # ---- what happens to it --------------------------------------------------------------------------------------

    async def assign(self, *partitions: int, generation: int | None = None) -> None:
        """An assignment comes; nothing is taken or published before `resume`."""
        if generation is not None:
            self.app.consumer_generation_id = generation
        self._owned = [TopicPartition(EVENTS, number) for number in partitions]
        changelog = [TopicPartition(INSIGHTS, number) for number in partitions]
        await self.agent.on_assigned(self.app, [*self._owned, *changelog])

    async def resume(self) -> None:
        """State is restored, inputs are rewound to what is committed."""
        self.lease.renew(self.lease.now())
        generation = self.app.consumer_generation_id
        self.input.rewind(self._owned, generation)
        self.agent.on_resumed(generation)
        await settle()

    async def rebalance(self, *partitions: int) -> None:
        """A whole rebalance that ends with these partitions."""
        await self.agent.on_revoked()
        await self.assign(*partitions, generation=self.app.consumer_generation_id + 1)
        await settle()
        await self.resume()

    async def deliver(self, *events: CrmEvent, partition: int = 0) -> None:
        """Append events as a producer that keeps the contract would, and let them go as far as they can."""
        for event in events:
            await self.deliver_raw(self._writer.write(event), key=event.key, partition=partition)

    async def deliver_together(self, *events: CrmEvent) -> None:
        """As `deliver`, with all of them in the stream before the first is taken."""
        for event in events:
            record = self.input.append(EVENTS, 0, key=event.key, value=self._writer.write(event))
            self.input.deliver(record, self.app.consumer_generation_id)
        await settle()

    async def deliver_raw(
        self,
        value: bytes | None,
        *,
        key: bytes | None = b"acme/Ticket/5012",
        partition: int = 0,
        headers: Iterable[tuple[str, bytes | None]] = (),
    ) -> Record:
        record = self.input.append(EVENTS, partition, key=key, value=value, headers=tuple(headers))
        self.input.deliver(record, self.app.consumer_generation_id)
        await settle()
        return record

    def bytes_of(self, event: CrmEvent) -> bytes:
        return self._writer.write(event)

    # ---- what it has done ----------------------------------------------------------------------------------------

    @property
    def endings(self) -> list[tuple[str, str]]:
        """(event id, insight or reason) in the order of the endings."""
        return self.telemetry.endings

    @property
    def published(self) -> list[str]:
        """The event ids on `crm.insights`, in the producer's order."""
        return [event_id_of_key(sent.key or b"") for sent in self.producer.on(INSIGHTS)]

    @property
    def dead_letters(self) -> list[dict[str, str]]:
        """The headers of each dead letter."""
        return [
            {name: (value or b"").decode() for name, value in sent.headers.items()}
            for sent in self.producer.on(DEAD_LETTERS)
        ]

    async def insights(self) -> list[CrmInsight]:
        reader = InsightReader(SCHEMAS)
        return [await reader.read(sent.value or b"") for sent in self.producer.on(INSIGHTS)]

    def committed(self, partition: int = 0) -> int:
        return self.input.committed.get(TopicPartition(EVENTS, partition), 0)

    def count(self, name: str, **labels: str) -> float:
        """The value of a metric, 0 where it has no such series."""
        return self.metrics.registry.get_sample_value(f"crm_insights_{name}", labels) or 0.0


@asynccontextmanager
async def a_bench(*owned: int, **arranged: Any) -> AsyncIterator[EnrichBench]:
    """A worker that owns the partitions (0 by default) and takes events."""
    bench = EnrichBench(**arranged)
    agent = asyncio.create_task(bench.agent.process(cast("Any", bench.input)))
    await bench.assign(*(owned or (0,)))
    await bench.resume()
    try:
        yield bench
    finally:
        assert not agent.done(), "an exception has escaped the agent; Faust would lose the record"
        rest = [task for task in asyncio.all_tasks() if task.get_name().startswith("event-")]
        for task in [agent, *rest]:
            task.cancel()
        await asyncio.gather(agent, *rest, return_exceptions=True)


def a_mark(event: CrmEvent, *, fingerprint: str = "f" * 32, offset: int = 0, topic_id: str = TOPIC_ID) -> LastInsight:
    """What a restore finds in the headers of an insight on `event`."""
    return LastInsight(
        record=header_record(event.record),
        kind="interaction_summary",
        fingerprint=fingerprint,
        occurred_at=event.occurred_at,
        source_offset=offset,
        events_topic_id=topic_id,
    )
