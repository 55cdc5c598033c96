"""The intake agent: source records in, canonical change events out, in source order, at least once.

It keeps no state and may repeat an event; enrich drops repeats. A source offset is committed only after every event
that was split from its record is durable on `crm.events`.
"""

from __future__ import annotations

import asyncio
import functools
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from schemas.errors import DataFault, DependencyFault
from schemas.outcomes import DeadLetter, DeadLetterReason, Skipped
from schemas.refetch import Refetch
from schemas.sources import Adapter, SourceRecord, forwarded_headers
from streams.delivery.commit import SILENT_BROKER_BOUND_S, commit_within_bound
from streams.delivery.dead_letters import send_dead_letter
from streams.delivery.delivered import Delivered
from streams.delivery.offset_gate import OffsetGates, Partition
from streams.delivery.publisher import UnknownDeliveryError
from streams.delivery.retry_pace import dependency_wait_s, ending_wait_s, internal_wait_s
from streams.enrich.context import place_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    import faust
    from faust.types import EventT, StreamT

    from schemas.codec import EventWriter, RefetchWriter
    from schemas.sources import Adapted
    from streams.delivery.ownership import Ownership
    from streams.delivery.pauses import Pauses
    from streams.delivery.publisher import Publisher, Sending
    from streams.delivery.stages import Stages
    from streams.delivery.window import Window
    from streams.intake.joined_topics import JoinedTopics
    from streams.observability.telemetry import Telemetry
    from streams.settings.model import TopicNames

log = structlog.get_logger()


class _SupersededError(Exception):
    """A rebalance has begun since the record was taken; it is delivered again, to us or to somebody else."""


@dataclass(frozen=True, slots=True)
class IntakeContext:
    """What intake needs: an adapter for each source topic, and where events go; `joined` where mappings join."""

    topics: TopicNames
    adapters: Mapping[str, Adapter]
    writer: EventWriter
    refetch_writer: RefetchWriter
    publisher: Publisher
    ownership: Ownership
    pauses: Pauses
    window: Window
    stages: Stages
    telemetry: Telemetry
    joined: JoinedTopics | None = None


class IntakeAgent:
    """Adapts one record after the other and pipelines the sends."""

    def __init__(self, app: faust.App, context: IntakeContext, on_fatal: Callable[[Exception], None]) -> None:
        """Take the app, what intake needs, and whom to tell that this process must leave."""
        self._app = app
        self._in = context
        self._on_fatal = on_fatal
        self._gates: OffsetGates[Callable[[], Any]] = OffsetGates()
        self._confirming: set[asyncio.Task[None]] = set()
        self._leaving = False

    @property
    def gates(self) -> OffsetGates[Callable[[], Any]]:
        """The offset gates, for metrics and the lag watchdog."""
        return self._gates

    async def process(self, stream: StreamT[bytes]) -> None:
        """Run as the Faust agent."""
        async for event in stream.noack().events():
            await self._take(event)

    async def _take(self, event: EventT[Any]) -> None:
        message = event.message
        await self._in.window.wait_for_room()
        await self._in.ownership.wait_open()
        # Waiting may have outlived the generation that delivered the record; it is delivered again in the new one.
        if self._leaving or message.generation_id != self._gates.generation:
            return
        delivered = Delivered.of(event)
        generation = self._gates.take(delivered.partition, delivered.offset, delivered.acknowledge)
        place = delivered.taken_in(generation)
        self._in.window.enter(place, delivered.size_bytes)
        try:
            sendings = await self._sent(delivered, generation)
        except _SupersededError:
            self._in.window.leave(place)
            return
        except UnknownDeliveryError as error:
            # Not raised: Faust would acknowledge the record. Its offset stays unfinished, so it is read again.
            self._leaving = True
            self._on_fatal(error)
            return
        task = asyncio.create_task(self._confirm(delivered, generation, sendings), name=f"intake-{delivered.offset}")
        self._confirming.add(task)
        task.add_done_callback(self._confirmed)

    async def _sent(self, delivered: Delivered, generation: int, ending: DeadLetter | None = None) -> Sequence[Sending]:
        """Adapt the record and put its events into the producer's order (or its dead letter), whatever it takes.

        Raises _SupersededError where a rebalance overtook it while it had to wait, UnknownDeliveryError.
        """
        holder = object()
        try:
            return await self._until_sent(delivered, generation, ending, holder)
        finally:
            self._in.pauses.end_all(holder)

    async def _until_sent(
        self, delivered: Delivered, generation: int, ending: DeadLetter | None, holder: object
    ) -> Sequence[Sending]:
        strikes = waits = 0
        while True:
            try:
                if ending is not None:
                    await self._dead_letter(delivered, ending)
                    return ()
                return await self._send_events(delivered, generation, await self._adapted(delivered))
            except DependencyFault as fault:
                waits += 1
                self._in.pauses.begin(fault, holder)
                wait_s = dependency_wait_s(fault, waits, random.random())  # noqa: S311 - jitter
            except UnknownDeliveryError:
                raise
            except Exception as error:  # the agent must never see one: Faust would lose the record
                if isinstance(error, DataFault) and ending is None:
                    ending = DeadLetter.of(error)
                    continue
                strikes += 1
                log.exception("internal_error", stage="adapt", strikes=strikes, **place_of(delivered))
                pace_s = internal_wait_s(strikes)
                if pace_s is None and ending is None:
                    ending = DeadLetter(
                        DeadLetterReason.INTERNAL_ERROR, "adapt", "unexpected exception", type(error).__name__, strikes
                    )
                    continue
                wait_s = ending_wait_s() if pace_s is None else pace_s
            await asyncio.sleep(wait_s)
            await self._refuse_superseded(generation)

    async def _refuse_superseded(self, generation: int) -> None:
        """Raise _SupersededError where a rebalance has come: the new owner has sent what comes after this record."""
        await self._in.ownership.wait_open()
        if generation != self._gates.generation:
            raise _SupersededError

    async def _adapted(self, delivered: Delivered) -> Adapted:
        record = SourceRecord(
            topic=delivered.partition.topic,
            partition=delivered.partition.partition,
            offset=delivered.offset,
            timestamp_ms=delivered.timestamp_ms,
            key=delivered.key,
            value=delivered.value,
            headers=delivered.headers,
        )

        def adapt() -> Awaitable[Adapted]:
            work = functools.partial(self._in.adapters[record.topic].adapt, record)
            return self._in.stages.finish("adapt", delivered.place, delivered.size_bytes, work)

        with self._in.telemetry.stage("adapt"):
            return await (adapt() if self._in.joined is None else self._in.joined.complete(adapt))

    async def _send_events(self, delivered: Delivered, generation: int, adapted: Adapted) -> Sequence[Sending]:
        headers = forwarded_headers(delivered.headers)
        writing = functools.partial(self._written, adapted)
        written = await self._in.stages.run("write", delivered.place, delivered.size_bytes, writing)
        # A large record takes seconds until here.
        await self._refuse_superseded(generation)
        sendings = [
            await self._in.publisher.send(topic, key=key, value=value, headers=headers) for topic, key, value in written
        ]
        # Only now: what failed half-way is adapted, and counted, again.
        self._in.telemetry.adapted(adapted)
        self._count(delivered, "adapted" if sendings else "skipped")
        return sendings

    def _written(self, adapted: Adapted) -> list[tuple[str, bytes, bytes]]:
        """Topic, key and value of what leaves."""
        topics, events, requests = self._in.topics, self._in.writer, self._in.refetch_writer
        return [
            (topics.refetch, item.key, requests.write(item))
            if isinstance(item, Refetch)
            else (topics.events, item.key, events.write(item))
            for item in adapted
            if not isinstance(item, Skipped)
        ]

    async def _dead_letter(self, delivered: Delivered, letter: DeadLetter) -> None:
        await send_dead_letter(self._in.publisher, self._in.topics.dead_letters, letter, delivered, event_id="")
        self._in.telemetry.ended(None, letter, latency_s=0.0)
        self._count(delivered, "dead_letter")
        log.warning(
            "dead_letter", reason=letter.reason.value, stage=letter.stage, detail=letter.detail, **place_of(delivered)
        )

    async def _confirm(self, delivered: Delivered, generation: int, sendings: Sequence[Sending]) -> None:
        """Let the offset pass once every event is durable, or the record a dead letter."""
        refused: DataFault | None = None
        try:
            for sending in sendings:
                try:
                    await sending.wait()
                except DataFault as fault:
                    refused = fault
            if refused is not None:
                await self._sent(delivered, generation, DeadLetter.of(refused))
        except _SupersededError:
            return
        finally:
            self._in.window.leave(delivered.taken_in(generation))
        for acknowledge in self._gates.finish(delivered.partition, generation, delivered.offset):
            acknowledge()

    def _confirmed(self, task: asyncio.Task[None]) -> None:
        self._confirming.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._on_fatal(error if isinstance(error, Exception) else RuntimeError(type(error).__name__))

    def _count(self, delivered: Delivered, outcome: str) -> None:
        self._in.telemetry.metrics.intake_records_total.labels(topic=delivered.partition.topic, outcome=outcome).inc()

    # ---- rebalances and leaving ----------------------------------------------------------------------------------

    async def on_revoked(self, *_: Any, **__: Any) -> None:
        """A rebalance has begun: take nothing more."""
        self._in.ownership.close()

    async def on_assigned(self, _app: Any, assigned: Iterable[Any], **__: Any) -> None:
        """An assignment has come; what was sent and not committed is sent again."""
        partitions = [Partition(tp.topic, tp.partition) for tp in assigned]
        generation = self._app.consumer_generation_id
        self._gates.begin(generation)
        self._in.ownership.assign(generation, partitions)

    def on_resumed(self, generation: int) -> None:
        """Inputs are rewound (patch R): taking goes on."""
        self._in.ownership.reopen(generation)
        log.info("intake_ready", generation=generation, partitions=len(self._in.ownership.owned))

    def waits_as_asked(self, now_s: float) -> dict[Partition, float]:  # noqa: ARG002 - as enrich's agent has it
        """Nothing: no provider is asked here."""
        return {}

    def forget_committed(self, committed: Mapping[Partition, int]) -> None:
        """Nothing is remembered here."""

    async def drain(self, bound_s: float) -> None:
        """Wait for what is on its way, commit, and take nothing more."""
        self._leaving = True
        if self._confirming:
            # A broker that works answers in milliseconds; what it has not is read and sent again.
            await asyncio.wait(list(self._confirming), timeout=min(bound_s, SILENT_BROKER_BOUND_S))
        self._in.ownership.retire()
        if self._in.ownership.owned:
            await commit_within_bound(self._app)

    def abandon(self) -> None:
        """Leave everything as it is; what is not committed is read again."""
        self._leaving = True
        self._in.ownership.retire()
