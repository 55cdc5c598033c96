"""Keeps the identifiers that mappings join: reads the topics that they lie on, beside the source topics."""

from __future__ import annotations

import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import structlog
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from schemas.errors import DataFault, Dependency, DependencyFault
from schemas.events import CrmEvent
from streams.delivery.delivered import place_name
from streams.delivery.offset_gate import Partition
from streams.kafka_clients import BrokerComplaints, onlooker_config
from streams.topics.ends import EndOffsets
from streams.topics.reader import source_record

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from confluent_kafka import Message

    from schemas.sources import Adapted, Adapter, Directory, SourceRecord
    from streams.delivery.stages import Stages
    from streams.observability.metrics import Metrics
    from streams.settings.model import KafkaSettings

log = structlog.get_logger()

LOOK_EVERY_S: Final = 15.0
"""How often new partitions, and topics that a connector makes with its first row, are looked for."""

# A batch holds the event loop for about 10 ms.
_BATCH_RECORDS: Final = 100
# A stop waits for so long.
_POLL_S: Final = 0.25
_QUEUED_KBYTES: Final = 16_384
_AFTER_FAULT_S: Final = 1.0
# The topics may be long; what does not move for this long is not being read.
_STALLED_AFTER_S: Final = 30.0


class JoinedTopics:
    """Fills a `Directory` from all partitions of its topics, and says when it has caught up with them.

    A change event may be adapted only when the directory knows all that its topics held when it was written. A record
    that is looked up and found is taken as it is; one that is not found may just not be read yet.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        adapters: Mapping[str, Adapter],
        directory: Directory,
        *,
        stages: Stages,
        metrics: Metrics,
    ) -> None:
        """Take an adapter for each joined topic; nothing is sent yet."""
        self._stages = stages
        self._adapters = adapters
        self._directory = directory
        self._metrics = metrics
        metrics.joined_records.set_function(lambda: len(directory))
        self._ends = EndOffsets(kafka)
        self._consumer = Consumer(
            onlooker_config(kafka, BrokerComplaints())
            | {
                "group.id": f"{kafka.group_id}-joins",
                "queued.max.messages.kbytes": _QUEUED_KBYTES,
                # Of a topic made anew everything is new.
                "auto.offset.reset": "earliest",
            }
        )
        # One thread: a consumer must not be closed while another still polls it.
        self._thread = ThreadPoolExecutor(1, "joins")
        self._positions: dict[Partition, int] = {}
        self._moved = asyncio.Condition()
        self._waits_for: DependencyFault | None = None
        self._whole = False

    async def run(self) -> None:
        """Read for ever; a broker that does not answer is asked again."""
        loop = asyncio.get_running_loop()
        look_at = loop.time()
        try:
            while True:
                try:
                    if loop.time() >= look_at:
                        await self._assign(await asyncio.to_thread(self._ends.partitions, self._adapters))
                        look_at = loop.time() + LOOK_EVERY_S
                    await self._take(await loop.run_in_executor(self._thread, self._batch))
                except KafkaException as error:
                    log.debug("joins_not_read", cause=error.args[0].name())
                    await asyncio.sleep(_AFTER_FAULT_S)
        finally:
            self._thread.submit(self._consumer.close)
            self._thread.shutdown(wait=False)

    async def complete(self, adapt: Callable[[], Awaitable[Adapted]]) -> Adapted:
        """Return what `adapt` makes of a record, with all that the joined topics say by now.

        Raises what `adapt` raises, and DependencyFault(BROKER) where they cannot be read to their ends.
        """
        if not self._whole:
            await self.catch_up()
        self._directory.missed()
        adapted = await adapt()
        if not self._directory.missed():
            return adapted
        await self.catch_up()
        adapted = await adapt()
        for topic in self._directory.missed():
            self._metrics.unjoined_total.labels(topic=topic).inc()
        return adapted

    async def catch_up(self) -> None:
        """Wait until everything is read that the topics hold now. Raises DependencyFault(BROKER)."""
        try:
            partitions = await asyncio.to_thread(self._ends.partitions, self._adapters)
            await self._assign(partitions)
            ends = await asyncio.to_thread(self._ends.ask, partitions)
        except KafkaException as error:
            raise _unread(error.args[0].str()) from error
        if ends.keys() != partitions:
            raise _unread("the broker did not tell their ends")
        async with self._moved:
            while any(self._positions.get(one, 0) < end for one, end in ends.items()):
                try:
                    # wait_for() may lose a cancellation on Python 3.11.
                    async with asyncio.timeout(_STALLED_AFTER_S):
                        await self._moved.wait()
                except TimeoutError:
                    raise self._waits_for or _unread(f"no record came for {_STALLED_AFTER_S:g} s") from None
        self._whole = True

    async def _assign(self, partitions: set[Partition]) -> None:
        new = partitions - self._positions.keys()
        if new:
            self._positions |= dict.fromkeys(new, 0)
            places = [TopicPartition(*one, OFFSET_BEGINNING) for one in sorted(new)]
            await asyncio.to_thread(self._consumer.incremental_assign, places)

    def _batch(self) -> list[Message]:
        # consume() alone would gather records for the whole time-out; this answers as soon as there is one.
        first = self._consumer.poll(_POLL_S)
        return [] if first is None else [first, *self._consumer.consume(_BATCH_RECORDS - 1, timeout=0)]

    async def _take(self, batch: list[Message]) -> None:
        # The whole batch, whatever stands in it: the consumer is past these records and gives them no second time.
        failed: KafkaError | None = None
        for message in batch:
            error = message.error()
            place = Partition(message.topic() or "", message.partition() or 0)
            if error is None:
                await self._take_record(message)
                self._positions[place] = (message.offset() or 0) + 1
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's own name
                # Compaction and control records leave gaps up to the very end, so the last record does not tell.
                self._positions[place] = message.offset() or 0
            elif not error.retriable():
                failed = error
        if batch:
            async with self._moved:
                self._moved.notify_all()
        if failed is not None:
            raise KafkaException(failed)

    async def _take_record(self, message: Message) -> None:
        topic = message.topic() or ""
        try:
            adapted = await self._adapted(self._adapters[topic], source_record(message))
        except Exception as error:  # a record that joins cannot use must not end the worker, at each of its starts
            # It is no change event of ours; where the topic is a source too, intake makes a dead letter of it.
            said = {"reason": error.reason.value, "detail": error.detail} if isinstance(error, DataFault) else {}
            place = {"topic": topic, "partition": message.partition(), "offset": message.offset()}
            log.warning("joined_record_unreadable", **place, **said, exc_info=not said)
            return
        for item in adapted:
            if isinstance(item, CrmEvent):
                self._directory.take(topic, item)

    async def _adapted(self, adapter: Adapter, record: SourceRecord) -> Adapted:
        """Adapt, however long the registry takes to answer: a record passed over would be missing for good."""
        place = place_name(Partition(record.topic, record.partition), record.offset, record.timestamp_ms)
        while True:
            try:
                work = functools.partial(adapter.adapt, record)
                adapted = await self._stages.finish("join", place, len(record.value or b""), work)
            except DependencyFault as fault:
                self._waits_for = fault
                await asyncio.sleep(_AFTER_FAULT_S)
            else:
                self._waits_for = None
                return adapted


def _unread(detail: str) -> DependencyFault:
    return DependencyFault(Dependency.BROKER, f"the topics of joins cannot be read: {detail}")
