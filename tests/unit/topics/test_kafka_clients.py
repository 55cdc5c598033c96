"""The configuration of Kafka clients, and what a broker's silence is called."""

from __future__ import annotations

from pathlib import Path

from confluent_kafka import KafkaError, KafkaException
from pydantic import SecretStr

from streams.kafka_clients import BrokerComplaints, client_config, unreachable
from streams.settings import KafkaSettings

PLAIN = KafkaSettings(bootstrap_servers="kafka:9092")


def test_a_plain_connection_has_no_credentials() -> None:
    assert client_config(PLAIN) == {
        "bootstrap.servers": "kafka:9092",
        "client.id": "crm-insights",
        "security.protocol": "PLAINTEXT",
        "log_level": 2,
    }


def test_every_credential_reaches_the_client() -> None:
    secured = KafkaSettings(
        bootstrap_servers="kafka:9093",
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username="worker",
        sasl_password=SecretStr("pass"),
        ssl_ca_file=Path("/ca.pem"),
        ssl_cert_file=Path("/cert.pem"),
        ssl_key_file=Path("/key.pem"),
        ssl_key_password=SecretStr("key-pass"),
    )
    assert client_config(secured).items() >= {
        ("security.protocol", "SASL_SSL"),
        ("sasl.mechanism", "SCRAM-SHA-512"),
        ("sasl.username", "worker"),
        ("sasl.password", "pass"),
        ("ssl.ca.location", "/ca.pem"),
        ("ssl.certificate.location", "/cert.pem"),
        ("ssl.key.location", "/key.pem"),
        ("ssl.key.password", "key-pass"),
    }


def test_silence_is_explained_by_the_last_cause_that_was_heard() -> None:
    complaints = BrokerComplaints()
    complaints(KafkaError(KafkaError._AUTHENTICATION, "wrong password"))
    complaints(KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down"))
    error = unreachable(KafkaException(KafkaError(KafkaError._TRANSPORT)), PLAIN, complaints)
    assert "at kafka:9092: wrong password. Look at CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS" in str(error)


def test_a_brokers_refusal_is_not_silence() -> None:
    refused = KafkaException(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))
    assert unreachable(refused, PLAIN, BrokerComplaints()) is None
