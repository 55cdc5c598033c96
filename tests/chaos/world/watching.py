"""Looks at the group all through a run: what it has committed, and how far both topics were right after."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

from confluent_kafka import Consumer, KafkaException, TopicPartition

from tests.chaos.check.evidence import Sample

if TYPE_CHECKING:
    from collections.abc import Mapping

_EVERY_S = 0.25
_TIMEOUT_S = 2.0


class Watcher:
    """Takes a sample every quarter of a second on a thread of its own, for as long as its `with` block lasts.

    A broker that does not answer leaves a hole in the samples, never a wrong one. It asks as a consumer that has not
    joined: librdkafka 2.16's admin client ends the whole process (an assertion) when a broker dies under a request.
    """

    def __init__(self, bootstrap_servers: str, *, group: str, events: str, insights: str, partitions: int) -> None:
        """Say whom to watch; nothing is asked yet."""
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap_servers,
                "group.id": group,
                "enable.auto.commit": False,
                "log_level": 0,
                # A leader that has moved is noticed soon: a hole of a second, not of minutes.
                "topic.metadata.refresh.interval.ms": 1000,
            }
        )
        self._events = [TopicPartition(events, number) for number in range(partitions)]
        self._insights = [TopicPartition(insights, number) for number in range(partitions)]
        self.samples: list[Sample] = []
        self.holes = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="chaos-watcher")

    def __enter__(self) -> Self:
        """Begin to watch."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching."""
        self._over.set()
        self._thread.join()
        self._consumer.close()

    def _watch(self) -> None:
        while not self._over.wait(_EVERY_S):
            try:
                self.samples.append(self._sample())
            except KafkaException:
                self.holes += 1

    def _sample(self) -> Sample:
        at_s = time.time()
        known = self._consumer.committed(self._events, timeout=_TIMEOUT_S)
        committed = {one.partition: one.offset for one in known if one.error is None and one.offset >= 0}
        # After, never before: what was finished when the offsets were read must lie below these ends.
        return Sample(at_s, committed, self._ends(self._insights), self._ends(self._events))

    def _ends(self, partitions: list[TopicPartition]) -> Mapping[int, int]:
        found: dict[int, int] = {}
        for one in partitions:
            ends = self._consumer.get_watermark_offsets(one, timeout=_TIMEOUT_S)
            if ends is None:
                raise KafkaException(f"no answer about {one.topic}-{one.partition}")
            found[one.partition] = ends[1]
        return found
