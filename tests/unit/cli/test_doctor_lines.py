"""What `doctor --sample` prints is an insights.toml that the worker takes, whatever columns are called."""

from __future__ import annotations

import tomllib
from collections import Counter
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.sources.mapping.proposal import propose
from streams.cli.doctor import Sampled, insights_toml
from streams.settings import PREVIEW, load_settings

if TYPE_CHECKING:
    from pathlib import Path

LONG = "The export has been stuck since Monday and nobody answers."
ROW = {"body": LONG, "subject": "Export", "contact_id": 7, "opened_for": "Ann Lee", "last_app": "portal", "state": "x"}


def toml_of(rows: list[dict[str, Any]], **more: Any) -> str:
    found = Sampled("crm.public.tickets", "debezium", records=len(rows), **more)
    found.proposals = [propose("tickets", rows, ["crm.public.contacts"])]
    return "\n".join(insights_toml(found))


def test_the_worker_takes_the_proposal_as_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "insights.toml"
    file.write_text(toml_of([ROW]), "utf-8")
    settings = load_settings(PREVIEW, {"CRM_INSIGHTS_CONFIG": str(file)})
    tickets = settings.mappings["tickets"]
    assert settings.sources == {"crm.public.tickets": "debezium"}
    assert (tickets.text, tickets.title, tickets.identifiers) == (("body",), ("subject",), {"opened_for": "PERSON"})
    assert [(join.columns, join.topic) for join in tickets.joins or ()] == [(("contact_id",), "crm.public.contacts")]


def test_records_that_have_no_identity_lead_to_the_key_that_gives_them_one() -> None:
    said = toml_of([ROW], failed=Counter({"no_identity: the record's key is missing": 3}))
    assert "# 3 cannot be read: no_identity" in said
    assert "record_id" in said


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.sampled_from([LONG, "a@b.example", 7]), max_size=5))
def test_names_of_columns_cannot_leave_their_quotes_or_comments(row: dict[str, Any]) -> None:
    parsed = tomllib.loads(toml_of([row]))
    assert set(parsed) == {"sources", "mappings"}
    assert set(parsed["mappings"]) == {"tickets"}


def test_what_is_left_is_told_as_fields_on_a_line_of_its_own() -> None:
    assert "\n# contact_id, last_app, score, state" in toml_of([ROW | {"score": 5, "api_key": "s3cret"}])
