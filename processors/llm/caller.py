"""The one loop that applies decisions: asks, waits, cuts, pauses, and ends each event's asking in a known way.

Retries run on stamina. Its `on` hook may return the seconds to wait, so that our decision, Retry-After included, takes
the place of its own backoff, and it is kept up, typed, cancellation-safe and small. tenacity, which it rests on, would
want a stop, a wait and a retry object for what is one decision; the `backoff` package has had no release since 2022;
the openai package's own retries know neither Retry-After above a minute nor quotas. stamina's global hooks see each
wait, and its log line holds the failure's message, which is made of our own words only.
"""

from __future__ import annotations

import itertools
import random
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import stamina

from processors.llm.answer_checks import Accepted, AskAgain, Rejected
from processors.llm.asking import AskHistory, Asking
from processors.llm.breaker import Breaker
from processors.llm.call_reports import Answered, AskFault, CallerState, CallReport, fault_of
from processors.llm.gate import Gate
from processors.llm.limits import ANYBODY, Pacers
from processors.llm.provider import CompletionFailure, Usage
from processors.llm.purse import Purse
from processors.llm.recent_calls import CallWindow
from processors.llm.retry_policy import (
    ROWS,
    Pause,
    PauseCause,
    RetryPolicy,
    Transient,
    Unexplained,
    WaitRateLimit,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pydantic import BaseModel

    from processors.llm.breaker import BreakerPolicy, Ticket
    from processors.llm.limits import Flow, KnownLimits, Pacer
    from processors.llm.limits.remote_bucket import Reservation
    from processors.llm.provider import Completion, CompletionRequest, Provider
    from processors.llm.purse import Hold
    from processors.llm.retry_policy import Decision


class Caller:
    """Asks one provider on behalf of many events at once. For one event loop."""

    def __init__(  # noqa: PLR0913 -- what it needs and whom it tells; a bundle of three callbacks would say less
        self,
        provider: Provider,
        policy: RetryPolicy | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
        on_call: Callable[[CallReport], None] = lambda _: None,
        on_pause: Callable[[PauseCause | None], None] = lambda _: None,
        on_probe_due: Callable[[], None] = lambda: None,
        on_wait: Callable[[float], None] = lambda _: None,
        breaker: BreakerPolicy | None = None,
        known_limits: KnownLimits | None = None,
        purse: Purse | None = None,
    ) -> None:
        """`clock` is monotonic seconds. `on_call` hears of each request; `on_pause`, `on_probe_due`: see `Gate`.

        `on_wait` hears how long each request has waited for the account's limits; `known_limits` are those of a
        provider that does not tell them; `purse` pays. All are called on the event loop and must not raise.
        """
        self._provider = provider
        self._policy = policy or RetryPolicy()
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 -- jitter, nothing secret
        self._on_call = on_call
        self._recent = CallWindow()
        self._breaker = Breaker(breaker)
        self._gate = Gate(
            self._breaker,
            clock=clock,
            jitter=self._rng.random,
            on_pause=on_pause,
            on_probe_due=on_probe_due,
        )
        self._pacers = Pacers(known_limits, clock=clock, on_wait=on_wait)
        self._purse = purse or Purse()
        self._in_flight = 0
        self._numbers = itertools.count()

    @property
    def state(self) -> CallerState:
        """How the provider stands now."""
        return CallerState(
            self._provider.name,
            self._breaker.state,
            self._breaker.cause,
            self._gate.waiting,
            queued=self._pacers.waiting,
            in_flight=self._in_flight,
            limits=self._pacers.states,
        )

    def take_share(self, share: float) -> None:
        """Use this part, 0 to 1, of limits that only the settings know: no provider tells the workers of each other."""
        self._pacers.take_share(share)

    def close(self) -> None:
        """Send nothing more that would have to wait for its turn (`ProcessLeaving` ends it); what is sent goes on."""
        self._pacers.close()
        self._purse.close()

    async def ready(self) -> None:
        """Wait until calls are not paused, or until somebody may try whether they still must be."""
        await self._gate.ready()

    async def ask(
        self,
        request: CompletionRequest,
        check: Callable[[str], BaseModel],
        *,
        shorten: Callable[[], CompletionRequest | None] | None = None,
        leave: Callable[[], Awaitable[None]] | None = None,
        history: AskHistory | None = None,
        flow: Flow = ANYBODY,
    ) -> Answered:
        """Ask until there is an answer that `check` accepts, or until it is known that there will be none.

        `check` parses and validates one text, and raises a ValueError (pydantic's ValidationError, `AnswerRejected`)
        if it is no answer. `shorten` makes a shorter request, None if that cannot be done; it is called at most once.
        `leave` is awaited before each request, and an exception of it ends the asking. `history` is what earlier
        askings of this event have left behind: give the same one again after a pause. `flow` says between whom turns
        are shared out.

        While calls are paused or the account's limits are used up this waits its turn. Raises AskFault (a DataFault) if
        it is this event's fault, and DependencyFault(PROVIDER) if nobody's call can succeed now: then keep the event,
        wait for `ready()`, ask anew; ProcessLeaving after `close`; what `Purse.hold` raises: then be admitted with
        `history.next_request`, and the same `history` goes on where it was. Cancellation passes at any await.
        """
        history = history or AskHistory()
        if history.number is None:
            history.number = next(self._numbers)
        asking = Asking.on(history, request, flow, check, shorten)
        # At most three answers: the first, one after the cap was doubled, one after the correction.
        while True:
            completion, latency_s = await self._complete(asking, leave)
            judgement = asking.examiner.judge(completion, asking.request)
            outcome = "ok" if isinstance(judgement, Accepted) else judgement.flaw
            self._report(asking, outcome, completion.usage, latency_s, completion.provider_request_id)
            match judgement:
                case Accepted(answer):
                    latency_ms = round(history.in_calls_s * 1000)
                    return Answered(answer, completion, history.sent, history.usage, latency_ms)
                case Rejected(reason, detail):
                    raise AskFault(reason, detail, attempts=history.sent, usage=history.usage)
                case AskAgain(better):
                    asking.correct(better)

    async def _complete(self, asking: Asking, leave: Callable[[], Awaitable[None]] | None) -> tuple[Completion, float]:
        """Make attempts until one brings a completion; the completion and the seconds that this attempt took."""
        # Most askings end with their first attempt. stamina takes over at the first failure: to set it up costs a tenth
        # of a call's CPU.
        failed: list[CompletionFailure] = []
        try:
            return await self._attempt(asking, leave)
        except CompletionFailure as failure:
            failed.append(failure)
        try:
            async for attempt in stamina.retry_context(on=asking.wait_after, attempts=None, timeout=None):
                with attempt:
                    if failed:
                        raise failed.pop()
                    return await self._attempt(asking, leave)
        except CompletionFailure as failure:
            fault = fault_of(asking.decision, failure, asking.history)
            if fault is None:
                raise
            raise fault from failure
        raise AssertionError("unreachable: stamina ends with a result or an exception")

    async def _attempt(self, asking: Asking, leave: Callable[[], Awaitable[None]] | None) -> tuple[Completion, float]:
        """Wait until all permit it, send one request, and tell all how it ended."""
        pacer = self._pacers.of(asking.request.model)
        reservation = await pacer.turn(asking.request, asking.flow, again=asking.had_a_turn)
        asking.had_a_turn = True
        ticket: Ticket | None = None
        try:
            ticket = await self._gate.admit()
            while True:
                if leave is not None:
                    await leave()
                # Neither an outage nor a rebalance takes long as a rule; after one that did, turns are taken anew.
                if (departed := pacer.departs(reservation)) is not None:
                    reservation = departed
                    break
                reservation = await pacer.turn(asking.request, asking.flow, again=True)
            # Last of all: money that is held while a request waits is money that nobody else can spend.
            asking.may_be_interrupted()
            hold = self._purse.hold(asking.request, asking.flow.tenant)
            try:
                return await self._send(asking, ticket, pacer, reservation, hold)
            finally:
                # Cancelled, or a bug: nobody knows what it will cost.
                hold.settle(None)
        finally:
            # Cancelled, or a bug: without this a probe would hold its slot, and everybody would wait for ever.
            if ticket is not None:
                self._gate.withdrawn(ticket)
            pacer.withdrawn(reservation)

    async def _send(
        self, asking: Asking, ticket: Ticket, pacer: Pacer, reservation: Reservation, hold: Hold
    ) -> tuple[Completion, float]:
        asking.begin_attempt(ticket.pauses)
        # The last attempt gets what is left of the time, so that the whole ends within it.
        deadline_s = min(self._policy.attempt_timeout_s, self._policy.max_elapsed_s - asking.elapsed_s)
        began_s = self._clock()
        self._in_flight += 1
        try:
            completion = await self._provider.complete(asking.request, deadline_s=deadline_s)
        except CompletionFailure as failure:
            hold.failed(failure)
            self._after_failure(asking, failure, ticket, began_s, refusals=pacer.limits.refusals_with(reservation))
            if isinstance(asking.decision, WaitRateLimit):
                pacer.refused(reservation, failure, asking.decision.wait_s)
            else:
                pacer.failed(reservation, failure)
            raise
        else:
            now_s = self._clock()
            hold.settle(completion.usage)
            asking.answered(completion.usage, now_s - began_s)
            self._recent.record(asker=asking.number, succeeded=True, at_s=now_s)
            self._gate.answered(ticket)
            pacer.answered(reservation, asking.request, completion)
            return completion, now_s - began_s
        finally:
            self._in_flight -= 1
            asking.end_attempt()
            # Cancelled, or a bug: it was sent, and counts.
            pacer.failed(reservation)

    def _after_failure(
        self, asking: Asking, failure: CompletionFailure, ticket: Ticket, began_s: float, *, refusals: int
    ) -> None:
        """Decide what follows, and tell the metrics and the breaker."""
        now_s = self._clock()
        row = ROWS[failure.kind]
        transient = isinstance(row, Transient)
        asking.failed(transient=transient, began_s=began_s, took_s=now_s - began_s)
        if transient:
            asking.history.began_to_fail(self._recent.tally)
            if not asking.history.outvoted(self._recent.tally):
                self._recent.record(asker=asking.number, succeeded=False, at_s=now_s, began_s=began_s)
        else:
            self._recent.record_heard(now_s)
            if isinstance(row, Unexplained):
                self._recent.record_refused(asking.number)
        self._report(asking, failure.kind, Usage(), now_s - began_s, failure.provider_request_id)
        probed = self._breaker.probed(ticket)
        decision = self._decide(asking, failure, now_s, probed, refusals)
        if not asking.follow(decision, now_s):
            decision = self._decide(asking, failure, now_s, probed, refusals)
            asking.follow(decision, now_s)
        if isinstance(decision, Pause):
            if decision.in_vain:
                if not asking.history.in_vain:
                    self._recent.record_in_vain()
                asking.history.in_vain += 1
            self._gate.tripped(ticket, decision.cause, decision.retry_after_s)
        elif transient:
            self._gate.failed(ticket, failure.retry_after_s)
        elif probed is PauseCause.REFUSED and isinstance(row, Unexplained):
            self._gate.undecided(ticket)
        else:
            self._gate.answered(ticket)

    def _decide(
        self, asking: Asking, failure: CompletionFailure, now_s: float, probed: PauseCause | None, refusals: int
    ) -> Decision:
        recent = self._recent.others(asking.number, since_s=asking.failing_since_s, at_s=now_s)
        return self._policy.decide(
            failure,
            asking.failed_attempts,
            asking.elapsed_s,
            replace(recent, outvoted=asking.history.outvoted(self._recent.tally)),
            self._rng.random(),
            refusals=refusals,
            was_cut=asking.history.was_cut,
            probed=probed,
            asked_s=asking.asked_s,
        )

    def _report(
        self, asking: Asking, outcome: str, usage: Usage, latency_s: float, provider_request_id: str | None
    ) -> None:
        self._on_call(CallReport(asking.request.model, outcome, usage, latency_s, provider_request_id))
