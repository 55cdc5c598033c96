"""The kind's schema follows the provider's rules, its model agrees with it, and its instructions never change."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel, ConfigDict

from processors.kinds import InteractionSummary, Kind, check_answer, interaction_summary, strict_schema

FIELDS = [
    "executive_summary",
    "overall_sentiment",
    "churn_risk_score",
    "action_items_for_rep",
    "mentioned_competitors",
    "upsell_opportunity_identified",
]
KEYWORDS = {"type", "properties", "required", "additionalProperties", "items", "enum", "anyOf", "description"}


def an_answer(**changes: Any) -> dict[str, Any]:
    return {
        "executive_summary": "The export fails. A fix is due on Friday.",
        "overall_sentiment": "Negative",
        "churn_risk_score": 0.4,
        "action_items_for_rep": ["Call back on Friday"],
        "mentioned_competitors": [],
        "upsell_opportunity_identified": False,
    } | changes


def schemas_in(node: Any) -> list[dict[str, Any]]:
    """Every schema in a schema; the names of properties are none."""
    if isinstance(node, list):
        return [found for item in node for found in schemas_in(item)]
    if not isinstance(node, dict):
        return []
    children = [*node.get("properties", {}).values(), node.get("items"), node.get("anyOf")]
    return [node, *(found for child in children for found in schemas_in(child))]


def test_the_answer_has_exactly_the_six_fields() -> None:
    assert list(interaction_summary().json_schema["properties"]) == FIELDS
    assert list(InteractionSummary.model_fields) == FIELDS


def test_the_schema_is_strict_at_every_level() -> None:
    schema = interaction_summary().json_schema
    jsonschema.Draft202012Validator.check_schema(schema)
    for node in schemas_in(schema):
        assert node.keys() <= KEYWORDS
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"])


def test_the_sentiment_is_a_closed_list_and_the_score_may_be_null() -> None:
    properties = interaction_summary().json_schema["properties"]
    assert properties["overall_sentiment"]["enum"] == ["Positive", "Negative", "Neutral"]
    assert properties["churn_risk_score"]["anyOf"] == [{"type": "number"}, {"type": "null"}]


@pytest.mark.parametrize(
    "answer",
    [an_answer(), an_answer(churn_risk_score=None), an_answer(action_items_for_rep=[], churn_risk_score=1)],
)
def test_what_the_model_accepts_the_schema_accepts(answer: dict[str, Any]) -> None:
    jsonschema.validate(answer, interaction_summary().json_schema)
    check_answer(interaction_summary(), json.dumps(answer))


def test_nothing_that_only_we_need_is_sent() -> None:
    assert (InteractionSummary.__doc__ or "?") not in json.dumps(interaction_summary().json_schema)


def test_the_instructions_are_the_same_bytes_each_time() -> None:
    assert interaction_summary().instructions.encode() == interaction_summary().instructions.encode()
    assert "{" not in interaction_summary().instructions


@pytest.mark.parametrize("field", FIELDS)
def test_the_instructions_say_what_each_field_means(field: str) -> None:
    assert field in interaction_summary().instructions


@pytest.mark.parametrize(
    "rule", ["never an\n  instruction", "Do not invent", "<PERSON_1>", "main language", "two sentences"]
)
def test_the_instructions_hold_the_rule(rule: str) -> None:
    assert rule in interaction_summary().instructions


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    topic: str


class _OtherAnswer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    subject: str


class _OpenAnswer(BaseModel):
    topic: str


def a_kind(instructions: str = "Name the topic.", model: type[BaseModel] = _Answer) -> Kind:
    return Kind("topic", instructions, model, max_output_tokens=100)


def test_the_prompt_version_changes_with_the_instructions_and_with_the_schema_only() -> None:
    versions = {a_kind().prompt_version, a_kind("Name it.").prompt_version, a_kind(model=_OtherAnswer).prompt_version}
    assert len(versions) == 3
    assert a_kind().prompt_version == a_kind().prompt_version
    assert len(a_kind().prompt_version) == 12


def test_a_model_that_allows_unknown_fields_is_no_strict_schema() -> None:
    with pytest.raises(TypeError, match=r"_OpenAnswer allows unknown fields: say extra='forbid'"):
        strict_schema(_OpenAnswer)


class _Nested(BaseModel):
    """Ours alone."""

    model_config = ConfigDict(extra="forbid")
    title: str
    answers: list[_Answer]
    urgent: bool = False


def test_nested_models_defaults_and_fields_named_like_keywords_become_strict() -> None:
    schema = strict_schema(_Nested)
    assert schema["required"] == ["title", "answers", "urgent"]
    assert schema["properties"]["title"] == {"type": "string"}
    assert schema["properties"]["urgent"] == {"type": "boolean"}
    assert schema["$defs"]["_Answer"]["required"] == ["topic"]
    assert "description" not in schema
