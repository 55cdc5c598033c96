"""Where requests wait until the limits of their model let them go. For one event loop.

A turn is handed out, never held: what was let go does not stand in the way of the next, however long its call hangs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from processors.llm.limits.account import AccountLimits, LimitsState
from processors.llm.limits.token_estimate import TokenEstimates
from processors.llm.limits.turns import FairQueue, Flow
from schemas.errors import ProcessLeaving

if TYPE_CHECKING:
    from collections.abc import Callable

    from processors.llm.limits.account import KnownLimits
    from processors.llm.limits.remote_bucket import Reservation
    from processors.llm.provider import Completion, CompletionFailure, CompletionRequest

# A turn that was not used within this time (an outage, a rebalance) is taken again: two hundred calls that had their
# turns before an outage would otherwise all go in the instant in which it ends.
_TURN_LASTS_S: Final = 1.0
_AT_ONCE_S: Final = 0.01


@dataclass(eq=False, slots=True)
class _Waiter:
    tokens: float
    turn: asyncio.Future[Reservation]


class Pacer:
    """The queue before the limits of one model."""

    def __init__(
        self, known: KnownLimits | None, *, clock: Callable[[], float], on_wait: Callable[[float], None]
    ) -> None:
        """`on_wait` hears of each turn how many seconds it was waited for. `known`: see `AccountLimits`."""
        self.limits = AccountLimits(known)
        self._estimates = TokenEstimates()
        self._clock = clock
        self._on_wait = on_wait
        self._queue: FairQueue[_Waiter] = FairQueue()
        self._again: deque[_Waiter] = deque()
        self._waiting = 0
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return self._waiting

    @property
    def state(self) -> LimitsState:
        """How the limits stand."""
        return self.limits.state(self._clock())

    async def turn(self, request: CompletionRequest, flow: Flow, *, again: bool = False) -> Reservation:
        """Wait for leave to send `request`. Every reservation must come back, in a verdict or in `withdrawn`.

        `again`: this event has had a turn before. It goes before all that have not, or an event that was refused once
        would wait behind ten thousand others while its whole partition waits for it. Raises ProcessLeaving.
        """
        now_s = self._clock()
        tokens = self._estimates.tokens(request)
        if not self._waiting and self.limits.wait_s(tokens, now_s) <= 0:
            self._on_wait(0.0)
            return self.limits.reserve(tokens, now_s)
        waiter = _Waiter(tokens, asyncio.get_running_loop().create_future())
        if again:
            self._again.append(waiter)
        else:
            self._queue.push(flow, waiter.tokens, waiter)
        self._waiting += 1
        self._let_go()
        if self._closed and not waiter.turn.done():
            waiter.turn.set_exception(ProcessLeaving())
        try:
            reservation = await waiter.turn
        except asyncio.CancelledError:
            if waiter.turn.cancelled():
                self._let_go()
            elif waiter.turn.exception() is None:
                # Cancelled between being handed the turn and running with it.
                self.withdrawn(waiter.turn.result())
            raise
        finally:
            self._waiting -= 1
        self._on_wait(self._clock() - now_s)
        return reservation

    def departs(self, reservation: Reservation) -> Reservation | None:
        """Say that the request is sent now; None if its turn has passed: withdrawn, take another one.

        The reservation counts from now on, as its place in the order of sending tells which answer is the newest.
        """
        now_s = self._clock()
        age_s = now_s - reservation.sent_s
        if age_s <= _AT_ONCE_S and reservation.paced == self.limits.paces:
            return reservation
        # The first answer tells the limits, and those who waited for it have their turns from before.
        fresh = reservation.paced and age_s <= _TURN_LASTS_S if self.limits.paces else True
        fresh = fresh and not self.limits.paused_s(now_s)
        tokens = reservation.tokens
        self.limits.withdrawn(reservation)
        return self.limits.reserve(tokens, now_s) if fresh else None

    def answered(self, reservation: Reservation, request: CompletionRequest, completion: Completion) -> None:
        """Take note of a completion, whatever it is worth."""
        usage = completion.usage
        self._estimates.learn(request, usage)
        tokens = usage.input_tokens + usage.output_tokens
        self.limits.answered(reservation, tokens, completion.rate_limits, self._clock())
        self._let_go()

    def failed(self, reservation: Reservation, failure: CompletionFailure | None = None) -> None:
        """Take note of a failure that is no refusal by a limit. After a verdict this does nothing."""
        if reservation.open:
            self.limits.failed(reservation, failure.rate_limits if failure is not None else None, self._clock())
            self._let_go()

    def refused(self, reservation: Reservation, failure: CompletionFailure, wait_s: float) -> None:
        """Take note of a refusal by a limit: nobody's turn comes within `wait_s` seconds."""
        self.limits.refused(reservation, wait_s, failure.rate_limits, self._clock())
        self._let_go()

    def withdrawn(self, reservation: Reservation) -> None:
        """Take note that a request was not sent. After a verdict this does nothing, so a `finally` may call it."""
        if reservation.open:
            self.limits.withdrawn(reservation)
            self._let_go()

    def close(self) -> None:
        """Turn away everybody who waits, and from now on everybody who would have to."""
        self._closed = True
        while (waiter := self._next()) is not None:
            self._take(waiter)
            waiter.turn.set_exception(ProcessLeaving())
        self._set_timer(None)

    # ---- within

    def _let_go(self) -> None:
        now_s = self._clock()
        wait_s: float | None = None
        while (waiter := self._next()) is not None:
            wait_s = self.limits.wait_s(waiter.tokens, now_s)
            if wait_s > 0:
                break
            self._take(waiter)
            waiter.turn.set_result(self.limits.reserve(waiter.tokens, now_s))
        self._set_timer(None if waiter is None else wait_s)

    def _next(self) -> _Waiter | None:
        while (waiter := self._again[0] if self._again else self._queue.peek()) is not None and waiter.turn.done():
            # Cancelled.
            self._take(waiter)
        return waiter

    def _take(self, waiter: _Waiter) -> None:
        if self._again and self._again[0] is waiter:
            self._again.popleft()
        else:
            self._queue.pop()

    def _set_timer(self, wait_s: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if wait_s is not None:
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._let_go)
