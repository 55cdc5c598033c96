"""`crm-insights scrub --jsonl` and `restore --jsonl` as somebody pipes them: the real command and no setting at all."""

from __future__ import annotations

import json
from typing import Any

from tests.support.processes import run_command


def test_a_line_is_answered_with_the_masked_text_and_where_each_span_stood() -> None:
    text = "Mail ann@x.example or +1 415 555 0123"
    done = run_command("scrub", "--jsonl", stdin=json.dumps({"id": "1", "text": text}) + "\n")

    assert (done.exit_code, done.stderr) == (0, "")
    (line,) = done.json_lines
    assert line == {
        "id": "1",
        "text": "Mail <EMAIL_1> or <PHONE_1>",
        "spans": [
            {"start": 5, "end": 18, "type": "EMAIL", "text": "ann@x.example", "placeholder": "<EMAIL_1>"},
            {"start": 22, "end": 37, "type": "PHONE", "text": "+1 415 555 0123", "placeholder": "<PHONE_1>"},
        ],
    }


def test_lines_are_answered_in_order_and_offsets_count_code_points() -> None:
    lines: list[dict[str, Any]] = [
        {"id": "a", "text": "👩‍💻 é ann@x.example"},
        {"id": "b", "text": "Ann Lee called.", "known": {"PERSON": ["Ann Lee"]}},
        {"id": "c", "text": "nothing to see"},
    ]
    done = run_command("scrub", "--jsonl", stdin="".join(json.dumps(line) + "\n" for line in lines))

    answers = done.json_lines
    assert [answer["id"] for answer in answers] == ["a", "b", "c"]
    for given, answer in zip(lines, answers, strict=True):
        assert all(given["text"][span["start"] : span["end"]] == span["text"] for span in answer["spans"])
    assert answers[1]["text"] == "<PERSON_1> called."
    assert answers[2] == {"id": "c", "text": "nothing to see", "spans": []}


def test_what_was_masked_is_put_back_and_what_nobody_knows_stays() -> None:
    question = {"id": "1", "answer": "Call <PERSON_1>, not <PERSON_2>.", "map": {"<PERSON_1>": "Ann Lee"}}
    done = run_command("restore", "--jsonl", stdin=json.dumps(question) + "\n")

    assert done.exit_code == 0
    assert done.json_lines == [{"id": "1", "text": "Call Ann Lee, not <PERSON_2>.", "unrestorable": ["<PERSON_2>"]}]


def test_a_line_that_is_no_json_ends_the_run_with_its_number_and_none_of_its_content() -> None:
    done = run_command("scrub", "--jsonl", stdin='{"id": "1", "text": "first"}\nMail ann@x.example\n')

    assert done.exit_code == 1
    assert [line["id"] for line in done.json_lines] == ["1"]
    assert "line 2" in done.stderr
    assert "ann@x.example" not in done.stderr
