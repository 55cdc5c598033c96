"""How long a start takes to know 300,000 insights of 1 KB again, by store; a real broker is started for it.

The time is that of the restore stage: reading keys and headers from the topic and applying them. The bar is 6 seconds
(70,000 insights a second are 4.3), and one second for a second start with RocksDB. Beside it stand insights a second,
and the seconds of CPU that say what the time would be on a machine that nobody else uses.
"""

from __future__ import annotations

import asyncio
import functools
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
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
from streams.worker import garbage
from tests.support.jars import fetch
from tests.support.kafka import KafkaBroker, Node
from tests.support.topics import create_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INSIGHTS = 300_000
RECORDS = 100_000
PARTITIONS = 6
TOPIC, EVENTS = "crm.insights", "crm.events"
TOPIC_ID = "AAAAAAAAAAAAAAAAAAAAAA"
ROUNDS = 3
# With key and headers 1 KB; half of it is random, as an insight's text compresses to.
VALUE = os.urandom(320) + b"x" * 320


FIRST, SECOND = "RocksDB, first start", "RocksDB, second start"


@dataclass(frozen=True, slots=True)
class _Restored:
    """One restore: how long it took, and the processor's time for it, librdkafka's threads included."""

    ms: float
    cpu_s: float


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
            found: dict[str, list[_Restored]] = {}
            for number in range(ROUNDS):
                rocks = functools.partial(_rocks, Path(directory) / f"state-{number}")
                for name, make in (("memory", DedupeState), (FIRST, rocks), (SECOND, rocks)):
                    found.setdefault(name, []).append(_restored(kafka, make))
        finally:
            broker.close()
    rows = [Row.of(name, [one.ms for one in ones]) for name, ones in found.items()]
    title = f"Restore of {INSIGHTS:,} insights of {RECORDS:,} records"
    return Report(title, "ms", rows, beside=dict(_beside(found)))


def _beside(found: dict[str, list[_Restored]]) -> Iterator[tuple[str, float]]:
    for name, ones in found.items():
        yield f"{name}: CPU seconds", round(statistics.median(one.cpu_s for one in ones), 2)
        if name != SECOND:
            # Nothing is left to read at a second start.
            yield f"{name}: insights/s", round(INSIGHTS / statistics.median(one.ms for one in ones) * 1000)
            yield f"{name}: insights/CPU-s", round(INSIGHTS / statistics.median(one.cpu_s for one in ones))


def _rocks(home: Path) -> DedupeState:
    return DedupeState(tables_in(home, TOPIC, TOPIC_ID))


def _restored(kafka: KafkaSettings, make: Callable[[], DedupeState]) -> _Restored:
    # As a worker has done by then.
    garbage.settle()
    began_s, cpu_began_s = time.perf_counter(), time.process_time()
    state = make()
    needed = MarksNeeded(EVENTS, horizon_ms=86_400_000, accept_missing=False)
    asyncio.run(BulkRestore(kafka, TOPIC, state, needed).run(range(PARTITIONS)))
    took = _Restored((time.perf_counter() - began_s) * 1000, time.process_time() - cpu_began_s)
    for number in (0, INSIGHTS - 1):
        if not state.has_insight(number % PARTITIONS, _event_id(number)):
            raise RuntimeError(f"insight {number} was not restored")
    state.close()
    return took


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
