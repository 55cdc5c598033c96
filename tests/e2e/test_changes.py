"""What a CRM's rows go through, and the insights that its own database holds afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.pipeline import SETTLE_S, SOURCE
from tests.support.supervision import wait_until

if TYPE_CHECKING:
    from tests.e2e.pipeline import Pipeline

NEW_TICKET = "INSERT INTO tickets (id, subject, body, updated_by) VALUES (%s, 'Export fails', %s, 'ann')"
NEW_CALL = "INSERT INTO calls (id, title, transcript, updated_by) VALUES (%s, %s, %s, 'ann')"
NEW_DEAL = "INSERT INTO deals (id, name, notes, updated_by) VALUES (%s, 'Renewal', %s, 'ann')"

# Longer than the 2 kB from which PostgreSQL stores a value outside its row.
TRANSCRIPT = "case-toast: The caller asks for a refund and names a competitor. " * 200


def test_a_new_row_becomes_one_insight_in_the_table(pipeline: Pipeline) -> None:
    pipeline.write(NEW_TICKET, 1, "case-new: The export fails again.")

    (insight,) = pipeline.wait_for_insights("Ticket", 1, settle_s=SETTLE_S)
    assert (insight["operation"], insight["written_by"]) == ("CREATE", "crm-insights")
    assert insight["executive_summary"] == insight["answer_json"]["executive_summary"]
    assert pipeline.paid("case-new") == 1


def test_a_change_of_a_row_becomes_a_second_insight(pipeline: Pipeline) -> None:
    pipeline.write(NEW_TICKET, 2, "case-change: The export fails.")
    pipeline.wait_for_insights("Ticket", 2)
    pipeline.write("UPDATE tickets SET body = 'case-change: It works now.', updated_by = 'ann' WHERE id = 2")

    insights = pipeline.wait_for_insights("Ticket", 2, count=2, settle_s=SETTLE_S)
    assert [insight["operation"] for insight in insights] == ["CREATE", "UPDATE"]


def test_a_deleted_row_keeps_its_insights_and_costs_nothing(pipeline: Pipeline) -> None:
    pipeline.write(NEW_TICKET, 3, "case-delete: Please close my account.")
    before = pipeline.wait_for_insights("Ticket", 3)
    pipeline.write("DELETE FROM tickets WHERE id = 3")

    pipeline.wait_for_event("Ticket", 3, "DELETE")
    pipeline.wait_until_quiet()
    assert pipeline.insights("Ticket", 3) == before
    assert pipeline.paid("case-delete") == 1


def test_an_update_that_changes_nothing_is_not_paid_for(pipeline: Pipeline) -> None:
    pipeline.write(NEW_TICKET, 4, "case-no-op: The invoice is wrong.")
    before = pipeline.wait_for_insights("Ticket", 4)
    unchanged = pipeline.skipped("unchanged")
    pipeline.write("UPDATE tickets SET body = body, updated_by = 'ann' WHERE id = 4")

    pipeline.wait_for_skips("unchanged", unchanged + 1)
    assert pipeline.insights("Ticket", 4) == before
    assert pipeline.paid("case-no-op") == 1


def test_a_transcript_that_did_not_change_is_missing_in_the_event_and_nothing_stands_for_it(pipeline: Pipeline) -> None:
    pipeline.write(NEW_CALL, 5, "First call", TRANSCRIPT)
    pipeline.wait_for_insights("Call", 5)
    pipeline.write("UPDATE calls SET title = 'case-title: Refund wanted', updated_by = 'ann' WHERE id = 5")

    insights = pipeline.wait_for_insights("Call", 5, count=2, settle_s=SETTLE_S)
    first, second = pipeline.events("Call", 5)
    assert (first["text"], first["unchanged_fields"]) == (TRANSCRIPT, [])
    assert (second["text"], second["unchanged_fields"]) == (None, ["transcript"])
    assert "unavailable" not in str(second)
    assert [insight["operation"] for insight in insights] == ["CREATE", "UPDATE"]
    # A snapshot would tell the title and the transcript together, for the first time, and they would be read.
    pipeline.write("DELETE FROM calls WHERE id = 5")


def test_a_changed_primary_key_is_one_event_and_later_insights_go_to_the_new_key(pipeline: Pipeline) -> None:
    pipeline.write(NEW_TICKET, 6, "case-key: Where is my order?")
    pipeline.wait_for_insights("Ticket", 6)
    pipeline.write("UPDATE tickets SET id = 1006, updated_by = 'ann' WHERE id = 6")
    rekeyed = pipeline.wait_for_event("Ticket", 1006, "REKEY")
    pipeline.write("UPDATE tickets SET body = 'case-key: It has come.', updated_by = 'ann' WHERE id = 1006")

    (insight,) = pipeline.wait_for_insights("Ticket", 1006, settle_s=SETTLE_S)
    assert insight["operation"] == "UPDATE"
    assert rekeyed["attributes"]["old_record_id"] == "6"
    assert [event["operation"] for event in pipeline.events("Ticket", 6)] == ["CREATE"]
    assert len(pipeline.insights("Ticket", 6)) == 1


def test_columns_that_come_and_go_are_followed_without_a_restart(pipeline: Pipeline) -> None:
    pipeline.write(NEW_DEAL, 7, "case-columns: Wants an offer.")
    pipeline.write("ALTER TABLE deals ADD COLUMN region text")
    pipeline.write("UPDATE deals SET region = 'Bavaria', notes = 'case-columns: Wants two.' WHERE id = 7")
    pipeline.write("ALTER TABLE deals DROP COLUMN region, ALTER COLUMN notes SET NOT NULL")
    pipeline.write("UPDATE deals SET notes = 'case-columns: Wants three.' WHERE id = 7")

    insights = pipeline.wait_for_insights("Deal", 7, count=3, settle_s=SETTLE_S)
    assert len(insights) == 3
    assert [event["fields"].get("region") for event in pipeline.events("Deal", 7)] == [None, "Bavaria", None]


def test_a_table_that_is_made_later_is_captured_once_a_restart_of_the_source_has_published_it(
    pipeline: Pipeline,
) -> None:
    pipeline.write("CREATE TABLE leads (id int PRIMARY KEY, description text)")
    pipeline.connect.stop(SOURCE)
    pipeline.connect.resume(SOURCE)
    # Its task runs before it has told PostgreSQL: the database publishes no row that was written until then.
    published = "SELECT FROM pg_publication_tables WHERE tablename = 'leads'"
    wait_until(lambda: bool(pipeline.read(published)), timeout_s=60, what="the table to be published")
    pipeline.write("INSERT INTO leads (id, description) VALUES (8, 'case-later: Asks for a trial.')")

    (insight,) = pipeline.wait_for_insights("Lead", 8)
    assert insight["operation"] == "CREATE"
