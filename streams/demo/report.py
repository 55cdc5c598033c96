"""The verdict on a demo: whether everything that should happen did, as data and as text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from rich.text import Text

from schemas.outcomes import DeadLetterReason, SkipReason
from streams.demo.view.journey import render
from streams.demo.view.live import cost_in_words, in_words, insight_table
from streams.demo.view.progress import DEAD_LETTER, INSIGHT, SKIPPED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from schemas.insights import CrmInsight
    from streams.demo.sample_events import Sample
    from streams.demo.view.journey import Journey
    from streams.demo.view.progress import Ending, Progress, WorkerMetrics


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoReport:
    """What a demo came to. `problems` says what did not go as it should; empty is success. Times are in seconds."""

    events: int
    metrics: WorkerMetrics
    insights: tuple[CrmInsight, ...]
    first_insight_s: float | None
    elapsed_s: float
    journey: Journey | None
    problems: tuple[str, ...]
    worker_log: Path
    urls: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether everything went as it should."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """The object of --json."""
        metrics = self.metrics
        return {
            "ok": self.ok,
            "problems": list(self.problems),
            "counts": {
                "events": self.events,
                "insights": len(self.insights),
                "skipped": metrics.reasons(SKIPPED),
                "dead_letters": metrics.reasons(DEAD_LETTER),
                "llm_calls": dict(metrics.calls),
                "redactions": metrics.redactions,
            },
            "tokens": dict(metrics.tokens),
            "cost": metrics.cost,
            "first_insight_s": _rounded(self.first_insight_s),
            "elapsed_s": _rounded(self.elapsed_s),
            "insights": [msgspec.to_builtins(insight) for insight in self.insights],
            "journey": None if self.journey is None else self.journey.as_dict(),
            "urls": self.urls,
            # It is removed after a success.
            "worker_log": None if self.ok else str(self.worker_log),
        }

    def show(self, console: Console) -> None:
        """Print the insights, one event's way and the sums."""
        console.print(insight_table(list(self.insights), title="Insights"))
        if self.journey is not None:
            console.print(render(self.journey, width=console.width))
        metrics = self.metrics
        line = (
            f"{self.events} events: {len(self.insights)} insights, {metrics.count(SKIPPED)} skipped"
            f"{in_words(metrics.reasons(SKIPPED))}, {metrics.count(DEAD_LETTER)} dead letters"
            f"{in_words(metrics.reasons(DEAD_LETTER))}; {metrics.redactions} pieces of personal data masked; "
            f"{metrics.tokens.total():,} tokens for {cost_in_words(metrics)}; "
            f"first insight after {_rounded(self.first_insight_s)} s, all after {_rounded(self.elapsed_s)} s."
        )
        for remark in self._remarks():
            console.print(Text(remark, style="dim"), soft_wrap=True)
        console.print(Text(line), soft_wrap=True)
        for problem in self.problems:
            console.print(Text(f"Not as it should be: {problem}", style="bold red"), soft_wrap=True)
        if self.problems:
            console.print(Text(f"The worker's log: {self.worker_log}"), soft_wrap=True)

    def _remarks(self) -> list[str]:
        """What the table does not show: prompts that were cut, and texts that tried to give orders."""
        remarks = [
            f"{insight.event_id} was too long: {insight.dropped_tokens:,} tokens of its oldest messages were left out."
            for insight in self.insights
            if insight.truncated
        ]
        remarks += [
            f"{insight.event_id} looks like a prompt injection: read as usual, and marked."
            for insight in self.insights
            if insight.injection_suspected
        ]
        return remarks


def problems_of(progress: Progress, sent: Sequence[Sample]) -> tuple[str, ...]:
    """Compare what happened with what had to happen, record by record; one sentence for each difference."""
    expected = Counter(_ending(sample) for sample in sent)
    found: list[str] = []
    for ending in sorted(expected.keys() | progress.metrics.endings.keys()):
        wanted, got = expected[ending], progress.metrics.endings[ending]
        if wanted != got:
            found.append(f"{got} events ended as {' '.join(ending).strip()}, {wanted} were expected")
    per_event = Counter(insight.event_id for insight in progress.insights)
    found += [f"event {event_id} has {count} insights" for event_id, count in per_event.items() if count > 1]
    if len(per_event) != expected[INSIGHT, ""]:
        found.append(f"{len(per_event)} events have an insight on the topic, {expected[INSIGHT, '']} were expected")
    wanted_letters = sum(count for (outcome, _), count in expected.items() if outcome == DEAD_LETTER)
    if progress.dead_letters != wanted_letters:
        found.append(f"{progress.dead_letters} records are on the dead letters' topic, {wanted_letters} were expected")
    return tuple(found)


def _ending(sample: Sample) -> Ending:
    match sample.ending:
        case SkipReason():
            return SKIPPED, sample.ending.value
        case DeadLetterReason():
            return DEAD_LETTER, sample.ending.value
        case _:
            return INSIGHT, ""


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
