"""Starts the product's command with one protection switched off, to prove that the checker would see what it prevents.

`python -m tests.chaos.world.entry PROTECTION worker ...`. The product has no such switch: it is taken apart in this
process only, before its command runs.
"""

from __future__ import annotations

import asyncio
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from faust.tables.recovery import Recovery
from faust.transport.drivers import aiokafka as driver

from streams import faust_patches
from streams.cli import main
from streams.delivery import publisher
from streams.delivery.offset_gate import PartitionGate
from streams.delivery.ownership import Lease
from streams.enrich.agent import EnrichAgent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Longer than the 2.8 s between two commits of Faust.
MARK_AHEAD_S = 4.0
# A long poll, and a leader that has just moved.
REWIND_LATE_S = 3.0

_stock_seek = driver.AIOKafkaConsumerThread.seek_to_committed
_stock_completed = Recovery.on_recovery_completed
_stock_resume = Recovery._resume_streams
_patches = faust_patches.apply


def _no_gate() -> None:
    """Acknowledge each offset as soon as its own event has ended."""

    def finish(self: PartitionGate[Any], offset: int) -> list[Any]:
        entry = self._by_offset.pop(offset, None)
        if entry is None:
            return []
        self._taken.remove(entry)
        return [entry.item]

    PartitionGate.finish = finish  # type: ignore[method-assign]


def _no_lease() -> None:
    """Publish without asking whether the coordinator still counts this process in."""
    Lease.valid = property(lambda _: True)  # type: ignore[assignment,method-assign]
    Lease.evicted = property(lambda _: False)  # type: ignore[assignment,method-assign]


def _no_patch_s() -> None:
    """Seek as Faust does: not at all where nothing is committed."""

    def apply() -> None:
        _patches()
        driver.AIOKafkaConsumerThread.seek_to_committed = _stock_seek

    faust_patches.apply = apply


def _no_patch_r() -> None:
    """Resume the inputs before they are rewound, as Faust does, and commit nothing before partitions are given away.

    The patch is the second of two lines: what is committed at each revoke leaves little to rewind, and with that in
    place no run has shown damage without the patch. In Faust, too, the flow runs by then wherever the changelog had to
    be read on. The rewind takes as long as it does when the broker answers late, so that a run of a minute shows what a
    run of hours would.
    """

    def resumed_early(stock: Callable[..., Any]) -> Callable[..., Any]:
        async def resume(self: Recovery, generation_id: int = 0) -> None:
            consumer = self.app.consumer
            rewind = consumer.perform_seek

            async def rewind_late() -> None:
                self.app.on_inputs_resumed(generation_id)
                self.app.flow_control.resume()
                consumer.resume_flow()
                await asyncio.sleep(REWIND_LATE_S)
                await rewind()

            consumer.perform_seek = rewind_late
            try:
                await stock(self, generation_id)
            finally:
                consumer.perform_seek = rewind
            self.app.on_inputs_resumed(generation_id)

        return resume

    async def revoked_without_a_commit(self: EnrichAgent, *_: Any, **__: Any) -> None:
        self._in.ownership.close()
        await self._wait_for_sends()

    EnrichAgent.on_revoked = revoked_without_a_commit  # type: ignore[method-assign]

    def apply() -> None:
        _patches()
        Recovery.on_recovery_completed = resumed_early(_stock_completed)
        Recovery._resume_streams = resumed_early(_stock_resume)

    faust_patches.apply = apply


def _mark_before_publish() -> None:
    """Set the mark and finish the offset first, and publish after.

    Faust flushes its producer before each commit, so what is queued is safe by then; the pause puts the record behind
    that, as any design does that publishes in a later stage.
    """
    send = publisher.Publisher.send
    under_way: set[asyncio.Task[Any]] = set()

    async def later(self: publisher.Publisher, topic: str, **record: Any) -> None:
        await asyncio.sleep(MARK_AHEAD_S)
        await send(self, topic, **record)

    async def send_later(self: publisher.Publisher, topic: str, **record: Any) -> publisher.Sending:
        task = asyncio.create_task(later(self, topic, **record))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        return publisher.Sending(_nowhere(), topic)

    publisher.Publisher.send = send_later  # type: ignore[method-assign]


async def _nowhere() -> Any:
    return SimpleNamespace(partition=-1, offset=-1)


WITHOUT: Mapping[str, Callable[[], None]] = {
    "gate": _no_gate,
    "lease": _no_lease,
    "patch_s": _no_patch_s,
    "patch_r": _no_patch_r,
    "publish_before_mark": _mark_before_publish,
}
"""Name of a protection -> what takes it away."""


if __name__ == "__main__":
    WITHOUT[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
