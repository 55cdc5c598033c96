"""What people see of a demo, and the verdict on it."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import CollectorRegistry
from rich.console import Console

from schemas.codec import EventWriter
from schemas.insights import CrmInsight
from streams.demo.llm_simulator import Exchange
from streams.demo.report import DemoReport, problems_of
from streams.demo.sample_events import Sample, samples
from streams.demo.stage import DemoOptions, ModelProvider, Stage
from streams.demo.view.journey import JourneyTap, journey_of, render
from streams.demo.view.live import PlainView, SilentView, TerminalView, insight_table, panel, view_for
from streams.demo.view.progress import Progress, WorkerMetrics
from streams.observability.metrics import Metrics

if TYPE_CHECKING:
    from pathlib import Path


def an_insight(event_id: str = "1", **changed: Any) -> CrmInsight:
    fields: dict[str, Any] = {
        "event_id": event_id,
        "tenant": "helio-energy",
        "source": "helpdesk",
        "entity": "Ticket",
        "record_id": event_id,
        "operation": "CREATE",
        "occurred_at": 0,
        "enriched_at": 0,
        "content_fingerprint": "f",
        "kind": "interaction_summary",
        "executive_summary": "[simulated] Grace writes. All is well.",
        "overall_sentiment": "Positive",
        "answer_json": "{}",
        "model": "m",
        "provider": "openai",
        "prompt_version": "1",
    }
    return CrmInsight(**(fields | changed))


def worker_metrics() -> WorkerMetrics:
    """Metrics of a worker, by way of the text that it serves."""
    metrics = Metrics(CollectorRegistry())
    for outcome, reason, count in (("insight", "", 3), ("skipped", "duplicate", 2), ("dead_letter", "undecodable", 1)):
        for entity in ("Ticket", "Call"):
            metrics.events_total.labels(source="s", entity=entity, outcome=outcome, reason=reason).inc(count)
    for tenant in ("a", "b"):
        spender = {"model": "m", "tenant": tenant, "department": None, "kind": "k"}
        metrics.llm_tokens_total.labels(**spender, direction="input").inc(1_000)
        metrics.llm_tokens_total.labels(**spender, direction="cached_input").inc(200)
        metrics.llm_cost_total.labels(**spender, currency="USD").inc(0.25)
    metrics.in_flight.set(4)
    metrics.paused.labels(reason="provider").set(1)
    metrics.paused.labels(reason="registry").set(0)
    metrics.redactions_total.labels(type="EMAIL").inc(7)
    return WorkerMetrics.parse(metrics.render().decode())


def plain(renderable: Any, width: int = 160) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(renderable)
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


def test_the_workers_own_metrics_are_read_summed_over_the_labels_that_are_not_shown() -> None:
    metrics = worker_metrics()
    assert metrics.endings == {("insight", ""): 6, ("skipped", "duplicate"): 4, ("dead_letter", "undecodable"): 2}
    assert metrics.ended == 12
    assert metrics.reasons("skipped") == {"duplicate": 4}
    assert metrics.tokens == {"input": 2_000, "cached_input": 400}
    assert metrics.cost == {"USD": 0.5}
    assert (metrics.in_flight, metrics.redactions, metrics.paused) == (4, 7, ("provider",))


def test_metrics_of_others_and_an_empty_page_are_passed_over() -> None:
    assert WorkerMetrics.parse("") == WorkerMetrics()
    assert WorkerMetrics.parse("# TYPE python_info gauge\npython_info 1.0\n") == WorkerMetrics()


def test_the_panel_shows_every_counter_and_the_newest_insights() -> None:
    progress = Progress(total=61, sent=30, metrics=worker_metrics())
    for number in range(12):
        progress.add_insight(an_insight(f"T-{number}"), 1.0)
    shown = plain(panel(progress))
    for words in ("30 of 61", "duplicate 4", "0.5000 USD", "2,400", "400 cached", "paused: provider", "T-11"):
        assert words in shown
    assert "T-0 " not in shown


def test_an_insight_cannot_move_the_cursor() -> None:
    shown = plain(insight_table([an_insight(executive_summary="\x1b[2Jgone\x07", tenant="[bold]x")]))
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "[bold]x" in shown


def test_lines_come_at_most_every_two_seconds_and_only_with_news() -> None:
    console = Console(file=io.StringIO(), width=200, color_system=None)
    progress = Progress(total=61, sent=1, metrics=worker_metrics())
    with PlainView(console) as view:
        for elapsed_s, sent in ((0.0, 1), (1.0, 2), (2.5, 3), (5.0, 3)):
            progress.elapsed_s, progress.sent = elapsed_s, sent
            view.show(progress)
    output = console.file
    assert isinstance(output, io.StringIO)
    assert [line.split()[2] for line in output.getvalue().splitlines()] == ["1", "3"]
    assert "\x1b" not in output.getvalue()


def test_the_view_suits_the_output() -> None:
    terminal, file = Console(file=io.StringIO(), force_terminal=True), Console(file=io.StringIO())
    assert isinstance(view_for(terminal, silent=False), TerminalView)
    assert isinstance(view_for(file, silent=False), PlainView)
    assert isinstance(view_for(terminal, silent=True), SilentView)


def test_a_live_view_draws_and_leaves_the_screen_to_the_results() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    with view_for(console, silent=False) as view:
        view.show(Progress(total=3, metrics=worker_metrics()))
    output = console.file
    assert isinstance(output, io.StringIO)
    assert "crm-insights demo" in output.getvalue()


@pytest.fixture(scope="module")
def all_samples() -> tuple[Sample, ...]:
    return samples(EventWriter(1).write)


def a_perfect_run(sent: tuple[Sample, ...]) -> Progress:
    endings: Counter[tuple[str, str]] = Counter()
    progress = Progress(total=len(sent), sent=len(sent))
    for sample in sent:
        if sample.ending is None:
            endings["insight", ""] += 1
            progress.add_insight(an_insight(sample.label), 1.0)
        elif sample.ending == "undecodable":
            endings["dead_letter", "undecodable"] += 1
            progress.dead_letters += 1
        else:
            endings["skipped", sample.ending.value] += 1
    progress.metrics = WorkerMetrics(endings=endings)
    return progress


def test_a_perfect_run_has_no_problems(all_samples: tuple[Sample, ...]) -> None:
    progress = a_perfect_run(all_samples)
    assert progress.settled
    assert problems_of(progress, all_samples) == ()


def test_a_second_insight_of_an_event_is_a_problem(all_samples: tuple[Sample, ...]) -> None:
    progress = a_perfect_run(all_samples)
    progress.add_insight(an_insight("helpdesk:48211:1"), 2.0)
    assert problems_of(progress, all_samples) == ("event helpdesk:48211:1 has 2 insights",)


def test_a_lost_event_is_a_problem(all_samples: tuple[Sample, ...]) -> None:
    progress = a_perfect_run(all_samples)
    progress.insights.pop()
    progress.metrics.endings["insight", ""] -= 1
    assert problems_of(progress, all_samples) == (
        "52 events ended as insight, 53 were expected",
        "52 events have an insight on the topic, 53 were expected",
    )


def test_an_ending_that_nobody_expected_is_a_problem(all_samples: tuple[Sample, ...]) -> None:
    progress = a_perfect_run(all_samples)
    progress.metrics.endings["dead_letter", "internal_error"] += 1
    progress.dead_letters += 1
    problems = problems_of(progress, all_samples)
    assert "1 events ended as dead_letter internal_error, 0 were expected" in problems
    assert "2 records are on the dead letters' topic, 1 were expected" in problems


def test_nothing_is_settled_before_the_topics_show_what_the_metrics_say(all_samples: tuple[Sample, ...]) -> None:
    progress = a_perfect_run(all_samples)
    progress.insights.pop()
    assert not progress.settled


def test_a_tap_keeps_the_one_call_it_was_made_for() -> None:
    tap = JourneyTap("on the 3rd")
    for text in ("charged on the 3rd", "another event"):
        tap(Exchange(text, "{}"))
    assert tap.exchange == Exchange("charged on the 3rd", "{}")


@pytest.mark.parametrize("width", [400, 80])
def test_a_journey_shows_its_four_stations_in_order(all_samples: tuple[Sample, ...], width: int) -> None:
    event = next(sample.event for sample in all_samples if sample.event is not None)
    exchange = Exchange("Hello, my name is <PERSON_1>", json.dumps({"executive_summary": "<PERSON_1> writes."}))
    journey = journey_of(event, exchange, an_insight(executive_summary="Grace Okonkwo writes."))
    shown = plain(render(journey, width=width), width)
    titles = ["What the CRM said", "What left the house", "What came back", "What was published"]
    positions = [shown.index(title) for title in titles]
    assert positions == sorted(positions)
    for words in ("Grace Okonkwo", "my name is <PERSON_1>", "<PERSON_1> writes.", "Grace Okonkwo writes."):
        assert words in shown


def test_with_a_real_provider_the_journey_shows_what_the_workers_own_code_sends(
    all_samples: tuple[Sample, ...], tmp_path: Path
) -> None:
    event = next(sample.event for sample in all_samples if sample.event is not None)
    stage = Stage(DemoOptions(provider=ModelProvider.OPENAI, api_key="k"), tmp_path)
    exchange = stage.exchange(event, an_insight(answer_json='{"x": 1}'))
    assert exchange is not None
    assert "<PERSON_1>" in exchange.user_message
    assert "Grace" not in exchange.user_message
    assert exchange.answer == '{"x": 1}'


def test_the_report_is_one_json_object(all_samples: tuple[Sample, ...], tmp_path: Path) -> None:
    progress = a_perfect_run(all_samples)
    report = DemoReport(
        events=len(all_samples),
        metrics=progress.metrics,
        insights=tuple(progress.insights),
        first_insight_s=6.04,
        elapsed_s=14.0,
        journey=None,
        problems=(),
        worker_log=tmp_path / "worker.log",
    )
    shown = json.loads(json.dumps(report.as_dict()))
    assert shown["ok"] is True
    assert shown["counts"]["skipped"] == {"duplicate": 5, "unchanged": 1, "no_kind": 1}
    assert (len(shown["insights"]), shown["first_insight_s"]) == (53, 6.0)
    assert "53 insights" in plain_report(report)
    failed = replace(report, problems=("an event was lost",))
    assert not failed.ok
    assert "an event was lost" in plain_report(failed)
    assert "worker.log" in plain_report(failed)


def plain_report(report: DemoReport) -> str:
    console = Console(file=io.StringIO(), width=160, color_system=None)
    report.show(console)
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()
