"""`doctor --sample` on a real broker: rows of a real connector lead to a mapping."""

from __future__ import annotations

import json
import tomllib

import pytest

from streams.cli import main
from tests.support.topics import Sent, create_topic, fresh, produce
from tests.unit.debezium.records import an_envelope

pytestmark = pytest.mark.kafka

LONG = "The export has been stuck since Monday and nobody answers."


@pytest.fixture
def topic(bootstrap_servers: str, monkeypatch: pytest.MonkeyPatch) -> str:
    mark = fresh("doctor")
    create_topic(bootstrap_servers, f"{mark}.crm.contacts", partitions=1)
    monkeypatch.setenv("CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS", bootstrap_servers)
    return create_topic(bootstrap_servers, f"{mark}.crm.tickets", partitions=2)


def test_a_mapping_is_proposed_from_rows_and_tells_no_value(
    topic: str, bootstrap_servers: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"id": n, "contact_id": n, "report": LONG, "opened_for": "Xanthippe Quux"} for n in range(30)]
    records = [
        Sent(json.dumps(an_envelope("c", after=row)).encode(), json.dumps({"id": row["id"]}).encode()) for row in rows
    ]
    produce(bootstrap_servers, topic, [*records, Sent(None, b'{"id": 1}'), Sent(b"{no record", b"k")])
    assert main(["doctor", "--sample", topic]) == 0
    out = capsys.readouterr().out
    proposed = tomllib.loads(out)
    assert proposed["sources"] == {topic: "debezium"}
    assert proposed["mappings"]["tickets"] == {
        "text": ["report"],
        "joins": [{"columns": ["contact_id"], "topic": topic.replace("tickets", "contacts")}],
        "identifiers": {"opened_for": "PERSON"},
    }
    assert "32 records, of which 30 hold a row and 1 none" in out
    assert "1 cannot be read" in out
    assert "Quux" not in out


def test_an_empty_topic_is_named(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--sample", topic]) == 1
    assert f"{topic} holds no record" in capsys.readouterr().err
