"""Topics of a Debezium connector: found by a pattern, Avro with a real registry, new tables without a restart."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka.schema_registry import Schema

from tests.support.foreign_clients import ForeignClients
from tests.support.installation import Installation, an_installation
from tests.support.simulator import LlmSimulator
from tests.support.supervision import wait_until
from tests.support.topics import Sent, committed_offsets, create_topic, fresh, produce
from tests.unit.debezium.records import CAPTURES, an_envelope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.processes import WorkerProcess

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, bootstrap_servers: str, registry_url: str) -> Iterator[Any]:
    directory = tmp_path_factory.mktemp("debezium")
    mark = fresh("dbz")
    create_topic(bootstrap_servers, f"{mark}.crm.contacts", partitions=3)
    simulator = LlmSimulator(directory)
    worker = None
    try:
        simulator.start()
        sources = {rf"^{mark}\.crm\..*": "debezium"}
        installation = an_installation(
            directory, bootstrap_servers, registry_url, simulator.base_url, sources=sources
        ).set_up()
        worker = installation.worker()
        worker.start()
        yield installation, worker, mark
        assert worker.stop() == 0
    finally:
        if worker is not None:
            worker.close()
        simulator.close()


def servers_of(installation: Installation) -> str:
    return installation.settings["CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"]


def events_of(installation: Installation, source: str, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    with ForeignClients(installation) as foreign:

        def there() -> bool:
            found[:] = [event for _, event in foreign.events() if event["source"] == source]
            return len(found) >= count

        wait_until(there, timeout_s=60, what=f"{count} events of {source}", every_s=0.3)
    return found


def captured_again(installation: Installation, name: str, topic: str) -> list[Sent]:
    """The records of a capture, framed with the ids that this registry gives to their schemas."""
    capture = json.loads((CAPTURES / f"{name}.json").read_text("utf-8"))
    with ForeignClients(installation) as foreign:
        ids = {
            int(number): foreign.registry.register_schema(f"{topic}-{number}", Schema(json.dumps(schema)))
            for number, schema in capture["schemas"].items()
        }

    def framed(data: str | None) -> bytes | None:
        if data is None:
            return None
        raw = bytes.fromhex(data)
        return b"\x00" + ids[int.from_bytes(raw[1:5], "big")].to_bytes(4, "big") + raw[5:]

    return [Sent(framed(record["value_hex"]), framed(record["key_hex"]), partition=0) for record in capture["records"]]


def test_avro_of_a_real_connector_becomes_events_and_every_record_passes(
    installed: tuple[Installation, WorkerProcess, str],
) -> None:
    installation, worker, mark = installed
    topic = f"{mark}.crm.contacts"
    records = captured_again(installation, "types", topic)
    produce(servers_of(installation), topic, records)

    events = events_of(installation, "/debezium/postgresql/a", 8)
    assert [event["operation"] for event in events if event["record_id"] == "3"] == ["CREATE", "DELETE"]
    assert next(event for event in events if event["record_id"] == "1")["fields"]["lifetime_value"] == "1234.50"
    group = f"{installation.group}-intake"
    wait_until(
        lambda: committed_offsets(servers_of(installation), group).get((topic, 0)) == len(records),
        timeout_s=30,
        what="all records to pass",
    )
    assert worker.metric("crm_insights_events_total", outcome="dead_letter") == 0


def test_the_topic_of_a_new_table_is_read_from_its_beginning_without_a_restart(
    installed: tuple[Installation, WorkerProcess, str],
) -> None:
    installation, worker, mark = installed
    topic = create_topic(servers_of(installation), f"{mark}.crm.notes", partitions=5)
    send_rows(installation, topic, f"{mark}-one", range(20))

    events = events_of(installation, f"/debezium/postgresql/{mark}-one", 20)
    assert sorted(int(event["record_id"]) for event in events) == list(range(20))
    assert worker.status("/readyz") == 200


def test_two_workers_share_topics_of_different_partition_counts(
    installed: tuple[Installation, WorkerProcess, str],
) -> None:
    installation, _, mark = installed
    topics = [
        create_topic(servers_of(installation), f"{mark}.crm.{name}", partitions=partitions)
        for name, partitions in (("calls", 1), ("deals", 7))
    ]
    second = installation.worker(2)
    second.start()
    try:
        for index, topic in enumerate(topics):
            send_rows(installation, topic, f"{mark}-two", range(100 * index, 100 * index + 50))
        events = events_of(installation, f"/debezium/postgresql/{mark}-two", 100)
        assert {int(event["record_id"]) for event in events} == {*range(50), *range(100, 150)}
        assert second.stop() == 0
    finally:
        second.close()


def send_rows(installation: Installation, topic: str, name: str, numbers: range) -> None:
    """One created row for each number, from a connector of that name, keyed so that they spread over partitions."""
    rows = [an_envelope("c", after={"id": number, "body": "Hi"}, name=name, lsn=number) for number in numbers]
    records = [Sent(json.dumps(row).encode(), json.dumps({"id": row["after"]["id"]}).encode()) for row in rows]
    produce(servers_of(installation), topic, records)
