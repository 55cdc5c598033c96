"""The bound on events that are being asked about, fair and closable: nobody starts another call then."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from processors.llm.limits import ANYBODY, FairQueue
from schemas.errors import ProcessLeaving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from processors.llm.limits import Flow


class Slots:
    """At most `limit` holders at a time; the next is whose turn it is among tenants and lanes.

    An event keeps its slot through its retries: in an outage some hundred events find out that the provider is down,
    and not all that the window holds.
    """

    def __init__(self, limit: int) -> None:
        """Take the bound."""
        self._free = limit
        self._in_use = 0
        self._closed = False
        self._waiting: FairQueue[asyncio.Future[None]] = FairQueue()

    @property
    def in_use(self) -> int:
        """How many slots are held."""
        return self._in_use

    @property
    def waiting(self) -> int:
        """How many wait for a slot."""
        return sum(not waiter.done() for waiter in self._waiting)

    @asynccontextmanager
    async def slot(self, flow: Flow = ANYBODY, tokens: float = 0.0) -> AsyncIterator[None]:
        """Hold a slot, for a call of `tokens`. Raises ProcessLeaving where they are closed before it is got."""
        await self._acquire(flow, tokens)
        self._in_use += 1
        try:
            yield
        finally:
            self._in_use -= 1
            self._release()

    def close(self) -> None:
        """Turn away everybody who has no slot yet; those who have one go on."""
        self._closed = True
        while (waiter := self._waiting.pop()) is not None:
            if not waiter.done():
                waiter.set_exception(ProcessLeaving())

    async def _acquire(self, flow: Flow, tokens: float) -> None:
        if self._closed:
            raise ProcessLeaving
        if self._free > 0:
            self._free -= 1
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.push(flow, tokens, waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                # The slot was handed over in the same turn of the loop in which we were cancelled.
                self._release()
            raise

    def _release(self) -> None:
        while (waiter := self._waiting.pop()) is not None:
            if not waiter.done():
                waiter.set_result(None)
                return
        self._free += 1
