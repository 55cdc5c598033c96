"""The worker process: brings up the web server, intake and enrich, and takes them down without losing anything."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import structlog

from schemas.errors import Dependency, DependencyFault
from schemas.registry import contracts
from streams.delivery.pauses import Pauses
from streams.errors import BrokerUnreachable
from streams.parts import make_caller, make_prices, make_provider, make_registry
from streams.progress import LagWatchdog
from streams.services import Role, SchemaIds, Service, Shared, enrich_service, intake_service
from streams.start_checks import begin_where_asked, inspect_cluster
from streams.telemetry import Telemetry
from streams.web import Health, WebParts, WebServer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeVar

    from processors.llm.caller import Caller
    from processors.llm.provider import Provider
    from processors.llm.retry_policy import PauseCause
    from schemas.registry import Registry
    from streams.delivery.offset_gate import Partition
    from streams.inbox import EventInbox
    from streams.metrics import Metrics
    from streams.settings import Settings
    from streams.start_checks import ClusterFacts

    T = TypeVar("T")

log = structlog.get_logger()

# How long a stop waits for calls under way. A call ends within its own deadline; this bounds what hangs beyond it.
DRAIN_BOUND_S = 90.0
STOP_BOUND_S = 20.0

OBSERVE_EVERY_S = 1.0

# A dependency that is down at the start is asked again after these seconds.
START_RETRY_S = (0.5, 1.0, 2.0, 5.0)

# An event may wait for its calls (LLM__MAX_ELAPSED_S, 120 s) and for one pause after them; more is not moving.
STUCK_AFTER_S = 600.0


class Worker:
    """One worker. `run` returns the exit code: 0 after a stop that was asked for, 1 after a fault."""

    def __init__(self, settings: Settings, roles: frozenset[Role], metrics: Metrics, *, shadow: bool = False) -> None:
        """Take what it is to do; nothing is connected yet. `shadow` publishes and commits nothing."""
        self._settings = settings
        self._roles = roles
        self._shadow = shadow
        self._prices = make_prices(settings)
        self._telemetry = Telemetry(metrics, self._prices)
        self._pauses = Pauses(self._on_pause)
        self._watchdog = LagWatchdog(STUCK_AFTER_S)
        self._services: list[Service] = []
        self._caller: Caller | None = None
        self._provider: Provider | None = None
        self._registry: Registry | None = None
        self._inbox: EventInbox | None = None
        self._expired = 0
        self._fatal: Exception | None = None
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[Any]] = []

    async def run(self) -> int:
        """Run until SIGTERM or SIGINT, or until a fault after which this process must leave.

        Raises CrmInsightsError for what a person must mend before a start can succeed.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        web = WebServer(
            self._settings.web,
            WebParts(
                metrics=self._telemetry.metrics,
                healthy=self._health,
                ready=self._readiness,
                inbox=lambda: self._inbox,
                tokens=[token.get_secret_value() for token in self._settings.webhooks.tokens],
            ),
        )
        await web.start()
        try:
            await self._start()
            await self._stopping.wait()
        finally:
            await self._stop()
            await web.stop()
        return 0 if self._fatal is None else 1

    # ---- starting ------------------------------------------------------------------------------------------------

    async def _start(self) -> None:
        self._registry = make_registry(self._settings)
        cluster = await self._when_there(Dependency.BROKER, self._cluster)
        schema_ids = await self._when_there(Dependency.REGISTRY, self._schema_ids)
        if cluster is None or schema_ids is None:
            return
        shared = Shared(
            settings=self._settings,
            cluster=cluster,
            registry=self._registry,
            schema_ids=schema_ids,
            telemetry=self._telemetry,
            pauses=self._pauses,
            on_fatal=self._on_fatal,
            on_expired=self._on_expired,
        )
        inbox = None
        if Role.INTAKE in self._roles:
            service, inbox = intake_service(shared)
            self._services.append(service)
        if Role.ENRICH in self._roles:
            self._services.append(await self._enrich(shared))
        for service in self._services:
            self._watch(service.app.start(), f"start-{service.role}")
            self._watch(self._crash_of(service), f"watch-{service.role}")
        self._inbox = inbox
        self._watch(self._observe(), "observe")
        log.info("started", roles=sorted(self._roles), shadow=self._shadow, partitions=cluster.partitions)

    async def _enrich(self, shared: Shared) -> Service:
        self._provider = make_provider(self._settings)
        self._caller = make_caller(
            self._settings, self._provider, on_call=self._telemetry.called, on_pause=self._on_provider_pause
        )
        service = enrich_service(shared, self._caller, self._prices, shadow=self._shadow)
        # The first events would otherwise pay for connections: half of a second of their latency (measured).
        await self._provider.warm_up()
        return service

    async def _cluster(self) -> ClusterFacts:
        facts = await asyncio.to_thread(inspect_cluster, self._settings)
        topics = self._settings.topics
        sources = [topics.webhooks, *self._settings.sources]
        if Role.INTAKE in self._roles:
            group = f"{self._settings.kafka.group_id}-intake"
            await asyncio.to_thread(begin_where_asked, self._settings, group, sources)
        if Role.ENRICH in self._roles:
            group = self._settings.kafka.group_id + ("-shadow" if self._shadow else "")
            await asyncio.to_thread(begin_where_asked, self._settings, group, [topics.events])
        return facts

    async def _schema_ids(self) -> SchemaIds:
        if self._registry is None:  # pragma: no cover - made before
            raise AssertionError
        names = self._settings.topics
        event, key, value = contracts(names.events, names.insights)
        registry = self._registry
        return SchemaIds(await registry.id_of(event), await registry.id_of(key), await registry.id_of(value))

    async def _when_there(self, dependency: Dependency, ask: Callable[[], Awaitable[T]]) -> T | None:
        """Ask until the dependency answers; None where a stop was asked for meanwhile."""
        tries = 0
        while not self._stopping.is_set():
            try:
                answer = await ask()
            except BrokerUnreachable as error:
                fault = DependencyFault(Dependency.BROKER, str(error))
            except DependencyFault as error:
                fault = error
            else:
                self._pauses.end(dependency, self)
                return answer
            self._pauses.begin(fault, self)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), START_RETRY_S[min(tries, len(START_RETRY_S) - 1)])
            tries += 1
        return None

    # ---- running -------------------------------------------------------------------------------------------------

    def _watch(self, work: Awaitable[Any], name: str) -> None:
        task = asyncio.ensure_future(work)
        if isinstance(task, asyncio.Task):
            task.set_name(name)
        self._tasks.append(task)
        task.add_done_callback(self._watched)

    def _watched(self, task: asyncio.Future[Any]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._on_fatal(error if isinstance(error, Exception) else RuntimeError(type(error).__name__))

    async def _crash_of(self, service: Service) -> None:
        """Turn a crash inside Faust into our end: it would go on as a consumer that never consumes."""
        while not service.app.crashed:  # noqa: ASYNC110 - mode tells of a crash by this flag only
            await asyncio.sleep(OBSERVE_EVERY_S / 2)
        if not self._stopping.is_set():
            self._on_fatal(service.app.crash_reason or RuntimeError(f"{service.role} crashed"))

    async def _observe(self) -> None:
        """Tell the metrics and the watchdog where everything stands."""
        metrics = self._telemetry.metrics
        while True:
            paused = bool(self._pauses.causes)
            for service in self._services:
                progress = service.progress()
                for partition, seen in progress.items():
                    metrics.lag.labels(topic=partition.topic, partition=str(partition.partition)).set(seen.lag)
                if service.role is Role.ENRICH:
                    metrics.window.set(service.window.events)
                    # A full provider is slow on purpose; a closed ownership is a rebalance.
                    quiet = paused or not service.ownership.is_open
                    self._watchdog.observe(progress, time.monotonic(), paused=quiet)
                service.agent.forget_committed(service.committed())
            await asyncio.sleep(OBSERVE_EVERY_S)

    def _on_pause(self, dependency: Dependency, paused: bool) -> None:  # noqa: FBT001 - the callback of Pauses
        self._telemetry.metrics.paused.labels(reason=dependency.value).set(int(paused))

    def _on_provider_pause(self, cause: PauseCause | None) -> None:
        if cause is None:
            self._pauses.end(Dependency.PROVIDER, self)
        else:
            self._pauses.begin(DependencyFault(Dependency.PROVIDER, str(cause), alarm=cause.alarm), self)

    def _on_expired(self, partition: Partition, committed: int, beginning: int) -> None:
        lost = beginning - committed
        self._expired += lost
        self._telemetry.metrics.events_expired_total.inc(lost)
        log.error(
            "events_expired",
            topic=partition.topic,
            partition=partition.partition,
            lost=lost,
            remedy="retention deleted them before they were read: lengthen retention.ms of the topic or add workers",
        )

    def _on_fatal(self, error: Exception) -> None:
        if self._fatal is None:
            self._fatal = error
            log.error("leaving", exc_info=error)
        self._stopping.set()

    # ---- health --------------------------------------------------------------------------------------------------

    def _health(self) -> Health:
        stuck = self._watchdog.stuck(time.monotonic())
        body = {
            "stuck": [f"{p.topic}-{p.partition} for {seconds:.0f} s" for p, seconds in stuck.items()],
            "events_expired": self._expired,
            "fatal": type(self._fatal).__name__ if self._fatal is not None else None,
        }
        return Health(not stuck and not self._expired and self._fatal is None, body)

    def _readiness(self) -> Health:
        states = {service.role.value: service.ready for service in self._services}
        body: dict[str, Any] = {
            **states,
            "paused": {dependency.value: cause for dependency, cause in self._pauses.causes.items()},
        }
        if self._caller is not None:
            state = self._caller.state
            body["provider"] = {"name": state.provider, "state": str(state.breaker), "waiting": state.waiting}
        return Health(bool(states) and all(states.values()) and not self._stopping.is_set(), body)

    # ---- stopping ------------------------------------------------------------------------------------------------

    async def _stop(self) -> None:
        """Drain, commit, leave the groups. After a fault nothing is drained: the next owner's restore decides."""
        self._inbox = None
        if self._fatal is None:
            await asyncio.gather(*(service.agent.drain(DRAIN_BOUND_S) for service in self._services))
        for task in self._tasks:
            task.remove_done_callback(self._watched)
        for service in self._services:
            try:
                async with asyncio.timeout(STOP_BOUND_S):
                    await service.app.stop()
            except TimeoutError:
                log.warning("stop_bound_reached", role=service.role)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._provider is not None:
            await self._provider.aclose()
        if self._registry is not None:
            await self._registry.aclose()
        log.info("stopped", clean=self._fatal is None)
