"""The worker process: brings up the web server, intake and enrich, and takes them down without losing anything."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import structlog

from processors.llm.purse import Purse
from schemas.errors import Dependency
from streams.delivery.dedupe.dedupe_state import forget_with_the_horizon
from streams.delivery.pauses import Pauses
from streams.delivery.poison import PoisonWatch
from streams.delivery.stages import SchemasOnLoop, Stages
from streams.observability.telemetry import Telemetry
from streams.parts import keep_retries_quiet, make_caller, make_prices, make_provider, make_registry, warm_up
from streams.spend import make_keeper
from streams.topics.ends import EndOffsets
from streams.topics.watch import TopicsChangedError, TopicWatch
from streams.web.server import WebParts, WebServer
from streams.worker import garbage
from streams.worker.crash_loop import STEADY_AFTER_S, StartRecord, wait_before_start_s
from streams.worker.own_directory import OwnDirectory
from streams.worker.patience import Patience
from streams.worker.services import Role, SchemaIds, Service, Shared, enrich_service, intake_service
from streams.worker.start_checks import begin_where_asked, inspect_cluster
from streams.worker.vitals import OBSERVE_EVERY_S, Vitals

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path
    from typing import TypeVar

    from processors.llm.provider import Provider
    from schemas.registry import Registry
    from streams.delivery.offset_gate import Partition
    from streams.observability.metrics import Metrics
    from streams.settings import Settings
    from streams.spend import SpendKeeper
    from streams.web.inbox import EventInbox
    from streams.worker.start_checks import ClusterFacts

    T = TypeVar("T")

log = structlog.get_logger()

# How long a stop waits for calls under way. A call ends within its own deadline; this bounds what hangs beyond it.
DRAIN_BOUND_S = 90.0
STOP_BOUND_S = 20.0
# Faust's stop waits for ever for a start that it has overtaken; a worker that was never ready has nothing to lose.
STOP_EARLY_BOUND_S = 3.0


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
        self._stopping = asyncio.Event()
        self._starting = Patience(self._pauses, self._stopping)
        self._vitals = Vitals(metrics, self._pauses, self._stopping, accept_expired=settings.kafka.accept_expired)
        self._services: list[Service] = []
        self._provider: Provider | None = None
        self._keeper: SpendKeeper | None = None
        self._registry: Registry | None = None
        self._inbox: EventInbox | None = None
        self._stages: Stages | None = None
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
                healthy=self._vitals.health,
                ready=self._vitals.readiness,
                inbox=lambda: self._inbox,
                tokens=[token.get_secret_value() for token in self._settings.webhooks.tokens],
            ),
        )
        with OwnDirectory.claim(self._settings.state.dir) as own:
            starts = StartRecord(own.path)
            await web.start()
            try:
                await self._start(own.path, starts)
                await self._stopping.wait()
            finally:
                await self._stop()
                await web.stop()
            if self._vitals.fatal is None:
                starts.settled()
        return 0 if self._vitals.fatal is None else 1

    # ---- starting ------------------------------------------------------------------------------------------------

    async def _start(self, own: Path, starts: StartRecord) -> None:
        self._stages = Stages(PoisonWatch(own))
        await self._wait_out_a_crash_loop(starts.begin())
        registry = self._registry = make_registry(self._settings)
        self._vitals.watch_registry(registry)
        cluster = await self._starting.when_there(Dependency.BROKER, self._cluster)
        schema_ids = await self._starting.when_there(
            Dependency.REGISTRY, lambda: SchemaIds.found_in(registry, self._settings.topics)
        )
        if cluster is None or schema_ids is None:
            return
        self._vitals.watch_ends(EndOffsets(self._settings.kafka))
        shared = Shared(
            settings=self._settings,
            cluster=cluster,
            schemas=SchemasOnLoop(registry),
            schema_ids=schema_ids,
            telemetry=self._telemetry,
            pauses=self._pauses,
            stages=self._stages,
            on_fatal=self._on_fatal,
            on_out_of_range=self._out_of_range,
            on_gap=self._vitals.gap,
        )
        inbox = None
        if Role.INTAKE in self._roles:
            service, inbox = intake_service(shared)
            self._services.append(service)
        if Role.ENRICH in self._roles:
            if not await self._keep_budgets():
                return
            self._services.append(await self._enrich(shared))
        for service in self._services:
            self._vitals.watch(service)
            self._watch(service.app.start(), f"start-{service.role}")
            self._watch(self._crash_of(service), f"watch-{service.role}")
            if service.new_sources is not None:
                self._watch(service.new_sources.run(), "new-sources")
            if service.joined is not None:
                self._watch(service.joined.run(), "joins")
            if service.dedupe is not None:
                self._watch(forget_with_the_horizon(service.dedupe, cluster.horizon_ms), "forget")
        self._inbox = inbox
        self._watch(self._vitals.observe(), "observe")
        self._watch(self._vitals.ask_ends(), "ends")
        self._watch(self._settle(starts), "settle")
        self._watch(TopicWatch(self._settings).run(), "topics")
        garbage.settle()
        log.info("started", roles=sorted(self._roles), shadow=self._shadow, partitions=cluster.partitions)

    async def _wait_out_a_crash_loop(self, short_lives: int) -> None:
        """Wait before joining the group, longer after each start in a row that came to nothing; see `crash_loop`."""
        wait_s = wait_before_start_s(short_lives)
        if wait_s:
            log.warning("start_delayed", wait_s=wait_s, short_lives=short_lives, steady_after_s=STEADY_AFTER_S)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait_s)

    async def _settle(self, starts: StartRecord) -> None:
        """Forget the starts that came to nothing once this one has been ready for a while."""
        ready_for_s = 0.0
        while ready_for_s < STEADY_AFTER_S:
            await asyncio.sleep(OBSERVE_EVERY_S)
            ready_for_s = ready_for_s + OBSERVE_EVERY_S if self._vitals.readiness().well else 0.0
        starts.settled()

    async def _keep_budgets(self) -> bool:
        """Learn what is spent before the first event is taken; False where a stop was asked for meanwhile."""
        keeper = self._keeper = make_keeper(self._settings, self._prices, self._telemetry.metrics, self._pauses)
        if keeper is None:
            return True
        if await self._starting.when_there(Dependency.BROKER, lambda: asyncio.to_thread(keeper.restore)) is None:
            return False
        self._vitals.watch_budgets(keeper)
        self._watch(keeper.run(), "budgets")
        return True

    async def _enrich(self, shared: Shared) -> Service:
        keep_retries_quiet()
        purse = self._keeper.funds if self._keeper is not None else Purse()
        self._provider = make_provider(self._settings)
        caller = make_caller(
            self._settings,
            self._provider,
            on_call=self._telemetry.called,
            on_pause=self._vitals.provider_paused,
            on_probe_due=self._vitals.probe_due,
            on_wait=self._telemetry.metrics.limits.wait_seconds.observe,
            purse=purse,
        )
        self._vitals.watch_caller(caller)
        service = enrich_service(shared, caller, self._prices, purse, shadow=self._shadow)
        await warm_up(self._settings, self._prices, self._provider)
        return service

    async def _cluster(self) -> ClusterFacts:
        facts = await asyncio.to_thread(inspect_cluster, self._settings)
        topics = self._settings.topics
        sources = [topics.webhooks, *facts.sources]
        if Role.INTAKE in self._roles:
            group = f"{self._settings.kafka.group_id}-intake"
            await asyncio.to_thread(begin_where_asked, self._settings, group, sources)
        if Role.ENRICH in self._roles:
            group = self._settings.kafka.group_id + ("-shadow" if self._shadow else "")
            await asyncio.to_thread(begin_where_asked, self._settings, group, [topics.events])
        return facts

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

    def _on_pause(self, dependency: Dependency, paused: bool) -> None:  # noqa: FBT001 - the callback of Pauses
        self._telemetry.metrics.paused.labels(reason=dependency.value).set(int(paused))

    def _out_of_range(self, partition: Partition, committed: int, beginning: int, end: int) -> None:
        """Hear of a committed offset outside of its topic: at a start, or at any rebalance."""
        if committed > end and self._vitals.was_ready:
            # Its offsets begin anew, and what is remembered of the old ones would take new events for ended.
            self._on_fatal(TopicsChangedError.made_anew(partition.topic))
        self._vitals.offset_out_of_range(partition, committed, beginning, end)

    def _on_fatal(self, error: Exception) -> None:
        if self._vitals.fatal is None:
            self._vitals.fatal = error
            log.error("leaving", exc_info=error)
        self._stopping.set()

    # ---- stopping ------------------------------------------------------------------------------------------------

    async def _stop(self) -> None:
        """Drain, commit, leave the groups. After a fault nothing is drained: the next owner's restore decides."""
        self._inbox = None
        await self._drain()
        for task in self._tasks:
            task.remove_done_callback(self._watched)
        # At the same time: with a broker that is down each takes its whole bound.
        await asyncio.gather(*map(self._leave_group, self._services))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._stages is not None:
            self._stages.close()
        if self._keeper is not None:
            await self._keeper.close()
        if self._provider is not None:
            await self._provider.aclose()
        if self._registry is not None:
            await self._registry.aclose()
        log.info("stopped", clean=self._vitals.fatal is None)

    async def _leave_group(self, service: Service) -> None:
        try:
            async with asyncio.timeout(STOP_BOUND_S if self._vitals.was_ready else STOP_EARLY_BOUND_S):
                await service.app.stop()
        except TimeoutError:
            log.warning("stop_bound_reached", role=service.role)

    async def _drain(self) -> None:
        if self._vitals.fatal is None:
            drains = (service.agent.drain(DRAIN_BOUND_S) for service in self._services)
            for failed in await asyncio.gather(*drains, return_exceptions=True):
                if failed is not None:
                    log.error("drain_failed", exc_info=failed)
        else:
            # Both halves: while the one is taken down the other would go on, without the state that it has lost.
            for service in self._services:
                service.agent.abandon()
