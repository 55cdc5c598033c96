"""`forecast --topic` on a real broker: the newest records of a topic, read by nobody's group."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined] # re-exported without saying so

from streams.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.kafka


@pytest.fixture
def topic(bootstrap_servers: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = f"{uuid.uuid4().hex[:8]}.crm"
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    admin.create_topics([NewTopic(name, 2, 1)])[name].result(20)
    monkeypatch.setenv("CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS", bootstrap_servers)
    yield name
    admin.delete_topics([name])[name].result(20)


def event(number: int, text: str) -> bytes:
    return json.dumps(
        {
            "event_id": f"e{number}",
            "source": "desk",
            "entity": "Ticket",
            "record_id": str(number),
            "occurred_at": "2026-11-24T00:00:00Z",
            "text": text,
        }
    ).encode()


def test_the_newest_records_of_a_topic_say_what_a_prompt_is_and_what_it_costs(
    bootstrap_servers: str, topic: str, capsys: pytest.CaptureFixture[str]
) -> None:
    producer = Producer({"bootstrap.servers": bootstrap_servers})
    for number in range(40):
        # The older half of each partition is ten times as long: it must not be read.
        text = "The export is stuck. " * (100 if number < 20 else 10)
        headers: dict[str, str | bytes | None] = {"content-type": "application/json"}
        producer.produce(topic, key=b"k", value=event(number, text), partition=number % 2, headers=headers)
    producer.flush(20)
    asked = ["forecast", "--events-per-day", "1000", "--topic", topic, "--last", "20", "--model", "gpt-5-mini"]
    assert main([*asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["sample"]["events"], found["sample"]["calls"]) == (20, 20)
    assert found["traffic"]["input_tokens"] < 1_100
    assert found["forecast"]["per_day"] == pytest.approx(
        1000 * (found["traffic"]["input_tokens"] * 0.12 + 200 * 0.92) / 1e6, rel=0.01
    )


def test_a_topic_that_does_not_exist_is_named(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forecast", "--events-per-day", "1", "--topic", f"{topic}.not"]) == 1
    assert f"{topic}.not does not exist" in capsys.readouterr().err
