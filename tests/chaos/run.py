"""One run from start to verdict: services up, load and faults, healing, quiet, and what is found on the topics."""

from __future__ import annotations

import json
import shutil
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from tests.chaos.check import gather
from tests.chaos.check.checks import lag_zero_s
from tests.chaos.check.evidence import Evidence
from tests.chaos.check.verdict import Verdict, judge
from tests.chaos.scenario import PARTITIONS
from tests.chaos.sending import Sender
from tests.chaos.workload import MARKER, plan
from tests.chaos.world.cluster import Cluster
from tests.chaos.world.fleet import Fleet, Worker
from tests.chaos.world.hands import WIRED_WORKER, Hands
from tests.chaos.world.network import Network
from tests.chaos.world.timeline import Timeline
from tests.chaos.world.watching import Watcher
from tests.support.foreign_clients import ForeignClients
from tests.support.installation import Installation, an_installation
from tests.support.registry import ApicurioRegistry
from tests.support.severable import SeverableLink
from tests.support.simulator import LlmSimulator

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.chaos.scenario import Scenario
    from tests.chaos.sending import Ledger
    from tests.support.jars import ServiceFiles

# Log-normal calls of 0.3 s and more, and a twentieth of 6 to 10 s.
_CALLS = ("--latency-s", "0.8", "--latency-sigma", "0.6", "--latency-shortest-s", "0.3", "--latency-longest-s", "10")
_SLOW_CALLS = ("--slow-share", "0.05")

_SETTINGS = {
    # A call that hangs must end within the run. The slowest one that answers takes 10 s, and a worker may stand still
    # for 14 s more: it must not take its answer for a call that it has to make again.
    "LLM__ATTEMPT_TIMEOUT_S": "30",
}

# The slowest way back after the last fault: a session, a restore, a breaker's pause, an attempt that hangs, a call.
_QUIET_S = 150.0
# A run without a protection may never come to rest.
_QUIET_WITHOUT_S = 45.0
# A duplicate comes after the last expected insight, never before it.
_SETTLE_S = 3.0

_KAFKA_DATA = "kafka-*"


@dataclass(frozen=True, slots=True)
class Result:
    """What a run has shown. `stops_s`: seconds from each SIGTERM to the end of its worker."""

    scenario: Scenario
    verdict: Verdict
    stops_s: tuple[float, ...]
    troubles: tuple[str, ...]
    record: dict[str, Any]
    """All of it for JSON, with the timeline."""


def run(scenario: Scenario, files: ServiceFiles, directory: Path, *, say: Callable[[str], None] = print) -> Result:
    """Do one run below `directory`, which is emptied first; its logs stay there."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    with ExitStack() as stage:
        play = _Play(scenario, files, directory, stage)
        say(f"{scenario.name}: services are up")
        result = play.perform()
    if not result.verdict.damage:
        for data in directory.glob(_KAFKA_DATA):
            shutil.rmtree(data)
    (directory / "result.json").write_text(json.dumps(result.record, indent=1), "utf-8")
    return result


class _Play:
    """The services of one run, up, and what is done with them."""

    def __init__(self, scenario: Scenario, files: ServiceFiles, directory: Path, stage: ExitStack) -> None:
        self._scenario = scenario
        self._directory = directory
        self._call_log = directory / "calls.jsonl"
        self._evidence_file = directory / "evidence.json"
        self._timeline = Timeline()
        network = stage.enter_context(Network())
        self._cluster = Cluster(files, directory, network, size=scenario.brokers)
        registry = ApicurioRegistry(files, directory)
        stage.callback(registry.close)
        registry.start(wait=False)
        stage.enter_context(self._cluster)
        registry.wait_ready()
        self._registry = stage.enter_context(SeverableLink(registry.url))
        options = ("--seed", str(scenario.seed), "--marker", MARKER, "--call-log", str(self._call_log))
        self._simulator = LlmSimulator(directory, *_CALLS, *_SLOW_CALLS, *options)
        stage.callback(self._simulator.close)
        self._simulator.start()
        self._installation = self._installed(directory, registry.url)
        self._foreign = stage.enter_context(ForeignClients(self._installation))
        self._fleet = stage.enter_context(Fleet(self._timeline))
        for number in range(1, scenario.workers + 1):
            self._fleet.add(Worker(number, directory, self._settings_of(number), scenario.without))

    def perform(self) -> Result:
        """Load and faults, then healing, quiet, and the verdict."""
        for number in self._fleet.workers:
            self._fleet.want(number)
        for number in self._fleet.workers:
            self._fleet.wait_ready(number)
        servers, installation = self._cluster.bootstrap_servers, self._installation
        sender = Sender(
            servers,
            installation.events,
            plan(self._scenario.seed, rate_per_s=self._scenario.rate_per_s, duration_s=self._scenario.load_s),
            self._encoded,
        )
        watcher = Watcher(
            servers,
            group=installation.group,
            events=installation.events,
            insights=installation.insights,
            partitions=PARTITIONS,
        )
        with watcher:
            self._timeline.note("load begins")
            sender.start()
            troubles = self._hands().carry_out(self._scenario.steps, time.monotonic())
            self._heal()
            ledger = sender.join()
            self._timeline.note("load ended", at_s=ledger.ended_s)
            self._wait_for_quiet(watcher, ledger)
            time.sleep(_SETTLE_S)
        self._fleet.note_idle()
        self._fleet.stop_all()
        evidence = self._evidence(watcher, ledger)
        # Beside the logs, so that a damage can be looked into without another run.
        self._evidence_file.write_text(json.dumps(asdict(evidence)), "utf-8")
        return self._result(evidence, [*troubles, *self._fleet.hung, *_refusals(ledger)], watcher)

    def _hands(self) -> Hands:
        return Hands(
            fleet=self._fleet,
            cluster=self._cluster,
            registry=self._registry,
            simulator=self._simulator,
            timeline=self._timeline,
            healing=self._scenario.healing,
        )

    def _heal(self) -> None:
        self._cluster.heal()
        self._simulator.set_faults({})
        for number in self._fleet.workers:
            self._fleet.want(number)
        self._timeline.note("healed")

    def _wait_for_quiet(self, watcher: Watcher, ledger: Ledger) -> None:
        deadline = time.monotonic() + (_QUIET_WITHOUT_S if self._scenario.without else _QUIET_S)
        while time.monotonic() < deadline:
            seen = Evidence((), (), samples=watcher.samples[-4:], load_ended_s=ledger.ended_s)
            if lag_zero_s(seen) is not None:
                self._timeline.note("quiet")
                return
            time.sleep(0.3)
        self._timeline.note("never quiet")

    def _evidence(self, watcher: Watcher, ledger: Ledger) -> Evidence:
        servers, installation = self._cluster.bootstrap_servers, self._installation
        return Evidence(
            events=gather.events_on(servers, installation.events),
            insights=gather.insights_on(servers, installation.insights),
            acknowledged=[entry.event_id for entry in ledger.entries],
            dead_letters=gather.dead_letters_on(servers, installation.dead_letters),
            samples=watcher.samples,
            commits=gather.commits_of(servers, installation.group, installation.events),
            calls=gather.calls_in(self._call_log),
            departures=list(self._fleet.departures.values()),
            load_ended_s=ledger.ended_s,
        )

    def _result(self, evidence: Evidence, troubles: list[str], watcher: Watcher) -> Result:
        verdict = judge(evidence)
        record = {
            "scenario": self._scenario.as_dict(),
            "verdict": verdict.as_dict(),
            "stops_s": [round(seconds, 2) for seconds in self._fleet.stops_s],
            # An error may name files; results say nothing of the machine they come from.
            "troubles": [trouble.replace(str(self._directory), "RUN") for trouble in troubles],
            "watched": {"samples": len(watcher.samples), "holes": watcher.holes, "commits": len(evidence.commits)},
            "timeline": self._timeline.lines(since="load begins"),
        }
        return Result(self._scenario, verdict, tuple(self._fleet.stops_s), tuple(troubles), record)

    # ---- setting up ----------------------------------------------------------------------------------------------

    def _installed(self, directory: Path, registry_url: str) -> Installation:
        found = an_installation(directory, self._cluster.bootstrap_servers, registry_url, self._simulator.base_url)
        more = {f"CRM_INSIGHTS_{name}": value for name, value in _SETTINGS.items()}
        own = {
            "CRM_INSIGHTS_KAFKA__REPLICATION_FACTOR": str(self._scenario.brokers),
            "CRM_INSIGHTS_STATE__STORE": self._scenario.store,
        }
        return replace(found, settings=found.settings | more | own).set_up(PARTITIONS)

    def _settings_of(self, number: int) -> dict[str, str]:
        settings = self._installation.settings | {"CRM_INSIGHTS_SCHEMA_REGISTRY__URL": self._registry.url}
        if number == WIRED_WORKER and self._scenario.is_wired:
            settings["CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"] = self._cluster.wired_bootstrap_servers
        return settings

    def _encoded(self, event: dict[str, Any]) -> tuple[bytes, bytes]:
        sent = self._foreign.sent(event)
        return sent.value or b"", sent.key or b""


def _refusals(ledger: Ledger) -> list[str]:
    return [f"{len(ledger.refused)} events were never acknowledged"] if ledger.refused else []
