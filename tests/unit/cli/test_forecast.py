"""`forecast`: what events will cost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.llm.forecast import Traffic, forecast
from processors.llm.prices import PriceBook
from streams.cli import main

if TYPE_CHECKING:
    from pathlib import Path


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["forecast", *arguments, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def an_event(number: int, **changes: str) -> dict[str, Any]:
    event = {
        "event_id": f"e{number}",
        "source": "desk",
        "entity": "Ticket",
        "record_id": str(number),
        "occurred_at": "2026-11-24T00:00:00Z",
        "text": "The export is stuck.",
    }
    headers = {"content-type": "application/json"}
    return {"topic": "crm.webhooks", "headers": headers, "value": event | changes}


def a_sample(path: Path, *records: dict[str, Any]) -> str:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), "utf-8")
    return str(path)


def test_ten_thousand_interactions_a_day_on_a_small_model_cost_what_the_planning_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["--events-per-day", "10000", "--input-tokens", "1500", "--output-tokens", "200"]
    assert main(["forecast", *arguments, "--model", "gpt-5-mini"]) == 0
    out = capsys.readouterr().out
    assert "list prices in EUR" in out
    assert ["a", "day", "3.64"] in [line.split() for line in out.splitlines()]


def test_cached_input_costs_what_the_price_list_says_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--events-per-day", "1", "--input-tokens", "1000000", "--output-tokens", "0", "--model", "gpt-5-mini"]
    assert told(capsys, *arguments)["forecast"]["per_day"] == pytest.approx(0.12)
    assert told(capsys, *arguments, "--cached-input-tokens", "1000000")["forecast"]["per_day"] == pytest.approx(0.06)


def test_the_batch_api_costs_half(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--events-per-day", "10000", "--input-tokens", "1500", "--output-tokens", "200"]
    assert main(["forecast", *arguments, "--model", "gpt-5-mini", "--batch"]) == 0
    out = capsys.readouterr().out
    assert "Batch API prices in EUR" in out
    assert ["a", "day", "1.82"] in [line.split() for line in out.splitlines()]


def test_the_exchange_rate_is_told_with_the_cost(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_INSIGHTS_PRICES__CURRENCY", "CHF")
    monkeypatch.setenv("CRM_INSIGHTS_PRICES__EXCHANGE_RATES", '{"EUR": 0.5}')
    arguments = ["--events-per-day", "10000", "--input-tokens", "1500", "--output-tokens", "200"]
    assert main(["forecast", *arguments, "--model", "gpt-5-mini"]) == 0
    out = capsys.readouterr().out
    assert "list prices in CHF (1 EUR = 0.5 CHF)" in out
    assert ["a", "day", "1.82"] in [line.split() for line in out.splitlines()]


def test_a_sample_tells_how_long_prompts_are_and_how_many_events_are_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sample = a_sample(tmp_path / "s.jsonl", an_event(1), an_event(2), an_event(2), an_event(3, text=" "))
    found = told(capsys, "--events-per-day", "1000", "--sample", sample)
    assert (found["sample"]["events"], found["sample"]["calls"]) == (4, 2)
    assert found["traffic"]["calls_per_event"] == 0.5
    # Instructions and schema of the one kind, and a short text.
    assert 600 < found["traffic"]["input_tokens"] < 1_500
    assert found["forecast"]["per_event"] == pytest.approx(found["forecast"]["per_call"] / 2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Give one of --input-tokens, --sample and --topic"),
        (["--input-tokens", "10", "--topic", "crm.events"], "Give one of"),
        (["--input-tokens", "10", "--cached-input-tokens", "11"], "cannot be more"),
    ],
)
def test_a_wrong_use_says_what_is_wanted(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forecast", "--events-per-day", "1", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_model_without_a_price_is_named_with_those_that_are_like_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forecast", "--events-per-day", "1", "--input-tokens", "10", "--model", "gpt-5-mnii"]) == 1
    err = capsys.readouterr().err
    assert "gpt-5-mnii has no price" in err
    assert "gpt-5-mini" in err


def test_a_sample_of_which_nothing_is_read_is_no_forecast_of_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sample = a_sample(tmp_path / "s.jsonl", an_event(1, text=" "))
    assert main(["forecast", "--events-per-day", "1", "--sample", sample]) == 1
    assert "none of the 1 events" in capsys.readouterr().err


def test_a_line_that_is_no_json_is_named_and_not_quoted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    path.write_text("ann@x.example\n", "utf-8")
    assert main(["forecast", "--events-per-day", "1", "--sample", str(path)]) == 1
    err = capsys.readouterr().err
    assert "line 1" in err
    assert "ann@x.example" not in err


@given(
    events=st.floats(0, 1e9),
    input_tokens=st.integers(0, 10**6),
    output_tokens=st.integers(0, 10**5),
    calls=st.floats(0, 2),
)
def test_a_day_is_its_events_and_a_month_its_days(
    events: float, input_tokens: int, output_tokens: int, calls: float
) -> None:
    found = forecast(PriceBook(), "gpt-5", Traffic(events, input_tokens, output_tokens, calls_per_event=calls))
    assert found.per_event == pytest.approx(found.per_call * calls)
    assert found.per_day == pytest.approx(found.per_event * events)
    assert found.per_month / 30.4375 == pytest.approx(found.per_day)
