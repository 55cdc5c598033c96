"""`dlq list` and `dlq show` against letters that a stranger's producer wrote on a real broker."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined] # re-exported without saying so

from streams.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.kafka

SECRET = "Ann Example owes 42"


@pytest.fixture
def topic(bootstrap_servers: str, monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"{uuid.uuid4().hex[:8]}.dlq"
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    admin.create_topics([NewTopic(name, 2, 1)])[name].result(20)
    monkeypatch.setenv("CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS", bootstrap_servers)
    monkeypatch.setenv("CRM_INSIGHTS_TOPICS__DEAD_LETTERS", name)
    return name


@pytest.fixture
def write(bootstrap_servers: str, topic: str) -> Callable[..., None]:
    producer = Producer({"bootstrap.servers": bootstrap_servers})

    def write(
        event_id: str, *, reason: str = "undecodable", partition: int = 0, age_s: float = 0, value: bytes | None = b"x"
    ) -> None:
        producer.produce(
            topic,
            key=b"acme/Ticket/7",
            value=value,
            partition=partition,
            timestamp=int((time.time() - age_s) * 1000),
            headers=[
                ("ce_subject", SECRET.encode()),
                ("nothing", None),
                ("__streams.errors.topic", b"crm.events"),
                ("__streams.errors.partition", b"3"),
                ("__streams.errors.offset", b"14"),
                ("__streams.errors.exception", b"DataFault"),
                ("__streams.errors.message", b"4 bytes are no frame"),
                ("__streams.errors.stage", b"decode"),
                ("crm_insights.event_id", event_id.encode()),
                ("crm_insights.reason", reason.encode()),
                ("crm_insights.attempts", b"2"),
            ],
        )
        assert producer.flush(20) == 0

    return write


def json_of(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("topic")
def test_an_empty_topic_has_no_letters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dlq", "list"]) == 0
    assert capsys.readouterr().out == "No dead letters.\n"


def test_letters_of_all_partitions_are_listed_oldest_first_without_their_content(
    write: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    write("e2", partition=1, age_s=10, value=SECRET.encode())
    write("e1", partition=0, age_s=20)
    assert main(["dlq", "list"]) == 0
    out = capsys.readouterr().out
    header, first, second = out.splitlines()
    assert header.split()[:3] == ["time", "reason", "stage"]
    assert "undecodable" in first
    assert "crm.events/3/14" in first
    assert "e1" in first
    assert "e2" in second
    assert "Ann" not in out


def test_two_letters_of_one_event_are_one_line(write: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    write("e1", age_s=10)
    write("e1", age_s=5, partition=1)
    assert main(["dlq", "list", "--json"]) == 0
    (letter,) = json_of(capsys)["letters"]
    assert (letter["copies"], letter["at"]) == (2, "1:0")


def test_filters_by_reason_time_and_number(write: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    write("old", age_s=7200)
    write("refused", reason="model_refused", age_s=60)
    write("late", age_s=30)

    def listed(*arguments: str) -> list[str]:
        assert main(["dlq", "list", "--json", *arguments]) == 0
        return [letter["event_id"] for letter in json_of(capsys)["letters"]]

    assert listed() == ["old", "refused", "late"]
    assert listed("--reason", "model_refused") == ["refused"]
    assert listed("--since", "1h") == ["refused", "late"]
    assert listed("--limit", "1") == ["late"]
    assert listed("--since", "1s") == []


@pytest.mark.parametrize("name", ["0:0", "e1"])
def test_a_letter_is_shown_by_place_or_event_without_content(
    write: Callable[..., None], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    write("e1", value=f'{{"text": "{SECRET}"}}'.encode())
    assert main(["dlq", "show", name, "--json"]) == 0
    out = capsys.readouterr().out
    letter = json.loads(out)
    assert letter["reason"] == "undecodable"
    assert letter["message"] == "4 bytes are no frame"
    assert (letter["value_type"], letter["value_bytes"]) == ("JSON", 31)
    assert letter["headers"] == ["ce_subject", "nothing"]
    assert "Ann" not in out
    assert "acme" not in out


def test_content_is_shown_when_asked_for(write: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    write("e1", value=SECRET.encode())
    assert main(["dlq", "show", "e1", "--reveal", "--json"]) == 0
    letter = json_of(capsys)
    assert (letter["key"], letter["value"]) == ("acme/Ticket/7", SECRET)
    assert letter["headers"]["ce_subject"] == SECRET
    assert main(["dlq", "show", "e1", "--reveal"]) == 0
    assert SECRET in capsys.readouterr().out


def test_bytes_that_are_no_text_are_shown_in_hexadecimal(
    write: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    write("e1", value=b"\x00\x00\x00\x00\x07\xff")
    assert main(["dlq", "show", "e1", "--reveal", "--json"]) == 0
    letter = json_of(capsys)
    assert (letter["value"], letter["value_type"]) == ("hex:0000000007ff", "Avro with schema id 7")


@pytest.mark.usefixtures("topic")
@pytest.mark.parametrize("name", ["0:5", "9:0", "no-such-event"])
def test_a_letter_that_is_not_there_is_an_error(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main(["dlq", "show", name]) == 1
    assert f"there is no dead letter {name}" in capsys.readouterr().err


@pytest.mark.usefixtures("topic")
def test_a_topic_that_is_not_there_is_an_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_INSIGHTS_TOPICS__DEAD_LETTERS", "no.such.topic")
    assert main(["dlq", "list"]) == 1
    assert "no.such.topic does not exist. Run `crm-insights topics create`." in capsys.readouterr().err


def test_looking_leaves_no_group_behind(
    write: Callable[..., None], bootstrap_servers: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write("e1")
    assert main(["dlq", "list"]) == 0
    capsys.readouterr()
    groups = AdminClient({"bootstrap.servers": bootstrap_servers}).list_consumer_groups().result(10).valid
    assert not [group.group_id for group in groups if group.group_id.endswith("-dlq-reader")]
