"""From an event to what is asked about it, and where that is done."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from schemas.outcomes import Skipped
from streams.topics.partitions import partition_for

if TYPE_CHECKING:
    from processors.enrichment import Prepared
    from schemas.events import CrmEvent
    from streams.delivery.delivered import Delivered
    from streams.enrich.context import EventContext


async def prepare(context: EventContext, delivery: Delivered, event: CrmEvent) -> Prepared | Skipped:
    """Make `event` ready to be asked about: aside from the event loop if it is large. Raises DataFault."""
    if _is_misplaced(context, delivery, event):
        context.telemetry.metrics.key_mismatch_total.inc()
    with context.telemetry.stage("prepare"):
        work = functools.partial(context.enrichment.prepare, event)
        prepared = await context.stages.run("prepare", event.event_id, delivery.size_bytes, work)
    if not isinstance(prepared, Skipped):
        context.telemetry.masked(prepared)
    return prepared


def _is_misplaced(context: EventContext, delivery: Delivered, event: CrmEvent) -> bool:
    """Whether its producer breaks the rule that keeps a record on one partition (see partitions.py)."""
    return delivery.key != event.key or partition_for(delivery.key, context.partitions) != delivery.partition.partition
