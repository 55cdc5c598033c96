"""Insights in a database that is captured itself: nothing of ours comes back in, and what is deleted goes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.e2e.pipeline import ARRIVAL_TIMEOUT_S, SETTLE_S
from tests.support.supervision import wait_until

if TYPE_CHECKING:
    from tests.e2e.pipeline import Pipeline

NEW_TICKET = "INSERT INTO tickets (id, subject, body, updated_by) VALUES (%s, 'Export fails', %s, 'ann')"


def test_an_insight_that_is_written_back_goes_round_exactly_once(pipeline: Pipeline) -> None:
    pipeline.wait_until_quiet()
    own_writes = pipeline.skipped("own_write")
    pipeline.write(NEW_TICKET, 50, "case-loop: The export fails again.")
    (insight,) = pipeline.wait_for_insights("Ticket", 50)
    pipeline.wait_for_skips("own_write", own_writes + 2)
    time.sleep(SETTLE_S)

    # The sink's own row, and the ticket on which it is shown.
    assert pipeline.skipped("own_write") == own_writes + 2
    shown = pipeline.read("SELECT ai_summary, updated_by FROM tickets WHERE id = 50")
    assert shown == [{"ai_summary": insight["executive_summary"], "updated_by": "crm-insights"}]
    assert pipeline.insights("Ticket", 50) == [insight]
    assert pipeline.paid("case-loop") == 1


def test_what_a_person_changes_after_us_is_read(pipeline: Pipeline) -> None:
    pipeline.write(NEW_TICKET, 51, "case-person: The export fails.")
    pipeline.wait_for_insights("Ticket", 51)
    pipeline.write("UPDATE tickets SET body = 'case-person: And the import.', updated_by = 'bob' WHERE id = 51")

    assert len(pipeline.wait_for_insights("Ticket", 51, count=2, settle_s=SETTLE_S)) == 2


def test_a_change_of_nothing_but_a_column_of_insights_is_our_own_where_the_log_tells_the_row_before(
    pipeline: Pipeline,
) -> None:
    pipeline.write("INSERT INTO notes (id, body) VALUES (53, 'case-before: May leave us.')")
    (insight,) = pipeline.wait_for_insights("Note", 53)
    pipeline.wait_until_quiet()
    own_writes = pipeline.skipped("own_write")
    pipeline.write("UPDATE notes SET churn_risk_score = %s WHERE id = 53", insight["churn_risk_score"] or 0.5)

    pipeline.wait_for_skips("own_write", own_writes + 1)
    assert [event["operation"] for event in pipeline.events("Note", 53)] == ["CREATE"]


def test_a_tombstone_deletes_the_row_and_the_deletion_is_our_own_write(pipeline: Pipeline) -> None:
    pipeline.write(NEW_TICKET, 52, "case-tombstone: Forget me.")
    (insight,) = pipeline.wait_for_insights("Ticket", 52)
    pipeline.wait_until_quiet()
    own_writes = pipeline.skipped("own_write")
    pipeline.bury(insight["event_id"])

    wait_until(lambda: not pipeline.insights("Ticket", 52), timeout_s=ARRIVAL_TIMEOUT_S, what="the row to go")
    pipeline.wait_for_skips("own_write", own_writes + 1)
    assert pipeline.paid("case-tombstone") == 1
