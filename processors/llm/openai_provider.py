"""Completions from OpenAI, or from any server that speaks its API, through the openai package's fast path.

The documented low-level `client.post` with ready-made bytes on the package's aiohttp transport keeps the package's
authentication, base URL and headers and costs about a quarter of the CPU of `chat.completions.create`
(benchmarked at 1.5 ms against 6.2 ms a call with 200 in flight).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import time
from typing import TYPE_CHECKING, Any, Final, cast

import aiohttp
import httpx2
import openai

from processors.llm import openai_wire
from processors.llm.openai_errors import failure_of
from processors.llm.provider import CompletionFailure, FailureKind
from processors.llm.tls import tls_context, tls_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processors.llm.openai_wire import Capabilities
    from processors.llm.provider import Completion, CompletionRequest

_OPENAI_URL: Final = "https://api.openai.com/v1"
# A host that does not answer a SYN is down: finding out takes a fraction of the attempt's deadline, so that the
# attempt fails as a connection and is tried again early.
_CONNECT_TIMEOUT_S: Final = 10.0
# Shorter than common idle limits of servers and proxies (60 s), so that a call rarely meets a closing connection.
_KEEP_ALIVE_S: Final = 30.0
_WARM_UP_DEADLINE_S: Final = 5.0
_WARM_CONNECTIONS: Final = 4
# The longest answer that a model can give (128,000 tokens, each letter escaped) is about 3 MB. Without a bound a server
# that does not stop sending fills the memory within one deadline (measured: 0.8 GB in 2 s), and again with each retry.
_MOST_BODY_BYTES: Final = 4 * 1024 * 1024
# The package tells each server the machine's system, architecture and interpreter. Nobody needs to know, and headers
# are a tenth of a call's CPU.
_NOT_SENT: Final = {
    f"X-Stainless-{name}": openai.Omit()
    for name in ("Lang", "Package-Version", "OS", "Arch", "Runtime", "Runtime-Version", "Async")
}
_NOBODY_THERE: Final = frozenset({FailureKind.CONNECTION, FailureKind.TIMEOUT, FailureKind.TLS})
# What HTTP says a header is, and what any bytes can be read as.
_HEADER_ENCODING: Final = "latin-1"
# Below WARNING these packages log URLs, and openai at DEBUG (which OPENAI_LOG=debug turns on) the options of a request.
# Today's version leaves a ready-made body out of them; that nothing of a prompt is logged must not rest on it.
_TALKATIVE_LOGGERS: Final = ("openai", "httpx2", "httpcore2")


class _BoundedHttpClient(openai.DefaultAioHttpClient):
    """Reads answers, good and bad, up to a bound: on the wire and unzipped."""

    async def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        """Send a request and read its whole answer. Raises DecodingError for a longer one."""
        response = await super().send(request, stream=True, **options)
        if stream:
            return response
        try:
            body = bytearray()
            # Unzipped in pieces of a megabyte at most, so that a small body cannot grow beyond the bound unseen.
            async with contextlib.aclosing(response.aiter_bytes()) as pieces:
                async for piece in pieces:
                    body += piece
                    if len(body) > _MOST_BODY_BYTES:
                        raise httpx2.DecodingError("longer than any completion; the rest was not read")
        finally:
            await response.aclose()
        headers = [(name, value) for name, value in response.headers.raw if name.lower() != b"content-encoding"]
        whole = httpx2.Response(response.status_code, headers=headers, content=bytes(body), request=request)
        # Else each look at a header tries encodings on all of them; the package looks at a dozen (measured: 60 us).
        whole.headers.encoding = _HEADER_ENCODING
        return whole


class OpenAIProvider:
    """One account on one base URL. Make it and use it on one event loop; close it with `aclose`."""

    def __init__(
        self,
        api_key: str,
        *,
        base_url: str | None = None,
        max_in_flight: int = 256,
        ca_file: str | None = None,
        capabilities: Mapping[str, Capabilities] | None = None,
        name: str = "openai",
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """Size the connection pool to `max_in_flight`; nothing is sent yet.

        `base_url` None is OpenAI itself. `ca_file` replaces the system's CAs (PEM). `capabilities` override the table
        of model families by model name. `wall_clock` (epoch seconds) is what a Retry-After date is measured against.
        """
        for logger in _TALKATIVE_LOGGERS:
            logging.getLogger(logger).setLevel(logging.WARNING)
        self.name = name
        self._capabilities = dict(capabilities or {})
        self._wall_clock = wall_clock
        self._warm_connections = min(_WARM_CONNECTIONS, max_in_flight)
        # Whole, because to put a path behind the base URL the package parses and copies both (a twentieth of a call).
        self._root = (base_url or _OPENAI_URL).rstrip("/")
        self._client = openai.AsyncOpenAI(
            api_key=api_key,
            # Never None: the package would then take OPENAI_BASE_URL, and prompts would go where no setting sent them.
            base_url=base_url or _OPENAI_URL,
            # The package's own retries sleep at most 60 s of a Retry-After and repeat an exhausted quota.
            max_retries=0,
            # What takes a header away is no string, whatever the annotation says; the package documents it.
            default_headers=cast("Any", _NOT_SENT),
            http_client=_BoundedHttpClient(
                # Reads have no limit of their own: `complete` puts one deadline around the whole attempt, because a
                # limit per read never ends a server that drips one byte at a time.
                timeout=httpx2.Timeout(None, connect=_CONNECT_TIMEOUT_S),
                # The defaults hold fewer connections than calls are in flight; the rest would queue unseen.
                limits=httpx2.Limits(
                    max_connections=max_in_flight,
                    max_keepalive_connections=max_in_flight,
                    keepalive_expiry=_KEEP_ALIVE_S,
                ),
                # A redirect would carry the prompt to a host that nobody configured.
                follow_redirects=False,
                # OpenAI speaks 1.3. A gateway of your own may not: 1.2 is safe still.
                verify=tls_context(
                    ca_file, minimum=ssl.TLSVersion.TLSv1_3 if base_url is None else ssl.TLSVersion.TLSv1_2
                ),
            ),
        )

    async def complete(self, request: CompletionRequest, *, deadline_s: float) -> Completion:
        """Ask once, within `deadline_s` seconds from the first byte out to the last byte in.

        Raises CompletionFailure; no other exception of the HTTP stack passes, and none is chained to it, since theirs
        quote the provider's body.
        """
        body = openai_wire.request_body(request, openai_wire.capabilities_of(request.model, self._capabilities))
        started = time.perf_counter()
        response = await self._send("/chat/completions", body, deadline_s=deadline_s)
        latency_ms = round((time.perf_counter() - started) * 1000)
        return openai_wire.completion_of(
            response.content, _plain_headers(response), request, status=response.status_code, latency_ms=latency_ms
        )

    async def warm_up(self) -> None:
        """Open a few connections (DNS, TCP, TLS), so that the first events do not wait for them.

        Asks for the list of models and takes any answer: keys may lack the right to read it. Raises CompletionFailure
        with CONNECTION, TIMEOUT or TLS if there is nobody to connect to.
        """
        knocks = [self._knock() for _ in range(self._warm_connections)]
        failures = [failure for failure in await asyncio.gather(*knocks) if failure is not None]
        if failures:
            raise failures[0]

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.close()

    async def _knock(self) -> CompletionFailure | None:
        try:
            await self._send("/models", None, deadline_s=_WARM_UP_DEADLINE_S)
        except CompletionFailure as failure:
            return failure if failure.kind in _NOBODY_THERE else None
        return None

    async def _send(self, path: str, body: bytes | None, *, deadline_s: float) -> httpx2.Response:
        """POST `body` (GET without one); the answer if it is a 2xx. Raises CompletionFailure."""
        try:
            async with asyncio.timeout(deadline_s):
                if body is None:
                    return await self._client.get(self._root + path, cast_to=httpx2.Response)
                return await self._client.post(self._root + path, content=body, cast_to=httpx2.Response)
        except TimeoutError:
            failure = CompletionFailure(FailureKind.TIMEOUT)
        except openai.APIStatusError as error:
            response = error.response
            failure = failure_of(
                response.status_code, response.content, _plain_headers(response), wall_clock_s=self._wall_clock()
            )
        except (openai.APIError, httpx2.HTTPError, aiohttp.ClientError, OSError) as error:
            failure = _broken_connection(error)
        # Raised out here, where no exception is being handled: as a __context__ the package's error would take the
        # provider's body into every log that prints a traceback.
        raise failure


def _plain_headers(response: httpx2.Response) -> dict[str, str]:
    """The headers by lower-case name, read once; of several with one name the last."""
    raw = response.headers.raw
    return {name.lower().decode(_HEADER_ENCODING): value.decode(_HEADER_ENCODING) for name, value in raw}


def _broken_connection(error: BaseException) -> CompletionFailure:
    """Tell a timeout, a broken connection and one that TLS forbids by the causes.

    The package's transport files a refused and a reset connection under ConnectTimeout (aiohttp's ClientConnectionError
    is mapped to it), so the outermost exception alone would say "timeout" for both. aiohttp's real timeouts, and only
    they, are TimeoutErrors.
    """
    cause: BaseException | None = error
    reason = None
    while cause is not None:
        if isinstance(cause, TimeoutError):
            return CompletionFailure(FailureKind.TIMEOUT)
        if isinstance(cause, aiohttp.ClientResponseError | httpx2.DecodingError):
            return CompletionFailure(FailureKind.MALFORMED)
        if (fault := tls_fault(cause)) is not None:
            return CompletionFailure(FailureKind.TLS, code=fault)
        reason = reason or _why_nobody_is_there(cause)
        cause = cause.__cause__
    return CompletionFailure(FailureKind.CONNECTION, code=reason)


def _why_nobody_is_there(cause: BaseException) -> str | None:
    """What the system says of a connection that did not come to be: a wrong name or port looks like an outage."""
    if isinstance(cause, aiohttp.ClientConnectorDNSError):
        return "host_not_resolved"
    if isinstance(cause, aiohttp.ClientConnectorError) and isinstance(cause.os_error, ConnectionRefusedError):
        return "connection_refused"
    return None
