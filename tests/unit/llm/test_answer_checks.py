"""What is an answer, what is tried again, and what is said about the rest."""

from __future__ import annotations

import json
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator

from processors.llm.answer_checks import Accepted, AnswerRejected, AskAgain, Examiner, Rejected
from processors.llm.provider import Completion, CompletionRequest, Usage
from schemas.outcomes import DeadLetterReason

SECRET = "Ann Lee wrote this"


class Reading(BaseModel):
    model_config = ConfigDict(extra="forbid")

    mood: Literal["good", "bad"]
    risk: float = Field(ge=0, le=1)
    items: list[str] = []

    @field_validator("items")
    @classmethod
    def no_shouting(cls, items: list[str]) -> list[str]:
        if any(item.isupper() for item in items):
            raise ValueError(f"shouting: {items}")
        return items


REQUEST = CompletionRequest(
    model="m",
    instructions="rules",
    user_message="text",
    schema_name="reading",
    json_schema=Reading.model_json_schema(),
    max_output_tokens=100,
)


def a_completion(text: str | None = None, *, finish: str = "stop", refusal: str | None = None) -> Completion:
    return Completion(text, refusal, finish, Usage(), "m", None, 1)


def an_examiner() -> Examiner:
    return Examiner(Reading.model_validate_json)


def rejected(examiner: Examiner, completion: Completion, request: CompletionRequest = REQUEST) -> Rejected:
    judgement = examiner.judge(completion, request)
    assert isinstance(judgement, Rejected)
    return judgement


def asked_again(examiner: Examiner, completion: Completion) -> CompletionRequest:
    judgement = examiner.judge(completion, REQUEST)
    assert isinstance(judgement, AskAgain)
    return judgement.request


def test_a_valid_answer_is_accepted() -> None:
    judgement = an_examiner().judge(a_completion('{"mood": "good", "risk": 0.5}'), REQUEST)
    assert judgement == Accepted(Reading(mood="good", risk=0.5))


@pytest.mark.parametrize(
    ("completion", "reason"),
    [
        # A refusal that was also filtered and cut off is a refusal, and so on down the line.
        (a_completion("{}", finish="content_filter", refusal="No."), DeadLetterReason.MODEL_REFUSED),
        (a_completion("{}", finish="length", refusal="No."), DeadLetterReason.MODEL_REFUSED),
        (a_completion("{}", finish="content_filter"), DeadLetterReason.CONTENT_FILTER),
    ],
)
def test_a_refusal_and_the_filter_are_final_at_once(completion: Completion, reason: DeadLetterReason) -> None:
    assert rejected(an_examiner(), completion).reason is reason


@pytest.mark.parametrize("refusal", ["", " \n"])
def test_a_refusal_without_a_word_is_none(refusal: str) -> None:
    judgement = an_examiner().judge(a_completion('{"mood": "good", "risk": 0.5}', refusal=refusal), REQUEST)
    assert judgement == Accepted(Reading(mood="good", risk=0.5))


def test_a_refusal_beside_an_answer_that_validates_is_a_refusal() -> None:
    completion = a_completion('{"mood": "good", "risk": 0.5}', refusal="I cannot judge people.")
    assert rejected(an_examiner(), completion).reason is DeadLetterReason.MODEL_REFUSED


def test_an_answer_that_is_cut_off_is_asked_for_again_with_twice_the_cap_and_then_given_up() -> None:
    # Cut off in a place where it still parses: it must not be taken for an answer.
    cut_off = a_completion('{"mood": "good", "risk": 0.5}', finish="length")
    examiner = an_examiner()
    again = asked_again(examiner, cut_off)
    assert (again.max_output_tokens, again.correction) == (200, None)
    assert rejected(examiner, cut_off, again).reason is DeadLetterReason.OUTPUT_TRUNCATED


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "Sure! Here is the JSON.",
        "[]",
        "null",
        '{"mood": "good"}',
        '{"mood": "Good", "risk": 0.5}',
        '{"mood": "good", "risk": 1.01}',
        '{"mood": "good", "risk": 0.5, "why": "because"}',
    ],
)
def test_what_does_not_follow_the_schema_is_asked_for_again_once(text: str | None) -> None:
    examiner = an_examiner()
    again = asked_again(examiner, a_completion(text))
    assert again.correction is not None
    assert (again.user_message, again.instructions) == (REQUEST.user_message, REQUEST.instructions)
    assert rejected(examiner, a_completion(text), again).reason is DeadLetterReason.INVALID_ANSWER


def test_the_correction_names_the_field_and_what_is_allowed() -> None:
    again = asked_again(an_examiner(), a_completion('{"mood": "Good", "risk": 0.5}'))
    assert again.correction is not None
    assert "mood: Input should be 'good' or 'bad'" in again.correction


@pytest.mark.parametrize(
    "answer",
    [
        {"mood": SECRET, "risk": 0.5},
        {"mood": "good", "risk": SECRET},
        {"mood": "good", "risk": 0.5, SECRET: 1},
        {"mood": "good", "risk": 0.5, "items": [SECRET.upper()]},
        {"mood": "good", "risk": 0.5, "items": [{SECRET: 1}]},
        SECRET,
    ],
)
def test_no_value_that_a_model_wrote_reaches_the_detail(answer: object) -> None:
    examiner = an_examiner()
    examiner.judge(a_completion(json.dumps(answer)), REQUEST)
    detail = rejected(examiner, a_completion(json.dumps(answer))).detail
    assert SECRET.lower() not in detail.lower()
    assert detail


def test_the_detail_names_fields_and_kinds_of_error() -> None:
    examiner = an_examiner()
    examiner.judge(a_completion("{}"), REQUEST)
    wrong = a_completion('{"mood": "x", "risk": 2, "why": 1}')
    detail = "mood: literal_error; risk: less_than_equal; (an unknown field): extra_forbidden"
    assert rejected(examiner, wrong).detail == detail


def test_a_broken_business_rule_is_told_in_its_own_words() -> None:
    def check(_: str) -> BaseModel:
        raise AnswerRejected("a summary has two sentences")

    examiner = Examiner(check)
    assert "a summary has two sentences" in (asked_again(examiner, a_completion("{}")).correction or "")
    assert rejected(examiner, a_completion("{}")).detail == "a summary has two sentences"


def test_another_value_error_of_a_check_is_not_quoted() -> None:
    def check(text: str) -> BaseModel:
        return Reading(**json.loads(text))

    examiner = Examiner(check)
    asked_again(examiner, a_completion(SECRET))
    assert SECRET not in rejected(examiner, a_completion(SECRET)).detail


def test_a_bug_in_a_check_passes_through() -> None:
    def check(_: str) -> BaseModel:
        raise KeyError("oops")

    with pytest.raises(KeyError):
        Examiner(check).judge(a_completion("{}"), REQUEST)


def test_an_answer_wrong_in_a_thousand_places_makes_a_short_detail() -> None:
    text = json.dumps({"mood": "good", "risk": 0.5, "items": list(range(1000))})
    examiner = an_examiner()
    examiner.judge(a_completion(text), REQUEST)
    assert len(rejected(examiner, a_completion(text)).detail) < 500
