"""Sends the workload with a plain confluent-kafka producer and keeps the ledger of what was acknowledged."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from confluent_kafka import Producer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from confluent_kafka import KafkaError, Message

    from tests.chaos.workload import Sending

# Longer than any outage of a run: what is sent while a broker is down is delivered when it is back.
_MESSAGE_TIMEOUT_MS = 300_000
_FLUSH_S = 120.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One acknowledged event: where it stands."""

    partition: int
    offset: int
    event_id: str
    record: str


@dataclass
class Ledger:
    """What the broker has acknowledged and what it has refused; `ended_s` is when the last answer came (epoch)."""

    entries: list[Entry] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    ended_s: float = 0.0


class Sender:
    """Sends on a thread of its own. `encoded` answers value and key of an event."""

    def __init__(
        self, bootstrap_servers: str, topic: str, load: Sequence[Sending], encoded: Callable[[Any], tuple[bytes, bytes]]
    ) -> None:
        """Take the load and whereto; nothing is sent yet."""
        self.ledger = Ledger()
        self._topic = topic
        self._load = load
        self._encoded = encoded
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap_servers,
                "partitioner": "murmur2_random",
                # Otherwise a retry of ours could repeat or reorder events, and the checker would blame the product.
                "enable.idempotence": True,
                "message.timeout.ms": _MESSAGE_TIMEOUT_MS,
                "linger.ms": 2,
                "log_level": 0,
            }
        )
        self._thread = threading.Thread(target=self._send_all, name="chaos-sender")

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def join(self) -> Ledger:
        """Wait until everything is acknowledged, and answer the ledger."""
        self._thread.join()
        return self.ledger

    def _send_all(self) -> None:
        began = time.monotonic()
        for sending in self._load:
            while (ahead_s := began + sending.at_s - time.monotonic()) > 0:
                self._producer.poll(min(ahead_s, 0.05))
            value, key = self._encoded(sending.event())
            self._producer.produce(self._topic, value, key, on_delivery=self._noting(sending.event_id, key.decode()))
        self._producer.flush(_FLUSH_S)
        self.ledger.ended_s = time.time()

    def _noting(self, event_id: str, record: str) -> Callable[[KafkaError | None, Message], None]:
        def note(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                self.ledger.refused.append(event_id)
            else:
                self.ledger.entries.append(Entry(message.partition() or 0, message.offset() or 0, event_id, record))

        return note
