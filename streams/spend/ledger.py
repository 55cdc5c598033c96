"""The ledger on Kafka: one partition, written with all acknowledgements, read by everybody from its beginning.

A client of its own, outside of Faust: it has nothing to do with whose partitions are whose, and must be read before the
first event is taken.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import structlog
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition

from streams.errors import BrokerUnreachable
from streams.kafka_clients import BrokerComplaints, client_config, onlooker_config, unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from confluent_kafka import Message

    from streams.settings.model import KafkaSettings

log = structlog.get_logger()

Record = tuple[bytes, bytes | None]

_POLL_S: Final = 0.25
_MOST_AT_ONCE: Final = 1_000

_GIVE_UP_S: Final = 4.0
"""Below the time after which a claim is made again (5 s): an old one must not follow its successor."""

_RESTORE_STALLED_S: Final = 10.0


class SpendLedger:
    """Reads and writes the records of `crm.spend`. `restore`, then `follow`; `close` at the end."""

    def __init__(self, kafka: KafkaSettings, topic: str) -> None:
        """Prepare the clients; nothing is sent yet."""
        self._kafka = kafka
        self._topic = topic
        self._complaints = BrokerComplaints()
        # In a follower's long poll the broker's answer comes as soon as there is a record.
        config = onlooker_config(kafka, self._complaints) | {"auto.offset.reset": "earliest", "fetch.wait.max.ms": 250}
        self._consumer = Consumer(config)
        self._producer = self._a_producer()
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()

    def restore(self) -> list[Record]:
        """All that stands on the ledger, in its order. Blocks; raises BrokerUnreachable."""
        self._consumer.assign([TopicPartition(self._topic, 0, OFFSET_BEGINNING)])
        found: list[Record] = []
        while True:
            message = self._consumer.poll(_RESTORE_STALLED_S)
            if message is None:
                said = self._complaints.last.str() if self._complaints.last is not None else "no answer"
                raise BrokerUnreachable(f"{self._topic} could not be read to its end: {said}.")
            error = message.error()
            if error is None:
                found += _records([message])
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's own name
                return found
            elif not error.retriable():
                failure = KafkaException(error)
                raise unreachable(failure, self._kafka, self._complaints) or BrokerUnreachable(
                    f"{self._topic} could not be read: {error.str()}."
                )

    def follow(self, heard: Callable[[Sequence[Record]], None], failed: Callable[[Exception], None]) -> None:
        """Go on reading: on the running event loop `heard` is told what has come, `failed` that nothing more will."""
        loop = asyncio.get_running_loop()

        def read_on() -> None:
            try:
                self._read_on(lambda records: loop.call_soon_threadsafe(heard, records))
            except Exception as error:  # noqa: BLE001 - a thread that dies unheard would let calls wait for ever
                # A loop that is closed belongs to a process that is leaving.
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(failed, error)

        self._thread = threading.Thread(target=read_on, name="spend-ledger", daemon=True)
        self._thread.start()

    def write(self, records: Iterable[Record]) -> None:
        """Hand records to the producer. Whether they are written shows when they are read."""
        for key, value in records:
            try:
                self._producer.produce(self._topic, value=value, key=key, partition=0, on_delivery=self._delivered)
            except (KafkaException, BufferError) as error:
                log.warning("spend_not_written", error=type(error).__name__)
                self._producer = self._a_producer()
                return

    def close(self, last: Iterable[Record], *, within_s: float) -> None:
        """Write what is left to say, and close the connections. Blocks for `within_s` at most, and a poll."""
        self._closing.set()
        self.write(last)
        if self._producer.flush(within_s):
            log.warning("spend_not_settled", consequence="what was held counts as spent until the period ends")
        if self._thread is not None:
            self._thread.join(within_s)
        self._consumer.close()

    def _read_on(self, tell: Callable[[Sequence[Record]], object]) -> None:
        while not self._closing.is_set():
            first = self._consumer.poll(_POLL_S)
            self._producer.poll(0)
            if first is None:
                continue
            # consume() would gather for the whole time-out; what is there already it gives at once.
            if records := _records([first, *self._consumer.consume(_MOST_AT_ONCE, timeout=0)]):
                tell(records)

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            log.warning("spend_not_written", error=error.name())
            if error.fatal():
                self._producer = self._a_producer()

    def _a_producer(self) -> Producer:
        return Producer(
            client_config(self._kafka)
            | {
                "acks": "all",
                "enable.idempotence": True,
                "linger.ms": 0,
                "message.timeout.ms": int(_GIVE_UP_S * 1000),
                "error_cb": self._complaints,
            }
        )


def _records(messages: Iterable[Message]) -> list[Record]:
    return [(message.key() or b"", message.value()) for message in messages if message.error() is None]
