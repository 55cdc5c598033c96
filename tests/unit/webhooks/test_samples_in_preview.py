"""Samples and cases from the field, shown to `preview`: named by their source, and recognised without it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from schemas.sources import SourceRecord, recognised
from tests.unit.streams.previews import a_preview
from tests.unit.webhooks.bodies import NAMES, a_delivery, sample, source_of

# What each sample becomes: event ids told, calls, requests to fetch, reasons of skips.
ENDS: dict[str, tuple[int, int, int, list[str]]] = {
    "dynamics-incident-update": (1, 1, 0, []),
    "dynamics-size-exceeded": (0, 0, 1, []),
    "freshdesk-ticket-updated": (1, 1, 0, []),
    "gong-automation-rule": (0, 0, 1, []),
    "gong-transcript-api": (1, 1, 0, []),
    "intercom-conversation-replied": (1, 1, 0, []),
    "pipedrive-v1-updated": (1, 1, 0, []),
    "pipedrive-v2-change": (1, 1, 0, ["duplicate"]),
    "twilio-intelligence": (0, 0, 1, []),
    "twilio-transcription": (1, 1, 0, []),
    "zoom-phone-transcript-completed": (0, 0, 1, []),
    "zoom-summary-completed": (1, 1, 0, []),
    "zoom-transcript-completed": (0, 0, 1, []),
    "zoom-url-validation": (0, 0, 0, ["control"]),
}


async def answers_to(*lines: dict[str, Any], reveal: bool = True) -> list[dict[str, Any]]:
    preview = a_preview(reveal=reveal)
    return [await preview.line(line) for line in lines]


def outcomes(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [outcome for answer in answers for outcome in answer["outcomes"]]


def skipped(answers: list[dict[str, Any]]) -> list[str]:
    return [outcome["reason"] for outcome in outcomes(answers) if outcome["outcome"] == "skipped"]


def calls(answers: list[dict[str, Any]]) -> int:
    return sum(outcome["outcome"] == "insight" for outcome in outcomes(answers))


def requests(answers: list[dict[str, Any]]) -> list[str]:
    return [request["record_id"] for answer in answers for request in answer.get("refetch", [])]


def test_every_sample_has_an_end() -> None:
    assert sorted(ENDS) == NAMES


@pytest.mark.parametrize("name", NAMES)
async def test_a_sample_named_by_its_source_ends_as_it_must(name: str) -> None:
    body, headers = sample(name)
    raw = body if isinstance(body, str) else json.dumps(body)
    for form in ({"body": body}, {"body_base64": base64.b64encode(raw.encode()).decode()}):
        answers = await answers_to({"webhook": source_of(name), "method": "POST", "headers": headers, **form})
        told = {event["event_id"] for answer in answers for event in answer["events"]}
        assert (len(told), calls(answers), len(requests(answers)), skipped(answers)) == ENDS[name]


@pytest.mark.parametrize("name", NAMES)
async def test_a_sample_on_a_topic_is_recognised(name: str) -> None:
    assert await recognised(a_delivery(*sample(name), topic="crm.hooks"), None) == source_of(name)


@pytest.mark.parametrize("value", [b'{"id":1,"ticket_id":2,"ticket_subject":"x"}', b'{"id":1,"meta":{"action":"x"}}'])
async def test_a_row_of_a_table_is_not_taken_for_a_web_hook(value: bytes) -> None:
    row = SourceRecord("crm.public.replies", 0, 0, 0, b'{"id":1}', value, ())
    assert await recognised(row, None) == "debezium"


async def test_attempts_of_one_change_are_one_event() -> None:
    meta = {
        "action": "change", "entity": "deal", "entity_id": "88", "id": "4c2e8b2f-0000-4000-8000-000000000002",
        "correlation_id": "3b1d7a1e-0000-4000-8000-000000000001", "timestamp": "2025-11-25T01:00:00.461Z",
        "webhook_id": "70007", "version": "2.0",
    }  # fmt: skip
    bodies = [
        {"meta": meta | {"attempt": attempt}, "data": {"id": 88, "stage_id": 3}, "previous": {"stage_id": 2}}
        for attempt in (1, 2)
    ]
    answers = await answers_to(*({"webhook": "pipedrive", "headers": {}, "body": body} for body in bodies))
    assert len({event["event_id"] for answer in answers for event in answer["events"]}) == 1
    assert answers[0]["events"][0]["changed_fields"] == ["stage_id"]
    assert [bool(outcome["event_id"]) for outcome in outcomes(answers)] == [True, True]


async def test_a_context_of_dataverse_is_read_and_an_oversized_one_asked_for() -> None:
    told = {"MessageName": "Update", "PrimaryEntityName": "incident"}
    columns = [
        {"key": "title", "value": "Boiler fault"},
        {"key": "prioritycode", "value": {"__type": "OptionSetValue:x", "Value": 1}},
    ]
    target = {"key": "Target", "value": {"LogicalName": "incident", "Attributes": columns}}
    whole = told | {"PrimaryEntityId": "5555", "OperationId": "6666", "InputParameters": [target],
                    "OperationCreatedOn": "/Date(1764032400000-0800)/"}  # fmt: skip
    cut = told | {"PrimaryEntityId": "7777", "OperationId": "8888", "OperationCreatedOn": "/Date(1764032400000)/"}
    answers = await answers_to(
        {"webhook": "dynamics", "headers": {}, "body": whole},
        {"webhook": "dynamics", "headers": {"x-ms-dynamics-msg-size-exceeded": "true"}, "body": cut},
    )
    (event,) = answers[0]["events"]
    assert (event["occurred_at"], event["changed_fields"]) == ("2025-11-25T01:00:00.000Z", ["title", "prioritycode"])
    assert (requests(answers), calls(answers), any("error" in answer for answer in answers)) == (["7777"], 1, False)


async def test_a_test_and_a_handshake_buy_nothing() -> None:
    answers = await answers_to(
        {"webhook": "gong", "headers": {}, "body": {"isTest": True, "callData": {"metaData": {"id": "1"}}}},
        {
            "webhook": "zoom",
            "headers": {},
            "body": {"event": "endpoint.url_validation", "payload": {"plainToken": "t"}},
        },
    )
    assert (skipped(answers), calls(answers)) == (["test_event", "control"], 0)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("intercom-conversation-replied", "bo@harbour.example"),
        ("freshdesk-ticket-updated", "kim@delta.example"),
        ("twilio-transcription", "4155550132"),
    ],
)
async def test_who_is_known_from_the_payload_is_masked(name: str, known: str) -> None:
    body, headers = sample(name)
    (answer,) = await answers_to({"webhook": source_of(name), "headers": headers, "body": body}, reveal=False)
    assert known not in json.dumps(answer)
