"""The border to any provider of completions: one request type, one completion type, one failure type.

A second provider is one new module that implements `Provider`; nothing else learns of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processors.llm.rate_limit_headers import RateLimitHeaders

# A Retry-After comes from outside and is sometimes wrong: an epoch where seconds belong, a date of the year 9999. Taken
# at its word, one such header would stop a worker for decades, its partition with it. Whoever means an hour is asked
# once more each ten minutes: one refused call for each that waits, which costs nothing and ends the wait when the
# provider is back sooner than it said.
MAX_RETRY_AFTER_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One question, masked and within its token budget.

    `instructions` and `json_schema` are byte-identical for every call of a kind, so that the provider can cache them;
    what customers wrote stands in `user_message` only. `correction` is set on a re-ask: it names what was wrong with
    the previous answer. `safety_identifier` is a hash, never an identity.
    """

    model: str
    instructions: str
    user_message: str
    schema_name: str
    json_schema: Mapping[str, Any]
    max_output_tokens: int
    safety_identifier: str | None = None
    correction: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted and bills them; `cached_input_tokens` are a part of `input_tokens`.

    A sum remembers its `calls`: what a token costs may depend on how long the prompt of its own call was.
    """

    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    calls: tuple[Usage, ...] = field(default=(), compare=False, repr=False)

    def __add__(self, other: Usage) -> Usage:
        """Sum up what several calls for one event have used."""
        return Usage(
            self.input_tokens + other.input_tokens,
            self.cached_input_tokens + other.cached_input_tokens,
            self.output_tokens + other.output_tokens,
            (*(self.calls or (self,)), *(other.calls or (other,))),
        )


@dataclass(frozen=True, slots=True)
class Completion:
    """What the model said, not yet checked: `text` may be missing, cut off or nonsense.

    `finish_reason` is the provider's word, OpenAI's spelling ("stop", "length", "content_filter").
    """

    text: str | None
    refusal: str | None
    finish_reason: str
    usage: Usage
    model: str
    provider_request_id: str | None
    latency_ms: int
    rate_limits: RateLimitHeaders | None = None


class FailureKind(StrEnum):
    """Everything that can come instead of a completion. The retry policy has a row for each."""

    RATE_LIMITED = "rate_limited"  # 429: the account's requests or tokens a minute are used up
    QUOTA_EXHAUSTED = "quota_exhausted"  # 429 insufficient_quota, 402: nobody's call succeeds until somebody pays
    UNAUTHORISED = "unauthorised"  # 401: the key is wrong, expired or revoked; 407: a proxy wants one
    FORBIDDEN = "forbidden"  # 403, 451: the key may not use this model, project or region
    REDIRECTED = "redirected"  # 3xx: the base URL is wrong; following would carry the prompt to another host
    NOT_FOUND = "not_found"  # 404, 410, 400 model_not_found: no such model or path, or no longer
    UNSUPPORTED = "unsupported"  # 400 unsupported_value and its like, 405: not taken, whatever the event says
    BAD_REQUEST = "bad_request"  # 400 and every 4xx without a row of its own: nobody says what was wrong
    UNPROCESSABLE = "unprocessable"  # 422, likewise
    CONTEXT_TOO_LONG = "context_too_long"  # 400 context_length_exceeded, 413
    CONTENT_FILTERED = "content_filtered"  # 400: the provider's filter refused the prompt before the model saw it
    SERVER_ERROR = "server_error"  # 5xx, and what passes by itself: 409, 423, 424, 425
    TIMEOUT = "timeout"  # the attempt's deadline, 408, 499
    CONNECTION = "connection"  # refused, reset, DNS
    TLS = "tls"  # the certificate is not trusted or another host's, or no version of TLS is common
    MALFORMED = "malformed"  # a 2xx that is no completion: HTML, broken JSON, another envelope


class CompletionFailure(Exception):  # noqa: N818 -- the word of the design; an ending that the policy decides on
    """A call that brought no completion.

    The message is made of our own words, a status, a code and a request id. It never holds text of the prompt or of
    the provider's body: providers quote prompts in their error messages, and this message reaches logs and headers.
    """

    def __init__(
        self,
        kind: FailureKind,
        *,
        status: int | None = None,
        code: str | None = None,
        retry_after_s: float | None = None,
        provider_request_id: str | None = None,
        rate_limits: RateLimitHeaders | None = None,
    ) -> None:
        """`code` must be a plain identifier; `retry_after_s` is what the provider asked for, in seconds from now.

        Of that, at most `MAX_RETRY_AFTER_S` is believed, and nothing where it is no number of seconds to come.
        """
        if retry_after_s is not None:
            retry_after_s = None if math.isnan(retry_after_s) else min(max(0.0, retry_after_s), MAX_RETRY_AFTER_S)
        facts = {"status": status, "code": code, "retry after s": retry_after_s, "request": provider_request_id}
        told = ", ".join(f"{name} {value}" for name, value in facts.items() if value is not None)
        super().__init__(f"{kind} ({told})" if told else str(kind))
        self.kind = kind
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s
        self.provider_request_id = provider_request_id
        self.rate_limits = rate_limits


class Provider(Protocol):
    """Somebody who completes prompts. Makes one attempt per call: retries are the caller's."""

    name: str

    async def complete(self, request: CompletionRequest, *, deadline_s: float) -> Completion:
        """Ask once; ends within `deadline_s` seconds, whatever the other side does. Raises CompletionFailure."""
        ...

    async def warm_up(self) -> None:
        """Pay now for what the first call would wait for (TLS, connections). Raises CompletionFailure."""
        ...

    async def aclose(self) -> None:
        """Close every connection; the provider is of no use afterwards."""
        ...
