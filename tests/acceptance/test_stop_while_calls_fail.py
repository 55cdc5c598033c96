"""A worker that is asked to stop while the provider refuses calls waits for the calls under way and nothing else."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.support.foreign_clients import MARKER, ForeignClients, crm_event
from tests.support.installation import Installation, an_installation
from tests.support.simulator import LlmSimulator
from tests.support.supervision import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.kafka

EVENTS = 120
CALL_S = 3.0
# What a stop takes beside the calls: the look for events that only wait, the commit, leaving two groups, and the end of
# the process; with time for a loaded machine. 2.6 s on an idle one.
LEAVING_S = 7.0


@pytest.fixture
def slow_llm(tmp_path: Path) -> Iterator[LlmSimulator]:
    slow = ("--latency-s", str(CALL_S), "--latency-sigma", "0", "--marker", MARKER)
    with LlmSimulator.running(tmp_path, *slow) as simulator:
        yield simulator


@pytest.fixture
def installation(tmp_path: Path, bootstrap_servers: str, registry_url: str, slow_llm: LlmSimulator) -> Installation:
    installation = an_installation(tmp_path, bootstrap_servers, registry_url, slow_llm.base_url)
    installation.settings["CRM_INSIGHTS_LLM__MAX_IN_FLIGHT"] = "40"
    return installation.set_up()


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["429", "500"])
def test_a_stop_takes_as_long_as_the_calls_under_way_however_many_events_wait_for_another_attempt(
    installation: Installation, slow_llm: LlmSimulator, fault: str
) -> None:
    worker = installation.worker()
    try:
        with ForeignClients(installation) as foreign:
            worker.start()
            # Thirty-one events are refused, again and again; the others are with the provider for three seconds each.
            slow_llm.set_faults({"fault": fault, "match": "Customer 1"})
            foreign.produce(crm_event(number, record_id=str(number)) for number in range(EVENTS))
            wait_until(lambda: slow_llm.stats()["by_status"].get(fault, 0) >= 20, timeout_s=60, what="refused calls")
            wait_until(lambda: slow_llm.stats()["in_flight"] >= 5, timeout_s=60, what="calls under way")
            began_s = time.monotonic()
            assert worker.stop() == 0
            took_s = time.monotonic() - began_s
            at_the_stop, paid_at_the_stop = installation.published(), slow_llm.stats()["paid"]

            slow_llm.set_faults({})
            worker.start()
            insights = foreign.wait_for_insights(EVENTS, settle_s=1.0)
        assert worker.stop() == 0
    finally:
        worker.close()

    assert took_s < CALL_S + LEAVING_S
    assert at_the_stop == paid_at_the_stop < EVENTS
    assert Counter(value["event_id"] for _, value in insights) == {f"evt-{number}": 1 for number in range(EVENTS)}
    assert set(slow_llm.stats()["paid_by_marker"].values()) == {1}
