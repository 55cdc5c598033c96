"""What a provider bills is counted, however the event ends that it was asked about: once, and each call by itself."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from processors.enrichment import EnrichmentRules
from processors.llm.caller import Caller
from processors.llm.prices import PriceBook
from processors.llm.provider import Completion, CompletionFailure, FailureKind, Usage
from tests.unit.streams.asking import an_answer
from tests.unit.streams.bench import EnrichBench, a_bench, an_event
from tests.unit.streams.kafka import settle, until

if TYPE_CHECKING:
    from processors.llm.provider import CompletionRequest

GOOD, RUBBISH = an_answer(), "no answer at all"
FILTERED = CompletionFailure(FailureKind.CONTENT_FILTERED)


class Bookkeeper:
    """A provider that says what it is told to, one after the other, and bills `usage` for each answer."""

    name = "bookkeeper"

    def __init__(self, *says: str | CompletionFailure, usage: Usage | None = None) -> None:
        """The last of `says` is repeated."""
        self.says = list(says)
        self.usage = usage or Usage(100, 60, 20)
        self.answered = 0
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def complete(self, request: CompletionRequest, *, deadline_s: float) -> Completion:  # noqa: ARG002
        await self.goes_on.wait()
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if isinstance(said, CompletionFailure):
            raise said
        self.answered += 1
        return Completion(said, None, "stop", self.usage, request.model, None, 1)

    async def warm_up(self) -> None: ...

    async def aclose(self) -> None: ...


def counted(bench: EnrichBench, model: str = "gpt-5-mini") -> float:
    """All tokens of the events' tenant."""
    directions = ("input", "cached_input", "output")
    labels = {"model": model, "tenant": "acme", "department": "", "kind": "interaction_summary"}
    return sum(bench.count("llm_tokens_total", **labels, direction=direction) for direction in directions)


@pytest.mark.parametrize(
    ("says", "ending"),
    [
        ([GOOD], "insight"),
        ([RUBBISH, GOOD], "insight"),
        ([RUBBISH], "invalid_answer"),
        ([RUBBISH, FILTERED], "content_filter"),
    ],
)
async def test_each_answer_is_counted_once_whatever_becomes_of_it(
    says: list[str | CompletionFailure], ending: str
) -> None:
    provider = Bookkeeper(*says)
    async with a_bench(caller=Caller(provider)) as bench:
        await bench.deliver(an_event("e1"))
        await until(lambda: bench.endings)
        assert bench.endings == [("e1", ending)]
        assert counted(bench) == provider.answered * 120


async def test_the_answers_of_an_event_that_ends_with_an_error_of_our_own_are_counted() -> None:
    def fail(*_: Any, **__: Any) -> NoReturn:
        raise KeyError("x")

    provider = Bookkeeper(GOOD)
    async with a_bench(caller=Caller(provider)) as bench:
        bench.context.enrichment._insight = fail  # type: ignore[method-assign] # this one object, this one test
        await bench.deliver(an_event("e1"))
        await until(lambda: bench.endings)
        assert bench.endings == [("e1", "internal_error")]
        assert provider.answered > 1
        assert counted(bench) == provider.answered * 120


async def test_an_answer_is_counted_although_its_partition_went_elsewhere_before_it_was_asked_again() -> None:
    provider = Bookkeeper(RUBBISH)
    provider.goes_on.clear()
    async with a_bench(caller=Caller(provider)) as bench:
        await bench.deliver(an_event("e1"))
        await bench.agent.on_revoked()
        provider.goes_on.set()
        await settle()
        await bench.assign(1, generation=bench.app.consumer_generation_id + 1)
        await bench.resume()
        assert bench.endings == []
        assert (provider.answered, counted(bench)) == (1, 120)


async def test_two_calls_are_priced_each_by_the_length_of_its_own_prompt() -> None:
    # gpt-5.4 costs more beyond 272,000 tokens of one prompt; two of 200,000 are none.
    usage = Usage(200_000, 0, 20)
    async with a_bench(caller=Caller(Bookkeeper(RUBBISH, GOOD, usage=usage))) as bench:
        bench.context.enrichment._rules = EnrichmentRules("gpt-5.4", 2_000, "a-salt-of-sixteen")
        await bench.deliver(an_event("e1"))
        await until(lambda: bench.endings)
        once = PriceBook().cost("gpt-5.4", usage)
        assert once is not None
        labels = {"model": "gpt-5.4", "tenant": "acme", "department": "", "kind": "interaction_summary"}
        spent = bench.count("llm_cost_total", **labels, currency="USD")
        assert spent == pytest.approx(2 * once.amount)
