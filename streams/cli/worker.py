"""`crm-insights worker`."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from typing import NoReturn

import click

from streams.cli.output import settings_for
from streams.settings import COMMAND_NEEDS

# Everything is committed and closed by then. What may still hold the event loop are threads of the libraries: of a
# consumer that was told to stop while it started, or that waits for a broker (seen: a worker that had stopped, and did
# not end for 25 seconds).
EXIT_BOUND_S = 3.0


def _bound_the_exit(code: int) -> None:
    timer = threading.Timer(EXIT_BOUND_S, os._exit, (code,))
    timer.daemon = True
    timer.start()


def _leave(code: int) -> NoReturn:
    """End without taking the interpreter apart.

    That frees object after object what the kernel frees at once, for 0.6 to 2.4 s (measured), and waits for threads.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


@click.command()
@click.option(
    "--only",
    type=click.Choice(["intake", "enrich"]),
    help="Run one half: intake makes change events of source records, enrich makes insights of change events.",
)
@click.option(
    "--shadow",
    is_flag=True,
    help="Read and ask, but publish and commit nothing: enrich only, in a consumer group of its own. Calls are paid.",
)
def worker(*, only: str | None, shadow: bool) -> NoReturn:
    """Read change events, ask the model, publish insights; until SIGTERM.

    Both halves run in one process unless --only says which. Exit 0 after a stop that was asked for, 1 after a fault:
    start it again, it goes on where it was.
    """
    if shadow and only == "intake":
        raise click.UsageError("--shadow runs enrich; it cannot be combined with --only intake")
    only = "enrich" if shadow else only
    settings = settings_for(COMMAND_NEEDS[f"worker --only {only}" if only else "worker"])

    from prometheus_client import CollectorRegistry  # noqa: PLC0415 - a wrong setting is told before Faust is imported

    from streams.observability import logs  # noqa: PLC0415
    from streams.observability.metrics import Metrics  # noqa: PLC0415
    from streams.worker.process import Worker  # noqa: PLC0415
    from streams.worker.services import Role  # noqa: PLC0415

    # A consumer's thread that is told to stop while its broker is down ends with an exception.
    threading.excepthook = logs.thread_failed
    roles = frozenset({Role(only)}) if only else frozenset(Role)
    metrics = Metrics(CollectorRegistry(), process=True)

    async def run() -> int:
        code = await Worker(settings, roles, metrics, shadow=shadow).run()
        _bound_the_exit(code)
        return code

    _leave(asyncio.run(run()))
