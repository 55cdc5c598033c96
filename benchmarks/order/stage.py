"""A broker and a registry for all runs; topics, a backlog and a real worker process for each of them."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.order.judge import FROM_SHARE, TO_SHARE, damage, rate_per_s
from benchmarks.order.traffic import records
from benchmarks.processes import cpu_s
from tests.chaos.check.evidence import Evidence
from tests.chaos.check.gather import commits_of, dead_letters_on, events_on, insights_on
from tests.support.foreign_clients import ForeignClients, crm_event
from tests.support.installation import an_installation
from tests.support.jars import fetch
from tests.support.kafka import KafkaBroker, Node
from tests.support.registry import ApicurioRegistry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import ExitStack

    from tests.support.installation import Installation
    from tests.support.processes import WorkerProcess

PARTITIONS = 6
# Each look renders the worker's metrics, for some milliseconds.
LOOK_EVERY_S = 0.5
BOUND_S = 300.0


@dataclass(frozen=True, slots=True)
class Found:
    """What one run has shown: insights a second, milliseconds of CPU per insight, cores in use, and the damage."""

    per_s: float
    cpu_ms: float
    cores: float
    damage: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Look:
    """A worker at a moment."""

    at_s: float
    insights: float
    cpu_s: float


class Stage:
    """Services that are started once."""

    def __init__(self, directory: Path, stack: ExitStack, *, in_flight: int) -> None:
        """Start them; `stack` ends them. `in_flight` is the bound of every worker."""
        files = fetch()
        self._directory = directory
        self._in_flight = in_flight
        self._broker = KafkaBroker(files, Node.at(directory / "kafka"))
        self._registry = ApicurioRegistry(files, directory)
        for service in (self._broker, self._registry):
            stack.callback(service.close)
            service.start()
        self._runs = 0

    def measure(self, shape: str, call_s: float, count: int, *, seed: int) -> Found:
        """Let a worker of its own work off a backlog of `count` events."""
        self._runs += 1
        home = self._directory / f"run-{self._runs}"
        home.mkdir()
        # Nothing listens there; the worker asks it once, for a warm connection.
        installation = an_installation(
            home, self._broker.bootstrap_servers, self._registry.url, "http://127.0.0.1:9/v1"
        ).set_up(partitions=PARTITIONS)
        with ForeignClients(installation) as foreign:
            drawn = records(shape, count, seed)
            foreign.produce(crm_event(n, tenant="one", record_id=str(record)) for n, record in enumerate(drawn))
        looks = _worked_off(self._worker(installation, call_s), count)
        evidence = self._evidence(installation, count)
        began, ended = (next(one for one in looks if one.insights >= share * count) for share in (FROM_SHARE, TO_SHARE))
        spent_s = ended.cpu_s - began.cpu_s
        return Found(
            per_s=rate_per_s(evidence.insights),
            cpu_ms=1_000 * spent_s / (ended.insights - began.insights),
            cores=spent_s / (ended.at_s - began.at_s),
            damage=damage(evidence),
        )

    def _worker(self, installation: Installation, call_s: float) -> WorkerProcess:
        worker = installation.worker(1, LLM__MAX_IN_FLIGHT=str(self._in_flight))
        entry = Path(__file__).with_name("sleeping_worker.py")
        worker.process.command = [sys.executable, "-P", str(entry), str(call_s), "worker", "--only", "enrich"]
        return worker

    def _evidence(self, installation: Installation, count: int) -> Evidence:
        servers, events = self._broker.bootstrap_servers, installation.events
        return Evidence(
            events_on(servers, events),
            insights_on(servers, installation.insights),
            acknowledged=[str(crm_event(number)["event_id"]) for number in range(count)],
            dead_letters=dead_letters_on(servers, installation.dead_letters),
            commits=commits_of(servers, installation.group, events),
        )


def _worked_off(worker: WorkerProcess, count: int) -> list[_Look]:
    """Run the worker until it has published all, and answer how it stood meanwhile."""
    try:
        worker.start()
        looks = list(_looks(worker, count))
        worker.stop()
    finally:
        worker.close()
    return looks


def _looks(worker: WorkerProcess, count: int) -> Iterable[_Look]:
    deadline_s = time.monotonic() + BOUND_S
    while True:
        # The count first: what is rendered later than it only makes the figures worse.
        insights = worker.metric("crm_insights_events_total", outcome="insight")
        look = _Look(time.monotonic(), insights, cpu_s(worker.process.pid))
        yield look
        if look.insights >= count:
            return
        if look.at_s > deadline_s:
            raise TimeoutError(f"{look.insights:g} of {count} insights after {BOUND_S:g} s")
        time.sleep(LOOK_EVERY_S)
