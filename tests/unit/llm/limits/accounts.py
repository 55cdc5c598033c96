"""An account with limits in virtual time, workers that share it, and what came of it."""

from __future__ import annotations

import asyncio
import itertools
import math
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import BaseModel

from processors.llm.caller import Caller
from processors.llm.limits import ANYBODY
from processors.llm.provider import Completion, CompletionFailure, CompletionRequest, FailureKind, Usage
from processors.llm.rate_limit_headers import RateLimitHeaders
from streams.demo.llm_simulator.buckets import RateLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from processors.llm.limits import Flow, KnownLimits

BYTES_PER_TOKEN = 4


class Reading(BaseModel):
    mood: str


GOOD = '{"mood": "good"}'
SCHEMA = Reading.model_json_schema()


def a_request(tokens: int = 1_500) -> CompletionRequest:
    """One whose prompt the account counts as about `tokens`."""
    return CompletionRequest("m", "rules", "x" * (BYTES_PER_TOKEN * tokens), "reading", SCHEMA, 1_000)


@dataclass
class Told:
    """One refusal: to whom, when it came, and how long it asked to wait."""

    worker: int
    at_s: float
    retry_after_s: float


@dataclass
class Account:
    """What all workers share: two buckets that refill, as a provider keeps them.

    `tells_at_once`: what is left is told as of a call's admission, else as of its answer. Without `headers` nothing is.
    """

    requests_per_minute: int = 3_000
    tokens_per_minute: int = 1_000_000
    latency_s: float = 1.0
    sigma: float = 0.4
    output_tokens: int = 200
    headers: bool = True
    tells_at_once: bool = False
    hangs: Callable[[CompletionRequest], bool] = lambda _: False
    rng: random.Random = field(default_factory=lambda: random.Random(5))

    def __post_init__(self) -> None:
        """Begin with full buckets."""
        self.began_s = asyncio.get_running_loop().time()
        self.limits = RateLimits(self.requests_per_minute, self.tokens_per_minute, self.now_s)
        self.admitted: list[tuple[float, int]] = []
        self.sent: list[tuple[int, float]] = []
        self.refusals: list[Told] = []

    @property
    def now_s(self) -> float:
        """Seconds since the account was made."""
        return asyncio.get_running_loop().time() - self.began_s

    def halve(self) -> None:
        """The provider lowers both limits."""
        for bucket in (self.limits.requests, self.limits.tokens):
            bucket.remaining(self.now_s)
            bucket.per_minute //= 2
            bucket.level = min(bucket.level, bucket.per_minute)

    async def stranger(self, requests_per_s: float, tokens: int = 1_700) -> None:
        """Somebody else's program, which takes what it can get."""
        while True:
            self.limits.admit(tokens, self.now_s)
            await asyncio.sleep(self.rng.expovariate(requests_per_s))

    def used(self, since_s: float, until_s: float) -> tuple[int, int]:
        """Requests and tokens that were admitted in a span of time."""
        amounts = [tokens for at_s, tokens in self.admitted if since_s <= at_s < until_s]
        return len(amounts), sum(amounts)

    def calls_before_their_time(self) -> int:
        """Calls of a worker within a wait that this worker had been told."""
        return sum(
            told.worker == worker and told.at_s < at_s < told.at_s + told.retry_after_s
            for told in self.refusals
            for worker, at_s in self.sent
        )

    async def complete(self, worker: int, request: CompletionRequest, deadline_s: float) -> Completion:
        """Admit or refuse one call, and answer it after a while."""
        tokens = len(request.user_message) // BYTES_PER_TOKEN
        self.sent.append((worker, self.now_s))
        denied = self.limits.admit(tokens + self.output_tokens, self.now_s)
        if denied is not None:
            await asyncio.sleep(0.02)
            # Whole seconds, as the header has them.
            told = Told(worker, self.now_s, math.ceil(denied.retry_after_s))
            self.refusals.append(told)
            raise CompletionFailure(
                FailureKind.RATE_LIMITED,
                status=429,
                retry_after_s=told.retry_after_s if self.headers else None,
                rate_limits=self._told(),
            )
        self.admitted.append((self.now_s, tokens + self.output_tokens))
        at_once = self._told()
        if self.hangs(request):
            await asyncio.sleep(deadline_s)
            raise CompletionFailure(FailureKind.TIMEOUT)
        await asyncio.sleep(self.latency_s * self.rng.lognormvariate(0, self.sigma))
        return Completion(
            GOOD,
            None,
            "stop",
            Usage(tokens, 0, self.output_tokens),
            "m",
            None,
            500,
            at_once if self.tells_at_once else self._told(),
        )

    def _told(self) -> RateLimitHeaders | None:
        if not self.headers:
            return None
        requests, tokens, now_s = self.limits.requests, self.limits.tokens, self.now_s
        return RateLimitHeaders(
            requests.per_minute,
            requests.remaining(now_s),
            requests.reset_s(now_s),
            tokens.per_minute,
            tokens.remaining(now_s),
            tokens.reset_s(now_s),
        )


@dataclass
class Worker:
    """One process with a caller of its own, which knows of no other; at most `slots` events are asked about."""

    account: Account
    number: int = 0
    slots: int = 256
    known: KnownLimits | None = None
    name: str = "account"

    def __post_init__(self) -> None:
        """Make its caller."""
        loop = asyncio.get_running_loop()
        self.caller = Caller(self, clock=loop.time, rng=random.Random(self.number), known_limits=self.known)
        self.answered: list[tuple[float, float]] = []
        self.failed: list[Exception] = []
        self._places = asyncio.Semaphore(self.slots)

    async def complete(self, request: CompletionRequest, *, deadline_s: float) -> Completion:
        return await self.account.complete(self.number, request, deadline_s)

    async def warm_up(self) -> None: ...

    async def aclose(self) -> None: ...

    async def an_event(self, request: CompletionRequest, flow: Flow = ANYBODY) -> None:
        """Bring one event to its end."""
        began_s = self.account.now_s
        async with self._places:
            try:
                await self.caller.ask(request, Reading.model_validate_json, flow=flow)
            except Exception as error:  # noqa: BLE001 -- a test looks at it
                self.failed.append(error)
            else:
                self.answered.append((began_s, self.account.now_s))

    async def work_through(self, requests: Iterable[CompletionRequest]) -> None:
        """Bring all to their ends, with no more tasks than there are slots."""
        rest = iter(requests)

        async def one_after_the_other() -> None:
            for request in rest:
                await self.an_event(request)

        await asyncio.gather(*(one_after_the_other() for _ in range(self.slots)))


async def overload(workers: list[Worker], seconds: float, tokens: Callable[[], int]) -> None:
    """Give all workers more than they can do until so many seconds are over."""
    requests = (a_request(tokens()) for _ in itertools.count())
    tasks = [asyncio.create_task(worker.work_through(requests)) for worker in workers]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
