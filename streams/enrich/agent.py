"""The enrich agent: takes change events in offset order, runs them concurrently, and lets each end once.

What it keeps to (each was measured on a real broker to lose or repeat events otherwise):

1. Raw bytes are taken and decoded inside our own task; Faust acknowledges a record that it cannot decode.
2. An offset is acknowledged only when everything before it has ended (`OffsetGates`).
3. An event that is delivered again attaches to the work under way (`InFlight`).
4. Nothing is published between the start of a rebalance and the end of the restore, nor without a fresh heartbeat.
5. On the way out: take nothing more, start no call more, give up what only waits, let calls under way finish, commit,
   leave.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from schemas.errors import Dependency
from streams.delivery.commit import SILENT_BROKER_BOUND_S, commit_within_bound
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

# How often a drain looks for events whose calls have failed meanwhile and that wait for another one.
DRAIN_LOOK_S = 0.2

OrderKey = tuple[Partition, bytes | None]


@dataclass(frozen=True, slots=True)
class _Running:
    """An event that is taken and has not ended."""

    run: EventRun
    delivered: Delivered
    generation: int
    turn: Turn


class EnrichAgent:
    """Takes deliveries and owns the running events of one enrich app."""

    def __init__(
        self,
        app: faust.App,
        context: EventContext,
        window: Window,
        on_fatal: Callable[[Exception], None],
        on_gap: Callable[[Partition, int], None] = lambda *_: None,
    ) -> None:
        """Take the app, what its runs share, the window, and whom to tell.

        `on_fatal` hears that this process must leave, `on_gap` that records from an offset on never came.
        """
        self._app = app
        self._in = context
        self._window = window
        self._on_fatal = on_fatal
        self._on_gap = on_gap
        self._gates: OffsetGates[Delivered] = OffsetGates()
        self._order: RecordOrder[OrderKey] = RecordOrder()
        self._running: dict[asyncio.Task[bool], _Running] = {}
        self._broken = False

    @property
    def gates(self) -> OffsetGates[Delivered]:
        """The offset gates, for metrics and the lag watchdog."""
        return self._gates

    @property
    def running(self) -> int:
        """How many events are taken and have not ended."""
        return len(self._running)

    def waits_as_asked(self, now_s: float) -> dict[Partition, float]:
        """The partitions whose next event to end waits because the provider has asked it to, and for how many seconds.

        `now_s` is monotonic.
        """
        return {
            one.delivered.partition: one.run.asked_before.asked_until_s - now_s
            for one in self._running.values()
            if one.run.asked_before.asked_until_s > now_s
            and one.delivered.offset == self._gates.position(one.delivered.partition)
        }

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
        self._notice_a_gap(delivered)
        generation = self._gates.take(delivered.partition, delivered.offset, delivered)
        turn = self._order.enter((delivered.partition, delivered.key))
        self._window.enter(delivered.taken_in(generation), delivered.size_bytes)
        run = EventRun(self._in, delivered, turn)
        task = asyncio.create_task(run.run(), name=f"event-{delivered.offset}")
        self._running[task] = _Running(run, delivered, generation, turn)
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
        if ended and run.generation == self._gates.generation:
            self._acknowledge(delivered, run.generation)
        else:
            self._window.leave(delivered.taken_in(run.generation))

    def _acknowledge(self, delivered: Delivered, generation: int) -> None:
        for passed in self._gates.finish(delivered.partition, generation, delivered.offset):
            self._window.leave(passed.taken_in(generation))
            if self._in.publisher is not None:
                passed.acknowledge()

    def _notice_a_gap(self, delivered: Delivered) -> None:
        """Retention may have deleted what comes next while nothing was taken; aiokafka skips it without a word."""
        expected = self._gates.next_offset(delivered.partition)
        if expected is not None and delivered.offset > expected:
            self._on_gap(delivered.partition, expected)

    def _break(self, error: Exception) -> None:
        """Publish nothing more, whatever rebalance still comes, and tell once that this process must leave."""
        self._in.ownership.end()
        if not self._broken:
            self._broken = True
            self._on_fatal(error)

    # ---- rebalances ----------------------------------------------------------------------------------------------

    async def on_revoked(self, *_: Any, **__: Any) -> None:
        """A rebalance has begun: publish nothing more, wait for what is on its way, commit. Calls keep running.

        What has ended and is not committed would be delivered to the next owner, who finds a mark for an insight only:
        skips would be judged and dead letters written again.
        """
        self._in.ownership.close()
        await self._wait_for_sends()
        await self._commit()

    async def on_assigned(self, _app: Any, assigned: Iterable[Any], **__: Any) -> None:
        """An assignment has come: give up only what went elsewhere."""
        events = [Partition(tp.topic, tp.partition) for tp in assigned if tp.topic == self._in.topics.events]
        generation = self._app.consumer_generation_id
        known = self._in.partitions
        if (now := max((partition.partition + 1 for partition in events), default=0)) > known:
            # Faust would take from it and never commit.
            self._break(TopicsChangedError.resized(self._in.topics.events, before=known, now=now))
        self._gates.begin(generation)
        running = {run.delivered.taken_in(run.generation) for run in self._running.values()}
        self._window.keep_only(running.__contains__)
        self._in.ownership.assign(generation, events)
        self._in.ended_here.keep_only(events)
        self._in.caller.take_share(len(events) / known)
        owned = self._in.ownership.owned
        lost = [task for task, run in self._running.items() if run.delivered.partition not in owned]
        for task in lost:
            task.cancel()
        log.info(
            "assigned", generation=generation, partitions=len(events), kept=self.running - len(lost), given_up=len(lost)
        )

    def on_resumed(self, generation: int) -> None:
        """State is restored and inputs are rewound (patch R): publishing and taking go on."""
        self._in.ownership.reopen(generation)
        log.info("ready", generation=generation, partitions=len(self._in.ownership.owned), marks=len(self._in.state))

    async def _wait_for_sends(self) -> None:
        """Wait for records on their way, bounded: the next owner must find the insights in the changelog.

        A send that outlives the bound is unknown: this process leaves, and the restore of the next owner decides.
        """
        deadline = asyncio.get_running_loop().time() + self._app.conf.broker_session_timeout / 2
        while (count := self._under_way()) > 0:
            if asyncio.get_running_loop().time() > deadline:
                self._break(UnknownDeliveryError(f"{count} records not acknowledged at a rebalance"))
                return
            await asyncio.sleep(0.005)

    def _under_way(self) -> int:
        """Records that the broker has not answered for, and insights whose marks are not set yet."""
        sent = self._in.publisher.under_way if self._in.publisher is not None else 0
        return max(sent, self._in.records.unacknowledged)

    async def _commit(self) -> None:
        if self._in.publisher is not None and self._in.ownership.owned:
            await commit_within_bound(self._app)

    def forget_committed(self, committed: Mapping[Partition, int]) -> None:
        """Drop what is remembered of offsets that are committed: they are not delivered again."""
        for partition, offset in committed.items():
            self._in.ended_here.forget_committed(partition, offset)

    # ---- leaving -------------------------------------------------------------------------------------------------

    async def drain(self, bound_s: float) -> None:
        """Let calls under way end, start no other, commit. Returns after `bound_s` seconds at the latest.

        An event that waits (for a slot, for the limits of the account, for another attempt, for the end of a pause) is
        given up at once and delivered again: the longest call under way bounds a stop, and no wait does.
        """
        self._in.leaving.set()
        self._in.slots.close()
        self._in.caller.close()
        log.info("draining", running=self.running, calls=self._in.slots.in_use)
        now_s = asyncio.get_running_loop().time
        deadline, broker_deadline = now_s() + bound_s, now_s() + SILENT_BROKER_BOUND_S
        while self._running and now_s() < deadline:
            self._give_up_what_waits()
            if self._only_waiting(broker_given_up=now_s() > broker_deadline):
                break
            await asyncio.wait(list(self._running), timeout=DRAIN_LOOK_S, return_when=asyncio.FIRST_COMPLETED)
        if self._running:
            log.warning("drain_gave_up", events=self.running)
        self._in.ownership.retire()
        # The next owner reads the changelog as soon as we leave: what is on its way must be there by then.
        await self._wait_for_sends()
        await self._commit()
        self._give_up_all()

    def abandon(self) -> None:
        """Leave everything as it is: after a fault the restore of the next owner decides."""
        self._in.ownership.end()
        self._give_up_all()

    def _give_up_all(self) -> None:
        for task in list(self._running):
            task.cancel()

    def _give_up_what_waits(self) -> None:
        for task, running in self._running.items():
            if running.run.only_waits:
                task.cancel()

    def _only_waiting(self, *, broker_given_up: bool) -> bool:
        """Whether all that runs waits to be published while a dependency is down: it would wait for ever.

        While the registry or the broker is down, calls under way still come to an end, and they are paid. What is on
        its way to a broker that is down is waited for until that is given up.
        """
        causes = self._in.pauses.causes
        in_call = any(running.run.asked_before.in_call for running in self._running.values())
        lost = broker_given_up and Dependency.BROKER in causes
        return bool(causes) and not in_call and (lost or not self._under_way())
