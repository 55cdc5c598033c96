"""The worker of the soak, its services, its load, and the faults that befall it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.processes import Held
from benchmarks.soak.verdict import Ended, Sample
from tests.support.foreign_clients import ForeignClients, crm_event
from tests.support.installation import an_installation
from tests.support.jars import fetch
from tests.support.kafka import KafkaBroker, Node
from tests.support.registry import ApicurioRegistry
from tests.support.severable import SeverableLink
from tests.support.simulator import LlmSimulator
from tests.support.topics import committed_offsets, end_offsets, produce

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping
    from contextlib import ExitStack
    from pathlib import Path

# A batch of events every second. A tenth of what one worker can do: after a fault it must catch up.
RATE_PER_S = 40
RECORDS = 2_000
PARTITIONS = 6
FAULT_FOR_S = 10.0
PAUSE_FOR_S = 3.0
# The broker may be away for as long as a batch is being produced.
PRODUCE_WITHIN_S = 120.0
END_WITHIN_S = 120.0
# Each look asks the broker through clients of its own.
END_LOOK_S = 1.0


class World:
    """One worker and its services, all started; the stack ends them."""

    def __init__(self, directory: Path, stage: ExitStack) -> None:
        """Start the services and the worker, and wait until it is ready."""
        files = fetch()
        self._broker = KafkaBroker(files, Node.at(directory / "kafka"))
        registry = ApicurioRegistry(files, directory)
        self._simulator = LlmSimulator(directory, "--latency-s", "0.8", "--latency-sigma", "0.5")
        for service in (self._broker, registry, self._simulator):
            stage.callback(service.close)
            service.start()
        self._registry = stage.enter_context(SeverableLink(registry.url))
        self._servers = self._broker.bootstrap_servers
        self._installation = an_installation(directory, self._servers, self._registry.url, self._simulator.base_url)
        self._installation.set_up(partitions=PARTITIONS)
        # Whoever produces has a way to the registry of his own: only the worker is to be cut off.
        direct = self._installation.settings | {"CRM_INSIGHTS_SCHEMA_REGISTRY__URL": registry.url}
        self._foreign = stage.enter_context(ForeignClients(replace(self._installation, settings=direct)))
        self._worker, self._second = (self._installation.worker(number, "--only", "enrich") for number in (1, 2))
        for worker in (self._worker, self._second):
            stage.callback(worker.close)
        self._worker.start()
        self._began_s = time.monotonic()
        self._produced = 0

    @property
    def now_s(self) -> float:
        """Seconds since the load began."""
        return time.monotonic() - self._began_s

    def feed(self, ended: threading.Event) -> None:
        """Produce at the same rate until told to end; the texts differ, so that each is read."""
        while not ended.wait(max(0.0, self._produced / RATE_PER_S - self.now_s)):
            numbers = range(self._produced, self._produced + RATE_PER_S)
            events = [self._foreign.sent(crm_event(number, record_id=str(number % RECORDS))) for number in numbers]
            produce(self._servers, self._installation.events, events, timeout_s=PRODUCE_WITHIN_S)
            self._produced += RATE_PER_S

    def sample(self) -> Sample:
        """Look at the worker. Raises OSError where it has ended or does not answer."""
        held = Held.by(self._worker.process.pid)
        return Sample(
            at_s=round(self.now_s, 1),
            resident_mb=round(held.resident_mb, 1),
            files=held.files,
            sockets=held.sockets,
            threads=held.threads,
            tasks=int(self._worker.metric("crm_insights_tasks")),
            lag=int(self._worker.metric("crm_insights_lag", topic=self._installation.events)),
            insights=int(self._worker.metric("crm_insights_events_total", outcome="insight")),
        )

    def faults(self) -> Mapping[str, Callable[[], None]]:
        """By name; each does its harm, waits, and ends it."""
        return {
            # First those that make the worker grow once: more connections, the buffers of a restore.
            "a second worker that joins and leaves": self._join_and_leave,
            "a provider that answers 500": self._break_provider,
            "a broker that stands still": self._pause_broker,
            "a broker killed and started": self._restart_broker,
            "the registry cut off": self._cut_registry,
        }

    def end(self) -> Ended:
        """Wait until the last event is committed, stop the worker, and count what stands in Kafka."""
        began_s = time.monotonic()
        while (uncommitted := self._uncommitted()) and time.monotonic() - began_s < END_WITHIN_S:
            time.sleep(END_LOOK_S)
        waited_s = round(time.monotonic() - began_s, 1)
        self._worker.stop()
        names = self._installation
        events, insights, dead_letters = (
            sum(end_offsets(self._servers, topic).values())
            for topic in (names.events, names.insights, names.dead_letters)
        )
        return Ended(events, insights, dead_letters, uncommitted, waited_s)

    @property
    def log(self) -> str:
        """What the worker has logged, to be kept where something went wrong."""
        return self._worker.stderr

    def _uncommitted(self) -> int:
        committed = committed_offsets(self._servers, self._installation.group)
        ends = end_offsets(self._servers, self._installation.events)
        return sum(end - committed.get((self._installation.events, number), 0) for number, end in ends.items())

    def _cut_registry(self) -> None:
        self._registry.cut()
        time.sleep(FAULT_FOR_S)
        self._registry.mend()

    def _break_provider(self) -> None:
        self._simulator.set_faults({"fault": "500"})
        time.sleep(FAULT_FOR_S)
        self._simulator.set_faults({})

    def _pause_broker(self) -> None:
        self._broker.pause()
        time.sleep(PAUSE_FOR_S)
        self._broker.resume()

    def _restart_broker(self) -> None:
        self._broker.restart(kill=True)

    def _join_and_leave(self) -> None:
        self._second.start()
        time.sleep(FAULT_FOR_S)
        self._second.stop()
