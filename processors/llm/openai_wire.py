"""OpenAI's chat completions as bytes: what goes out and what comes back. No I/O here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from processors.llm.openai_json import count_of, field_of, plain, read_json, refusal_of, text_of
from processors.llm.provider import Completion, CompletionFailure, FailureKind, Usage
from processors.llm.rate_limit_headers import RateLimitHeaders

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
# model accepts differ within one family (the -pro models take only "high").
_FAMILIES: Final[tuple[tuple[re.Pattern[str], Capabilities], ...]] = tuple(
    (re.compile(pattern), capabilities)
    for pattern, capabilities in (
        (r"(ft:)?gpt-5(\.\d+)?-chat\b", _LEGACY),
        (r"(ft:)?(gpt-(5|6|7)|o[134])\b", _REASONING),
        (r"(ft:)?(gpt-4|gpt-3\.5|chatgpt-4o)", _LEGACY),
    )
)


def capabilities_of(model: str, overrides: Mapping[str, Capabilities] | None = None) -> Capabilities:
    """Look `model` up: in `overrides` first (whoever makes the provider), then in the families known here."""
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


def completion_of(
    content: bytes, headers: Mapping[str, str], request: CompletionRequest, *, status: int, latency_ms: int
) -> Completion:
    """Read a 2xx answer. Raises CompletionFailure(MALFORMED) for anything but a chat completion with a choice.

    The answer is paid for: only what it is read from, the first choice and its message, must be as documented. Of
    everything beside it (usage, model, the form of the content) servers have their own ideas, and what makes no sense
    there counts as not said.
    """
    envelope = read_json(content)
    choices = field_of(envelope, "choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = field_of(choice, "message")
    said = field_of(message, "content")
    if not isinstance(message, dict) or not isinstance(said, str | list | None):
        raise CompletionFailure(
            FailureKind.MALFORMED,
            status=status,
            provider_request_id=plain(headers.get("x-request-id")),
            rate_limits=RateLimitHeaders.of(headers),
        )
    finish_reason = field_of(choice, "finish_reason")
    return Completion(
        text=text_of(said),
        refusal=refusal_of(message),
        finish_reason=finish_reason if isinstance(finish_reason, str) else "",
        usage=_usage_of(field_of(envelope, "usage")),
        model=plain(field_of(envelope, "model")) or request.model,
        provider_request_id=plain(headers.get("x-request-id")),
        latency_ms=latency_ms,
        rate_limits=RateLimitHeaders.of(headers),
    )


def _usage_of(usage: Any) -> Usage:
    return Usage(
        count_of(field_of(usage, "prompt_tokens")),
        count_of(field_of(field_of(usage, "prompt_tokens_details"), "cached_tokens")),
        count_of(field_of(usage, "completion_tokens")),
    )
