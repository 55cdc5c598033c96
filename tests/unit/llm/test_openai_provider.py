"""The provider against a real HTTP server on loopback: what arrives there, and what each fault becomes."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import gzip
import json
import logging
import time
import traceback
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from processors.llm.openai_provider import OpenAIProvider
from processors.llm.provider import Completion, CompletionFailure, CompletionRequest, FailureKind, Usage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SECRET = "Ann Lee wrote this"
REQUEST = CompletionRequest(
    model="gpt-5-mini",
    instructions="rules",
    user_message=SECRET,
    schema_name="reading",
    json_schema={"type": "object"},
    max_output_tokens=100,
    safety_identifier="safe_1",
)
ENVELOPE = {
    "model": "gpt-5-mini-2025-08-07",
    "choices": [{"message": {"content": '{"mood": "good"}', "refusal": None}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}},
}


class Server:
    """An OpenAI of our own: answers with `handler`, remembers the requests."""

    def __init__(self) -> None:
        """Begin with good answers."""
        self.handler: Handler = answering(ENVELOPE)
        self.requests: list[tuple[str, str, dict[str, str], Any]] = []
        self.port = 0
        self.connections: set[int] = set()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.requests.append((request.method, request.path, dict(request.headers), json.loads(body) if body else None))
        self.connections.add(id(request.transport))
        return await self.handler(request)


def answering(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Handler:
    async def handler(_: web.Request) -> web.StreamResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return web.Response(body=data, status=status, headers=headers)

    return handler


def erring(status: int, headers: dict[str, str] | None = None, **error: object) -> Handler:
    return answering({"error": {"message": f"bad prompt: {SECRET}", **error}}, status, headers)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    yield server
    await runner.cleanup()


@contextlib.asynccontextmanager
async def a_provider(base_url: str, **settings: Any) -> AsyncIterator[OpenAIProvider]:
    provider = OpenAIProvider("sk-secret", base_url=base_url, **settings)
    try:
        yield provider
    finally:
        await provider.aclose()
    gc.collect()


@pytest.fixture
async def provider(server: Server) -> AsyncIterator[OpenAIProvider]:
    async with a_provider(server.base_url) as provider:
        yield provider


async def completed(provider: OpenAIProvider, deadline_s: float = 5) -> Completion:
    return await provider.complete(REQUEST, deadline_s=deadline_s)


async def failed(provider: OpenAIProvider, deadline_s: float = 5) -> CompletionFailure:
    with pytest.raises(CompletionFailure) as caught:
        await completed(provider, deadline_s)
    told = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert SECRET not in told
    assert "sk-secret" not in told
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    return caught.value


async def test_an_answer_comes_back_as_a_completion(server: Server, provider: OpenAIProvider) -> None:
    server.handler = answering(ENVELOPE, headers={"x-request-id": "req_1", "x-ratelimit-remaining-tokens": "5"})
    completion = await completed(provider)
    assert (completion.text, completion.finish_reason) == ('{"mood": "good"}', "stop")
    assert completion.usage == Usage(9, 4, 3)
    assert (completion.model, completion.provider_request_id) == ("gpt-5-mini-2025-08-07", "req_1")
    assert completion.rate_limits is not None
    assert completion.rate_limits.remaining_tokens == 5
    assert completion.latency_ms >= 0


async def test_the_request_arrives_as_openai_documents_it(server: Server, provider: OpenAIProvider) -> None:
    await completed(provider)
    ((method, path, headers, body),) = server.requests
    assert (method, path) == ("POST", "/v1/chat/completions")
    assert headers["Authorization"] == "Bearer sk-secret"
    assert headers["Content-Type"] == "application/json"
    assert body["messages"] == [{"role": "developer", "content": "rules"}, {"role": "user", "content": SECRET}]
    assert (body["store"], body["safety_identifier"], body["max_completion_tokens"]) == (False, "safe_1", 100)
    assert body["response_format"]["json_schema"]["strict"] is True
    assert "temperature" not in body


async def test_a_refusal_and_a_cut_off_answer_are_completions(server: Server, provider: OpenAIProvider) -> None:
    server.handler = answering({"choices": [{"message": {"content": None, "refusal": "No."}, "finish_reason": "stop"}]})
    assert (await completed(provider)).refusal == "No."
    server.handler = answering({"choices": [{"message": {"content": '{"mo'}, "finish_reason": "length"}]})
    completion = await completed(provider)
    assert (completion.text, completion.finish_reason) == ('{"mo', "length")


async def test_a_rate_limit_brings_its_retry_after_and_its_headers(server: Server, provider: OpenAIProvider) -> None:
    headers = {"retry-after": "20", "x-ratelimit-remaining-requests": "0", "x-request-id": "req_1"}
    server.handler = erring(429, headers, code="rate_limit_exceeded", type="tokens")
    failure = await failed(provider)
    assert (failure.kind, failure.status, failure.code) == (FailureKind.RATE_LIMITED, 429, "rate_limit_exceeded")
    assert (failure.retry_after_s, failure.provider_request_id) == (20, "req_1")
    assert failure.rate_limits is not None
    assert failure.rate_limits.remaining_requests == 0
    assert len(server.requests) == 1


async def test_a_retry_after_date_is_measured_against_the_wall_clock(server: Server) -> None:
    server.handler = erring(429, {"retry-after": "Tue, 25 Nov 2025 01:03:00 GMT"})
    async with a_provider(server.base_url, wall_clock=lambda: 1_764_032_400.0) as provider:
        assert (await failed(provider)).retry_after_s == 180


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (429, {"code": "insufficient_quota"}, FailureKind.QUOTA_EXHAUSTED),
        (400, {"code": "context_length_exceeded"}, FailureKind.CONTEXT_TOO_LONG),
        (400, {"code": "invalid_value"}, FailureKind.BAD_REQUEST),
        (401, {"code": "invalid_api_key"}, FailureKind.UNAUTHORISED),
        (403, {}, FailureKind.FORBIDDEN),
        (404, {"code": "model_not_found"}, FailureKind.NOT_FOUND),
        (422, {}, FailureKind.UNPROCESSABLE),
        (500, {}, FailureKind.SERVER_ERROR),
        (503, {}, FailureKind.SERVER_ERROR),
    ],
)
async def test_an_error_is_sent_once_and_named(
    server: Server, provider: OpenAIProvider, status: int, error: dict[str, str], kind: FailureKind
) -> None:
    server.handler = answering({"error": {"message": SECRET, **error}}, status)
    failure = await failed(provider)
    assert (failure.kind, failure.status) == (kind, status)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "body",
    [b"<html>Sign in, Ann Lee wrote this</html>", b'{"choices": [{"message": {"content": "Ann Lee', b"", b"null"],
)
async def test_a_200_that_is_no_completion_is_malformed(server: Server, provider: OpenAIProvider, body: bytes) -> None:
    server.handler = answering(body, headers={"content-type": "text/html"})
    assert (await failed(provider)).kind is FailureKind.MALFORMED


async def test_a_body_that_cannot_be_unzipped_is_malformed(server: Server, provider: OpenAIProvider) -> None:
    server.handler = answering(b"no gzip at all", headers={"content-encoding": "gzip"})
    assert (await failed(provider)).kind is FailureKind.MALFORMED


class Flood:
    """Sends a body without end, or so much zipped that it is one; counts what it was let send."""

    def __init__(self, piece: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """Send `piece` again and again."""
        self.piece, self.status, self.headers = piece, status, headers
        self.sent_bytes = 0

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=self.status, headers=self.headers)
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while self.sent_bytes < 200_000_000:
                await response.write(self.piece)
                self.sent_bytes += len(self.piece)
        return response


@pytest.mark.parametrize("status", [200, 400, 500])
async def test_a_body_without_end_is_not_read_beyond_any_answer(
    server: Server, provider: OpenAIProvider, status: int
) -> None:
    server.handler = flood = Flood(b" " * 65_536, status)
    assert (await failed(provider, deadline_s=20)).kind is FailureKind.MALFORMED
    # What is read, and what the sockets between hold.
    assert flood.sent_bytes < 30_000_000


async def test_a_small_body_that_unzips_to_gigabytes_is_not_unzipped(server: Server, provider: OpenAIProvider) -> None:
    zipped = gzip.compress(bytes(300_000_000), 1)
    assert len(zipped) < 2_000_000
    server.handler = answering(zipped, headers={"content-encoding": "gzip"})
    began_s = time.monotonic()
    tracemalloc.start()
    try:
        failure = await failed(provider, deadline_s=20)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (failure.kind, peak_bytes < 50_000_000) == (FailureKind.MALFORMED, True)
    assert time.monotonic() - began_s < 5


@pytest.mark.parametrize("zipped", [False, True])
async def test_the_longest_answer_of_a_model_is_read(server: Server, provider: OpenAIProvider, zipped: bool) -> None:  # noqa: FBT001 -- a parameter of a test
    text = "\u00e9" * 500_000
    body = json.dumps({"choices": [{"message": {"content": text}}]}).encode()
    assert len(body) > 3_000_000
    server.handler = answering(
        gzip.compress(body) if zipped else body, headers={"content-encoding": "gzip"} if zipped else None
    )
    assert (await completed(provider)).text == text


async def test_after_a_body_without_end_the_next_call_is_served(server: Server) -> None:
    async with a_provider(server.base_url, max_in_flight=1) as provider:
        server.handler = Flood(b" " * 65_536)
        await failed(provider, deadline_s=20)
        server.handler = answering(ENVELOPE)
        assert (await completed(provider)).text == '{"mood": "good"}'


async def test_a_redirect_is_not_followed_because_it_would_carry_the_prompt_along(
    server: Server, provider: OpenAIProvider
) -> None:
    server.handler = answering(b"", 307, {"location": f"{server.base_url}/elsewhere"})
    assert (await failed(provider)).kind is FailureKind.REDIRECTED
    assert len(server.requests) == 1


async def test_a_slow_drip_ends_at_the_deadline(server: Server, provider: OpenAIProvider) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b" ")
            await asyncio.sleep(0.02)
        return response

    server.handler = drip
    began_s = time.monotonic()
    assert (await failed(provider, deadline_s=0.3)).kind is FailureKind.TIMEOUT
    assert 0.25 < time.monotonic() - began_s < 2


async def test_a_server_that_sends_nothing_ends_at_the_deadline(server: Server, provider: OpenAIProvider) -> None:
    async def hang(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(10)
        return web.Response()

    server.handler = hang
    assert (await failed(provider, deadline_s=0.3)).kind is FailureKind.TIMEOUT


async def test_a_refused_connection_is_a_connection_failure_and_no_timeout(unused_port: int) -> None:
    async with a_provider(f"http://127.0.0.1:{unused_port}/v1") as provider:
        failure = await failed(provider)
    assert (failure.kind, failure.code) == (FailureKind.CONNECTION, "connection_refused")


@pytest.fixture
async def unused_port() -> int:
    listening = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port: int = listening.sockets[0].getsockname()[1]
    listening.close()
    await listening.wait_closed()
    return port


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", b"SSH-2.0-OpenSSH_9.9\r\n"])
async def test_a_server_that_hangs_up_is_a_failure_that_may_be_tried_again(sent: bytes) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(sent)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    listening = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with listening, a_provider(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1") as provider:
        assert (await failed(provider)).kind in {FailureKind.CONNECTION, FailureKind.MALFORMED}


async def test_a_host_that_does_not_exist_is_a_connection_failure() -> None:
    async with a_provider("http://nowhere.invalid/v1") as provider:
        failure = await failed(provider)
    assert (failure.kind, failure.code) == (FailureKind.CONNECTION, "host_not_resolved")


async def test_cancellation_passes_through(server: Server, provider: OpenAIProvider) -> None:
    async def hang(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(10)
        return web.Response()

    server.handler = hang
    asking = asyncio.create_task(completed(provider))
    await asyncio.sleep(0.1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_as_many_calls_as_allowed_are_in_flight_at_once(server: Server) -> None:
    in_flight = 0
    all_are_here = asyncio.Event()

    async def wait_for_all(request: web.Request) -> web.StreamResponse:
        nonlocal in_flight
        in_flight += 1
        if in_flight == 150:
            all_are_here.set()
        await all_are_here.wait()
        return await answering(ENVELOPE)(request)

    server.handler = wait_for_all
    async with a_provider(server.base_url, max_in_flight=150) as provider:
        await asyncio.gather(*(completed(provider, deadline_s=20) for _ in range(150)))


async def test_warming_up_opens_connections_that_the_first_calls_use(server: Server, provider: OpenAIProvider) -> None:
    await provider.warm_up()
    opened = set(server.connections)
    await completed(provider)
    assert server.connections == opened
    assert {path for _, path, _, _ in server.requests} == {"/v1/models", "/v1/chat/completions"}


async def test_warming_up_takes_any_answer(server: Server, provider: OpenAIProvider) -> None:
    server.handler = erring(403)
    await provider.warm_up()


async def test_warming_up_says_when_there_is_nobody(unused_port: int) -> None:
    async with a_provider(f"http://127.0.0.1:{unused_port}/v1") as provider:
        with pytest.raises(CompletionFailure, match="connection"):
            await provider.warm_up()


async def test_no_text_is_logged_at_any_level(
    server: Server, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    # What OPENAI_LOG=debug does when the package is imported.
    logging.getLogger("openai").setLevel(logging.DEBUG)
    caplog.set_level(logging.DEBUG)
    async with a_provider(server.base_url) as provider:
        await completed(provider)
        server.handler = erring(400)
        await failed(provider)
    assert SECRET not in caplog.text
    assert SECRET not in "".join(capfd.readouterr())


@pytest.mark.parametrize("package", ["openai", "openai._base_client", "httpx2", "httpcore2.connection"])
async def test_the_packages_log_no_details_of_requests_whatever_their_own_variables_say(
    server: Server, package: str
) -> None:
    logging.getLogger(package.partition(".")[0]).setLevel(logging.DEBUG)
    async with a_provider(server.base_url):
        assert not logging.getLogger(package).isEnabledFor(logging.INFO)
        assert logging.getLogger(package).isEnabledFor(logging.WARNING)


async def test_a_stray_variable_of_the_package_does_not_send_prompts_elsewhere(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    provider = OpenAIProvider("sk-secret")
    assert str(provider._client.base_url) == "https://api.openai.com/v1/"
    await provider.aclose()
