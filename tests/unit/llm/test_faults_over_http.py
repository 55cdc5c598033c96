"""Every fault that is known, on the demo's simulator, by itself and mixed: each event ends as it should."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from processors.kinds.answers import check_answer
from processors.kinds.interaction_summary import interaction_summary
from processors.llm.asking import AskHistory
from processors.llm.breaker import BreakerPolicy
from processors.llm.caller import Caller
from processors.llm.openai_provider import OpenAIProvider
from processors.llm.provider import CompletionRequest
from processors.llm.retry_policy import RetryPolicy
from schemas.errors import DataFault, DependencyFault
from streams.demo.llm_simulator import Fault, LlmSimulator, Order, SimulatorOptions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

KIND = interaction_summary()
# The proportions of the real ones, a twentieth as long: an attempt takes half a second at most, and six of them 20 s.
FAST = RetryPolicy(attempt_timeout_s=0.5, max_elapsed_s=20, backoff_base_s=0.02, backoff_cap_s=2)
SHORT_PAUSES = BreakerPolicy(outage_pause_s=0.1, outage_cap_s=1, alarm_pause_s=0.1, alarm_cap_s=1)

ANSWERED = "answered"
ONCE = {
    Fault.RATE_LIMITED: (ANSWERED, 2),
    Fault.INSUFFICIENT_QUOTA: (ANSWERED, 2),
    Fault.UNAUTHORIZED: (ANSWERED, 2),
    Fault.FORBIDDEN: (ANSWERED, 2),
    Fault.MODEL_NOT_FOUND: (ANSWERED, 2),
    Fault.CONTEXT_LENGTH_EXCEEDED: (ANSWERED, 2),
    Fault.SERVER_ERROR: (ANSWERED, 2),
    Fault.UNAVAILABLE: (ANSWERED, 2),
    Fault.HANG: (ANSWERED, 2),
    Fault.DRIP: (ANSWERED, 2),
    Fault.RESET: (ANSWERED, 2),
    Fault.HTML: (ANSWERED, 2),
    Fault.BROKEN_JSON: (ANSWERED, 2),
    Fault.REFUSAL: ("model_refused", 1),
    Fault.CONTENT_FILTER: ("content_filter", 1),
    Fault.LENGTH: (ANSWERED, 2),
    Fault.INVALID_SCHEMA: (ANSWERED, 2),
    Fault.UNKNOWN_ENUM: (ANSWERED, 2),
}
# What meets one event again and again, while the others are answered.
ALWAYS = {
    Fault.CONTEXT_LENGTH_EXCEEDED: ("context_too_long", 2),
    Fault.SERVER_ERROR: ("provider_error", 6),
    Fault.UNAVAILABLE: ("provider_error", 6),
    Fault.HANG: ("provider_error", 6),
    Fault.DRIP: ("provider_error", 6),
    Fault.RESET: ("provider_error", 6),
    Fault.HTML: ("provider_error", 6),
    Fault.BROKEN_JSON: ("provider_error", 6),
    Fault.REFUSAL: ("model_refused", 1),
    Fault.CONTENT_FILTER: ("content_filter", 1),
    Fault.LENGTH: ("output_truncated", 2),
    Fault.INVALID_SCHEMA: ("invalid_answer", 2),
    Fault.UNKNOWN_ENUM: ("invalid_answer", 2),
}


@dataclass
class Desk:
    """A caller, the account that it asks, and how its events have ended."""

    simulator: LlmSimulator
    caller: Caller
    endings: dict[str, str] = field(default_factory=dict)

    async def an_event(self, name: str) -> str:
        """Do what the stream layer does: keep the event through pauses, and ask again."""
        request = CompletionRequest(
            "gpt-5-mini",
            KIND.instructions,
            f"[{name}] The invoice is wrong again. Please call me back.",
            KIND.name,
            KIND.json_schema,
            KIND.max_output_tokens,
        )
        history = AskHistory()
        while name not in self.endings:
            try:
                await self.caller.ask(
                    request,
                    lambda text: check_answer(KIND, text),
                    shorten=lambda: replace(request, user_message=f"[{name}] The invoice is wrong."),
                    history=history,
                )
            except DataFault as fault:
                self.endings[name] = fault.reason
            except DependencyFault:
                await self.caller.ready()
            else:
                self.endings[name] = ANSWERED
        return self.endings[name]

    async def calls(self, name: str) -> int:
        """Requests that were sent for an event; the simulator counts one once it notices that the client is gone."""
        async with asyncio.timeout(5):
            while self.simulator.stats.in_flight:  # noqa: ASYNC110 -- another server's counter, which tells nobody
                await asyncio.sleep(0.01)
        return self.simulator.stats.calls_by_marker[name]

    @asynccontextmanager
    async def others(self) -> AsyncIterator[None]:
        """Let events pass all the time, so that it shows whose fault a failure is."""

        async def pass_by() -> None:
            number = 0
            while True:
                await self.an_event(f"other-{(number := number + 1)}")
                await asyncio.sleep(0.01)

        passing = [asyncio.create_task(pass_by()) for _ in range(2)]
        await asyncio.sleep(0.1)
        try:
            yield
        finally:
            for task in passing:
                task.cancel()
            await asyncio.gather(*passing, return_exceptions=True)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with LlmSimulator(SimulatorOptions(marker=re.compile(r"\[([\w-]+)\]"))) as simulator:
        provider = OpenAIProvider("k", base_url=simulator.base_url)
        yield Desk(simulator, Caller(provider, FAST, breaker=SHORT_PAUSES, rng=random.Random(3)))
        await provider.aclose()


def test_every_fault_of_the_simulator_has_its_row() -> None:
    assert set(ONCE) == set(Fault)
    # The others are nobody's own: they pause, and the tests of pauses have them.
    assert set(Fault) - set(ALWAYS) == {
        Fault.RATE_LIMITED,
        Fault.INSUFFICIENT_QUOTA,
        Fault.UNAUTHORIZED,
        Fault.FORBIDDEN,
        Fault.MODEL_NOT_FOUND,
    }


@pytest.mark.parametrize("fault", Fault)
async def test_a_fault_that_is_met_once(desk: Desk, fault: Fault) -> None:
    ending, calls = ONCE[fault]
    desk.simulator.faults.order(Order(fault, count=1, match="[e]"))
    assert await desk.an_event("e") == ending
    assert await desk.calls("e") == calls


@pytest.mark.parametrize("fault", ALWAYS)
async def test_a_fault_that_one_event_meets_again_and_again_ends_it_and_holds_nobody_up(
    desk: Desk, fault: Fault
) -> None:
    ending, calls = ALWAYS[fault]
    desk.simulator.faults.order(Order(fault, match="[e]"))
    async with desk.others():
        assert await desk.an_event("e") == ending
    assert await desk.calls("e") == calls
    assert {found for name, found in desk.endings.items() if name != "e"} == {ANSWERED}
    assert desk.caller.state.cause is None


@pytest.mark.slow
async def test_all_faults_mixed_at_a_twentieth_of_the_calls_end_every_event_with_a_bounded_number_of_calls(
    desk: Desk,
) -> None:
    for fault in Fault:
        desk.simulator.faults.order(Order(fault, share=0.05 / len(Fault)))
    names = [f"e{number}" for number in range(1_200)]
    waiting = iter(names)

    async def one_after_the_other() -> None:
        for name in waiting:
            await desk.an_event(name)

    async with asyncio.timeout(120):
        await asyncio.gather(*(one_after_the_other() for _ in range(20)))
    endings = Counter(desk.endings.values())
    assert set(endings) <= {ANSWERED, "model_refused", "content_filter"}
    assert endings[ANSWERED] >= 0.98 * len(names)
    assert max([await desk.calls(name) for name in names]) <= 6
    assert desk.simulator.stats.calls <= 1.15 * len(names)
