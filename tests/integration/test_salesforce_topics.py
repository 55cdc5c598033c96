"""The recipes of docs/sources/salesforce.md, run as they stand there with a real broker and registry.

Records of a connector and of a client, written by a stranger's Avro serializer, become events, requests and insights.
"""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka.schema_registry import Schema
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from tests.support.foreign_clients import ForeignClients
from tests.support.installation import Installation, an_installation
from tests.support.simulator import LlmSimulator
from tests.support.supervision import wait_until
from tests.support.topics import Sent, committed_offsets, create_topic, fresh, produce, read_all
from tests.unit.salesforce.records import a_change, a_schema, flat, framed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.processes import WorkerProcess

pytestmark = pytest.mark.kafka

PAGE = (Path(__file__).parents[2] / "docs" / "sources" / "salesforce.md").read_text("utf-8")
CONNECTOR = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0])
SETTINGS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0]
CLIENT = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]

OPTIONAL_TEXT = ["null", "string"]
CONNECT_HEADER: dict[str, Any] = {
    "type": "record",
    "name": "ChangeEventHeader",
    "fields": [
        *({"name": name, "type": OPTIONAL_TEXT} for name in ("entityName", "changeType", "changeOrigin")),
        *({"name": name, "type": OPTIONAL_TEXT} for name in ("transactionKey", "commitUser")),
        *({"name": name, "type": ["null", "long"]} for name in ("sequenceNumber", "commitTimestamp", "commitNumber")),
        *(
            {"name": name, "type": ["null", {"type": "array", "items": "string"}]}
            for name in ("recordIds", "changedFields")
        ),
    ],
}
CONNECT_CASE: dict[str, Any] = {
    "type": "record",
    "name": "CaseChangeEvent",
    "namespace": "io.confluent.salesforce",
    "fields": [
        {"name": "Id", "type": "string"},
        {"name": "ReplayId", "type": OPTIONAL_TEXT},
        {"name": "ChangeEventHeader", "type": CONNECT_HEADER},
        *(
            {"name": name, "type": OPTIONAL_TEXT}
            for name in ("Subject", "Description", "Status", "AI_Summary__c", "SuppliedName", "AccountId")
        ),
        {"name": "LastModifiedDate", "type": ["null", "long"]},
        *({"name": name, "type": OPTIONAL_TEXT} for name in ("_ObjectType", "_EventType")),
    ],
}


@dataclasses.dataclass
class Running:
    """An installation with the settings of the page, whose worker runs."""

    installation: Installation
    worker: WorkerProcess
    prefix: str
    sent: dict[str, int] = dataclasses.field(default_factory=dict)

    @property
    def servers(self) -> str:
        return self.installation.settings["CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"]

    def topic(self, object_type: str) -> str:
        """The topic to which the connector of the page writes the events of an object."""
        name: str = CONNECTOR["kafka.topic"].replace("${_ObjectType}", object_type)
        return self.prefix + name.removeprefix("sfdc")

    def connector_writes(self, topic: str, *events: dict[str, Any]) -> None:
        with ForeignClients(self.installation) as foreign:
            self.write(topic, *(foreign.encoded_with(CONNECT_CASE, _whole(event), topic) for event in events))

    def write(self, topic: str, *values: bytes) -> None:
        produce(self.servers, topic, [Sent(value, None, (), 0) for value in values])
        self.sent[topic] = self.sent.get(topic, 0) + len(values)

    def wait_until_passed(self, topic: str) -> None:
        group = f"{self.installation.group}-intake"
        wait_until(
            lambda: committed_offsets(self.servers, group).get((topic, 0)) == self.sent[topic],
            timeout_s=60,
            what=f"all records of {topic} to pass",
        )

    def events(self, wanted: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        with ForeignClients(self.installation) as foreign:
            return [event for _, event in foreign.events() if wanted(event)]

    def requests(self) -> list[dict[str, Any]]:
        topic = self.installation.settings["CRM_INSIGHTS_TOPICS__REFETCH"]
        with ForeignClients(self.installation) as foreign:
            read = AvroDeserializer(foreign.registry)
            context = SerializationContext(topic, MessageField.VALUE)
            return [read(record.value, context) for record in read_all(self.servers, topic)]


def _whole(event: dict[str, Any]) -> dict[str, Any]:
    """The event with a null in every column that it does not have, as the connector writes it."""
    header = {field["name"]: event["ChangeEventHeader"].get(field["name"]) for field in CONNECT_HEADER["fields"]}
    columns = {field["name"]: event.get(field["name"]) for field in CONNECT_CASE["fields"]}
    return columns | {"ChangeEventHeader": header}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, bootstrap_servers: str, registry_url: str) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("salesforce")
    prefix = fresh("sfdc")
    for object_type in ("CaseChangeEvent", "Visit__ChangeEvent", "HotCases"):
        create_topic(bootstrap_servers, f"{prefix}.{object_type}", partitions=1)
    config = directory / "insights.toml"
    config.write_text(SETTINGS.replace("^sfdc", f"^{prefix}"), "utf-8")
    simulator = LlmSimulator(directory)
    worker = None
    try:
        simulator.start()
        plain = an_installation(directory, bootstrap_servers, registry_url, simulator.base_url)
        settings = {name: value for name, value in plain.settings.items() if name != "CRM_INSIGHTS_SOURCES"}
        installation = dataclasses.replace(plain, settings=settings | {"CRM_INSIGHTS_CONFIG": str(config)}).set_up()
        worker = installation.worker()
        worker.start()
        yield Running(installation, worker, prefix)
        assert worker.metric("crm_insights_events_total", outcome="dead_letter") == 0
        assert worker.stop() == 0
    finally:
        if worker is not None:
            worker.close()
        simulator.close()


def test_the_connector_of_the_page_writes_to_topics_that_its_settings_read() -> None:
    (pattern,) = tomllib.loads(SETTINGS)["sources"]
    assert re.fullmatch(pattern, CONNECTOR["kafka.topic"].replace("${_ObjectType}", "CaseChangeEvent"))
    assert CONNECTOR["value.converter"].endswith("AvroConverter")


def test_what_the_connector_writes_becomes_events_requests_and_insights(running: Running) -> None:
    topic = running.topic("CaseChangeEvent")
    body = {"Subject": "Down again", "SuppliedName": "Ada Okafor-Lind", "LastModifiedDate": 1764032400000}
    created = flat(a_change(body, recordIds=["500A1"], changeType="CREATE", changedFields=[], transactionKey="t1"))
    merged = a_change({"Status": "Closed"}, recordIds=["500A1", "500A2"], transactionKey="t2", changedFields=["Status"])
    ours = a_change(
        {"AI_Summary__c": "An outage."},
        transactionKey="t3",
        changeOrigin="com/salesforce/api/rest/61.0;client=InsightSync",
    )
    written = a_change({"AI_Summary__c": "x"}, transactionKey="t4", changedFields=["AI_Summary__c", "LastModifiedDate"])
    gap = a_change({}, recordIds=["500A3"], changeType="GAP_UPDATE", transactionKey="t5")
    overflow = a_change({}, recordIds=["000000000000000AAA"], changeType="GAP_OVERFLOW", transactionKey="t6")
    again = created | {"ReplayId": "9000001"}
    running.connector_writes(topic, created, *map(flat, (merged, ours, written, gap, overflow)), again)
    running.wait_until_passed(topic)

    events = running.events(lambda event: event["source"] == "/salesforce/data/CaseChangeEvent")
    assert [event["record_id"] for event in events].count("500A1") == 3
    assert {event["record_id"] for event in events} == {"500A1", "500A2"}
    assert len({event["event_id"] for event in events}) == 3
    assert next(e for e in events if e["record_id"] == "500A2")["changed_fields"] == ["Status"]
    assert {(one["record_id"], one["reason"]) for one in running.requests()} == {("500A3", "gap"), ("", "overflow")}

    with ForeignClients(running.installation) as foreign:
        insights = foreign.wait_for_insights(3, settle_s=2)
    assert len(insights) == 3
    assert {insight["record_id"] for _, insight in insights} == {"500A1", "500A2"}
    assert running.worker.metric("crm_insights_events_total", reason="own_write") == 2


def test_what_a_client_frames_as_the_page_says_is_read_with_the_schema_of_each_event(running: Running) -> None:
    topic = running.topic("Visit__ChangeEvent")
    before = a_schema("Visit", Notes__c="string", Mood__c="string", LastModifiedDate="long")
    after = a_schema("Visit", Place__c="string", Notes__c="string", Mood__c="string", LastModifiedDate="long")
    with ForeignClients(running.installation) as foreign:
        names: dict[str, Any] = {"registry": foreign.registry, "Schema": Schema}
        exec(compile(CLIENT, "docs/sources/salesforce.md", "exec"), names)
        for number, (schema, notes) in enumerate([(before, "0x0a"), (after, "0x14"), (before, "0x0a")]):
            body = {"Notes__c": "They are happy.", "LastModifiedDate": 1764032400000}
            lists = {"changedFields": [notes], "nulledFields": []}
            event = a_change(body, entityName="Visit__c", recordIds=[f"a0{number}"], **lists)
            running.write(topic, names["framed"](framed(event, schema)[5:], json.dumps(schema), topic))
    running.wait_until_passed(topic)

    events = running.events(lambda event: event["entity"] == "Visit")
    assert [event["record_id"] for event in sorted(events, key=lambda event: event["record_id"])] == [
        "a00",
        "a01",
        "a02",
    ]
    assert {tuple(event["changed_fields"]) for event in events} == {("Notes__c", "LastModifiedDate")}
    assert {event["text"] for event in events} == {"They are happy."}


def test_a_push_topic_in_json_becomes_events(running: Running) -> None:
    topic = running.topic("HotCases")
    row = {"Id": "500A9", "Subject": "Refund", "_ObjectType": "Case", "_EventType": "updated", "ReplayId": "41"}
    running.write(topic, json.dumps({"schema": {"type": "struct", "fields": []}, "payload": row}).encode())
    running.wait_until_passed(topic)
    (event,) = running.events(lambda event: event["record_id"] == "500A9")
    assert (event["entity"], event["title"]) == ("Case", "Refund")
