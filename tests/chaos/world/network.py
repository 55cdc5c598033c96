"""Wires between processes that can be cut without either end being told, as a switch or a cable fails.

Nothing is refused or reset while a wire is cut: connections stand open and new ones are accepted, and no byte passes.
That is what makes a partition different from a crash, and what timeouts, leases and fencing are for.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from tests.support.supervision import HOST

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Future

_CHUNK_BYTES = 65_536


class Healing(StrEnum):
    """What becomes of the bytes that were under way when a cut ends."""

    LOST = "lost"
    """The connections are dead: routers have forgotten them."""

    LATE = "late"
    """TCP sends them again: a request arrives long after its sender should have given it up."""


@dataclass(frozen=True, slots=True)
class Wire:
    """A port that leads to `target`. `source` names who calls, from the caller's port; `end` who answers.

    `renamed` may give a connection another name by what passes over it, so that some of a caller's can be cut alone.
    """

    port: int
    target: int
    end: str
    source: Callable[[int], str]
    renamed: Callable[[bytes], str | None] = lambda _: None


@dataclass(eq=False, slots=True)
class _Connection:
    source: str
    end: str
    flowing: asyncio.Event = field(default_factory=asyncio.Event)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)


class Network:
    """All wires of a run, on a thread of their own; `with` opens and ends them."""

    def __init__(self) -> None:
        """Begin without wires."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="chaos-network", daemon=True)
        self._servers: list[asyncio.Server] = []
        self._connections: set[_Connection] = set()
        self._cuts: set[tuple[str, str]] = set()

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close every connection and end the thread."""
        self._on_loop(self._close()).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def lay(self, wire: Wire) -> Wire:
        """Open a wire."""
        self._on_loop(self._listen(wire)).result(10)
        return wire

    def cut(self, source: str, end: str) -> None:
        """Let no byte pass from `source` to `end` or back, on the connections that `source` opens."""
        self._on_loop(self._set(source, end, cut=True, healing=Healing.LATE)).result(10)

    def mend(self, source: str, end: str, healing: Healing) -> None:
        """End a cut."""
        self._on_loop(self._set(source, end, cut=False, healing=healing)).result(10)

    def mend_all(self) -> None:
        """End every cut; what was under way is lost."""
        for source, end in list(self._cuts):
            self.mend(source, end, Healing.LOST)

    # ---- on the loop ---------------------------------------------------------------------------------------------

    async def _listen(self, wire: Wire) -> None:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._serve(wire, reader, writer)

        self._servers.append(await asyncio.start_server(connected, HOST, wire.port, backlog=256))

    async def _serve(self, wire: Wire, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        # Reading /proc takes a few milliseconds; other wires must not wait for it.
        source = await asyncio.to_thread(wire.source, back.get_extra_info("peername")[1])
        connection = _Connection(source, wire.end, writers=[back])
        self._connections.add(connection)
        if (source, wire.end) not in self._cuts:
            connection.flowing.set()
        try:
            await connection.flowing.wait()
            far, forth = await asyncio.open_connection(HOST, wire.target)
            connection.writers.append(forth)
            async with asyncio.TaskGroup() as pumps:
                pumps.create_task(self._pump(near, forth, connection, wire.renamed))
                pumps.create_task(self._pump(far, back, connection, lambda _: None))
        except (OSError, ExceptionGroup):
            pass  # one end is gone; the other learns it below
        finally:
            self._connections.discard(connection)
            _abort(connection)

    async def _pump(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        connection: _Connection,
        renamed: Callable[[bytes], str | None],
    ) -> None:
        while data := await source.read(_CHUNK_BYTES):
            if (name := renamed(data)) is not None:
                connection.source = name
                if (name, connection.end) in self._cuts:
                    connection.flowing.clear()
            await connection.flowing.wait()
            if (reset := source.exception()) is not None:
                raise reset  # its sender's kernel has thrown away what was not delivered yet
            target.write(data)
            await target.drain()
        await connection.flowing.wait()
        raise ConnectionResetError  # ends the other pump too: Kafka's clients never half-close

    async def _set(self, source: str, end: str, *, cut: bool, healing: Healing) -> None:
        if cut:
            self._cuts.add((source, end))
        else:
            self._cuts.discard((source, end))
        for connection in list(self._connections):
            if (connection.source, connection.end) != (source, end):
                continue
            if cut:
                connection.flowing.clear()
            elif healing is Healing.LOST:
                _abort(connection)
            else:
                connection.flowing.set()

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for connection in list(self._connections):
            _abort(connection)
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _on_loop(self, work: Coroutine[Any, Any, None]) -> Future[None]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)


def _abort(connection: _Connection) -> None:
    for writer in connection.writers:
        with contextlib.suppress(RuntimeError):
            writer.transport.abort()
    connection.flowing.set()
