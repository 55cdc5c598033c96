"""HubSpot's bodies that made other pipelines fail, shown to `preview` without any setting: each ends as it must.

developers.hubspot.com/docs/api/webhooks: "eventId is not guaranteed to be unique", and order is not guaranteed.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.hubspot.notifications import SAMPLES, a_notification
from tests.unit.streams.previews import a_preview


async def answers_to(*lines: dict[str, Any], **parts: Any) -> list[dict[str, Any]]:
    preview = a_preview(reveal=True, **parts)
    return [await preview.line(line) for line in lines]


def endings(*answers: dict[str, Any]) -> list[str]:
    return [outcome["reason"] or outcome["outcome"] for answer in answers for outcome in answer["outcomes"]]


async def test_notifications_with_one_event_id_are_told_apart_and_a_second_attempt_is_a_duplicate() -> None:
    (answer,) = await answers_to({"webhook": "hubspot", **SAMPLES["batch"]})
    assert endings(answer) == ["insight", "insight", "duplicate"]
    assert len({event["event_id"] for event in answer["events"]}) == 2
    assert [request["record_id"] for request in answer["refetch"]] == ["7003"]


async def test_an_older_change_that_comes_later_is_stale_and_never_told_as_the_current_state() -> None:
    newer, older = (
        {"webhook": "hubspot", "body": [a_notification(occurredAt=moment, propertyValue=value)]}
        for moment, value in ((1764032409000, "customer"), (1764032401000, "lead"))
    )
    answers = await answers_to(newer, older)
    assert endings(*answers) == ["insight", "stale"]
    assert answers[0]["events"][0]["fields"] == {"lifecyclestage": "customer"}
    assert len([event for answer in answers for event in answer["events"]]) == 2


async def test_a_deletion_for_privacy_buys_no_call() -> None:
    (answer,) = await answers_to({"webhook": "hubspot", **SAMPLES["privacy_deletion"]})
    assert endings(answer) == ["no_kind"]
    assert answer["events"][0]["operation"] == "DELETE"


async def test_an_insight_that_was_written_back_ends_as_our_own_write() -> None:
    written = a_notification(changeSource="INTEGRATION", sourceId="9001", propertyName="notes", propertyValue="Sum")
    (answer,) = await answers_to({"webhook": "hubspot", "body": [written]}, own_ids=frozenset({"9001"}))
    assert endings(answer) == ["own_write"]


@pytest.mark.parametrize("name", sorted(SAMPLES))
async def test_a_body_is_recognised_on_any_topic_without_a_setting(name: str) -> None:
    (answer,) = await answers_to({"topic": "hooks", "key": None, "value": SAMPLES[name]["body"]})
    assert '{"hooks": "hubspot"}' in answer["note"]
    assert answer["events"]
