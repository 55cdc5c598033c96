"""Where the stages of a record run that hold whoever runs them: decoding, adapting, writing, scrubbing, counting.

Small records take a millisecond and run in the event loop. A record at the broker's limit of 1 MB takes seconds in
these stages; in the loop that would hold every other event's ending, and `/healthz`, for as long (5.5 s measured for
scrubbing, 2.1 s for adapting a row of 60,000 columns). A thread shares the interpreter with the loop, which gets its
turn every few milliseconds then. (Not within one call of native code, such as the decoding of an array of 250,000 empty
messages: 0.3 s.)
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from schemas.avro.reader import WriterSchemas
    from streams.delivery.poison import PoisonWatch

T = TypeVar("T")

# Takes some 50 ms, as long as the loop may be held; nearly every event is smaller, and a thread costs half a
# millisecond.
FROM_BYTES = 65_536


class Stages:
    """Runs the stages of one process: small records in the loop, large ones in a thread, one at a time.

    One thread, for several would only share the interpreter, and its poison slot holds one name. The loop and the
    thread may both have an event in hand when the process dies, and nobody knows which of the two has killed it. Each
    gets a strike, and whoever has one runs alone the next time: in the loop, with nothing in the thread. So the strike
    that makes an event a dead letter tells of that event only.
    """

    def __init__(self, poison: PoisonWatch) -> None:
        """Take who watches for events that kill the process; the thread begins with the first large event."""
        self._poison = poison
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="large-event")
        self._turn = asyncio.Lock()

    async def run(self, stage: str, name: str, size_bytes: int, work: Callable[[], T]) -> T:
        """Do `work` for the event `name`, whose record has `size_bytes`. Raises DataFault(POISON), and what it does."""
        if self._is_ordinary(stage, name, size_bytes):
            with self._poison.holding(stage, name):
                return work()

        async def working() -> T:
            return work()

        return await self._by_itself(stage, name, working)

    async def finish(self, stage: str, name: str, size_bytes: int, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """As `run`, for work that may have to wait for a schema; meanwhile the event is not in hand."""
        if self._is_ordinary(stage, name, size_bytes):
            return await self._poison.watched(stage, name, work())
        return await self._by_itself(stage, name, work)

    def _is_ordinary(self, stage: str, name: str, size_bytes: int) -> bool:
        return size_bytes < FROM_BYTES and not self._poison.suspects(stage, name)

    async def _by_itself(self, stage: str, name: str, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        loop = asyncio.get_running_loop()

        def in_the_thread() -> T:
            return asyncio.run(self._poison.watched(stage, name, work(), self._poison.aside))

        async with self._turn:
            if not self._poison.suspects(stage, name):
                return await loop.run_in_executor(self._thread, in_the_thread)
            # An event that was given up may still be at work there.
            await loop.run_in_executor(self._thread, lambda: None)
            return await self._poison.watched(stage, name, work())

    def close(self) -> None:
        """Begin nothing more. The process ends before what is at work does, and that is no fault of the event's."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._poison.aside.clear()


class SchemasOnLoop:
    """Writer schemas for readers in any thread, from a source that belongs to the event loop in which this is made."""

    def __init__(self, schemas: WriterSchemas) -> None:
        """Ask `schemas`, always in its own loop: a registry's connections and locks work in no other."""
        self._schemas = schemas
        self._loop = asyncio.get_running_loop()

    async def schema(self, schema_id: int) -> dict[str, Any]:
        """Return the schema of that id. Raises what the source raises."""
        if asyncio.get_running_loop() is self._loop:
            return await self._schemas.schema(schema_id)
        asking = asyncio.run_coroutine_threadsafe(self._schemas.schema(schema_id), self._loop)
        return await asyncio.wrap_future(asking)
