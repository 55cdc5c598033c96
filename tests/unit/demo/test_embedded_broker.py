"""The demo's broker, through a plain client."""

from __future__ import annotations

from confluent_kafka import Consumer, Producer, TopicPartition

from streams.demo.embedded_broker import PARTITIONS, QUIET, EmbeddedBroker


def test_topics_exist_with_four_partitions_before_anyone_writes() -> None:
    with EmbeddedBroker() as broker:
        broker.create(["crm.events", "crm.insights"])
        topics = Producer({"bootstrap.servers": broker.bootstrap_servers, **QUIET}).list_topics(timeout=10).topics
    assert {name: len(topic.partitions) for name, topic in topics.items()} == {
        "crm.events": PARTITIONS,
        "crm.insights": PARTITIONS,
    }


def test_what_is_produced_is_consumed_with_key_and_headers() -> None:
    with EmbeddedBroker() as broker:
        broker.create(["crm.events"])
        producer = Producer({"bootstrap.servers": broker.bootstrap_servers, **QUIET})
        producer.produce("crm.events", b"value", b"key", partition=2, headers=[("traceparent", b"00-1")])
        assert producer.flush(10) == 0
        consumer = Consumer({"bootstrap.servers": broker.bootstrap_servers, "group.id": "test", **QUIET})
        consumer.assign([TopicPartition("crm.events", 2, 0)])
        (message,) = consumer.consume(1, timeout=10)
        consumer.close()
    assert (message.key(), message.value(), message.headers()) == (b"key", b"value", [("traceparent", b"00-1")])
