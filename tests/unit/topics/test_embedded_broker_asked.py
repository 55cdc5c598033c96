"""`topics check` on librdkafka's embedded broker, which knows no configurations: warnings, never a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Producer

from streams.delivery.offset_gate import Partition
from streams.settings import KafkaSettings, Settings
from streams.topics import Severity
from streams.topics.admin import check
from streams.topics.ends import EndOffsets

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def embedded_broker() -> Iterator[str]:
    producer = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    brokers = producer.list_topics(timeout=10).brokers.values()
    yield ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
    producer.flush(1)


def test_what_the_embedded_broker_cannot_tell_is_a_warning(embedded_broker: str) -> None:
    settings = Settings(kafka=KafkaSettings(bootstrap_servers=embedded_broker, replication_factor=1))
    producer = Producer({"bootstrap.servers": embedded_broker, "log_level": 0})
    for topic in settings.topics.model_dump().values():
        producer.list_topics(topic, timeout=10)  # which makes it there
    findings = check(settings)
    assert findings
    assert {finding.severity for finding in findings} == {Severity.WARNING}
    assert all("could not be asked for its configuration" in finding.problem for finding in findings)


def test_the_ends_of_partitions_are_told_and_a_topic_that_does_not_exist_is_passed_over(embedded_broker: str) -> None:
    producer = Producer({"bootstrap.servers": embedded_broker, "log_level": 0})
    for _ in range(3):
        producer.produce("a", b"x", partition=0)
    producer.flush(10)
    ends = EndOffsets(KafkaSettings(bootstrap_servers=embedded_broker))
    assert ends.ask([Partition("a", 0), Partition("a", 1), Partition("nowhere", 0)]) == {
        Partition("a", 0): 3,
        Partition("a", 1): 0,
    }
    assert ends.ask([]) == {}
