"""A provider that fails in every way there is, and quotes a customer each time: nothing of it is written anywhere.

The real caller and the real client over HTTP: it is in their exceptions that a provider's words would travel.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from processors.llm.caller import Caller
from processors.llm.openai_provider import OpenAIProvider
from processors.llm.provider import FailureKind
from processors.llm.retry_policy import RetryPolicy
from tests.unit.streams.asking import an_answer
from tests.unit.streams.bench import a_bench
from tests.unit.streams.kafka import DEAD_LETTERS, until
from tests.unit.streams.planted import a_telling_event, everything_planted, leaked_into
from tests.unit.streams.written import everything_written

if TYPE_CHECKING:
    import io
    from collections.abc import AsyncIterator, Awaitable, Callable

    from processors.llm.call_reports import CallReport

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def erring(status: int, code: str | None = None, headers: dict[str, str] | None = None) -> Handler:
    async def handler(_: web.Request) -> web.StreamResponse:
        told = everything_planted()
        error = {"message": told, "code": code or told, "type": told, "param": told}
        return web.json_response({"error": error}, status=status, headers={"x-request-id": "req_1"} | (headers or {}))

    return handler


def saying(content: str | None, *, finish_reason: str = "stop", refusal: str | None = None) -> Handler:
    async def handler(_: web.Request) -> web.StreamResponse:
        message = {"content": content, "refusal": refusal}
        choice = {"message": message, "finish_reason": finish_reason}
        usage = {"prompt_tokens": 9, "completion_tokens": 3}
        return web.json_response({"model": "gpt-5-mini", "choices": [choice], "usage": usage})

    return handler


async def slow(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(30)
    return web.Response()


async def hanging_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def prose(_: web.Request) -> web.StreamResponse:
    return web.Response(text=f"<html>{everything_planted()}</html>", content_type="text/html")


FAILURES: dict[FailureKind, Handler] = {
    FailureKind.RATE_LIMITED: erring(429, "rate_limit_exceeded"),
    FailureKind.QUOTA_EXHAUSTED: erring(429, "insufficient_quota"),
    FailureKind.UNAUTHORISED: erring(401),
    FailureKind.FORBIDDEN: erring(403),
    FailureKind.REDIRECTED: erring(307, headers={"location": "https://elsewhere.example/?q=quirin.x%40corp.example"}),
    FailureKind.BAD_REQUEST: erring(400),
    FailureKind.NOT_FOUND: erring(404),
    FailureKind.UNSUPPORTED: erring(405),
    FailureKind.UNPROCESSABLE: erring(422),
    FailureKind.CONTEXT_TOO_LONG: erring(400, "context_length_exceeded"),
    FailureKind.CONTENT_FILTERED: erring(400, "content_filter"),
    FailureKind.SERVER_ERROR: erring(500),
    FailureKind.TIMEOUT: slow,
    FailureKind.CONNECTION: hanging_up,
    FailureKind.MALFORMED: prose,
}
assert set(FAILURES) == set(FailureKind) - {FailureKind.TLS}

ANSWERS: dict[str, Handler] = {
    "a refusal": saying(None, refusal=everything_planted()),
    "a filtered answer": saying(everything_planted(), finish_reason="content_filter"),
    "an answer that was cut off": saying(
        json.dumps({"executive_summary": everything_planted()})[:-9], finish_reason="length"
    ),
    "an answer of the wrong types": saying(an_answer(churn_risk_score=everything_planted())),
}


@asynccontextmanager
async def a_caller(handler: Handler) -> AsyncIterator[tuple[Caller, list[CallReport]]]:
    """Ask a server on loopback that answers everything with `handler`; and the reports of its calls."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    provider = OpenAIProvider("sk-x", base_url=f"http://127.0.0.1:{runner.addresses[0][1]}/v1")
    policy = RetryPolicy(max_attempts=2, attempt_timeout_s=0.3, backoff_base_s=0.01, rate_limit_base_s=0.01)
    reports: list[CallReport] = []
    try:
        yield Caller(provider, policy, on_call=reports.append), reports
    finally:
        await provider.aclose()
        await runner.cleanup()


async def assert_nothing_is_told(
    handler: Handler, log_output: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> list[CallReport]:
    async with a_caller(handler) as (caller, reports), a_bench(caller=caller) as bench:
        event = a_telling_event()
        await bench.deliver(event)
        await until(lambda: bench.endings or bench.pauses.causes or len(reports) > 2)
        assert bench.published == []
        assert all(letter.value == bench.bytes_of(event) for letter in bench.producer.on(DEAD_LETTERS))
        assert leaked_into(everything_written(bench, log_output, capfd)) == []
    return reports


# But a handshake that fails: it ends before anybody has said anything (tests/unit/llm/test_tls.py).
@pytest.mark.parametrize("kind", FAILURES)
async def test_a_call_that_fails_tells_nothing_of_the_event(
    kind: FailureKind, log_output: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    reports = await assert_nothing_is_told(FAILURES[kind], log_output, capfd)
    assert {report.outcome for report in reports} == {kind}


@pytest.mark.parametrize("answer", ANSWERS)
async def test_an_answer_that_is_rejected_tells_nothing_of_the_event(
    answer: str, log_output: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    reports: list[Any] = await assert_nothing_is_told(ANSWERS[answer], log_output, capfd)
    assert "ok" not in {report.outcome for report in reports}
