"""What goes out and what an answer means, without a server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.llm.openai_wire import Capabilities, capabilities_of, completion_of, request_body
from processors.llm.provider import Completion, CompletionFailure, CompletionRequest, FailureKind, Usage

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
    with pytest.raises(CompletionFailure):
        completion_of(content, {}, REQUEST, status=200, latency_ms=1)


# ---- what servers put beside a good answer


def read(content: bytes) -> Completion:
    return completion_of(content, {}, REQUEST, status=200, latency_ms=1)


def with_usage(usage: object) -> bytes:
    return json.dumps(an_envelope({"content": "{}"}) | {"usage": usage}).encode()


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 10.0, "completion_tokens": 3, "prompt_tokens_details": None}, Usage(10, 0, 3)),
        ({"prompt_tokens": None, "completion_tokens": 3}, Usage(0, 0, 3)),
        ({"prompt_tokens": -10, "completion_tokens": -3, "prompt_tokens_details": {"cached_tokens": -1}}, Usage()),
        ({"prompt_tokens": 10, "completion_tokens": "3"}, Usage(10, 0, 0)),
        ({"prompt_tokens": 10, "completion_tokens": True}, Usage(10, 0, 0)),
        ({"prompt_tokens": 10, "prompt_tokens_details": [4]}, Usage(10, 0, 0)),
        ({"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": None}}, Usage(10, 0, 0)),
        ({"prompt_tokens": float("nan"), "completion_tokens": float("inf")}, Usage()),
        ({"prompt_tokens": 10**400, "completion_tokens": 1e300}, Usage()),
        ("9 tokens", Usage()),
        ([], Usage()),
        (None, Usage()),
    ],
)
def test_usage_that_makes_no_sense_counts_as_not_said_and_the_answer_stays(usage: object, expected: Usage) -> None:
    completion = read(with_usage(usage))
    assert (completion.text, completion.usage) == ("{}", expected)


@pytest.mark.parametrize("model", [5, None, ["m"], SECRET, ""])
def test_a_model_that_is_no_name_is_the_one_that_was_asked(model: object) -> None:
    content = json.dumps(an_envelope({"content": "{}"}) | {"model": model}).encode()
    assert (read(content).text, read(content).model) == ("{}", "gpt-5-mini")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"type": "text", "text": "{}"}], "{}"),
        ([{"type": "output_text", "text": '{"a":'}, {"type": "text", "text": " 1}"}], '{"a": 1}'),
        ([{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "{}"}], "{}"),
        ([{"type": "text", "text": 5}, 7, None, {"type": "text", "text": "{}"}], "{}"),
        ([], None),
        ([{"type": "image_url", "image_url": "x"}], None),
    ],
)
def test_an_answer_in_parts_is_the_text_of_its_text_parts(content: object, text: str | None) -> None:
    assert read(json.dumps(an_envelope({"content": content})).encode()).text == text


@pytest.mark.parametrize(
    ("message", "refusal"),
    [
        ({"content": "{}", "refusal": ""}, None),
        ({"content": "{}", "refusal": "  "}, None),
        ({"content": "{}", "refusal": False}, None),
        ({"content": None, "refusal": "No."}, "No."),
        ({"content": [{"type": "refusal", "refusal": "No."}]}, "No."),
    ],
)
def test_only_words_are_a_refusal(message: dict[str, Any], refusal: str | None) -> None:
    assert read(json.dumps(an_envelope(message)).encode()).refusal == refusal


def test_half_an_emoji_costs_a_character_and_not_the_answer() -> None:
    content = json.dumps(an_envelope({"content": '{"mood": "good \ud83d"}'})).encode()
    assert b"\\ud83d" in content
    assert read(content).text == '{"mood": "good \ufffd"}'


@pytest.mark.parametrize(
    "content",
    [
        b'\xef\xbb\xbf{"choices": [{"message": {"content": "{}"}}]}',
        b'{"choices": [{"message": {"content": "{}"}, "logprobs": [NaN, -Infinity]}]}',
        b'{"choices": [{"message": {"content": "{}"}, "note": "caf\xe9"}]}',
        b'{"choices": [{"message": {"content": "{}"}}], "created": 1e999}',
        b'{"choices": [{"message": {"content": "{}"}}, null]}',
    ],
)
def test_what_strict_json_forbids_and_servers_write_does_not_cost_the_answer(content: bytes) -> None:
    assert read(content).text == "{}"


@pytest.mark.parametrize("finish", [None, 0, [], {}])
def test_a_finish_reason_that_is_no_word_is_none(finish: Any) -> None:
    assert read(json.dumps(an_envelope({"content": "{}"}, finish=finish)).encode()).finish_reason == ""


@pytest.mark.parametrize("opening", [b"[", b'{"x":'])
def test_an_answer_that_is_nested_too_deeply_is_malformed(opening: bytes) -> None:
    with pytest.raises(CompletionFailure, match="malformed"):
        read(b'{"choices": ' + opening * 100_000)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(usage=json_values, model=json_values, refusal=st.none() | st.booleans() | st.integers(), finish=json_values)
def test_no_decoration_whatever_costs_an_answer(usage: object, model: object, refusal: object, finish: Any) -> None:
    envelope = an_envelope({"content": "{}", "refusal": refusal}, finish=finish) | {"usage": usage, "model": model}
    completion = read(json.dumps(envelope).encode())
    assert completion.text == "{}"
    assert min(completion.usage.input_tokens, completion.usage.output_tokens) >= 0
