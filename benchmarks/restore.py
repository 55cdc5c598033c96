"""How long a start takes to know 300,000 insights of 1 KB again, by store; a real broker is started for it.

The time is that of the restore stage: reading keys and headers from the topic and applying them. The bar is 6 seconds
(70,000 insights a second are 4.3), and one second for a second start with RocksDB.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from confluent_kafka import Producer

from benchmarks.report import Report, Row
from schemas.codec import InsightWriter
from streams.delivery.dedupe.bulk_restore import BulkRestore
from streams.delivery.dedupe.completeness import MarksNeeded
from streams.delivery.dedupe.dedupe_state import DedupeState
from streams.delivery.dedupe.insight_headers import LastInsight
from streams.delivery.dedupe.rocks_table import tables_in
from streams.settings import KafkaSettings
from tests.support.jars import fetch
from tests.support.kafka import KafkaBroker, Node
from tests.support.topics import create_topic

if TYPE_CHECKING:
    from collections.abc import Callable

INSIGHTS = 300_000
RECORDS = 100_000
PARTITIONS = 6
TOPIC, EVENTS = "crm.insights", "crm.events"
TOPIC_ID = "AAAAAAAAAAAAAAAAAAAAAA"
ROUNDS = 3
# With key and headers 1 KB; half of it is random, as an insight's text compresses to.
VALUE = os.urandom(320) + b"x" * 320


def run() -> Report:
    """Produce the insights, then restore them into each store."""
    with tempfile.TemporaryDirectory() as directory:
        broker = KafkaBroker(fetch(), Node.at(Path(directory) / "kafka"))
        try:
            broker.start()
            for topic in (TOPIC, EVENTS):
                create_topic(broker.bootstrap_servers, topic, partitions=PARTITIONS)
            _produce(broker.bootstrap_servers)
            kafka = KafkaSettings(bootstrap_servers=broker.bootstrap_servers)
            first, second = [], []
            for number in range(ROUNDS):
                home = Path(directory) / f"state-{number}"
                first.append(_restored_ms(kafka, lambda home=home: _rocks(home)))  # type: ignore[misc]
                second.append(_restored_ms(kafka, lambda home=home: _rocks(home)))  # type: ignore[misc]
            memory = [_restored_ms(kafka, DedupeState) for _ in range(ROUNDS)]
        finally:
            broker.close()
    rows = [
        Row.of("memory", memory),
        Row.of("RocksDB, first start", first),
        Row.of("RocksDB, second start", second),
    ]
    return Report(f"Restore of {INSIGHTS:,} insights of {RECORDS:,} records", "ms", rows)


def _rocks(home: Path) -> DedupeState:
    return DedupeState(tables_in(home, TOPIC, TOPIC_ID))


def _restored_ms(kafka: KafkaSettings, make: Callable[[], DedupeState]) -> float:
    began_s = time.perf_counter()
    state = make()
    needed = MarksNeeded(EVENTS, horizon_ms=86_400_000, accept_missing=False)
    asyncio.run(BulkRestore(kafka, TOPIC, state, needed).run(range(PARTITIONS)))
    took_ms = (time.perf_counter() - began_s) * 1000
    for number in (0, INSIGHTS - 1):
        if not state.has_insight(number % PARTITIONS, _event_id(number)):
            raise RuntimeError(f"insight {number} was not restored")
    state.close()
    return took_ms


def _event_id(number: int) -> str:
    return f"0b9f6c1e-6a3d-4f0a-9d6e-{number:012d}"


def _produce(bootstrap_servers: str) -> None:
    producer = Producer(
        {
            "bootstrap.servers": bootstrap_servers,
            "linger.ms": 20,
            "queue.buffering.max.messages": INSIGHTS,
            "compression.type": "lz4",
        }
    )
    writer = InsightWriter(2, 3)
    for number in range(INSIGHTS):
        last = LastInsight(
            record=f"tenant-{number % 7}/Ticket/{number % RECORDS}",
            kind="interaction_summary",
            fingerprint=f"{number:032x}",
            occurred_at=1_764_000_000_000 + number,
            source_offset=number,
            events_topic_id=TOPIC_ID,
        )
        producer.produce(
            TOPIC,
            key=writer.key(_event_id(number)),
            value=VALUE,
            partition=number % PARTITIONS,
            headers=dict(last.headers()),
        )
        if number % 1_000 == 0:
            producer.poll(0)
    if producer.flush(60):
        raise RuntimeError("the insights could not all be produced")
