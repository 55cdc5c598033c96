"""R and B: the order in which a recovery ends, and how it reads the changelog."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiokafka.errors import KafkaError
from faust.tables.recovery import Recovery

from streams.faust_patches.hooks import INPUTS_RESUMED

if TYPE_CHECKING:
    from faust.types import TP


REWIND_AGAIN_S = 1.0


async def rewind_before_resuming(self: Recovery, generation_id: int = 0) -> None:
    """R. Without it inputs are resumed before they are rewound, and events of the old position pass as new ones.

    faust/tables/recovery.py, `on_recovery_completed` (issue 596) and, without tables, `_resume_streams`. The order:
    stop the flow, tell the tables, rewind, drop what was fetched from the old position, and only then resume.
    """
    app, consumer = self.app, self.app.consumer
    app.flow_control.suspend()
    consumer.stop_flow()
    self.log.info("Restore complete!")
    await app.on_rebalance_complete.send()
    self._set_recovery_ended()
    for table in self.tables.values():
        await table.on_recovery_completed(self.actives_for_table[table], self.standbys_for_table[table])
    if not await _rewind(self, generation_id):
        return
    self.tables.on_actives_ready()
    if not app.assignor.assigned_standbys():
        self.tables.on_standbys_ready()
    await _resume(self, generation_id)


async def _rewind(recovery: Recovery, generation_id: int) -> bool:
    app, consumer = recovery.app, recovery.app.consumer
    assignment = consumer.assignment()
    if app.consumer_generation_id != generation_id:
        recovery.log.warning("Another rebalance has begun before the inputs were rewound")
        return False
    while assignment and app.consumer_generation_id == generation_id:
        try:
            await recovery._wait(consumer.perform_seek(), timeout=app.conf.broker_request_timeout)  # noqa: SLF001
        except KafkaError as error:
            # An election, a broker that restarts. Raised, it would be the end of the recovery and of the process.
            recovery.log.warning("The inputs cannot be rewound yet: %s", type(error).__name__)
            await asyncio.sleep(REWIND_AGAIN_S)
        else:
            break
    if app.consumer_generation_id != generation_id:
        recovery.log.warning("Another rebalance has begun while the inputs were rewound")
        return False
    app.flow_control.clear()
    consumer.resume_partitions({tp for tp in assignment if not recovery._is_changelog_tp(tp)})  # noqa: SLF001
    return True


async def _resume(recovery: Recovery, generation_id: int) -> None:
    app, consumer = recovery.app, recovery.app.consumer
    recovery.completed.set()
    on_resumed = getattr(app, INPUTS_RESUMED, None)
    if on_resumed is not None:
        on_resumed(generation_id)
    app.flow_control.resume()
    consumer.resume_flow()
    await app._fetcher.maybe_start()  # noqa: SLF001
    app.on_rebalance_end()


_build_highwaters = Recovery._build_highwaters  # noqa: SLF001
_wait = Recovery._wait  # noqa: SLF001


async def restore_in_bulk_before_highwaters(
    self: Recovery, consumer: Any, tps: set[TP], destination: Any, title: str
) -> None:
    """B. Without it 300,000 insights take 68 s to restore, in which nothing is read (measured; 5 s with it).

    Here, because Faust reads the ends of the changelog next and compares them with what the store says; and not in
    `on_rebalance`, where no heartbeats are sent (9 s in it got the member kicked).
    """
    if title == "active":
        for table in self.tables.values():
            restore = getattr(table.data, "restore_in_bulk", None)
            mine = {tp for tp in tps if self.tp_to_table.get(tp) is table}
            if restore is not None and mine:
                await restore(mine)
                for tp in mine:
                    # One by one: this is a Counter, whose update adds.
                    self.active_offsets[tp] = table.persisted_offset(tp)
    await _build_highwaters(self, consumer, tps, destination, title)


async def wait_without_a_bound(self: Recovery, coro: Any, timeout: Any = None) -> None:  # noqa: ASYNC109 - Faust's
    """B, too. Faust gives each step of a recovery 90 s, takes a longer one for a stop, and never recovers again.

    What is waited for has bounds of its own (request timeouts); a restore of many millions of marks takes longer.
    """
    del timeout
    await _wait(self, coro)
