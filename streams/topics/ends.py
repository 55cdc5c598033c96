"""Where partitions end, asked by a client of our own.

A consumer learns the end of a partition with what it fetches. One that has stopped fetching, which is how consumers die
slowly, believes that it has read everything.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]  # it re-exports them silently

from streams.delivery.offset_gate import Partition
from streams.kafka_clients import CONNECT_TIMEOUT_S, BrokerComplaints, client_config

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.settings.model import KafkaSettings


class EndOffsets:
    """Asks a cluster for the ends of partitions. Blocks; a caller on an event loop uses a thread."""

    def __init__(self, kafka: KafkaSettings) -> None:
        """Prepare a client; nothing is sent yet."""
        # Its complaints are kept from the log: the consumer beside it makes the same ones.
        self._client = AdminClient(client_config(kafka) | {"error_cb": BrokerComplaints()})

    def partitions(self, topics: Iterable[str]) -> set[Partition]:
        """The partitions of those of `topics` that exist. Raises KafkaException."""
        found = self._client.list_topics(timeout=CONNECT_TIMEOUT_S).topics
        return {Partition(topic, number) for topic in topics if topic in found for number in found[topic].partitions}

    def ask(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """The offset that the next record of each partition gets; those of which nobody tells are absent."""
        return self._ask(partitions, OffsetSpec.latest())  # type: ignore[no-untyped-call]

    def beginnings(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """The offset of the first record that each partition still holds; those of which nobody tells are absent."""
        return self._ask(partitions, OffsetSpec.earliest())  # type: ignore[no-untyped-call]

    def _ask(self, partitions: Iterable[Partition], what: OffsetSpec) -> dict[Partition, int]:
        asked = {TopicPartition(*partition): what for partition in partitions}
        if not asked:
            return {}
        found: dict[Partition, int] = {}
        for place, future in self._client.list_offsets(asked, request_timeout=CONNECT_TIMEOUT_S).items():
            with suppress(KafkaException):
                found[Partition(place.topic, place.partition)] = future.result(2 * CONNECT_TIMEOUT_S).offset
        return found
