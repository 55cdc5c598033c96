"""Where a new group begins on a topic with a past: KAFKA__START_FROM, so that a first start is no bill."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.support.foreign_clients import ForeignClients, crm_event
from tests.support.installation import Installation, an_installation
from tests.support.supervision import wait_until
from tests.support.topics import read_all

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.processes import WorkerProcess
    from tests.support.simulator import LlmSimulator

pytestmark = pytest.mark.kafka

PAST = range(20)
NEW = range(20, 40)
LATER = range(40, 50)


@pytest.fixture
def installation(
    tmp_path: Path, bootstrap_servers: str, registry_url: str, llm_simulator: LlmSimulator
) -> Installation:
    return an_installation(tmp_path, bootstrap_servers, registry_url, llm_simulator.base_url).set_up()


def ids(numbers: range) -> dict[str, int]:
    return {f"evt-{number}": 1 for number in numbers}


def read_by(worker: WorkerProcess, foreign: ForeignClients, count: int) -> Counter[str]:
    insights = foreign.wait_for_insights(count, settle_s=0.5)
    assert worker.stop() == 0
    return Counter(value["event_id"] for _, value in insights)


def test_latest_reads_only_what_comes_after_the_first_start_and_later_all_that_was_missed(
    installation: Installation, llm_simulator: LlmSimulator
) -> None:
    worker = installation.worker(KAFKA__START_FROM="latest")
    try:
        with ForeignClients(installation) as foreign:
            foreign.produce(crm_event(number) for number in PAST)
            worker.start()
            foreign.produce(crm_event(number) for number in NEW)
            assert read_by(worker, foreign, len(NEW)) == ids(NEW)

            foreign.produce(crm_event(number) for number in LATER)
            worker.start()
            assert read_by(worker, foreign, len(NEW) + len(LATER)) == ids(NEW) | ids(LATER)
    finally:
        worker.close()
    assert llm_simulator.stats()["calls"] == len(NEW) + len(LATER)


def test_a_time_reads_only_what_was_produced_from_then_on(
    installation: Installation, bootstrap_servers: str, llm_simulator: LlmSimulator
) -> None:
    with ForeignClients(installation) as foreign:
        foreign.produce(crm_event(number) for number in PAST)
        moment_ms = 1 + max(record.timestamp_ms for record in read_all(bootstrap_servers, installation.events))
        wait_until(lambda: time.time() * 1000 > moment_ms, timeout_s=5, what="the clock to pass the moment")
        foreign.produce(crm_event(number) for number in NEW)

        moment = datetime.fromtimestamp(moment_ms / 1000, UTC).isoformat()
        worker = installation.worker(KAFKA__START_FROM=moment)
        try:
            worker.start()
            assert read_by(worker, foreign, len(NEW)) == ids(NEW)
        finally:
            worker.close()
    assert llm_simulator.stats()["calls"] == len(NEW)
