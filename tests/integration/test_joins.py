"""Who is behind an id is known from the other records' topic, however close the two are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.foreign_clients import ForeignClients
from tests.support.installation import Installation, an_installation
from tests.support.simulator import LlmSimulator
from tests.support.supervision import wait_until
from tests.support.topics import Sent, create_topic, fresh, produce
from tests.unit.debezium.records import an_envelope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.processes import WorkerProcess

pytestmark = pytest.mark.kafka

BEFORE = 3_000


class Joined:
    """A worker whose tickets join contacts, which are on a topic that is no source."""

    def __init__(self, installation: Installation, servers: str, mark: str) -> None:
        """Name the topics; nothing is written yet."""
        self.installation = installation
        self.servers = servers
        self.tickets = f"{mark}.crm.tickets"
        self.contacts = f"{mark}.crm.contacts"

    def write(self, topic: str, rows: list[dict[str, Any]]) -> None:
        values = [an_envelope("c", after=row, lsn=row["id"], table=topic.rsplit(".", 1)[1]) for row in rows]
        records = [
            Sent(json.dumps(value).encode(), json.dumps({"id": row["id"]}).encode())
            for value, row in zip(values, rows, strict=True)
        ]
        produce(self.servers, topic, records)

    def identifiers_of(self, ticket: int) -> list[dict[str, str]]:
        found: list[dict[str, Any]] = []
        with ForeignClients(self.installation) as foreign:

            def there() -> bool:
                found[:] = [event for _, event in foreign.events() if event["record_id"] == str(ticket)]
                return bool(found)

            wait_until(there, timeout_s=60, what=f"the event of ticket {ticket}", every_s=0.2)
        return list(found[0]["identifiers"])


@pytest.fixture(scope="module")
def joined(
    tmp_path_factory: pytest.TempPathFactory, bootstrap_servers: str, registry_url: str
) -> Iterator[tuple[Joined, WorkerProcess]]:
    directory = tmp_path_factory.mktemp("joins")
    mark = fresh("joins")
    simulator = LlmSimulator(directory)
    worker = None
    try:
        simulator.start()
        sources = {f"{mark}.crm.tickets": "debezium"}
        installation = an_installation(
            directory, bootstrap_servers, registry_url, simulator.base_url, sources=sources
        ).set_up()
        joins = [{"columns": ["contact_id"], "topic": f"{mark}.crm.contacts"}]
        installation.settings["CRM_INSIGHTS_MAPPINGS"] = json.dumps({"tickets": {"joins": joins}})
        there = Joined(installation, bootstrap_servers, mark)
        create_topic(bootstrap_servers, there.tickets, partitions=2)
        create_topic(bootstrap_servers, there.contacts, partitions=3)
        there.write(there.contacts, [{"id": n, "full_name": f"Ann Lee {n}"} for n in range(1, BEFORE + 1)])
        there.write(there.tickets, [{"id": 1, "contact_id": BEFORE, "body": "Stuck."}])
        worker = installation.worker()
        worker.start()
        yield there, worker
        assert worker.stop() == 0
    finally:
        if worker is not None:
            worker.close()
        simulator.close()


def test_what_the_topic_held_before_the_start_is_known_to_the_first_record(
    joined: tuple[Joined, WorkerProcess],
) -> None:
    there, worker = joined
    assert there.identifiers_of(1) == [{"type": "PERSON", "value": f"Ann Lee {BEFORE}"}]
    assert worker.metric("crm_insights_joined_records") == BEFORE


def test_a_record_waits_for_one_that_is_written_before_it_and_not_read_yet(
    joined: tuple[Joined, WorkerProcess],
) -> None:
    there, _ = joined
    # As many as take a moment to read, the one in question last.
    there.write(there.contacts, [{"id": n, "full_name": f"Bo Late {n}"} for n in range(10_000, 20_000)])
    there.write(there.tickets, [{"id": 100, "contact_id": 19_999, "body": "Stuck."}])
    assert there.identifiers_of(100) == [{"type": "PERSON", "value": "Bo Late 19999"}]


def test_a_record_that_points_to_nobody_passes_and_is_counted(joined: tuple[Joined, WorkerProcess]) -> None:
    there, worker = joined
    there.write(there.tickets, [{"id": 200, "contact_id": 99_999, "body": "Stuck."}])
    assert there.identifiers_of(200) == []
    assert worker.metric("crm_insights_unjoined_total", topic=there.contacts) == 1
