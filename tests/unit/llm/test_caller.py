"""One event's asking, against a scripted provider, in virtual time (see conftest)."""

from __future__ import annotations

import asyncio
import itertools
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import stamina
from pydantic import BaseModel

from processors.llm.asking import AskHistory
from processors.llm.call_reports import AskFault, CallReport
from processors.llm.caller import Caller
from processors.llm.provider import Completion, CompletionFailure, CompletionRequest, FailureKind, Usage
from processors.llm.retry_policy import RetryPolicy
from schemas.errors import DataFault
from schemas.outcomes import DeadLetterReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Step = Completion | Exception


class Reading(BaseModel):
    mood: str


REQUEST = CompletionRequest(
    model="m",
    instructions="rules",
    user_message="Ann Lee wrote",
    schema_name="reading",
    json_schema=Reading.model_json_schema(),
    max_output_tokens=100,
)
GOOD = Completion('{"mood": "good"}', None, "stop", Usage(100, 80, 20), "m-2026", "req_1", 500)
REFUSED = replace(GOOD, text=None, refusal="No.")
CUT_OFF = replace(GOOD, text='{"mood": "go', finish_reason="length")
NONSENSE = replace(GOOD, text="Sure!")
RATE_LIMITED = CompletionFailure(FailureKind.RATE_LIMITED, status=429)
BROKEN = CompletionFailure(FailureKind.SERVER_ERROR, status=500)
TOO_LONG = CompletionFailure(FailureKind.CONTEXT_TOO_LONG, status=400)


class ScriptedProvider:
    """Answers each request with the next step of a script, half a second later; remembers what it was asked."""

    name = "scripted"

    def __init__(self, steps: Iterable[Step]) -> None:
        """A step is what a request brings, in the order of the requests."""
        self.steps = iter(steps)
        self.requests: list[CompletionRequest] = []
        self.times_s: list[float] = []
        self.deadlines_s: list[float] = []

    async def complete(self, request: CompletionRequest, *, deadline_s: float) -> Completion:
        self.requests.append(request)
        self.times_s.append(asyncio.get_running_loop().time())
        self.deadlines_s.append(deadline_s)
        step = next(self.steps)
        await asyncio.sleep(0.5)
        if isinstance(step, Exception):
            raise step
        return step

    async def warm_up(self) -> None: ...

    async def aclose(self) -> None: ...


class Shedding(ScriptedProvider):
    """Passes the requests of one event on to one provider and those of all others to another."""

    def __init__(self, one: ScriptedProvider, others: ScriptedProvider) -> None:
        """`others` answers what asks about another text than REQUEST's."""
        self._one, self._others = one, others

    async def complete(self, request: CompletionRequest, *, deadline_s: float) -> Completion:
        chosen = self._one if request.user_message == REQUEST.user_message else self._others
        return await chosen.complete(request, deadline_s=deadline_s)


class HangingProvider(ScriptedProvider):
    """Sends nothing, ever; like the real one it ends at the deadline."""

    async def complete(self, request: CompletionRequest, *, deadline_s: float) -> Completion:
        self.requests.append(request)
        self.deadlines_s.append(deadline_s)
        await asyncio.sleep(deadline_s)
        raise CompletionFailure(FailureKind.TIMEOUT)


def a_caller(
    provider: ScriptedProvider, policy: RetryPolicy | None = None, reports: list[CallReport] | None = None
) -> Caller:
    return Caller(
        provider,
        policy,
        clock=asyncio.get_running_loop().time,
        rng=random.Random(7),
        on_call=(reports if reports is not None else []).append,
    )


async def ask(caller: Caller, shorten: Callable[[], CompletionRequest | None] | None = None) -> str:
    answered = await caller.ask(REQUEST, Reading.model_validate_json, shorten=shorten)
    assert isinstance(answered.answer, Reading)
    return answered.answer.mood


async def fault_of(caller: Caller, shorten: Callable[[], CompletionRequest | None] | None = None) -> AskFault:
    with pytest.raises(DataFault) as caught:
        await ask(caller, shorten)
    assert isinstance(caught.value, AskFault)
    return caught.value


async def with_witnesses(provider: ScriptedProvider, caller: Caller, count: int = 20) -> None:
    """Let other events' calls succeed, so that a failure afterwards is one event's own."""
    steps, provider.steps = provider.steps, itertools.repeat(GOOD)
    await asyncio.gather(*(ask(caller) for _ in range(count)))
    provider.steps = steps
    provider.requests.clear()
    provider.times_s.clear()


async def test_an_answer_tells_what_it_took() -> None:
    answered = await a_caller(ScriptedProvider([GOOD])).ask(REQUEST, Reading.model_validate_json)
    assert answered.answer == Reading(mood="good")
    assert answered.completion is GOOD
    assert (answered.attempts, answered.usage, answered.latency_ms) == (1, Usage(100, 80, 20), 500)


async def test_failures_that_pass_are_tried_again() -> None:
    kinds = (FailureKind.SERVER_ERROR, FailureKind.TIMEOUT, FailureKind.CONNECTION, FailureKind.MALFORMED)
    provider = ScriptedProvider([*(CompletionFailure(kind) for kind in kinds), BROKEN, GOOD])
    answered = await a_caller(provider).ask(REQUEST, Reading.model_validate_json)
    assert (answered.attempts, answered.latency_ms) == (6, 3000)


async def test_an_event_that_fails_six_times_while_others_succeed_is_a_provider_error() -> None:
    provider = ScriptedProvider(itertools.repeat(BROKEN))
    caller = a_caller(provider)
    await with_witnesses(provider, caller)
    fault = await fault_of(caller)
    assert (fault.reason, fault.attempts, fault.stage) == (DeadLetterReason.PROVIDER_ERROR, 6, "llm")
    assert len(provider.requests) == 6
    assert caller.state.cause is None


async def test_a_hanging_provider_ends_within_the_time_and_gives_the_last_attempt_what_is_left() -> None:
    provider = HangingProvider([])
    caller = a_caller(provider)
    await with_witnesses(ScriptedProvider([]), caller, count=0)
    began_s = asyncio.get_running_loop().time()
    with pytest.raises(Exception, match="timeout"):
        await ask(caller)
    assert asyncio.get_running_loop().time() - began_s <= 120
    assert provider.deadlines_s[0] == 60
    assert 59 < provider.deadlines_s[1] < 60


async def test_two_attempts_of_thirty_seconds_at_a_hanging_server_take_no_longer_than_75_seconds() -> None:
    caller = a_caller(HangingProvider([]), RetryPolicy(max_attempts=2, attempt_timeout_s=30))
    began_s = asyncio.get_running_loop().time()
    with pytest.raises(Exception, match="timeout"):
        await ask(caller)
    assert asyncio.get_running_loop().time() - began_s <= 75


async def test_a_hundred_rate_limits_in_a_row_use_up_nothing() -> None:
    provider = ScriptedProvider([*[RATE_LIMITED] * 100, *[BROKEN] * 5, GOOD])
    assert await ask(a_caller(provider)) == "good"
    assert provider.times_s[-1] - provider.times_s[0] > 1000


async def test_no_call_is_made_before_its_retry_after_and_twenty_waiters_spread() -> None:
    told = CompletionFailure(FailureKind.RATE_LIMITED, status=429, retry_after_s=20)
    providers = [ScriptedProvider([told, GOOD]) for _ in range(20)]
    callers = [Caller(p, clock=asyncio.get_running_loop().time, rng=random.Random(i)) for i, p in enumerate(providers)]
    assert await asyncio.gather(*map(ask, callers)) == ["good"] * 20
    retried_after_s = [provider.times_s[1] - provider.times_s[0] - 0.5 for provider in providers]
    assert min(retried_after_s) >= 20
    assert len({round(at_s, 3) for at_s in retried_after_s}) >= 15
    assert max(retried_after_s) <= 26


@pytest.mark.parametrize(("retry_after_s", "attempts"), [(180.0, 6), (250.0, 4), (600.0, 2)])
async def test_an_event_that_is_asked_for_long_waits_while_others_are_served_waits_a_quarter_of_an_hour_in_sum(
    retry_after_s: float, attempts: int
) -> None:
    shed = CompletionFailure(FailureKind.SERVER_ERROR, status=503, retry_after_s=retry_after_s)
    caller = a_caller(Shedding(ScriptedProvider(itertools.repeat(shed)), ScriptedProvider(itertools.repeat(GOOD))))

    async def others() -> None:
        while True:
            await caller.ask(replace(REQUEST, user_message="another"), Reading.model_validate_json)
            await asyncio.sleep(6)

    served = asyncio.create_task(others())
    await asyncio.sleep(1)
    began_s = asyncio.get_running_loop().time()
    fault = await fault_of(caller)
    served.cancel()
    assert (fault.reason, fault.attempts) == (DeadLetterReason.PROVIDER_ERROR, attempts)
    assert asyncio.get_running_loop().time() - began_s < 900 + 120


async def test_how_long_the_provider_has_asked_an_event_to_wait_stands_in_its_history() -> None:
    shed = CompletionFailure(FailureKind.SERVER_ERROR, status=503, retry_after_s=180.0)
    provider = ScriptedProvider([shed, GOOD])
    caller = a_caller(provider)
    await with_witnesses(provider, caller)
    history = AskHistory()
    asking = asyncio.create_task(caller.ask(REQUEST, Reading.model_validate_json, history=history))
    await asyncio.sleep(1.0)
    assert not history.in_call
    assert history.asked_until_s == pytest.approx(asyncio.get_running_loop().time() + 179.5, abs=0.6)
    await asking


@pytest.mark.parametrize("kind", [FailureKind.BAD_REQUEST, FailureKind.UNPROCESSABLE])
async def test_what_cannot_succeed_is_sent_once(kind: FailureKind) -> None:
    provider = ScriptedProvider([CompletionFailure(kind, status=400, code="bad_thing")])
    fault = await fault_of(a_caller(provider))
    assert (fault.reason, fault.attempts) == (DeadLetterReason.PROVIDER_ERROR, 1)
    assert fault.detail == f"{kind} (status 400, code bad_thing)"


async def test_a_prompt_that_is_too_long_is_shortened_once() -> None:
    provider = ScriptedProvider([TOO_LONG, GOOD])
    shorter = replace(REQUEST, user_message="Ann")
    assert await ask(a_caller(provider), lambda: shorter) == "good"
    assert provider.requests == [REQUEST, shorter]


@pytest.mark.parametrize(
    ("shorten", "sent"), [(None, 1), (lambda: None, 1), (lambda: replace(REQUEST, user_message="Ann"), 2)]
)
async def test_a_prompt_that_stays_too_long_is_context_too_long(
    shorten: Callable[[], CompletionRequest | None] | None, sent: int
) -> None:
    fault = await fault_of(a_caller(ScriptedProvider([TOO_LONG] * 2)), shorten)
    assert (fault.reason, fault.attempts) == (DeadLetterReason.CONTEXT_TOO_LONG, sent)


async def test_a_shortened_prompt_keeps_its_doubled_cap_and_its_correction() -> None:
    provider = ScriptedProvider([CUT_OFF, NONSENSE, TOO_LONG, GOOD])
    await ask(a_caller(provider), lambda: replace(REQUEST, user_message="Ann"))
    last = provider.requests[-1]
    assert (last.user_message, last.max_output_tokens) == ("Ann", 200)
    assert last.correction is not None


async def test_a_refusal_is_asked_once() -> None:
    fault = await fault_of(a_caller(ScriptedProvider([REFUSED])))
    assert (fault.reason, fault.attempts, fault.usage) == (DeadLetterReason.MODEL_REFUSED, 1, Usage(100, 80, 20))


async def test_a_cut_off_answer_is_asked_for_twice_with_a_different_cap() -> None:
    provider = ScriptedProvider([CUT_OFF, CUT_OFF])
    fault = await fault_of(a_caller(provider))
    assert (fault.reason, fault.attempts) == (DeadLetterReason.OUTPUT_TRUNCATED, 2)
    assert [request.max_output_tokens for request in provider.requests] == [100, 200]


async def test_an_invalid_answer_is_asked_for_twice_and_the_second_time_says_why() -> None:
    provider = ScriptedProvider([NONSENSE, NONSENSE])
    fault = await fault_of(a_caller(provider))
    assert (fault.reason, fault.attempts, fault.usage) == (DeadLetterReason.INVALID_ANSWER, 2, Usage(200, 160, 40))
    assert provider.requests[0].correction is None
    assert provider.requests[1].correction is not None


async def test_a_corrected_answer_is_an_answer_and_both_calls_are_paid() -> None:
    answered = await a_caller(ScriptedProvider([NONSENSE, GOOD])).ask(REQUEST, Reading.model_validate_json)
    assert (answered.attempts, answered.usage) == (2, Usage(200, 160, 40))


async def test_the_worst_answers_cost_three_calls_at_most() -> None:
    provider = ScriptedProvider([CUT_OFF, NONSENSE, CUT_OFF, GOOD])
    fault = await fault_of(a_caller(provider))
    assert (fault.reason, fault.attempts) == (DeadLetterReason.OUTPUT_TRUNCATED, 3)


async def test_an_answer_ends_a_row_of_rate_limits_so_that_the_next_wait_is_a_first_one() -> None:
    provider = ScriptedProvider([*[RATE_LIMITED] * 8, NONSENSE, RATE_LIMITED, GOOD])
    await ask(a_caller(provider))
    waits_s = [later - earlier - 0.5 for earlier, later in itertools.pairwise(provider.times_s)]
    assert max(waits_s) > 30
    assert waits_s[-1] <= 1


async def test_every_request_is_reported_with_its_outcome() -> None:
    reports: list[CallReport] = []
    await ask(a_caller(ScriptedProvider([RATE_LIMITED, BROKEN, CUT_OFF, NONSENSE, GOOD]), reports=reports))
    assert [report.outcome for report in reports] == [
        "rate_limited",
        "server_error",
        "output_truncated",
        "invalid_answer",
        "ok",
    ]
    assert reports[-1] == CallReport("m", "ok", Usage(100, 80, 20), 0.5, "req_1")


async def test_a_bug_passes_through_and_the_next_call_goes_on() -> None:
    caller = a_caller(ScriptedProvider([ZeroDivisionError(), GOOD]))
    with pytest.raises(ZeroDivisionError):
        await ask(caller)
    assert await ask(caller) == "good"


async def test_cancellation_ends_a_call_and_a_wait_and_leaves_no_task() -> None:
    caller = a_caller(ScriptedProvider([GOOD, CompletionFailure(FailureKind.RATE_LIMITED, retry_after_s=100), GOOD]))
    for lasted_s in (0.1, 50):
        asking = asyncio.create_task(ask(caller))
        await asyncio.sleep(lasted_s)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert await ask(caller) == "good"
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_no_fault_holds_text_of_the_prompt_or_of_the_answer() -> None:
    for steps in ([NONSENSE] * 2, [CUT_OFF] * 2, [REFUSED], [TOO_LONG], [CompletionFailure(FailureKind.BAD_REQUEST)]):
        fault = await fault_of(a_caller(ScriptedProvider(steps)))
        chain = f"{fault!r} {fault} {fault.__cause__!r} {fault.__context__!r}"
        assert not any(text in chain for text in ("Ann Lee", "Sure!", "No.", "rules"))


async def test_in_staminas_test_mode_a_failure_is_not_tried_again_and_comes_out_as_it_is() -> None:
    caller = a_caller(ScriptedProvider([BROKEN]))
    with stamina.set_testing(True), pytest.raises(CompletionFailure):
        await ask(caller)
