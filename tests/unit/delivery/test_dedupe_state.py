"""What is known of past events, and how far it is known without a gap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.delivery.dedupe.dedupe_state import DedupeState
from streams.delivery.dedupe.mark_table import Reading
from tests.unit.delivery.insights import TOPIC_ID, a_last

RECORD = "acme/Ticket/1"


def test_an_event_has_an_insight_once_its_record_is_applied() -> None:
    state = DedupeState()
    assert not state.has_insight(0, "e1")
    state.apply(0, "e1", a_last())
    assert state.has_insight(0, "e1")
    assert not state.has_insight(1, "e1"), "marks are kept by partition"
    assert len(state) == 1


def test_applying_a_record_again_changes_nothing() -> None:
    state = DedupeState()
    for _ in range(2):
        state.apply(0, "e1", a_last())
    assert len(state) == 1
    assert state.last_reading(0, RECORD, "interaction_summary") == Reading.of(a_last())


def test_a_record_of_somebody_else_is_a_mark_without_a_last_insight() -> None:
    state = DedupeState()
    state.apply(0, "e1", None)
    assert state.has_insight(0, "e1")
    assert state.last_reading(0, RECORD, "interaction_summary") is None


def test_each_kind_has_a_last_insight_of_its_own() -> None:
    state = DedupeState()
    state.apply(0, "e1", a_last(kind="a", fingerprint="fa"))
    state.apply(0, "e2", a_last(kind="b", fingerprint="fb"))
    assert state.last_reading(0, RECORD, "a") == Reading.of(a_last(kind="a", fingerprint="fa"))
    assert state.last_reading(0, RECORD, "b") == Reading.of(a_last(kind="b", fingerprint="fb"))


def test_an_event_before_its_records_last_insight_has_ended() -> None:
    state = DedupeState()
    state.apply(0, "e1", a_last(source_offset=10))
    assert state.has_ended(0, RECORD, 9, TOPIC_ID)
    assert not state.has_ended(0, RECORD, 10, TOPIC_ID), "the insight's own event is known by its mark"
    assert not state.has_ended(0, RECORD, 11, TOPIC_ID)


def test_an_insight_of_any_kind_tells_that_earlier_events_of_the_record_have_ended() -> None:
    state = DedupeState()
    state.apply(0, "e1", a_last(kind="a", source_offset=10))
    state.apply(0, "e2", a_last(kind="b", source_offset=20))
    assert state.has_ended(0, RECORD, 15, TOPIC_ID)


def test_the_highest_offset_counts_whatever_is_applied_after_it() -> None:
    state = DedupeState()
    state.apply(0, "e2", a_last(source_offset=20))
    state.apply(0, "e1", a_last(source_offset=10))
    assert state.has_ended(0, RECORD, 15, TOPIC_ID)


@pytest.mark.parametrize(("partition", "record"), [(1, RECORD), (0, "acme/Ticket/2")])
def test_other_records_and_partitions_say_nothing(partition: int, record: str) -> None:
    state = DedupeState()
    state.apply(0, "e1", a_last(source_offset=10))
    assert not state.has_ended(partition, record, 5, TOPIC_ID)


def test_offsets_of_a_topic_that_was_made_anew_say_nothing() -> None:
    state = DedupeState()
    state.apply(0, "e1", a_last(source_offset=1_000, events_topic_id="old"))
    assert not state.has_ended(0, RECORD, 5, "new"), "or the first thousand events of the new topic were lost"


def test_the_first_insight_from_a_new_topic_replaces_the_offsets_of_the_old_one() -> None:
    state = DedupeState()
    state.apply(0, "e1", a_last(source_offset=1_000, events_topic_id="old"))
    state.apply(0, "e2", a_last(source_offset=7, events_topic_id="new"))
    assert state.has_ended(0, RECORD, 5, "new")
    assert not state.has_ended(0, RECORD, 8, "new")
    assert not state.has_ended(0, RECORD, 5, "old")


def test_our_own_record_right_behind_the_restored_ones_advances_the_state() -> None:
    state = DedupeState()
    state.restored_to(0, 41)
    state.acknowledged(0, 42)
    assert state.applied(0) == 42


def test_the_first_record_of_an_empty_topic_advances_the_state() -> None:
    state = DedupeState()
    state.restored_to(0, -1)
    state.acknowledged(0, 0)
    assert state.applied(0) == 0


def test_a_record_that_somebody_else_wrote_in_between_must_still_be_read() -> None:
    state = DedupeState()
    state.restored_to(0, 41)
    state.acknowledged(0, 43)
    state.acknowledged(0, 44)
    assert state.applied(0) == 41
    state.restored_to(0, 44)
    state.acknowledged(0, 45)
    assert state.applied(0) == 45


def test_nothing_is_known_to_be_complete_before_a_restore() -> None:
    state = DedupeState()
    state.acknowledged(0, 0)
    assert state.applied(0) is None
    assert state.applied(1) is None


def test_a_restore_never_takes_back_what_is_known() -> None:
    state = DedupeState()
    state.restored_to(0, 41)
    state.restored_to(0, 7)
    assert state.applied(0) == 41


def test_a_partition_that_is_forgotten_is_unknown_and_the_others_are_not() -> None:
    state = DedupeState()
    for partition in (0, 1):
        state.apply(partition, "e1", a_last())
        state.restored_to(partition, 3)
    state.forget(0)
    state.forget(0)
    assert not state.has_insight(0, "e1")
    assert state.applied(0) is None
    assert not state.has_ended(0, RECORD, 5, TOPIC_ID)
    assert state.last_reading(0, RECORD, "interaction_summary") is None
    assert state.has_insight(1, "e1")


@given(ids=st.lists(st.text(), unique=True), others=st.lists(st.text()))
def test_any_event_id_is_found_again_and_no_other(ids: list[str], others: list[str]) -> None:
    state = DedupeState()
    for event_id in ids:
        state.apply(0, event_id, None)
    assert all(state.has_insight(0, event_id) for event_id in ids)
    assert [other for other in others if state.has_insight(0, other)] == [other for other in others if other in ids]
    assert len(state) == len(ids)
