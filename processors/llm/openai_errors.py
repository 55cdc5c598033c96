"""What an answer of OpenAI's API other than 2xx means: whose fault it is, as far as status, code and parameter tell.

Nothing made here ever holds text of an error body: providers quote the prompt in their messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from processors.llm.openai_json import plain, read_json
from processors.llm.provider import CompletionFailure, FailureKind
from processors.llm.rate_limit_headers import RateLimitHeaders, retry_after_s

if TYPE_CHECKING:
    from collections.abc import Mapping

_BY_STATUS: Final[Mapping[int, FailureKind]] = {
    401: FailureKind.UNAUTHORISED,
    402: FailureKind.QUOTA_EXHAUSTED,
    403: FailureKind.FORBIDDEN,
    404: FailureKind.NOT_FOUND,
    # Method, headers, version, host: the same for every event, and nothing of what one says.
    405: FailureKind.UNSUPPORTED,
    406: FailureKind.UNSUPPORTED,
    407: FailureKind.UNAUTHORISED,
    408: FailureKind.TIMEOUT,
    409: FailureKind.SERVER_ERROR,
    410: FailureKind.NOT_FOUND,
    411: FailureKind.UNSUPPORTED,
    413: FailureKind.CONTEXT_TOO_LONG,
    415: FailureKind.UNSUPPORTED,
    417: FailureKind.UNSUPPORTED,
    421: FailureKind.UNSUPPORTED,
    422: FailureKind.UNPROCESSABLE,
    423: FailureKind.SERVER_ERROR,
    424: FailureKind.SERVER_ERROR,
    425: FailureKind.SERVER_ERROR,
    426: FailureKind.UNSUPPORTED,
    429: FailureKind.RATE_LIMITED,
    431: FailureKind.UNSUPPORTED,
    451: FailureKind.FORBIDDEN,
    499: FailureKind.TIMEOUT,
}
# In lower case, as Azure and others write them otherwise.
_BY_CODE: Final[Mapping[str, FailureKind]] = {
    "insufficient_quota": FailureKind.QUOTA_EXHAUSTED,
    "billing_hard_limit_reached": FailureKind.QUOTA_EXHAUSTED,
    "billing_not_active": FailureKind.QUOTA_EXHAUSTED,
    "invalid_api_key": FailureKind.UNAUTHORISED,
    "account_deactivated": FailureKind.UNAUTHORISED,
    "unsupported_country_region_territory": FailureKind.FORBIDDEN,
    "model_not_found": FailureKind.NOT_FOUND,
    "model_not_available": FailureKind.NOT_FOUND,
    "model_decommissioned": FailureKind.NOT_FOUND,
    "model_deprecated": FailureKind.NOT_FOUND,
    "invalid_model": FailureKind.NOT_FOUND,
    "deploymentnotfound": FailureKind.NOT_FOUND,
    "unsupported_model": FailureKind.UNSUPPORTED,
    "unsupported_value": FailureKind.UNSUPPORTED,
    "unsupported_parameter": FailureKind.UNSUPPORTED,
    "unknown_parameter": FailureKind.UNSUPPORTED,
    "missing_required_parameter": FailureKind.UNSUPPORTED,
    "invalid_json_schema": FailureKind.UNSUPPORTED,
    "operationnotsupported": FailureKind.UNSUPPORTED,
    "context_length_exceeded": FailureKind.CONTEXT_TOO_LONG,
    "string_above_max_length": FailureKind.CONTEXT_TOO_LONG,
    "content_filter": FailureKind.CONTENT_FILTERED,
    "content_policy_violation": FailureKind.CONTENT_FILTERED,
    "invalid_prompt": FailureKind.CONTENT_FILTERED,
}
# What `request_body` sends alike for every event. An error that names one of these is not about what an event says.
# The output cap is not among them: it is doubled for an answer that was cut off, and may then be above the model's.
_SAME_FOR_ALL: Final = frozenset(
    {"model", "response_format", "store", "temperature", "reasoning_effort", "safety_identifier"}
)
# Where a server has no code for it, only its message tells. "Request too large" is a 429 for one request above the
# account's whole minute: it can never pass, so waiting for it would be waiting for ever.
_TOO_LONG_MESSAGES: Final = ("maximum context length", "request too large")
_BODY_LIMIT: Final = 65_536


class _Error(NamedTuple):
    """What of an OpenAI error body tells something; empty texts for what is not there."""

    code: str = ""
    type: str = ""
    param: str = ""
    message: str = ""


def failure_of(status: int, content: bytes, headers: Mapping[str, str], *, wall_clock_s: float) -> CompletionFailure:
    """Say what an answer other than 2xx means, in our own words."""
    error = _error_of(content)
    return CompletionFailure(
        _kind_of(status, error),
        status=status,
        code=plain(error.code) or plain(error.type),
        retry_after_s=retry_after_s(headers, wall_clock_s=wall_clock_s),
        provider_request_id=plain(headers.get("x-request-id")),
        rate_limits=RateLimitHeaders.of(headers),
    )


def _kind_of(status: int, error: _Error) -> FailureKind:
    if 300 <= status < 400:  # noqa: PLR2004 -- the class of redirections
        return FailureKind.REDIRECTED
    if status >= 500:  # noqa: PLR2004 -- the class of server errors, whatever their body says
        return FailureKind.SERVER_ERROR
    named = _BY_CODE.get(error.code.lower()) or _BY_CODE.get(error.type.lower())
    # "messages[0].role" is ours too; the texts of the messages are the event's.
    ours = error.param.partition(".")[0].partition("[")[0] in _SAME_FOR_ALL or error.param.endswith(".role")
    if ours and status in {400, 422} and named in {None, FailureKind.CONTEXT_TOO_LONG}:
        return FailureKind.UNSUPPORTED
    if named is not None:
        return named
    if status in {400, 429} and any(words in error.message.lower() for words in _TOO_LONG_MESSAGES):
        return FailureKind.CONTEXT_TOO_LONG
    return _BY_STATUS.get(status, FailureKind.BAD_REQUEST)


def _error_of(content: bytes) -> _Error:
    body = read_json(content) if len(content) <= _BODY_LIMIT else None
    error = body.get("error", body) if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return _Error()
    told = (error.get(name) for name in _Error._fields)
    return _Error(*(word if isinstance(word, str) else "" for word in told))
