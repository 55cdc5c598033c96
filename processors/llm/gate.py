"""Where calls wait for the breaker, and where one more event is called for when only its call can tell how things are.

Also when nobody waits: a pause whose events went to another worker would otherwise never be ended by anybody.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from processors.llm.breaker import Breaker, Ticket
    from processors.llm.retry_policy import PauseCause

_CALL_AGAIN_S: Final = 1.0


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
        on_probe_due: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_pause` hears of the start of a pause (its cause, again if that changes) and of its end (None).

        `on_probe_due` hears that one more event is wanted here: once for each probe of an outage, and as long as a
        probe is due and nobody is here.
        """
        self._breaker = breaker
        self._clock = clock
        self._jitter = jitter
        self._on_pause = on_pause
        self._on_probe_due = on_probe_due
        self._called_for = 0
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
        self._breaker.failed(ticket, self._clock(), self._jitter(), retry_after_s)
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

    def _call_for_one_more(self, now_s: float) -> None:
        """Ask for an event once a pause has lasted long enough: during one no event is taken, but for this.

        Those at hand may all be events that are never answered, and then each probe would fail, whoever sends it: one
        more for each probe of an outage. And nobody is at hand when the events that met the fault went to another
        worker: then nobody would ever ask again.
        """
        breaker = self._breaker
        if breaker.cause is None or now_s < breaker.probe_at_s:
            return
        for_the_probe = breaker.pauses != self._called_for and not breaker.cause.alarm
        if for_the_probe or (self._is_deserted and breaker.admits(now_s)):
            self._called_for = breaker.pauses
            self._on_probe_due()

    @property
    def _is_deserted(self) -> bool:
        return not (self._callers or self._onlookers)

    def _let_through(self) -> None:
        now_s = self._clock()
        self._call_for_one_more(now_s)
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
        if self._is_deserted and self._breaker.cause is not None:
            # The event that was called for may need no call, or go elsewhere like those before it.
            opens_at_s = max(opens_at_s or 0.0, now_s + _CALL_AGAIN_S)
        elif self._is_deserted:
            return
        if opens_at_s is not None:
            delay_s = max(0.0, opens_at_s - now_s)
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._let_through)
