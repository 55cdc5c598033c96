"""Budgets on a real broker: what the simulator has billed never passes them, whoever dies and however many work."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.support.foreign_clients import ForeignClients, crm_event
from tests.support.installation import Installation, an_installation
from tests.support.simulator import LlmSimulator
from tests.support.supervision import wait_until
from tests.support.topics import end_offsets, read_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.processes import WorkerProcess

pytestmark = pytest.mark.kafka

# A thousandth of the currency for each token, cached or not, so that the simulator's counts are the bill.
PER_TOKEN = 0.001
MODEL = {"input": 1000, "cached_input": 1000, "output": 1000, "currency": "EUR", "context_window": 128_000}


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[LlmSimulator]:
    with LlmSimulator.running(tmp_path, "--latency-s", "0.3") as simulator:
        yield simulator


@pytest.fixture
def installation(tmp_path: Path, bootstrap_servers: str, registry_url: str, simulator: LlmSimulator) -> Installation:
    installation = an_installation(tmp_path, bootstrap_servers, registry_url, simulator.base_url)
    installation.settings.update(
        CRM_INSIGHTS_LLM__MODEL="simulated",
        CRM_INSIGHTS_LLM__MAX_IN_FLIGHT="4",
        CRM_INSIGHTS_MODELS=json.dumps({"simulated": MODEL}),
    )
    return installation.set_up()


@pytest.fixture
def workers_with(installation: Installation) -> Iterator[Callable[..., list[WorkerProcess]]]:
    """Describe four workers with these budgets; nothing is started."""
    made: list[WorkerProcess] = []

    def make(**budgets: str) -> list[WorkerProcess]:
        settings = {f"BUDGETS__{name.upper()}": value for name, value in budgets.items()}
        made.extend(installation.worker(number, **settings) for number in range(1, 5))
        return made

    try:
        yield make
    finally:
        for worker in made:
            worker.close()


def billed(simulator: LlmSimulator) -> float:
    stats = simulator.stats()
    return float(stats["input_tokens"] + stats["output_tokens"]) * PER_TOKEN


def count(installation: Installation, topic: str) -> int:
    return sum(end_offsets(installation.settings["CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"], topic).values())


def paused_for_money(worker: WorkerProcess) -> bool:
    return worker.metric("crm_insights_paused", reason="budget") == 1


def test_a_spent_tenants_events_become_dead_letters_and_other_tenants_go_on(
    installation: Installation, simulator: LlmSimulator, workers_with: Callable[..., list[WorkerProcess]]
) -> None:
    worker, *_ = workers_with(tenants='{"tenant-0": {"day": 12}}')
    worker.start()
    with ForeignClients(installation) as foreign:
        foreign.produce(crm_event(number) for number in range(90))
        wait_until(
            lambda: count(installation, installation.insights) + count(installation, installation.dead_letters) >= 90,
            timeout_s=90,
            what="all events to end",
        )
        insights = foreign.wait_for_insights(1)
    tenants = Counter(value["tenant"] for _, value in insights)
    spent = sum(value["cost"] for _, value in insights if value["tenant"] == "tenant-0")
    assert tenants["tenant-1"] == tenants["tenant-2"] == 30
    assert 0 < tenants["tenant-0"] < 30
    assert 5 < spent <= 12
    letters = read_all(installation.settings["CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"], installation.dead_letters)
    assert {dict(letter.headers)["crm_insights.reason"] for letter in letters} == {b"budget_exceeded"}
    assert len(letters) == 30 - tenants["tenant-0"]
    assert worker.metric("crm_insights_budget_spent", tenant="tenant-0", period="day") == pytest.approx(spent)
    assert json.loads(worker.get("/readyz"))["budgets"]["tenants_spent"] == 1
    assert billed(simulator) == pytest.approx(sum(value["cost"] for _, value in insights))


@pytest.mark.slow
@pytest.mark.parametrize("working", [1, 2, 4])
def test_the_budget_of_all_pauses_every_worker_and_is_not_passed_although_one_is_killed(
    simulator: LlmSimulator,
    installation: Installation,
    workers_with: Callable[..., list[WorkerProcess]],
    *,
    working: int,
) -> None:
    workers = workers_with(day="120")[:working]
    for worker in workers:
        worker.start()
    victim = workers[-1]
    with ForeignClients(installation) as foreign:
        foreign.produce(crm_event(number) for number in range(300))
        wait_until(lambda: billed(simulator) > 40, timeout_s=60, what="a third of the budget to be spent")
        victim.kill()
        victim.start()
        wait_until(lambda: all(map(paused_for_money, workers)), timeout_s=120, what="all to pause")
        calls = simulator.stats()["calls"]
        foreign.produce(crm_event(number) for number in range(300, 320))
        with pytest.raises(TimeoutError):
            wait_until(lambda: simulator.stats()["calls"] > calls, timeout_s=5, what="a call beyond the budget")
    # What the killed one held, eight calls at most, counts as spent.
    assert 60 < billed(simulator) <= 120
    assert count(installation, installation.dead_letters) == 0
    assert victim.status("/healthz") == 200
    for worker in workers:
        assert worker.stop() == 0


@pytest.mark.slow
def test_one_event_that_comes_a_thousand_times_over_restarts_costs_one_call_and_the_cap_stops_what_always_fails(
    installation: Installation, simulator: LlmSimulator, workers_with: Callable[..., list[WorkerProcess]]
) -> None:
    # Room for three calls: what is held for one, and what two have cost.
    worker, *_ = workers_with(day="7.5")
    simulator.set_faults({"fault": "invalid_schema", "match": "never valid"})
    with ForeignClients(installation) as foreign:
        for start in range(3):
            worker.start()
            foreign.produce(crm_event(1) for _ in range(334))
            if start == 0:
                foreign.wait_for_insights(1)
                failing = [crm_event(number, text=f"never valid {number}") for number in range(50, 54)]
                foreign.produce(failing)
            assert worker.stop() == 0
        worker.start()
        wait_until(lambda: paused_for_money(worker), timeout_s=60, what="the cap to pause the worker")
        insights = foreign.wait_for_insights(1)
    assert [value["event_id"] for _, value in insights] == ["evt-1"]
    assert billed(simulator) <= 7.5
    assert simulator.stats()["calls"] <= 1 + 2 * 3
