"""The breaker as a state machine: a few histories by name, and every history by hypothesis."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from processors.llm.breaker import Breaker, BreakerPolicy, BreakerState, Ticket
from processors.llm.retry_policy import PauseCause

POLICY = BreakerPolicy()


def a_closed_breaker() -> Breaker:
    breaker = Breaker(POLICY)
    breaker.answered(taken(breaker, 0.0))
    return breaker


def taken(breaker: Breaker, now_s: float) -> Ticket:
    ticket = breaker.acquire(now_s)
    assert ticket is not None
    return ticket


def test_before_the_first_answer_one_call_goes_alone() -> None:
    breaker = Breaker(POLICY)
    first = taken(breaker, 0.0)
    assert breaker.acquire(0.1) is None
    breaker.answered(first)
    assert breaker.state is BreakerState.CLOSED
    assert all(breaker.acquire(0.2) for _ in range(1000))


def test_a_slow_first_answer_holds_the_others_up_for_two_seconds_each_at_most() -> None:
    breaker = Breaker(POLICY)
    taken(breaker, 0.0)
    assert breaker.opens_at_s() == 2.0
    assert breaker.acquire(1.9) is None
    taken(breaker, 2.0)
    assert breaker.acquire(3.9) is None
    taken(breaker, 4.0)


def test_a_first_call_that_fails_lets_the_next_one_try_and_is_no_pause() -> None:
    breaker = Breaker(POLICY)
    breaker.failed(taken(breaker, 0.0), 0.1, 0.0)
    assert breaker.cause is None
    assert breaker.acquire(0.1) is not None


def test_failures_that_another_try_may_mend_do_not_open_a_closed_breaker() -> None:
    breaker = a_closed_breaker()
    for _ in range(100):
        breaker.failed(taken(breaker, 1.0), 1.0, 0.0)
    assert breaker.state is BreakerState.CLOSED


def test_fifty_calls_in_flight_that_fail_make_one_pause_and_not_fifty() -> None:
    breaker = a_closed_breaker()
    tickets = [taken(breaker, 1.0) for _ in range(50)]
    for ticket in tickets:
        breaker.tripped(ticket, PauseCause.QUOTA, 2.0, 0.0)
    assert breaker.probe_at_s == 2.0 + POLICY.alarm_pause_s


def test_a_late_success_from_before_the_pause_does_not_end_it() -> None:
    breaker = a_closed_breaker()
    early, late = taken(breaker, 1.0), taken(breaker, 1.0)
    breaker.tripped(early, PauseCause.QUOTA, 2.0, 0.0)
    breaker.answered(late)
    assert breaker.state is BreakerState.OPEN


def test_failed_probes_double_the_pause_up_to_its_cap() -> None:
    breaker = a_closed_breaker()
    breaker.tripped(taken(breaker, 0.0), PauseCause.OUTAGE, 0.0, 0.0)
    pauses_s, now_s = [], 0.0
    for _ in range(7):
        pauses_s.append(breaker.probe_at_s - now_s)
        now_s = breaker.probe_at_s
        breaker.failed(taken(breaker, now_s), now_s, 0.0)
    assert pauses_s == [2, 4, 8, 16, 30, 30, 30]


def test_a_probe_that_is_not_answered_for_ten_seconds_is_followed_by_another_whose_answer_ends_the_pause() -> None:
    breaker = a_closed_breaker()
    breaker.tripped(taken(breaker, 0.0), PauseCause.OUTAGE, 0.0, 0.0)
    taken(breaker, 2.0)
    assert breaker.opens_at_s() == 12.0
    assert breaker.acquire(11.9) is None
    breaker.answered(taken(breaker, 12.0))
    assert breaker.cause is None


def test_the_answer_to_a_probe_ends_the_pause_though_another_has_failed_meanwhile() -> None:
    breaker = a_closed_breaker()
    breaker.tripped(taken(breaker, 0.0), PauseCause.OUTAGE, 0.0, 0.0)
    hopeless, slow = taken(breaker, 2.0), taken(breaker, 12.0)
    breaker.failed(hopeless, 14.0, 0.0)
    breaker.answered(slow)
    assert breaker.state is BreakerState.CLOSED


def test_of_several_probes_that_fail_only_the_first_prolongs_the_pause() -> None:
    breaker = a_closed_breaker()
    breaker.tripped(taken(breaker, 0.0), PauseCause.OUTAGE, 0.0, 0.0)
    first, second = taken(breaker, 2.0), taken(breaker, 12.0)
    breaker.failed(first, 62.0, 0.0)
    breaker.failed(second, 72.0, 0.0)
    assert breaker.probe_at_s == 66.0


def test_after_an_answer_the_next_pause_is_short_again() -> None:
    breaker = a_closed_breaker()
    breaker.tripped(taken(breaker, 0.0), PauseCause.OUTAGE, 0.0, 0.0)
    breaker.failed(taken(breaker, 2.0), 2.0, 0.0)
    breaker.answered(taken(breaker, 6.0))
    breaker.tripped(taken(breaker, 10.0), PauseCause.OUTAGE, 10.0, 0.0)
    assert breaker.probe_at_s == 12.0


def test_a_pause_is_as_long_as_retry_after_at_least() -> None:
    breaker = a_closed_breaker()
    breaker.tripped(taken(breaker, 0.0), PauseCause.OUTAGE, 0.0, 0.0, retry_after_s=100)
    assert breaker.probe_at_s == 100.0


def test_workers_that_pause_together_do_not_probe_together() -> None:
    one, other = a_closed_breaker(), a_closed_breaker()
    one.tripped(taken(one, 0.0), PauseCause.QUOTA, 0.0, 0.1)
    other.tripped(taken(other, 0.0), PauseCause.QUOTA, 0.0, 0.9)
    assert one.probe_at_s != other.probe_at_s


def test_a_probe_may_find_another_cause() -> None:
    breaker = a_closed_breaker()
    breaker.tripped(taken(breaker, 0.0), PauseCause.OUTAGE, 0.0, 0.0)
    breaker.tripped(taken(breaker, 2.0), PauseCause.UNAUTHORISED, 2.0, 0.0)
    assert breaker.cause is PauseCause.UNAUTHORISED


class BreakerHistories(RuleBasedStateMachine):
    """Calls begin, answer, fail, trip and are cancelled in any order, at any time."""

    def __init__(self) -> None:
        """Begin with nobody having called."""
        super().__init__()
        self.breaker = Breaker(POLICY)
        self.now_s = 0.0
        self.out: list[Ticket] = []
        self.probes: list[Ticket] = []
        self.sent_in_the_pause: list[Ticket] = []
        self.probed_at_s = 0.0
        self.opened_at_s = 0.0

    @property
    def paused(self) -> bool:
        return self.breaker.cause is not None

    def a_ticket(self, data: st.DataObject) -> Ticket:
        ticket = data.draw(st.sampled_from(self.out))
        self.out.remove(ticket)
        return ticket

    @rule(by_s=st.floats(0, 100))
    def time_passes(self, by_s: float) -> None:
        self.now_s += by_s

    @rule()
    def somebody_asks(self) -> None:
        paused_before, probe_at_s, admits = self.paused, self.breaker.probe_at_s, self.breaker.admits(self.now_s)
        ticket = self.breaker.acquire(self.now_s)
        assert admits == (ticket is not None)
        if ticket is None:
            return
        if paused_before:
            assert self.now_s >= probe_at_s, "a call during a pause"
            assert not self.probes or self.now_s >= self.probed_at_s + POLICY.probe_patience_s, "two probes at a time"
            self.probes.append(ticket)
            self.sent_in_the_pause.append(ticket)
            self.probed_at_s = self.now_s
        self.out.append(ticket)

    @precondition(lambda self: self.out)
    @rule(data=st.data())
    def a_call_is_answered(self, data: st.DataObject) -> None:
        ticket = self.a_ticket(data)
        paused_before = self.paused
        self.breaker.answered(ticket)
        if paused_before:
            answers = ticket in self.sent_in_the_pause
            assert self.paused is not answers, "only the answer to a probe ends a pause, and it always does"
        if not self.paused:
            self.probes.clear()
            self.sent_in_the_pause.clear()

    @precondition(lambda self: self.out)
    @rule(data=st.data(), jitter=st.floats(0, 1))
    def a_call_fails(self, data: st.DataObject, jitter: float) -> None:
        ticket = self.a_ticket(data)
        before = self.breaker.state
        self.breaker.failed(ticket, self.now_s, jitter)
        if ticket in self.probes:
            self.after_reopening()
        else:
            assert self.breaker.state is before

    @precondition(lambda self: self.out)
    @rule(data=st.data(), jitter=st.floats(0, 1), cause=st.sampled_from(PauseCause))
    def a_call_trips_it(self, data: st.DataObject, jitter: float, cause: PauseCause) -> None:
        ticket = self.a_ticket(data)
        probe_at_s, news = self.breaker.probe_at_s, ticket in self.probes or not self.paused
        self.breaker.tripped(ticket, cause, self.now_s, jitter)
        if ticket in self.probes:
            self.after_reopening()
        elif not news:
            assert self.breaker.probe_at_s == probe_at_s, "an old failure prolonged the pause"

    @precondition(lambda self: self.out)
    @rule(data=st.data())
    def a_call_is_cancelled(self, data: st.DataObject) -> None:
        ticket = self.a_ticket(data)
        self.breaker.withdrawn(ticket)
        if ticket in self.probes:
            self.probes.remove(ticket)
            # Cancelled is the one that was waited for, or an earlier one, of which nobody hoped for anything any more.
            assert self.breaker.admits(self.now_s) or self.probes, "a cancelled probe kept its slot"

    def after_reopening(self) -> None:
        self.probes.clear()
        assert self.breaker.state is BreakerState.OPEN
        assert self.breaker.probe_at_s >= self.now_s + POLICY.outage_pause_s
        assert not self.breaker.admits(self.now_s)

    @invariant()
    def it_always_opens_again_by_itself_or_by_a_verdict_that_is_due(self) -> None:
        if not self.breaker.admits(self.now_s):
            assert self.breaker.opens_at_s() is not None

    @invariant()
    def a_closed_breaker_is_no_pause_and_an_open_one_is(self) -> None:
        if self.breaker.state is not BreakerState.HALF_OPEN:
            assert self.paused == (self.breaker.state is BreakerState.OPEN)


TestBreakerHistories = BreakerHistories.TestCase
TestBreakerHistories.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
