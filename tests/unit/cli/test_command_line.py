"""The command line as a whole: what it imports, how it ends, what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import click
import pytest

from schemas.errors import CrmInsightsError
from streams import cli
from streams.cli import COMMANDS, main

if TYPE_CHECKING:
    from collections.abc import Callable

HEAVY = ("aiohttp", "aiokafka", "confluent_kafka", "faust", "genai_prices", "openai", "pydantic", "rich", "structlog")


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("CRM_INSIGHTS_"):
            monkeypatch.delenv(name)


@pytest.fixture
def failing_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Make the `config` command raise what the test says."""

    def arrange(error: BaseException) -> None:
        @click.command()
        def fails() -> None:
            customer_text = "Ann Example"  # a local variable of the failing frame
            assert customer_text
            raise error

        monkeypatch.setattr(cli.LazyGroup, "get_command", lambda *_: fails)

    return arrange


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, json\nfrom streams.cli import main\ncode = main(['--help'])\n"
        "print(json.dumps([code, sorted({name.partition('.')[0] for name in sys.modules})]), file=sys.stderr)"
    )
    done = run_python(code)
    exit_code, modules = json.loads(done.stderr)
    assert exit_code == 0
    assert not set(HEAVY) & set(modules)


def test_help_is_there_within_half_a_second() -> None:
    def seconds() -> float:
        before = os.times()
        subprocess.run([sys.executable, "-m", "streams.cli", "--help"], capture_output=True, timeout=60, check=True)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    # CPU time, and the best of three: the machine is shared, the limit is on the program.
    assert min(seconds() for _ in range(3)) <= 0.5


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    for name, (_, line) in COMMANDS.items():
        assert name in out
        assert line.split(";", maxsplit=1)[0].rstrip(".") in " ".join(out.split())


def test_version_names_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("crm-insights ")


def test_without_a_command_it_shows_the_help_and_was_used_wrongly(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "Commands:" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["topic"], ["config", "chek"], ["config", "show", "--jsn"], ["--no-such"]])
def test_what_does_not_exist_is_used_wrongly(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "Error:" in capsys.readouterr().err


def test_a_misspelt_command_comes_with_the_right_one(capsys: pytest.CaptureFixture[str]) -> None:
    main(["topic"])
    assert "Did you mean 'topics'?" in capsys.readouterr().err


def test_mistakes_in_the_settings_come_all_at_once_with_exit_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CRM_INSIGHTS_LLM__MODLE", "x")
    assert main(["topics", "check"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "crm-insights: 2 settings are wrong:\n"
        "  CRM_INSIGHTS_LLM__MODLE is no setting. Did you mean CRM_INSIGHTS_LLM__MODEL?\n"
        "  CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS is missing. Set it to the brokers, such as "
        "kafka-1:9092,kafka-2:9092.\n"
    )


def test_an_error_of_ours_is_its_message_with_exit_1(
    failing_with: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    failing_with(CrmInsightsError("the broker said no"))
    assert main(["config"]) == 1
    assert capsys.readouterr().err == "crm-insights: the broker said no\n"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interruption_is_130(failing_with: Callable[[BaseException], None], error: BaseException) -> None:
    failing_with(error)
    assert main(["config"]) == 130


def test_an_unexpected_error_shows_frames_and_nothing_that_a_customer_wrote(
    failing_with: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    failing_with(ValueError("Ann Example owes 42"))
    assert main(["config"]) == 1
    err = capsys.readouterr().err
    assert "ValueError" in err
    assert "in fails" in err
    assert "Ann" not in err


def test_a_closed_pipe_ends_quietly() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "streams.cli", "config", "show"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


def json_of(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_config_check_says_yes(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS", "kafka:9092")
    assert main(["config", "check", "--for", "topics"]) == 0
    assert capsys.readouterr().out == "The settings are right for `topics`.\n"


def test_config_check_lists_the_mistakes_as_json_with_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check", "--for", "dlq", "--json"]) == 2
    (mistake,) = json_of(capsys)["mistakes"]
    assert mistake["name"] == "CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"
    assert mistake["remedy"]


def test_config_show_masks_secrets(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_INSIGHTS_LLM__API_KEY", "hush-42")
    assert main(["config", "show", "--json"]) == 0
    shown = json_of(capsys)
    assert shown["CRM_INSIGHTS_LLM__API_KEY"] == {"value": "********", "from": "environment"}
    assert shown["CRM_INSIGHTS_WEB__PORT"] == {"value": 6066, "from": "default"}
    assert main(["config", "show"]) == 0
    assert "hush" not in capsys.readouterr().out


def test_an_unreachable_broker_is_one_line_that_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("streams.topics.admin.CONNECT_TIMEOUT_S", 1.0)
    monkeypatch.setenv("CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS", "127.0.0.1:1")
    assert main(["topics", "check"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("crm-insights: no Kafka broker could be reached at 127.0.0.1:1: ")
    assert "Connection refused" in err
    assert "CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS" in err
    assert err.count("\n") == 1
