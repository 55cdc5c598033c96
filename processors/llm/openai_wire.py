"""OpenAI's chat completions as bytes: what goes out, what comes back, and what an error answer means. No I/O here.

Nothing made here ever holds text of an error body: providers quote the prompt in their messages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from processors.llm.provider import Completion, CompletionFailure, FailureKind, Usage
from processors.llm.rate_limit_headers import RateLimitHeaders, retry_after_s

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processors.llm.provider import CompletionRequest


# ---- what goes out


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a family of models takes; a parameter that it does not know ends every call of the stream as a 400.

    `temperature` None: not sent (reasoning models refuse any but 1). `reasoning_effort` None: the model's default.
    """

    temperature: float | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high"] | None = None
    instructions_role: Literal["developer", "system"] = "developer"
    output_cap: Literal["max_completion_tokens", "max_tokens"] = "max_completion_tokens"


_REASONING: Final = Capabilities()
_LEGACY: Final = Capabilities(temperature=0.0)
# A name that nobody here knows stands on a compatible server: send only what every server takes.
_UNKNOWN: Final = Capabilities(instructions_role="system")

# First match wins, so the exceptions of a family stand before it. Effort is left to the model: the values that a
# model accepts differ within one family (the -pro models take only "high"), and the settings can name it.
_FAMILIES: Final[tuple[tuple[re.Pattern[str], Capabilities], ...]] = tuple(
    (re.compile(pattern), capabilities)
    for pattern, capabilities in (
        (r"(ft:)?gpt-5(\.\d+)?-chat\b", _LEGACY),
        (r"(ft:)?(gpt-(5|6|7)|o[134])\b", _REASONING),
        (r"(ft:)?(gpt-4|gpt-3\.5|chatgpt-4o)", _LEGACY),
    )
)


def capabilities_of(model: str, overrides: Mapping[str, Capabilities] | None = None) -> Capabilities:
    """Look `model` up: the settings' own word first, then the families known here."""
    if overrides and model in overrides:
        return overrides[model]
    return next((found for pattern, found in _FAMILIES if pattern.match(model)), _UNKNOWN)


def request_body(request: CompletionRequest, capabilities: Capabilities) -> bytes:
    """Encode the JSON body of `POST /chat/completions`: static parts first, what customers wrote last."""
    messages = [
        {"role": capabilities.instructions_role, "content": request.instructions},
        {"role": "user", "content": request.user_message},
    ]
    if request.correction is not None:
        messages.append({"role": "user", "content": request.correction})
    schema = {"name": request.schema_name, "strict": True, "schema": request.json_schema}
    body: dict[str, Any] = {
        "model": request.model,
        "response_format": {"type": "json_schema", "json_schema": schema},
        "messages": messages,
        capabilities.output_cap: request.max_output_tokens,
        "store": False,
    }
    if capabilities.temperature is not None:
        body["temperature"] = capabilities.temperature
    if capabilities.reasoning_effort is not None:
        body["reasoning_effort"] = capabilities.reasoning_effort
    if request.safety_identifier is not None:
        body["safety_identifier"] = request.safety_identifier
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:
        # A lone surrogate, half an emoji cut off by the CRM: it has no UTF-8 form. Texts are cleaned before they get
        # here; should one slip through, it costs a character and not the event.
        for message in messages:
            message["content"] = message["content"].encode("utf-8", "replace").decode()
        return msgspec.json.encode(body)


# ---- what comes back


class _Message(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _PromptDetails(msgspec.Struct):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: _PromptDetails | None = None


class _Envelope(msgspec.Struct):
    choices: list[_Choice]
    model: str | None = None
    usage: _Usage | None = None


_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)


def completion_of(
    content: bytes, headers: Mapping[str, str], request: CompletionRequest, *, status: int, latency_ms: int
) -> Completion:
    """Read a 2xx answer. Raises CompletionFailure(MALFORMED) for anything but a chat completion with a choice."""
    envelope = _envelope_of(content)
    if envelope is None:
        raise CompletionFailure(
            FailureKind.MALFORMED,
            status=status,
            provider_request_id=_plain(headers.get("x-request-id")),
            rate_limits=RateLimitHeaders.of(headers),
        )
    choice, usage = envelope.choices[0], envelope.usage or _Usage()
    details = usage.prompt_tokens_details
    return Completion(
        text=choice.message.content,
        refusal=choice.message.refusal,
        finish_reason=choice.finish_reason or "",
        usage=Usage(usage.prompt_tokens, (details.cached_tokens or 0) if details else 0, usage.completion_tokens),
        model=_plain(envelope.model) or request.model,
        provider_request_id=_plain(headers.get("x-request-id")),
        latency_ms=latency_ms,
        rate_limits=RateLimitHeaders.of(headers),
    )


def _envelope_of(content: bytes) -> _Envelope | None:
    try:
        envelope = _ENVELOPE.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return envelope if envelope.choices else None


# ---- what an error answer means

_BY_STATUS: Final[Mapping[int, FailureKind]] = {
    401: FailureKind.UNAUTHORISED,
    402: FailureKind.QUOTA_EXHAUSTED,
    403: FailureKind.FORBIDDEN,
    404: FailureKind.NOT_FOUND,
    408: FailureKind.TIMEOUT,
    409: FailureKind.SERVER_ERROR,
    413: FailureKind.CONTEXT_TOO_LONG,
    422: FailureKind.UNPROCESSABLE,
    429: FailureKind.RATE_LIMITED,
}
_BY_CODE: Final[Mapping[str, FailureKind]] = {
    "insufficient_quota": FailureKind.QUOTA_EXHAUSTED,
    "billing_hard_limit_reached": FailureKind.QUOTA_EXHAUSTED,
    "billing_not_active": FailureKind.QUOTA_EXHAUSTED,
    "context_length_exceeded": FailureKind.CONTEXT_TOO_LONG,
    "string_above_max_length": FailureKind.CONTEXT_TOO_LONG,
    "content_filter": FailureKind.CONTENT_FILTERED,
    "content_policy_violation": FailureKind.CONTENT_FILTERED,
    "invalid_prompt": FailureKind.CONTENT_FILTERED,
}
# Where a server has no code for it, only its message tells. "Request too large" is a 429 for one request above the
# account's whole minute: it can never pass, so waiting for it would be waiting for ever.
_TOO_LONG_MESSAGES: Final = ("maximum context length", "request too large")
_BODY_LIMIT: Final = 65_536
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.:/-]{1,128}")


def failure_of(status: int, content: bytes, headers: Mapping[str, str], *, wall_clock_s: float) -> CompletionFailure:
    """Say what an answer other than 2xx means, in our own words."""
    code, kind_of_error, message = _error_of(content)
    return CompletionFailure(
        _kind_of(status, code, kind_of_error, message),
        status=status,
        code=_plain(code) or _plain(kind_of_error),
        retry_after_s=retry_after_s(headers, wall_clock_s=wall_clock_s),
        provider_request_id=_plain(headers.get("x-request-id")),
        rate_limits=RateLimitHeaders.of(headers),
    )


def _kind_of(status: int, code: str, kind_of_error: str, message: str) -> FailureKind:
    if 300 <= status < 400:  # noqa: PLR2004 -- the class of redirections
        return FailureKind.REDIRECTED
    if status >= 500:  # noqa: PLR2004 -- the class of server errors, whatever their body says
        return FailureKind.SERVER_ERROR
    named = _BY_CODE.get(code) or _BY_CODE.get(kind_of_error)
    if named is not None:
        return named
    if status in {400, 429} and any(words in message for words in _TOO_LONG_MESSAGES):
        return FailureKind.CONTEXT_TOO_LONG
    return _BY_STATUS.get(status, FailureKind.BAD_REQUEST)


def _error_of(content: bytes) -> tuple[str, str, str]:
    """(code, type, message in lower case) of an OpenAI error body; empty strings for what is not there."""
    try:
        body = msgspec.json.decode(content) if len(content) <= _BODY_LIMIT else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = None
    error = body.get("error", body) if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", "", ""
    code, kind_of_error, message = (error.get(name) for name in ("code", "type", "message"))
    return (
        code if isinstance(code, str) else "",
        kind_of_error if isinstance(kind_of_error, str) else "",
        message.lower() if isinstance(message, str) else "",
    )


def _plain(word: str | None) -> str | None:
    """Pass on what looks like an identifier; anything else may be quoted text and is dropped."""
    return word if word and _PLAIN.fullmatch(word) else None
