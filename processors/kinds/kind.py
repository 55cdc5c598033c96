"""`Kind`: one named reading that we ask of a model, as data, and the strict JSON schema of its answer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel

    from processors.tokens import Tokenizer

# What strict structured output understands on every server that has it. Bounds (minLength, maxItems, minimum, ...) are
# not on it: OpenAI knows some of them, Azure and others refuse a schema that has any. They are in the descriptions
# for the model and in the answer model for us.
_KEYWORDS = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "enum", "anyOf", "description", "$ref", "$defs"}
)

# Tokens that the chat format adds around two messages and the answer's start (OpenAI's cookbook counts 3 for each
# message and 3 for the answer; rounded up, as other servers add a little more).
_CHAT_FRAME_TOKENS = 16


@dataclass(frozen=True)
class Kind:
    """A prompt, its answer model and its limits.

    `instructions` is the developer message, byte-identical for every event of the kind: that is what lets the provider
    cache it, and what keeps customer text out of it. `answer_model` must say `extra="forbid"`.
    """

    name: str
    instructions: str
    answer_model: type[BaseModel]
    max_output_tokens: int

    @cached_property
    def json_schema(self) -> dict[str, Any]:
        """The strict schema of the answer: all properties required, no other ones, no defaults, enums closed."""
        return strict_schema(self.answer_model)

    @cached_property
    def prompt_version(self) -> str:
        """Changes whenever the instructions or the schema do: 12 hex digits of the SHA-256 of both."""
        schema = json.dumps(self.json_schema, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(f"{self.instructions}\0{schema}".encode()).hexdigest()[:12]

    def fixed_tokens(self, tokenizer: Tokenizer) -> int:
        """What every call of the kind sends beside the user message: instructions, schema, the chat format's frame."""
        return tokenizer.count(self.instructions) + tokenizer.count(json.dumps(self.json_schema)) + _CHAT_FRAME_TOKENS


def strict_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Turn a model's JSON schema into one that strict structured output accepts.

    Raises TypeError for a model that cannot be one: an object that allows unknown fields.
    """
    strict: dict[str, Any] = _strict(model.model_json_schema())
    return strict


def _strict(node: Any) -> Any:
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    strict: dict[str, Any] = {}
    for keyword, value in node.items():
        if keyword == "const":  # pydantic's form of an enum with one value
            strict["enum"] = [value]
        elif keyword in {"properties", "$defs"}:  # here the keys are names, not keywords
            strict[keyword] = {name: _strict(child) for name, child in value.items()}
        elif keyword in _KEYWORDS:
            strict[keyword] = _strict(value)
    if node.get("type") == "object":
        if node.get("additionalProperties") is not False:
            raise TypeError(f"{node.get('title', 'The answer')} allows unknown fields: say extra='forbid' in its model")
        strict.pop("description", None)  # the model's docstring: written for us, and paid for with every call
        strict["required"] = list(strict.get("properties", ()))
    return strict
