"""What the API says when it does not answer: status and body of each error, worded as OpenAI words them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.demo.llm_simulator.faults import Fault
from streams.demo.llm_simulator.wire import error

if TYPE_CHECKING:
    from streams.demo.llm_simulator.buckets import Denied

Refusal = tuple[int, dict[str, Any]]

_INVALID = "invalid_request_error"
_TOO_FAST = "Rate limit reached. Please try again in 1s."
_NO_QUOTA = "You exceeded your current quota, please check your plan and billing details."
_NO_ACCESS = "Country, region, or territory not supported"
_SERVER_ERROR = "The server had an error while processing your request. Sorry about that!"
_OVERLOADED = "The engine is currently overloaded, please try again later."


def refusal_for(fault: Fault, model: str, context_window: int) -> Refusal | None:
    """The refusal that a fault means; None for faults that come later than the status line."""
    refusals: dict[Fault, Refusal] = {
        Fault.RATE_LIMITED: (
            429,
            error(
                f"Rate limit reached for {model}. Please try again in 1s.", kind="requests", code="rate_limit_exceeded"
            ),
        ),
        Fault.INSUFFICIENT_QUOTA: (429, error(_NO_QUOTA, kind="insufficient_quota", code="insufficient_quota")),
        Fault.UNAUTHORIZED: unauthorized(),
        Fault.FORBIDDEN: (403, error(_NO_ACCESS, kind=_INVALID, code="unsupported_country_region_territory")),
        Fault.MODEL_NOT_FOUND: model_not_found(model),
        Fault.CONTEXT_LENGTH_EXCEEDED: context_length_exceeded(context_window, context_window + 1),
        Fault.SERVER_ERROR: (500, error(_SERVER_ERROR, kind="server_error", code=None)),
        Fault.UNAVAILABLE: (503, error(_OVERLOADED, kind="server_error", code=None)),
    }
    return refusals.get(fault)


def unauthorized() -> Refusal:
    """No key, or a wrong one."""
    return 401, error("Incorrect API key provided.", kind=_INVALID, code="invalid_api_key")


def model_not_found(model: str) -> Refusal:
    """A model that is unknown or retired."""
    message = f"The model `{model}` does not exist or you do not have access to it."
    return 404, error(message, kind=_INVALID, code="model_not_found")


def context_length_exceeded(window: int, tokens: int) -> Refusal:
    """A prompt that is longer than the model's window, both in tokens."""
    message = (
        f"This model's maximum context length is {window} tokens. However, your messages resulted in {tokens} tokens."
    )
    return 400, error(message, kind=_INVALID, code="context_length_exceeded", param="messages")


def rate_limited(denied: Denied, model: str) -> Refusal:
    """A request that the buckets refuse."""
    name = {"requests": "requests per min (RPM)", "tokens": "tokens per min (TPM)"}[denied.limit]
    message = (
        f"Rate limit reached for {model} in organization org-simulated on {name}: Limit {denied.per_minute}, "
        f"Used {denied.used}, Requested {denied.requested}. Please try again in {denied.retry_after_s:.3f}s."
    )
    return 429, error(message, kind=denied.limit, code="rate_limit_exceeded")
