"""Source records become change events: written by strangers in every form, read back by a stranger."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.foreign_clients import EVENT_SCHEMA, ForeignClients, crm_event, key_of
from tests.support.installation import Installation, an_installation
from tests.support.simulator import LlmSimulator
from tests.support.supervision import wait_until
from tests.support.topics import Received, Sent, committed_offsets, create_topic, end_offsets, fresh, produce, read_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.support.processes import WorkerProcess

pytestmark = pytest.mark.kafka

TRACE = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
STRUCTURED = (("content-type", b"application/cloudevents+json; charset=utf-8"),)
BATCH = (("content-type", b"application/cloudevents-batch+json"),)

# Keys as records have them: other scripts, slashes and percent signs in every part, long, of one character.
NAMES = ("acme", "müller & söhne", "日本", "a/b", "100%", "%2F", "emoji 👩‍💻", "x" * 200, "_", "ÅÄÖ", "a\u0301", " ")


@dataclass(frozen=True)
class Running:
    """One installation whose worker runs: both halves, two source topics."""

    installation: Installation
    worker: WorkerProcess
    native: str
    cloud_events: str

    @property
    def servers(self) -> str:
        return self.installation.settings["CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"]

    def send(self, topic: str, *records: Sent) -> None:
        produce(self.servers, topic, records)

    def events(self, tenant: str, count: int) -> list[tuple[Received, dict[str, Any]]]:
        """Wait for so many events of a tenant, which each test has for its own."""
        with ForeignClients(self.installation) as foreign:
            found: list[tuple[Received, dict[str, Any]]] = []

            def there() -> bool:
                found[:] = [(record, event) for record, event in foreign.events() if event["tenant"] == tenant]
                return len(found) >= count

            wait_until(there, timeout_s=30, what=f"{count} events of {tenant}", every_s=0.2)
            return found

    def insight_headers(self, event_id: str) -> dict[str, bytes | None]:
        with ForeignClients(self.installation) as foreign:
            found: list[Received] = []

            def there() -> bool:
                found[:] = [record for record, value in foreign.wait_for_insights(0) if value["event_id"] == event_id]
                return bool(found)

            wait_until(there, timeout_s=30, what=f"the insight on {event_id}", every_s=0.2)
            assert len(dict(found[0].headers)) == len(found[0].headers), "a header stands twice"
            return dict(found[0].headers)

    def dead_letters(self, headers: Sequence[tuple[str, bytes]]) -> list[Received]:
        """The dead letters that begin with these headers, which each test has for its own."""
        letters = read_all(self.servers, self.installation.dead_letters)
        return [letter for letter in letters if letter.headers[: len(headers)] == tuple(headers)]

    def skipped(self, reason: str) -> float:
        return self.worker.metric("crm_insights_events_total", outcome="skipped", reason=reason)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, bootstrap_servers: str, registry_url: str) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("intake")
    sources = {
        adapter: create_topic(bootstrap_servers, fresh(f"src-{adapter}")) for adapter in ("native", "cloudevents")
    }
    simulator = LlmSimulator(directory)
    worker = None
    try:
        simulator.start()
        installation = an_installation(
            directory,
            bootstrap_servers,
            registry_url,
            simulator.base_url,
            sources={topic: adapter for adapter, topic in sources.items()},
        ).set_up()
        installation.settings["CRM_INSIGHTS_OWN_IDS"] = json.dumps(["crm-insights-writer"])
        worker = installation.worker()
        worker.start()
        yield Running(installation, worker, sources["native"], sources["cloudevents"])
        assert worker.stop() == 0
    finally:
        if worker is not None:
            worker.close()
        simulator.close()


def as_json(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode()


def a_cloud_event(event_id: str, tenant: str, **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "https://helpdesk.example",
        "type": "com.example.ticket.updated",
        "subject": f"T-{event_id}",
        "time": "2026-11-01T12:00:00Z",
        "tenant": tenant,
        "data": {"id": f"T-{event_id}", "title": "Export fails", "text": f"The export {event_id} fails."} | data,
    }


# ---- forms of source records -------------------------------------------------------------------------------------


def test_native_avro_of_a_producer_with_a_smaller_schema_becomes_an_event(running: Running) -> None:
    tenant, event = "avro", crm_event(1, tenant="avro", event_id="avro-1")
    smaller = json.loads(EVENT_SCHEMA)
    smaller["fields"] = [field for field in smaller["fields"] if field["name"] in event]
    with ForeignClients(running.installation) as foreign:
        running.send(running.native, Sent(foreign.encoded_with(smaller, event, running.native), b"whatever key"))

    ((record, found),) = running.events(tenant, 1)
    assert record.key == key_of(event)
    assert {name: found[name] for name in event if name != "occurred_at"} == {
        name: value for name, value in event.items() if name != "occurred_at"
    }
    assert found["occurred_at"].timestamp() * 1000 == event["occurred_at"]
    assert (found["department"], found["messages"], found["lane"]) == (None, [], "REALTIME")


def test_native_json_becomes_an_event(running: Running) -> None:
    event = crm_event(2, tenant="json", event_id="json-2", record_id=4711, occurred_at="2026-11-01T12:00:00Z")
    running.send(running.native, Sent(as_json(event)))

    ((record, found),) = running.events("json", 1)
    assert (record.key, found["record_id"]) == (b"json/Ticket/4711", "4711")
    assert found["occurred_at"].isoformat() == "2026-11-01T12:00:00+00:00"


def test_a_structured_cloud_event_becomes_an_event(running: Running) -> None:
    running.send(running.cloud_events, Sent(as_json(a_cloud_event("s1", "structured")), headers=STRUCTURED))

    ((record, found),) = running.events("structured", 1)
    assert record.key == b"structured/Ticket/T-s1"
    assert (found["operation"], found["title"], found["text"]) == ("UPDATE", "Export fails", "The export s1 fails.")


def test_a_binary_cloud_event_becomes_an_event(running: Running) -> None:
    whole = a_cloud_event("b1", "binary")
    headers = [(f"ce_{name}", str(value).encode()) for name, value in whole.items() if name != "data"]
    headers.append(("content-type", b"application/json"))
    running.send(running.cloud_events, Sent(as_json(whole["data"]), headers=tuple(headers)))

    ((record, found),) = running.events("binary", 1)
    assert (record.key, found["text"]) == (b"binary/Ticket/T-b1", "The export b1 fails.")


def test_a_batch_of_cloud_events_becomes_an_event_each_in_their_order(running: Running) -> None:
    batch = [a_cloud_event(f"batch-{number}", "batch", id="same") | {"subject": "same"} for number in range(5)]
    running.send(running.cloud_events, Sent(json.dumps(batch).encode(), headers=BATCH))

    found = running.events("batch", 5)
    assert {record.key for record, _ in found} == {b"batch/Ticket/same"}
    assert [event["text"] for _, event in found] == [f"The export batch-{number} fails." for number in range(5)]
    assert len({event["event_id"] for _, event in found}) == 5


# ---- keys, partitions and headers --------------------------------------------------------------------------------


def test_a_confluent_producer_and_our_intake_put_a_record_on_the_same_partition(running: Running) -> None:
    """The record of the README: key as text, partitioner murmur2_random, the same number of partitions."""
    records = [(tenant, f"{name}/{number}") for tenant in NAMES for number, name in enumerate(NAMES * 2)]
    events = [
        crm_event(number, event_id=f"place-{number}", tenant=tenant, entity="Place", record_id=record_id)
        for number, (tenant, record_id) in enumerate(records)
    ]
    probe = create_topic(running.servers, fresh("probe"), partitions=4)
    escaped = [name.replace("%", "%25").replace("/", "%2F") for name, _ in records]
    keys = [f"{tenant}/Place/{record}".encode() for tenant, (_, record) in zip(escaped, records, strict=True)]
    running.send(probe, *(Sent(b"x", key) for key in keys))
    running.send(running.native, *(Sent(as_json(event)) for event in events))

    with ForeignClients(running.installation) as foreign:
        ours: dict[bytes | None, int] = {}

        def all_there() -> bool:
            ours.update((record.key, record.partition) for record, e in foreign.events() if e["entity"] == "Place")
            return len(ours) >= len(set(keys))

        wait_until(all_there, timeout_s=30, what="all events", every_s=0.3)
    theirs = {record.key: record.partition for record in read_all(running.servers, probe)}
    assert ours == theirs
    assert set(theirs.values()) == {0, 1, 2, 3}
    assert running.worker.metric("crm_insights_key_mismatch_total") == 0


def test_trace_and_correlation_headers_arrive_on_the_insight_and_others_do_not(running: Running) -> None:
    headers = (("traceparent", TRACE), ("correlation_id", b"c-7"), ("ce_partitionkey", b"7"), ("authorization", b"x"))
    event = crm_event(3, tenant="traced", event_id="traced-3")
    running.send(running.native, Sent(as_json(event), headers=headers))

    found = running.insight_headers("traced-3")
    assert (found["traceparent"], found["correlation_id"], found["ce_partitionkey"]) == (TRACE, b"c-7", b"7")
    assert "authorization" not in found
    assert found["crm_insights.record"] == b"traced/Ticket/3"
    assert None not in found.values()


# ---- records that become no event --------------------------------------------------------------------------------


def test_an_unreadable_record_becomes_one_dead_letter_with_all_its_headers(running: Running) -> None:
    headers = (("probe", b"unreadable"), ("twice", b"1"), ("twice", b"2"), ("blob", bytes(range(256))))
    running.send(
        running.native,
        Sent(b"\x07 no event", b"a key", headers, partition=2),
        Sent(as_json(crm_event(4, tenant="after", event_id="after-4")), partition=2),
    )

    running.events("after", 1)
    (letter,) = running.dead_letters(headers)
    assert (letter.key, letter.value) == (b"a key", b"\x07 no event")
    ours = dict(letter.headers[len(headers) :])
    assert ours["__streams.errors.topic"] == running.native.encode()
    assert (ours["__streams.errors.partition"], ours["crm_insights.reason"]) == (b"2", b"undecodable")
    assert ours["__streams.errors.stage"] == b"decode"


@pytest.mark.parametrize("missing", ["event_id", "entity", "record_id"])
def test_a_record_without_identity_is_a_dead_letter_that_names_what_is_missing(running: Running, missing: str) -> None:
    event = crm_event(5, tenant="nobody")
    del event[missing]
    headers = (("probe", f"no {missing}".encode()),)
    running.send(running.native, Sent(as_json(event), headers=headers))

    wait_until(lambda: bool(running.dead_letters(headers)), timeout_s=30, what="the dead letter", every_s=0.2)
    (letter,) = running.dead_letters(headers)
    ours = dict(letter.headers)
    assert ours["crm_insights.reason"] == b"no_identity"
    assert missing in str(ours["__streams.errors.message"])


def test_tombstones_and_own_writes_are_skipped_and_counted(running: Running) -> None:
    tombstones, own_writes = running.skipped("tombstone"), running.skipped("own_write")
    running.send(
        running.native,
        Sent(None, b"a key", partition=1),
        Sent(as_json(crm_event(6, tenant="echo", actor="crm-insights-writer")), partition=1),
        Sent(as_json(crm_event(7, tenant="echo", source="crm-insights-writer")), partition=1),
        Sent(as_json(crm_event(8, tenant="echo", actor="somebody")), partition=1),
    )

    ((_, event),) = running.events("echo", 1)
    assert event["actor"] == "somebody"
    assert running.skipped("tombstone") - tombstones == 1
    assert running.skipped("own_write") - own_writes == 2


# ---- durability --------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_offset_is_committed_only_after_its_events_are_durable_so_a_kill_loses_nothing(
    running: Running, make_intake: Callable[[], tuple[Installation, str]]
) -> None:
    installation, source = make_intake()
    worker = installation.worker(1, "--only", "intake")

    def committed() -> dict[int, int]:
        offsets = committed_offsets(running.servers, f"{installation.group}-intake")
        return {partition: offset for (topic, partition), offset in offsets.items() if topic == source}

    def ids() -> set[str]:
        with ForeignClients(installation) as foreign:
            return {event["event_id"] for _, event in foreign.events()}

    try:
        worker.start()
        count = 0

        def committed_at_last() -> bool:
            # Fed until the kill, so that it strikes in the middle of the work however fast the machine is.
            nonlocal count
            if count - sum(end_offsets(running.servers, installation.events).values()) < 1000:
                more = range(count, count + 500)
                produce(running.servers, source, [Sent(as_json(crm_event(n, record_id=str(n)))) for n in more])
                count = more.stop
            return bool(committed())

        wait_until(committed_at_last, timeout_s=60, what="the first commit", every_s=0.01)
        worker.kill()
        at_the_kill, durable = committed(), ids()
        worker.start()
        wait_until(lambda: sum(committed().values()) >= count, timeout_s=60, what="the last commit", every_s=0.2)
        assert worker.stop() == 0
    finally:
        worker.close()

    source_ids = {
        (record.partition, record.offset): json.loads(record.value or b"")["event_id"]
        for record in read_all(running.servers, source)
    }
    assert 0 < sum(at_the_kill.values()) < count, "nothing was under way at the kill"
    assert {source_ids[(partition, n)] for partition, end in at_the_kill.items() for n in range(end)} <= durable
    assert ids() == set(source_ids.values())


@pytest.fixture
def make_intake(
    tmp_path_factory: pytest.TempPathFactory, bootstrap_servers: str, registry_url: str
) -> Callable[[], tuple[Installation, str]]:
    """An installation of the test's own with one native source topic; nobody answers for the LLM."""

    def make() -> tuple[Installation, str]:
        source = create_topic(bootstrap_servers, fresh("src-own"))
        installation = an_installation(
            tmp_path_factory.mktemp("own"),
            bootstrap_servers,
            registry_url,
            "http://127.0.0.1:9/v1",
            sources={source: "native"},
        )
        return installation.set_up(), source

    return make
