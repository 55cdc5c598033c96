"""Any text has a valid answer, and any strict schema a smallest instance."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.demo.llm_simulator.buckets import RateLimits, duration
from streams.demo.llm_simulator.instances import smallest_instance
from streams.demo.llm_simulator.reading import interaction_summary

_STRINGS = {"type": "array", "maxItems": 5, "items": {"type": "string", "minLength": 1, "maxLength": 200}}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        "executive_summary",
        "overall_sentiment",
        "churn_risk_score",
        "action_items_for_rep",
        "mentioned_competitors",
        "upsell_opportunity_identified",
    ],
    "properties": {
        "executive_summary": {"type": "string", "pattern": r"^\[simulated\] ", "maxLength": 400},
        "overall_sentiment": {"enum": ["Positive", "Negative", "Neutral"]},
        "churn_risk_score": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "action_items_for_rep": _STRINGS,
        "mentioned_competitors": _STRINGS,
        "upsell_opportunity_identified": {"type": "boolean"},
    },
}
_FRAGMENTS = st.sampled_from(
    [
        "please send <PERSON_1> the offer",
        "moving to Voltaria",
        "<EMAIL_12>",
        "we cancel",
        ". ",
        "\n",
        '"',
        "Danke",
        "x" * 300,
    ]
)


@given(st.lists(st.one_of(_FRAGMENTS, st.text())).map("".join))
def test_any_text_has_a_valid_answer(text: str) -> None:
    answer = interaction_summary(text)
    jsonschema.validate(answer, _SCHEMA)
    assert all(name in text for name in answer["mentioned_competitors"])  # type: ignore[attr-defined]


@given(st.lists(st.sampled_from(["Please call <PERSON_1> and <PHONE_2> again ", "about the offer "]), max_size=12))
def test_a_placeholder_is_never_cut_in_half(fragments: list[str]) -> None:
    answer = interaction_summary("".join(fragments))
    for action in answer["action_items_for_rep"]:  # type: ignore[attr-defined]
        assert action.count("<") == action.count(">")


@pytest.mark.parametrize(
    ("text", "sentiment", "upsell"),
    [
        ("Great support, thank you, we love it", "Positive", False),
        ("Das ist inakzeptabel, wir kündigen", "Negative", False),
        ("Merci, c'est parfait. Nous voulons des licences supplémentaires", "Positive", True),
        ("Queja: el fallo sigue y nadie llama", "Negative", False),
        ("The meter stands in the cellar", "Neutral", False),
    ],
)
def test_the_reading_follows_the_words(text: str, sentiment: str, upsell: bool) -> None:  # noqa: FBT001 -- a table's column
    answer = interaction_summary(text)
    assert (answer["overall_sentiment"], answer["upsell_opportunity_identified"]) == (sentiment, upsell)


def test_a_text_that_says_nothing_has_no_churn_score() -> None:
    assert interaction_summary("The meter stands in the cellar")["churn_risk_score"] is None


_SCALARS = st.one_of(
    st.fixed_dictionaries({"type": st.just("string"), "minLength": st.integers(0, 20)}),
    st.fixed_dictionaries({"type": st.just("string"), "maxLength": st.integers(0, 20)}),
    st.tuples(st.sampled_from(["integer", "number"]), st.integers(-9, 9), st.integers(0, 9)).map(
        lambda drawn: {"type": drawn[0], "minimum": drawn[1], "maximum": drawn[1] + drawn[2]}
    ),
    st.tuples(st.sampled_from(["integer", "number"]), st.integers(-9, 9), st.integers(2, 9)).map(
        lambda drawn: {"type": drawn[0], "exclusiveMinimum": drawn[1], "exclusiveMaximum": drawn[1] + drawn[2]}
    ),
    st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"enum": ["a", "b"]}, {"const": 7}, {"type": "integer"}]),
)


def _compound(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    arrays = st.tuples(inner, st.integers(0, 3)).map(
        lambda drawn: {"type": "array", "items": drawn[0], "minItems": drawn[1]}
    )
    choices = st.lists(inner, min_size=1, max_size=3).map(lambda options: {"anyOf": options})
    objects = st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=4).map(
        lambda properties: {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
    )
    return st.one_of(arrays, choices, objects)


@given(st.recursive(_SCALARS, _compound, max_leaves=8))
def test_the_smallest_instance_is_valid(schema: dict[str, Any]) -> None:
    jsonschema.validate(smallest_instance(schema), schema)


def test_a_schema_that_refers_to_itself_has_an_instance() -> None:
    node = {
        "type": "object",
        "properties": {"next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}},
        "required": ["next"],
    }
    schema = {"$ref": "#/$defs/node", "$defs": {"node": node}}
    jsonschema.validate(smallest_instance(schema), schema)


def test_a_refused_request_draws_from_neither_limit() -> None:
    limits = RateLimits(requests_per_minute=60, tokens_per_minute=6_000, now=0.0)
    assert limits.admit(5_000, now=0.0) is None
    denied = limits.admit(2_000, now=0.0)
    assert denied is not None
    assert (denied.limit, denied.used, denied.retry_after_s) == ("tokens", 5_000, 10.0)
    assert limits.requests.remaining(0.0) == 59
    assert limits.admit(2_000, now=10.0) is None


def test_a_request_larger_than_the_limit_is_never_admitted() -> None:
    limits = RateLimits(requests_per_minute=60, tokens_per_minute=100, now=0.0)
    assert limits.admit(101, now=1e9) is not None


@pytest.mark.parametrize(
    ("seconds", "written"), [(0.0, "0ms"), (0.12, "120ms"), (1.5, "1.5s"), (6, "6s"), (60, "1m0s"), (360, "6m0s")]
)
def test_durations_are_written_as_the_provider_writes_them(seconds: float, written: str) -> None:
    assert duration(seconds) == written
