"""Producers in the words of README put a record where we do; with librdkafka's own default they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Message, Producer

from streams.topics.partitions import partition_for

if TYPE_CHECKING:
    from collections.abc import Iterator

# Keys as records have them: tenant/entity/record_id.
KEYS = [f"acme/Ticket/{number}".encode() for number in range(200)]


@pytest.fixture
def embedded_broker() -> Iterator[str]:
    producer = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    brokers = producer.list_topics(timeout=10).brokers.values()
    yield ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
    producer.flush(1)


def partitions_chosen(broker: str, **config: str) -> tuple[dict[bytes, int], int]:
    """Where a producer of that configuration puts KEYS, and among how many partitions."""
    producer = Producer({"bootstrap.servers": broker, "log_level": 0, **config})
    count = len(producer.list_topics("crm.events", timeout=10).topics["crm.events"].partitions)
    chosen: dict[bytes, int] = {}

    def note(error: object, message: Message) -> None:
        assert error is None
        key, partition = message.key(), message.partition()
        assert isinstance(key, bytes)
        assert partition is not None
        chosen[key] = partition

    for key in KEYS:
        producer.produce("crm.events", key=key, value=b"", on_delivery=note)
    assert producer.flush(20) == 0
    return chosen, count


def test_with_the_partitioner_of_the_readme_every_record_lies_where_we_put_it(embedded_broker: str) -> None:
    chosen, count = partitions_chosen(embedded_broker, partitioner="murmur2_random")
    assert count > 1
    assert chosen == {key: partition_for(key, count) for key in KEYS}


def test_with_librdkafkas_default_most_records_lie_elsewhere(embedded_broker: str) -> None:
    chosen, count = partitions_chosen(embedded_broker)
    elsewhere = sum(partition != partition_for(key, count) for key, partition in chosen.items())
    assert elsewhere > len(KEYS) / 2
