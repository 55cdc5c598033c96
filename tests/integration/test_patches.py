"""What the patches of streams/faust_patches are for, shown on a real broker."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # its stub forgets to export them
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from tests.support.foreign_clients import ForeignClients, crm_event
from tests.support.installation import Installation, an_installation
from tests.support.processes import clean_environ
from tests.support.supervision import wait_until
from tests.support.topics import Sent, committed_offsets, create_topic, fresh, produce, read_all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.kafka import KafkaBroker
    from tests.support.processes import WorkerProcess
    from tests.support.simulator import LlmSimulator

pytestmark = pytest.mark.kafka

# Prints how long ListOffsets takes at most, in seconds, while a fetch of an empty partition is under way: with the
# consumer that the patch makes, and with Faust's own. A process of its own, because Faust leaves loops behind.
LIST_OFFSETS_BEHIND_A_FETCH = """
import asyncio, json, sys, time
from aiokafka import TopicPartition
from streams.faust_patches import consuming
from streams.app import create_app
from streams.delivery.ownership import Lease
from streams.settings import load_settings

async def longest_wait(create):
    app = create_app(load_settings(), "f", Lease(6))
    consumer = create(app.consumer._thread, app.transport)
    await consumer.start()
    partition = TopicPartition(sys.argv[1], 0)
    consumer.assign([partition])
    fetching = asyncio.ensure_future(consumer.getone())
    longest = 0.0
    for _ in range(3):
        # Longer than the patched fetch waits, so that the next one is under way.
        await asyncio.sleep(0.12)
        started = time.perf_counter()
        await consumer.end_offsets([partition])
        longest = max(longest, time.perf_counter() - started)
    fetching.cancel()
    await consumer.stop()
    return longest

async def main():
    patched = await longest_wait(consuming.create_consumer_with_short_wait)
    stock = await longest_wait(consuming._create_worker_consumer)
    print(json.dumps([patched, stock]), flush=True)

asyncio.run(main())
"""


@pytest.fixture
def installation(
    tmp_path: Path, bootstrap_servers: str, registry_url: str, llm_simulator: LlmSimulator
) -> Installation:
    return an_installation(tmp_path, bootstrap_servers, registry_url, llm_simulator.base_url).set_up()


@pytest.fixture
def workers(installation: Installation) -> Iterator[tuple[WorkerProcess, WorkerProcess]]:
    """Two workers that are not started; calls that hang are given up after three seconds and made again."""
    changed = {"LLM__MAX_IN_FLIGHT": "4", "LLM__ATTEMPT_TIMEOUT_S": "3"}
    first, second = (installation.worker(number, "--only", "enrich", **changed) for number in (1, 2))
    try:
        yield first, second
    finally:
        first.close()
        second.close()


# ---- P -----------------------------------------------------------------------------------------------------------


def batches(segment: bytes) -> list[tuple[int, int, int]]:
    """Producer id, first sequence number and record count of each batch in a segment file (message format 2)."""
    found, at = [], 0
    while at + 61 <= len(segment):
        (length,) = struct.unpack_from(">i", segment, at + 8)
        producer_id, _, sequence, count = struct.unpack_from(">qhii", segment, at + 43)
        found.append((producer_id, sequence, count))
        at += 12 + length
    return found


def test_p_the_broker_sees_an_idempotent_producer_on_every_topic_that_we_write(
    kafka_broker: KafkaBroker, tmp_path: Path, registry_url: str, llm_simulator: LlmSimulator
) -> None:
    servers = kafka_broker.bootstrap_servers
    source = create_topic(servers, fresh("src"))
    installation = an_installation(
        tmp_path, servers, registry_url, llm_simulator.base_url, sources={source: "native"}
    ).set_up()
    worker = installation.worker()
    try:
        worker.start()
        produce(servers, source, [Sent(json.dumps(crm_event(number)).encode()) for number in range(50)])
        produce(servers, source, [Sent(b"\x07")])
        with ForeignClients(installation) as foreign:
            foreign.wait_for_insights(50)
        wait_until(lambda: bool(read_all(servers, installation.dead_letters)), timeout_s=30, what="the dead letter")
        assert worker.stop() == 0
    finally:
        worker.close()

    for topic, least in ((installation.events, 50), (installation.insights, 50), (installation.dead_letters, 1)):
        written = 0
        for segment in (kafka_broker.node.directory / "data").glob(f"{topic}-*/*.log"):
            next_number: dict[int, int] = {}
            for producer_id, sequence, count in batches(segment.read_bytes()):
                assert producer_id >= 0, f"{topic} was written without idempotence"
                assert sequence == next_number.get(producer_id, 0)
                next_number[producer_id] = sequence + count
                written += count
        assert written == least


# ---- Q -----------------------------------------------------------------------------------------------------------


def test_q_an_insight_that_the_broker_refuses_is_a_dead_letter_and_the_next_one_is_taken(
    installation: Installation, bootstrap_servers: str
) -> None:
    resource = ConfigResource(ResourceType.TOPIC, installation.insights)
    resource.add_incremental_config(
        ConfigEntry("max.message.bytes", "20000", incremental_operation=AlterConfigOpType.SET)
    )
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    admin.incremental_alter_configs([resource])[resource].result(30)
    large = tuple((f"ce_{number}", b"x" * 2000) for number in range(20))
    worker = installation.worker(1, "--only", "enrich")
    try:
        worker.start()
        with ForeignClients(installation) as foreign:
            events = [foreign.sent(crm_event(0), partition=0)]
            events += [foreign.sent(crm_event(1), headers=large, partition=0)]
            events += [foreign.sent(crm_event(number), partition=0) for number in (2, 3)]
            produce(bootstrap_servers, installation.events, events)
            insights = foreign.wait_for_insights(3)
        assert worker.stop() == 0
    finally:
        worker.close()

    assert {value["event_id"] for _, value in insights} == {"evt-0", "evt-2", "evt-3"}
    assert [record.partition for record, _ in insights] == [0, 0, 0]
    (letter,) = read_all(bootstrap_servers, installation.dead_letters)
    assert dict(letter.headers)["crm_insights.reason"] == b"oversized"
    assert letter.value == events[1].value


# ---- S -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_s_events_taken_before_a_rebalance_and_never_committed_are_read_again(
    installation: Installation,
    workers: tuple[WorkerProcess, WorkerProcess],
    bootstrap_servers: str,
    llm_simulator: LlmSimulator,
) -> None:
    """Without S the first worker's remaining partitions are never rewound: 70 of these 300 were never read."""
    first, second = workers
    events = 300
    llm_simulator.set_faults({"fault": "hang"})
    with ForeignClients(installation) as foreign:
        foreign.produce(crm_event(number) for number in range(events))
        first.start()
        wait_until(lambda: llm_simulator.stats()["calls"] > 0, timeout_s=30, what="the first calls")
        second.start()
        assert committed_offsets(bootstrap_servers, installation.group) == {}
        llm_simulator.set_faults({})

        insights = foreign.wait_for_insights(events, settle_s=0.5)
    assert Counter(value["event_id"] for _, value in insights) == {f"evt-{number}": 1 for number in range(events)}
    assert [first.stop(), second.stop()] == [0, 0]


def test_s_events_taken_before_a_kill_and_never_committed_are_read_again(
    installation: Installation,
    workers: tuple[WorkerProcess, WorkerProcess],
    bootstrap_servers: str,
    llm_simulator: LlmSimulator,
) -> None:
    worker, _ = workers
    events = 60
    llm_simulator.set_faults({"fault": "hang"})
    with ForeignClients(installation) as foreign:
        foreign.produce(crm_event(number) for number in range(events))
        worker.start()
        wait_until(lambda: llm_simulator.stats()["calls"] > 0, timeout_s=30, what="the first calls")
        worker.kill()
        assert committed_offsets(bootstrap_servers, installation.group) == {}
        llm_simulator.set_faults({})

        worker.start()
        insights = foreign.wait_for_insights(events, settle_s=0.5)
    assert Counter(value["event_id"] for _, value in insights) == {f"evt-{number}": 1 for number in range(events)}
    assert worker.stop() == 0


# ---- F -----------------------------------------------------------------------------------------------------------


def test_f_list_offsets_does_not_wait_behind_a_long_poll(bootstrap_servers: str) -> None:
    topic = create_topic(bootstrap_servers, fresh("poll"), partitions=1)
    done = subprocess.run(
        [sys.executable, "-c", LIST_OFFSETS_BEHIND_A_FETCH, topic],
        env=clean_environ({"CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS": bootstrap_servers}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    patched_s, stock_s = json.loads(done.stdout)
    # Faust's fetch waits 1.5 s at the broker, ours 0.1 s.
    assert stock_s > 1.0
    assert patched_s < 0.7
