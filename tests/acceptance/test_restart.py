"""A worker that ends in the middle of its work, asked to or not, and one that goes on where it was."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.support.foreign_clients import MARKER, ForeignClients, crm_event
from tests.support.installation import Installation, an_installation, log_lines
from tests.support.simulator import LlmSimulator
from tests.support.supervision import wait_until
from tests.support.topics import committed_offsets, end_offsets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.kafka

EVENTS = 300
IDS = {f"evt-{number}": 1 for number in range(EVENTS)}
# 300 calls of about half a second, 40 at a time: four seconds in whose middle the worker ends.
SLOW = ("--latency-s", "0.5", "--marker", MARKER)


@pytest.fixture
def slow_llm(tmp_path: Path) -> Iterator[LlmSimulator]:
    simulator = LlmSimulator(tmp_path, *SLOW)
    try:
        simulator.start()
        yield simulator
    finally:
        simulator.close()


@pytest.fixture
def installation(tmp_path: Path, bootstrap_servers: str, registry_url: str, slow_llm: LlmSimulator) -> Installation:
    installation = an_installation(tmp_path, bootstrap_servers, registry_url, slow_llm.base_url)
    installation.settings["CRM_INSIGHTS_LLM__MAX_IN_FLIGHT"] = "40"
    return installation.set_up()


def published(installation: Installation) -> int:
    return sum(end_offsets(installation.settings["CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"], installation.insights).values())


def wait_for_published(installation: Installation, count: int) -> None:
    wait_until(lambda: published(installation) >= count, timeout_s=60, what=f"{count} insights")


def test_a_stop_in_the_middle_loses_nothing_repeats_nothing_and_pays_each_call_once(
    installation: Installation, bootstrap_servers: str, slow_llm: LlmSimulator
) -> None:
    worker = installation.worker()
    try:
        with ForeignClients(installation) as foreign:
            foreign.produce(crm_event(number) for number in range(EVENTS))
            worker.start()
            wait_for_published(installation, 60)
            assert worker.stop() == 0
            at_the_stop = published(installation)
            paid_at_the_stop = slow_llm.stats()["paid"]

            worker.start()
            insights = foreign.wait_for_insights(EVENTS, settle_s=1.0)
        assert worker.stop() == 0
    finally:
        worker.close()

    assert 60 <= at_the_stop < EVENTS
    # Every call that was under way at the stop was let end, and its answer published.
    assert paid_at_the_stop == at_the_stop
    assert Counter(value["event_id"] for _, value in insights) == IDS
    stats = slow_llm.stats()
    assert stats["by_status"] == {"200": EVENTS}
    assert set(stats["paid_by_marker"].values()) == {1}
    committed = committed_offsets(bootstrap_servers, installation.group)
    ends = end_offsets(bootstrap_servers, installation.events)
    assert committed == {(installation.events, partition): end for partition, end in ends.items() if end}


def test_a_stop_and_a_start_leave_a_quiet_log(installation: Installation) -> None:
    worker = installation.worker()
    try:
        with ForeignClients(installation) as foreign:
            foreign.produce(crm_event(number) for number in range(40))
            worker.start()
            wait_for_published(installation, 1)
            assert worker.stop() == 0
    finally:
        worker.close()

    lines = log_lines(worker)
    assert [line for line in lines if line.get("level") != "info"] == []
    assert {str(line["logger"]).partition(".")[0] for line in lines} == {"streams"}
    assert [line["event"] for line in lines if line["logger"] == "streams.worker"] == ["started", "stopped"]
    # What Faust and mode say of their own parts starts with a bracket, such as "[^---DedupeStore...]: Starting...".
    assert [line["event"] for line in lines if not str(line["event"]).replace("_", "").isalpha()] == []


def test_two_kills_in_the_middle_lose_nothing_and_repeat_nothing(
    installation: Installation, slow_llm: LlmSimulator
) -> None:
    worker = installation.worker()
    try:
        with ForeignClients(installation) as foreign:
            foreign.produce(crm_event(number) for number in range(EVENTS))
            for least in (60, 150):
                worker.start()
                wait_for_published(installation, least)
                worker.kill()
                assert published(installation) < EVENTS
            worker.start()
            insights = foreign.wait_for_insights(EVENTS, settle_s=1.0)
        assert worker.stop() == 0
    finally:
        worker.close()

    assert Counter(value["event_id"] for _, value in insights) == IDS
    # Calls that were running when the worker died are made again; what was published is not.
    assert slow_llm.stats()["paid"] <= EVENTS + 2 * 40
