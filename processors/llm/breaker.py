"""Nobody calls a provider that is known to be down: a breaker as a pure state machine. `Gate` obeys it.

                  a call shows that nobody's can succeed
      CLOSED ─────────────────────────────────────────────> OPEN <──────────┐
        ^                                                     │             │ the probe fails: twice the pause
        │ the provider answers                the pause is over, somebody   │
        └───────────────────── HALF_OPEN <────────────────────┘─────────────┘
                     one probe at a time, and one more each time that patience ends

A breaker begins HALF_OPEN: with 50 events waiting and a quota that is exhausted, one request finds out and not 50.
Until it has an answer (or `trial_patience_s` is over: models take their time) the others wait; that is no pause, and
nobody is told of one. A probe of a provider that swallows requests has no answer before its deadline, a minute: after
`probe_patience_s` the next one goes, so that the end of such an outage does not wait for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from processors.llm.retry_policy import PauseCause


class BreakerState(StrEnum):
    """Who may call: everybody, nobody, or one probe."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """How long a pause lasts before a probe: the first of a row, doubled with each failed probe, capped.

    Longer where a person must act: nothing changes within a second, and each probe is a refused call.
    """

    outage_pause_s: float = 2.0
    outage_cap_s: float = 30.0
    alarm_pause_s: float = 15.0
    alarm_cap_s: float = 60.0
    # Above the pause, so that many workers do not send their probes at the same instant.
    jitter: float = 0.2
    trial_patience_s: float = 2.0
    probe_patience_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave to make one call. `pauses` counts the pauses that had begun when it was handed out."""

    serial: int
    pauses: int


class Breaker:
    """The state machine. Knows no clock, no loop and no randomness: each is passed in. Times in seconds."""

    def __init__(self, policy: BreakerPolicy | None = None) -> None:
        """Begin half-open: nothing is known yet."""
        self._policy = policy or BreakerPolicy()
        self._serial = 0
        self._pauses = 0
        self._first_pause = 0
        self._failed_probes = 0
        self._slot: int | None = None
        self._patience_ends_s = 0.0
        self.state = BreakerState.HALF_OPEN
        self.cause: PauseCause | None = None
        self.probe_at_s = 0.0

    def admits(self, now_s: float) -> bool:
        """Whether `acquire` would hand out a ticket now."""
        match self.state:
            case BreakerState.CLOSED:
                return True
            case BreakerState.OPEN:
                return now_s >= self.probe_at_s
            case BreakerState.HALF_OPEN:
                return self._slot is None or now_s >= self._patience_ends_s

    def acquire(self, now_s: float) -> Ticket | None:
        """Hand out leave to make one call, or None: ask again at `opens_at_s`, or after a verdict."""
        if not self.admits(now_s):
            return None
        self._serial += 1
        if self.state is not BreakerState.CLOSED:
            self.state = BreakerState.HALF_OPEN
            patience_s = self._policy.trial_patience_s if self.cause is None else self._policy.probe_patience_s
            self._slot, self._patience_ends_s = self._serial, now_s + patience_s
        return Ticket(self._serial, self._pauses)

    def opens_at_s(self) -> float | None:
        """When `admits` turns true by itself; None if only a verdict can change it, or if it is true."""
        if self.state is BreakerState.OPEN:
            return self.probe_at_s
        if self.state is BreakerState.HALF_OPEN and self._slot is not None:
            return self._patience_ends_s
        return None

    @property
    def pauses(self) -> int:
        """How many pauses have begun; one that goes on after a failed probe is another."""
        return self._pauses

    def answered(self, ticket: Ticket) -> None:
        """Take note that the provider works: it answered, if only with a refusal of this one request.

        An earlier probe's answer says so too, though a later one has failed meanwhile: it was sent during the pause.
        """
        if self._is_news(ticket) or (self.cause is not None and ticket.pauses >= self._first_pause):
            self.state, self.cause, self._slot, self._failed_probes = BreakerState.CLOSED, None, None, 0

    def failed(self, ticket: Ticket, now_s: float, jitter: float, retry_after_s: float | None = None) -> None:
        """Take note that a call failed in a way that another try may mend; for a probe, the pause goes on."""
        if self.cause is not None and self._is_news(ticket):
            self._open(self.cause, now_s, jitter, retry_after_s)
        else:
            self.withdrawn(ticket)

    def tripped(
        self, ticket: Ticket, cause: PauseCause, now_s: float, jitter: float, retry_after_s: float | None = None
    ) -> None:
        """Take note that nobody's call can succeed: open for the pause of `cause`, `retry_after_s` at least."""
        if self._is_news(ticket):
            self._open(cause, now_s, jitter, retry_after_s)

    def undecided(self, ticket: Ticket) -> None:
        """Take note that a probe told nothing of the others' calls: as at the beginning, one tries for all.

        The pause is over, or nobody new would ever come to try. Should the next one fail too, it goes on doubled.
        """
        if self._is_news(ticket):
            self.state, self.cause, self._slot = BreakerState.HALF_OPEN, None, None

    def probed(self, ticket: Ticket) -> PauseCause | None:
        """Name the pause whose probe this call is; None if it is none."""
        return self.cause if self._is_news(ticket) else None

    def withdrawn(self, ticket: Ticket) -> None:
        """Free the slot of a probe that ended without a verdict (cancelled, or a fault of our own). Else nothing."""
        if self._slot == ticket.serial:
            self._slot = None

    def _is_news(self, ticket: Ticket) -> bool:
        """Whether the call began after the last pause did, so that its end says something about now.

        When a quota runs out, the calls in flight still come in one by one: 50 failures must not double the pause 50
        times, nor a single late success end it. During a pause, only a probe's verdict is news.
        """
        return ticket.pauses == self._pauses

    def _open(self, cause: PauseCause, now_s: float, jitter: float, retry_after_s: float | None) -> None:
        policy = self._policy
        base_s, cap_s = (
            (policy.alarm_pause_s, policy.alarm_cap_s) if cause.alarm else (policy.outage_pause_s, policy.outage_cap_s)
        )
        # The exponent is bounded: a provider may be down for weeks, and 2.0 ** 1024 overflows.
        pause_s = min(cap_s, base_s * 2.0 ** min(self._failed_probes, 32))
        self._failed_probes += 1
        self._pauses += 1
        if self.cause is None:
            self._first_pause = self._pauses
        self.state, self.cause, self._slot = BreakerState.OPEN, cause, None
        self.probe_at_s = now_s + max(pause_s, retry_after_s or 0.0) * (1 + policy.jitter * jitter)
