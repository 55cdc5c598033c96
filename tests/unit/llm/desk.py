"""A provider that fails by a rule, and what the stream layer does with events meanwhile; for tests in virtual time."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from pydantic import BaseModel

from processors.llm.asking import AskHistory
from processors.llm.caller import Caller
from processors.llm.provider import Completion, CompletionFailure, CompletionRequest, FailureKind, Usage
from schemas.errors import DataFault, DependencyFault

if TYPE_CHECKING:
    from collections.abc import Callable

    from processors.llm.retry_policy import PauseCause, RetryPolicy

QUOTA = CompletionFailure(FailureKind.QUOTA_EXHAUSTED, status=429, code="insufficient_quota")
DOWN = CompletionFailure(FailureKind.SERVER_ERROR, status=503)


class Reading(BaseModel):
    mood: str


class Account:
    """A provider that fails by a rule of the time and the prompt, half a second after it was asked."""

    name = "account"

    def __init__(self, rule: Callable[[float, str], Exception | None], latency_s: float = 0.5) -> None:
        """`rule(now_s, prompt)`: what a request brings that ends then; None is an answer."""
        self.rule = rule
        self.latency_s = latency_s
        self.began_s = asyncio.get_running_loop().time()
        self.asked_at_s: list[float] = []
        self.in_flight = 0
        self.most_in_flight = 0

    @property
    def now_s(self) -> float:
        return asyncio.get_running_loop().time() - self.began_s

    async def complete(self, request: CompletionRequest, *, deadline_s: float) -> Completion:
        self.asked_at_s.append(self.now_s)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            async with asyncio.timeout(deadline_s):
                await asyncio.sleep(self.latency_s)
                failure = self.rule(self.now_s, request.user_message)
        finally:
            self.in_flight -= 1
        if failure is not None:
            raise failure
        return Completion('{"mood": "good"}', None, "stop", Usage(1, 0, 1), "m", None, 500)

    async def warm_up(self) -> None: ...

    async def aclose(self) -> None: ...


class HangingAccount(Account):
    """Swallows each request from `hangs_s[0]` to `hangs_s[1]`: nothing comes back, and its deadline ends it."""

    def __init__(self, hangs_s: tuple[float, float], latency_s: float = 0.5) -> None:
        """Answer all others after `latency_s`."""
        super().__init__(lambda _now_s, _text: None, latency_s)
        self.hangs_s = hangs_s

    async def complete(self, request: CompletionRequest, *, deadline_s: float) -> Completion:
        if not self.hangs_s[0] <= self.now_s < self.hangs_s[1]:
            return await super().complete(request, deadline_s=deadline_s)
        self.asked_at_s.append(self.now_s)
        await asyncio.sleep(deadline_s)
        raise CompletionFailure(FailureKind.TIMEOUT)


class Desk:
    """A caller, what it told, and how the events ended.

    `an_event` does what the stream layer does: it keeps the event, waits for `ready`, and asks again.
    """

    def __init__(self, account: Account, policy: RetryPolicy | None = None) -> None:
        """Times are told in seconds since the account was made."""
        self.account = account
        self.told: list[tuple[float, PauseCause | None]] = []
        self.called_for_at_s: list[float] = []
        self.dead_letters: list[str] = []
        self.alarms: list[bool] = []
        self.answered: list[str] = []
        self.caller = Caller(
            account,
            policy,
            clock=asyncio.get_running_loop().time,
            rng=random.Random(1),
            on_pause=lambda cause: self.told.append((account.now_s, cause)),
            on_probe_due=lambda: self.called_for_at_s.append(account.now_s),
        )

    async def an_event(self, text: str = "text") -> None:
        request = CompletionRequest("m", "rules", text, "reading", Reading.model_json_schema(), 100)
        history = AskHistory()
        while True:
            try:
                await self.caller.ask(request, Reading.model_validate_json, history=history)
            except DataFault as fault:
                return self.dead_letters.append(fault.reason)
            except DependencyFault as fault:
                self.alarms.append(fault.alarm)
                await self.caller.ready()
            else:
                return self.answered.append(text)

    def events(self, count: int) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(self.an_event()) for _ in range(count)]
