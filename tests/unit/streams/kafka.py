"""Faust without a broker: an app, its producer and consumer, a stream, and the log of each topic partition."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

from aiokafka.errors import MessageSizeTooLargeError
from faust.exceptions import ProducerSendError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

EVENTS, INSIGHTS, DEAD_LETTERS, WEBHOOKS = "crm.events", "crm.insights", "crm.events.dlq", "crm.webhooks"


class TopicPartition(NamedTuple):
    topic: str
    partition: int


class Metadata(NamedTuple):
    partition: int
    offset: int


@dataclass(eq=False)
class Sent:
    """A record in the producer's order; durable once its future has a result."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int | None
    headers: dict[str, bytes | None]
    future: asyncio.Future[Metadata]
    offset: int = 0

    def acknowledge(self) -> None:
        self.future.set_result(Metadata(self.partition or 0, self.offset))

    def refuse(self) -> None:
        """As the broker does with a record that is too large."""
        self.future.set_exception(MessageSizeTooLargeError())


class FakeProducer:
    """Takes records in order. `acknowledges` decides whether the broker answers by itself."""

    def __init__(self) -> None:
        """Begin with a broker that acknowledges at once and takes records of any size."""
        self.sent: list[Sent] = []
        self.acknowledges: Callable[[Sent], bool] = lambda _: True
        self.max_bytes: dict[str, int] = {}
        self.faults: list[Exception] = []
        """Raised by the next sends, one each."""

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        timestamp: float | None,
        headers: Sequence[tuple[str, bytes | None]],
    ) -> asyncio.Future[Metadata]:
        assert timestamp is None
        if self.faults:
            raise self.faults.pop(0)
        if len(value or b"") > self.max_bytes.get(topic, 10_000_000):
            raise ProducerSendError from MessageSizeTooLargeError()
        if topic != DEAD_LETTERS:
            # A dead letter's headers are the original's; everywhere else a null stops sink connectors.
            assert all(isinstance(content, bytes) for _, content in headers)
        assert len(dict(headers)) == len(headers), "a header stands twice"
        future: asyncio.Future[Metadata] = asyncio.get_running_loop().create_future()
        offset = len(self.on(topic))
        self.sent.append(Sent(topic, key, value, partition, dict(headers), future, offset))
        if self.acknowledges(self.sent[-1]):
            self.sent[-1].acknowledge()
        return future

    def on(self, topic: str) -> list[Sent]:
        return [sent for sent in self.sent if sent.topic == topic]


class FakeConsumer:
    """Counts commits."""

    def __init__(self) -> None:
        """Begin with none."""
        self.commits = 0

    async def commit(self) -> bool:
        self.commits += 1
        return True


class FakeApp:
    """What the agents and the publisher use of a Faust app."""

    def __init__(self) -> None:
        """Begin in the first generation."""
        self.producer = FakeProducer()
        self.consumer = FakeConsumer()
        self.consumer_generation_id = 1
        self.conf = SimpleNamespace(broker_session_timeout=0.2)


@dataclass(frozen=True)
class Record:
    """One record of an input partition."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    timestamp_s: float


@dataclass
class Input:
    """The input partitions, what of them is committed, and the stream that delivers them.

    Acknowledgements that leave a gap or go back fail the test at once: Faust would commit over the gap.
    """

    records: dict[TopicPartition, list[Record]] = field(default_factory=dict)
    committed: dict[TopicPartition, int] = field(default_factory=dict)
    _queue: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)

    def noack(self) -> Input:
        return self

    async def events(self) -> AsyncIterator[Any]:
        while True:
            yield await self._queue.get()

    def append(
        self,
        topic: str,
        partition: int,
        *,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes | None]] = (),
        timestamp_s: float = 1_764_000_000.0,
    ) -> Record:
        log = self.records.setdefault(TopicPartition(topic, partition), [])
        log.append(Record(topic, partition, len(log), key, value, tuple(headers), timestamp_s))
        return log[-1]

    def deliver(self, record: Record, generation: int) -> None:
        """Put a record into the stream, as fetched in `generation`."""
        place = TopicPartition(record.topic, record.partition)

        def acknowledge() -> None:
            assert record.offset == self.committed.get(place, 0), "an acknowledgement out of order"
            self.committed[place] = record.offset + 1

        message = SimpleNamespace(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=record.key,
            value=record.value,
            headers=list(record.headers) or None,
            timestamp=record.timestamp_s,
            generation_id=generation,
        )
        self._queue.put_nowait(SimpleNamespace(message=message, ack=acknowledge))

    def rewind(self, partitions: Sequence[TopicPartition], generation: int) -> None:
        """Deliver again what is not committed, as after a rebalance; what is in the stream is dropped."""
        while not self._queue.empty():
            self._queue.get_nowait()
        for place in partitions:
            for record in self.records.get(place, [])[self.committed.get(place, 0) :]:
                self.deliver(record, generation)


async def settle(turns: int = 60) -> None:
    """Let every task go as far as it can without time passing."""
    for _ in range(turns):
        await asyncio.sleep(0)


async def until(holds: Callable[[], object], within_s: float = 3.0) -> None:
    """Wait until `holds`, or fail."""
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110 -- what is waited for has no event of its own
            await asyncio.sleep(0.001)
