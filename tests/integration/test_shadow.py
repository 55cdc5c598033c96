"""A shadow worker beside a live one: it reads and asks as the live one does, and leaves no trace on Kafka."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.support.foreign_clients import ForeignClients, crm_event
from tests.support.installation import an_installation
from tests.support.supervision import wait_until
from tests.support.topics import Sent, committed_offsets, produce, read_all

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.simulator import LlmSimulator

pytestmark = pytest.mark.kafka

EVENTS = 30


def test_a_shadow_publishes_nothing_commits_nothing_and_ends_every_event_as_the_live_worker_does(
    tmp_path: Path, bootstrap_servers: str, registry_url: str, llm_simulator: LlmSimulator
) -> None:
    installation = an_installation(tmp_path, bootstrap_servers, registry_url, llm_simulator.base_url).set_up()
    live, shadow = installation.worker(1, "--only", "enrich"), installation.worker(2, "--shadow")
    try:
        live.start()
        shadow.start()
        with ForeignClients(installation) as foreign:
            foreign.produce(crm_event(number) for number in range(EVENTS))
            # One again, and one that nobody can read.
            foreign.produce([crm_event(0)])
            produce(bootstrap_servers, installation.events, [Sent(b"\x07")])
            for worker in (live, shadow):
                wait_until(
                    lambda worker=worker: worker.metric("crm_insights_events_total") == EVENTS + 2,  # type: ignore[misc]
                    timeout_s=60,
                    what="every event to end",
                    every_s=0.2,
                )
            insights = foreign.wait_for_insights(EVENTS, settle_s=0.5)
        for worker in (live, shadow):
            ended = {
                outcome: worker.metric("crm_insights_events_total", outcome=outcome)
                for outcome in ("insight", "skipped", "dead_letter")
            }
            assert ended == {"insight": EVENTS, "skipped": 1, "dead_letter": 1}
        assert shadow.stop() == 0
        assert live.stop() == 0
    finally:
        live.close()
        shadow.close()

    assert Counter(value["event_id"] for _, value in insights) == {f"evt-{number}": 1 for number in range(EVENTS)}
    assert len(read_all(bootstrap_servers, installation.dead_letters)) == 1
    assert committed_offsets(bootstrap_servers, f"{installation.group}-shadow") == {}
    assert sum(committed_offsets(bootstrap_servers, installation.group).values()) == EVENTS + 2
    assert llm_simulator.stats()["paid"] == 2 * EVENTS
