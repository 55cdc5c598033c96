"""`dlq replay` on a real broker: what goes back is the record as it was, once, to where it came from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.foreign_clients import ForeignClients, crm_event
from tests.support.installation import Installation, an_installation
from tests.support.processes import run_command
from tests.support.supervision import wait_until
from tests.support.topics import Sent, end_offsets, produce, read_all

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.simulator import LlmSimulator

pytestmark = pytest.mark.kafka


@pytest.fixture
def installation(
    tmp_path: Path, bootstrap_servers: str, registry_url: str, llm_simulator: LlmSimulator
) -> Installation:
    return an_installation(tmp_path, bootstrap_servers, registry_url, llm_simulator.base_url).set_up()


def a_letter(event_id: str, *, topic: str, reason: str = "budget_exceeded", **ours: str) -> Sent:
    told = {
        "__streams.errors.topic": topic,
        "__streams.errors.partition": "2",
        "__streams.errors.offset": "14",
        "crm_insights.event_id": event_id,
        "crm_insights.reason": reason,
    } | ours
    headers = [("ce_subject", b"42"), ("nothing", None), *((name, text.encode()) for name, text in told.items())]
    return Sent(event_id.encode(), b"acme/Ticket/7", tuple(headers), partition=0)


def replay(installation: Installation, *arguments: str, exit_code: int = 0) -> Any:
    done = run_command("dlq", "replay", "--json", *arguments, settings=installation.settings)
    assert done.exit_code == exit_code, done.stderr
    return json.loads(done.stdout)


def test_a_record_goes_back_as_it_was_to_the_partition_that_it_came_from(
    installation: Installation, bootstrap_servers: str
) -> None:
    produce(bootstrap_servers, installation.dead_letters, [a_letter("e1", topic=installation.events)])
    assert replay(installation, "e1")["sent"] == {installation.events: 1}
    (record,) = read_all(bootstrap_servers, installation.events)
    assert (record.partition, record.key, record.value) == (2, b"acme/Ticket/7", b"e1")
    assert record.headers == (("ce_subject", b"42"), ("nothing", None))


def test_each_event_goes_back_once_and_in_the_order_of_its_first_letter(
    installation: Installation, bootstrap_servers: str
) -> None:
    letters = [a_letter(event_id, topic=installation.events) for event_id in ("e1", "e2", "e1", "e3")]
    produce(bootstrap_servers, installation.dead_letters, letters)
    replay(installation, "--reason", "budget_exceeded")
    assert [record.value for record in read_all(bootstrap_servers, installation.events)] == [b"e1", b"e2", b"e3"]


def test_only_what_was_chosen_goes_back(installation: Installation, bootstrap_servers: str) -> None:
    letters = [a_letter("e1", topic=installation.events), a_letter("e2", topic=installation.events, reason="poison")]
    produce(bootstrap_servers, installation.dead_letters, letters)
    assert replay(installation, "--reason", "poison", "--dry-run")["sent"] == {installation.events: 1}
    assert read_all(bootstrap_servers, installation.events) == []
    replay(installation, "--reason", "poison")
    replay(installation, "0:0")
    assert [record.value for record in read_all(bootstrap_servers, installation.events)] == [b"e2", b"e1"]


def test_what_cannot_go_back_is_named_with_the_reason(installation: Installation, bootstrap_servers: str) -> None:
    letters = [
        a_letter("e1", topic=installation.events, **{"crm_insights.omitted_value_bytes": "2000000"}),
        a_letter("e2", topic="a.topic.of.others"),
    ]
    produce(bootstrap_servers, installation.dead_letters, letters)
    told = replay(installation, "--reason", "budget_exceeded", exit_code=1)
    assert told["sent"] == {}
    assert told["left"] == {
        "0:0": f"its value was too large for a letter; it stands at {installation.events}/2/14",
        "0:1": "no worker of these settings reads a.topic.of.others",
    }


def test_nothing_goes_back_that_was_not_asked_for(installation: Installation) -> None:
    done = run_command("dlq", "replay", settings=installation.settings)
    assert done.exit_code == 2
    assert "name letters, or a --reason" in done.stderr


def test_an_event_that_is_read_again_has_one_insight_however_often_it_goes_back(
    installation: Installation, bootstrap_servers: str, llm_simulator: LlmSimulator
) -> None:
    worker = installation.worker()
    try:
        llm_simulator.set_faults({"fault": "refusal"})
        worker.start()
        with ForeignClients(installation) as foreign:
            foreign.produce([crm_event(7)])
            wait_until(
                lambda: sum(end_offsets(bootstrap_servers, installation.dead_letters).values()) == 1,
                timeout_s=60,
                what="the dead letter",
            )
            llm_simulator.set_faults({})
            replay(installation, "--reason", "model_refused")
            foreign.wait_for_insights(1)
            replay(installation, "--reason", "model_refused")
            wait_until(
                lambda: worker.metric("crm_insights_events_total", reason="duplicate") == 1,
                timeout_s=60,
                what="the duplicate",
            )
            assert len(foreign.wait_for_insights(1)) == 1
        assert worker.stop() == 0
    finally:
        worker.close()
