"""Which events are read, with what, and why the others are not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from processors.kinds import Kind, Route, Routes, SnapshotPolicy, interaction_summary
from schemas.events import CrmEvent, Message, Operation
from schemas.outcomes import SkipReason


def an_event(**changes: Any) -> CrmEvent:
    event = CrmEvent(
        event_id="e1", source="test", entity="Ticket", record_id="7", occurred_at=0, text="The export fails."
    )
    return msgspec.structs.replace(event, **changes)


def a_kind(name: str) -> Kind:
    summary = interaction_summary()
    return Kind(name, summary.instructions, summary.answer_model, summary.max_output_tokens)


@pytest.mark.parametrize("operation", [Operation.CREATE, Operation.UPDATE])
def test_a_change_with_text_is_read_as_an_interaction_summary(operation: Operation) -> None:
    assert Routes.default().route(an_event(operation=operation)) is interaction_summary()


@pytest.mark.parametrize("operation", [Operation.DELETE, Operation.REKEY])
def test_a_delete_or_a_new_key_has_no_kind(operation: Operation) -> None:
    assert Routes.default().route(an_event(operation=operation)) is SkipReason.NO_KIND


def test_rows_of_a_snapshot_are_skipped_unless_asked_for() -> None:
    assert Routes.default().route(an_event(operation=Operation.SNAPSHOT)) is SkipReason.SNAPSHOT


@pytest.mark.parametrize("policy", ["read_changed", "read_all"])
def test_rows_of_a_snapshot_are_read_like_updates_when_asked_for(policy: str) -> None:
    assert Routes.default(policy).route(an_event(operation=Operation.SNAPSHOT)) is interaction_summary()


def test_only_read_all_reads_rows_again_that_have_not_changed() -> None:
    snapshot, update = an_event(operation=Operation.SNAPSHOT), an_event()
    assert Routes.default("read_all").reads_unchanged(snapshot)
    assert not Routes.default("read_changed").reads_unchanged(snapshot)
    assert not Routes.default("read_all").reads_unchanged(update)


def test_an_unknown_snapshot_policy_is_refused() -> None:
    with pytest.raises(ValueError, match="read_some"):
        Routes.default("read_some")


@pytest.mark.parametrize(
    "nothing",
    [
        {"text": None},
        {"text": " \n\t"},
        {"text": None, "title": "", "messages": (Message(text=" "), Message(author="Ann Lee"))},
        {"text": None, "fields": {"owner_id": "5", "updated_at": "2026-01-01T00:00:00Z", "note": ""}},
        {"text": None, "fields": {"body": "kept"}, "unchanged_fields": ("body",)},
    ],
    ids=range(5),
)
def test_an_event_without_any_text_has_no_content(nothing: dict[str, Any]) -> None:
    assert Routes.default().route(an_event(**nothing)) is SkipReason.NO_CONTENT


@pytest.mark.parametrize(
    "something",
    [
        {"title": "Down again"},
        {"messages": (Message(text="Hello"),)},
        {"fields": {"lifecyclestage": "customer"}},
        {"fields": {"amount": "125000.50"}},
    ],
    ids=range(4),
)
def test_any_one_text_is_content(something: dict[str, Any]) -> None:
    assert isinstance(Routes.default().route(an_event(text=None, **something)), Kind)


@pytest.mark.parametrize("value", ["true", "True", " TRUE "])
def test_a_test_event_is_skipped_whatever_it_is(value: str) -> None:
    event = an_event(attributes={"test": value}, operation=Operation.DELETE)
    assert Routes.default().route(event) is SkipReason.TEST_EVENT


@pytest.mark.parametrize("value", ["false", "", "1", "no"])
def test_an_event_that_is_no_test_is_read(value: str) -> None:
    assert Routes.default().route(an_event(attributes={"test": value})) is interaction_summary()


def test_the_first_route_that_takes_the_entity_and_operation_wins() -> None:
    calls, farewells, rest = a_kind("calls"), a_kind("farewells"), a_kind("rest")
    routes = Routes(
        (
            Route(calls, entities=frozenset({"Call"})),
            Route(farewells, operations=frozenset({Operation.DELETE})),
            Route(rest, entities=frozenset({"Call", "Ticket"})),
        )
    )
    assert routes.route(an_event(entity="Call")) is calls
    assert routes.route(an_event(entity="Call", operation=Operation.DELETE)) is farewells
    assert routes.route(an_event(entity="Ticket")) is rest
    assert routes.route(an_event(entity="Contact")) is SkipReason.NO_KIND


def test_the_policies_are_the_three_of_the_settings() -> None:
    assert [policy.value for policy in SnapshotPolicy] == ["skip", "read_changed", "read_all"]
