"""The worker's web server on a real broker: events by HTTP, and what it shows with Kafka and without."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.foreign_clients import ForeignClients, crm_event
from tests.support.installation import TOKEN, Installation, an_installation, log_lines
from tests.support.kafka import KafkaBroker, Node
from tests.support.posting import Answer, post
from tests.support.simulator import LlmSimulator
from tests.support.supervision import wait_until
from tests.support.topics import end_offsets, read_all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.jars import ServiceFiles
    from tests.support.processes import WorkerProcess

pytestmark = pytest.mark.kafka

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@dataclass(frozen=True)
class Running:
    """One installation and its worker."""

    installation: Installation
    worker: WorkerProcess

    @property
    def servers(self) -> str:
        return self.installation.settings["CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"]

    def post(self, body: Any, *, token: str | None = TOKEN, **headers: str) -> Answer:
        return post(f"{self.worker.url}/v1/events", body, token=token, headers=headers)

    def stored(self) -> int:
        return sum(end_offsets(self.servers, self.installation.settings["CRM_INSIGHTS_TOPICS__WEBHOOKS"]).values())

    def insight(self, record: str) -> tuple[dict[str, Any], dict[str, bytes | None]]:
        """Wait for the insight of a record, which each test has for its own; its value and headers."""
        with ForeignClients(self.installation) as foreign:
            found: list[tuple[dict[str, Any], dict[str, bytes | None]]] = []

            def there() -> bool:
                insights = foreign.wait_for_insights(0)
                found[:] = [(value, dict(sent.headers)) for sent, value in insights if value["record_id"] == record]
                return bool(found)

            wait_until(there, timeout_s=30, what=f"the insight on {record}", every_s=0.2)
            assert len(found) == 1
            return found[0]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, bootstrap_servers: str, registry_url: str) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("web")
    simulator = LlmSimulator(directory)
    worker = None
    try:
        simulator.start()
        installation = an_installation(directory, bootstrap_servers, registry_url, simulator.base_url).set_up()
        worker = installation.worker(WEB__MAX_BODY_BYTES="100000")
        worker.start()
        yield Running(installation, worker)
        assert worker.stop() == 0
    finally:
        if worker is not None:
            worker.close()
        simulator.close()


def test_a_posted_event_is_durable_at_202_and_becomes_an_insight(running: Running) -> None:
    before = running.stored()
    answer = running.post(crm_event(1, event_id="posted", record_id="posted"), traceparent=TRACE)

    assert (answer.status, answer.body) == (202, {"accepted": 1})
    assert running.stored() == before + 1
    value, headers = running.insight("posted")
    assert (value["event_id"], value["tenant"]) == ("posted", "tenant-1")
    assert headers["traceparent"] == TRACE.encode()


def test_a_posted_cloud_event_becomes_an_insight(running: Running) -> None:
    body = {
        "specversion": "1.0",
        "id": "1",
        "source": "https://helpdesk.example",
        "type": "com.example.ticket.updated",
        "subject": "by-cloud-event",
        "data": {"title": "Export fails", "text": "The export fails again."},
    }
    answer = running.post(body, **{"content-type": "application/cloudevents+json"})

    assert (answer.status, answer.body) == (202, {"accepted": 1})
    assert running.insight("by-cloud-event")[0]["entity"] == "Ticket"


def test_the_token_stands_nowhere_on_the_topic(running: Running) -> None:
    assert running.post(crm_event(2)).status == 202
    records = read_all(running.servers, running.installation.settings["CRM_INSIGHTS_TOPICS__WEBHOOKS"])
    assert records
    assert not [record for record in records if TOKEN.encode() in (record.value or b"") + repr(record.headers).encode()]


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN + "x", TOKEN[:-1]])
def test_a_wrong_token_is_401_and_nothing_is_stored(running: Running, token: str | None) -> None:
    before = running.stored()
    answer = running.post(crm_event(3), token=token)

    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert running.stored() == before


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"no json", 400, "JSON"),
        ([], 400, "object"),
        ({"entity": "Ticket", "record_id": "1", "source": "x"}, 400, "event_id"),
        (crm_event(4, occurred_at="yesterday"), 400, "occurred_at"),
        (crm_event(5, text="x" * 200_000), 413, "100000 bytes"),
    ],
)
def test_a_senders_mistake_is_told_to_the_sender(running: Running, body: Any, status: int, said: str) -> None:
    before = running.stored()
    answer = running.post(body)

    assert answer.status == status
    assert said in answer.body["error"]
    assert "yesterday" not in json.dumps(answer.body)
    assert running.stored() == before


def test_a_get_of_the_inbox_is_405_and_an_unknown_path_404(running: Running) -> None:
    assert running.worker.status("/v1/events") == 405
    assert running.worker.status("/table/") == 404


def test_health_readiness_and_metrics_of_a_worker_that_is_well(running: Running) -> None:
    assert (running.worker.status("/healthz"), running.worker.status("/readyz")) == (200, 200)
    assert json.loads(running.worker.get("/healthz")) == {"stuck": [], "closed": [], "events_expired": 0, "fatal": None}
    ready = json.loads(running.worker.get("/readyz"))
    assert (ready["intake"], ready["enrich"], ready["paused"]) == (True, True, {})
    metrics = running.worker.get("/metrics")
    for name in ("events_total", "llm_calls_total", "llm_cost_total", "stage_seconds_bucket", "lag", "build_info"):
        assert f"\ncrm_insights_{name}{{" in metrics
    assert "\nprocess_resident_memory_bytes " in metrics


def broker_is_missed(worker: WorkerProcess) -> bool:
    return worker.metric("crm_insights_paused", reason="broker") == 1


# ---- without a broker --------------------------------------------------------------------------------------------


@pytest.fixture
def own_broker(service_files: ServiceFiles, tmp_path: Path) -> Iterator[KafkaBroker]:
    broker = KafkaBroker(service_files, Node.at(tmp_path / "kafka"))
    try:
        broker.start()
        yield broker
    finally:
        broker.close()


@pytest.mark.slow
def test_without_a_broker_events_are_refused_with_503_until_it_is_back(
    own_broker: KafkaBroker, tmp_path: Path, registry_url: str, llm_simulator: LlmSimulator
) -> None:
    servers = own_broker.bootstrap_servers
    installation = an_installation(tmp_path, servers, registry_url, llm_simulator.base_url).set_up()
    worker = installation.worker()
    running = Running(installation, worker)
    try:
        worker.start()
        assert running.post(crm_event(1, record_id="before")).status == 202
        running.insight("before")

        own_broker.kill()
        wait_until(lambda: worker.status("/readyz") == 503, timeout_s=20, what="/readyz to say so", every_s=0.2)
        wait_until(lambda: broker_is_missed(worker), timeout_s=10, what="the pause", every_s=0.2)
        assert json.loads(worker.get("/readyz"))["paused"] == {"broker": "the broker answers no heartbeat"}
        answer = running.post(crm_event(2, record_id="during"))
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert worker.status("/metrics") == 200
        # A restart would mend nothing.
        assert worker.status("/healthz") == 200

        own_broker.start()
        worker.wait_ready()
        # The sender does as it was told, and sends again.
        wait_until(
            lambda: running.post(crm_event(2, record_id="during")).status == 202, timeout_s=60, what="a 202", every_s=1
        )
        assert running.post(crm_event(3, record_id="after")).status == 202
        running.insight("after")
        running.insight("during")
        wait_until(lambda: not broker_is_missed(worker), timeout_s=10, what="the end of the pause")
        assert worker.stop() == 0
    finally:
        worker.close()
    lines = log_lines(worker)
    assert [line["event"] for line in lines if line["event"] in {"paused", "resumed"}] == ["paused", "resumed"]
    # aiokafka writes 200 lines a second while it finds no broker.
    assert len(lines) < 100


def test_a_worker_waits_for_a_broker_that_is_not_there_yet(
    tmp_path: Path, registry_url: str, llm_simulator: LlmSimulator
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        servers = f"127.0.0.1:{nobody.getsockname()[1]}"
    worker = an_installation(tmp_path, servers, registry_url, llm_simulator.base_url).worker()
    try:
        worker.start(wait=False)
        wait_until(
            lambda: worker.status("/metrics") == 200 and broker_is_missed(worker),
            timeout_s=60,
            what="the pause",
            every_s=0.2,
        )
        assert (worker.status("/readyz"), worker.status("/healthz")) == (503, 200)
        assert servers in json.loads(worker.get("/readyz"))["paused"]["broker"]
        assert post(f"{worker.url}/v1/events", crm_event(1), token=TOKEN).status == 503
        assert worker.stop() == 0
    finally:
        worker.close()
    assert {line["event"] for line in log_lines(worker)} == {"paused", "stopped"}
