"""Does the steps of a schedule to the brokers, workers and services of a run, and undoes them when their time is up."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.chaos.faults import Verb

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.chaos.faults import Step
    from tests.chaos.world.cluster import Cluster
    from tests.chaos.world.fleet import Fleet
    from tests.chaos.world.network import Healing
    from tests.chaos.world.timeline import Timeline
    from tests.support.severable import SeverableLink
    from tests.support.simulator import LlmSimulator

_NOTED_BY_THE_FLEET = frozenset({Verb.KILL, Verb.RESTART, Verb.PAUSE, Verb.JOIN, Verb.LEAVE, Verb.SLOW_DISK})

# Worker 1 is the one behind the wires.
WIRED_WORKER = 1


class Hands:
    """Carries out one schedule. Steps overlap where they last; the order of their beginnings is the schedule's."""

    def __init__(
        self,
        *,
        fleet: Fleet,
        cluster: Cluster,
        registry: SeverableLink,
        simulator: LlmSimulator,
        timeline: Timeline,
        healing: Healing,
    ) -> None:
        """Take everything that can be broken, and how cuts heal."""
        self._fleet, self._cluster, self._registry, self._simulator = fleet, cluster, registry, simulator
        self._timeline, self._healing = timeline, healing
        self._link_lock = threading.Lock()
        # Two of three brokers down at once would stop every write, which a schedule of single faults does not mean.
        self._broker_lock = threading.Lock()
        self._registry_cuts = 0
        self._do: Mapping[Verb, Callable[[Step], None]] = {
            Verb.KILL: lambda step: fleet.kill(step.target),
            Verb.RESTART: lambda step: fleet.stop(step.target, again=True),
            Verb.PAUSE: lambda step: fleet.pause(step.target, step.for_s),
            Verb.JOIN: lambda step: fleet.want(step.target),
            Verb.LEAVE: lambda step: fleet.stop(step.target, again=False),
            Verb.SLOW_DISK: lambda step: fleet.slow_disk(step.target, step.for_s),
            Verb.KILL_BROKER: self._kill_broker,
            Verb.ROLL_BROKER: self._roll_broker,
            Verb.CUT_WORKER: self._cut_worker,
            Verb.STALL_SENDS: self._stall_sends,
            Verb.CUT_PEERS: self._cut_peers,
            Verb.NO_REGISTRY: self._no_registry,
            Verb.LLM_503: lambda step: self._simulator.set_faults({"fault": "503", "for_s": step.for_s}),
            Verb.LLM_HANG: lambda step: self._simulator.set_faults({"fault": "hang", "for_s": step.for_s}),
        }

    def carry_out(self, steps: Sequence[Step], began: float) -> list[str]:
        """Do all steps, `began` being the load's start on the monotonic clock; answers what went wrong with them."""
        with ThreadPoolExecutor(max_workers=16, thread_name_prefix="chaos-hand") as pool:
            running: list[tuple[Step, Future[None]]] = []
            for step in steps:
                time.sleep(max(0.0, began + step.at_s - time.monotonic()))
                running.append((step, pool.submit(self._one, step)))
        return [f"{step}: {error!r}" for step, future in running if (error := future.exception()) is not None]

    def _one(self, step: Step) -> None:
        # What workers are told to do is noted where it happens.
        if step.verb not in _NOTED_BY_THE_FLEET:
            self._timeline.note("step", detail=str(step))
        self._do[step.verb](step)

    def _kill_broker(self, step: Step) -> None:
        with self._broker_lock:
            self._cluster.kill(step.target)
            time.sleep(step.for_s)
            self._cluster.start(step.target)
        self._timeline.note("broker back", str(step.target))

    def _roll_broker(self, step: Step) -> None:
        with self._broker_lock:
            self._cluster.brokers[step.target].stop()
            time.sleep(step.for_s)
            self._cluster.start(step.target)
            # A broker that has come back must catch up before it can lead.
            time.sleep(2.0)
            self._cluster.elect_preferred_leaders()
        self._timeline.note("leaders moved back", str(step.target))

    def _cut_worker(self, step: Step) -> None:
        numbers = [step.target] if step.target else list(self._cluster.brokers)
        self._cluster.cut_from_worker(numbers)
        self._timeline.note("cut", f"worker-{WIRED_WORKER}", f"from brokers {numbers}")
        time.sleep(step.for_s)
        self._cluster.mend_to_worker(numbers, self._healing)
        self._timeline.note("mended", f"worker-{WIRED_WORKER}", f"bytes under way: {self._healing}")

    def _stall_sends(self, step: Step) -> None:
        self._cluster.stall_sends()
        time.sleep(step.for_s)
        self._cluster.mend_to_worker(self._cluster.brokers, self._healing)
        self._timeline.note("mended", f"worker-{WIRED_WORKER}", f"bytes under way: {self._healing}")

    def _cut_peers(self, step: Step) -> None:
        with self._broker_lock:
            self._cluster.cut_from_peers(step.target)
            time.sleep(step.for_s)
            self._cluster.mend_to_peers(step.target)
        self._timeline.note("mended", f"broker-{step.target}")

    def _no_registry(self, step: Step) -> None:
        with self._link_lock:
            self._registry_cuts += 1
            self._registry.cut()
        time.sleep(step.for_s)
        with self._link_lock:
            self._registry_cuts -= 1
            if not self._registry_cuts:
                self._registry.mend()
        self._timeline.note("registry back")
