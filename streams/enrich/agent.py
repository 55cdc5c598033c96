"""The enrich agent: takes change events in offset order, runs them concurrently, and lets each end once.

What it keeps to (each was measured on a real broker to lose or repeat events otherwise):

1. Raw bytes are taken and decoded inside our own task; Faust acknowledges a record that it cannot decode.
2. An offset is acknowledged only when everything before it has ended (`OffsetGates`).
3. An event that is delivered again attaches to the work under way (`InFlight`).
4. Nothing is published between the start of a rebalance and the end of the restore, nor without a fresh heartbeat.
5. On the way out: take nothing more, start no call more, let calls under way finish, commit, leave.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from schemas.errors import Dependency
from streams.delivery.delivered import Delivered
from streams.delivery.offset_gate import OffsetGates, Partition
from streams.delivery.publisher import UnknownDeliveryError
from streams.delivery.record_order import RecordOrder
from streams.enrich.run import EventRun
from streams.topics.watch import TopicsChangedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import faust
    from faust.types import EventT, StreamT

    from streams.delivery.record_order import Turn
    from streams.delivery.window import Window
    from streams.enrich.context import EventContext

log = structlog.get_logger()

# How often a drain looks whether a dependency went down meanwhile.
DRAIN_LOOK_S = 0.2

OrderKey = tuple[Partition, bytes | None]


@dataclass(frozen=True, slots=True)
class _Running:
    """An event that is taken and has not ended."""

    delivered: Delivered
    generation: int
    turn: Turn


class EnrichAgent:
    """Takes deliveries and owns the running events of one enrich app."""

    def __init__(
        self, app: faust.App, context: EventContext, window: Window, on_fatal: Callable[[Exception], None]
    ) -> None:
        """Take the app, what its runs share, the window, and whom to tell that this process must leave."""
        self._app = app
        self._in = context
        self._window = window
        self._on_fatal = on_fatal
        self._gates: OffsetGates[Callable[[], Any]] = OffsetGates()
        self._order: RecordOrder[OrderKey] = RecordOrder()
        self._running: dict[asyncio.Task[bool], _Running] = {}
        self._broken = False

    @property
    def gates(self) -> OffsetGates[Callable[[], Any]]:
        """The offset gates, for metrics and the lag watchdog."""
        return self._gates

    @property
    def running(self) -> int:
        """How many events are taken and have not ended."""
        return len(self._running)

    # ---- taking --------------------------------------------------------------------------------------------------

    async def process(self, stream: StreamT[bytes]) -> None:
        """Run as the Faust agent: take one record after the other, without acknowledging any."""
        async for event in stream.noack().events():
            await self._take(event)

    async def _take(self, event: EventT[Any]) -> None:
        message = event.message
        await self._window.wait_for_room()
        await self._in.pauses.wait_until_clear()
        await self._in.ownership.wait_open()
        # Waiting may have outlived the generation that delivered the record; it is delivered again in the new one.
        if self._in.leaving.is_set() or message.generation_id != self._gates.generation:
            return
        delivered = Delivered.of(event)
        generation = self._gates.take(delivered.partition, delivered.offset, delivered.acknowledge)
        turn = self._order.enter((delivered.partition, delivered.key))
        self._window.enter(delivered.size_bytes)
        task = asyncio.create_task(EventRun(self._in, delivered, turn).run(), name=f"event-{delivered.offset}")
        self._running[task] = _Running(delivered, generation, turn)
        # Not in the task: one that is cancelled before its first step never runs a line of its own.
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[bool]) -> None:
        run = self._running.pop(task)
        error = None if task.cancelled() else task.exception()
        ended = not task.cancelled() and error is None and task.result()
        if error is not None:
            # Nothing may be published after a record whose fate nobody knows.
            self._break(error if isinstance(error, Exception) else RuntimeError(type(error).__name__))
        delivered = run.delivered
        self._order.leave((delivered.partition, delivered.key), run.turn, ended=ended)
        self._window.leave(delivered.size_bytes)
        if ended:
            self._acknowledge(delivered, run.generation)

    def _acknowledge(self, delivered: Delivered, generation: int) -> None:
        for acknowledge in self._gates.finish(delivered.partition, generation, delivered.offset):
            if self._in.publisher is not None:
                acknowledge()

    def _break(self, error: Exception) -> None:
        """Publish nothing more, whatever rebalance still comes, and tell once that this process must leave."""
        self._in.ownership.end()
        if not self._broken:
            self._broken = True
            self._on_fatal(error)

    # ---- rebalances ----------------------------------------------------------------------------------------------

    async def on_revoked(self, *_: Any, **__: Any) -> None:
        """A rebalance has begun: publish nothing more, and wait for what is on its way. Calls keep running."""
        self._in.ownership.close()
        await self._wait_for_sends()

    async def on_assigned(self, _app: Any, assigned: Iterable[Any], **__: Any) -> None:
        """An assignment has come: give up only what went elsewhere."""
        events = [Partition(tp.topic, tp.partition) for tp in assigned if tp.topic == self._in.topics.events]
        generation = self._app.consumer_generation_id
        known = self._in.partitions
        if (now := max((partition.partition + 1 for partition in events), default=0)) > known:
            # Faust would take from it and never commit.
            self._break(TopicsChangedError.resized(self._in.topics.events, before=known, now=now))
        self._gates.begin(generation)
        self._in.ownership.assign(generation, events)
        self._in.ended_here.keep_only(events)
        owned = self._in.ownership.owned
        lost = [task for task, run in self._running.items() if run.delivered.partition not in owned]
        for task in lost:
            task.cancel()
        log.info(
            "assigned", generation=generation, partitions=len(events), kept=self.running - len(lost), given_up=len(lost)
        )

    def on_resumed(self, generation: int) -> None:
        """State is restored and inputs are rewound (patch R): publishing and taking go on."""
        if self._broken:
            return
        self._in.ownership.reopen(generation)
        log.info("ready", generation=generation, partitions=len(self._in.ownership.owned), marks=len(self._in.state))

    async def _wait_for_sends(self) -> None:
        """Wait for insights on their way, bounded: the next owner must find them in the changelog.

        A send that outlives the bound is unknown: this process leaves, and the restore of the next owner decides.
        """
        deadline = asyncio.get_running_loop().time() + self._app.conf.broker_session_timeout / 2
        while self._in.records.unacknowledged:
            if asyncio.get_running_loop().time() > deadline:
                count = self._in.records.unacknowledged
                self._break(UnknownDeliveryError(f"{count} insights not acknowledged at a rebalance"))
                return
            await asyncio.sleep(0.005)

    def forget_committed(self, committed: Mapping[Partition, int]) -> None:
        """Drop what is remembered of offsets that are committed: they are not delivered again."""
        for partition, offset in committed.items():
            self._in.ended_here.forget_committed(partition, offset)

    # ---- leaving -------------------------------------------------------------------------------------------------

    async def drain(self, bound_s: float) -> None:
        """Let calls under way end, start no other, commit. Returns after `bound_s` seconds at the latest."""
        self._in.leaving.set()
        self._in.slots.close()
        log.info("draining", running=self.running, calls=self._in.slots.in_use)
        deadline = asyncio.get_running_loop().time() + bound_s
        while self._running and asyncio.get_running_loop().time() < deadline:
            if self._only_waiting():
                break
            await asyncio.wait(list(self._running), timeout=DRAIN_LOOK_S, return_when=asyncio.FIRST_COMPLETED)
        if self._running:
            log.warning("drain_gave_up", events=self.running)
        self._in.ownership.close()
        # The next owner reads the changelog as soon as we leave: what is on its way must be there by then.
        await self._wait_for_sends()
        if self._in.publisher is not None and self._in.ownership.owned:
            await self._app.consumer.commit()
        for task in list(self._running):
            task.cancel()
        self._in.aside.close()

    def _only_waiting(self) -> bool:
        """Whether all that runs waits for a dependency that is down: it would wait for ever.

        While the registry or the broker is down, calls under way still come to an end, and they are paid.
        """
        causes = self._in.pauses.causes
        working = self._in.slots.in_use or self._in.records.unacknowledged
        return Dependency.PROVIDER in causes or (bool(causes) and not working)
