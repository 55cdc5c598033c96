"""The same in real time and over HTTP: three callers with the real provider on one account.

An independent judge looks on: the package llmock tells how a client treats refusals.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from llmock.ratelimit import LimitSettings
from llmock.scenarios import Fail
from llmock.testing import LLMockServer
from llmock.verdict import judge
from pydantic import BaseModel

from processors.kinds.interaction_summary import interaction_summary
from processors.llm.caller import Caller
from processors.llm.openai_provider import OpenAIProvider
from processors.llm.provider import CompletionRequest
from streams.demo.llm_simulator import Fault, LlmSimulator, Order, SimulatorOptions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

KIND = interaction_summary()


def a_request(number: int, words: int = 400) -> CompletionRequest:
    return CompletionRequest(
        "gpt-5-mini",
        KIND.instructions,
        f"record {number}: " + "The invoice is wrong again. " * (words // 5),
        KIND.name,
        KIND.json_schema,
        KIND.max_output_tokens,
    )


@asynccontextmanager
async def callers(base_url: str, count: int = 3) -> AsyncIterator[list[Caller]]:
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(count):
            provider = OpenAIProvider("k", base_url=base_url, max_in_flight=256)
            stack.push_async_callback(provider.aclose)
            made.append(Caller(provider))
        yield made


async def all_answered(
    callers: list[Caller], requests: list[CompletionRequest], check: Callable[[str], BaseModel], slots: int = 100
) -> None:
    """Bring each request to its answer, by whichever caller is free. An exception of one ends all."""
    rest = iter(requests)

    async def one_after_the_other(caller: Caller) -> None:
        for request in rest:
            await caller.ask(request, check)

    async with asyncio.TaskGroup() as group:
        for caller in callers:
            for _ in range(slots):
                group.create_task(one_after_the_other(caller))


class Anything(BaseModel):
    """What the judge's simulated model says is no answer of ours; how it was asked for is what counts."""

    text: str


@pytest.mark.slow
async def test_three_callers_use_the_limit_and_are_not_refused() -> None:
    options = SimulatorOptions(requests_per_minute=3_000, tokens_per_minute=10_000_000, latency_median_s=0.3)
    async with LlmSimulator(options) as simulator, callers(simulator.base_url) as three:
        # As if the minute before had been busy: what is measured is the refill.
        simulator.limits.requests.level = 150
        requests = [a_request(number) for number in range(700)]
        working = asyncio.create_task(all_answered(three, requests, KIND.answer_model.model_validate_json))
        await asyncio.sleep(5)
        paid, began_s = simulator.stats.paid, time.monotonic()
        await asyncio.sleep(5)
        rate = (simulator.stats.paid - paid) / (time.monotonic() - began_s)
        await working
        stats = simulator.stats
    assert rate >= 0.95 * 50
    assert stats.by_status["429"] <= 0.005 * stats.calls
    assert stats.paid == 700


@pytest.mark.slow
async def test_a_tenth_of_the_burst_ends_in_little_more_than_the_ideal_time() -> None:
    options = SimulatorOptions(requests_per_minute=500, tokens_per_minute=1_000_000, latency_median_s=0.5)
    async with LlmSimulator(options) as simulator, callers(simulator.base_url) as three:
        simulator.limits.requests.level = 50
        began_s = time.monotonic()
        await all_answered(three, [a_request(number) for number in range(500)], KIND.answer_model.model_validate_json)
        took_s = time.monotonic() - began_s
        stats = simulator.stats
    # What stays in the bucket at the end is what refills in three seconds, however long the burst was.
    assert took_s <= 54 + 6
    assert stats.by_status["429"] <= 2
    assert stats.paid == 500


async def test_refusals_that_come_out_of_the_blue_are_waited_out_and_lose_nothing() -> None:
    options = SimulatorOptions(latency_median_s=0.05)
    async with LlmSimulator(options) as simulator, callers(simulator.base_url, 1) as (caller,):
        simulator.faults.order(Order(Fault.RATE_LIMITED, count=30))
        await all_answered(
            [caller], [a_request(number) for number in range(100)], KIND.answer_model.model_validate_json
        )
        assert simulator.stats.by_status["429"] == 30
        assert simulator.stats.paid == 100


# ---- the judge


@asynccontextmanager
async def judged(**limits: int) -> AsyncIterator[tuple[str, Any]]:
    """An account at the judge's; its base URL and its state."""
    with LLMockServer() as server:
        server.state.limiter.configure(LimitSettings(**limits))
        yield server.base_url("openai"), server.state


def findings(state: Any) -> set[str]:
    return {finding.code for finding in judge(state.journal.records(wait=2)).findings}


@pytest.mark.slow
async def test_the_judge_finds_no_storm_and_no_ignored_wait_among_three_callers_above_the_limit() -> None:
    async with judged(rpm=1_200, tpm=10_000_000) as (base_url, state), callers(base_url) as three:
        numbers = itertools.count()

        def accept(_: str) -> BaseModel:
            return Anything(text="")

        requests = [a_request(next(numbers), words=50) for _ in range(1_400)]
        await all_answered(three, requests, accept)
        records = state.journal.records(wait=2)
        assert findings(state) == set()
        assert len(records) >= 1_000
        assert sum(record.status == 429 for record in records) <= 0.005 * len(records)


async def test_the_judge_finds_nothing_to_blame_in_how_faults_are_treated() -> None:
    async with judged() as (base_url, state), callers(base_url, 1) as (caller,):
        state.scenarios.add(Fail(429, retry_after=2.0, times=5), Fail(503, times=3), Fail(500, times=2))
        await all_answered([caller], [a_request(number) for number in range(20)], lambda _: Anything(text=""), slots=5)
        assert findings(state) == set()
