"""Sends the sample records as a day does: some at once, some while one looks on, some when all else has ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from confluent_kafka import KafkaError, Message, Producer

from streams.demo.embedded_broker import QUIET
from streams.demo.sample_events import Wave
from streams.errors import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from streams.demo.sample_events import Sample
    from streams.demo.view.progress import Progress

_PER_SECOND = 10.0
_FLUSH_S = 10.0
# How long a wave waits for the one before. When it is over the wave is sent all the same, and the verdict tells.
_PATIENCE_S = 30.0


async def send(records: Sequence[Sample], bootstrap_servers: str, progress: Progress) -> None:
    """Send all records and return when the broker has them. Raises `CommandFailed` if it refuses one."""
    # Java's partitioner: with librdkafka's own, a record's events would be spread over two partitions.
    producer = Producer({"bootstrap.servers": bootstrap_servers, "partitioner": "murmur2_random", **QUIET})
    refused: list[KafkaError] = []

    def delivered(error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            refused.append(error)

    for wave in Wave:
        if wave is Wave.WHILE_WORKING:
            await _until(lambda: progress.first_insight_s is not None)
        if wave is Wave.AFTERWARDS:
            await _until(lambda: progress.settled)
        for record in records:
            if record.wave is not wave:
                continue
            producer.produce(
                record.topic, record.value, record.key, headers=list(record.headers), on_delivery=delivered
            )
            producer.poll(0)
            progress.sent += 1
            if wave is Wave.WHILE_WORKING:
                await asyncio.sleep(1 / _PER_SECOND)
        await asyncio.to_thread(producer.flush, _FLUSH_S)
        if refused:
            raise CommandFailed(f"the embedded broker refused a sample record: {refused[0].str()}")


async def _until(condition: Callable[[], bool]) -> None:
    deadline = asyncio.get_running_loop().time() + _PATIENCE_S
    while not condition() and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 -- set by another process
        await asyncio.sleep(0.05)
