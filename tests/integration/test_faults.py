"""A dependency that is down pauses the work: nothing is dead-lettered for it, and everything is done afterwards."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.foreign_clients import EVENT_SCHEMA, ForeignClients, crm_event, key_of
from tests.support.installation import Installation, an_installation, log_lines
from tests.support.severable import SeverableLink
from tests.support.supervision import wait_until
from tests.support.topics import Sent, end_offsets, produce

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.processes import WorkerProcess
    from tests.support.simulator import LlmSimulator

pytestmark = pytest.mark.kafka

EVENTS = 40
IDS = {f"evt-{number}": 1 for number in range(EVENTS)}


@pytest.fixture
def link(registry_url: str) -> Iterator[SeverableLink]:
    with SeverableLink(registry_url) as link:
        yield link


@pytest.fixture
def installation(
    tmp_path: Path, bootstrap_servers: str, registry_url: str, llm_simulator: LlmSimulator
) -> Installation:
    return an_installation(tmp_path, bootstrap_servers, registry_url, llm_simulator.base_url).set_up()


@pytest.fixture
def worker(installation: Installation) -> Iterator[WorkerProcess]:
    """A worker that is not started."""
    worker = installation.worker()
    try:
        yield worker
    finally:
        worker.close()


def paused(worker: WorkerProcess, reason: str) -> bool:
    return worker.metric("crm_insights_paused", reason=reason) == 1


def readiness(worker: WorkerProcess) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(worker.get("/readyz"))
    return answer


def insights(installation: Installation, count: int) -> Counter[str]:
    with ForeignClients(installation) as foreign:
        return Counter(value["event_id"] for _, value in foreign.wait_for_insights(count, settle_s=0.5))


def dead_letters(installation: Installation) -> int:
    servers = installation.settings["CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"]
    return sum(end_offsets(servers, installation.dead_letters).values())


# ---- the provider ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_outage_of_the_provider_pauses_the_worker_and_all_is_answered_after_it(
    installation: Installation, worker: WorkerProcess, llm_simulator: LlmSimulator
) -> None:
    llm_simulator.set_faults({"fault": "503", "for_s": 20})
    worker.start()
    with ForeignClients(installation) as foreign:
        foreign.produce(crm_event(number) for number in range(EVENTS))

    wait_until(lambda: paused(worker, "provider"), timeout_s=60, what="the pause", every_s=0.1)
    seen = readiness(worker)
    # Not ready for traffic would take the web hooks down, which need no provider.
    assert worker.status("/readyz") == 200
    assert list(seen["paused"]) == ["provider"]
    assert seen["paused"]["provider"].startswith("outage")
    assert seen["provider"]["state"] in {"open", "half_open"}

    assert insights(installation, EVENTS) == IDS
    wait_until(lambda: not paused(worker, "provider"), timeout_s=10, what="the end of the pause")
    assert readiness(worker)["paused"] == {}
    assert dead_letters(installation) == 0
    assert worker.stop() == 0


@pytest.mark.slow
def test_an_exhausted_quota_pauses_with_an_alarm_and_costs_no_event(
    installation: Installation, worker: WorkerProcess, llm_simulator: LlmSimulator
) -> None:
    llm_simulator.set_faults({"fault": "429 insufficient_quota"})
    worker.start()
    with ForeignClients(installation) as foreign:
        foreign.produce(crm_event(number) for number in range(EVENTS))

    wait_until(lambda: paused(worker, "provider"), timeout_s=30, what="the pause", every_s=0.1)
    # Such as "quota: quota_exhausted (status 429, code insufficient_quota, ...)".
    assert readiness(worker)["paused"]["provider"].startswith("quota")
    (alarm,) = [line for line in log_lines(worker) if line["event"] == "paused"]
    assert (alarm["level"], alarm["needs_a_person"]) == ("error", True)
    # One call finds out for all of them.
    assert llm_simulator.stats()["calls"] <= 3

    llm_simulator.set_faults({})
    assert insights(installation, EVENTS) == IDS
    assert dead_letters(installation) == 0
    assert worker.stop() == 0


def test_a_stop_while_the_provider_is_down_ends_soon_and_keeps_the_events(
    installation: Installation, worker: WorkerProcess, llm_simulator: LlmSimulator
) -> None:
    llm_simulator.set_faults({"fault": "401"})
    worker.start()
    with ForeignClients(installation) as foreign:
        foreign.produce(crm_event(number) for number in range(EVENTS))
    wait_until(lambda: paused(worker, "provider"), timeout_s=30, what="the pause", every_s=0.1)

    assert worker.stop(grace_s=20) == 0

    llm_simulator.set_faults({})
    worker.start()
    assert insights(installation, EVENTS) == IDS
    assert dead_letters(installation) == 0
    assert worker.stop() == 0


# ---- the registry ------------------------------------------------------------------------------------------------


def test_a_worker_waits_for_a_registry_that_is_down_at_its_start(
    installation: Installation, llm_simulator: LlmSimulator, link: SeverableLink
) -> None:
    del llm_simulator
    link.cut()
    worker = installation.worker(SCHEMA_REGISTRY__URL=link.url)
    try:
        worker.start(wait=False)
        wait_until(lambda: worker.status("/readyz") == 503, timeout_s=30, what="the web server")
        wait_until(lambda: paused(worker, "registry"), timeout_s=30, what="the pause", every_s=0.1)
        assert "registry" in readiness(worker)["paused"]
        assert worker.status("/healthz") == 200

        link.mend()
        worker.wait_ready()
        with ForeignClients(installation) as foreign:
            foreign.produce(crm_event(number) for number in range(EVENTS))
        assert insights(installation, EVENTS) == IDS
        assert worker.stop() == 0
    finally:
        worker.close()


def test_a_new_schema_while_the_registry_is_down_pauses_the_worker_until_it_is_back(
    installation: Installation, bootstrap_servers: str, link: SeverableLink
) -> None:
    worker = installation.worker(SCHEMA_REGISTRY__URL=link.url)
    newer = json.loads(EVENT_SCHEMA)
    newer["fields"].append({"name": "mood", "type": ["null", "string"], "default": None})
    event = crm_event(EVENTS)
    try:
        worker.start()
        with ForeignClients(installation) as foreign:
            foreign.produce(crm_event(number) for number in range(EVENTS))
            foreign.wait_for_insights(EVENTS)
            link.cut()
            whole = {field["name"]: event.get(field["name"], field.get("default")) for field in newer["fields"]}
            data = foreign.encoded_with(newer, whole, installation.events)
            produce(bootstrap_servers, installation.events, [Sent(data, key_of(event))])

            wait_until(lambda: paused(worker, "registry"), timeout_s=30, what="the pause", every_s=0.1)
            assert "cannot be asked" in readiness(worker)["paused"]["registry"]
            # What comes meanwhile waits: nobody can tell whether it needs a schema that is not known yet.
            foreign.produce([crm_event(EVENTS + 1)])

            link.mend()
            assert insights(installation, EVENTS + 2) == {f"evt-{number}": 1 for number in range(EVENTS + 2)}
        wait_until(lambda: not paused(worker, "registry"), timeout_s=20, what="the end of the pause")
        assert dead_letters(installation) == 0
        assert worker.stop() == 0
    finally:
        worker.close()
