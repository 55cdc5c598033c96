"""What an error answer means, without a server."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.llm.openai_errors import failure_of
from processors.llm.provider import CompletionFailure, FailureKind
from processors.llm.retry_policy import ROWS, PauseCause

SECRET = "Ann Lee wrote this"


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (307, {}, FailureKind.REDIRECTED),
        (400, {}, FailureKind.BAD_REQUEST),
        (400, {"code": "context_length_exceeded"}, FailureKind.CONTEXT_TOO_LONG),
        (400, {"message": "This model's maximum context length is 8192 tokens"}, FailureKind.CONTEXT_TOO_LONG),
        (400, {"code": "content_filter"}, FailureKind.CONTENT_FILTERED),
        (400, {"code": "invalid_prompt"}, FailureKind.CONTENT_FILTERED),
        (401, {"code": "invalid_api_key"}, FailureKind.UNAUTHORISED),
        (402, {}, FailureKind.QUOTA_EXHAUSTED),
        (403, {}, FailureKind.FORBIDDEN),
        (404, {"code": "model_not_found"}, FailureKind.NOT_FOUND),
        (404, {}, FailureKind.NOT_FOUND),
        (405, {}, FailureKind.UNSUPPORTED),
        (407, {}, FailureKind.UNAUTHORISED),
        (408, {}, FailureKind.TIMEOUT),
        (409, {}, FailureKind.SERVER_ERROR),
        (410, {}, FailureKind.NOT_FOUND),
        (413, {}, FailureKind.CONTEXT_TOO_LONG),
        (418, {}, FailureKind.BAD_REQUEST),
        (421, {}, FailureKind.UNSUPPORTED),
        (422, {}, FailureKind.UNPROCESSABLE),
        (429, {}, FailureKind.RATE_LIMITED),
        (429, {"code": "rate_limit_exceeded"}, FailureKind.RATE_LIMITED),
        (429, {"code": "insufficient_quota"}, FailureKind.QUOTA_EXHAUSTED),
        (429, {"type": "insufficient_quota", "code": None}, FailureKind.QUOTA_EXHAUSTED),
        (429, {"code": "rate_limit_exceeded", "message": "Request too large for gpt-5"}, FailureKind.CONTEXT_TOO_LONG),
        (451, {}, FailureKind.FORBIDDEN),
        (500, {}, FailureKind.SERVER_ERROR),
        (503, {"code": "insufficient_quota"}, FailureKind.SERVER_ERROR),
        (529, {}, FailureKind.SERVER_ERROR),
    ],
)
def test_an_error_answer_means_one_kind_of_failure(status: int, error: dict[str, Any], kind: FailureKind) -> None:
    body = json.dumps({"error": error}).encode()
    assert failure_of(status, body, {}, wall_clock_s=0).kind is kind


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": "model_not_found"}, FailureKind.NOT_FOUND),
        ({"code": "model_decommissioned"}, FailureKind.NOT_FOUND),
        ({"code": "DeploymentNotFound"}, FailureKind.NOT_FOUND),
        ({"type": "invalid_model"}, FailureKind.NOT_FOUND),
        ({"code": "unsupported_value", "param": "temperature"}, FailureKind.UNSUPPORTED),
        ({"code": "unsupported_value", "param": "messages[0].role"}, FailureKind.UNSUPPORTED),
        ({"code": "unsupported_parameter", "param": "max_tokens"}, FailureKind.UNSUPPORTED),
        ({"code": "unknown_parameter", "param": "safety_identifier"}, FailureKind.UNSUPPORTED),
        ({"code": "invalid_json_schema", "param": "response_format"}, FailureKind.UNSUPPORTED),
        ({"code": "invalid_value", "param": "reasoning_effort"}, FailureKind.UNSUPPORTED),
        ({"code": None, "param": "response_format.json_schema.schema"}, FailureKind.UNSUPPORTED),
        ({"code": "string_above_max_length", "param": "safety_identifier"}, FailureKind.UNSUPPORTED),
        ({"code": "invalid_api_key"}, FailureKind.UNAUTHORISED),
        ({"code": "unsupported_country_region_territory"}, FailureKind.FORBIDDEN),
    ],
)
def test_a_400_that_no_events_content_can_cause_is_no_events_fault(error: dict[str, Any], kind: FailureKind) -> None:
    failure = failure_of(400, json.dumps({"error": error}).encode(), {}, wall_clock_s=0)
    assert failure.kind is kind
    assert isinstance(ROWS[failure.kind], PauseCause)


@pytest.mark.parametrize(
    "error",
    [
        {"code": "invalid_value", "param": "messages[1].content"},
        {"code": "string_above_max_length", "param": "messages[1].content"},
        {"code": "context_length_exceeded", "param": "messages"},
        {"code": "content_filter", "param": "prompt"},
        # The cap is doubled for an answer that was cut off: another event's may be taken.
        {"code": "invalid_value", "param": "max_completion_tokens"},
        {"code": None, "param": None},
        {"code": 7, "param": 7},
    ],
)
def test_a_400_that_may_be_about_what_an_event_says_stays_the_events(error: dict[str, Any]) -> None:
    failure = failure_of(400, json.dumps({"error": error}).encode(), {}, wall_clock_s=0)
    assert not isinstance(ROWS[failure.kind], PauseCause)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"error": "text"}', b'{"error": {"code": 7}}', b"[" * 60_000]
)
def test_an_error_without_openais_body_is_judged_by_its_status(body: bytes) -> None:
    assert failure_of(429, body, {}, wall_clock_s=0).kind is FailureKind.RATE_LIMITED


@pytest.mark.parametrize(
    "value", ["86400", "999999999", "1764054000", "999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"]
)
def test_no_retry_after_is_believed_beyond_ten_minutes(value: str) -> None:
    failure = failure_of(429, b"", {"retry-after": value}, wall_clock_s=0)
    assert failure.retry_after_s == 600


@pytest.mark.parametrize(("told", "believed"), [(-1.0, 0.0), (math.inf, 600.0), (math.nan, None), (20.0, 20.0)])
def test_no_provider_can_ask_for_a_wait_that_never_ends(told: float, believed: float | None) -> None:
    assert CompletionFailure(FailureKind.SERVER_ERROR, retry_after_s=told).retry_after_s == believed


def test_nothing_that_could_be_quoted_text_is_kept_of_an_error() -> None:
    error = {"code": SECRET, "type": SECRET, "message": f"invalid: {SECRET}", "param": SECRET}
    failure = failure_of(400, json.dumps({"error": error}).encode(), {"x-request-id": f"req {SECRET}"}, wall_clock_s=0)
    assert str(failure) == "bad_request (status 400)"
    assert SECRET not in repr(vars(failure))


@given(st.integers(300, 599), st.binary(max_size=200))
def test_no_bytes_bring_anything_but_a_failure(status: int, content: bytes) -> None:
    failure_of(status, content, {}, wall_clock_s=0)
