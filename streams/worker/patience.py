"""Patience with dependencies that are down when a worker starts."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from schemas.errors import Dependency, DependencyFault
from streams.errors import BrokerUnreachable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from streams.delivery.pauses import Pauses

T = TypeVar("T")

# A dependency that is down at the start is asked again after these seconds.
_RETRY_S = (0.5, 1.0, 2.0, 5.0)


class Patience:
    """Asks until there is an answer, and shows meanwhile what is waited for."""

    def __init__(self, pauses: Pauses, stopping: asyncio.Event) -> None:
        """Take where the cause is shown, and the event that is set once the worker is on its way out."""
        self._pauses = pauses
        self._stopping = stopping

    async def when_there(self, dependency: Dependency, ask: Callable[[], Awaitable[T]]) -> T | None:
        """Ask until the dependency answers; None where a stop was asked for meanwhile."""
        tries = 0
        while not self._stopping.is_set():
            try:
                answer = await ask()
            except BrokerUnreachable as error:
                fault = DependencyFault(Dependency.BROKER, str(error))
            except DependencyFault as error:
                fault = error
            else:
                self._pauses.end(dependency, self)
                return answer
            self._pauses.begin(fault, self)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _RETRY_S[min(tries, len(_RETRY_S) - 1)])
            tries += 1
        return None
