"""The simulator itself: OpenAI's HTTP API on loopback, with its limits, its latency and its bad days."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

from streams.demo.llm_simulator import admin, bad_endings, refusals, wire
from streams.demo.llm_simulator.answers import answer_for, spoiled
from streams.demo.llm_simulator.buckets import RateLimits
from streams.demo.llm_simulator.call_log import caller_of
from streams.demo.llm_simulator.faults import Fault, FaultPlan
from streams.demo.llm_simulator.latency import Latency
from streams.demo.llm_simulator.prompts import prompt_hash
from streams.demo.llm_simulator.stats import Call, Stats

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from streams.demo.llm_simulator.call_log import CallLog

_MAX_BODY_BYTES = 64 * 1024 * 1024
# A hanging call ends when its client goes away or the server stops; this only bounds a forgotten one.
_HANG_S = 3600.0
_RETRY_AFTER_S = 1.0
_ASKS_FOR_PATIENCE = frozenset({429, 503})
# Bounds on what is remembered: there are as many prefixes as kinds, and a misled client may ask for any model.
_MAX_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class Exchange:
    """One answered call, for the demo's journey: what came in and what went back. Handed to a tap, never kept."""

    user_message: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorOptions:
    """How the simulator behaves; the defaults are those of a test double: at once, and without chance faults."""

    seed: int = 0
    latency_median_s: float = 0.0
    latency_sigma: float = 0.45
    latency_shortest_s: float = 0.0
    latency_longest_s: float = 3_600.0
    slow_share: float = 0.0
    requests_per_minute: int = 10_000_000
    tokens_per_minute: int = 10_000_000_000
    rate_limited_share: float = 0.0
    server_error_share: float = 0.0
    context_window: int = 400_000
    # None takes any key but an empty one.
    api_key: str | None = None
    # None takes any model's name; GET /v1/models then lists the names asked for so far.
    models: tuple[str, ...] | None = None
    # Calls are also counted by what this finds in a user message, so that a test can count them by event.
    marker: re.Pattern[str] | None = None

    @property
    def latency(self) -> Latency:
        """How long calls take."""
        return Latency(
            self.latency_median_s,
            self.latency_sigma,
            self.latency_shortest_s,
            self.latency_longest_s,
            self.slow_share,
        )


class LlmSimulator:
    """`async with LlmSimulator(options) as simulator:` serves until the block ends; clients take `simulator.base_url`.

    `POST /_faults {"fault", "count" | "for_s", "match"?, "share"?}` orders faults, `DELETE /_faults` takes them back,
    `GET /_stats` counts. Prompts are hashed, never kept.
    """

    def __init__(
        self,
        options: SimulatorOptions | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tap: Callable[[Exchange], None] | None = None,
        call_log: CallLog | None = None,
    ) -> None:
        """Port 0 takes a free one. `tap` is called with each answered call, in process; `call_log` has every call."""
        self.options = options or SimulatorOptions()
        self._address = (host, port)
        self._tap = tap
        # Two sources of chance: how many draws the faults take must not change the latencies of a run.
        self._latency_rng = random.Random(self.options.seed)
        self.faults = FaultPlan(
            random.Random(self.options.seed + 1),
            rate_limited_share=self.options.rate_limited_share,
            server_error_share=self.options.server_error_share,
        )
        now = time.monotonic()
        self.limits = RateLimits(self.options.requests_per_minute, self.options.tokens_per_minute, now)
        self._latency = self.options.latency
        self.stats = Stats(self.options.marker, call_log)
        self._ids = itertools.count(1)
        self._models_asked: dict[str, None] = {}
        self._prefixes: set[str] = set()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        """Start to listen."""
        # Without handler_cancellation a hanging call would outlive its client and hold up the shutdown.
        self._runner = web.AppRunner(
            self.application(), access_log=None, handler_cancellation=True, shutdown_timeout=0.2
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, *self._address, backlog=1024).start()
        self._address = self._runner.addresses[0][:2]
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Stop; calls under way are cut off."""
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where the admin paths `/_faults` and `/_stats` stand."""
        host, port = self._address
        return f"http://{host}:{port}"

    @property
    def base_url(self) -> str:
        """What a client takes for its `base_url`."""
        return f"{self.url}/v1"

    def application(self) -> web.Application:
        """The routes, for a server of one's own."""
        app = web.Application(client_max_size=_MAX_BODY_BYTES)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/v1/models/{model}", self._model)
        admin.add_routes(app, self.faults, self.stats)
        return app

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        started = time.monotonic()
        with self.stats.call() as call:
            try:
                self._authorise(request)
                call.caller = caller_of(request.headers["authorization"])
                chat = wire.read_chat_request(await _json_of(request))
                self._check_model(chat)
                call.hash = prompt_hash(chat.user_message)
                call.marker = self.stats.marker_in(chat.user_message)
                response = await self._respond(request, chat, call, started)
            except wire.RefusedRequestError as refused:
                response = self._json((refused.status, refused.body), started)
            call.status = response.status
            return response

    async def _respond(
        self, request: web.Request, chat: wire.ChatRequest, call: Call, started: float
    ) -> web.StreamResponse:
        """Meet a fault, or be admitted by the limits, think, and answer."""
        fault = self.faults.next(chat.user_message, started)
        if fault is not None:
            self.stats.by_fault[fault] += 1
            refusal = refusals.refusal_for(fault, chat.model, self.options.context_window)
            if refusal is not None:
                return self._json(refusal, started, _RETRY_AFTER_S if refusal[0] in _ASKS_FOR_PATIENCE else None)
        answer = answer_for(chat)
        if fault is not None:
            answer = spoiled(answer, fault)
        denied = self.limits.admit(chat.input_tokens + answer.output_tokens, started)
        if denied is not None:
            return self._json(refusals.rate_limited(denied, chat.model), started, denied.retry_after_s)
        await self._think(answer)
        match fault:
            case Fault.HANG:
                await asyncio.sleep(_HANG_S)
            case Fault.RESET:
                return bad_endings.reset(request)
            case Fault.HTML:
                return web.Response(text="<html><body>Please wait...</body></html>", content_type="text/html")
        call.paid = True
        self.stats.input_tokens += chat.input_tokens
        self.stats.output_tokens += answer.output_tokens
        return await self._deliver(request, chat, answer, fault, started)

    async def _deliver(
        self, request: web.Request, chat: wire.ChatRequest, answer: wire.Answer, fault: Fault | None, started: float
    ) -> web.StreamResponse:
        """Send an answer that has been paid for; the last faults strike on the way."""
        body = self._completion(chat, answer)
        if fault is Fault.BROKEN_JSON:
            text = json.dumps(body)
            return web.Response(text=text[: len(text) // 2], content_type="application/json")
        if fault is Fault.DRIP:
            return await bad_endings.drip(request, body)
        if self._tap is not None:
            self._tap(Exchange(chat.user_message, answer.text or answer.refusal or ""))
        return self._json((200, body), started)

    async def _think(self, answer: wire.Answer) -> None:
        """Take as long as a model would."""
        if (seconds := self._latency.draw(self._latency_rng, answer.output_tokens)) > 0:
            await asyncio.sleep(seconds)

    def _completion(self, chat: wire.ChatRequest, answer: wire.Answer) -> dict[str, Any]:
        prefix = prompt_hash(chat.instructions)
        cached = wire.cached_tokens(wire.tokens_of(chat.instructions)) if prefix in self._prefixes else 0
        if len(self._prefixes) < _MAX_REMEMBERED:
            self._prefixes.add(prefix)
        return wire.completion(
            chat,
            answer,
            completion_id=f"chatcmpl-simulated-{next(self._ids)}",
            created=int(time.time()),
            cached_input_tokens=cached,
        )

    def _authorise(self, request: web.Request) -> None:
        key = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if not key or (self.options.api_key is not None and key != self.options.api_key):
            raise wire.RefusedRequestError(*refusals.unauthorized())

    def _check_model(self, chat: wire.ChatRequest) -> None:
        if self.options.models is not None and chat.model not in self.options.models:
            raise wire.RefusedRequestError(*refusals.model_not_found(chat.model))
        if len(self._models_asked) < _MAX_REMEMBERED:
            self._models_asked[chat.model] = None
        if chat.input_tokens > self.options.context_window:
            raise wire.RefusedRequestError(
                *refusals.context_length_exceeded(self.options.context_window, chat.input_tokens)
            )

    def _json(
        self, status_and_body: tuple[int, dict[str, Any]], started: float, retry_after_s: float | None = None
    ) -> web.Response:
        status, body = status_and_body
        now = time.monotonic()
        headers = {
            "x-request-id": f"req_simulated_{next(self._ids)}",
            "openai-processing-ms": str(round((now - started) * 1000)),
            "openai-version": "2020-10-01",
            **self.limits.headers(now),
        }
        if retry_after_s is not None:
            headers["retry-after"] = str(max(1, math.ceil(retry_after_s)))
            headers["retry-after-ms"] = str(max(1, math.ceil(retry_after_s * 1000)))
        return web.json_response(body, status=status, headers=headers)

    async def _models(self, _request: web.Request) -> web.Response:
        return web.json_response(wire.model_list(self.options.models or tuple(self._models_asked)))

    async def _model(self, request: web.Request) -> web.Response:
        name = request.match_info["model"]
        if self.options.models is not None and name not in self.options.models:
            status, body = refusals.model_not_found(name)
            return web.json_response(body, status=status)
        return web.json_response(wire.model_list((name,))["data"][0])


async def _json_of(request: web.Request) -> Any:
    try:
        return json.loads(await request.read())
    except ValueError:
        message = "We could not parse the JSON body of your request."
        raise wire.RefusedRequestError(400, wire.error(message, kind="invalid_request_error", code=None)) from None
