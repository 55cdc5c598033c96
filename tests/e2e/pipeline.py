"""The pipeline under test: what a CRM writes goes in, and what its database holds afterwards comes out."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString

from tests.support.foreign_clients import ForeignClients
from tests.support.supervision import wait_until
from tests.support.topics import Received, Sent, produce, read_all

if TYPE_CHECKING:
    import psycopg

    from tests.support.connect.worker import ConnectWorker
    from tests.support.installation import Installation
    from tests.support.processes import WorkerProcess
    from tests.support.simulator import LlmSimulator

SOURCE, SINK = "crm-source", "insights-sink"

# From a write to its row in the other table: 0.3 s on an idle machine, and longest after something was killed.
ARRIVAL_TIMEOUT_S = 90.0
# A second insight or a second round of a loop would come in as much time as the first took, or less.
SETTLE_S = 2.0


@dataclass(frozen=True, slots=True)
class Pipeline:
    """All that runs, and what the tests ask of it. `crm` is the CRM's own connection to its database."""

    crm: psycopg.Connection[dict[str, Any]]
    connect: ConnectWorker
    worker: WorkerProcess
    installation: Installation
    simulator: LlmSimulator

    @property
    def bootstrap_servers(self) -> str:
        """Where clients find the broker."""
        return self.installation.settings["CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"]

    def write(self, statement: LiteralString, *values: object) -> None:
        """Let the CRM commit one statement."""
        self.crm.execute(statement, values or None)

    def read(self, statement: LiteralString, *values: object) -> list[dict[str, Any]]:
        """What the database answers."""
        return self.crm.execute(statement, values or None).fetchall()

    def insights(self, entity: str, *record_ids: int) -> list[dict[str, Any]]:
        """The rows of these records in the sink's table, oldest change first."""
        return self.read(
            "SELECT * FROM crm_insights WHERE entity = %s AND record_id = ANY(%s) ORDER BY occurred_at, enriched_at",
            entity,
            [str(record_id) for record_id in record_ids],
        )

    def wait_for_insights(
        self, entity: str, *record_ids: int, count: int = 1, settle_s: float = 0.0
    ) -> list[dict[str, Any]]:
        """Wait until these records have so many rows, and answer all that they have `settle_s` later."""
        wait_until(
            lambda: len(self.insights(entity, *record_ids)) >= count,
            timeout_s=ARRIVAL_TIMEOUT_S,
            what=f"{count} insights of {entity} {record_ids[:3]}",
            every_s=0.01,
        )
        time.sleep(settle_s)
        return self.insights(entity, *record_ids)

    def published(self) -> list[Received]:
        """The records of the insights topic, tombstones included."""
        return read_all(self.bootstrap_servers, self.installation.insights)

    def bury(self, event_id: str) -> None:
        """Write a tombstone for an insight, beside it."""
        (record,) = [one for one in self.published() if one.key is not None and event_id.encode() in one.key]
        produce(self.bootstrap_servers, record.topic, [Sent(None, record.key, partition=record.partition)])

    def events(self, entity: str, record_id: int) -> list[dict[str, Any]]:
        """The change events that intake made of this record."""
        with ForeignClients(self.installation) as foreign:
            found = [event for _, event in foreign.events()]
        return [event for event in found if (event["entity"], event["record_id"]) == (entity, str(record_id))]

    def wait_for_event(self, entity: str, record_id: int, operation: str) -> dict[str, Any]:
        """Wait until intake has made such an event, and answer the last one."""
        found: list[dict[str, Any]] = []

        def there() -> bool:
            found[:] = [event for event in self.events(entity, record_id) if event["operation"] == operation]
            return bool(found)

        wait_until(there, timeout_s=ARRIVAL_TIMEOUT_S, what=f"{operation} of {entity} {record_id}", every_s=0.2)
        return found[-1]

    def paid(self, case: str) -> int:
        """How many answers were paid for prompts with this word."""
        return int(self.simulator.stats()["paid_by_marker"].get(case, 0))

    def skipped(self, reason: str) -> float:
        """How many events the worker has skipped for this reason since it started."""
        return self.worker.metric("crm_insights_events_total", outcome="skipped", reason=reason)

    def wait_for_skips(self, reason: str, count: float) -> None:
        """Wait until `skipped` is `count`."""
        wait_until(
            lambda: self.skipped(reason) >= count,
            timeout_s=ARRIVAL_TIMEOUT_S,
            what=f"{count:g} events to be skipped as {reason}",
            every_s=0.1,
        )

    def wait_until_quiet(self) -> None:
        """Wait until what earlier tests wrote has gone all ways, back included."""
        last = -1.0
        while (now := self.worker.metric("crm_insights_events_total")) != last:
            last = now
            time.sleep(SETTLE_S)

    def assert_sound(self) -> None:
        """What must hold after each test.

        The connectors run, no event has two insights, none was given up, and the table holds what the topic says.
        """
        for connector in (SOURCE, SINK):
            self.connect.wait_running(connector)
        published = self.published()
        times = Counter(record.key for record in published if record.value is not None)
        assert [key for key, count in times.items() if count > 1] == []
        assert self.worker.metric("crm_insights_events_total", outcome="dead_letter") == 0
        buried = {record.key for record in published if record.value is None}
        wait_until(
            lambda: self.read("SELECT count(*) FROM crm_insights") == [{"count": len(times.keys() - buried)}],
            timeout_s=ARRIVAL_TIMEOUT_S,
            what="the table to hold as many insights as the topic",
        )
