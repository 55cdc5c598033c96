"""The real worker as a subprocess of the demo, with settings of its own and its log in a file."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import sys
from typing import TYPE_CHECKING, Self

from streams.demo.tethered_worker import STOP_BOUND_S

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HOST = "127.0.0.1"
# Below Linux's range for outgoing connections (from 32768): a port of that range may be handed to any client between
# our choosing it and the worker's binding it.
_PORTS = range(20_000, 32_000)
_PORT_TRIES = 100
_TAIL_LINES = 30
# Whatever whoever runs the demo has set for a worker of their own must not reach this one.
_FOREIGN_PREFIXES = ("CRM_INSIGHTS_", "OPENAI_", "FAUST_", "OTEL_")


def free_port() -> int:
    """A loopback port that nothing listens on. Raises `OSError` if none of a hundred is free."""
    for port in random.sample(_PORTS, _PORT_TRIES):
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise OSError(f"none of {_PORT_TRIES} loopback ports is free")


class WorkerProcess:
    """`async with WorkerProcess(settings, directory) as worker:` runs `crm-insights worker` until the block ends.

    `settings` are CRM_INSIGHTS_ variables without that prefix; they are all that the worker gets. Leaving the block
    sends SIGTERM and waits; a worker that does not end within 20 s is killed.
    """

    def __init__(self, settings: Mapping[str, str], directory: Path) -> None:
        """Describe the worker; `directory` becomes its working directory and holds its log."""
        self._settings = settings
        self._directory = directory
        self.log = directory / "worker.log"
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        """Start the worker; returns before it is ready."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN_PREFIXES)}
        own = {f"CRM_INSIGHTS_{name}": value for name, value in self._settings.items()}
        with self.log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "streams.demo.tethered_worker",
                "worker",
                cwd=self._directory,
                env={**kept, **own},
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                # Ctrl-C goes to every process of a terminal's group; the worker is stopped by us, once, in order.
                start_new_session=True,
            )
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Stop the worker."""
        await self.stop()

    @property
    def pid(self) -> int | None:
        """Its process id; None before it is started."""
        return None if self._process is None else self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return None if self._process is None else self._process.returncode

    async def wait(self) -> None:
        """Return when the worker has ended, for whatever reason."""
        if self._process is not None:
            await self._process.wait()

    async def stop(self) -> int | None:
        """Ask the worker to end, and see to it that it does; returns its exit code."""
        process = self._process
        if process is None:
            return None
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                async with asyncio.timeout(STOP_BOUND_S):
                    await process.wait()
            except BaseException as interrupted:
                # Too slow, or a second Ctrl-C while we waited: nothing may be left behind.
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                if not isinstance(interrupted, TimeoutError):
                    raise
                await process.wait()
        return process.returncode

    def tail(self) -> str:
        """The last lines of the worker's log, for a message about what went wrong."""
        with contextlib.suppress(OSError):
            lines = self.log.read_text("utf-8", "replace").splitlines()
            return "\n".join(lines[-_TAIL_LINES:])
        return ""
