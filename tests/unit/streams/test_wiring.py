"""That what the settings say of the provider reaches it, and that what its caller tells reaches the worker."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

import streams.worker.process
from processors.llm.provider import Completion, CompletionFailure, CompletionRequest, FailureKind, Usage
from processors.llm.retry_policy import PauseCause
from schemas.errors import Dependency, DependencyFault
from streams.observability.metrics import Metrics
from streams.parts import make_caller, make_provider
from streams.settings import LlmSettings, Settings
from streams.worker.process import Worker
from streams.worker.services import Role
from tests.support.certificates import a_certificate
from tests.unit.llm.limits.accounts import GOOD, Reading, a_request
from tests.unit.streams.kafka import settle

if TYPE_CHECKING:
    from pathlib import Path

    from processors.llm.caller import Caller


class DeadlineKeeper:
    """A provider that remembers its deadlines, and fails if the test says so."""

    name = "deadlines"

    def __init__(self, failure: CompletionFailure | None = None) -> None:
        """Take what each call raises."""
        self.failure = failure
        self.deadlines_s: list[float] = []

    async def complete(self, request: CompletionRequest, *, deadline_s: float) -> Completion:
        self.deadlines_s.append(deadline_s)
        if self.failure is not None:
            raise self.failure
        return Completion(GOOD, None, "stop", Usage(1, 0, 1), request.model, None, 1)

    async def warm_up(self) -> None: ...

    async def aclose(self) -> None: ...


def a_caller(provider: DeadlineKeeper, **llm: Any) -> Caller:
    def nothing(*_: Any) -> None: ...

    settings = Settings(llm=LlmSettings(api_key=SecretStr("k"), **llm))
    return make_caller(settings, provider, on_call=nothing, on_pause=nothing, on_probe_due=nothing, on_wait=nothing)


async def test_one_attempt_may_take_what_the_settings_say() -> None:
    provider = DeadlineKeeper()
    await a_caller(provider, attempt_timeout_s=7).ask(a_request(), Reading.model_validate_json)
    assert provider.deadlines_s == [7]


async def test_all_attempts_may_take_what_the_settings_say() -> None:
    provider = DeadlineKeeper()
    await a_caller(provider, max_elapsed_s=5).ask(a_request(), Reading.model_validate_json)
    assert provider.deadlines_s == [5]


async def test_there_are_as_many_attempts_as_the_settings_say() -> None:
    provider = DeadlineKeeper(CompletionFailure(FailureKind.SERVER_ERROR))
    with pytest.raises(DependencyFault):
        await a_caller(provider, max_attempts=2).ask(a_request(), Reading.model_validate_json)
    assert len(provider.deadlines_s) == 2


async def test_limits_that_the_settings_know_are_kept() -> None:
    provider = DeadlineKeeper()
    caller = a_caller(provider, requests_per_minute=600, tokens_per_minute=90_000)
    await caller.ask(a_request(10), Reading.model_validate_json)
    (limits,) = caller.state.limits.values()
    assert sorted(limits.limit.values()) == [600, 90_000]


async def test_the_provider_trusts_the_authority_that_the_settings_name(tmp_path: Path) -> None:
    ca_file = a_certificate(tmp_path).certificate
    llm = LlmSettings.model_validate({"api_key": "k", "base_url": "https://gateway.test/v1", "ca_file": ca_file})
    provider: Any = make_provider(Settings(llm=llm))
    assert len(provider._client._client._transport.ssl_context.get_ca_certs()) == 1
    await provider.aclose()


# ---- what the caller of a worker tells


@pytest.fixture
async def enriching(monkeypatch: pytest.MonkeyPatch) -> tuple[Worker, Caller]:
    """A worker and the caller that it has made for its enriching half."""
    made: list[Caller] = []

    def service(_shared: Any, caller: Caller, *_: Any, **__: Any) -> Any:
        made.append(caller)
        return SimpleNamespace()

    async def at_once(*_: Any) -> None: ...

    monkeypatch.setattr(streams.worker.process, "enrich_service", service)
    monkeypatch.setattr(streams.worker.process, "warm_up", at_once)
    monkeypatch.setattr(streams.worker.process, "make_provider", lambda _: DeadlineKeeper())
    worker = Worker(Settings(), frozenset({Role.ENRICH}), Metrics(CollectorRegistry()))
    await worker._enrich(cast("Any", None))
    return worker, made[0]


async def test_a_worker_pauses_when_its_caller_does(enriching: tuple[Worker, Caller]) -> None:
    worker, caller = enriching
    caller._gate.tripped(await caller._gate.admit(), PauseCause.QUOTA)
    assert worker._pauses.causes == {Dependency.PROVIDER: "quota"}


async def test_a_worker_takes_one_event_when_its_caller_calls_for_one(enriching: tuple[Worker, Caller]) -> None:
    worker, caller = enriching
    ticket = await caller._gate.admit()
    caller._gate.tripped(ticket, PauseCause.OUTAGE)
    taking = asyncio.ensure_future(worker._pauses.wait_until_clear())
    await settle()
    assert not taking.done()
    # The pause has lasted long enough.
    caller._breaker.probe_at_s = 0.0
    caller._gate.withdrawn(ticket)
    await settle()
    assert taking.done()


async def test_a_worker_counts_each_call_of_its_caller_and_its_wait(enriching: tuple[Worker, Caller]) -> None:
    worker, caller = enriching
    await caller.ask(a_request(), Reading.model_validate_json)
    value = worker._telemetry.metrics.registry.get_sample_value
    assert value("crm_insights_llm_calls_total", {"model": "m", "outcome": "ok"}) == 1
    assert value("crm_insights_llm_wait_seconds_count") == 1
