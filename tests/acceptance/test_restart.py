"""A worker that ends in the middle of its work, asked to or not, and one that goes on where it was."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.foreign_clients import MARKER, ForeignClients, crm_event
from tests.support.installation import Installation, an_installation, log_lines
from tests.support.simulator import LlmSimulator
from tests.support.supervision import wait_until
from tests.support.topics import committed_offsets, end_offsets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

pytestmark = pytest.mark.kafka

EVENTS = 300
IDS = {f"evt-{number}": 1 for number in range(EVENTS)}
# 300 calls of about half a second, 40 at a time: four seconds in whose middle the worker ends.
SLOW = ("--latency-s", "0.5", "--marker", MARKER)


@pytest.fixture
def slow_llm(tmp_path: Path) -> Iterator[LlmSimulator]:
    with LlmSimulator.running(tmp_path, *SLOW) as simulator:
        yield simulator


@pytest.fixture
def installation(tmp_path: Path, bootstrap_servers: str, registry_url: str, slow_llm: LlmSimulator) -> Installation:
    installation = an_installation(tmp_path, bootstrap_servers, registry_url, slow_llm.base_url)
    installation.settings["CRM_INSIGHTS_LLM__MAX_IN_FLIGHT"] = "40"
    return installation.set_up()


def wait_for_published(installation: Installation, count: int) -> None:
    wait_until(lambda: installation.published() >= count, timeout_s=60, what=f"{count} insights")


def noise(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What an operator should not see of a worker that was asked to stop: warnings, and what libraries tell.

    mode's lines on its own parts begin with a bracket, such as "[^---DedupeStore...]: Starting...". A broker that has
    just come up, as the run's may have, has no coordinator for its first group yet: one warning of aiokafka's.
    """
    return [
        line
        for line in lines
        if not (line.get("level") == "warning" and "GroupCoordinatorNotAvailableError" in line["event"])
        and (line.get("level") != "info" or not line["logger"].startswith("streams.") or line["event"].startswith("["))
    ]


@pytest.mark.slow
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
            at_the_stop = installation.published()
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
    assert noise(log_lines(worker)) == []


@pytest.mark.slow
def test_a_kill_in_the_middle_loses_nothing_and_repeats_nothing(
    installation: Installation, slow_llm: LlmSimulator
) -> None:
    worker = installation.worker()
    try:
        with ForeignClients(installation) as foreign:
            foreign.produce(crm_event(number) for number in range(EVENTS))
            worker.start()
            wait_for_published(installation, 60)
            worker.kill()
            at_the_kill = installation.published()
            worker.start()
            insights = foreign.wait_for_insights(EVENTS, settle_s=1.0)
        assert worker.stop() == 0
    finally:
        worker.close()

    assert 60 <= at_the_kill < EVENTS
    assert Counter(value["event_id"] for _, value in insights) == IDS
    # Calls that were running when the worker died are made again; what was published is not.
    assert slow_llm.stats()["paid"] <= EVENTS + 40


@pytest.mark.parametrize("after_s", [0.0, 0.3, 0.8])
def test_a_stop_while_it_starts_ends_it_soon(installation: Installation, after_s: float) -> None:
    """Faust's stop waits for the start that it has overtaken, and threads of libraries may outlive it."""
    worker = installation.worker()
    try:
        worker.start(wait=False)
        wait_until(lambda: '"started"' in worker.stderr, timeout_s=60, what="the start")
        time.sleep(after_s)
        # The bounds of a stop and of the exit after it, with time for a loaded machine.
        assert worker.stop(grace_s=20.0) == 0
    finally:
        worker.close()
