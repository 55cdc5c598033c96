"""The workers of a run, and the supervisor that starts them again, as systemd or Kubernetes would."""

from __future__ import annotations

import sys
import threading
import time
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from streams.demo.llm_simulator.call_log import caller_of
from tests.chaos.check.evidence import Departure, Leaving
from tests.support.processes import COMMAND, clean_environ
from tests.support.supervision import HOST, ManagedProcess, free_port, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.chaos.world.timeline import Timeline

REPOSITORY = Path(__file__).resolve().parents[3]

# A crash loop must not eat the machine; a supervisor's first delay is about this.
RESTART_DELAY_S = 0.5
_LOOK_S = 0.05
# Longer than the longest call; a worker that is still there then hangs.
STOP_GRACE_S = 45.0
# A start, a join and a restore, on a busy machine.
READY_AGAIN_S = 30.0


class Worker:
    """One member of the fleet over all its incarnations; each has a key of its own, by which its calls are told."""

    def __init__(self, number: int, directory: Path, settings: Mapping[str, str], without: str | None) -> None:
        """Describe it, below `directory`. `without` names a protection that is switched off in it (see `entry`).

        A worker whose settings choose RocksDB stands on a disk that `slow_disk` can make slow.
        """
        self.name = f"worker-{number}"
        self.number = number
        self.port = free_port()
        self.wanted = False
        self.lock = threading.Lock()
        self.incarnation = 0
        self._directory = directory / self.name
        self._settings = settings
        self._without = without
        self.process: ManagedProcess | None = None

    @property
    def caller(self) -> str:
        """How the simulator's log names the calls of this incarnation."""
        return caller_of(self._key)

    @property
    def log(self) -> Path:
        """Where all incarnations log to."""
        return self._directory / "worker.log"

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self.process is not None and self.process.running

    @property
    def _key(self) -> str:
        return f"{self.name}-{self.incarnation}"

    @property
    def _state(self) -> Path:
        """Its STATE__DIR, the same for all incarnations and no other worker's."""
        return self._directory / "state"

    @property
    def _slow_disk(self) -> Path:
        """The switch: its disk is slow while this file exists."""
        return self._directory / "slow-disk"

    @property
    def _command(self) -> Sequence[str]:
        if self._without is not None:
            return [sys.executable, "-m", "tests.chaos.world.entry", self._without]
        if self._settings.get("CRM_INSIGHTS_STATE__STORE") == "rocksdb":
            return [sys.executable, "-m", "tests.chaos.world.slow_disk", str(self._slow_disk)]
        return [COMMAND]

    def slow_disk(self, *, slow: bool) -> None:
        """Make its disk slow, or sound again."""
        if slow:
            self._slow_disk.touch()
        else:
            self._slow_disk.unlink(missing_ok=True)

    def start(self) -> None:
        """Start the next incarnation."""
        self._state.mkdir(parents=True, exist_ok=True)
        self.incarnation += 1
        self.process = ManagedProcess(
            self.name,
            [*self._command, "worker", "--only", "enrich"],
            log=self.log,
            environ=clean_environ(
                {
                    **self._settings,
                    "CRM_INSIGHTS_WEB__HOST": HOST,
                    "CRM_INSIGHTS_WEB__PORT": str(self.port),
                    "CRM_INSIGHTS_STATE__DIR": str(self._state),
                    "CRM_INSIGHTS_LLM__API_KEY": self._key,
                }
            ),
            cwd=REPOSITORY,
        )
        self.process.start()


class Fleet:
    """All workers; `with` runs the supervisor and ends everything."""

    def __init__(self, timeline: Timeline) -> None:
        """Begin without workers."""
        self._timeline = timeline
        self.workers: dict[int, Worker] = {}
        self.departures: dict[str, Departure] = {}
        self.stops_s: list[float] = []
        self.hung: list[str] = []
        self._over = threading.Event()
        self._supervisor = threading.Thread(target=self._supervise, name="chaos-supervisor")

    def __enter__(self) -> Self:
        """Start the supervisor."""
        self._supervisor.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Kill what is left."""
        self._over.set()
        self._supervisor.join()
        for worker in self.workers.values():
            if worker.process is not None:
                worker.process.close()

    def add(self, worker: Worker) -> None:
        """Take a worker in; it is started when it is wanted."""
        self.workers[worker.number] = worker

    def want(self, number: int) -> None:
        """Have a worker run from now on."""
        worker = self.workers[number]
        with worker.lock:
            worker.wanted = True
            if not worker.running:
                self._start(worker)

    def kill(self, number: int) -> None:
        """Kill it where it stands; the supervisor starts it again."""
        worker = self.workers[number]
        with worker.lock:
            if worker.process is not None and worker.running:
                self._departs(worker, Leaving.KILL)
                worker.process.kill()
                self._timeline.note("killed", worker.name)

    def stop(self, number: int, *, again: bool) -> None:
        """Ask it to end and wait until it has; `again` says whether it is started again."""
        worker = self.workers[number]
        with worker.lock:
            worker.wanted = again
            if worker.process is None or not worker.running:
                return
            self._departs(worker, Leaving.STOP)
            began = time.monotonic()
            try:
                code = worker.process.stop(grace_s=STOP_GRACE_S)
            except TimeoutError:
                self._timeline.note("hung", worker.name, f"not ended {STOP_GRACE_S:g} s after SIGTERM; killed")
                self.hung.append(f"{worker.name} had not ended {STOP_GRACE_S:g} s after SIGTERM")
                return
            took_s = time.monotonic() - began
            self.departures[worker.caller] = replace(self.departures[worker.caller], gone_s=time.time())
            self.stops_s.append(took_s)
            self._timeline.note("stopped", worker.name, f"exit code {code} after {took_s:.1f} s")
            if again:
                self._start(worker)

    def pause(self, number: int, for_s: float) -> None:
        """Let it stand still for a while."""
        worker = self.workers[number]
        with worker.lock:
            if worker.process is not None and worker.running:
                self._timeline.note("paused", worker.name, f"for {for_s:.1f} s")
                worker.process.pause()
                try:
                    self._over.wait(for_s)
                finally:
                    worker.process.resume()
                    self._timeline.note("resumed", worker.name)

    def slow_disk(self, number: int, for_s: float) -> None:
        """Make the disk under its state store slow for a while, over kills and starts."""
        worker = self.workers[number]
        worker.slow_disk(slow=True)
        self._timeline.note("slow disk", worker.name, f"for {for_s:.1f} s")
        self._over.wait(for_s)
        worker.slow_disk(slow=False)
        self._timeline.note("sound disk", worker.name)

    def wait_ready(self, number: int, *, timeout_s: float = 90.0) -> None:
        """Wait until a worker says that it owns partitions and has restored them."""
        worker = self.workers[number]
        wait_until(lambda: _is_ready(worker.port), timeout_s=timeout_s, what=f"{worker.name} to be ready")

    def note_idle(self) -> None:
        """Note who is not ready although everything is sound again: it has not come back by itself."""
        for number, worker in self.workers.items():
            try:
                self.wait_ready(number, timeout_s=READY_AGAIN_S)
            except TimeoutError:
                self.hung.append(f"{worker.name} was not ready {READY_AGAIN_S:g} s after everything was quiet")

    def stop_all(self) -> None:
        """Ask everybody to end, one after the other."""
        for number in self.workers:
            self.stop(number, again=False)

    def _departs(self, worker: Worker, how: Leaving) -> None:
        now_s = time.time()
        self.departures[worker.caller] = Departure(worker.caller, now_s, how, gone_s=now_s)

    def _start(self, worker: Worker) -> None:
        worker.start()
        self._timeline.note("started", worker.name, f"incarnation {worker.incarnation}, calls as {worker.caller}")

    def _supervise(self) -> None:
        while not self._over.wait(_LOOK_S):
            for worker in self.workers.values():
                if worker.wanted and not worker.running and worker.lock.acquire(blocking=False):
                    try:
                        self._bring_back(worker)
                    finally:
                        worker.lock.release()

    def _bring_back(self, worker: Worker) -> None:
        if worker.process is not None and worker.caller not in self.departures:
            self._departs(worker, Leaving.EXIT)
            self._timeline.note("left by itself", worker.name, f"exit code {worker.process.wait(timeout_s=1)}")
        if not self._over.wait(RESTART_DELAY_S) and worker.wanted:
            self._start(worker)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/readyz", timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False
