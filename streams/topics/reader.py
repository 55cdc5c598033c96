"""Read a topic as it stands, from offsets up to its present end, as commands do that look and change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from schemas.sources.base import SourceRecord
from streams.errors import CommandFailed
from streams.kafka_clients import CONNECT_TIMEOUT_S, BrokerComplaints, onlooker_config, unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from confluent_kafka import Message

    from streams.settings.model import KafkaSettings

STALLED_AFTER_S: Final = 30.0
"""No record and no end for so long means that the broker has gone."""


class TopicReader:
    """One topic, read by a plain consumer that joins no group and commits nothing. It blocks.

    Everything raises BrokerUnreachable, and CommandFailed where the topic does not exist or cannot be read.
    """

    def __init__(self, kafka: KafkaSettings, topic: str) -> None:
        """Prepare a consumer; nothing is sent yet."""
        self._kafka = kafka
        self._topic = topic
        self._complaints = BrokerComplaints()
        self._consumer = Consumer(
            onlooker_config(kafka, self._complaints)
            | {"group.id": f"{kafka.group_id}-reader", "auto.offset.reset": "earliest"}
        )

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close()

    def partitions(self) -> list[int]:
        """The numbers of the topic's partitions."""
        metadata = self._ask(lambda: self._consumer.list_topics(self._topic, timeout=CONNECT_TIMEOUT_S))
        topic = metadata.topics.get(self._topic)
        if topic is None or not topic.partitions:
            raise CommandFailed(f"{self._topic} does not exist. Run `crm-insights topics create`.")
        return sorted(topic.partitions)

    def topics(self) -> list[str]:
        """The names of all topics that the cluster tells of."""
        return sorted(self._ask(lambda: self._consumer.list_topics(timeout=CONNECT_TIMEOUT_S)).topics)

    def bounds(self, partition: int) -> tuple[int, int]:
        """The oldest offset of a partition and the one behind its newest."""
        place = TopicPartition(self._topic, partition)
        low, high = self._ask(lambda: self._consumer.get_watermark_offsets(place, timeout=CONNECT_TIMEOUT_S))
        return low, high

    def all(self, since_ms: int | None = None) -> Iterator[Message]:
        """Every record from `since_ms` (by the broker's clock) to the present end, partitions mixed."""
        places = [TopicPartition(self._topic, number, OFFSET_BEGINNING) for number in self.partitions()]
        if since_ms is not None:
            asked = [TopicPartition(self._topic, one.partition, since_ms) for one in places]
            places = self._ask(lambda: self._consumer.offsets_for_times(asked, timeout=CONNECT_TIMEOUT_S))
        yield from self._read(places)

    def newest(self, count: int) -> Iterator[Message]:
        """About the newest `count` records, as many from each partition as it has a share of them."""
        numbers = self.partitions()
        share = max(1, count // len(numbers))
        bounds = {number: self.bounds(number) for number in numbers}
        yield from self.since({number: max(low, high - share) for number, (low, high) in bounds.items()})

    def since(self, offsets: Mapping[int, int]) -> Iterator[Message]:
        """Every record of these partitions from these offsets to the present end."""
        yield from self._read([TopicPartition(self._topic, number, offset) for number, offset in offsets.items()])

    def _read(self, places: Iterable[TopicPartition]) -> Iterator[Message]:
        self._consumer.assign(list(places))
        open_partitions = {one.partition for one in places}
        while open_partitions:
            # consume() would gather messages for the whole time-out; poll() answers with each as it comes.
            message = self._ask(lambda: self._consumer.poll(STALLED_AFTER_S))
            if message is None:
                said = f": {self._complaints.last.str()}" if self._complaints.last is not None else ""
                raise CommandFailed(f"the broker stopped answering while {self._topic} was read{said}.")
            error = message.error()
            if error is None:
                yield message
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's own name
                open_partitions.discard(message.partition())
            elif not error.retriable():
                raise self._failure(KafkaException(error))

    def _ask(self, request: Callable[[], Any]) -> Any:
        try:
            return request()
        except KafkaException as error:
            raise self._failure(error) from error

    def _failure(self, error: KafkaException) -> Exception:
        # Complaints come by polling only; without this the reason (connection refused, wrong password) is lost.
        self._consumer.poll(0)
        known = unreachable(error, self._kafka, self._complaints)
        return known or CommandFailed(f"{self._topic} could not be read: {error.args[0].str()}.")


def source_record(message: Message) -> SourceRecord:
    """Return a consumer's message as adapters take it."""
    headers: Any = message.headers() or ()  # with assigned partitions a list of pairs, whatever the types allow
    return SourceRecord(
        topic=message.topic() or "",
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        timestamp_ms=message.timestamp()[1],
        key=message.key(),
        value=message.value(),
        headers=tuple(headers),
    )
