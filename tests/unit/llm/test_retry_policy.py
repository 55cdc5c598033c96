"""The policy as a table of failures and decisions, and what holds for every history."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.llm.provider import CompletionFailure, FailureKind
from processors.llm.recent_calls import RecentCalls
from processors.llm.retry_policy import (
    ROWS,
    CutAndRetry,
    Decision,
    GiveUp,
    Pause,
    PauseCause,
    RetryAfter,
    RetryPolicy,
    Transient,
    WaitRateLimit,
)
from schemas.outcomes import DeadLetterReason

POLICY = RetryPolicy()
NOBODY_ELSE = RecentCalls()
OTHERS_SUCCEED = RecentCalls(succeeded=9, failed=1)
OTHERS_SUCCEEDED_EARLIER = RecentCalls(earlier_succeeded=9, earlier_failed=1)
OTHERS_FAIL = RecentCalls(succeeded=1, failed=9)

failures = st.builds(
    CompletionFailure,
    st.sampled_from(FailureKind),
    retry_after_s=st.none() | st.floats(),
)
counts = st.integers(0, 100)
recents = st.builds(RecentCalls, counts, counts, counts, counts, st.integers(0, 16))
jitters = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize(
    ("kind", "decision"),
    [
        (FailureKind.RATE_LIMITED, WaitRateLimit(0.75)),
        (FailureKind.QUOTA_EXHAUSTED, Pause(PauseCause.QUOTA)),
        (FailureKind.UNAUTHORISED, Pause(PauseCause.UNAUTHORISED)),
        (FailureKind.FORBIDDEN, Pause(PauseCause.FORBIDDEN)),
        (FailureKind.REDIRECTED, Pause(PauseCause.REDIRECTED)),
        (FailureKind.NOT_FOUND, Pause(PauseCause.NOT_FOUND)),
        (FailureKind.UNSUPPORTED, Pause(PauseCause.UNSUPPORTED)),
        (FailureKind.TLS, Pause(PauseCause.TLS)),
        (FailureKind.BAD_REQUEST, GiveUp(DeadLetterReason.PROVIDER_ERROR)),
        (FailureKind.UNPROCESSABLE, GiveUp(DeadLetterReason.PROVIDER_ERROR)),
        (FailureKind.CONTENT_FILTERED, GiveUp(DeadLetterReason.CONTENT_FILTER)),
        (FailureKind.CONTEXT_TOO_LONG, CutAndRetry()),
        (FailureKind.SERVER_ERROR, RetryAfter(0.25)),
        (FailureKind.TIMEOUT, RetryAfter(0.25)),
        (FailureKind.CONNECTION, RetryAfter(0.25)),
        (FailureKind.MALFORMED, RetryAfter(0.25)),
    ],
)
def test_a_first_failure_is_followed_by_its_row(kind: FailureKind, decision: Decision) -> None:
    assert POLICY.decide(CompletionFailure(kind), 1, 0.0, NOBODY_ELSE, 0.5) == decision


def test_every_kind_of_failure_has_a_row() -> None:
    assert set(ROWS) == set(FailureKind)


@pytest.mark.parametrize("kind", [kind for kind, row in ROWS.items() if isinstance(row, Transient)])
@pytest.mark.parametrize(
    ("recent", "ending"),
    [
        (OTHERS_SUCCEED, GiveUp(DeadLetterReason.PROVIDER_ERROR)),
        (OTHERS_FAIL, Pause(PauseCause.OUTAGE, in_vain=True)),
        (NOBODY_ELSE, Pause(PauseCause.OUTAGE, in_vain=True)),
        (RecentCalls(5, 5), Pause(PauseCause.OUTAGE, in_vain=True)),
    ],
)
def test_when_six_attempts_are_used_up_the_calls_of_the_others_decide(
    kind: FailureKind, recent: RecentCalls, ending: Decision
) -> None:
    assert isinstance(POLICY.decide(CompletionFailure(kind), 5, 10.0, recent, 0.5), RetryAfter)
    assert POLICY.decide(CompletionFailure(kind), 6, 10.0, recent, 0.5) == ending


def test_the_time_is_used_up_when_the_wait_would_end_after_it() -> None:
    failure = CompletionFailure(FailureKind.TIMEOUT)
    assert POLICY.decide(failure, 2, 119.4, OTHERS_SUCCEED, 0.5) == RetryAfter(0.5)
    assert POLICY.decide(failure, 2, 119.5, OTHERS_SUCCEED, 0.5) == GiveUp(DeadLetterReason.PROVIDER_ERROR)


def test_a_prompt_is_cut_once_and_then_it_is_too_long() -> None:
    failure = CompletionFailure(FailureKind.CONTEXT_TOO_LONG)
    assert POLICY.decide(failure, 0, 0.0, OTHERS_FAIL, 0.5, was_cut=True) == GiveUp(DeadLetterReason.CONTEXT_TOO_LONG)


def test_only_an_outage_is_no_alarm() -> None:
    assert [cause for cause in PauseCause if not cause.alarm] == [PauseCause.OUTAGE]


def test_a_pause_lasts_at_least_as_long_as_the_provider_asked_for() -> None:
    failure = CompletionFailure(FailureKind.SERVER_ERROR, retry_after_s=300)
    assert POLICY.decide(failure, 1, 0.0, OTHERS_FAIL, 0.5) == Pause(PauseCause.OUTAGE, 300)


def test_a_provider_that_asks_for_a_long_wait_and_serves_nobody_is_paused_for_at_once() -> None:
    failure = CompletionFailure(FailureKind.SERVER_ERROR, retry_after_s=21)
    assert POLICY.decide(failure, 1, 0.0, NOBODY_ELSE, 0.5) == Pause(PauseCause.OUTAGE, 21)


@pytest.mark.parametrize("recent", [OTHERS_SUCCEED, OTHERS_SUCCEEDED_EARLIER])
def test_a_provider_that_asks_one_event_for_a_long_wait_is_waited_for_alone_and_not_on_its_time(
    recent: RecentCalls,
) -> None:
    failure = CompletionFailure(FailureKind.SERVER_ERROR, retry_after_s=180)
    assert POLICY.decide(failure, 1, 0.1, recent, 0.5) == RetryAfter(180.25, asked_s=180)
    assert POLICY.decide(failure, 5, 100.0, recent, 0.5) == RetryAfter(184, asked_s=180)


@pytest.mark.parametrize(
    ("asked_before_s", "decision"),
    [
        (720.0, RetryAfter(180.25, asked_s=180)),
        (721.0, GiveUp(DeadLetterReason.PROVIDER_ERROR)),
    ],
)
def test_the_long_waits_of_one_event_are_a_quarter_of_an_hour_in_sum_at_most(
    asked_before_s: float, decision: Decision
) -> None:
    failure = CompletionFailure(FailureKind.SERVER_ERROR, retry_after_s=180)
    assert POLICY.decide(failure, 1, 0.1, OTHERS_SUCCEED, 0.5, asked_s=asked_before_s) == decision


def test_an_event_that_was_asked_for_all_its_long_waits_keeps_its_place_while_nobody_is_served() -> None:
    failure = CompletionFailure(FailureKind.SERVER_ERROR, retry_after_s=180)
    decision = POLICY.decide(failure, 2, 1.0, OTHERS_SUCCEEDED_EARLIER, 0.5, asked_s=900.0)
    assert decision == Pause(PauseCause.OUTAGE, 180, in_vain=True)


def test_a_long_wait_uses_up_an_attempt() -> None:
    failure = CompletionFailure(FailureKind.SERVER_ERROR, retry_after_s=180)
    assert POLICY.decide(failure, 6, 1.0, OTHERS_SUCCEED, 0.5) == GiveUp(DeadLetterReason.PROVIDER_ERROR)


@pytest.mark.parametrize(
    ("others", "silent_s", "decision"),
    [
        (4, 10.0, Pause(PauseCause.OUTAGE, in_vain=True)),
        (3, 600.0, RetryAfter(0.25)),
        (200, 9.9, RetryAfter(0.25)),
    ],
)
def test_four_others_that_failed_too_in_ten_silent_seconds_are_an_outage(
    others: int, silent_s: float, decision: Decision
) -> None:
    recent = RecentCalls(unanswered=others, silent_s=silent_s)
    assert POLICY.decide(CompletionFailure(FailureKind.TIMEOUT), 1, 60.0, recent, 0.5) == decision


def test_successes_from_before_it_began_to_fail_give_no_event_up() -> None:
    failure = CompletionFailure(FailureKind.SERVER_ERROR)
    assert POLICY.decide(failure, 6, 10.0, OTHERS_SUCCEEDED_EARLIER, 0.5) == Pause(PauseCause.OUTAGE, in_vain=True)


@given(
    retry_after_s=st.floats(0, allow_nan=False),
    elapsed_s=st.floats(0, 100),
    attempt=st.integers(1, 5),
    recent=recents,
    jitter=jitters,
)
def test_no_retry_after_makes_a_dead_letter_before_attempts_and_time_are_used_up(
    retry_after_s: float, elapsed_s: float, attempt: int, recent: RecentCalls, jitter: float
) -> None:
    policy = RetryPolicy(backoff_cap_s=3.0)
    failure = CompletionFailure(FailureKind.SERVER_ERROR, retry_after_s=retry_after_s)
    assert not isinstance(policy.decide(failure, attempt, elapsed_s, recent, jitter), GiveUp)


@pytest.mark.parametrize("kind", [FailureKind.BAD_REQUEST, FailureKind.UNPROCESSABLE])
def test_what_is_refused_of_three_events_in_a_row_is_refused_of_all(kind: FailureKind) -> None:
    failure = CompletionFailure(kind)
    one, two = RecentCalls(refused_alike=1), RecentCalls(refused_alike=2)
    assert POLICY.decide(failure, 0, 0.0, one, 0.5) == GiveUp(DeadLetterReason.PROVIDER_ERROR)
    assert POLICY.decide(failure, 0, 0.0, two, 0.5) == Pause(PauseCause.REFUSED)


def test_the_probe_of_a_row_of_refusals_is_given_up_because_during_a_pause_nobody_else_begins() -> None:
    failure, row = CompletionFailure(FailureKind.BAD_REQUEST), RecentCalls(refused_alike=9)
    gave_up = GiveUp(DeadLetterReason.PROVIDER_ERROR)
    assert POLICY.decide(failure, 0, 0.0, row, 0.5, probed=PauseCause.REFUSED) == gave_up
    assert POLICY.decide(failure, 0, 0.0, row, 0.5, probed=PauseCause.OUTAGE) == Pause(PauseCause.REFUSED)


@given(attempt=st.integers(0, 10_000), elapsed_s=st.floats(0, 1e9), recent=recents, jitter=jitters)
def test_a_rate_limit_never_uses_up_attempts_or_time(
    attempt: int, elapsed_s: float, recent: RecentCalls, jitter: float
) -> None:
    decision = POLICY.decide(CompletionFailure(FailureKind.RATE_LIMITED), attempt, elapsed_s, recent, jitter)
    assert isinstance(decision, WaitRateLimit)


@given(
    failure=failures,
    attempt=st.integers(1, 10_000),
    elapsed_s=st.floats(0, 1e6),
    recent=recents,
    jitter=jitters,
    refusals=st.integers(1, 10_000),
    was_cut=st.booleans(),
)
def test_no_wait_is_shorter_than_retry_after_or_longer_than_anyone_is_believed(
    *,
    failure: CompletionFailure,
    attempt: int,
    elapsed_s: float,
    recent: RecentCalls,
    jitter: float,
    refusals: int,
    was_cut: bool,
) -> None:
    decision = POLICY.decide(failure, attempt, elapsed_s, recent, jitter, refusals=refusals, was_cut=was_cut)
    match decision:
        case RetryAfter(wait_s) | WaitRateLimit(wait_s):
            assert (failure.retry_after_s or 0.0) <= wait_s <= 1.25 * 600 + 60
        case Pause(_, retry_after_s):
            assert retry_after_s == failure.retry_after_s


@given(
    kinds=st.lists(st.sampled_from(FailureKind), min_size=40, max_size=40),
    took_s=st.lists(st.floats(0, 60), min_size=40, max_size=40),
    jitter=jitters,
    recent=recents,
)
def test_every_history_without_rate_limits_ends_within_the_attempts_and_the_time(
    kinds: list[FailureKind], took_s: list[float], jitter: float, recent: RecentCalls
) -> None:
    attempts, elapsed_s, was_cut = 0, 0.0, False
    for kind, took in zip(kinds, took_s, strict=True):
        if kind is FailureKind.RATE_LIMITED:
            continue
        if isinstance(ROWS[kind], Transient):
            attempts += 1
            elapsed_s += took
        match POLICY.decide(CompletionFailure(kind), attempts, elapsed_s, recent, jitter, was_cut=was_cut):
            case RetryAfter(wait_s):
                elapsed_s += wait_s
                assert elapsed_s < POLICY.max_elapsed_s
            case CutAndRetry():
                was_cut = True
            case Pause() | GiveUp():
                break
    assert attempts <= POLICY.max_attempts


@given(attempt=st.integers(1, 5), jitters=st.tuples(jitters, jitters).filter(lambda pair: pair[0] != pair[1]))
def test_two_events_that_fail_together_do_not_come_back_together(attempt: int, jitters: tuple[float, float]) -> None:
    failure = CompletionFailure(FailureKind.SERVER_ERROR, retry_after_s=0.0)
    one, other = (POLICY.decide(failure, attempt, 0.0, NOBODY_ELSE, jitter) for jitter in jitters)
    assert one != other


def test_the_backoff_doubles_up_to_its_cap() -> None:
    policy = RetryPolicy(max_attempts=100, max_elapsed_s=1e9)
    failure = CompletionFailure(FailureKind.SERVER_ERROR)
    waits = [policy.decide(failure, attempt, 0.0, NOBODY_ELSE, 0.999) for attempt in (1, 2, 3, 7, 99)]
    assert waits == [RetryAfter(0.999 * ceiling) for ceiling in (0.5, 1, 2, 20, 20)]


def test_a_refusal_without_retry_after_waits_longer_each_time_and_never_returns_at_once() -> None:
    failure = CompletionFailure(FailureKind.RATE_LIMITED)
    waits = [POLICY.decide(failure, 0, 0.0, NOBODY_ELSE, 0.0, refusals=refusals) for refusals in (1, 2, 3, 20)]
    assert waits == [WaitRateLimit(0.5), WaitRateLimit(1.0), WaitRateLimit(2.0), WaitRateLimit(30.0)]


@pytest.mark.parametrize("wrong", [{"max_attempts": 0}, {"max_elapsed_s": 0.0}, {"attempt_timeout_s": -1.0}])
def test_a_policy_that_could_not_begin_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="at least one attempt"):
        RetryPolicy(**wrong)  # type: ignore[arg-type]
