"""Each cut of a text is logged, counted and marked on the insight: to the settings' budget or to the model's window."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from processors.llm.caller import Caller
from processors.llm.provider import Completion, CompletionFailure, CompletionRequest, FailureKind, Usage
from tests.unit.streams.asking import an_answer
from tests.unit.streams.bench import EnrichBench, a_bench, an_event
from tests.unit.streams.kafka import until

if TYPE_CHECKING:
    import io

# The bench has a budget of 2,000 tokens: the first is within it, the second is not.
WITHIN, BEYOND = "The invoice is wrong again. " * 200, "The invoice is wrong again. " * 600


class NarrowModel:
    """Refuses the first `refuses` requests as longer than its window."""

    name = "narrow"

    def __init__(self, refuses: int = 1, then: CompletionFailure | None = None) -> None:
        """`then` is what comes once before the answer."""
        self.sent: list[int] = []
        self._failures = [CompletionFailure(FailureKind.CONTEXT_TOO_LONG, status=400)] * refuses
        self._failures += [then] if then is not None else []

    async def complete(self, request: CompletionRequest, *, deadline_s: float) -> Completion:  # noqa: ARG002 - the interface
        self.sent.append(len(request.user_message))
        if self._failures:
            raise self._failures.pop(0)
        return Completion(an_answer(), None, "stop", Usage(100, 0, 20), "gpt-5-mini", "req_1", 12)


async def published_from(bench: EnrichBench, text: str) -> Any:
    await bench.deliver(an_event("e1", text))
    await until(lambda: bench.endings)
    (insight,) = await bench.insights()
    return insight


def cuts_told(log_output: io.StringIO) -> list[int]:
    lines = (json.loads(line) for line in log_output.getvalue().splitlines())
    return [line["dropped_tokens"] for line in lines if line["event"] == "truncated"]


@pytest.mark.parametrize(("text", "cuts"), [(WITHIN, 1), (BEYOND, 2)], ids=["within the budget", "cut to it before"])
async def test_a_cut_that_the_models_window_asks_for_is_logged_counted_and_marked(
    text: str, cuts: int, log_output: io.StringIO
) -> None:
    async with a_bench(caller=Caller(cast("Any", NarrowModel()))) as bench:
        insight = await published_from(bench, text)
        told = cuts_told(log_output)
        assert len(told) == cuts
        assert insight.truncated
        assert insight.dropped_tokens == told[-1] > 0
        assert bench.count("truncated_total") == 1
        assert bench.count("dropped_tokens_total") == insight.dropped_tokens


async def test_what_fits_is_not_cut(log_output: io.StringIO) -> None:
    async with a_bench(caller=Caller(cast("Any", NarrowModel(0)))) as bench:
        insight = await published_from(bench, WITHIN)
        assert (insight.truncated, cuts_told(log_output), bench.count("truncated_total")) == (False, [], 0)


async def test_after_a_pause_the_shorter_prompt_is_asked_and_the_cut_counts_once(log_output: io.StringIO) -> None:
    down = CompletionFailure(FailureKind.SERVER_ERROR, status=503, retry_after_s=21.0)
    model = NarrowModel(then=down)
    clock = [1_000.0]
    caller = Caller(cast("Any", model), clock=lambda: clock[0])
    async with a_bench(caller=caller) as bench:
        await bench.deliver(an_event("e1", WITHIN))
        await until(lambda: bench.pauses.causes)
        clock[0] += 60.0
        caller._gate._let_through()
        await until(lambda: bench.endings)
        (insight,) = await bench.insights()
        assert len(model.sent) == 3
        assert model.sent[0] > model.sent[1] == model.sent[2]
        assert len(cuts_told(log_output)) == 1
        assert bench.count("dropped_tokens_total") == insight.dropped_tokens
