"""Entities and operations are found in the names that sources use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import Operation
from schemas.sources.mapping.naming import column_name, entity_and_operation, entity_name


@pytest.mark.parametrize(
    ("name", "entity"),
    [
        ("tickets", "Ticket"),
        ("TICKETS", "Ticket"),
        ("Case", "Case"),
        ("cases", "Case"),
        ("sales_orders", "SalesOrder"),
        ("opportunities", "Opportunity"),
        ("addresses", "Address"),
        ("boxes", "Box"),
        ("people", "Person"),
        ("status", "Status"),
        ("SMS", "SMS"),
        ("CaseComment", "CaseComment"),
        ("HTTPRequests", "HTTPRequest"),
        ("größen", "Größen"),
        ("", ""),
        ("--", ""),
    ],
)
def test_an_entity_is_singular_and_camel_case(name: str, entity: str) -> None:
    assert entity_name(name) == entity


@pytest.mark.parametrize("name", ["caseId", "case_id", "case-id", "Case Id", "CASE_ID", "CaseID"])
def test_columns_are_compared_whatever_their_case_and_separators(name: str) -> None:
    assert column_name(name) == "case_id"


@pytest.mark.parametrize(
    ("event_type", "entity", "operation"),
    [
        ("com.acme.case.created", "Case", Operation.CREATE),
        ("com.acme.case.updated", "Case", Operation.UPDATE),
        ("com.acme.case.deleted", "Case", Operation.DELETE),
        ("com.acme.case.escalated", "Case", Operation.UPDATE),
        ("com.acme.cases/removed", "Case", Operation.DELETE),
        ("case.updated.v2", "Case", Operation.UPDATE),
        ("CaseUpdatedEvent", "Case", Operation.UPDATE),
        ("TICKET_CREATED", "Ticket", Operation.CREATE),
        ("com.github.pull_request.opened", "PullRequest", Operation.CREATE),
        ("com.acme.case", "Case", Operation.UPDATE),
        ("updated", "", Operation.UPDATE),
        ("", "", Operation.UPDATE),
    ],
)
def test_an_event_type_names_entity_and_operation(event_type: str, entity: str, operation: Operation) -> None:
    assert entity_and_operation(event_type, has_data=True) == (entity, operation)


def test_archived_is_a_deletion_only_if_there_is_nothing_left_to_read() -> None:
    assert entity_and_operation("case.archived", has_data=False) == ("Case", Operation.DELETE)
    assert entity_and_operation("case.archived", has_data=True) == ("Case", Operation.UPDATE)


@given(st.text(max_size=30))
def test_any_name_can_be_asked_for(name: str) -> None:
    entity_name(name)
    column_name(name)
    entity_and_operation(name, has_data=True)
