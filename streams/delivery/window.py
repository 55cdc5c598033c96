"""The bounded window: how much may be taken and not yet acknowledged, in events and in bytes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


class Window:
    """Bounds the events between taking and acknowledging.

    One slow call holds the gate of its partition while the rest runs on behind it, so the window must be far wider
    than the calls in flight (log-normal calls, 256 of them: 2,000 gives 656 insights/s, 10,000 gives 1,167/s), and
    bytes bound it as well, because 10,000 events of a megabyte do not fit into memory. What has ended behind a slow
    call still counts: it is kept until it may be acknowledged, and is delivered again if that never happens.
    """

    def __init__(self, max_events: int, max_bytes: int) -> None:
        """Take the bounds. One event always fits, however large it is."""
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._sizes: dict[Hashable, int] = {}
        self._bytes = 0
        self._room = asyncio.Event()
        self._room.set()

    @property
    def events(self) -> int:
        """Events inside."""
        return len(self._sizes)

    async def wait_for_room(self) -> None:
        """Wait until another event may be taken."""
        await self._room.wait()

    def enter(self, key: Hashable, size_bytes: int) -> None:
        """Let an event in; `key` names it until it leaves."""
        self._bytes += size_bytes - self._sizes.get(key, 0)
        self._sizes[key] = size_bytes
        self._update()

    def leave(self, key: Hashable) -> None:
        """Let an event out; nothing happens if it is not inside."""
        self._bytes -= self._sizes.pop(key, 0)
        self._update()

    def keep_only(self, wanted: Callable[[Hashable], bool]) -> None:
        """Let all events out that are not wanted any longer."""
        for key in [key for key in self._sizes if not wanted(key)]:
            self._bytes -= self._sizes.pop(key)
        self._update()

    def _update(self) -> None:
        if self.events < self._max_events and (self._bytes < self._max_bytes or not self._sizes):
            self._room.set()
        else:
            self._room.clear()
