"""Zendesk's bodies shown to `preview` without any setting: what comes out, and what a model would be sent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.streams.previews import a_preview
from tests.unit.zendesk.bodies import SAMPLES, a_comment, an_event


async def answers_to(*lines: dict[str, Any], **parts: Any) -> list[dict[str, Any]]:
    preview = a_preview(**parts)
    return [await preview.line(line) for line in lines]


def endings(*answers: dict[str, Any]) -> list[str]:
    return [outcome["reason"] or outcome["outcome"] for answer in answers for outcome in answer["outcomes"]]


def prompt(answer: dict[str, Any]) -> str:
    return str(answer["outcomes"][0]["messages"][-1]["content"])


async def test_a_comment_is_read_once_however_often_the_web_hook_is_invoked_and_its_author_is_masked() -> None:
    line = {"webhook": "zendesk", **SAMPLES["comment_added"]}
    again = {**line, "headers": {**line["headers"], "x-zendesk-webhook-invocation-id": "another"}}
    first, second = await answers_to(line, again)
    assert endings(first, second) == ["insight", "duplicate"]
    assert "Still offline" in prompt(first)
    assert "internal note" in prompt(first)
    assert "Rhea" not in prompt(first)
    assert "555-0132" not in prompt(first)


async def test_a_message_of_a_ticket_that_is_not_told_is_read_and_the_ticket_fetched() -> None:
    (answer,) = await answers_to({"webhook": "zendesk", **SAMPLES["message_added"]})
    assert endings(answer) == ["insight"]
    assert [request["record_id"] for request in answer["refetch"]] == ["71520"]


async def test_a_redaction_buys_no_call_and_shows_nothing_of_what_was_redacted() -> None:
    body = an_event("comment_redacted", comment=a_comment(body="4111 1111 1111 1111"))
    (answer,) = await answers_to({"webhook": "zendesk", "body": body}, reveal=True)
    assert endings(answer) == ["no_content"]
    assert "4111" not in str(answer)


async def test_what_our_integration_commented_ends_as_our_own_write() -> None:
    line = {"webhook": "zendesk", **SAMPLES["comment_added"]}
    (answer,) = await answers_to(line, own_ids=frozenset({"881"}))
    assert endings(answer) == ["own_write"]


async def test_what_a_trigger_sends_is_a_dead_letter_that_says_what_to_set() -> None:
    (answer,) = await answers_to({"webhook": "zendesk", "body": {"ticket_id": "1", "comment": "Ann called"}})
    assert endings(answer) == ["no_identity"]
    assert "mappings.zendesk.version" in answer["error"]
    assert "Ann" not in answer["error"]


@pytest.mark.parametrize("name", sorted(SAMPLES))
async def test_an_event_is_recognised_on_any_topic_without_a_setting(name: str) -> None:
    (answer,) = await answers_to({"topic": "hooks", "key": "k", "value": SAMPLES[name]["body"]})
    assert '{"hooks": "zendesk"}' in answer["note"]
    assert answer["events"]
