"""Where a large event is prepared: aside from the event loop, which must go on meanwhile.

A record at the broker's limit of 1 MB takes seconds to decode, scrub and count. In the loop that would hold every other
event's ending, and `/healthz`, for as long (5.5 s measured). A thread shares the interpreter with the loop, which gets
its turn every few milliseconds then.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.delivery.poison import PoisonWatch

T = TypeVar("T")

# Takes some 50 ms, as long as the loop may be held; nearly every event is smaller, and a thread costs a tenth of a
# millisecond.
FROM_BYTES = 65_536


class Aside:
    """One thread, one event at a time: several would only share the interpreter, and the poison slot holds one name."""

    def __init__(self, poison: PoisonWatch) -> None:
        """Take who watches for events that kill the process; the thread begins with the first large event."""
        self._poison = poison
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="large-event")

    async def run(self, stage: str, name: str, work: Callable[[], T]) -> T:
        """Do `work` for the event `name`. Raises DataFault(POISON), and whatever `work` does."""

        def watched() -> T:
            with self._poison.holding(stage, name, self._poison.aside):
                return work()

        return await asyncio.get_running_loop().run_in_executor(self._thread, watched)

    def close(self) -> None:
        """Begin nothing more. The process ends before what is at work does, and that is no fault of the event's."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._poison.aside.clear()
