"""Raw bodies of web hooks on the real topic become events and requests, each by the header that names its source."""

from __future__ import annotations

import io
import json
import tomllib
from typing import TYPE_CHECKING, Any

import fastavro
import pytest

from schemas.avro import refetch_schema
from tests.support.foreign_clients import ForeignClients
from tests.support.installation import Installation, an_installation
from tests.support.simulator import LlmSimulator
from tests.support.supervision import wait_until
from tests.support.topics import Sent, committed_offsets, create_topic, fresh, produce, read_all
from tests.unit.webhooks.bodies import NAMES, sample, source_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.processes import WorkerProcess

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, bootstrap_servers: str, registry_url: str) -> Iterator[Any]:
    directory = tmp_path_factory.mktemp("hooks")
    simulator = LlmSimulator(directory)
    worker = None
    try:
        simulator.start()
        own = create_topic(bootstrap_servers, fresh("hooks.pipedrive"), partitions=1)
        installation = an_installation(
            directory, bootstrap_servers, registry_url, simulator.base_url, sources={own: "pipedrive"}
        ).set_up()
        worker = installation.worker()
        worker.start()
        yield installation, worker, own
        assert worker.stop() == 0
    finally:
        if worker is not None:
            worker.close()
        simulator.close()


def hook(name: str) -> Sent:
    """A sample as the web server will write it: the raw body under source and account, its headers, and whose it is."""
    body, headers = sample(name)
    value = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    told = tuple((header, text.encode()) for header, text in headers.items())
    source = source_of(name)
    return Sent(value, f"{source}/acme".encode(), (*told, ("crm_insights.source", source.encode())), partition=0)


def requests_of(installation: Installation) -> list[dict[str, Any]]:
    topic = installation.settings["CRM_INSIGHTS_TOPICS__REFETCH"]
    schema = fastavro.parse_schema(refetch_schema())
    servers = installation.settings["CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"]
    values = [record.value or b"" for record in read_all(servers, topic)]
    found: list[Any] = [fastavro.schemaless_reader(io.BytesIO(value[5:]), schema, None) for value in values]
    return found


def test_each_body_becomes_its_events_and_requests(installed: tuple[Installation, WorkerProcess, str]) -> None:
    installation, worker, _ = installed
    servers = installation.settings["CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"]
    topic = installation.settings["CRM_INSIGHTS_TOPICS__WEBHOOKS"]
    produce(servers, topic, [hook(name) for name in NAMES])
    group = f"{installation.group}-intake"
    wait_until(
        lambda: committed_offsets(servers, group).get((topic, 0)) == len(NAMES), timeout_s=60, what="all bodies to pass"
    )

    with ForeignClients(installation) as foreign:
        told = {
            (event["source"].partition("/")[0], event["entity"], event["record_id"]) for _, event in foreign.events()
        }
        insights = foreign.wait_for_insights(7, timeout_s=60)
    assert told == {
        ("dynamics", "Incident", "55555555-0000-4000-8000-000000000005"),
        ("freshdesk", "Ticket", "812"),
        ("gong", "Call", "8800112233445566778"),
        ("intercom", "Conversation", "4410"),
        ("pipedrive", "Deal", "88"),
        ("twilio", "Call", "CA00000000000000000000000000000002"),
        ("zoom", "Meeting", "pQ/7x=="),
    }
    assert {value["source"].partition("/")[0] for _, value in insights} == {source for source, _, _ in told}
    asked = {(request["source"].partition("/")[0], request["reason"]) for request in requests_of(installation)}
    assert asked == {("dynamics", "oversized"), ("gong", "ids_only"), ("twilio", "ids_only"), ("zoom", "ids_only")}
    assert worker.metric("crm_insights_events_total", outcome="dead_letter") == 0


def test_bodies_on_a_topic_of_their_own_are_read_by_the_adapter_that_the_settings_name(
    installed: tuple[Installation, WorkerProcess, str],
) -> None:
    installation, _, own = installed
    body = sample("pipedrive-v1-updated")[0]
    body["meta"] |= {"id": 89, "action": "deleted"}
    produce(
        installation.settings["CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"], own, [Sent(json.dumps(body).encode(), b"acme")]
    )

    def operations() -> list[str]:
        with ForeignClients(installation) as foreign:
            return [event["operation"] for _, event in foreign.events() if event["record_id"] == "89"]

    wait_until(lambda: operations() == ["DELETE"], timeout_s=60, what="the deletion", every_s=0.3)


def test_doctor_knows_whose_bodies_lie_on_a_topic_and_proposes_a_mapping_for_them(
    installed: tuple[Installation, WorkerProcess, str],
) -> None:
    installation, _, own = installed
    bodies = [sample("pipedrive-v1-updated")[0], *sample("pipedrive-v2-change")[0]]
    produce(
        installation.settings["CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"],
        own,
        [Sent(json.dumps(body).encode(), b"acme") for body in bodies],
    )
    proposed = tomllib.loads(installation.command("doctor", "--sample", own).stdout)
    assert proposed["sources"] == {own: "pipedrive"}
    assert proposed["mappings"]["deal"]["title"] == ["title"]
