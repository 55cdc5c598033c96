"""Watches the demo's worker from outside: its /metrics, and the topics that it publishes to."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Self

import aiohttp
from confluent_kafka import Consumer, Message, TopicPartition

from streams.demo.embedded_broker import PARTITIONS, QUIET
from streams.demo.view.progress import WorkerMetrics

if TYPE_CHECKING:
    from schemas.codec import InsightReader
    from streams.demo.view.progress import Progress

_EVERY_S = 0.2
_BATCH = 200
_REQUEST_S = 2.0


class Watch:
    """`async with Watch(...) as watch:` then `await watch.look()` again and again; each look updates `progress`."""

    def __init__(
        self,
        progress: Progress,
        *,
        metrics_url: str,
        bootstrap_servers: str,
        topics: tuple[str, str],
        reader: InsightReader,
        started: float,
    ) -> None:
        """`topics` are those of the insights and of the dead letters, `started` the monotonic time of the start."""
        self.progress = progress
        self._metrics_url = metrics_url
        self._topics = topics
        self._reader = reader
        self._started = started
        # Partitions are assigned by hand: a consumer group of the mock broker waits 3 s before it reads.
        self._consumer = Consumer({"bootstrap.servers": bootstrap_servers, "group.id": "demo-view", **QUIET})
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Begin at the start of the topics."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_REQUEST_S))
        partitions = range(PARTITIONS)
        self._consumer.assign([TopicPartition(topic, number, 0) for topic in self._topics for number in partitions])
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Close the consumer and the HTTP session."""
        if self._session is not None:
            await self._session.close()
        await asyncio.to_thread(self._consumer.close)

    async def look(self) -> None:
        """Read what has come since the last look; takes about 0.2 s."""
        records = await asyncio.to_thread(self._consumer.consume, _BATCH, _EVERY_S)
        for record in records:
            await self._note(record)
        await self._read_metrics()
        self.progress.elapsed_s = time.monotonic() - self._started

    async def _note(self, record: Message) -> None:
        value = record.value()
        if record.error() is not None or value is None:
            return
        if record.topic() == self._topics[0]:
            insight = await self._reader.read(value)
            self.progress.add_insight(insight, time.monotonic() - self._started)
        else:
            self.progress.dead_letters += 1

    async def _read_metrics(self) -> None:
        if self._session is None:
            return
        try:
            async with self._session.get(self._metrics_url) as response:
                text = await response.text()
        except (aiohttp.ClientError, TimeoutError):
            # The worker does not listen yet, or not any more: what was read last stands.
            return
        self.progress.metrics = WorkerMetrics.parse(text)
