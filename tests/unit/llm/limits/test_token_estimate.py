"""What a request will draw of the token limit, before anybody has counted it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from processors.llm.limits.token_estimate import TokenEstimates
from processors.llm.provider import CompletionRequest, Usage

REQUEST = CompletionRequest("m", "r" * 1_000, "x" * 2_998, "kind", {}, 800)


def test_before_anything_is_known_four_bytes_are_a_token_and_the_answer_is_as_long_as_it_may_be() -> None:
    assert TokenEstimates().tokens(REQUEST) == 1_000 + 800


def test_the_bytes_to_a_token_and_the_length_of_answers_are_learnt_from_what_was_used() -> None:
    estimates = TokenEstimates()
    estimates.learn(REQUEST, Usage(800, 0, 100))
    assert estimates.tokens(REQUEST) == pytest.approx(800 + 125)
    assert estimates.tokens(replace(REQUEST, user_message="x" * 6_998)) == pytest.approx(1_600 + 125)


def test_an_estimate_follows_texts_that_change() -> None:
    estimates = TokenEstimates()
    estimates.learn(REQUEST, Usage(1_000, 0, 100))
    for _ in range(200):
        estimates.learn(REQUEST, Usage(2_000, 0, 200))
    assert estimates.tokens(REQUEST) == pytest.approx(2_000 + 250, rel=0.01)


def test_an_answer_is_never_expected_to_be_longer_than_it_may_be() -> None:
    estimates = TokenEstimates()
    estimates.learn(REQUEST, Usage(1_000, 0, 790))
    assert estimates.tokens(REQUEST) == pytest.approx(1_800)


def test_kinds_are_learnt_apart() -> None:
    estimates = TokenEstimates()
    estimates.learn(REQUEST, Usage(4_000, 0, 10))
    assert estimates.tokens(replace(REQUEST, schema_name="other")) == 1_800


def test_an_answer_without_usage_teaches_nothing() -> None:
    estimates = TokenEstimates()
    estimates.learn(REQUEST, Usage())
    assert estimates.tokens(REQUEST) == 1_800


def test_half_an_emoji_is_counted_like_any_other_character() -> None:
    assert TokenEstimates().tokens(replace(REQUEST, user_message="\ud83d" * 2_998)) == 1_800
