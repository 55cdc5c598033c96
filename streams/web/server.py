"""The worker's own web server: /metrics, /healthz, /readyz, and POST /v1/events."""

from __future__ import annotations

import hmac
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from aiohttp import web

from schemas.errors import DataFault, DependencyFault
from streams.errors import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from streams.observability.metrics import Metrics
    from streams.settings import WebSettings

# What a sender is told to wait where the dependency itself says nothing.
RETRY_AFTER_S = 5.0


@dataclass(frozen=True, slots=True)
class Health:
    """An answer of /healthz or /readyz: whether it is well, and why (no customer text, no secrets)."""

    well: bool
    body: Mapping[str, Any]


class EventInbox(Protocol):
    """Takes the raw body of POST /v1/events, durably."""

    async def accept(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Return how many events it holds. Raises DataFault (the sender's mistake), DependencyFault."""
        ...


@dataclass(frozen=True, slots=True)
class WebParts:
    """What the server shows and serves. `inbox` gives None where this process runs no intake, or none yet."""

    metrics: Metrics
    healthy: Callable[[], Health]
    ready: Callable[[], Health]
    inbox: Callable[[], EventInbox | None]
    tokens: Sequence[str]


class WebServer:
    """Listens from before the first connection to Kafka until after the last event has ended."""

    def __init__(self, settings: WebSettings, parts: WebParts) -> None:
        """Take where to listen and what to serve."""
        self._settings = settings
        self._parts = parts
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Begin to listen. Raises CommandFailed where that cannot be done."""
        app = web.Application(client_max_size=self._settings.max_body_bytes)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/readyz", self._ready)
        app.router.add_post("/v1/events", self._events)
        # Bodies as they were sent: what signs them signs these bytes, and a broken one is no error of ours.
        self._runner = web.AppRunner(app, access_log=None, auto_decompress=False)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._settings.host, self._settings.port).start()
        except OSError as error:
            await self.stop()
            raise CommandFailed(
                f"the web server cannot listen on {self._settings.host}:{self._settings.port} ({error.strerror}). Set "
                "CRM_INSIGHTS_WEB__HOST and CRM_INSIGHTS_WEB__PORT to an address that is free."
            ) from error

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(
            body=self._parts.metrics.render(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        )

    async def _health(self, _: web.Request) -> web.Response:
        return _as_response(self._parts.healthy())

    async def _ready(self, _: web.Request) -> web.Response:
        return _as_response(self._parts.ready())

    async def _events(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        inbox = self._parts.inbox()
        if inbox is None:
            response = _problem(503, "this worker runs no intake, or is starting or stopping")
            response.headers["Retry-After"] = f"{RETRY_AFTER_S:g}"
            return response
        try:
            body = await request.read()
            count = await inbox.accept(body, request.headers)
        except web.HTTPRequestEntityTooLarge:
            return _problem(413, f"the body is larger than {self._settings.max_body_bytes} bytes")
        except DataFault as fault:
            return _problem(400, fault.detail, reason=fault.reason.value)
        except DependencyFault as fault:
            response = _problem(503, "the event could not be stored; send it again", cause=fault.dependency.value)
            response.headers["Retry-After"] = str(max(1, math.ceil(fault.retry_after_s or RETRY_AFTER_S)))
            return response
        return web.json_response({"accepted": count}, status=202)

    def _refusal(self, request: web.Request) -> web.Response | None:
        if not self._parts.tokens:
            return _problem(403, 'no token is set: put one under the source "events" of CRM_INSIGHTS_WEBHOOKS__SECRETS')
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        given = token.strip().encode("utf-8", "surrogateescape")
        # Every token is compared, whether or not one has matched: the time taken says nothing about any.
        matches = [hmac.compare_digest(given, known.encode()) for known in self._parts.tokens]
        if scheme.lower() != "bearer" or not any(matches):
            response = _problem(401, "send the token as `Authorization: Bearer TOKEN`")
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            return _problem(415, "send the body without a Content-Encoding")
        return None


def _as_response(health: Health) -> web.Response:
    return web.json_response(dict(health.body), status=200 if health.well else 503)


def _problem(status: int, detail: str, **more: str) -> web.Response:
    return web.json_response({"error": detail, **more}, status=status)
