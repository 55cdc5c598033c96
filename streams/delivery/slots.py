"""The bound on calls in flight, which can be closed so that nobody starts another one."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class SlotsClosed(Exception):  # noqa: N818 - not an error: the process is leaving and this call was not made
    """No further call is started."""


class Slots:
    """At most `limit` holders at a time, first come first served."""

    def __init__(self, limit: int) -> None:
        """Take the bound."""
        self._free = limit
        self._in_use = 0
        self._closed = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def in_use(self) -> int:
        """How many slots are held."""
        return self._in_use

    @property
    def waiting(self) -> int:
        """How many wait for a slot."""
        return sum(not waiter.done() for waiter in self._waiting)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold a slot. Raises SlotsClosed where the slots are closed before one is got."""
        await self._acquire()
        self._in_use += 1
        try:
            yield
        finally:
            self._in_use -= 1
            self._release()

    def close(self) -> None:
        """Turn away everybody who has no slot yet; those who have one go on."""
        self._closed = True
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_exception(SlotsClosed())

    async def _acquire(self) -> None:
        if self._closed:
            raise SlotsClosed
        if self._free > 0:
            self._free -= 1
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                # The slot was handed over in the same turn of the loop in which we were cancelled.
                self._release()
            raise

    def _release(self) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._free += 1
