"""The two halves of a worker, composed: each is one Faust app, its agent, and what they share with the other."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import structlog

from schemas.codec import EventReader, EventWriter, InsightWriter, RefetchWriter
from schemas.registry import contracts
from schemas.sources import SourceRules, adapter
from streams import faust_patches
from streams.app import create_app, raw_topic
from streams.delivery.dedupe import dedupe_store
from streams.delivery.dedupe.completeness import MarksNeeded
from streams.delivery.dedupe.dedupe_state import DedupeState
from streams.delivery.dedupe.record_states import RecordStates
from streams.delivery.ended_here import EndedHere
from streams.delivery.in_flight import InFlight
from streams.delivery.ownership import Lease, Ownership, Writing
from streams.delivery.publisher import Publisher
from streams.delivery.slots import Slots
from streams.delivery.window import Window
from streams.enrich.agent import EnrichAgent
from streams.enrich.context import EventContext
from streams.enrich.kept_answers import KeptAnswers
from streams.intake.agent import IntakeAgent, IntakeContext
from streams.intake.joined_topics import JoinedTopics
from streams.intake.new_sources import NewSources
from streams.observability.progress import Progress
from streams.parts import make_enrichment, make_source_rules
from streams.topics.admin import TopicAdmin
from streams.topics.sources import JOINED_ADAPTER, SourceTopics
from streams.web.inbox import EventInbox

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Self

    import faust

    from processors.llm.caller import Caller
    from processors.llm.prices import PriceBook
    from processors.llm.purse import Purse
    from schemas.avro.reader import WriterSchemas
    from schemas.registry import Registry
    from schemas.sources import Adapter
    from streams.delivery.offset_gate import Partition
    from streams.delivery.pauses import Pauses
    from streams.delivery.stages import Stages
    from streams.observability.telemetry import Telemetry
    from streams.settings import Settings
    from streams.settings.model import TopicNames
    from streams.worker.start_checks import ClusterFacts

log = structlog.get_logger()

# About 40 times the calls in flight (see `Window`).
WINDOW_PER_CALL = 40
WINDOW_BYTES = 256 * 1024 * 1024
INTAKE_WINDOW_EVENTS = 10_000

MARKS_TABLE = "crm-insights-marks"


class Role(StrEnum):
    """One of the two halves of the worker; each is a consumer group of its own."""

    INTAKE = "intake"
    ENRICH = "enrich"


@dataclass(frozen=True, slots=True)
class SchemaIds:
    """The registry's ids of our contracts, for writing."""

    event: int
    insight_key: int
    insight_value: int
    refetch: int

    @classmethod
    async def found_in(cls, registry: Registry, topics: TopicNames) -> Self:
        """Ask `registry` for them. Raises SchemaMissing, which names the remedy, and DependencyFault(REGISTRY)."""
        event, key, value, refetch = contracts(topics.events, topics.insights, topics.refetch)
        return cls(
            event=await registry.id_of(event),
            insight_key=await registry.id_of(key),
            insight_value=await registry.id_of(value),
            refetch=await registry.id_of(refetch),
        )


@dataclass(frozen=True, slots=True)
class Shared:
    """What both halves use."""

    settings: Settings
    cluster: ClusterFacts
    schemas: WriterSchemas
    schema_ids: SchemaIds
    telemetry: Telemetry
    pauses: Pauses
    stages: Stages
    on_fatal: Callable[[Exception], None]
    on_out_of_range: Callable[[Partition, int, int, int], None]
    on_gap: Callable[[Partition, int], None]


@dataclass(frozen=True, slots=True)
class Service:
    """One running half."""

    role: Role
    app: faust.App
    agent: EnrichAgent | IntakeAgent
    ownership: Ownership
    window: Window
    dedupe: DedupeState | None = None
    new_sources: NewSources | None = None
    joined: JoinedTopics | None = None

    @property
    def ready(self) -> bool:
        """Whether Kafka answers and the assigned partitions are restored."""
        return self.ownership.is_open and self.ownership.lease.valid

    def hang_up(self) -> None:
        """Take back what is on its way to a broker that does not answer, as far as that can be done.

        Only enrich must: an event of intake's that arrives late, beside its own repetition, is dropped by its id.
        """
        if self.role is Role.ENRICH:
            faust_patches.hang_up(self.app)

    def progress(self) -> Mapping[Partition, Progress]:
        """Where the partitions of this half stand; those of which nothing is known yet are absent."""
        if not self.ownership.owned:
            return {}
        consumer = self.app.consumer
        assigned = set(consumer.assignment())
        found: dict[Partition, Progress] = {}
        for partition in self.ownership.owned:
            if partition not in assigned:
                continue
            position = self.agent.gates.position(partition)
            if position is None:
                position = consumer._committed_offset[partition] or 0  # noqa: SLF001 - Faust tells nobody
            end = consumer.highwater(partition)
            if end is not None:
                found[partition] = Progress(position, end)
        return found

    def committed(self) -> Mapping[Partition, int]:
        """The offsets that this half has committed."""
        if not self.ownership.owned:
            return {}
        offsets = self.app.consumer._committed_offset  # noqa: SLF001 - as above
        return {p: offsets[p] for p in self.ownership.owned if offsets.get(p) is not None}


def intake_service(shared: Shared) -> tuple[Service, EventInbox]:
    """Compose intake: source topics in, `crm.events` out; and the inbox of POST /v1/events, which uses its producer."""
    settings = shared.settings
    ownership = Ownership(Lease(settings.kafka.session_timeout_s))
    app = create_app(settings, f"{settings.kafka.group_id}-intake", ownership.lease)
    rules = make_source_rules(settings)

    def adapter_named(name: str) -> Adapter:
        return adapter(name, shared.schemas, rules)

    webhooks = adapter_named("webhook")
    adapters = {topic: adapter_named(name) for topic, name in shared.cluster.sources.items()}
    adapters[settings.topics.webhooks] = webhooks
    publisher = Publisher(app)
    context = IntakeContext(
        topics=settings.topics,
        adapters=adapters,
        writer=EventWriter(shared.schema_ids.event),
        refetch_writer=RefetchWriter(shared.schema_ids.refetch),
        publisher=publisher,
        ownership=ownership,
        pauses=shared.pauses,
        window=Window(INTAKE_WINDOW_EVENTS, WINDOW_BYTES),
        stages=shared.stages,
        telemetry=shared.telemetry,
        joined=_joined_topics(shared, rules),
    )
    agent = IntakeAgent(app, context, shared.on_fatal)
    _connect(app, agent, list(adapters), shared)
    new_sources = None
    if SourceTopics(settings).has_patterns:
        new_sources = NewSources(app, adapters, ask=TopicAdmin(settings).sources, adapter_named=adapter_named)
    service = Service(
        Role.INTAKE, app, agent, ownership, context.window, new_sources=new_sources, joined=context.joined
    )
    return service, EventInbox(publisher, settings.topics.webhooks, webhooks, shared.stages, shared.on_fatal)


def _joined_topics(shared: Shared, rules: SourceRules) -> JoinedTopics | None:
    topics = rules.mappings.joined_topics
    if not topics:
        return None
    named = SourceTopics(shared.settings)
    whoever = rules.of_joined()
    adapters = {topic: adapter(named.adapter_of(topic) or JOINED_ADAPTER, shared.schemas, whoever) for topic in topics}
    return JoinedTopics(
        shared.settings.kafka, adapters, rules.directory, stages=shared.stages, metrics=shared.telemetry.metrics
    )


def enrich_service(shared: Shared, caller: Caller, prices: PriceBook, purse: Purse, *, shadow: bool) -> Service:
    """Compose enrich. In shadow mode it has a group of its own, no memory of what was published, and writes nothing."""
    settings = shared.settings
    ownership = Ownership(Lease(settings.kafka.session_timeout_s))
    group = settings.kafka.group_id + ("-shadow" if shadow else "")
    app = create_app(settings, group, ownership.lease)
    state = DedupeState() if shadow else _dedupe_table(app, settings, shared.cluster)
    context = EventContext(
        topics=settings.topics,
        events_topic_id=shared.cluster.events_topic_id,
        partitions=shared.cluster.partitions,
        reader=EventReader(shared.schemas),
        writer=InsightWriter(shared.schema_ids.insight_key, shared.schema_ids.insight_value),
        enrichment=make_enrichment(settings, prices, caller),
        caller=caller,
        purse=purse,
        state=state,
        records=RecordStates(state),
        in_flight=InFlight(),
        ended_here=EndedHere(),
        ownership=ownership,
        pauses=shared.pauses,
        slots=Slots(settings.llm.max_in_flight),
        stages=shared.stages,
        kept_answers=KeptAnswers(),
        leaving=asyncio.Event(),
        publisher=None if shadow else Publisher(app),
        telemetry=shared.telemetry,
    )
    window = Window(WINDOW_PER_CALL * settings.llm.max_in_flight, WINDOW_BYTES)
    agent = EnrichAgent(app, context, window, shared.on_fatal, shared.on_gap)
    _connect(app, agent, [settings.topics.events], shared)
    insights = settings.topics.insights
    setattr(app, faust_patches.WRITING, lambda topic: ownership.writing if topic == insights else Writing.NOW)
    return Service(Role.ENRICH, app, agent, ownership, window, state)


def _dedupe_table(app: faust.App, settings: Settings, cluster: ClusterFacts) -> DedupeState:
    """Declare the dedupe table, whose changelog is the insights topic itself."""
    dedupe_store.register()
    changelog = raw_topic(app, settings.topics.insights, partitions=cluster.partitions, internal=True, acks=False)
    table: Any = app.Table(
        MARKS_TABLE,
        key_type=bytes,
        value_type=bytes,
        partitions=cluster.partitions,
        changelog_topic=changelog,
        store=dedupe_store.STORE_URL,
        options=_store_options(settings, cluster),
    )
    dedupe: DedupeState = table.data.dedupe
    return dedupe


def _store_options(settings: Settings, cluster: ClusterFacts) -> dict[str, Any]:
    options: dict[str, Any] = {
        dedupe_store.KAFKA: settings.kafka,
        dedupe_store.NEEDED: MarksNeeded(
            settings.topics.events, cluster.horizon_ms, accept_missing=settings.state.accept_missing_marks
        ),
    }
    if settings.state.store == "rocksdb":
        from streams.delivery.dedupe.rocks_table import tables_in  # noqa: PLC0415 - a library of 10 MB, where it is used

        options[dedupe_store.MAKE_TABLE] = tables_in(
            settings.state.dir, settings.topics.insights, cluster.insights_topic_id
        )
    return options


def _connect(app: faust.App, agent: EnrichAgent | IntakeAgent, topics: Sequence[str], shared: Shared) -> None:
    app.agent(raw_topic(app, *topics), name=type(agent).__name__)(agent.process)
    app.on_partitions_revoked.connect(agent.on_revoked)
    app.on_partitions_assigned.connect(agent.on_assigned)
    setattr(app, faust_patches.INPUTS_RESUMED, agent.on_resumed)
    setattr(app, faust_patches.OFFSET_OUT_OF_RANGE, shared.on_out_of_range)
