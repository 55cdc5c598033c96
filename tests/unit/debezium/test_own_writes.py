"""What we wrote back to the CRM ends as our own write, however the database tells of it, and nobody else's does."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.events import CrmEvent
from schemas.outcomes import Skipped, SkipReason
from schemas.sources import TableMapping
from tests.unit.debezium.records import a_record, adapted, an_envelope, rules

KEY = {"id": 5012}
OURS = frozenset({"insight-sync"})
OWN = Skipped(SkipReason.OWN_WRITE)


async def ending(value: Any, **tables: TableMapping) -> Skipped | str:
    (item,) = await adapted(a_record(value, KEY), rules(OURS, **tables))
    assert isinstance(item, CrmEvent | Skipped)
    return item if isinstance(item, Skipped) else "event"


async def test_a_row_whose_last_editor_is_ours_is_our_own() -> None:
    assert await ending(an_envelope(after=KEY | {"body": "x", "updated_by": "insight-sync"})) == OWN
    assert await ending(an_envelope(after=KEY | {"body": "x", "updated_by": "kim"})) == "event"


async def test_a_column_that_the_settings_call_the_writer_counts_too() -> None:
    said = TableMapping(writer=("last_app",))
    assert await ending(an_envelope(after=KEY | {"body": "x", "LastApp": "insight-sync"}), tickets=said) == OWN
    assert await ending(an_envelope(after=KEY | {"body": "x", "LastApp": "portal"}), tickets=said) == "event"


@pytest.mark.parametrize("field", ["user_name", "origin"])
async def test_a_writer_that_the_log_names_counts_too(field: str) -> None:
    assert await ending(an_envelope(after=KEY | {"body": "x"}, **{field: "insight-sync"})) == OWN


async def test_a_change_of_nothing_but_insight_fields_is_our_own() -> None:
    said = TableMapping(insight_fields=("ai_summary", "ai_mood"))
    before = KEY | {"body": "x", "status": "open", "ai_summary": None, "ai_mood": None}
    written = before | {"ai_summary": "Wants a refund.", "ai_mood": "Negative"}
    assert await ending(an_envelope(before=before, after=written), tickets=said) == OWN
    assert await ending(an_envelope(before=before, after=written | {"status": "won"}), tickets=said) == "event"
    assert await ending(an_envelope(before=before, after=before), tickets=said) == "event"


async def test_insight_fields_are_never_read_even_where_the_row_before_is_not_known() -> None:
    said = TableMapping(insight_fields=("ai_summary",))
    row = KEY | {"body": "x", "ai_summary": "Wants a refund.", "churn_risk_score": 0.4}
    (event,) = await adapted(a_record(an_envelope(after=row), KEY), rules(tickets=said))
    assert isinstance(event, CrmEvent)
    assert (event.text, event.fields) == ("x", {})


async def test_a_row_of_our_insights_table_is_our_own_without_any_setting() -> None:
    row = {"event_id": "dbz-1", "content_fingerprint": "f", "prompt_version": "1", "executive_summary": "Refund."}
    assert await ending(an_envelope("c", after=row, table="crm_insights")) == OWN


@pytest.mark.parametrize("stamp", ["updated_at", "date_modified", "LAST_MODIFIED_DATE", "write_date", "row_version"])
async def test_what_moves_with_each_change_does_not_hide_that_only_insights_were_written(stamp: str) -> None:
    said = TableMapping(insight_fields=("ai_summary",))
    before = KEY | {"body": "x", "status": "open", "ai_summary": None, stamp: 1}
    written = before | {"ai_summary": "Calm", stamp: 2}
    assert await ending(an_envelope("u", before=before, after=written), tickets=said) == OWN
    assert await ending(an_envelope("u", before=before, after=written | {"status": "x"}), tickets=said) == "event"
    assert await ending(an_envelope("u", before=before, after=before | {stamp: 2}), tickets=said) == "event"


async def test_a_row_that_goes_from_our_insights_table_is_our_own_too() -> None:
    """Of a deleted row PostgreSQL tells the key, and the other columns with values that it makes up."""
    row = {"event_id": "dbz-1", "content_fingerprint": "", "prompt_version": "", "executive_summary": None}
    assert await ending(an_envelope("d", before=row, table="crm_insights")) == OWN
