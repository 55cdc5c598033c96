"""Commits what has ended before partitions are given away, without waiting for ever for a broker that is not there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    import faust

log = structlog.get_logger()

# A commit takes milliseconds; aiokafka tries one that fails again for ever.
COMMIT_BOUND_S = 2.0

# How long a stop waits for a broker that answers nothing, in seconds: most restarts of a broker take less, and what is
# paid is published. Without this bound a stop during an outage took 138 s, longer than orchestrators wait.
SILENT_BROKER_BOUND_S = 30.0


async def commit_within_bound(app: faust.App) -> None:
    """Commit; a failure is only logged: what is not committed is delivered again, and costs little."""
    try:
        async with asyncio.timeout(COMMIT_BOUND_S):
            await app.consumer.commit()
    except Exception as error:  # noqa: BLE001 - a broker that is away, in whichever form aiokafka says it
        log.warning("not_committed", cause=type(error).__name__)
