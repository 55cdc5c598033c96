"""What one worker reckons of an account, step by step, with the clock in the test's hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.llm.limits.account import AccountLimits, KnownLimits
from processors.llm.limits.in_flight import InFlightBound
from processors.llm.limits.remote_bucket import RemoteBucket, Reservation, window_s
from processors.llm.rate_limit_headers import RateLimitHeaders

HOUR_S = 3_600.0


def told(remaining: int, limit: int = 600) -> RateLimitHeaders:
    return RateLimitHeaders(limit_requests=limit, remaining_requests=remaining)


def an_account(remaining: int = 600, limit: int = 600, now_s: float = 0.0) -> AccountLimits:
    """One whose provider has just told what is left of `limit` requests a minute."""
    limits = AccountLimits()
    limits.answered(limits.reserve(100, now_s), 100, told(remaining, limit), now_s)
    return limits


def level(limits: AccountLimits, now_s: float) -> float:
    return limits.state(now_s).remaining["requests"]


# ---- what is left


def test_what_is_left_grows_with_the_refill_and_falls_with_what_we_send() -> None:
    limits = an_account(remaining=100)
    assert level(limits, 0) == 100
    assert level(limits, 2) == pytest.approx(120)
    limits.reserve(10, 2)
    assert level(limits, 2) == pytest.approx(119)
    assert level(limits, HOUR_S) == pytest.approx(599)


def test_the_answer_to_the_newest_request_wins_although_an_older_one_comes_later() -> None:
    limits = an_account(remaining=500)
    older, newer = limits.reserve(10, 1.0), limits.reserve(10, 2.0)
    limits.answered(newer, 10, told(300), 3.0)
    limits.answered(older, 10, told(450), 3.5)
    assert level(limits, 3.0) < 350


def test_what_others_draw_between_two_answers_goes_on_between_later_ones() -> None:
    limits = an_account(remaining=600)
    # 10 refill a second; others draw 20.
    for second in range(1, 11):
        limits.answered(limits.reserve(10, second), 10, told(600 - 10 * second), second)
    assert level(limits, 12) == pytest.approx(480, abs=15)


def test_a_request_that_was_withdrawn_has_drawn_nothing() -> None:
    limits = an_account(remaining=100)
    limits.withdrawn(limits.reserve(10, 0.0))
    assert level(limits, 0.0) == 100


def test_tokens_are_settled_by_what_was_used() -> None:
    limits = AccountLimits(KnownLimits(tokens_per_minute=60_000))
    assert limits.wait_s(1_000, 0.0) == 0
    first = limits.reserve(1_000, 0.0)
    assert limits.state(0.0).remaining["tokens"] == 59_000
    limits.answered(first, 400, None, 0.0)
    assert limits.state(0.0).remaining["tokens"] == 59_600


@given(st.lists(st.tuples(st.floats(0.01, 5), st.integers(0, 600)), min_size=1, max_size=60))
def test_whatever_a_provider_tells_the_level_stays_within_the_bucket_and_a_request_is_let_go_in_the_end(
    answers: list[tuple[float, int]],
) -> None:
    limits, now_s = an_account(), 0.0
    for after_s, remaining in answers:
        now_s += after_s
        limits.answered(limits.reserve(10, now_s), 10, told(remaining), now_s)
        assert 0 <= level(limits, now_s) <= 600
    ends_s = now_s + 300
    while (wait_s := limits.wait_s(10, now_s)) > 0:
        now_s += wait_s
        assert now_s < ends_s, "nobody is let go any more"


def test_a_worker_that_has_seen_others_take_everything_asks_again_within_a_minute() -> None:
    limits = an_account(remaining=600)
    for second in range(1, 40):
        limits.answered(limits.reserve(10, second), 10, told(max(0, 600 - 20 * second)), second)
    now_s = 40.0
    while (wait_s := limits.wait_s(10, now_s)) > 0:
        now_s += wait_s
    assert now_s <= 100


# ---- when


def test_a_prompt_waits_until_the_bucket_holds_it() -> None:
    bucket = RemoteBucket("tokens", 60_000, 0.0)
    bucket.told(Reservation(0, 0.0, 0.0), 60_000, 5_000, None)
    assert bucket.wait_s(8_000, 0.0, 1.0) == pytest.approx(3.0)


def test_a_prompt_above_the_whole_limit_is_let_into_a_nearly_full_bucket_so_that_the_provider_can_say_so() -> None:
    limits = AccountLimits(KnownLimits(tokens_per_minute=10_000))
    assert limits.wait_s(50_000, 0.0) == 0


def test_hours_of_a_full_queue_are_paced_at_the_limit() -> None:
    limits = AccountLimits(KnownLimits(requests_per_minute=60))
    now_s, sent = 0.0, 0
    while now_s < 2 * HOUR_S:
        wait_s = limits.wait_s(10, now_s)
        if wait_s <= 0:
            limits.answered(limits.reserve(10, now_s), 10, None, now_s)
            sent += 1
        now_s += wait_s
    assert 7_200 <= sent <= 7_260


# ---- refusals


def test_after_a_refusal_nobody_asks_before_the_pause_is_over() -> None:
    limits = an_account()
    limits.refused(limits.reserve(10, 1.0), 20.0, told(0), 1.1)
    assert limits.wait_s(10, 1.1) == pytest.approx(20.0)
    assert limits.wait_s(10, 21.0) == pytest.approx(0.1)


def test_many_refusals_of_calls_in_flight_are_one_cut_and_the_longest_of_their_pauses() -> None:
    limits = an_account()
    in_flight = [limits.reserve(10, 1.0) for _ in range(50)]
    for number, reservation in enumerate(in_flight):
        limits.refused(reservation, 1.0 + number / 10, told(0), 1.1)
    state = limits.state(1.1)
    assert state.factor == pytest.approx(0.85)
    assert state.paused_s == pytest.approx(5.9)
    assert limits.refusals == 1


def test_a_refusal_after_the_pause_cuts_again_and_an_answer_ends_the_row() -> None:
    limits = an_account()
    limits.refused(limits.reserve(10, 1.0), 1.0, None, 1.0)
    limits.refused(limits.reserve(10, 2.0), 1.0, None, 2.0)
    assert limits.refusals == 2
    assert limits.state(2.0).factor == pytest.approx(0.85**2, rel=0.02)
    limits.answered(limits.reserve(10, 3.0), 10, None, 3.0)
    assert limits.refusals == 0


def test_a_cut_rate_is_whole_again_after_a_minute() -> None:
    limits = an_account()
    limits.refused(limits.reserve(10, 1.0), 1.0, None, 1.0)
    assert limits.state(61.0).factor == 1.0


# ---- where limits come from


def test_what_the_provider_tells_replaces_what_the_settings_say() -> None:
    limits = AccountLimits(KnownLimits(requests_per_minute=60))
    limits.wait_s(10, 0.0)
    assert limits.state(0.0).source == "settings"
    limits.answered(limits.reserve(10, 0.0), 10, told(2_000, 3_000), 0.0)
    assert (limits.state(0.0).source, limits.state(0.0).limit) == ("headers", {"requests": 3_000})


def test_a_limit_without_a_number_left_or_of_nothing_is_no_limit() -> None:
    limits = AccountLimits()
    for headers in (RateLimitHeaders(limit_requests=100), RateLimitHeaders(limit_requests=0, remaining_requests=0)):
        limits.answered(limits.reserve(10, 0.0), 10, headers, 0.0)
    assert limits.state(0.0).source == "in_flight"


def test_a_part_of_the_partitions_is_the_same_part_of_the_settings_limits() -> None:
    limits = AccountLimits(KnownLimits(requests_per_minute=60))
    limits.wait_s(10, 0.0)
    limits.take_share(0.25)
    limits.wait_s(10, 0.0)
    assert limits.state(0.0).limit == {"requests": 15}


@pytest.mark.parametrize(
    ("limit", "remaining", "reset_s", "window"),
    [
        (3_000, 2_999, 0.02, 60),
        (3_000, 1_500, 30, 60),
        (3_000, 3_000, 0, 60),
        (3_000, 1_500, None, 60),
        (10_000, 9_999, 8.64, 86_400),
        (14_400, 14_370, 179.56, 86_400),
        (5_000, 4_000, 720, 3_600),
        (50, 25, 0.5, 1),
        (1_000, 10, 59, 60),
        (1_000, 900, 17, 60),
    ],
)
def test_the_time_to_a_full_bucket_tells_limits_a_minute_from_those_a_day(
    limit: int, remaining: int, reset_s: float | None, window: float
) -> None:
    assert window_s(limit, remaining, reset_s) == window


# ---- a number in flight


def test_the_number_in_flight_doubles_with_each_round_until_the_first_refusal() -> None:
    bound = InFlightBound()
    before = int(bound.bound)
    for serial in range(before):
        bound.sent(serial, 0.0)
    assert not bound.room(0.0)
    for serial in range(before):
        bound.answered(serial, 0.0, 1.0)
        bound.sent(before + serial, 1.0)
    assert bound.bound == 2 * before


def test_calls_that_leave_most_of_the_bound_unused_do_not_raise_it() -> None:
    bound = InFlightBound()
    before = bound.bound
    for serial in range(1_000):
        bound.sent(serial, serial)
        bound.answered(serial, serial, serial + 0.5)
    assert bound.bound == before


def test_of_a_burst_that_was_refused_the_answered_part_is_left() -> None:
    bound = InFlightBound()
    for serial in range(32):
        bound.sent(serial, 0.0)
    bound.refused(0, 0.85)
    for serial in range(1, 25):
        bound.refused(serial, None)
    assert bound.bound == pytest.approx(32 * 0.85 - 24)


def test_a_call_that_hangs_makes_room_for_another_after_a_few_seconds() -> None:
    bound = InFlightBound()
    for serial in range(int(bound.bound)):
        bound.sent(serial, 0.0)
    assert not bound.room(4.9)
    assert bound.next_room_s(4.0) == pytest.approx(1.0)
    assert bound.room(5.0)


def test_requests_that_were_withdrawn_from_before_a_limit_was_known_raise_nobodys_rate() -> None:
    limits = AccountLimits()
    first, *others = [limits.reserve(100, 0.0) for _ in range(30)]
    limits.answered(first, 100, told(100), 0.5)
    for reservation in others:
        limits.withdrawn(reservation)
    assert level(limits, 0.5) == pytest.approx(105)
    sent = 0
    while limits.wait_s(100, 0.5) <= 0:
        limits.reserve(100, 0.5)
        sent += 1
    assert sent <= 3
