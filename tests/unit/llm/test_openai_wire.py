"""What goes out and what an answer means, without a server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.llm.openai_wire import Capabilities, capabilities_of, completion_of, failure_of, request_body
from processors.llm.provider import CompletionFailure, CompletionRequest, FailureKind, Usage

SECRET = "Ann Lee wrote this"
REQUEST = CompletionRequest(
    model="gpt-5-mini",
    instructions="rules",
    user_message=SECRET,
    schema_name="reading",
    json_schema={"type": "object", "properties": {}, "required": [], "additionalProperties": False},
    max_output_tokens=100,
    safety_identifier="safe_1",
)


def an_envelope(message: dict[str, Any], *, finish: str | None = "stop") -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "gpt-5-mini-2025-08-07",
        "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}},
    }


def sent(model: str, overrides: dict[str, Capabilities] | None = None) -> dict[str, Any]:
    body = json.loads(request_body(REQUEST, capabilities_of(model, overrides)))
    assert isinstance(body, dict)
    return body


def test_the_body_is_a_strict_schema_request_that_the_provider_does_not_keep() -> None:
    assert sent("gpt-5-mini") == {
        "model": "gpt-5-mini",
        "messages": [{"role": "developer", "content": "rules"}, {"role": "user", "content": SECRET}],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "reading", "strict": True, "schema": REQUEST.json_schema},
        },
        "max_completion_tokens": 100,
        "store": False,
        "safety_identifier": "safe_1",
    }


@pytest.mark.parametrize(
    ("model", "temperature"),
    [
        ("gpt-5", None),
        ("gpt-5-mini", None),
        ("gpt-5.4-mini", None),
        ("gpt-6-luna", None),
        ("o3-pro", None),
        ("o4-mini", None),
        ("ft:gpt-5-mini:acme::1", None),
        ("gpt-5-chat-latest", 0),
        ("gpt-5.1-chat-latest", 0),
        ("gpt-4o-mini", 0),
        ("gpt-4.1", 0),
        ("gpt-3.5-turbo", 0),
        ("llama-3.3-70b", None),
        ("oceanic-1", None),
        ("gpt-50", None),
    ],
)
def test_temperature_is_sent_only_to_models_that_are_known_to_take_it(model: str, temperature: float | None) -> None:
    assert sent(model).get("temperature") == temperature


def test_an_unknown_model_gets_its_instructions_in_the_role_that_every_server_knows() -> None:
    assert [message["role"] for message in sent("llama-3.3-70b")["messages"]] == ["system", "user"]


def test_the_settings_know_a_model_better_than_the_table() -> None:
    ours = Capabilities(0.2, reasoning_effort="low", instructions_role="system", output_cap="max_tokens")
    body = sent("gpt-5-mini", {"gpt-5-mini": ours})
    assert (body["temperature"], body["reasoning_effort"], body["max_tokens"]) == (0.2, "low", 100)
    assert "max_completion_tokens" not in body


def test_a_correction_follows_the_text_so_that_the_cached_part_stays_the_same() -> None:
    corrected = CompletionRequest("gpt-5-mini", "rules", "text", "reading", {}, 100, correction="mood: missing")
    messages = json.loads(request_body(corrected, Capabilities()))["messages"]
    assert [message["content"] for message in messages] == ["rules", "text", "mood: missing"]


@given(st.text(st.characters()))
def test_every_text_can_be_sent(text: str) -> None:
    body = request_body(CompletionRequest("m", "rules", text, "s", {}, 1), Capabilities())
    assert json.loads(body)["messages"][1]["content"] == text.encode("utf-8", "replace").decode()


def test_an_answer_is_read_with_its_usage_and_ids() -> None:
    content = json.dumps(an_envelope({"content": "{}", "refusal": None})).encode()
    headers = {"x-request-id": "req_1", "x-ratelimit-remaining-requests": "7"}
    completion = completion_of(content, headers, REQUEST, status=200, latency_ms=12)
    assert (completion.text, completion.refusal, completion.finish_reason) == ("{}", None, "stop")
    assert completion.usage == Usage(9, 4, 3)
    assert (completion.model, completion.provider_request_id) == ("gpt-5-mini-2025-08-07", "req_1")
    assert completion.rate_limits is not None
    assert completion.rate_limits.remaining_requests == 7


def test_a_sparse_answer_of_a_compatible_server_is_an_answer() -> None:
    content = b'{"choices": [{"message": {"content": "{}"}}], "usage": null}'
    completion = completion_of(content, {}, REQUEST, status=200, latency_ms=1)
    assert (completion.text, completion.model, completion.usage) == ("{}", "gpt-5-mini", Usage())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>" + SECRET.encode() + b"</html>",
        b'{"choices": [{"message": {"content": "' + SECRET.encode(),
        b'"' + SECRET.encode() + b'"',
        b"[]",
        b"{}",
        b'{"choices": []}',
        b'{"choices": [{"finish_reason": "stop"}]}',
        b'{"choices": [{"message": {"content": {"text": "x"}}}]}',
        b'{"error": {"message": "overloaded"}}',
        b"\xff\xfe\x00",
    ],
)
def test_a_success_that_is_no_completion_is_malformed_and_not_quoted(content: bytes) -> None:
    with pytest.raises(CompletionFailure) as caught:
        completion_of(content, {"x-request-id": "req_1"}, REQUEST, status=200, latency_ms=1)
    assert (caught.value.kind, caught.value.provider_request_id) == (FailureKind.MALFORMED, "req_1")
    assert SECRET not in f"{caught.value} {caught.value.__context__}"


@given(st.binary(max_size=200))
def test_no_bytes_bring_anything_but_a_completion_or_a_failure(content: bytes) -> None:
    failure_of(400, content, {}, wall_clock_s=0)
    with pytest.raises(CompletionFailure):
        completion_of(content, {}, REQUEST, status=200, latency_ms=1)


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
        (405, {}, FailureKind.BAD_REQUEST),
        (408, {}, FailureKind.TIMEOUT),
        (409, {}, FailureKind.SERVER_ERROR),
        (413, {}, FailureKind.CONTEXT_TOO_LONG),
        (422, {}, FailureKind.UNPROCESSABLE),
        (429, {}, FailureKind.RATE_LIMITED),
        (429, {"code": "rate_limit_exceeded"}, FailureKind.RATE_LIMITED),
        (429, {"code": "insufficient_quota"}, FailureKind.QUOTA_EXHAUSTED),
        (429, {"type": "insufficient_quota", "code": None}, FailureKind.QUOTA_EXHAUSTED),
        (429, {"code": "rate_limit_exceeded", "message": "Request too large for gpt-5"}, FailureKind.CONTEXT_TOO_LONG),
        (500, {}, FailureKind.SERVER_ERROR),
        (503, {"code": "insufficient_quota"}, FailureKind.SERVER_ERROR),
        (529, {}, FailureKind.SERVER_ERROR),
    ],
)
def test_an_error_answer_means_one_kind_of_failure(status: int, error: dict[str, Any], kind: FailureKind) -> None:
    body = json.dumps({"error": error}).encode()
    assert failure_of(status, body, {}, wall_clock_s=0).kind is kind


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": "text"}', b'{"error": {"code": 7}}'])
def test_an_error_without_openais_body_is_judged_by_its_status(body: bytes) -> None:
    assert failure_of(429, body, {}, wall_clock_s=0).kind is FailureKind.RATE_LIMITED


def test_nothing_that_could_be_quoted_text_is_kept_of_an_error() -> None:
    error = {"code": SECRET, "type": SECRET, "message": f"invalid: {SECRET}", "param": SECRET}
    failure = failure_of(400, json.dumps({"error": error}).encode(), {"x-request-id": f"req {SECRET}"}, wall_clock_s=0)
    assert str(failure) == "bad_request (status 400)"
    assert SECRET not in repr(vars(failure))
