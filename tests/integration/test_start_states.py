"""Every state in which a start can find its topics ends in the right behaviour, or in a refusal with the remedy."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions  # type: ignore[attr-defined]  # its stub forgets them

from tests.support.foreign_clients import ForeignClients, crm_event
from tests.support.installation import Installation, an_installation, log_lines
from tests.support.supervision import wait_until
from tests.support.topics import end_offsets, read_all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.processes import WorkerProcess
    from tests.support.simulator import LlmSimulator

pytestmark = pytest.mark.kafka

DONE = range(20)
NEW = range(20, 30)
TIMEOUT_S = 30.0


@pytest.fixture
def installation(
    tmp_path: Path, bootstrap_servers: str, registry_url: str, llm_simulator: LlmSimulator
) -> Installation:
    return an_installation(tmp_path, bootstrap_servers, registry_url, llm_simulator.base_url).set_up(partitions=2)


@pytest.fixture
def admin(bootstrap_servers: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": bootstrap_servers})


@pytest.fixture
def foreign(installation: Installation) -> Iterator[ForeignClients]:
    with ForeignClients(installation) as clients:
        yield clients


@pytest.fixture
def worker(installation: Installation) -> Iterator[WorkerProcess]:
    """A worker that has ended after it has published an insight for each of `DONE` and committed."""
    worker = installation.worker(1, "--only", "enrich")
    try:
        worker.start()
        with ForeignClients(installation) as clients:
            clients.produce(crm_event(number) for number in DONE)
            clients.wait_for_insights(len(DONE))
        assert worker.stop() == 0
        yield worker
    finally:
        worker.close()


def expire(admin: AdminClient, topic: str, below: dict[int, int]) -> None:
    """Delete what lies below these offsets, as retention does in its time."""
    asked = [TopicPartition(topic, number, offset) for number, offset in below.items()]
    for future in admin.delete_records(asked, request_timeout=TIMEOUT_S).values():
        future.result(TIMEOUT_S)


def delete(admin: AdminClient, topic: str) -> None:
    """Delete a topic and wait until no broker tells of it."""
    admin.delete_topics([topic])[topic].result(TIMEOUT_S)
    wait_until(
        lambda: topic not in admin.list_topics(timeout=TIMEOUT_S).topics,
        timeout_s=TIMEOUT_S,
        what="the end of the topic",
    )


def rewind(admin: AdminClient, installation: Installation) -> None:
    """Take the commits back: a worker that died before it committed."""
    asked = [TopicPartition(installation.events, number, 0) for number in range(2)]
    changed = admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(installation.group, asked)])
    changed[installation.group].result(TIMEOUT_S)


def published(foreign: ForeignClients) -> Counter[str]:
    return Counter(value["event_id"] for _, value in foreign.wait_for_insights(0))


def ids(*ranges: range) -> dict[str, int]:
    return {f"evt-{number}": 1 for numbers in ranges for number in numbers}


def servers(installation: Installation) -> str:
    return installation.settings["CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"]


def test_commits_that_were_lost_cost_no_call_while_the_marks_are_there(
    worker: WorkerProcess,
    installation: Installation,
    foreign: ForeignClients,
    admin: AdminClient,
    llm_simulator: LlmSimulator,
) -> None:
    rewind(admin, installation)
    worker.start()
    foreign.produce(crm_event(number) for number in NEW)
    foreign.wait_for_insights(len(DONE) + len(NEW), settle_s=0.5)
    assert published(foreign) == ids(DONE, NEW)
    assert llm_simulator.stats()["calls"] == len(DONE) + len(NEW)
    assert worker.stop() == 0


def test_marks_that_expired_are_not_missed_where_their_events_are_committed(
    worker: WorkerProcess, installation: Installation, foreign: ForeignClients, admin: AdminClient
) -> None:
    expire(admin, installation.insights, dict.fromkeys(range(2), -1))
    worker.start()
    foreign.produce(crm_event(number) for number in NEW)
    wait_until(lambda: len(published(foreign)) == len(NEW), timeout_s=60, what="the new insights", every_s=0.5)
    assert published(foreign) == ids(NEW)
    assert worker.stop() == 0


def test_marks_that_expired_before_their_events_were_committed_are_a_refusal_with_the_ways_on(
    worker: WorkerProcess, installation: Installation, admin: AdminClient, llm_simulator: LlmSimulator
) -> None:
    ends = end_offsets(servers(installation), installation.insights)
    rewind(admin, installation)
    expire(admin, installation.insights, {number: end - 1 for number, end in ends.items()})
    worker.start(wait=False)
    assert worker.process.wait(timeout_s=60) == 1

    (leaving,) = [line for line in log_lines(worker) if line["event"] == "leaving"]
    assert "CRM_INSIGHTS_STATE__ACCEPT_MISSING_MARKS" in json.dumps(leaving)
    assert llm_simulator.stats()["calls"] == len(DONE)


def test_the_refusal_can_be_overruled(
    worker: WorkerProcess, installation: Installation, admin: AdminClient, foreign: ForeignClients
) -> None:
    ends = end_offsets(servers(installation), installation.insights)
    rewind(admin, installation)
    expire(admin, installation.insights, {number: end - 1 for number, end in ends.items()})
    bold = installation.worker(2, "--only", "enrich", STATE__ACCEPT_MISSING_MARKS="true")
    try:
        bold.start()
        foreign.produce(crm_event(number) for number in NEW)
        wait_until(lambda: published(foreign).keys() >= ids(NEW).keys(), timeout_s=60, what="the insights", every_s=0.5)
        assert bold.stop() == 0
    finally:
        bold.close()
    assert worker.process.running is False


def test_events_that_expired_unread_are_an_alarm_and_the_rest_is_read(
    worker: WorkerProcess, installation: Installation, foreign: ForeignClients, admin: AdminClient
) -> None:
    foreign.produce(crm_event(number) for number in NEW)
    ends = end_offsets(servers(installation), installation.events)
    expire(admin, installation.events, ends)
    rewind(admin, installation)
    later = range(30, 34)
    foreign.produce(crm_event(number) for number in later)
    worker.start()
    foreign.wait_for_insights(len(DONE) + len(later))

    assert published(foreign) == ids(DONE, later)
    assert worker.metric("crm_insights_events_expired_total") == sum(ends.values())
    assert worker.status("/healthz") == 503
    expired = [line for line in log_lines(worker) if line["event"] == "events_expired"]
    assert sum(line["lost"] for line in expired) == sum(ends.values())
    assert all("KAFKA__ACCEPT_EXPIRED" in line["remedy"] for line in expired)
    assert worker.stop() == 0


def test_an_events_topic_that_was_made_anew_is_read_from_its_beginning(
    worker: WorkerProcess, installation: Installation, foreign: ForeignClients, admin: AdminClient
) -> None:
    """Its offsets begin at 0 again, below those that are committed and those that insights name."""
    delete(admin, installation.events)
    installation.command("topics", "create")
    foreign.produce(crm_event(number) for number in NEW)
    worker.start()
    foreign.wait_for_insights(len(DONE) + len(NEW))
    assert published(foreign) == ids(DONE, NEW)
    assert worker.stop() == 0


@pytest.mark.parametrize("store", ["memory", "rocksdb"])
def test_an_insights_topic_that_was_made_anew_begins_with_no_marks(
    installation: Installation, foreign: ForeignClients, admin: AdminClient, store: str
) -> None:
    worker = installation.worker(1, "--only", "enrich", STATE__STORE=store)
    try:
        worker.start()
        foreign.produce(crm_event(number) for number in DONE)
        foreign.wait_for_insights(len(DONE))
        assert worker.stop() == 0
        delete(admin, installation.insights)
        installation.command("topics", "create")
        rewind(admin, installation)
        worker.start()
        foreign.wait_for_insights(len(DONE))
        assert published(foreign) == ids(DONE)
        assert worker.stop() == 0
    finally:
        worker.close()


@pytest.mark.slow
def test_topics_that_grow_under_a_running_worker_make_it_leave_and_say_why(
    worker: WorkerProcess, installation: Installation, admin: AdminClient
) -> None:
    worker.start()
    grown = [NewPartitions(topic, 4) for topic in (installation.events, installation.insights)]
    for future in admin.create_partitions(grown).values():
        future.result(TIMEOUT_S)
    assert worker.process.wait(timeout_s=60) == 1

    (leaving,) = [line for line in log_lines(worker) if line["event"] == "leaving"]
    assert "had 2 partitions when this worker started and has 4 now" in json.dumps(leaving)
    assert sum(end_offsets(servers(installation), installation.insights).values()) == len(DONE)


@pytest.mark.slow
def test_an_events_topic_that_is_made_anew_under_a_running_worker_makes_it_leave_and_its_events_are_read(
    worker: WorkerProcess, installation: Installation, foreign: ForeignClients, admin: AdminClient
) -> None:
    """Its offsets begin anew; by what is remembered of the old ones, new events would have ended already."""
    worker.start()
    delete(admin, installation.events)
    installation.command("topics", "create")
    assert worker.process.wait(timeout_s=90) == 1
    assert "was deleted and made anew" in worker.stderr

    foreign.produce(crm_event(number) for number in NEW)
    worker.start()
    foreign.wait_for_insights(len(DONE) + len(NEW))
    assert published(foreign) == ids(DONE, NEW)
    assert worker.stop() == 0


def test_the_worker_that_follows_a_clean_stop_pays_for_nothing_again(
    worker: WorkerProcess, installation: Installation, llm_simulator: LlmSimulator
) -> None:
    worker.start()
    assert worker.stop() == 0
    assert llm_simulator.stats()["calls"] == len(DONE)
    assert len(read_all(servers(installation), installation.insights)) == len(DONE)
