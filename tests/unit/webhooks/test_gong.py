"""Gong's calls are read where it says something of them, else asked for; transcripts are threads of their speakers."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.errors import DataFault
from schemas.events import CrmEvent, Message
from schemas.outcomes import Skipped, SkipReason
from schemas.refetch import RefetchReason
from schemas.sources import TableMapping
from tests.unit.webhooks.bodies import NOW_MS, adapted, event, identifiers, request, rules, sample

CONTENT = {
    "brief": "Renewal, 28 seats.",
    "keyPoints": [{"text": "Price is the issue."}],
    "outline": [{"section": "Pricing", "items": [{"text": "Wants 10 % off."}]}],
}


def call(content: Any = None, **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = sample("gong-automation-rule")[0]
    if content is not None:
        body["callData"]["content"] = content
    body["callData"]["metaData"] |= changes
    return body


def transcript(*turns: dict[str, Any], **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = sample("gong-transcript-api")[0]
    if turns:
        body["callTranscripts"][0]["transcript"] = list(turns)
    return body | more


def turn(speaker: str, *sentences: str, start: int = 0) -> dict[str, Any]:
    return {"speakerId": speaker, "sentences": [{"start": start + n, "text": text} for n, text in enumerate(sentences)]}


async def test_a_call_of_which_gong_says_nothing_is_asked_for() -> None:
    asked = await request("gong", call())
    assert (asked.reason, asked.entity, asked.record_id) == (RefetchReason.IDS_ONLY, "Call", "8800112233445566778")
    assert asked.url == "https://app.gong.example/call?id=8800112233445566778"
    assert asked.occurred_at == 1764054217041


async def test_what_gong_wrote_of_a_call_is_its_text() -> None:
    found = await event("gong", call(CONTENT))
    assert (found.title, found.text) == ("Vance / Acme", "Renewal, 28 seats.\nPrice is the issue.\nWants 10 % off.")
    assert found.fields == {"Opportunity.Amount": "50000", "Opportunity.ARR_impact__c": "false"}
    assert found.language == "en"


async def test_the_parties_of_a_call_are_identifiers() -> None:
    assert identifiers(await event("gong", call(CONTENT))) == {
        ("PERSON", "Rhea Vance"),
        ("EMAIL", "rhea@vance.example"),
    }


@pytest.mark.parametrize("flag", [True, "true", "True"])
async def test_a_test_is_a_test(flag: Any) -> None:
    assert await adapted("gong", call() | {"isTest": flag}) == (Skipped(SkipReason.TEST_EVENT),)


async def test_a_call_that_a_second_rule_sends_is_the_same() -> None:
    assert (await event("gong", call(CONTENT))).event_id == (await event("gong", call({"brief": "Other"}))).event_id
    assert (await event("gong", call(CONTENT, id="2"))).event_id != (await event("gong", call(CONTENT))).event_id


async def test_a_transcript_is_a_thread_of_its_speakers_in_the_order_in_which_they_spoke() -> None:
    found = await event("gong", transcript(turn("p2", "Sure.", start=900), turn("p1", "Ten", "percent?", start=100)))
    assert found.messages == (Message(author="p1", text="Ten percent?"), Message(author="p2", text="Sure."))
    assert (found.entity, found.record_id, found.occurred_at) == ("Call", "8800112233445566778", NOW_MS)


async def test_a_turn_that_does_not_tell_when_it_began_stays_in_front() -> None:
    odd = {"speakerId": "p3", "sentences": [{"start": "soon", "text": "Hm."}]}
    found = await event("gong", transcript(turn("p1", "Ten?", start=100), odd))
    assert [message.text for message in found.messages] == ["Hm.", "Ten?"]


async def test_speakers_have_the_names_of_the_parties_that_are_sent_along() -> None:
    parties = [{"speakerId": "p1", "name": "Rhea Vance", "affiliation": "External", "phoneNumber": "+14155550132"}]
    found = await event("gong", transcript(turn("p1", "Hi"), parties=parties))
    assert found.messages == (Message(author="Rhea Vance", role="external", text="Hi"),)
    assert identifiers(found) == {("PERSON", "Rhea Vance"), ("PHONE", "+14155550132")}


async def test_a_transcript_is_no_copy_of_its_call_and_a_corrected_one_no_copy_of_the_first() -> None:
    bodies = [
        call(CONTENT),
        transcript(turn("p1", "Hi")),
        transcript(turn("p1", "Hi")),
        transcript(turn("p1", "Hello")),
    ]
    ids = [(await event("gong", body)).event_id for body in bodies]
    assert ids[1] == ids[2]
    assert len(set(ids)) == 3


async def test_each_transcript_of_an_answer_is_an_event() -> None:
    body = transcript()
    body["callTranscripts"].append(body["callTranscripts"][0] | {"callId": "2"})
    found = await adapted("gong", body)
    assert [item.record_id for item in found if isinstance(item, CrmEvent)] == ["8800112233445566778", "2"]


async def test_a_call_of_our_own_user_is_our_own_and_a_mapping_leaves_fields_out() -> None:
    assert await adapted("gong", call(primaryUserId="u7"), None, rules("u7")) == (Skipped(SkipReason.OWN_WRITE),)
    said = rules(gong__call=TableMapping(ignore=("opportunity_amount",)))
    assert "Opportunity.Amount" not in (await event("gong", call(CONTENT), None, said)).fields


@pytest.mark.parametrize("body", [call(id=None), {"callData": None}, {}, {"callTranscripts": [{"transcript": []}]}])
async def test_a_call_without_its_id_is_a_fault(body: dict[str, Any]) -> None:
    with pytest.raises(DataFault, match="no_identity"):
        await adapted("gong", body)
