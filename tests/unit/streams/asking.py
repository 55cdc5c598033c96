"""A caller that answers when the test says so."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from processors.llm import Completion, CompletionRequest, Usage
from processors.llm.asking import AskHistory
from processors.llm.breaker import BreakerState
from processors.llm.call_reports import Answered, AskFault, CallerState
from processors.llm.limits import ANYBODY
from schemas.errors import Dependency, DependencyFault
from schemas.outcomes import DeadLetterReason

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pydantic import BaseModel

    from processors.llm.limits import Flow

ANSWER = {
    "executive_summary": "The export is stuck. Support looks into it.",
    "overall_sentiment": "Negative",
    "churn_risk_score": 0.4,
    "action_items_for_rep": ["Call back today"],
    "mentioned_competitors": ["Initech"],
    "upsell_opportunity_identified": False,
}


AGAIN = "again"


def an_answer(**changes: Any) -> str:
    return json.dumps(ANSWER | changes)


def a_refusal(
    reason: DeadLetterReason = DeadLetterReason.MODEL_REFUSED, *, attempts: int = 1, usage: Usage | None = None
) -> AskFault:
    return AskFault(reason, "the model has said no", attempts=attempts, usage=usage or Usage(100, 60, 20))


@dataclass(eq=False)
class Call:
    """One asking under way."""

    request: CompletionRequest
    _end: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def open(self) -> bool:
        return not self._end.done()

    def answer(self, **changes: Any) -> None:
        self._end.set_result(an_answer(**changes))

    def fail_for_now(self) -> None:
        """Fail in a way that another attempt may mend."""
        self._end.set_result(AGAIN)

    def fail(self, error: Exception) -> None:
        self._end.set_exception(error)

    async def wait(self) -> str:
        return await self._end


class ScriptedCaller:
    """Stands in for `Caller`. With `by_itself` each call is answered at once, else by the test through `Call`."""

    def __init__(self, *, by_itself: bool = True) -> None:
        """Begin with a healthy provider."""
        self.by_itself: bool | Callable[[CompletionRequest], str | Exception] = by_itself
        self.calls: list[Call] = []
        self.flows: list[Flow] = []
        self.share = 1.0
        self.closed = False
        self.up = asyncio.Event()
        self.up.set()

    @property
    def state(self) -> CallerState:
        return CallerState("scripted", BreakerState.CLOSED, None, 0)

    async def ready(self) -> None:
        await self.up.wait()

    def take_share(self, share: float) -> None:
        self.share = share

    def close(self) -> None:
        self.closed = True

    def go_down(self) -> None:
        self.up.clear()

    async def ask(
        self,
        request: CompletionRequest,
        check: Callable[[str], BaseModel],
        *,
        shorten: Callable[[], CompletionRequest | None] | None = None,  # noqa: ARG002 - as `Caller.ask` takes it
        leave: Callable[[], Awaitable[None]] | None = None,
        history: AskHistory | None = None,
        flow: Flow = ANYBODY,
    ) -> Answered:
        if leave is not None:
            await leave()
        if not self.up.is_set():
            raise DependencyFault(Dependency.PROVIDER, "outage: scripted")
        call = Call(request)
        self.calls.append(call)
        self.flows.append(flow)
        if callable(self.by_itself):
            said = self.by_itself(request)
            if isinstance(said, Exception):
                raise said
            text = said
        elif self.by_itself:
            text = an_answer()
        else:
            text = await _sent(call, history)
            while text == AGAIN:
                # A transient failure: the real caller waits, asks for leave, and sends the request once more.
                if leave is not None:
                    await leave()
                call = Call(request)
                self.calls.append(call)
                text = await _sent(call, history)
        usage = Usage(100, 60, 20)
        history = history or AskHistory()
        history.paid(usage)
        completion = Completion(text, None, "stop", usage, "gpt-5-mini-2025-08-07", "req_1", 12)
        try:
            return Answered(check(text), completion, 1, usage, 12)
        except ValueError:
            # As after a correction that was no better.
            history.paid(usage)
            raise a_refusal(DeadLetterReason.INVALID_ANSWER, attempts=2, usage=history.usage) from None

    def about(self, words: str) -> list[Call]:
        """The calls whose prompt holds `words`."""
        return [call for call in self.calls if words in call.request.user_message]

    def the(self, words: str) -> Call:
        """The one call whose prompt holds `words`."""
        (call,) = self.about(words)
        return call


async def _sent(call: Call, history: AskHistory | None) -> str:
    """What the call is answered; the history tells meanwhile that it is under way, as the real caller's does."""
    if history is None:
        return await call.wait()
    history.in_call = True
    try:
        return await call.wait()
    finally:
        history.in_call = False
