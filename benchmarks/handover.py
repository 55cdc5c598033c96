"""What it costs that a second worker joins, or the first is stopped, with 300 calls in flight.

Calls take 0.8 to 4 seconds, 160 events a second come in, each of another record. Bars: publishing stands still for at
most 500 ms at a join, the newcomer makes its first call within 2,500 ms of its start to join, and a SIGTERM takes at
most 1,000 ms longer than the longest call. Beside them: where the time of a join goes.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.report import Report, Row
from tests.support.foreign_clients import ForeignClients, crm_event
from tests.support.installation import an_installation, log_lines
from tests.support.jars import fetch
from tests.support.kafka import KafkaBroker, Node
from tests.support.registry import ApicurioRegistry
from tests.support.simulator import LlmSimulator
from tests.support.supervision import wait_until
from tests.support.topics import produce

if TYPE_CHECKING:
    from tests.support.processes import WorkerProcess

# Spread out: of calls that all take the same, those that a rebalance kept from beginning are missed together later, and
# every stop of publishing shows twice.
LATENCY = ("--latency-s", "1.8", "--latency-sigma", "0.35", "--latency-shortest-s", "0.8", "--latency-longest-s", "4")
IN_FLIGHT = 300
# A few more than 300 calls of 1.9 seconds on average can take, so that all of them are busy.
RATE_PER_S = 160
EVENTS = 12_000
ROUNDS = 3
# A tenth of a second of events at a time.
STEP = RATE_PER_S // 10
# Longer than the longest call.
SETTLE_S = 6.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One round, in milliseconds; those of the newcomer count from its start to join."""

    still: float
    first_call: float
    stop: float
    assigned: float
    ready: float


def run() -> Report:
    """Let a worker join and leave a few times, and stop the other with its calls in flight."""
    rounds = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as directory, ExitStack() as stage:
            rounds.append(_Round(Path(directory), stage).measure())
    rows = [
        Row.of("join: longest stop of publishing", [one.still for one in rounds]),
        Row.of("join: first call of the newcomer", [one.first_call for one in rounds]),
        Row.of("SIGTERM: beyond the longest call", [one.stop for one in rounds]),
    ]
    beside = {
        "the newcomer has its partitions after (ms)": round(median(one.assigned for one in rounds)),
        "the newcomer is restored and ready after (ms)": round(median(one.ready for one in rounds)),
    }
    return Report(f"Handing over with {IN_FLIGHT} calls in flight", "ms", rows, beside)


class _Round:
    """Services of its own, and a feed that goes on until the end."""

    def __init__(self, directory: Path, stage: ExitStack) -> None:
        self._stage = stage
        self._calls = directory / "calls.jsonl"
        files = fetch()
        broker = KafkaBroker(files, Node.at(directory / "kafka"))
        registry = ApicurioRegistry(files, directory)
        simulator = LlmSimulator(directory, *LATENCY, "--call-log", str(self._calls))
        for service in (broker, registry, simulator):
            stage.callback(service.close)
            service.start()
        self._installation = an_installation(directory, broker.bootstrap_servers, registry.url, simulator.base_url)
        self._installation.set_up(partitions=6)
        self._foreign = stage.enter_context(ForeignClients(self._installation))

    def measure(self) -> Measured:
        """Join, settle, stop."""
        first, second = self._worker(1), self._worker(2)
        first.start()
        feeding = self._feed()
        wait_until(lambda: _in_flight(first) >= 0.95 * IN_FLIGHT, timeout_s=60, what=f"{IN_FLIGHT} calls")
        time.sleep(SETTLE_S)
        second.start()
        time.sleep(SETTLE_S)
        # Wall clock, as the times in the log of the calls.
        asked_s = time.time()
        first.process.stop()
        stopped_s = time.time()
        feeding.set()
        second.stop()
        joined_s = _logged_s(second, "started")
        last_call_s = max(call["ended"] for call in self._calls_of("worker-1"))
        first_call_s = min(call["started"] for call in self._calls_of("worker-2"))
        return Measured(
            still=self._longest_stop_s(joined_s, joined_s + SETTLE_S) * 1000,
            first_call=(first_call_s - joined_s) * 1000,
            stop=(stopped_s - max(asked_s, last_call_s)) * 1000,
            assigned=(_logged_s(second, "assigned") - joined_s) * 1000,
            ready=(_logged_s(second, "ready") - joined_s) * 1000,
        )

    def _worker(self, number: int) -> WorkerProcess:
        # The simulator tells callers apart by their keys.
        settings = {"LLM__MAX_IN_FLIGHT": str(IN_FLIGHT), "LLM__API_KEY": f"worker-{number}"}
        worker = self._installation.worker(number, "--only", "enrich", **settings)
        self._stage.callback(worker.close)
        return worker

    def _feed(self) -> threading.Event:
        """Produce at a steady rate in a thread, until the event is set or there are no more."""
        events = [self._foreign.sent(crm_event(number, record_id=str(number))) for number in range(EVENTS)]
        ended = threading.Event()
        servers = self._installation.settings["CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"]

        def feed() -> None:
            began_s = time.monotonic()
            for step in range(EVENTS // STEP):
                if ended.wait(max(0.0, began_s + step / 10 - time.monotonic())):
                    return
                produce(servers, self._installation.events, events[step * STEP : (step + 1) * STEP])

        thread = threading.Thread(target=feed, name="feed", daemon=True)
        thread.start()
        self._stage.callback(thread.join, 10)
        self._stage.callback(ended.set)
        return ended

    def _calls_of(self, key: str) -> list[dict[str, float]]:
        calls = [json.loads(line) for line in self._calls.read_text("utf-8").splitlines()]
        callers = sorted({call["caller"] for call in calls}, key=lambda one: _first(calls, one))
        # The first to call is worker 1, who was alone at first.
        wanted = callers[int(key.removeprefix("worker-")) - 1]
        return [call for call in calls if call["caller"] == wanted]

    def _longest_stop_s(self, begin_s: float, end_s: float) -> float:
        times_s = sorted(record.timestamp_ms / 1000 for record, _ in self._foreign.wait_for_insights(0))
        inside = [moment for moment in times_s if begin_s <= moment <= end_s]
        return max(later - earlier for earlier, later in pairwise(inside))


def _first(calls: list[dict[str, float]], caller: object) -> float:
    return min(call["started"] for call in calls if call["caller"] == caller)


def _in_flight(worker: WorkerProcess) -> float:
    return worker.metric("crm_insights_in_flight")


def _logged_s(worker: WorkerProcess, event: str) -> float:
    """When a worker logged it for the first time."""
    line = next(line for line in log_lines(worker) if line.get("event") == event)
    return datetime.fromisoformat(line["at"]).timestamp()
