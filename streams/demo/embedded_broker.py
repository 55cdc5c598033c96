"""A Kafka broker without a service: librdkafka's mock, which confluent-kafka carries.

Right for a demo, wrong as evidence for a guarantee: it keeps the last 5 MB of a partition, compacts nothing, and a
consumer group waits a fixed 3 s before its first assignment (measured). It cannot answer CreateTopics; a topic comes
to be with four partitions when its metadata is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from confluent_kafka import Producer

if TYPE_CHECKING:
    from collections.abc import Iterable

PARTITIONS = 4
_TIMEOUT_S = 10.0
# librdkafka writes to stderr by itself, for instance when the broker goes away at the end of a demo: emergencies only.
# What goes wrong in a call is still raised or handed to its callback.
QUIET: dict[str, Any] = {"log_level": 0}


class EmbeddedBroker:
    """`with EmbeddedBroker() as broker:` has a broker at `broker.bootstrap_servers` until the block ends.

    It lives in threads of this process and ends with it.
    """

    def __init__(self) -> None:
        """Nothing is started yet."""
        self._handle: Producer | None = None
        self.bootstrap_servers = ""

    def __enter__(self) -> Self:
        """Start the broker; takes about 15 ms. Raises `RuntimeError` if it does not come up."""
        self._handle = Producer({"test.mock.num.brokers": 1, **QUIET})
        brokers = self._handle.list_topics(timeout=_TIMEOUT_S).brokers
        if not brokers:
            raise RuntimeError("librdkafka's mock broker did not start")
        self.bootstrap_servers = ",".join(f"{broker.host}:{broker.port}" for broker in brokers.values())
        return self

    def __exit__(self, *_exc: object) -> None:
        """Stop the broker; clients that are still connected lose their connection."""
        # The broker dies with the last reference to the handle that owns it; there is no other way to stop it.
        self._handle = None

    def create(self, topics: Iterable[str]) -> None:
        """Make the topics exist, four partitions each, so that no consumer starts on an unknown topic."""
        if self._handle is None:
            raise RuntimeError("the embedded broker is not running")
        for topic in topics:
            self._handle.list_topics(topic, timeout=_TIMEOUT_S)
