"""Events that made other pipelines fail, and samples, shown to `preview` without a setting that names the adapter.

`cases.jsonl` holds the cases, with where the complaint was read and what has to come out.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from schemas.codec import StaticSchemas
from streams.preview.view import readable
from tests.unit.salesforce.records import CASE, CONTACT, SAMPLE_NAMES, a_change, a_header, framed, sample
from tests.unit.streams.previews import a_preview

if TYPE_CHECKING:
    from collections.abc import Callable

Answers = list[dict[str, Any]]

CASES = [json.loads(line) for line in (Path(__file__).parent / "cases.jsonl").read_text("utf-8").splitlines()]


async def answers_to(values: list[Any], **parts: Any) -> Answers:
    preview = a_preview(reveal=True, **parts)
    return [await preview.line({"topic": "sfdc", "value": value}) for value in values]


def events(answers: Answers) -> list[dict[str, Any]]:
    return [event for answer in answers for event in answer["events"]]


def outcomes(answers: Answers) -> list[dict[str, Any]]:
    return [outcome for answer in answers for outcome in answer["outcomes"]]


def read(answers: Answers) -> list[dict[str, Any]]:
    return [outcome for outcome in outcomes(answers) if outcome["outcome"] == "insight"]


def prompts(answers: Answers) -> str:
    return "\n".join(outcome["messages"][-1]["content"] for outcome in read(answers))


def reasons(answers: Answers, outcome: str) -> Counter[str]:
    return Counter(one["reason"] for one in outcomes(answers) if one["outcome"] == outcome)


def in_events(name: str) -> Callable[[Answers, Any], bool]:
    return lambda answers, names: all(event[name] == names for event in events(answers))


CHECKS: dict[str, Callable[[Answers, Any], bool]] = {
    "events": lambda answers, n: len(events(answers)) == n,
    "distinct_ids": lambda answers, n: len({event["event_id"] for event in events(answers)}) == n,
    "record_ids": lambda answers, ids: [event["record_id"] for event in events(answers)] == ids,
    "llm_calls": lambda answers, n: len(read(answers)) == n,
    "dlq": lambda answers, n: reasons(answers, "dead_letter").total() == n,
    "skipped": lambda answers, expected: reasons(answers, "skipped") == Counter(expected),
    "refetch": lambda answers, ids: [one["record_id"] for answer in answers for one in answer["refetch"]] == ids,
    "changed_fields": in_events("changed_fields"),
    "cleared_fields": in_events("cleared_fields"),
    "prompt_absent": lambda answers, texts: not any(text in prompts(answers) for text in texts),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
async def test_a_case_ends_as_it_must(case: dict[str, Any]) -> None:
    given = case["input"]
    if "avro_field_order" in given:
        header = a_header(
            entityName="Contact", changedFields=given["changedFields"], nulledFields=given["nulledFields"]
        )
        order = given["avro_field_order"]
        given = {"avro_field_order": order, "payload": {"ChangeEventHeader": header} | dict.fromkeys(order[1:])}
    own_ids = frozenset(given.get("config", {}).get("own_client_ids", []))
    answers = await answers_to(given.get("events", [given]), own_ids=own_ids)
    for name, expected in case["expected"].items():
        assert CHECKS[name](answers, expected), (name, expected, answers)


@pytest.mark.parametrize("name", SAMPLE_NAMES)
async def test_a_sample_is_recognised_without_a_setting(name: str) -> None:
    answer = await a_preview().line(sample(name))
    assert answer["events"] or answer["refetch"]
    assert '": "salesforce"}' in answer["note"]


async def test_avro_is_recognised_by_the_schemas_that_are_given() -> None:
    preview = a_preview(reveal=True, schemas=StaticSchemas({7: CONTACT, 8: CASE}))
    contact = framed(a_change({"Phone": "1"}, entityName="Contact", changedFields=["0x8"]), CONTACT, 7)
    case = framed(a_change(changedFields=["0x2"]), CASE, 8)
    answers = [await preview.line({"topic": "sfdc", "value_hex": data.hex()}) for data in (contact, case)]
    assert [event["changed_fields"] for event in events(answers)] == [["Phone"], ["Subject"]]
    assert "Refund" in prompts(answers)


async def test_a_person_is_told_what_must_be_fetched() -> None:
    preview = a_preview()
    lines = [
        text
        for name in ("cdc_gap", "cdc_overflow")
        for _, text in readable(1, await preview.line(sample(name)))
        if "fetch" in text
    ]
    assert lines == [
        "  to be fetched (gap)  default/Account/001Ax00000GAP01IAB",
        "  to be fetched (overflow)  default/Lead/(all)",
    ]


async def test_a_change_that_is_replayed_is_read_once() -> None:
    event = a_change()
    values = [{"payload": event, "event": {"replayId": 1}}, {"payload": event, "event": {"replayId": 9}}]
    answers = await answers_to(values)
    assert [outcome["reason"] for outcome in outcomes(answers)] == [None, "duplicate"]


async def test_an_older_change_that_comes_later_is_stale() -> None:
    later = a_change({"Subject": "Second"}, sequenceNumber=2, commitTimestamp=1764032409000)
    answers = await answers_to([later, a_change({"Subject": "First"})])
    assert [outcome["reason"] for outcome in outcomes(answers)] == [None, "stale"]


async def test_a_deleted_record_is_no_call() -> None:
    answers = await answers_to([a_change({"Subject": None}, changeType="DELETE")])
    assert not read(answers)


async def test_who_is_named_in_a_record_is_masked_in_its_texts() -> None:
    body = {"SuppliedName": "Ada Okafor-Lind", "Description": "ada okafor-lind called again."}
    answers = await answers_to([a_change(body, changeType="CREATE", changedFields=[])])
    assert "okafor" not in prompts(answers).lower()
