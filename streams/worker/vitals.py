"""How a worker is: what it observes of its halves, and what it shows of that in metrics, /healthz and /readyz."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import structlog

from processors.llm.breaker import BreakerState
from schemas.errors import Dependency, DependencyFault
from streams.observability.progress import LagWatchdog, Progress
from streams.web.server import Health
from streams.worker.remedies import REMEDIES
from streams.worker.services import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from processors.llm.caller import Caller
    from processors.llm.retry_policy import PauseCause
    from schemas.registry import Registry
    from streams.delivery.offset_gate import Partition
    from streams.delivery.pauses import Pauses
    from streams.observability.metrics import Metrics
    from streams.spend import SpendKeeper
    from streams.topics.ends import EndOffsets
    from streams.worker.services import Service

log = structlog.get_logger()

OBSERVE_EVERY_S = 1.0
ASK_ENDS_EVERY_S = 15.0

# An event may wait for its calls (LLM__MAX_ELAPSED_S, 120 s) and for one pause after them; more is not moving.
STUCK_AFTER_S = 600.0

# The reason that is shown while events wait because the provider asks for it, from this many seconds on: a refusal now
# and then, waited out before anybody has looked, is part of a good day.
RATE_LIMITED = "rate_limited"
SHOWN_FROM_S = 5.0


# The dependencies whose failing makes a half stand still on purpose.
_EXCUSES = {
    Role.INTAKE: frozenset({Dependency.REGISTRY}),
    Role.ENRICH: frozenset({Dependency.REGISTRY, Dependency.PROVIDER, Dependency.BUDGET}),
}


class Vitals:
    """What one worker knows of its own state."""

    def __init__(
        self, metrics: Metrics, pauses: Pauses, stopping: asyncio.Event, *, accept_expired: bool = False
    ) -> None:
        """Take where it is told, what is paused, and the event that is set once the worker is on its way out.

        With `accept_expired` events that retention has deleted unread do not make it unhealthy.
        """
        self._accept_expired = accept_expired
        self._closed_since: dict[Role, float] = {}
        self._metrics = metrics
        self._pauses = pauses
        self._stopping = stopping
        self._watchdogs = {role: LagWatchdog(STUCK_AFTER_S) for role in Role}
        self._ends: Mapping[Partition, int] = {}
        self._asker: EndOffsets | None = None
        self._judging: set[asyncio.Future[None]] = set()
        self.was_ready = False
        """Whether a half has taken events since the start."""
        self._services: list[Service] = []
        self._caller: Caller | None = None
        self._registry: Registry | None = None
        self._asked_s = 0.0
        self._keeper: SpendKeeper | None = None
        self._expired = 0
        self.fatal: Exception | None = None
        """Why this worker must leave, if it must."""

    def watch(self, service: Service) -> None:
        """Look at another half from now on."""
        self._services.append(service)

    def watch_registry(self, registry: Registry) -> None:
        """Show how the registry stands."""
        self._registry = registry

    def watch_caller(self, caller: Caller) -> None:
        """Show how the provider stands."""
        self._caller = caller
        # Asked when the metrics are: calls come and go between two looks.
        self._metrics.in_flight.set_function(lambda: caller.state.in_flight)

    def watch_budgets(self, keeper: SpendKeeper) -> None:
        """Show how the budgets stand."""
        self._keeper = keeper

    def watch_ends(self, ends: EndOffsets) -> None:
        """Ask `ends` where partitions begin and end."""
        self._asker = ends

    async def ask_ends(self) -> None:
        """Ask every 15 seconds, for ever, where the partitions end: a consumer that dies slowly does not know it."""
        while self._asker is not None:
            await asyncio.sleep(ASK_ENDS_EVERY_S)
            owned = [partition for service in self._services for partition in service.ownership.owned]
            self._ends = await asyncio.to_thread(self._asker.ask, owned)

    def gap(self, partition: Partition, expected: int) -> None:
        """Hear that records from offset `expected` on never came: after a transaction, or because they expired."""
        task = asyncio.ensure_future(self._judge_gap(partition, expected))
        self._judging.add(task)
        task.add_done_callback(self._judging.discard)

    async def _judge_gap(self, partition: Partition, expected: int) -> None:
        if self._asker is None:
            return
        beginnings = await asyncio.to_thread(self._asker.beginnings, [partition])
        beginning = beginnings.get(partition, 0)
        if beginning > expected:
            self.offset_out_of_range(partition, expected, beginning, beginning)

    async def observe(self) -> None:
        """Look again every second, for ever."""
        loop = asyncio.get_running_loop()
        # Counted when somebody asks: with a full window it takes 10 ms.
        self._metrics.tasks.set_function(lambda: len(asyncio.all_tasks(loop)))
        while True:
            self.look()
            await asyncio.sleep(OBSERVE_EVERY_S)

    def look(self) -> None:
        """Tell the metrics and the watchdog where everything stands."""
        self._notice_a_silent_broker()
        if self._caller is not None:
            self._metrics.limits.show(self._caller.state)
        for service in self._services:
            # A silent broker does not excuse standing still: it may as well be we who no longer speak.
            excuses = _EXCUSES[service.role]
            paused = not excuses.isdisjoint(self._pauses.causes)
            progress = {
                partition: Progress(seen.position, max(seen.end, self._ends.get(partition, 0)))
                for partition, seen in service.progress().items()
            }
            for partition, seen in progress.items():
                self._metrics.lag.labels(topic=partition.topic, partition=str(partition.partition)).set(seen.lag)
            if service.role is Role.ENRICH:
                self._metrics.window.set(service.window.events)
            self.was_ready = self.was_ready or service.ready
            # A closed ownership is a rebalance.
            quiet = paused or not service.ownership.is_open
            now_s = time.monotonic()
            asked = self._waits_as_asked(service, progress, now_s)
            self._watchdogs[service.role].observe(progress, now_s, paused=quiet, excused=asked)
            if service.role is Role.ENRICH:
                self._show_waits(max(asked.values(), default=0.0))
            service.agent.forget_committed(service.committed())
            self._notice_a_closed_half(service, paused=paused)

    def _waits_as_asked(
        self, service: Service, progress: Iterable[Partition], now_s: float
    ) -> Mapping[Partition, float]:
        """The partitions that stand still because the provider has asked for it, and the seconds that are left.

        A Retry-After may be longer than a partition may stand still, and a restarted worker would be told the same. The
        account's limit holds all events of enrich, a failure's only the event that met it.
        """
        if service.role is Role.ENRICH and self._caller is not None:
            paused_s = max((limits.paused_s for limits in self._caller.state.limits.values()), default=0.0)
            if paused_s > 0:
                return dict.fromkeys(progress, paused_s)
        return service.agent.waits_as_asked(now_s)

    def _show_waits(self, asked_s: float) -> None:
        self._asked_s = asked_s if asked_s >= SHOWN_FROM_S else 0.0
        self._metrics.paused.labels(reason=RATE_LIMITED).set(int(self._asked_s > 0))

    def _notice_a_closed_half(self, service: Service, *, paused: bool) -> None:
        """A rebalance that never ends: the member heartbeats, and takes nothing."""
        if service.ownership.is_open or paused:
            self._closed_since.pop(service.role, None)
        else:
            self._closed_since.setdefault(service.role, time.monotonic())

    def _notice_a_silent_broker(self) -> None:
        """Pause while no heartbeat is answered: nothing is published then (see `Lease`), and operators see why.

        Kafka's clients try again for ever and tell nobody but the log. During a rebalance no heartbeat is sent, which
        says nothing of the broker: ownership is closed then.
        """
        silent = [one for one in self._services if one.ownership.is_open and not one.ownership.lease.valid]
        for service in silent:
            service.hang_up()
        if silent:
            self._pauses.begin(DependencyFault(Dependency.BROKER, "the broker answers no heartbeat"), self)
        else:
            self._pauses.end(Dependency.BROKER, self)

    # ---- what it is told -----------------------------------------------------------------------------------------

    def provider_paused(self, cause: PauseCause | None) -> None:
        """Hear that the breaker has opened, or closed (None)."""
        if cause is None:
            self._pauses.end(Dependency.PROVIDER, self)
        else:
            if cause in REMEDIES:
                log.error("provider_needs_a_person", cause=cause.value, remedy=REMEDIES[cause])
            self._pauses.begin(DependencyFault(Dependency.PROVIDER, str(cause), alarm=cause.alarm), self)

    def probe_due(self) -> None:
        """Hear that one more event may find out whether the provider's pause is over."""
        self._pauses.let_one_in(Dependency.PROVIDER)

    def offset_out_of_range(self, partition: Partition, committed: int, beginning: int, end: int) -> None:
        """Hear that a committed offset lies outside of its topic, which holds `beginning` to below `end`."""
        if committed > end:
            log.error(
                "offset_beyond_the_end",
                topic=partition.topic,
                partition=partition.partition,
                committed=committed,
                end=end,
                consequence="the topic was made anew or has lost its last records: it is read from its beginning",
            )
            return
        lost = beginning - committed
        self._expired += lost
        self._metrics.events_expired_total.inc(lost)
        log.error(
            "events_expired",
            topic=partition.topic,
            partition=partition.partition,
            lost=lost,
            remedy="retention deleted them before they were read: lengthen retention.ms of the topic or add workers; "
            "CRM_INSIGHTS_KAFKA__ACCEPT_EXPIRED=true makes /healthz green again",
        )

    # ---- what it shows -------------------------------------------------------------------------------------------

    def health(self) -> Health:
        """Alive and moving, and nothing lost."""
        now_s = time.monotonic()
        stuck = {p: still_s for dog in self._watchdogs.values() for p, still_s in dog.stuck(now_s).items()}
        closed = [role.value for role, since in self._closed_since.items() if now_s - since > STUCK_AFTER_S]
        body = {
            "stuck": [f"{p.topic}-{p.partition} for {seconds:.0f} s" for p, seconds in stuck.items()],
            "closed": closed,
            "events_expired": self._expired,
            "fatal": type(self.fatal).__name__ if self.fatal is not None else None,
        }
        lost = self._expired > 0 and not self._accept_expired
        return Health(not (stuck or closed or lost or self.fatal is not None), body)

    def readiness(self) -> Health:
        """Kafka answers and the assigned partitions are restored; provider and registry stand in the body only."""
        states = {service.role.value: service.ready for service in self._services}
        paused = {dependency.value: cause for dependency, cause in self._pauses.causes.items()}
        if self._asked_s:
            paused[RATE_LIMITED] = f"the provider asks to wait for {self._asked_s:.0f} s more"
        body: dict[str, Any] = {**states, "paused": paused}
        if self._caller is not None:
            state = self._caller.state
            # A breaker begins half open as after an outage, and nobody has had one.
            untried = state.breaker is BreakerState.HALF_OPEN and state.cause is None
            standing = "untried" if untried else str(state.breaker)
            body["provider"] = {"name": state.provider, "state": standing, "waiting": state.waiting}
            if state.cause is not None and state.cause in REMEDIES:
                body["provider"]["remedy"] = REMEDIES[state.cause]
        if self._keeper is not None:
            body["budgets"] = self._keeper.standing()
        if self._registry is not None:
            body["registry"] = {"last_heard": self._registry.last_heard}
        return Health(bool(states) and all(states.values()) and not self._stopping.is_set(), body)
