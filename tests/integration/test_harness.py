"""The harness itself: what other tests conclude from these services must rest on services that behave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from tests.support.kafka import KafkaBroker, Node
from tests.support.registry import ApicurioRegistry
from tests.support.supervision import StartError
from tests.support.topics import Sent, create_topic, end_offsets, fresh, produce, read_all

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.jars import ServiceFiles

SCHEMA = Schema('{"type":"record","name":"Probe","fields":[{"name":"text","type":"string"}]}', "AVRO")


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_a_record_comes_back_as_it_was_produced_in_every_codec(bootstrap_servers: str, codec: str) -> None:
    topic = create_topic(bootstrap_servers, fresh("codec"))
    value = b"the same again " * 200

    produce(bootstrap_servers, topic, [Sent(value, key=b"k", headers=(("h", b"1"),), partition=2)], codec=codec)

    (record,) = read_all(bootstrap_servers, topic)
    assert (record.partition, record.key, record.value, record.headers) == (2, b"k", value, (("h", b"1"),))


@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
def test_a_broker_that_comes_back_has_its_acknowledged_records_at_the_same_address(
    kafka_broker: KafkaBroker, *, kill: bool
) -> None:
    address = kafka_broker.bootstrap_servers
    topic = create_topic(address, fresh("restart"), partitions=1)
    produce(address, topic, [Sent(b"before")])

    kafka_broker.restart(kill=kill)

    assert kafka_broker.bootstrap_servers == address
    produce(address, topic, [Sent(b"after")])
    assert [record.value for record in read_all(address, topic)] == [b"before", b"after"]


def test_a_paused_broker_answers_again_when_it_goes_on(kafka_broker: KafkaBroker) -> None:
    topic = create_topic(kafka_broker.bootstrap_servers, fresh("pause"), partitions=1)

    kafka_broker.pause()
    kafka_broker.resume()

    produce(kafka_broker.bootstrap_servers, topic, [Sent(b"x")])
    assert end_offsets(kafka_broker.bootstrap_servers, topic) == {0: 1}


def test_a_misspelt_topic_is_not_created_by_asking_for_it(bootstrap_servers: str) -> None:
    with pytest.raises(RuntimeError, match="not everything was acknowledged"):
        produce(bootstrap_servers, fresh("never-made"), [Sent(b"x")], timeout_s=2)


def test_a_broker_that_cannot_start_says_why(service_files: ServiceFiles, tmp_path: Path) -> None:
    broker = KafkaBroker(service_files, Node.at(tmp_path))
    broker.start()
    broker.stop()
    properties = tmp_path / "server.properties"
    properties.write_text(properties.read_text("utf-8").replace("node.id=1", "node.id=nonsense"), "utf-8")

    with pytest.raises(StartError, match=r"exit code 1 while starting\n.*\n(.*\n)*.*nonsense"):
        broker.start()


def test_a_registered_schema_is_found_by_its_id(registry_url: str) -> None:
    subject = fresh("probe-value")
    with SchemaRegistryClient({"url": registry_url, "timeout": 10}) as client:
        schema_id = client.register_schema(subject, SCHEMA)

        assert client.get_schema(schema_id).schema_str == SCHEMA.schema_str
        assert client.get_latest_version(subject).schema_id == schema_id


def test_a_restarted_registry_has_forgotten_its_schemas(service_files: ServiceFiles, tmp_path: Path) -> None:
    registry = ApicurioRegistry(service_files, tmp_path)
    try:
        registry.start()
        with SchemaRegistryClient({"url": registry.url, "timeout": 10}) as client:
            client.register_schema("probe-value", SCHEMA)

        registry.restart(kill=True)

        with SchemaRegistryClient({"url": registry.url, "timeout": 10}) as client:
            assert client.get_subjects() == []
    finally:
        registry.close()
