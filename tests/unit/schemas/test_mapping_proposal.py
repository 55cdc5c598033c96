"""What columns mean is proposed from their names and values, and the proposal tells no value."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.sources.mapping.proposal import Proposal, propose

LONG = "The export has been stuck since Monday and nobody answers."
TOPICS = ["crm.public.contacts", "crm.public.tickets", "crm.public.users", "crm.events"]


def proposed(**columns: list[Any]) -> Proposal:
    count = max(len(values) for values in columns.values())
    rows = [{name: values[index % len(values)] for name, values in columns.items()} for index in range(count)]
    return propose("tickets", rows, TOPICS)


def test_columns_of_sentences_are_text_whatever_they_are_called() -> None:
    found = proposed(problem_report=[LONG], status=["In Progress", "Open"])
    assert found.keys["text"] == ["problem_report"]
    assert found.fields == ["status"]


def test_a_column_that_is_usually_text_comes_first() -> None:
    assert proposed(resolution=[LONG * 3], body=[LONG]).keys["text"] == ["body", "resolution"]


def test_a_title_is_no_text_though_it_be_a_sentence() -> None:
    found = proposed(subject=[LONG], body=[LONG])
    assert (found.keys["title"], found.keys["text"]) == (["subject"], ["body"])


def test_a_list_of_texts_is_a_thread() -> None:
    found = proposed(log=['[{"author": "Ann", "text": "Hi"}]'])
    assert found.keys == {"messages": ["log"]}


def test_identifiers_are_known_by_name_and_by_value() -> None:
    found = proposed(
        contact_email=["a@x.example"],
        reach_at=["b@x.example", "c@y.example"],
        hotline=["+1 415 555 0123", "(415) 555-0124"],
        opened_for=["Ann Lee", "Bo Quux"],
    )
    assert found.keys["identifiers"] == {
        "contact_email": "EMAIL",
        "reach_at": "EMAIL",
        "hotline": "PHONE",
        "opened_for": "PERSON",
    }


def test_a_secret_is_proposed_as_nothing() -> None:
    found = proposed(api_key=["ann@mail.example"], password_hash=["x"], status=["Open"])
    assert (found.keys, found.possible, found.fields) == ({}, [], ["status"])


def test_dates_numbers_and_states_are_no_identifiers() -> None:
    found = proposed(
        due=["2026-11-25", "2026-11-26"],
        closed_at=["2026-11-25 10:11:12"],
        order_number=["123456789012"],
        amount=["1234.50"],
        status=["In Progress"],
        owner=["17"],
    )
    assert "identifiers" not in found.keys


def test_the_columns_of_whose_and_who_are_found() -> None:
    found = proposed(workspace_id=["a", "b"], team=["emea"], updated_by=["7"], locale=["de"], body=[LONG])
    assert {key: found.keys[key] for key in ("tenant", "department", "actor", "language")} == {
        "tenant": ["workspace_id"],
        "department": ["team"],
        "actor": ["updated_by"],
        "language": ["locale"],
    }


def test_a_tenant_that_not_every_row_tells_is_for_a_person_to_decide() -> None:
    found = proposed(account_id=["001A", None], body=[LONG, LONG])
    assert "tenant" not in found.keys
    assert found.possible[0][:2] == ("tenant", ["account_id"])


def test_an_id_of_somebody_joins_the_topic_of_those_records() -> None:
    found = proposed(contact_id=[7], body=[LONG])
    assert found.keys["joins"] == [{"columns": ["contact_id"], "topic": "crm.public.contacts"}]


def test_an_id_that_may_be_of_several_tables_is_for_a_person_to_decide() -> None:
    found = proposed(requester_id=[7], body=[LONG])
    assert "joins" not in found.keys
    assert {value[0]["topic"] for _, value, _ in found.possible} == {"crm.public.contacts", "crm.public.users"}


def test_a_column_of_the_writing_application_is_for_a_person_to_decide() -> None:
    assert proposed(last_app=["portal"], body=[LONG]).possible[0][:2] == ("writer", ["last_app"])


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(min_size=1), ANY, max_size=6), max_size=6))
def test_any_rows_lead_to_a_proposal_about_their_columns(rows: list[dict[str, Any]]) -> None:
    found = propose("things", rows, TOPICS)
    assert set(found.fields) <= {name for row in rows for name in row}


@given(st.text(alphabet="abc @.", min_size=30, max_size=60))
def test_no_value_is_told(value: str) -> None:
    found = proposed(body=[value], contact_email=[value], subject=[value])
    assert value not in str(found)
