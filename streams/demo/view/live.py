"""What one sees while the demo runs: a live panel on a terminal, a line now and then elsewhere, nothing with --json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from rich import box
from rich.console import Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from streams.demo.view.progress import DEAD_LETTER, INSIGHT, SKIPPED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console, RenderableType

    from schemas.insights import CrmInsight
    from streams.demo.view.progress import Progress, WorkerMetrics

_RECENT = 8
_PLAIN_EVERY_S = 2.0
_SENTIMENT_STYLES = {"Positive": "green", "Negative": "red", "Neutral": "yellow"}
_HIGH_RISK = 0.6


class View(Protocol):
    """Shows progress until its block ends."""

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(self, *exc: object) -> None:
        """End, whatever happened."""
        ...

    def show(self, progress: Progress) -> None:
        """Show how far it is; called several times a second."""
        ...


def view_for(console: Console, *, silent: bool) -> View:
    """The view that suits the output."""
    if silent:
        return SilentView()
    return TerminalView(console) if console.is_terminal else PlainView(console)


class SilentView:
    """Shows nothing."""

    def __enter__(self) -> Self:
        """Nothing to begin."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing to end."""

    def show(self, progress: Progress) -> None:
        """Show nothing."""


class PlainView:
    """Prints a line when something has changed, at most every two seconds: for files, pipes and CI logs."""

    def __init__(self, console: Console) -> None:
        """Print on `console`."""
        self._console = console
        self._printed_s = -_PLAIN_EVERY_S
        self._last = ""

    def __enter__(self) -> Self:
        """Nothing to begin."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing to end."""

    def show(self, progress: Progress) -> None:
        """Print the line if it is due and says something new."""
        line = plain_line(progress)
        if line != self._last and progress.elapsed_s - self._printed_s >= _PLAIN_EVERY_S:
            self._console.print(Text(f"{progress.elapsed_s:5.1f} s  {line}"), soft_wrap=True)
            self._printed_s, self._last = progress.elapsed_s, line


class TerminalView:
    """Redraws a panel in place."""

    def __init__(self, console: Console) -> None:
        """Draw on `console`."""
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        """Take over the cursor."""
        self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        """Give the cursor back; the panel goes, the results take its place."""
        self._live.stop()

    def show(self, progress: Progress) -> None:
        """Redraw."""
        self._live.update(panel(progress), refresh=True)


def plain_line(progress: Progress) -> str:
    """The state in one line without colours."""
    metrics = progress.metrics
    if not metrics.ended and not metrics.in_flight:
        return f"{progress.sent} of {progress.total} events sent, the worker is starting"
    parts = [
        f"{progress.sent} of {progress.total} events sent",
        f"{metrics.in_flight} in flight",
        f"{metrics.count(INSIGHT)} insights",
        f"{metrics.count(SKIPPED)} skipped{in_words(metrics.reasons(SKIPPED))}",
        f"{metrics.count(DEAD_LETTER)} dead letters{in_words(metrics.reasons(DEAD_LETTER))}",
        f"{metrics.tokens.total():,} tokens",
        cost_in_words(metrics),
    ]
    if metrics.paused:
        parts.append(f"paused: {', '.join(metrics.paused)}")
    return ", ".join(parts)


def panel(progress: Progress) -> RenderableType:
    """The state as a panel: counters above, the newest insights below."""
    metrics = progress.metrics
    counters = Table.grid(padding=(0, 3), expand=True)
    for _ in range(4):
        counters.add_column(justify="center", ratio=1)
    counters.add_row(
        _counter("events in", f"{progress.sent} of {progress.total}"),
        _counter("in flight", str(metrics.in_flight), "cyan"),
        _counter("insights", str(metrics.count(INSIGHT)), "green"),
        _counter("dead letters", str(metrics.count(DEAD_LETTER)), "red" if metrics.count(DEAD_LETTER) else "dim"),
    )
    counters.add_row(
        _counter("skipped", str(metrics.count(SKIPPED)), note=in_words(metrics.reasons(SKIPPED))),
        _counter("masked", str(metrics.redactions), note=" pieces of personal data"),
        _counter("tokens", f"{metrics.tokens.total():,}", note=_cached(metrics)),
        _counter("cost", cost_in_words(metrics)),
    )
    starting = not metrics.ended and not metrics.in_flight
    below = Text("The worker is starting …", style="dim") if starting else _recent(progress)
    state = Text(f"paused: {', '.join(metrics.paused)}", style="bold red") if metrics.paused else Text("")
    return Panel(
        Group(counters, Text(""), below, state),
        title="crm-insights demo",
        subtitle=f"{progress.elapsed_s:.0f} s",
        box=box.ROUNDED,
        padding=(1, 2),
    )


def insight_table(insights: list[CrmInsight], *, title: str | None = None) -> Table:
    """A table of insights, one line each."""
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", expand=True)
    table.add_column("tenant", no_wrap=True)
    table.add_column("record", no_wrap=True)
    table.add_column("mood", no_wrap=True)
    table.add_column("churn", justify="right", no_wrap=True)
    table.add_column("summary", ratio=1, no_wrap=True, overflow="ellipsis")
    for insight in insights:
        sentiment, risk = insight.overall_sentiment or "", insight.churn_risk_score
        table.add_row(
            Text(printable(insight.tenant)),
            Text(printable(f"{insight.entity} {insight.record_id}")),
            Text(printable(sentiment), style=_SENTIMENT_STYLES.get(sentiment, "")),
            Text("-" if risk is None else f"{risk:.2f}", style="red" if (risk or 0.0) >= _HIGH_RISK else ""),
            Text(printable(insight.executive_summary or "")),
        )
    return table


def printable(text: str) -> str:
    """Without control characters: what a customer wrote must not move the cursor of who looks at it."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def in_words(counts: Mapping[str, int]) -> str:
    """Reasons with their counts in brackets, or nothing."""
    return f" ({', '.join(f'{reason} {count}' for reason, count in counts.items())})" if counts else ""


def cost_in_words(metrics: WorkerMetrics) -> str:
    """What was spent, by currency."""
    return " + ".join(f"{amount:.4f} {currency}" for currency, amount in sorted(metrics.cost.items())) or "0.0000"


def _cached(metrics: WorkerMetrics) -> str:
    cached = metrics.tokens["cached_input"]
    return f" ({cached:,} cached)" if cached else ""


def _counter(name: str, value: str, style: str = "", note: str = "") -> Text:
    return Text.assemble((f"{name}  ", "dim"), (value, f"bold {style}".strip()), (note, "dim"))


def _recent(progress: Progress) -> Table:
    return insight_table(list(progress.insights)[-_RECENT:])
