"""What a worker shows of its own state: /healthz, /readyz, lag, pauses."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from prometheus_client import CollectorRegistry

from processors.llm.caller import Caller
from processors.llm.provider import Completion, Usage
from processors.llm.rate_limit_headers import RateLimitHeaders
from processors.llm.retry_policy import PauseCause
from schemas.errors import Dependency
from streams.delivery.offset_gate import Partition
from streams.delivery.ownership import Lease, Ownership
from streams.delivery.pauses import Pauses
from streams.delivery.publisher import UnknownDeliveryError
from streams.delivery.window import Window
from streams.observability.metrics import Metrics
from streams.observability.progress import Progress
from streams.worker.remedies import REMEDIES
from streams.worker.services import Role
from streams.worker.vitals import STUCK_AFTER_S, Vitals
from tests.unit.llm.limits.accounts import GOOD, Reading, a_request
from tests.unit.streams.asking import ScriptedCaller
from tests.unit.streams.kafka import settle, until

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterable

EVENTS_0 = Partition("crm.events", 0)


@dataclass
class ScriptedService:
    """One half of a worker that owns partition 0 and stands where the test says."""

    role: Role = Role.ENRICH
    stands: dict[Partition, Progress] = field(default_factory=dict)
    forgotten: list[Any] = field(default_factory=list)
    asked: dict[Partition, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin ready."""
        self.ownership = Ownership(Lease(600.0))
        self.ownership.assign(1, [EVENTS_0])
        self.ownership.reopen(1)
        self.ownership.lease.renew(self.ownership.lease.now())
        self.window = Window(10, 1_000)
        self.agent = self
        self.hung_up = 0

    def hang_up(self) -> None:
        self.hung_up += 1

    def waits_as_asked(self, _now_s: float) -> dict[Partition, float]:
        return self.asked

    @property
    def ready(self) -> bool:
        return self.ownership.is_open and self.ownership.lease.valid

    def progress(self) -> dict[Partition, Progress]:
        return self.stands

    def committed(self) -> dict[Partition, int]:
        return {EVENTS_0: 3}

    def forget_committed(self, committed: dict[Partition, int]) -> None:
        self.forgotten.append(committed)


class Watched:
    """Vitals that watch scripted halves."""

    def __init__(self, *services: ScriptedService) -> None:
        """Watch the services."""
        self.metrics = Metrics(CollectorRegistry())
        self.pauses = Pauses(lambda *_: None)
        self.stopping = asyncio.Event()
        self.vitals = Vitals(self.metrics, self.pauses, self.stopping)
        for service in services:
            self.vitals.watch(cast("Any", service))

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"crm_insights_{name}", labels)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let the monotonic clock jump."""
    ahead = 0.0
    real = time.monotonic

    def jump(seconds: float) -> None:
        nonlocal ahead
        ahead += seconds

    monkeypatch.setattr("streams.worker.vitals.time.monotonic", lambda: real() + ahead)
    return jump


# ---- /readyz


async def test_a_worker_that_has_not_started_is_not_ready() -> None:
    assert not Watched().vitals.readiness().well


async def test_a_worker_is_ready_when_each_half_is() -> None:
    ready = Watched(ScriptedService(Role.INTAKE), ScriptedService(Role.ENRICH)).vitals.readiness()
    assert ready.well
    assert ready.body == {"intake": True, "enrich": True, "paused": {}}


async def test_a_half_that_restores_its_state_is_not_ready() -> None:
    enrich = ScriptedService()
    enrich.ownership.close()
    ready = Watched(ScriptedService(Role.INTAKE), enrich).vitals.readiness()
    assert not ready.well
    assert ready.body["enrich"] is False


async def test_a_paused_provider_stands_in_the_body_and_does_not_make_it_unready() -> None:
    watched = Watched(ScriptedService())
    watched.vitals.watch_caller(cast("Any", ScriptedCaller()))
    watched.vitals.provider_paused(PauseCause.QUOTA)
    ready = watched.vitals.readiness()
    assert ready.well
    assert ready.body["paused"] == {"provider": "quota"}
    assert ready.body["provider"] == {"name": "scripted", "state": "closed", "waiting": 0}
    watched.vitals.provider_paused(None)
    assert watched.vitals.readiness().body["paused"] == {}


async def test_a_pause_that_a_person_must_end_says_how() -> None:
    watched = Watched(ScriptedService())
    caller = Caller(cast("Any", SimpleNamespace(name="openai")))
    watched.vitals.watch_caller(caller)
    caller._gate.tripped(await caller._gate.admit(), PauseCause.TLS)
    assert "CRM_INSIGHTS_LLM__CA_FILE" in watched.vitals.readiness().body["provider"]["remedy"]


def test_there_is_a_remedy_for_each_pause_that_does_not_end_by_itself() -> None:
    assert set(REMEDIES) == {cause for cause in PauseCause if cause.alarm}


async def test_one_event_is_taken_during_a_pause_of_the_provider_for_each_that_is_called_for() -> None:
    watched = Watched(ScriptedService())
    watched.vitals.provider_paused(PauseCause.OUTAGE)
    taking = asyncio.ensure_future(watched.pauses.wait_until_clear())
    await asyncio.sleep(0)
    assert not taking.done()
    watched.vitals.probe_due()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert taking.done()


async def test_a_provider_that_nobody_has_asked_yet_is_untried_not_half_open() -> None:
    watched = Watched(ScriptedService())
    caller = Caller(cast("Any", SimpleNamespace(name="openai")))
    watched.vitals.watch_caller(caller)
    assert watched.vitals.readiness().body["provider"]["state"] == "untried"


async def test_the_metrics_show_how_the_limits_of_the_account_stand() -> None:
    watched = Watched(ScriptedService())
    caller = Caller(
        cast("Any", SimpleNamespace(name="openai", complete=an_answer_that_tells_limits)), known_limits=None
    )
    watched.vitals.watch_caller(caller)
    await caller.ask(a_request(10), Reading.model_validate_json)
    watched.vitals.look()
    shown = watched.metrics.registry.get_sample_value
    assert shown("crm_insights_llm_limit", {"model": "m", "limit": "requests"}) == 500
    assert 499 <= (shown("crm_insights_llm_limit_remaining", {"model": "m", "limit": "requests"}) or 0) <= 500
    assert shown("crm_insights_llm_rate_factor", {"model": "m"}) == 1
    assert shown("crm_insights_llm_limit_pause_seconds", {"model": "m"}) == 0
    assert (shown("crm_insights_llm_queued"), shown("crm_insights_in_flight")) == (0, 0)


async def an_answer_that_tells_limits(_: Any, *, deadline_s: float) -> Completion:  # noqa: ARG001 -- as providers have it
    told = RateLimitHeaders(limit_requests=500, remaining_requests=499)
    return Completion(GOOD, None, "stop", Usage(10, 0, 5), "m", None, 1, told)


async def test_the_body_says_how_the_registry_has_answered_last() -> None:
    watched = Watched(ScriptedService())
    watched.vitals.watch_registry(cast("Any", SimpleNamespace(last_heard="answers 503")))
    assert watched.vitals.readiness().body["registry"] == {"last_heard": "answers 503"}


async def test_the_body_says_how_the_budgets_stand() -> None:
    watched = Watched()
    standing = {"currency": "EUR", "waiting": 0, "all": {}, "tenants_spent": 2}
    watched.vitals.watch_budgets(cast("Any", SimpleNamespace(standing=lambda: standing)))
    assert watched.vitals.readiness().body["budgets"] == standing


async def test_a_worker_on_its_way_out_is_not_ready() -> None:
    watched = Watched(ScriptedService())
    watched.stopping.set()
    assert not watched.vitals.readiness().well


# ---- /healthz


async def test_a_worker_is_healthy_before_it_has_partitions() -> None:
    health = Watched().vitals.health()
    assert health.well
    assert health.body == {"stuck": [], "closed": [], "events_expired": 0, "fatal": None}


async def test_a_partition_that_stands_still_with_work_to_do_is_told(later: Callable[[float], None]) -> None:
    watched = Watched(ScriptedService(stands={EVENTS_0: Progress(5, 9)}))
    watched.vitals.look()
    later(STUCK_AFTER_S + 1)
    watched.vitals.look()
    health = watched.vitals.health()
    assert not health.well
    (stuck,) = health.body["stuck"]
    assert stuck.startswith("crm.events-0 for 60")


class ScriptedEnds:
    def __init__(self, ends: dict[Partition, int]) -> None:
        """Answer `ends`."""
        self._ends = ends
        self.asked: list[Partition] = []

    def ask(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        self.asked = list(partitions)
        return self._ends

    beginnings = ask


@pytest.mark.parametrize("role", list(Role))
async def test_a_consumer_that_no_longer_fetches_is_told_by_what_the_broker_says(
    later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    """It believes that it has read everything: its own idea of the end comes with what it fetches."""
    monkeypatch.setattr("streams.worker.vitals.ASK_ENDS_EVERY_S", 0.001)
    watched = Watched(ScriptedService(role, stands={EVENTS_0: Progress(9, 9)}))
    ends = ScriptedEnds({EVENTS_0: 12})
    watched.vitals.watch_ends(cast("Any", ends))
    asking = asyncio.create_task(watched.vitals.ask_ends())
    await until(lambda: ends.asked)
    asking.cancel()
    await settle()
    watched.vitals.look()
    assert watched.value("lag", topic="crm.events", partition="0") == 3
    later(STUCK_AFTER_S + 1)
    watched.vitals.look()
    assert not watched.vitals.health().well
    assert ends.asked == [EVENTS_0]


async def test_a_partition_without_work_is_not_stuck(later: Callable[[float], None]) -> None:
    watched = Watched(ScriptedService(stands={EVENTS_0: Progress(9, 9)}))
    watched.vitals.look()
    later(STUCK_AFTER_S + 1)
    watched.vitals.look()
    assert watched.vitals.health().well


async def test_a_pause_is_not_standing_still(later: Callable[[float], None]) -> None:
    watched = Watched(ScriptedService(stands={EVENTS_0: Progress(5, 9)}))
    watched.vitals.provider_paused(PauseCause.OUTAGE)
    watched.vitals.look()
    later(STUCK_AFTER_S + 1)
    watched.vitals.look()
    assert watched.vitals.health().well


def look_each_minute(watched: Watched, later: Callable[[float], None], minutes: int) -> None:
    for _ in range(minutes):
        later(60)
        watched.vitals.look()


async def test_a_partition_whose_event_waits_as_the_provider_has_asked_is_not_stuck_and_the_others_are(
    later: Callable[[float], None],
) -> None:
    other = Partition("crm.events", 1)
    service = ScriptedService(stands={EVENTS_0: Progress(5, 9), other: Progress(7, 9)}, asked={EVENTS_0: 580.0})
    watched = Watched(service)
    watched.vitals.look()
    look_each_minute(watched, later, 11)
    (stuck,) = watched.vitals.health().body["stuck"]
    assert stuck.startswith("crm.events-1 for 66")


async def test_waits_that_were_asked_for_now_and_then_hide_no_partition_that_is_stuck(
    later: Callable[[float], None],
) -> None:
    service = ScriptedService(stands={EVENTS_0: Progress(5, 9)})
    watched = Watched(service)
    watched.vitals.look()
    for _ in range(6):
        service.asked = {EVENTS_0: 30.0}
        look_each_minute(watched, later, 1)
        service.asked = {}
        look_each_minute(watched, later, 2)
    (stuck,) = watched.vitals.health().body["stuck"]
    assert stuck.startswith("crm.events-0 for 72")


def a_caller_refused_for(seconds: float) -> Caller:
    """The last call has met the account's limit, and the provider asks for so many seconds."""
    caller = Caller(cast("Any", SimpleNamespace(name="openai")))
    limits = caller._pacers.of("gpt-5-mini").limits
    now_s = time.monotonic()
    limits.refused(limits.reserve(100.0, now_s), seconds, None, now_s)
    return caller


async def test_a_limit_of_the_account_excuses_every_partition_of_enrich_and_none_of_intake(
    later: Callable[[float], None],
) -> None:
    watched = Watched(*(ScriptedService(role, stands={EVENTS_0: Progress(5, 9)}) for role in Role))
    watched.vitals.watch_caller(a_caller_refused_for(600.0))
    watched.vitals.look()
    look_each_minute(watched, later, 11)
    assert len(watched.vitals.health().body["stuck"]) == 1


async def test_a_wait_that_the_provider_asks_for_is_shown_with_its_cause() -> None:
    watched = Watched(ScriptedService(stands={EVENTS_0: Progress(5, 9)}))
    watched.vitals.watch_caller(a_caller_refused_for(90.0))
    watched.vitals.look()
    assert watched.value("paused", reason="rate_limited") == 1
    assert watched.vitals.readiness().well
    assert watched.vitals.readiness().body["paused"] == {"rate_limited": "the provider asks to wait for 90 s more"}


async def test_a_wait_of_one_event_is_shown_until_it_is_over_and_a_moment_is_not() -> None:
    service = ScriptedService(asked={EVENTS_0: 21.0})
    watched = Watched(service)
    shown = []
    for left_s in (21.0, 4.0):
        service.asked = {EVENTS_0: left_s}
        watched.vitals.look()
        shown.append((watched.value("paused", reason="rate_limited"), watched.vitals.readiness().body["paused"]))
    assert shown == [(1, {"rate_limited": "the provider asks to wait for 21 s more"}), (0, {})]


async def test_events_that_retention_has_deleted_unread_are_never_passed_silently(log_output: io.StringIO) -> None:
    watched = Watched(ScriptedService())
    watched.vitals.offset_out_of_range(EVENTS_0, 10, 60, 100)
    health = watched.vitals.health()
    assert (health.well, health.body["events_expired"]) == (False, 50)
    assert watched.value("events_expired_total") == 50
    assert '"level": "error", "logger": "streams.worker.vitals", "event": "events_expired"' in log_output.getvalue()


@pytest.mark.parametrize(("beginning", "expired"), [(60, 50), (10, 0), (3, 0)], ids=["expired", "at it", "a gap"])
async def test_a_gap_is_a_loss_where_the_partition_begins_behind_it(beginning: int, expired: int) -> None:
    """Transactions leave gaps too."""
    watched = Watched(ScriptedService())
    ends = ScriptedEnds({EVENTS_0: beginning})
    watched.vitals.watch_ends(cast("Any", ends))
    watched.vitals.gap(EVENTS_0, 10)
    await until(lambda: ends.asked)
    await asyncio.sleep(0.01)
    assert watched.value("events_expired_total") == expired


async def test_a_fatal_error_is_told_by_its_class() -> None:
    watched = Watched(ScriptedService())
    watched.vitals.fatal = UnknownDeliveryError("a record to crm.insights: KafkaTimeoutError")
    health = watched.vitals.health()
    assert (health.well, health.body["fatal"]) == (False, "UnknownDeliveryError")


# ---- looking


async def test_lag_and_window_are_told_to_the_metrics() -> None:
    service = ScriptedService(stands={EVENTS_0: Progress(5, 9)})
    service.window.enter("an event", 10)
    watched = Watched(service)
    watched.vitals.look()
    assert watched.value("lag", topic="crm.events", partition="0") == 4
    assert watched.value("window") == 1


async def test_tasks_that_nobody_ends_show_in_the_metrics() -> None:
    watched = Watched()
    running = [asyncio.create_task(asyncio.sleep(3_600)) for _ in range(5)]
    observing = asyncio.create_task(watched.vitals.observe())
    await asyncio.sleep(0)
    seen = watched.value("tasks")
    for task in (*running, observing):
        task.cancel()
    assert seen == len(running) + len((observing, asyncio.current_task()))


async def test_what_is_committed_need_not_be_remembered() -> None:
    service = ScriptedService()
    Watched(service).vitals.look()
    assert service.forgotten == [{EVENTS_0: 3}]


async def test_a_broker_that_answers_no_heartbeat_is_a_pause_until_it_does() -> None:
    service = ScriptedService()
    watched = Watched(service)
    service.ownership.lease._renewed_at = float("-inf")
    watched.vitals.look()
    assert watched.pauses.causes == {Dependency.BROKER: "the broker answers no heartbeat"}
    assert service.hung_up == 1, "what is on its way would arrive when the connection heals"
    service.ownership.lease.renew(service.ownership.lease.now())
    watched.vitals.look()
    assert watched.pauses.causes == {}


async def test_a_topic_that_ends_before_the_commit_is_told_and_does_not_count_as_expired(
    log_output: io.StringIO,
) -> None:
    watched = Watched(ScriptedService())
    watched.vitals.offset_out_of_range(EVENTS_0, 101, 0, 100)
    assert watched.vitals.health().well
    assert watched.value("events_expired_total") == 0
    assert '"event": "offset_beyond_the_end"' in log_output.getvalue()


async def test_events_that_expired_unread_are_healthy_once_an_operator_says_that_they_know() -> None:
    vitals = Vitals(Metrics(CollectorRegistry()), Pauses(lambda *_: None), asyncio.Event(), accept_expired=True)
    vitals.offset_out_of_range(EVENTS_0, 10, 60, 100)
    assert vitals.health().well
    assert vitals.health().body["events_expired"] == 50


async def test_a_rebalance_that_never_ends_is_unhealthy_and_one_that_ends_is_not(
    later: Callable[[float], None],
) -> None:
    half = ScriptedService()
    watched = Watched(half)
    half.ownership.close()
    watched.vitals.look()
    assert watched.vitals.health().well
    later(700)
    assert watched.vitals.health().body["closed"] == ["enrich"]
    assert not watched.vitals.health().well
    half.ownership.assign(2, [EVENTS_0])
    half.ownership.reopen(2)
    watched.vitals.look()
    assert watched.vitals.health().well
