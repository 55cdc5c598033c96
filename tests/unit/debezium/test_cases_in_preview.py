"""Records that made other pipelines fail, shown to `preview` without any setting: each ends as it must.

`cases.jsonl` holds them, with where the complaint was read and what has to come out.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from schemas.codec import StaticSchemas
from tests.unit.debezium.records import CAPTURES, an_envelope
from tests.unit.streams.previews import a_preview

if TYPE_CHECKING:
    from collections.abc import Callable

Answers = list[dict[str, Any]]

CASES = [json.loads(line) for line in (Path(__file__).parent / "cases.jsonl").read_text("utf-8").splitlines()]
OPERATIONS = {"delete": "DELETE", "read": "SNAPSHOT", "rekey": "REKEY"}


async def answers_to(lines: list[dict[str, Any]], **parts: Any) -> Answers:
    preview = a_preview(reveal=True, **parts)
    return [await preview.line(line) for line in lines]


def events(answers: Answers) -> list[dict[str, Any]]:
    return [event for answer in answers for event in answer["events"]]


def outcomes(answers: Answers) -> list[dict[str, Any]]:
    return [outcome for answer in answers for outcome in answer["outcomes"]]


def prompts(answers: Answers) -> str:
    return "\n".join(outcome["messages"][-1]["content"] for outcome in outcomes(answers) if "messages" in outcome)


def reasons(answers: Answers, word: str) -> int:
    return sum(outcome.get("reason") == word for outcome in outcomes(answers))


def calls(answers: Answers) -> int:
    return sum(outcome["outcome"] == "insight" for outcome in outcomes(answers))


def told_once(answers: Answers) -> int:
    return len({event["event_id"] for event in events(answers)})


def control(answers: Answers) -> Counter[str]:
    return Counter(outcome["detail"] for outcome in outcomes(answers) if outcome["reason"] == "control")


CHECKS: dict[str, Callable[[Answers, Any], bool]] = {
    "events": lambda answers, n: told_once(answers) == n,
    "distinct_ids": lambda answers, n: told_once(answers) == n,
    "duplicates": lambda answers, n: (
        reasons(answers, "duplicate") == n or len(events(answers)) - told_once(answers) == n
    ),
    "llm_calls": lambda answers, n: calls(answers) == n,
    "insights": lambda answers, n: calls(answers) == n,
    "dlq": lambda answers, n: sum(outcome["outcome"] == "dead_letter" for outcome in outcomes(answers)) == n,
    "exceptions": lambda answers, n: sum("error" in answer for answer in answers) == n,
    "committed": lambda answers, n: len(answers) == n,
    "tombstones": lambda answers, n: reasons(answers, "tombstone") == n,
    "ops": lambda answers, ops: [e["operation"] for e in events(answers)] == [OPERATIONS[op] for op in ops],
    "control": lambda answers, kinds: control(answers) == Counter(kinds),
    "prompt_present": lambda answers, texts: all(text in prompts(answers) for text in texts),
    "prompt_absent": lambda answers, texts: not any(text in prompts(answers) for text in texts),
    "published_absent": lambda answers, texts: not any(text in prompts(answers) for text in texts),
    "unchanged_fields": lambda answers, names: [e["unchanged_fields"] for e in events(answers)] == [names],
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
async def test_a_case_ends_as_it_must(case: dict[str, Any]) -> None:
    answers = await answers_to(case["input"])
    for name, expected in case["expected"].items():
        assert CHECKS[name](answers, expected), (name, expected, answers)


async def test_a_copy_with_the_same_id_is_a_duplicate() -> None:
    case = next(case for case in CASES if case["id"] == "dbz-redeliver-v")
    assert [outcome["reason"] for outcome in outcomes(await answers_to(case["input"]))] == [None, "duplicate"]


async def test_a_stray_json_row_on_a_topic_of_avro_is_one_dead_letter_and_the_next_record_flows() -> None:
    captured = json.loads((CAPTURES / "types.json").read_text("utf-8"))
    schemas = StaticSchemas({int(number): schema for number, schema in captured["schemas"].items()})
    good = next(record for record in captured["records"] if record["topic"] == "a.crm.contacts")
    bad = {"topic": "a.crm.contacts", "value_hex": "7b226964223a317d"}
    answers = await answers_to([bad, good], schemas=schemas, sources={"a.crm.contacts": "debezium"})
    assert [outcome["outcome"] for outcome in outcomes(answers)] == ["dead_letter", "skipped"]
    assert answers[0]["outcomes"][0]["reason"] == "no_identity"
    assert len(events(answers)) == 1


async def test_an_older_change_that_comes_later_is_stale() -> None:
    def line(ts_ms: int, body: str, lsn: int) -> dict[str, Any]:
        row = {"id": 1, "body": body}
        return {"topic": "crm.public.tickets", "key": {"id": 1}, "value": an_envelope(after=row) | {
            "source": an_envelope(lsn=lsn)["source"] | {"ts_ms": ts_ms}}}  # fmt: skip

    answers = await answers_to([line(1764032409000, "customer", 2), line(1764032401000, "lead", 1)])
    assert [outcome["reason"] for outcome in outcomes(answers)] == [None, "stale"]


async def test_what_we_wrote_back_ends_as_our_own_write() -> None:
    from streams.parts import make_source_rules  # noqa: PLC0415 - heavy
    from streams.settings import Settings  # noqa: PLC0415

    said = Settings.model_validate(
        {"own_ids": ["insight-sync"], "mappings": {"tickets": {"writer": ["last_app"], "insight_fields": ["ai"]}}}
    )
    rows = [{"id": 1, "body": "x", "last_app": "insight-sync"}, {"id": 1, "body": "x", "last_app": "portal"}]
    lines = [{"topic": "t", "key": {"id": 1}, "value": an_envelope(after=row)} for row in rows]
    preview = a_preview(rules=make_source_rules(said))
    answers = [await preview.line(line) for line in lines]
    assert [outcome["reason"] for outcome in outcomes(answers)] == ["own_write", None]


async def test_a_topic_that_no_worker_reads_is_told_with_the_adapter_that_it_needs() -> None:
    (answer,) = await answers_to(CASES[0]["input"][:1])
    assert '{"crm.public.notes": "debezium"}' in answer["note"]
    (answer,) = await answers_to(CASES[0]["input"][:1], sources={r"^crm\.public\..*": "debezium"})
    assert "note" not in answer
