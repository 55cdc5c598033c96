"""The evidence for whose fault a failing call is."""

from __future__ import annotations

from unittest.mock import ANY

from hypothesis import given
from hypothesis import strategies as st

from processors.llm.recent_calls import CallWindow, RecentCalls


def test_an_event_is_not_outvoted_by_its_own_attempts() -> None:
    window = CallWindow()
    for at_s in range(5):
        window.record(asker=1, succeeded=False, at_s=at_s)
    window.record(asker=2, succeeded=True, at_s=5)
    assert window.others(1, since_s=0, at_s=5) == RecentCalls(succeeded=1, failed=0)
    assert window.others(2, since_s=0, at_s=5) == RecentCalls(succeeded=0, failed=5)


def test_the_row_of_events_without_an_answer_counts_others_once_each_and_ends_with_a_word_to_anybody() -> None:
    window = CallWindow()
    for asker in (1, 2, 2, 3):
        window.record(asker=asker, succeeded=False, at_s=60)
    assert window.others(3, since_s=0, at_s=60).unanswered == 2
    window.record_heard(61)
    assert window.others(3, since_s=0, at_s=61).unanswered == 0


def test_silence_is_counted_from_the_first_request_or_the_last_word() -> None:
    window = CallWindow()
    window.record(asker=1, succeeded=False, began_s=0, at_s=60)
    window.record(asker=2, succeeded=False, began_s=2, at_s=62)
    assert window.others(3, since_s=0, at_s=64).silent_s == 64
    window.record_heard(70)
    assert window.others(3, since_s=0, at_s=75).silent_s == 0
    window.record(asker=3, succeeded=False, began_s=20, at_s=80)
    assert window.others(4, since_s=0, at_s=80).silent_s == 10


def test_calls_older_than_the_window_are_no_evidence() -> None:
    window = CallWindow(window_s=30)
    window.record(asker=1, succeeded=True, at_s=0)
    assert window.others(2, since_s=0, at_s=30).mostly_succeed
    assert window.others(2, since_s=0, at_s=30.1) == RecentCalls(0, 0)


def test_a_tie_and_no_evidence_do_not_blame_the_event() -> None:
    assert not RecentCalls(0, 0).mostly_succeed
    assert not RecentCalls(3, 3).mostly_succeed
    assert RecentCalls(4, 3).mostly_succeed


def test_what_went_well_before_the_event_began_to_fail_is_told_apart() -> None:
    window = CallWindow()
    window.record(asker=1, succeeded=True, at_s=4)
    window.record(asker=1, succeeded=False, at_s=5)
    recent = window.others(2, since_s=5, at_s=6)
    assert (recent.succeeded, recent.failed, recent.earlier_succeeded, recent.earlier_failed) == (0, 1, 1, 0)


def test_lately_means_the_whole_window() -> None:
    assert RecentCalls(succeeded=0, failed=2, earlier_succeeded=3).mostly_succeeded_lately
    assert not RecentCalls(succeeded=2, failed=0, earlier_failed=2).mostly_succeeded_lately


def test_the_row_of_refusals_counts_other_events_once_each_until_somebody_gets_an_answer() -> None:
    window = CallWindow()
    for asker in (1, 2, 2, 3):
        window.record_refused(asker)
    window.record(asker=4, succeeded=False, at_s=1)
    assert window.others(3, since_s=0, at_s=1000).refused_alike == 2
    window.record(asker=4, succeeded=True, at_s=1000)
    assert window.others(3, since_s=0, at_s=1000).refused_alike == 0


def test_the_row_of_refusals_is_bounded() -> None:
    window = CallWindow()
    for asker in range(1000):
        window.record_refused(asker)
    assert window.others(-1, since_s=0, at_s=0).refused_alike < 100


@given(
    calls=st.lists(st.tuples(st.floats(0, 100), st.integers(0, 3), st.booleans()), max_size=100).map(sorted),
    asker=st.integers(0, 3),
    since_s=st.floats(0, 100),
)
def test_the_window_counts_as_a_plain_filter_would_and_stays_bounded(
    calls: list[tuple[float, int, bool]], asker: int, since_s: float
) -> None:
    window = CallWindow(window_s=30, max_calls=20)
    for at_s, who, succeeded in calls:
        window.record(asker=who, succeeded=succeeded, at_s=at_s)
        assert len(window) <= 20
    now_s = calls[-1][0] if calls else 0.0
    unanswered: set[int] = set()
    for _, who, succeeded in calls:
        unanswered = set() if succeeded else unanswered | {who}
    others = [(at_s >= since_s, well) for at_s, who, well in calls[-20:] if who != asker and at_s >= now_s - 30]
    assert window.others(asker, since_s=since_s, at_s=now_s) == RecentCalls(
        others.count((True, True)),
        others.count((True, False)),
        others.count((False, True)),
        others.count((False, False)),
        unanswered=len(unanswered - {asker}),
        silent_s=ANY,
    )
