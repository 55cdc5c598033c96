"""Reads `crm.insights` in bulk, keys and headers only, so that a worker is ready in seconds.

Faust's own recovery reads 4,400 records a second whatever the store (measured: 68 s for 300,000 insights); reading with
librdkafka in batches and applying keys and headers reaches 120,000.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.errors import BrokerUnreachable
from streams.kafka_clients import CONNECT_TIMEOUT_S, BrokerComplaints, onlooker_config, unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from confluent_kafka import Message

    from streams.settings.model import KafkaSettings

# Of 20,000 at a time all objects are alive at once: they fall out of the processor's cache, and the interpreter looks
# through them for garbage again and again. 300,000 insights took 4.7 s so, and 2.8 s by the 500 (measured).
BATCH_RECORDS = 500
# A batch that is not full is waited for so long, also the last one: a worker that joins stands still meanwhile.
POLL_S = 0.02

# A record lies 1 to 3 KB apart from the next; 64 MB keep the fetcher ahead of the reader on any of them.
QUEUED_KBYTES = 65_536

# What no further try mends.
_FOR_A_PERSON = frozenset({KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED})

# The broker has these records; when none comes for so long it has gone away.
SILENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class Extent:
    """What a partition of the changelog holds: offsets from `low` to below `high`."""

    low: int
    high: int


class ChangelogReader:
    """Reads partitions of one topic from given offsets to their ends. Blocks: use a thread."""

    def __init__(self, kafka: KafkaSettings, topic: str) -> None:
        """Take the broker and the topic; `close` it."""
        self._kafka = kafka
        self._topic = topic
        self._complaints = BrokerComplaints()
        self._consumer = Consumer(
            # The group's committed offsets are asked for.
            onlooker_config(kafka, self._complaints) | {"queued.max.messages.kbytes": QUEUED_KBYTES}
        )

    def extents(self, partitions: Iterable[int]) -> dict[int, Extent]:
        """The ends of `partitions`. Raises BrokerUnreachable."""
        return {number: self.extent(self._topic, number) for number in partitions}

    def extent(self, topic: str, number: int) -> Extent:
        """The ends of one partition of any topic. Raises BrokerUnreachable."""
        partition = TopicPartition(topic, number)
        low, high = self._ask(lambda: self._consumer.get_watermark_offsets(partition, timeout=CONNECT_TIMEOUT_S))
        return Extent(low, high)

    def committed(self, topic: str, number: int) -> int | None:
        """The offset that the group has committed; None for none. Raises BrokerUnreachable."""
        asked = [TopicPartition(topic, number)]
        (found,) = self._ask(lambda: self._consumer.committed(asked, timeout=CONNECT_TIMEOUT_S))
        return found.offset if found.offset >= 0 else None

    def time_of_first(self, topic: str, number: int, offset: int) -> int | None:
        """The time in milliseconds of the first record at or after `offset`; None where the partition holds none.

        Raises BrokerUnreachable when it does not come.
        """
        self._consumer.assign([TopicPartition(topic, number, offset)])
        asked_at = time.monotonic()
        while time.monotonic() - asked_at < SILENCE_S:
            message = self._ask(lambda: self._consumer.poll(POLL_S))
            if message is not None:
                records, _ = self._split([message])
                return int(message.timestamp()[1]) if records else None
        raise self._silent(topic)

    def read(
        self, ranges: Mapping[int, Extent], apply: Callable[[list[Message]], None], stop: Callable[[], bool]
    ) -> bool:
        """Read each partition from `low` to its end, at or after `high`; batches in offset order go to `apply`.

        Returns False where `stop` said so. Raises BrokerUnreachable when the records do not come.
        """
        wanted = {number: extent for number, extent in ranges.items() if extent.low < extent.high}
        self._consumer.assign([TopicPartition(self._topic, number, extent.low) for number, extent in wanted.items()])
        unread = set(wanted)
        heard_at = time.monotonic()
        while unread:
            if stop():
                return False
            batch = self._ask(lambda: self._consumer.consume(BATCH_RECORDS, timeout=POLL_S))
            if batch:
                heard_at = time.monotonic()
                records, ends = self._split(batch)
                apply(records)
                unread -= {number for number, at in ends.items() if at >= wanted[number].high}
            elif time.monotonic() - heard_at > SILENCE_S:
                raise self._silent(self._topic)
        return True

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close()

    def _silent(self, topic: str) -> BrokerUnreachable:
        said = f": {self._complaints.last.str()}" if self._complaints.last is not None else ""
        return BrokerUnreachable(f"no record of {topic} came for {SILENCE_S:g} s{said}")

    @staticmethod
    def _split(batch: list[Message]) -> tuple[list[Message], dict[int, int]]:
        """The records, and the partitions that are read to an end, as a broker says, and where that is.

        Compaction and expiry leave gaps up to the very end, so the last record does not tell. A leader that has just
        been elected may see an end below the one that was told before; it is asked again until it has caught up.
        """
        records: list[Message] = []
        ended: dict[int, int] = {}
        for message in batch:
            error = message.error()
            if error is None:
                records.append(message)
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's name for it
                ended[message.partition() or 0] = message.offset() or 0
            else:
                raise KafkaException(error)
        return records, ended

    def _ask(self, request: Callable[[], Any]) -> Any:
        try:
            return request()
        except KafkaException as error:
            if (fault := unreachable(error, self._kafka, self._complaints)) is not None:
                raise fault from error
            if error.args[0].code() in _FOR_A_PERSON:
                raise
            # An election, a broker that is starting: the next try meets another state.
            raise BrokerUnreachable(f"{self._topic} cannot be read now: {error.args[0].str()}") from error
