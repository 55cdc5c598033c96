"""Nobody calls a provider that is known to be down: a breaker as a pure state machine, and the gate that obeys it.

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

import asyncio
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

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

    def answered(self, ticket: Ticket) -> None:
        """Take note that the provider works: it answered, if only with a refusal of this one request."""
        if self._is_news(ticket):
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
        self.state, self.cause, self._slot = BreakerState.OPEN, cause, None
        self.probe_at_s = now_s + max(pause_s, retry_after_s or 0.0) * (1 + policy.jitter * jitter)


class Gate:
    """Where callers wait, first come first served, until the breaker lets them through. For one event loop.

    First come first served is what keeps one event that always fails from being every probe: it goes to the end.
    """

    def __init__(
        self,
        breaker: Breaker,
        *,
        clock: Callable[[], float],
        jitter: Callable[[], float],
        on_pause: Callable[[PauseCause | None], None],
        on_failed_probe: Callable[[PauseCause], None] = lambda _: None,
    ) -> None:
        """`on_pause` hears of the start of a pause (its cause, again if that changes) and of its end (None).

        `on_failed_probe` hears of each probe that made the pause go on.
        """
        self._breaker = breaker
        self._clock = clock
        self._jitter = jitter
        self._on_pause = on_pause
        self._on_failed_probe = on_failed_probe
        self._told: PauseCause | None = None
        self._callers: deque[asyncio.Future[Ticket]] = deque()
        self._onlookers: list[asyncio.Future[None]] = []
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """Callers that stand before the gate."""
        return len(self._callers)

    async def admit(self) -> Ticket:
        """Wait for leave to make one call. Every ticket must come back in a verdict or in `withdrawn`."""
        if not self._callers and (ticket := self._breaker.acquire(self._clock())) is not None:
            return ticket
        place: asyncio.Future[Ticket] = asyncio.get_running_loop().create_future()
        self._callers.append(place)
        self._let_through()
        try:
            return await place
        except asyncio.CancelledError:
            if place.cancelled():
                self._callers.remove(place)
            else:
                # Cancelled between being handed the ticket and running with it.
                self._breaker.withdrawn(place.result())
            self._let_through()
            raise

    async def ready(self) -> None:
        """Wait until a newcomer would be let through; takes no ticket."""
        while self._callers or not self._breaker.admits(self._clock()):
            look: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._onlookers.append(look)
            self._let_through()
            try:
                await look
            finally:
                if look in self._onlookers:
                    self._onlookers.remove(look)

    def answered(self, ticket: Ticket) -> None:
        """See `Breaker.answered`."""
        self._breaker.answered(ticket)
        self._after_verdict()

    def failed(self, ticket: Ticket, retry_after_s: float | None = None) -> None:
        """See `Breaker.failed`."""
        probed = self._breaker.probed(ticket)
        self._breaker.failed(ticket, self._clock(), self._jitter(), retry_after_s)
        if probed is not None:
            self._on_failed_probe(probed)
        self._after_verdict()

    def tripped(self, ticket: Ticket, cause: PauseCause, retry_after_s: float | None = None) -> None:
        """See `Breaker.tripped`."""
        self._breaker.tripped(ticket, cause, self._clock(), self._jitter(), retry_after_s)
        self._after_verdict()

    def undecided(self, ticket: Ticket) -> None:
        """See `Breaker.undecided`."""
        self._breaker.undecided(ticket)
        self._after_verdict()

    def withdrawn(self, ticket: Ticket) -> None:
        """See `Breaker.withdrawn`. After a verdict this does nothing, so a `finally` may always call it."""
        self._breaker.withdrawn(ticket)
        self._let_through()

    def _after_verdict(self) -> None:
        if self._breaker.cause is not self._told:
            self._told = self._breaker.cause
            self._on_pause(self._told)
        self._let_through()

    def _let_through(self) -> None:
        now_s = self._clock()
        while self._callers and self._breaker.admits(now_s):
            place = self._callers[0]
            if place.done():
                # Cancelled and about to take itself out, after which it calls this again.
                break
            self._callers.popleft()
            if (ticket := self._breaker.acquire(now_s)) is not None:
                place.set_result(ticket)
        if not self._callers and self._breaker.admits(now_s):
            onlookers, self._onlookers = self._onlookers, []
            for look in onlookers:
                if not look.done():
                    look.set_result(None)
        self._set_timer(now_s)

    def _set_timer(self, now_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        opens_at_s = self._breaker.opens_at_s()
        if opens_at_s is not None and (self._callers or self._onlookers):
            delay_s = max(0.0, opens_at_s - now_s)
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._let_through)
