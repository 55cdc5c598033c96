"""What a stranger's programs do with our topics: confluent-kafka and the contracts' files, and none of our code."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Self

from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from tests.support.supervision import wait_until
from tests.support.topics import Received, Sent, end_offsets, produce, read_all, wait_for_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tests.support.installation import Installation

EVENT_SCHEMA = (files("schemas") / "avro" / "crm_event.avsc").read_text("utf-8")

_FED_AT_ONCE = 25
_FED_AHEAD = 150

# Where the LLM simulator finds the number of an event in its prompt (its option --marker).
MARKER = r"Customer ([0-9]+) is"


def crm_event(number: int, **fields: Any) -> dict[str, Any]:
    """A change event; those of 50 numbers in a row concern different records, and no two have the same text."""
    return {
        "event_id": f"evt-{number}",
        "source": "home-made",
        "tenant": f"tenant-{number % 3}",
        "entity": "Ticket",
        "record_id": str(number % 50),
        "operation": "UPDATE",
        "occurred_at": 1_764_000_000_000 + number * 1000,
        "title": f"Export number {number} fails",
        "text": f"Customer {number} is unhappy with the export and wants a refund. Mail ann{number}@x.example.",
    } | fields


def key_of(event: dict[str, Any]) -> bytes:
    """The key as the documentation tells a stranger to make it (tenant and entity hold no `/` and no `%`)."""
    return f"{event['tenant']}/{event['entity']}/{event['record_id']}".encode()


class ForeignClients:
    """Confluent's serializers on the topics of one installation."""

    def __init__(self, installation: Installation) -> None:
        """Connect to the registry of `installation`; `with` closes the connection."""
        self._installation = installation
        self._servers = installation.settings["CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"]
        self.registry = SchemaRegistryClient(
            # Without it a request that the registry never answers (seen once in some hundred runs) hangs for ever.
            {"url": installation.settings["CRM_INSIGHTS_SCHEMA_REGISTRY__URL"], "timeout": 10}
        )
        self._serialize = AvroSerializer(self.registry, EVENT_SCHEMA, conf={"auto.register.schemas": False})
        self._read = AvroDeserializer(self.registry)
        self._defaults: list[dict[str, Any]] = json.loads(EVENT_SCHEMA)["fields"]

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection to the registry."""
        self.registry.__exit__(None, None, None)  # type: ignore[no-untyped-call]

    def encoded(self, event: dict[str, Any]) -> bytes:
        """The event in Confluent's wire format; fields that are not given have the schema's defaults."""
        whole = {field["name"]: event.get(field["name"], field.get("default")) for field in self._defaults}
        data: bytes = self._serialize(whole, SerializationContext(self._installation.events, MessageField.VALUE))
        return data

    def encoded_with(self, schema: dict[str, Any], event: dict[str, Any], topic: str) -> bytes:
        """The event written with a schema of the stranger's own, which is registered for the values of `topic`."""
        serialize = AvroSerializer(self.registry, json.dumps(schema))
        data: bytes = serialize(event, SerializationContext(topic, MessageField.VALUE))
        return data

    def sent(
        self, event: dict[str, Any], *, headers: Sequence[tuple[str, bytes | None]] = (), partition: int | None = None
    ) -> Sent:
        """The record of an event, keyed as the contract says."""
        return Sent(self.encoded(event), key_of(event), tuple(headers), partition)

    def produce(self, events: Iterable[dict[str, Any]], *, codec: str = "none") -> None:
        """Produce events to the events topic and wait until they are durable."""
        produce(self._servers, self._installation.events, [self.sent(event) for event in events], codec=codec)

    def feed_until(
        self, condition: Callable[[], bool], first: int, *, what: str, timeout_s: float = 60.0, **fields: Any
    ) -> int:
        """Produce events, numbered from `first`, until `condition` holds, so that a worker is busy however fast it is.

        No more are ahead of the insights than a worker needs to be busy, or the test would wait for them in the end.
        Answers the number after the last one. Raises `TimeoutError` that says `what` was waited for.
        """
        number = first

        def fed_enough() -> bool:
            nonlocal number
            published = sum(end_offsets(self._servers, self._installation.insights).values())
            if number - published < _FED_AHEAD:
                self.produce(crm_event(number + more, **fields) for more in range(_FED_AT_ONCE))
                number += _FED_AT_ONCE
            return condition()

        wait_until(fed_enough, timeout_s=timeout_s, what=what)
        return number

    def events(self) -> list[tuple[Received, dict[str, Any]]]:
        """All that stands on the events topic, decoded."""
        return [(record, self._value(record)) for record in read_all(self._servers, self._installation.events)]

    def requests(self) -> list[tuple[Received, dict[str, Any]]]:
        """All that stands on the topic of requests to fetch, decoded."""
        topic = self._installation.settings["CRM_INSIGHTS_TOPICS__REFETCH"]
        return [(record, self._value(record)) for record in read_all(self._servers, topic)]

    def wait_for_insights(
        self, count: int, *, timeout_s: float = 60.0, settle_s: float = 0.0
    ) -> list[tuple[Received, dict[str, Any]]]:
        """Wait for so many insights and decode all; each key must be that of its value."""
        topic = self._installation.insights
        records = wait_for_records(self._servers, topic, count, timeout_s=timeout_s, settle_s=settle_s)
        insights = []
        for record in records:
            value = self._value(record)
            assert self._read(record.key, SerializationContext(topic, MessageField.KEY)) == {
                "event_id": value["event_id"]
            }
            insights.append((record, value))
        return insights

    def _value(self, record: Received) -> dict[str, Any]:
        value: dict[str, Any] = self._read(record.value, SerializationContext(record.topic, MessageField.VALUE))
        return value
