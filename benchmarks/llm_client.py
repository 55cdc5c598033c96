"""What a call to the model costs in CPU: ours with the answer checked, the openai package's own ways, bare HTTP.

The server is another process, so that only the client's time counts. 100 calls in flight, prompts of 6 KB, rounds of
all clients in turn: what else the machine does meets all of them. Figures compare within one run only; the ratios at
the end are what is promised.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx2
import openai

from benchmarks.report import Report, Row
from processors.kinds.answers import check_answer
from processors.kinds.interaction_summary import interaction_summary
from processors.llm import openai_wire
from processors.llm.caller import Caller
from processors.llm.limits import Flow
from processors.llm.openai_provider import OpenAIProvider
from processors.llm.prices import PriceBook
from processors.llm.provider import CompletionRequest
from processors.llm.purse import FundsBusy
from processors.money import NANOS, Budgets, Funds, Limits, Treasury, WorstCase

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from processors.llm.call_reports import Answered

    Call = Callable[[], Awaitable[Any]]

IN_FLIGHT = 100
CALLS = 300
ROUNDS = 21
TENANT = "acme"
KIND = interaction_summary()
TEXT = ("The customer asks when the invoice for the second quarter will be corrected, and by whom. " * 70)[:6_000]
REQUEST = CompletionRequest(
    "gpt-5-mini", KIND.instructions, TEXT, KIND.name, KIND.json_schema, KIND.max_output_tokens, "safe_1"
)
BODY = openai_wire.request_body(REQUEST, openai_wire.capabilities_of(REQUEST.model))
OURS, WHOLE, PAID, POST, PARSE, CREATE, BARE = (
    "ours, answer checked",
    "ours, with limits, breaker and retries",
    "the same, with budgets",
    "client.post(content=bytes), aiohttp",
    "chat.completions.parse",
    "chat.completions.create, aiohttp",
    "aiohttp alone",
)


@contextmanager
def a_simulator() -> Iterator[str]:
    """The simulator as a process of its own; its base URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # What an answer costs to make is not measured; a slower server would only leave the client idle.
    command = [sys.executable, "-m", "streams.demo.llm_simulator", "--port", str(port), "--latency-s", "0.05"]
    server = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}, stdout=sys.stderr)
    try:
        _wait_for(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(url: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"{url} does not answer")


class Budgeted:
    """Budgets of a tenant and of all, in day and month, that are never used up; the ledger is at hand."""

    def __init__(self) -> None:
        """Begin with nothing claimed."""
        limits = Limits(day=1_000_000 * NANOS, month=1_000_000 * NANOS)
        budgets = Budgets("EUR", everybody=limits, each=limits)
        self._treasury = Treasury(budgets, "benchmark")
        prices = WorstCase(PriceBook())
        self.funds = Funds(self._treasury, budgets, prices, clock=time.time, most_calls=IN_FLIGHT)

    async def claim(self) -> None:
        """Claim what is wanted, as a worker does, for ever."""
        while True:
            records = self._treasury.claims(self.funds.demand, time.time())
            accounts = [self._treasury.read(key, value, time.time()) for key, value in records]
            self.funds.changed(account for account in accounts if account is not None)
            await asyncio.sleep(0.05)


async def cpu_ms(call: Call) -> float:
    """CPU milliseconds of this process for each of `CALLS` calls."""
    rest = iter(range(CALLS))

    async def one_after_the_other() -> None:
        for _ in rest:
            await call()

    began_s = time.process_time()
    await asyncio.gather(*(one_after_the_other() for _ in range(IN_FLIGHT)))
    return (time.process_time() - began_s) * 1_000 / CALLS


async def measured(base_url: str) -> dict[str, list[float]]:
    """Each client's rounds."""
    limits = httpx2.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT)
    provider = OpenAIProvider("k", base_url=base_url, max_in_flight=IN_FLIGHT)
    funds = Budgeted()
    caller, paying = Caller(provider), Caller(provider, purse=funds.funds)
    on_aiohttp = openai.AsyncOpenAI(
        api_key="k", base_url=base_url, max_retries=0, http_client=openai.DefaultAioHttpClient(limits=limits)
    )
    as_it_comes = openai.AsyncOpenAI(
        api_key="k", base_url=base_url, max_retries=0, http_client=openai.DefaultAsyncHttpxClient(limits=limits)
    )
    connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
    session = aiohttp.ClientSession(connector=connector, headers={"authorization": "Bearer k"})
    given: Any = json.loads(BODY)
    without_format = {name: value for name, value in given.items() if name != "response_format"}

    async def ours() -> None:
        completion = await provider.complete(REQUEST, deadline_s=60)
        check_answer(KIND, completion.text or "")

    async def whole() -> None:
        await caller.ask(REQUEST, lambda text: check_answer(KIND, text))

    async def paid() -> Answered:
        while True:
            await funds.funds.admit(REQUEST, TENANT)
            with suppress(FundsBusy):
                return await paying.ask(REQUEST, lambda text: check_answer(KIND, text), flow=Flow(tenant=TENANT))

    async def post() -> None:
        await on_aiohttp.post("/chat/completions", content=BODY, cast_to=httpx2.Response)

    async def parse() -> None:
        await as_it_comes.chat.completions.parse(**without_format, response_format=KIND.answer_model)

    async def create() -> None:
        await on_aiohttp.chat.completions.create(**given)

    async def bare() -> None:
        async with session.post(f"{base_url}/chat/completions", data=BODY) as response:
            await response.read()

    claiming = asyncio.create_task(funds.claim())
    clients: dict[str, Call] = {
        OURS: ours,
        WHOLE: whole,
        PAID: paid,
        POST: post,
        PARSE: parse,
        CREATE: create,
        BARE: bare,
    }
    try:
        for call in clients.values():
            await cpu_ms(call)
        rounds = [{name: await cpu_ms(call) for name, call in clients.items()} for _ in range(ROUNDS)]
    finally:
        claiming.cancel()
        await asyncio.gather(provider.aclose(), on_aiohttp.close(), as_it_comes.close(), session.close())
    return {name: [one[name] for one in rounds] for name in clients}


def run() -> Report:
    """Measure all clients, and ours as ratios to the two that it is held to; what is around it is shown beside it."""
    with a_simulator() as base_url:
        figures = asyncio.run(measured(base_url))
    for one, other, bar in (
        (OURS, POST, "at most 1.25"),
        (OURS, PARSE, "at most 0.25"),
        (WHOLE, POST, "no bar"),
        (PAID, POST, "no bar"),
    ):
        ratio = statistics.median(a / b for a, b in zip(figures[one], figures[other], strict=True))
        print(f"  {one} / {other}: {ratio:.3f} ({bar})")
    rows = [Row.of(name, [1_000 * ms for ms in rounds]) for name, rounds in figures.items()]
    return Report("A call to the model", "CPU microseconds", rows)
