"""A second worker joins under load and leaves again: nothing is lost, repeated or put out of order."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pytest

from tests.support.foreign_clients import ForeignClients, crm_event
from tests.support.installation import Installation, an_installation
from tests.support.simulator import LlmSimulator
from tests.support.topics import end_offsets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.support.processes import WorkerProcess
    from tests.support.topics import Received

pytestmark = pytest.mark.kafka


@pytest.fixture
def installation(tmp_path: Path, bootstrap_servers: str, registry_url: str) -> Iterator[Installation]:
    simulator = LlmSimulator(tmp_path, "--latency-s", "0.4")
    try:
        simulator.start()
        installation = an_installation(tmp_path, bootstrap_servers, registry_url, simulator.base_url)
        # About 60 insights a second and worker, so that events wait for a slot when a partition moves.
        installation.settings["CRM_INSIGHTS_LLM__MAX_IN_FLIGHT"] = "25"
        yield installation.set_up()
    finally:
        simulator.close()


def insights_of(worker: WorkerProcess) -> float:
    return worker.metric("crm_insights_events_total", outcome="insight")


def order_by_record(records: Iterable[tuple[Received, dict[str, object]]]) -> dict[tuple[int, object], list[object]]:
    """The event ids of each CRM record in the order in which they stand, by partition."""
    order: dict[tuple[int, object], list[object]] = defaultdict(list)
    for record, value in records:
        order[(record.partition, f"{value['tenant']}/{value['record_id']}")].append(value["event_id"])
    return order


@pytest.mark.slow
@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
def test_each_event_has_one_insight_in_its_records_order_when_a_worker_comes_and_goes(
    installation: Installation, bootstrap_servers: str, *, killed: bool
) -> None:
    first, second = installation.worker(1), installation.worker(2)
    # Few records, so that many events of one record are under way at the same time.
    few = {"tenant": "one", "record_id": "r"}
    try:
        with ForeignClients(installation) as foreign:
            first.start()
            second.start(wait=False)
            fed = foreign.feed_until(lambda: second.status("/readyz") == 200, 0, what="the second worker to join")
            fed = foreign.feed_until(lambda: insights_of(second) >= 20, fed, what="its share", timeout_s=60)
            foreign.produce(crm_event(number, **few) for number in range(fed, fed + 60))
            fed += 60
            if killed:
                second.kill()
            else:
                assert second.stop() == 0
            left = fed - sum(end_offsets(bootstrap_servers, installation.insights).values())
            insights = foreign.wait_for_insights(fed, timeout_s=120, settle_s=1.0)
            events = foreign.events()
        assert first.stop() == 0
    finally:
        first.close()
        second.close()

    assert left > 0, "nothing was under way when the second worker left"
    assert Counter(value["event_id"] for _, value in insights) == {f"evt-{number}": 1 for number in range(fed)}
    assert order_by_record(insights) == order_by_record(events)
