"""OpenAI's bodies: chat completions, model lists and errors, as the API reference and recorded answers show them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

_BYTES_PER_TOKEN = 4
_TOKENS_PER_MESSAGE = 4
# Prefixes shorter than this are never cached, longer ones in steps of 128 (OpenAI's guide to prompt caching).
_CACHE_FROM_TOKENS = 1024
_CACHE_STEP_TOKENS = 128


class RefusedRequestError(Exception):
    """The API would refuse this request with a 4xx; `body` is what it says."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        """Keep the refusal; the exception has no text of its own."""
        super().__init__()
        self.status = status
        self.body = body


def error(message: str, *, kind: str, code: str | None, param: str | None = None) -> dict[str, Any]:
    """An error's body."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What the simulator needs to know of a request."""

    model: str
    instructions: str
    user_message: str
    schema_name: str | None
    json_schema: dict[str, Any] | None
    max_output_tokens: int | None

    @property
    def input_tokens(self) -> int:
        """An estimate: four bytes to a token, and a few for the frame of each message and the schema."""
        schema = json.dumps(self.json_schema) if self.json_schema else ""
        return 2 * _TOKENS_PER_MESSAGE + sum(map(tokens_of, (self.instructions, self.user_message, schema)))


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says: text or a refusal, and how it came to an end."""

    text: str | None
    refusal: str | None = None
    finish_reason: str = "stop"

    @property
    def output_tokens(self) -> int:
        """The same estimate as for the input."""
        return tokens_of((self.text or "") + (self.refusal or ""))


def tokens_of(text: str) -> int:
    """Four bytes of UTF-8 to a token, rounded up."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // _BYTES_PER_TOKEN)


def cached_tokens(prefix_tokens: int) -> int:
    """How much of a prefix that was seen before is billed as cached."""
    return 0 if prefix_tokens < _CACHE_FROM_TOKENS else prefix_tokens // _CACHE_STEP_TOKENS * _CACHE_STEP_TOKENS


def read_chat_request(body: Any) -> ChatRequest:
    """Read a request's JSON body. Raises `RefusedRequestError` where the API would answer 400."""
    if not isinstance(body, dict):
        raise _invalid("The body of the request must be a JSON object.", None)
    model, messages = body.get("model"), body.get("messages")
    if not isinstance(model, str) or not model:
        raise _invalid("you must provide a model parameter", "model")
    if not isinstance(messages, list) or not messages:
        raise _invalid("'messages' must be a non-empty array.", "messages")
    schema_name, schema = _read_schema(body.get("response_format"))
    cap = body.get("max_completion_tokens", body.get("max_tokens"))
    if cap is not None and (not isinstance(cap, int) or cap < 1):
        raise _invalid("'max_completion_tokens' must be an integer of at least 1.", "max_completion_tokens")
    return ChatRequest(
        model=model,
        instructions=_texts(messages, {"system", "developer"}),
        user_message=_texts(messages, {"user"}),
        schema_name=schema_name,
        json_schema=schema,
        max_output_tokens=cap,
    )


def completion(
    request: ChatRequest, answer: Answer, *, completion_id: str, created: int, cached_input_tokens: int
) -> dict[str, Any]:
    """A chat completion's body."""
    prompt, output = request.input_tokens, answer.output_tokens
    return {
        "id": completion_id,
        "object": "chat.completion",
        "created": created,
        "model": request.model,
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": answer.text,
                    "refusal": answer.refusal,
                    "annotations": [],
                },
                "logprobs": None,
                "finish_reason": answer.finish_reason,
            }
        ],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": output,
            "total_tokens": prompt + output,
            "prompt_tokens_details": {"cached_tokens": cached_input_tokens, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        },
        "service_tier": "default",
        "system_fingerprint": "fp_simulated",
    }


def model_list(models: tuple[str, ...]) -> dict[str, Any]:
    """The body of `GET /v1/models`."""
    return {
        "object": "list",
        "data": [{"id": name, "object": "model", "created": 0, "owned_by": "simulated"} for name in models],
    }


def _invalid(message: str, param: str | None, code: str | None = None) -> RefusedRequestError:
    return RefusedRequestError(400, error(message, kind="invalid_request_error", code=code, param=param))


def _texts(messages: list[Any], roles: set[str]) -> str:
    """The texts of the messages of some roles; content is a string or an array of text parts."""
    texts: list[str] = []
    for index, message in enumerate(messages):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise _invalid("Each message must be an object with a role.", f"messages.[{index}]")
        content = message.get("content")
        parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
        for part in parts:
            if not isinstance(part, dict) or not isinstance(part.get("text"), str):
                raise _invalid("Invalid content of a message.", f"messages.[{index}].content")
            if message["role"] in roles:
                texts.append(part["text"])
    return "\n".join(texts)


def _read_schema(response_format: Any) -> tuple[str | None, dict[str, Any] | None]:
    if not isinstance(response_format, dict) or response_format.get("type") != "json_schema":
        return None, None
    declared = response_format.get("json_schema")
    if not isinstance(declared, dict) or not isinstance(declared.get("schema"), dict):
        raise _invalid("Missing required parameter: 'response_format.json_schema.schema'.", "response_format")
    schema: dict[str, Any] = declared["schema"]
    if declared.get("strict"):
        _check_strict(schema, str(declared.get("name")))
    return str(declared.get("name")), schema


def _check_strict(schema: Any, name: str, path: tuple[str, ...] = ()) -> None:
    """Refuse what the API refuses in a strict schema: open objects, optional properties, defaults."""
    if isinstance(schema, list):
        for item in schema:
            _check_strict(item, name, path)
    if not isinstance(schema, dict):
        return
    # A property may be called "properties" or "default": below `properties` and `$defs` stand names, not keywords.
    problem = None if path[-1:] in {("properties",), ("$defs",)} else _problem(schema)
    if problem is not None:
        message = f"Invalid schema for response_format '{name}': In context={path}, {problem}."
        raise _invalid(message, "response_format", "invalid_json_schema")
    for key, value in schema.items():
        if key not in {"enum", "const", "required"}:
            _check_strict(value, name, (*path, key))


def _problem(schema: dict[str, Any]) -> str | None:
    if "default" in schema:
        return "'default' is not permitted"
    if schema.get("type") != "object" and "properties" not in schema:
        return None
    if schema.get("additionalProperties") is not False:
        return "'additionalProperties' is required to be supplied and to be false"
    if set(schema.get("required", ())) != set(schema.get("properties", {})):
        return "'required' is required to be supplied and to be an array including every key in properties"
    return None
