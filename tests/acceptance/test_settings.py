"""What somebody sees who has made mistakes in the settings: one readable error with all of them, exit 2."""

from __future__ import annotations

import pytest

from tests.support.processes import Finished, run_command

RIGHT = {
    "CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:9",
    "CRM_INSIGHTS_SCHEMA_REGISTRY__URL": "http://127.0.0.1:9",
    "CRM_INSIGHTS_LLM__API_KEY": "sk-a-secret-key",
    "CRM_INSIGHTS_PRIVACY__SALT": "a-salt-of-sixteen-letters",
}


def run(*arguments: str, without: tuple[str, ...] = (), **changed: str) -> Finished:
    settings = {name: value for name, value in RIGHT.items() if name.removeprefix("CRM_INSIGHTS_") not in without}
    return run_command(
        *arguments, settings=settings | {f"CRM_INSIGHTS_{name}": value for name, value in changed.items()}
    )


def refused(done: Finished) -> list[str]:
    """The mistakes that were named; everything else about the ending must be right."""
    assert done.exit_code == 2
    assert done.stdout == ""
    head, *mistakes = done.stderr.splitlines()
    count = f"{len(mistakes)} settings are" if len(mistakes) > 1 else "1 setting is"
    assert head == f"crm-insights: {count} wrong:"
    assert "Traceback" not in done.stderr
    assert "sk-a-secret-key" not in done.stderr
    return [mistake.strip() for mistake in mistakes]


def test_a_misspelt_variable_is_named_with_the_one_that_was_meant() -> None:
    (mistake,) = refused(run("worker", LLM__MODLE="gpt-5-mini"))
    assert mistake.startswith("CRM_INSIGHTS_LLM__MODLE ")
    assert "CRM_INSIGHTS_LLM__MODEL" in mistake


def test_a_missing_key_is_named_with_what_to_do() -> None:
    (mistake,) = refused(run("worker", without=("LLM__API_KEY",)))
    assert mistake.startswith("CRM_INSIGHTS_LLM__API_KEY is missing. Set it to ")


def test_an_unknown_model_is_named_with_the_remedy() -> None:
    (mistake,) = refused(run("worker", LLM__MODEL="gpt-5-mnii"))
    assert mistake.startswith("CRM_INSIGHTS_LLM__MODEL is 'gpt-5-mnii'")
    assert "gpt-5-mini" in mistake
    assert "[models]" in mistake


def test_all_mistakes_are_told_at_once() -> None:
    mistakes = refused(run("worker", without=("PRIVACY__SALT",), LLM__MODEL="gpt-5-mnii", KAFKA__GROUPID="x"))
    assert sorted(mistake.split()[0] for mistake in mistakes) == [
        "CRM_INSIGHTS_KAFKA__GROUPID",
        "CRM_INSIGHTS_LLM__MODEL",
        "CRM_INSIGHTS_PRIVACY__SALT",
    ]


@pytest.mark.parametrize("value", ["now", "yesterday", "2026-13-01T00:00:00Z"])
def test_a_value_of_the_wrong_form_is_shown_with_what_it_must_be(value: str) -> None:
    (mistake,) = refused(run("worker", KAFKA__START_FROM=value))
    assert mistake.startswith(f"CRM_INSIGHTS_KAFKA__START_FROM is '{value}'; it must ")


def test_a_command_asks_for_no_setting_that_it_does_not_use() -> None:
    needed = run_command("topics", "check")
    assert [mistake.split()[0] for mistake in refused(needed)] == ["CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"]
    assert run_command("scrub", "--jsonl", stdin='{"id": "1", "text": "nothing"}\n').exit_code == 0
