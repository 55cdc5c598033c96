"""`scrub` and `restore` on the command line."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from streams.cli.scrub import restore, scrub

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

COMMANDS = {"scrub": scrub, "restore": restore}
RUN = "import sys; from streams.cli.scrub import {0}; {0}(sys.argv[1:])"


def run(command: str, *args: str, given: str | bytes) -> Result:
    return CliRunner().invoke(COMMANDS[command], list(args), input=given, catch_exceptions=False)


def test_a_line_of_json_gives_a_line_with_masked_text_and_spans() -> None:
    result = run("scrub", "--jsonl", given='{"id":"1","text":"Mail ann@x.example or +1 415 555 0123"}\n')
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "id": "1",
        "text": "Mail <EMAIL_1> or <PHONE_1>",
        "spans": [
            {"start": 5, "end": 18, "type": "EMAIL", "text": "ann@x.example", "placeholder": "<EMAIL_1>"},
            {"start": 22, "end": 37, "type": "PHONE", "text": "+1 415 555 0123", "placeholder": "<PHONE_1>"},
        ],
    }


@pytest.mark.parametrize(
    ("command", "rest"), [("scrub", '"text": "x"'), ("restore", '"answer": "x", "map": {}')], ids=["scrub", "restore"]
)
@pytest.mark.parametrize("number", ["1e400", "-1E-400", "-0", "1.10", "1E5", "12345678901234567890.5", "9" * 6000])
def test_an_id_that_is_a_number_comes_back_digit_for_digit(command: str, rest: str, number: str) -> None:
    result = run(command, "--jsonl", given=f'{{"id": {number}, {rest}}}\n')
    assert result.exit_code == 0
    assert result.stdout.startswith(f'{{"id": {number}, "text": "x", ')


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()))
def test_any_id_comes_back_in_json_that_others_can_read(identity: object) -> None:
    result = run("scrub", "--jsonl", given=json.dumps({"id": identity, "text": "x"}))
    answer = json.loads(result.stdout, parse_constant=pytest.fail)
    assert (answer["id"], type(answer["id"])) == (identity, type(identity))


def test_known_identifiers_of_a_line_are_masked_and_lines_keep_their_order() -> None:
    lines = [
        {"id": 7, "text": "😀 Ann said", "known": {"PERSON": ["Ann Lee"]}},
        {"id": None, "text": "Ann said", "known": None},
        {"id": "c", "text": "ann@x.example"},
    ]
    result = run("scrub", "--jsonl", given="\n\n".join(json.dumps(line) for line in lines))
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(answer["id"], answer["text"]) for answer in answers] == [
        (7, "😀 <PERSON_1> said"),
        (None, "<PERSON_1> said"),
        ("c", "<EMAIL_1>"),
    ]
    assert (answers[0]["spans"][0]["start"], answers[0]["spans"][0]["end"]) == (2, 5)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{oops", "line 2: not JSON (Expecting property name enclosed in double quotes at column 2)"),
        ("[1]", "line 2: not a JSON object"),
        ('{"id":"x"}', 'line 2: "text" is missing'),
        ('{"text":7}', 'line 2: "text" is not a string'),
        ('{"text":"a","known":{"PERSON":[7]}}', 'line 2: "known" is not an object of lists of strings'),
        ("[" * 100_000, "line 2: nested too deep"),
    ],
)
def test_a_wrong_line_ends_the_run_by_its_number_after_the_lines_before_it(line: str, complaint: str) -> None:
    result = run("scrub", "--jsonl", given='{"id":"1","text":"a"}\n' + line + "\n")
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 1
    assert complaint in result.stderr


def test_a_complaint_never_quotes_the_line() -> None:
    result = run("scrub", "--jsonl", given='{"text": ann@x.example}')
    assert "ann" not in result.stderr


def test_a_line_that_is_not_utf_8_is_named() -> None:
    result = run("scrub", "--jsonl", given=b'{"text":"\xff"}\n')
    assert result.exit_code == 1
    assert "line 1: not UTF-8" in result.stderr


def test_a_lone_surrogate_passes_through() -> None:
    result = run("scrub", "--jsonl", given='{"id":"1","text":"\\ud800 a@x.example"}')
    assert json.loads(result.stdout)["text"] == "\ud800 <EMAIL_1>"


@pytest.mark.parametrize("word", ["PERSON", "person", "Name", "first_name", "favourite colour"])
def test_a_known_identifier_is_masked_whatever_word_the_source_has_for_it(word: str) -> None:
    given = json.dumps({"id": 1, "text": "hello Zorkovski x", "known": {word: ["Zorkovski"]}})
    assert "Zorkovski" not in json.loads(run("scrub", "--jsonl", given=given).stdout)["text"]


@pytest.mark.parametrize("command", ["scrub", "restore"])
@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        pytest.param(b'{"id":[1],"text":"x"}', '"id" is neither a string nor a number', id="an id that is a list"),
        pytest.param(b'{"id":NaN,"text":"x"}', "NaN and Infinity are no numbers", id="NaN"),
        pytest.param(b"\0{}", "not JSON", id="a zero byte in front"),
        pytest.param(b"\xff\xfe{\0", "not UTF-8", id="UTF-16"),
    ],
)
def test_what_only_looks_like_json_is_named_by_its_line(command: str, line: bytes, complaint: str) -> None:
    result = run(command, "--jsonl", given=line + b"\n")
    assert result.exit_code == 1
    assert "line 1: " in result.stderr
    assert complaint in result.stderr
    assert "unexpected" not in result.stderr


def test_a_map_file_of_another_form_is_named_as_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "map.json").write_text('["x"]')
    result = run("restore", "--map", str(tmp_path / "map.json"), given="<PERSON_1>")
    assert result.exit_code == 1
    assert "map.json: not a JSON object of strings" in result.stderr


def test_plain_text_that_is_piped_is_masked_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "ticket.txt"
    file.write_text("Ann: ann@x.example\n")
    assert run("scrub", str(file), "--known", "PERSON=Ann Lee", given="").stdout == "<PERSON_1>: <EMAIL_1>\n"


@pytest.mark.parametrize(
    "arguments", [["--known", "PERSONN=Ann"], ["--known", "PERSON="], ["--jsonl", "--known", "PERSON=A"]]
)
def test_a_wrong_option_is_a_wrong_use(arguments: list[str]) -> None:
    assert run("scrub", *arguments, given="").exit_code == 2


def test_restore_gives_text_and_what_could_not_be_restored() -> None:
    line = {"id": "1", "answer": "Ask <person_1> or <PERSON_9>.", "map": {"<PERSON_1>": "Ann"}}
    result = run("restore", "--jsonl", given=json.dumps(line))
    assert json.loads(result.stdout) == {"id": "1", "text": "Ask Ann or <PERSON_9>.", "unrestorable": ["<PERSON_9>"]}


def test_restore_escapes_values_in_json() -> None:
    line = {"id": "1", "answer": '{"n":"<PERSON_1>"}', "map": {"<PERSON_1>": 'A "B"'}, "format": "json"}
    result = run("restore", "--jsonl", given=json.dumps(line))
    assert json.loads(json.loads(result.stdout)["text"]) == {"n": 'A "B"'}


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('{"answer":"x"}', '"map" is missing or not an object of strings'),
        ('{"answer":"x","map":{"<PERSON_1>":7}}', '"map" is missing or not an object of strings'),
        ('{"map":{}}', '"answer" is missing'),
        ('{"answer":"x","map":{},"format":"xml"}', '"format" is neither'),
    ],
)
def test_restore_names_what_is_wrong_with_a_line(line: str, complaint: str) -> None:
    result = run("restore", "--jsonl", given=line)
    assert result.exit_code == 1
    assert f"line 1: {complaint}" in result.stderr


def test_restore_for_people_takes_the_map_from_a_file(tmp_path: Path) -> None:
    vault = tmp_path / "vault.json"
    vault.write_text('{"<PERSON_1>": "Ann"}')
    result = run("restore", "--map", str(vault), given="Ask PERSON_1, <PERSON_2>")
    assert result.stdout == "Ask Ann, <PERSON_2>"
    assert "Not restored: <PERSON_2>" in result.stderr
    assert run("restore", given="x").exit_code == 2
    vault.write_text("{oops")
    assert run("restore", "--map", str(vault), given="x").exit_code == 1
    vault.write_text("[]")
    assert run("restore", "--map", str(vault), given="x").exit_code == 1


def test_each_answer_is_written_before_the_next_question() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RUN.format("scrub"), "--jsonl"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(3):
            process.stdin.write(b'{"id":%d,"text":"a@x.example"}\n' % number)
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.wait(20) == 0


def test_the_summary_stands_beside_the_text_and_not_in_it() -> None:
    result = run("scrub", given="ann@x.example, bob@x.example, ANN@x.example, +1 415 555 0123\n")
    assert result.stdout == "<EMAIL_1>, <EMAIL_2>, <EMAIL_1>, <PHONE_1>\n"
    rows = [re.findall(r"[A-Z_]+|\d+", line) for line in result.stderr.splitlines() if re.search(r"\d", line)]
    assert rows == [["EMAIL", "3", "2"], ["PHONE", "1", "1"]]


def test_a_text_without_personal_data_is_summed_up_too() -> None:
    result = run("scrub", given="All is well.")
    assert result.stdout == "All is well."
    assert "nothing" in result.stderr


def test_there_is_no_colour_where_there_is_no_terminal() -> None:
    result = run("scrub", given="ann@x.example")
    assert "\x1b" not in result.stdout + result.stderr


def shown_on_a_terminal(file: Path, **environment: str) -> str:
    master, terminal = pty.openpty()
    given = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"} | environment
    subprocess.run(
        [sys.executable, "-c", RUN.format("scrub"), str(file)],
        stdout=terminal,
        stderr=terminal,
        env=given,
        check=True,
        timeout=60,
    )
    os.close(terminal)
    shown = os.read(master, 65536).decode()
    os.close(master)
    return shown


def test_on_a_terminal_placeholders_are_coloured_and_summed_up(tmp_path: Path) -> None:
    file = tmp_path / "ticket.txt"
    file.write_text("Mail ann@x.example [not markup]\n")
    shown = shown_on_a_terminal(file)
    assert "\x1b[1;32m<EMAIL_1>\x1b[0m" in shown
    assert "[not markup]" in shown
    assert "Masked" in shown
    assert "ann@x.example" not in shown


def test_who_wants_no_colours_gets_none(tmp_path: Path) -> None:
    file = tmp_path / "ticket.txt"
    file.write_text("Mail ann@x.example\n")
    assert "\x1b[1;32m" not in shown_on_a_terminal(file, NO_COLOR="1")


def test_a_text_cannot_steer_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "ticket.txt"
    file.write_text("\x1b]0;owned\x07\x1b[2J\x9b2J done\n")
    shown = shown_on_a_terminal(file)
    assert "\ufffd]0;owned\ufffd\ufffd[2J\ufffd2J done" in shown


def test_nothing_is_read_ahead_of_a_reader_that_does_not_read() -> None:
    """What is not answered yet must wait in the writer's hands: a pipe of a million tickets is no million in memory."""
    line = json.dumps({"id": 1, "text": "x" * 2_000}).encode() + b"\n"
    with subprocess.Popen(
        [sys.executable, "-c", RUN.format("scrub"), "--jsonl"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line)
        process.stdin.flush()
        os.read(process.stdout.fileno(), 10)  # it runs, and answers
        taken = _written_until_it_stalls(process.stdin.fileno(), line)
        process.kill()
    # Both pipes (64 KB each), the buffers of both ends, and the line in hand.
    assert taken < 400_000


def _written_until_it_stalls(descriptor: int, line: bytes) -> int:
    os.set_blocking(descriptor, False)
    taken = stalls = 0
    while stalls < 20 and taken < 5_000_000:
        try:
            taken += os.write(descriptor, line)
            stalls = 0
        except BlockingIOError:
            stalls += 1
            time.sleep(0.05)
    return taken


def test_importing_the_commands_imports_nothing_heavy() -> None:
    code = (
        "import sys, streams.cli.scrub;"
        "print([name for name in ('re2', 'phonenumbers', 'rich', 'processors.pii') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
