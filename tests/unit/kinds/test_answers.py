"""Only an answer that keeps every rule passes, and what is said about another one holds nothing of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.kinds import AnswerError, InteractionSummary, check_answer, interaction_summary
from processors.llm.answer_checks import AnswerRejected

SECRET = "ann.lee@example.com"  # stands for anything that a model may have copied from a customer


def an_answer(**changes: Any) -> dict[str, Any]:
    return {
        "executive_summary": "Acme Inc. cannot export. A fix is due on Friday.",
        "overall_sentiment": "Negative",
        "churn_risk_score": 0.4,
        "action_items_for_rep": ["Call back on Friday"],
        "mentioned_competitors": ["Globex"],
        "upsell_opportunity_identified": False,
    } | changes


def checked(answer: Any) -> InteractionSummary:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    found = check_answer(interaction_summary(), text)
    assert isinstance(found, InteractionSummary)
    return found


def faults_of(answer: Any) -> tuple[tuple[str, str], ...]:
    with pytest.raises(AnswerError) as caught:
        checked(answer)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value.faults


def test_a_right_answer_passes_as_it_is() -> None:
    assert checked(an_answer()).model_dump() == an_answer()


@pytest.mark.parametrize("score", [0, 0.0, 1, 1.0, 0.25, None])
def test_a_score_from_0_to_1_or_none_passes(score: float | None) -> None:
    assert checked(an_answer(churn_risk_score=score)).churn_risk_score == score


def test_missing_data_is_null_or_empty() -> None:
    found = checked(an_answer(churn_risk_score=None, action_items_for_rep=[], mentioned_competitors=[]))
    assert (found.churn_risk_score, found.action_items_for_rep, found.mentioned_competitors) == (None, [], [])


def test_strings_are_stripped_and_blank_items_left_out() -> None:
    found = checked(an_answer(executive_summary="  Fine.\n", mentioned_competitors=[" Globex ", "", " "]))
    assert found.executive_summary == "Fine."
    assert found.mentioned_competitors == ["Globex"]


def test_nul_and_lone_surrogates_are_cleaned() -> None:
    text = json.dumps(an_answer()).replace("Acme", r"Ac\u0000me \ud83d \ud83d\ude00")
    assert checked(text).executive_summary.startswith("Ac\ufffdme \ufffd 😀 Inc.")


@pytest.mark.parametrize("fence", ["```json\n{}\n```", "```\n{}\n```", "\n {} \n"])
def test_a_fence_around_the_answer_is_no_part_of_it(fence: str) -> None:
    assert checked(fence.replace("{}", json.dumps(an_answer()))) == checked(an_answer())


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"overall_sentiment": "positive"}, ("overall_sentiment", "literal_error")),
        ({"overall_sentiment": SECRET}, ("overall_sentiment", "literal_error")),
        ({"overall_sentiment": None}, ("overall_sentiment", "literal_error")),
        ({"churn_risk_score": 1.01}, ("churn_risk_score", "less_than_equal")),
        ({"churn_risk_score": -0.01}, ("churn_risk_score", "greater_than_equal")),
        ({"churn_risk_score": "0.4"}, ("churn_risk_score", "float_type")),
        ({"churn_risk_score": True}, ("churn_risk_score", "float_type")),
        ({"executive_summary": ""}, ("executive_summary", "string_too_short")),
        ({"executive_summary": " \n"}, ("executive_summary", "string_too_short")),
        ({"executive_summary": SECRET * 200}, ("executive_summary", "string_too_long")),
        ({"executive_summary": None}, ("executive_summary", "string_type")),
        ({"action_items_for_rep": [SECRET] * 31}, ("action_items_for_rep", "too_long")),
        ({"action_items_for_rep": ["a", SECRET * 50]}, ("action_items_for_rep.1", "string_too_long")),
        ({"action_items_for_rep": SECRET}, ("action_items_for_rep", "list_type")),
        ({"action_items_for_rep": None}, ("action_items_for_rep", "list_type")),
        ({"mentioned_competitors": [1]}, ("mentioned_competitors.0", "string_type")),
        ({"mentioned_competitors": {SECRET: 1}}, ("mentioned_competitors", "list_type")),
        ({"upsell_opportunity_identified": "true"}, ("upsell_opportunity_identified", "bool_type")),
        ({"upsell_opportunity_identified": None}, ("upsell_opportunity_identified", "bool_type")),
        ({"upsell_opportunity_identified": 1}, ("upsell_opportunity_identified", "bool_type")),
        ({SECRET: "x"}, ("(unknown field)", "extra_forbidden")),
    ],
)
def test_what_breaks_a_rule_is_named_by_place_and_type_alone(changes: dict[str, Any], fault: tuple[str, str]) -> None:
    assert faults_of(an_answer(**changes)) == (fault,)


def test_a_field_that_is_missing_is_named() -> None:
    answer = an_answer()
    del answer["mentioned_competitors"]
    assert faults_of(answer) == (("mentioned_competitors", "missing"),)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "not valid JSON"),
        ("I cannot help with " + SECRET, "not valid JSON"),
        (json.dumps(an_answer())[:-9], "not valid JSON"),
        (json.dumps(an_answer()) + "{}", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ('{"churn_risk_score": ' + "9" * 5_000 + "}", "not valid JSON"),
        ("[]", "not a JSON object"),
        (f'"{SECRET}"', "not a JSON object"),
        ('{"churn_risk_score": NaN}', "NaN or Infinity, which JSON does not have"),
        ('{"churn_risk_score": -Infinity}', "NaN or Infinity, which JSON does not have"),
        (f'{{"{SECRET}": 1, "{SECRET}": 2}}', "a field stands twice"),
        (SECRET * 20_000, "longer than 262144 characters"),
    ],
    ids=range(12),
)
def test_what_is_no_json_object_is_refused_without_quoting_it(text: str, fault: str) -> None:
    assert faults_of(text) == (("", fault),)


def test_a_number_too_large_for_a_float_is_no_score() -> None:
    assert faults_of(json.dumps(an_answer()).replace("0.4", "1e999"))[0][0] == "churn_risk_score"


def test_many_faults_are_named_up_to_eight() -> None:
    faults = faults_of(an_answer(mentioned_competitors=[1] * 20))
    assert faults == tuple((f"mentioned_competitors.{n}", "string_type") for n in range(8))


def test_the_error_tells_the_re_ask_what_was_wrong() -> None:
    with pytest.raises(AnswerRejected) as caught:
        checked(an_answer(overall_sentiment="Angry", churn_risk_score=7))
    assert str(caught.value) == "overall_sentiment: literal_error; churn_risk_score: less_than_equal"


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(value=json_values, field=st.sampled_from([*an_answer(), "else"]))
def test_any_value_in_any_field_ends_as_an_answer_or_as_an_answer_error(value: Any, field: str) -> None:
    try:
        found = checked(an_answer(**{field: value}))
    except AnswerError:
        return
    assert field != "else"
    assert found.overall_sentiment in {"Positive", "Negative", "Neutral"}


@given(text=st.text())
def test_any_text_ends_as_an_answer_error(text: str) -> None:
    with pytest.raises(AnswerError):
        check_answer(interaction_summary(), text)
