"""The bounded window: how much may be taken and not yet acknowledged, in events and in bytes."""

from __future__ import annotations

import asyncio


class Window:
    """Bounds the events between taking and acknowledging.

    One slow call holds the gate of its partition while the rest runs on behind it, so the window must be far wider
    than the calls in flight (log-normal calls, 256 of them: 2,000 gives 656 insights/s, 10,000 gives 1,167/s), and
    bytes bound it as well, because 10,000 events of a megabyte do not fit into memory.
    """

    def __init__(self, max_events: int, max_bytes: int) -> None:
        """Take the bounds. One event always fits, however large it is."""
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._events = 0
        self._bytes = 0
        self._room = asyncio.Event()
        self._room.set()

    @property
    def events(self) -> int:
        """Events inside."""
        return self._events

    async def wait_for_room(self) -> None:
        """Wait until another event may be taken."""
        await self._room.wait()

    def enter(self, size_bytes: int) -> None:
        """Count an event in."""
        self._events += 1
        self._bytes += size_bytes
        self._update()

    def leave(self, size_bytes: int) -> None:
        """Count an event out."""
        self._events -= 1
        self._bytes -= size_bytes
        self._update()

    def _update(self) -> None:
        if self._events < self._max_events and (self._bytes < self._max_bytes or self._events == 0):
            self._room.set()
        else:
            self._room.clear()
