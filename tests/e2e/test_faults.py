"""What dies in the middle of the stream: nothing is lost, and nothing arrives twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.pipeline import SETTLE_S, SINK, SOURCE
from tests.support.supervision import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.e2e.pipeline import Pipeline

NEW_DEAL = "INSERT INTO deals (id, name, notes, updated_by) VALUES (%s, 'Renewal', %s, 'ann')"


def write_deals(pipeline: Pipeline, ids: Iterable[int], case: str) -> None:
    for number in ids:
        pipeline.write(NEW_DEAL, number, f"{case}: Customer {number} wants an offer for {number} licences.")


def assert_each_has_one_insight(pipeline: Pipeline, ids: range) -> None:
    insights = pipeline.wait_for_insights("Deal", *ids, count=len(ids), settle_s=SETTLE_S)
    assert sorted(int(insight["record_id"]) for insight in insights) == list(ids)


def test_a_killed_connect_worker_repeats_rows_and_each_still_arrives_once(pipeline: Pipeline) -> None:
    # It notes how far it is, and what it sends from here on it will send again.
    pipeline.connect.stop(SOURCE)
    pipeline.connect.resume(SOURCE)
    duplicates = pipeline.skipped("duplicate")
    write_deals(pipeline, range(100, 120), "case-connect")
    pipeline.wait_for_insights("Deal", *range(100, 110), count=10)
    pipeline.connect.kill()
    write_deals(pipeline, range(120, 140), "case-connect")
    pipeline.connect.start()

    assert_each_has_one_insight(pipeline, range(100, 140))
    assert pipeline.skipped("duplicate") > duplicates
    assert pipeline.paid("case-connect") == 40


def test_a_second_snapshot_of_all_tables_costs_nothing(pipeline: Pipeline) -> None:
    write_deals(pipeline, [200], "case-snapshot")
    before = pipeline.wait_for_insights("Deal", 200)
    pipeline.wait_until_quiet()
    paid = pipeline.simulator.stats()["paid"]
    pipeline.connect.stop(SOURCE)
    pipeline.connect.forget_offsets(SOURCE)
    pipeline.connect.resume(SOURCE)

    pipeline.wait_for_event("Deal", 200, "SNAPSHOT")
    pipeline.wait_until_quiet()
    assert pipeline.insights("Deal", 200) == before
    assert pipeline.simulator.stats()["paid"] == paid


def test_a_killed_worker_loses_nothing_and_repeats_nothing(pipeline: Pipeline) -> None:
    # Half of the answers never come: some events have ended when it dies, and some are in the middle of their call.
    pipeline.simulator.set_faults({"fault": "hang", "match": "case-worker", "share": 0.5})
    write_deals(pipeline, range(300, 320), "case-worker")
    pipeline.wait_for_insights("Deal", *range(300, 320), count=3)
    wait_until(lambda: pipeline.worker.metric("crm_insights_in_flight") > 0, timeout_s=60, what="a call to hang")
    pipeline.worker.kill()
    pipeline.simulator.set_faults({})
    write_deals(pipeline, range(320, 340), "case-worker")
    pipeline.worker.start()

    assert_each_has_one_insight(pipeline, range(300, 340))


def test_a_sink_that_was_stopped_catches_up(pipeline: Pipeline) -> None:
    pipeline.connect.stop(SINK)
    write_deals(pipeline, range(400, 410), "case-sink")
    wait_until(lambda: pipeline.paid("case-sink") == 10, timeout_s=60, what="ten insights to be made")
    assert pipeline.insights("Deal", *range(400, 410)) == []
    pipeline.connect.resume(SINK)

    assert_each_has_one_insight(pipeline, range(400, 410))


def test_a_sink_that_starts_anew_in_the_middle_neither_loses_nor_repeats(pipeline: Pipeline) -> None:
    write_deals(pipeline, range(500, 515), "case-restart")
    pipeline.connect.ask("POST", f"/connectors/{SINK}/restart?includeTasks=true&onlyFailed=false")
    write_deals(pipeline, range(515, 530), "case-restart")

    assert_each_has_one_insight(pipeline, range(500, 530))
