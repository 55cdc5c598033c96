"""Topics under fresh names, and what stands in them: read by a client that shares no code with ours."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # its stub forgets to export it

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from confluent_kafka import Message

_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Received:
    """One record as a plain consumer sees it. `timestamp_ms` is the broker's or the producer's, as the topic says."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """One record to be produced; `partition` None leaves the choice to the partitioner."""

    value: bytes | None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    partition: int | None = None


def fresh(prefix: str) -> str:
    """A name that no other test uses, so that tests share a broker and nothing else."""
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def create_topic(
    bootstrap_servers: str,
    name: str,
    *,
    partitions: int = 4,
    replication_factor: int = 1,
    config: Mapping[str, str] | None = None,
) -> str:
    """Create the topic, wait until every partition has a leader, and answer its name."""
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    topic = NewTopic(name, num_partitions=partitions, replication_factor=replication_factor, config=dict(config or {}))
    admin.create_topics([topic], request_timeout=_TIMEOUT_S)[name].result(_TIMEOUT_S)
    deadline = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < deadline:
        found = admin.list_topics(name, timeout=_TIMEOUT_S).topics[name]
        if len(found.partitions) == partitions and all(part.leader >= 0 for part in found.partitions.values()):
            return name
        time.sleep(0.05)
    raise TimeoutError(f"topic {name} has no leaders after {_TIMEOUT_S:g} s")


def produce(
    bootstrap_servers: str,
    topic: str,
    records: Iterable[Sent],
    *,
    codec: str = "none",
    timeout_s: float = _TIMEOUT_S,
) -> None:
    """Produce and wait for every acknowledgement, with the partitioner that Java clients use.

    Raises `RuntimeError` if one is missing after `timeout_s`.
    """
    failures: list[KafkaError] = []

    def acknowledged(error: KafkaError | None, _: object) -> None:
        if error is not None:
            failures.append(error)

    producer = Producer(
        {
            "bootstrap.servers": bootstrap_servers,
            "partitioner": "murmur2_random",
            "compression.type": codec,
            "acks": "all",
            # The broker decides what is too large; librdkafka's own bound is a little below the broker's.
            "message.max.bytes": 4_000_000,
            "linger.ms": 5,
            "message.timeout.ms": int(timeout_s * 1000),
        }
    )
    for record in records:
        producer.produce(
            topic,
            record.value,
            record.key,
            partition=-1 if record.partition is None else record.partition,
            headers=list(record.headers),
            on_delivery=acknowledged,
        )
        producer.poll(0)
    if producer.flush(timeout_s + 5) or failures:
        raise RuntimeError(f"not everything was acknowledged by {topic}: {failures[:3]}")


def read_all(bootstrap_servers: str, topic: str, *, timeout_s: float = _TIMEOUT_S) -> list[Received]:
    """Every record that stands in `topic` now, partition by partition in offset order."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": fresh("test-reader"),
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    try:
        partitions = list(consumer.list_topics(topic, timeout=timeout_s).topics[topic].partitions)
        consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in partitions])
        open_ends = set(partitions)
        found: list[Received] = []
        deadline = time.monotonic() + timeout_s
        while open_ends:
            if time.monotonic() > deadline:
                raise TimeoutError(f"partitions {sorted(open_ends)} of {topic} did not end within {timeout_s:g} s")
            message = consumer.poll(0.5)
            if message is None:
                continue
            error = message.error()
            if error is None:
                found.append(_received(message))
            elif error.code() == KafkaError._PARTITION_EOF:
                open_ends.discard(message.partition())
        return sorted(found, key=lambda record: (record.partition, record.offset))
    finally:
        consumer.close()


def wait_for_records(
    bootstrap_servers: str, topic: str, count: int, *, timeout_s: float = 60.0, settle_s: float = 0.0
) -> list[Received]:
    """Wait until `topic` holds `count` records and answer all that it holds then.

    `settle_s` looks once more so much later: a duplicate comes after the last expected record, never before it.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        found = sum(end_offsets(bootstrap_servers, topic).values())
        if found >= count:
            time.sleep(settle_s)
            return read_all(bootstrap_servers, topic)
        if time.monotonic() > deadline:
            raise TimeoutError(f"{topic} holds {found} records after {timeout_s:g} s, not {count}")
        time.sleep(0.2)


def end_offsets(bootstrap_servers: str, topic: str) -> dict[int, int]:
    """The offset that the next record of each partition will get."""
    consumer = Consumer({"bootstrap.servers": bootstrap_servers, "group.id": fresh("test-reader")})
    try:
        partitions = consumer.list_topics(topic, timeout=_TIMEOUT_S).topics[topic].partitions
        return {
            partition: consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=_TIMEOUT_S)[1]
            for partition in partitions
        }
    finally:
        consumer.close()


def committed_offsets(bootstrap_servers: str, group: str) -> dict[tuple[str, int], int]:
    """What `group` has committed, by (topic, partition)."""
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    asked = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)], request_timeout=_TIMEOUT_S)
    answer = asked[group].result(_TIMEOUT_S)
    return {(part.topic, part.partition): part.offset for part in answer.topic_partitions if part.offset >= 0}


def _received(message: Message) -> Received:
    headers = message.headers() or []
    pairs = headers.items() if isinstance(headers, dict) else headers
    return Received(
        topic=message.topic() or "",
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        timestamp_ms=message.timestamp()[1],
        key=_as_bytes(message.key()),
        value=_as_bytes(message.value()),
        headers=tuple((name, _as_bytes(value)) for name, value in pairs),
    )


def _as_bytes(data: str | bytes | None) -> bytes | None:
    return data.encode() if isinstance(data, str) else data
