"""`python -m benchmarks.soak --minutes 15`: one worker under steady load and small faults; does anything grow?

Every second minute something goes wrong for some seconds: the registry is cut off, the provider answers 500, the broker
stands still, a second worker joins and leaves. Memory, open files, sockets, threads and lag are sampled twice a second.
At the end it says how memory has moved after the first quarter, and how long the lag took to return to zero after each
fault. It reports; exit 1 only where the lag did not return.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.foreign_clients import ForeignClients, crm_event
from tests.support.installation import an_installation
from tests.support.jars import fetch
from tests.support.kafka import KafkaBroker, Node
from tests.support.registry import ApicurioRegistry
from tests.support.severable import SeverableLink
from tests.support.simulator import LlmSimulator
from tests.support.topics import produce

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RATE_PER_S = 20
FAULT_EVERY_S = 120.0
FAULT_FOR_S = 10.0
SAMPLE_EVERY_S = 0.5
RECORDS = 2_000
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Sample:
    """What the worker's process held at a moment, `at_s` seconds after the load began."""

    at_s: float
    resident_mb: float
    files: int
    sockets: int
    threads: int
    lag: float


@dataclass(frozen=True, slots=True)
class Fault:
    """What was done to it, and the seconds from its end until the lag was zero; None: it never was."""

    name: str
    at_s: float
    lag_zero_after_s: float | None


class Soak:
    """One worker and its services, under load."""

    def __init__(self, directory: Path, stage: ExitStack) -> None:
        """Start the services and the worker."""
        files = fetch()
        self._broker = KafkaBroker(files, Node.at(directory / "kafka"))
        registry = ApicurioRegistry(files, directory)
        self._simulator = LlmSimulator(directory, "--latency-s", "0.8", "--latency-sigma", "0.5")
        for service in (self._broker, registry, self._simulator):
            stage.callback(service.close)
            service.start()
        self._registry = stage.enter_context(SeverableLink(registry.url))
        servers = self._broker.bootstrap_servers
        self._installation = an_installation(directory, servers, self._registry.url, self._simulator.base_url)
        self._installation.set_up(partitions=6)
        # The feed does not stop where the worker's registry is cut off.
        uncut = self._installation.settings | {"CRM_INSIGHTS_SCHEMA_REGISTRY__URL": registry.url}
        self._foreign = stage.enter_context(ForeignClients(replace(self._installation, settings=uncut)))
        self._servers = servers
        self.worker, self._second = (self._installation.worker(number, "--only", "enrich") for number in (1, 2))
        stage.callback(self.worker.close)
        stage.callback(self._second.close)
        self.worker.start()
        self._began_s = time.monotonic()

    @property
    def now_s(self) -> float:
        """Seconds since the load began."""
        return time.monotonic() - self._began_s

    def feed(self, ended: threading.Event) -> None:
        """Produce until told to end; texts differ, so that each is read."""
        number = 0
        while not ended.wait(max(0.0, number / RATE_PER_S - self.now_s)):
            batch = [crm_event(number + more, record_id=str((number + more) % RECORDS)) for more in range(RATE_PER_S)]
            produce(
                self._servers,
                self._installation.events,
                [self._foreign.sent(event) for event in batch],
                timeout_s=60,
            )
            number += RATE_PER_S

    def sample(self) -> Sample:
        """Look at the worker's process and its lag."""
        pid = self.worker.process.pid
        status = dict(
            line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines() if ":" in line
        )
        names = [_target(link) for link in Path(f"/proc/{pid}/fd").iterdir()]
        return Sample(
            round(self.now_s, 1),
            round(int(status["VmRSS"].split()[0]) / 1024, 1),
            len(names),
            sum(name.startswith("socket:") for name in names),
            int(status["Threads"]),
            self.worker.metric("crm_insights_lag", topic=self._installation.events),
        )

    def faults(self) -> Sequence[tuple[str, Callable[[], None]]]:
        """Each does its harm, waits, and ends it."""
        return (
            ("the registry is cut off", self._cut_registry),
            ("the provider answers 500", self._break_provider),
            ("the broker stands still", self._pause_broker),
            ("a second worker joins and leaves", self._join_and_leave),
        )

    def _cut_registry(self) -> None:
        self._registry.cut()
        time.sleep(FAULT_FOR_S)
        self._registry.mend()

    def _break_provider(self) -> None:
        self._simulator.set_faults({"fault": "500"})
        time.sleep(FAULT_FOR_S)
        self._simulator.set_faults({})

    def _pause_broker(self) -> None:
        self._broker.process.pause()
        time.sleep(3.0)
        self._broker.process.resume()

    def _join_and_leave(self) -> None:
        self._second.start()
        time.sleep(FAULT_FOR_S)
        self._second.stop()


def run(minutes: float) -> int:
    """Run for so long; the exit code."""
    samples: list[Sample] = []
    faults: list[Fault] = []
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stage:
        soak = Soak(Path(directory), stage)
        ended = threading.Event()
        threads = [
            threading.Thread(target=soak.feed, args=(ended,), daemon=True),
            threading.Thread(target=_sample_until, args=(soak, samples, ended), daemon=True),
        ]
        stage.callback(ended.set)
        for thread in threads:
            thread.start()
        due_s, number = FAULT_EVERY_S / 2, 0
        while due_s < minutes * 60:
            time.sleep(max(0.0, due_s - soak.now_s))
            name, harm = soak.faults()[number % len(soak.faults())]
            at_s = soak.now_s
            harm()
            faults.append(Fault(name, round(at_s, 1), _lag_zero_after_s(samples, soak.now_s)))
            _say(faults[-1])
            due_s, number = due_s + FAULT_EVERY_S, number + 1
        time.sleep(max(0.0, minutes * 60 - soak.now_s))
    return _report(samples, faults)


def _sample_until(soak: Soak, samples: list[Sample], ended: threading.Event) -> None:
    while not ended.wait(SAMPLE_EVERY_S):
        samples.append(soak.sample())


def _lag_zero_after_s(samples: Sequence[Sample], since_s: float, within_s: float = 90.0) -> float | None:
    """Wait until the lag is what is under way anyhow (two seconds of load), and say how long that took."""
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        later = [one for one in samples if one.at_s > since_s + SAMPLE_EVERY_S and one.lag <= 2 * RATE_PER_S]
        if later:
            return round(later[0].at_s - since_s, 1)
        time.sleep(SAMPLE_EVERY_S)
    return None


def _report(samples: Sequence[Sample], faults: Sequence[Fault]) -> int:
    settled = samples[len(samples) // 4 :]
    slope = _slope_mb_per_min(settled)
    first, last = settled[0], settled[-1]
    _say(
        f"memory: {first.resident_mb} MB after the first quarter, {last.resident_mb} MB at the end, {slope:+.2f} MB/min"
    )
    for name in ("files", "sockets", "threads"):
        _say(f"{name}: {getattr(first, name)} after the first quarter, {getattr(last, name)} at the end")
    path = HERE / "results" / "soak.json"
    path.parent.mkdir(exist_ok=True)
    found = {"samples": [asdict(one) for one in samples[::10]], "faults": [asdict(one) for one in faults]}
    path.write_text(json.dumps(found | {"memory_mb_per_min": round(slope, 3)}, indent=1) + "\n", "utf-8")
    never = [fault for fault in faults if fault.lag_zero_after_s is None]
    _say(f"lag: returned to zero after {len(faults) - len(never)} of {len(faults)} faults")
    return 1 if never else 0


def _slope_mb_per_min(samples: Sequence[Sample]) -> float:
    """The slope of the straight line through the samples (least squares)."""
    count = len(samples)
    mean_s, mean_mb = sum(one.at_s for one in samples) / count, sum(one.resident_mb for one in samples) / count
    above = sum((one.at_s - mean_s) * (one.resident_mb - mean_mb) for one in samples)
    return 60 * above / sum((one.at_s - mean_s) ** 2 for one in samples)


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:
        # Closed while we looked.
        return ""


def _say(what: object) -> None:
    print(what, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--minutes", type=float, default=15.0, help="how long (15)")
    sys.exit(run(parser.parse_args().minutes))
