"""The recipes of docs/sources for web hooks, run as they stand there: from `crm.webhooks` to events and requests."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.foreign_clients import ForeignClients
from tests.support.installation import Installation, an_installation
from tests.support.supervision import wait_until
from tests.support.topics import Sent, committed_offsets, produce
from tests.unit.hubspot import notifications as hubspot
from tests.unit.zendesk import bodies as zendesk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.kafka

PAGES = Path(__file__).parents[2] / "docs" / "sources"
NO_MODEL = "http://127.0.0.1:9"


def recipe(page: str) -> str:
    """The configuration that a page shows."""
    (found,) = re.findall(r"```toml\n(.*?)```", (PAGES / page).read_text("utf-8"), re.DOTALL)
    return str(found)


class Running:
    """An intake that runs by a recipe, and the topics on both sides of it."""

    def __init__(self, installation: Installation) -> None:
        """Take an installation whose intake runs."""
        self._installation = installation
        self._servers = installation.settings["CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"]
        self._topic = installation.settings["CRM_INSIGHTS_TOPICS__WEBHOOKS"]

    def receive(self, source: str, bodies: list[Any], headers: Mapping[str, str]) -> None:
        """Write bodies as a receiver of web hooks does, and wait until each is done with."""
        sent = [(name, text.encode()) for name, text in (*headers.items(), ("crm_insights.source", source))]
        key = f"{source}/account".encode()
        records = [Sent(json.dumps(body).encode(), key, tuple(sent), partition=0) for body in bodies]
        produce(self._servers, self._topic, records)
        group = f"{self._installation.group}-intake"
        wait_until(
            lambda: committed_offsets(self._servers, group).get((self._topic, 0)) == len(records),
            timeout_s=60,
            what="all bodies to pass",
        )

    def events(self) -> list[dict[str, Any]]:
        with ForeignClients(self._installation) as foreign:
            found = foreign.events()
        assert all(record.key == f"{e['tenant']}/{e['entity']}/{e['record_id']}".encode() for record, e in found)
        return [event for _, event in found]

    def requests(self) -> list[dict[str, Any]]:
        with ForeignClients(self._installation) as foreign:
            found = foreign.requests()
        assert all(record.key == f"{r['tenant']}/{r['entity']}/{r['record_id']}".encode() for record, r in found)
        return [request for _, request in found]


@pytest.fixture
def running(
    request: pytest.FixtureRequest, tmp_path: Path, bootstrap_servers: str, registry_url: str
) -> Iterator[Running]:
    installation = an_installation(tmp_path, bootstrap_servers, registry_url, NO_MODEL).set_up()
    config = tmp_path / "insights.toml"
    config.write_text(recipe(request.param), "utf-8")
    installation.settings["CRM_INSIGHTS_CONFIG"] = str(config)
    worker = installation.worker(1, "--only", "intake")
    worker.start()
    try:
        yield Running(installation)
        assert worker.stop() == 0
    finally:
        worker.close()


@pytest.mark.parametrize("running", ["hubspot.md"], indirect=True)
def test_hubspots_notifications_become_events_and_requests_in_their_order(running: Running) -> None:
    a_notification = hubspot.a_notification
    batch = hubspot.SAMPLES["batch"]
    more = [
        a_notification("contact.creation", objectId=7004),
        a_notification(propertyName="notes", changeSource="INTEGRATION", sourceId="9001"),
        a_notification(propertyName="ai_summary", propertyValue="Wants SSO"),
        a_notification(propertyName="last_call_notes", propertyValue="<p>Wants out &amp; says so</p>"),
    ]
    running.receive("hubspot", [batch["body"], hubspot.SAMPLES["privacy_deletion"]["body"], more], batch["headers"])

    events = running.events()
    of_7001 = [event for event in events if event["record_id"] == "7001"]
    assert [event["operation"] for event in of_7001] == ["UPDATE", "UPDATE", "DELETE", "UPDATE"]
    assert of_7001[0]["event_id"] == of_7001[1]["event_id"]
    assert of_7001[0]["fields"] == {"lifecyclestage": "customer"}
    assert of_7001[2]["attributes"]["erasure"] == "record"
    assert of_7001[3]["text"] == "Wants out & says so"
    assert len(events) == 5
    # What our app created (7003) is no news: it would be fetched, read, and written back again.
    assert [(one["record_id"], one["reason"]) for one in running.requests()] == [("7004", "ids_only")]


@pytest.mark.parametrize("running", ["zendesk.md"], indirect=True)
def test_zendesks_events_messages_and_triggers_become_events_and_requests(running: Running) -> None:
    comment = zendesk.SAMPLES["comment_added"]
    asked = zendesk.an_event("comment_added", comment=zendesk.a_comment(), detail={"actor_id": "5550"})
    trigger = {"ticket_id": "9", "latest_comment": "Fix &amp; resend", "updated_at": "2025-11-25T01:00:00Z"}
    bodies = [comment["body"], asked, zendesk.SAMPLES["message_added"]["body"], trigger]
    running.receive("zendesk", bodies, comment["headers"])

    events = {event["record_id"]: event for event in running.events()}
    assert events.keys() == {"71500", "71520", "9"}
    # The first body is what our own user wrote.
    assert [message["text"] for message in events["71500"]["messages"]] == ["Still offline."]
    assert events["71500"]["department"] == "12"
    assert (events["9"]["text"], events["9"]["tenant"]) == ("Fix & resend", "224466")
    assert [(one["record_id"], one["reason"]) for one in running.requests()] == [("71520", "ids_only")]
