"""The demo from its start to its end."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click
from rich.console import Console
from rich.text import Text

from schemas.codec import EventWriter, InsightReader
from streams.demo.report import DemoReport, problems_of
from streams.demo.sample_events import JOURNEY_EVENT_ID, samples
from streams.demo.sending import send
from streams.demo.stage import TOPICS, DemoOptions, Stage
from streams.demo.view.journey import journey_of
from streams.demo.view.live import view_for
from streams.demo.view.progress import Progress
from streams.demo.view.watch import Watch
from streams.errors import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from streams.demo.sample_events import Sample
    from streams.demo.view.journey import Journey
    from streams.demo.view.live import View

# Looks after all has ended: an insight too many would come now.
_LAST_LOOKS = 3
_PLAIN_WIDTH = 120


class DemoFailed(CommandFailed):
    """The demo could not come to its end. `log` is the worker's log, `log_tail` the last lines of it."""

    def __init__(self, message: str, stage: Stage) -> None:
        """Say what happened in one sentence, and keep what the worker said."""
        super().__init__(message)
        self.log = stage.worker.log
        self.log_tail = stage.worker.tail()


async def run_demo(options: DemoOptions) -> DemoReport:
    """Run the demo, show it on standard output, and return what it came to.

    Raises `DemoFailed`. SIGINT, SIGTERM and SIGHUP cancel it; the worker is stopped in order whatever happens. The
    directory with the worker's log is left behind only where something went wrong.
    """
    started = time.monotonic()
    directory = Path(tempfile.mkdtemp(prefix="crm-insights-demo-"))
    try:
        with _StopSignals() as signals:
            async with Stage(options, directory) as stage:
                report = await _run_on(stage, options, signals, started=started)
    except asyncio.CancelledError:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    if report.ok:
        shutil.rmtree(directory, ignore_errors=True)
    return report


async def _run_on(stage: Stage, options: DemoOptions, signals: _StopSignals, *, started: float) -> DemoReport:
    console = _console()
    records = samples(EventWriter(stage.event_schema_id).write)
    progress = Progress(total=len(records))
    watch = Watch(
        progress,
        metrics_url=stage.urls["metrics"],
        bootstrap_servers=stage.broker.bootstrap_servers,
        topics=(TOPICS.insights, TOPICS.dead_letters),
        reader=InsightReader(stage.registry),
        started=started,
    )
    async with watch:
        with view_for(console, silent=options.as_json) as view:
            await _until_all_has_ended(options, stage, records, watch, view)
    report = _report(options, stage, records, progress)
    _present(report, options, console)
    if options.keep:
        await _keep(stage, signals, console, silent=options.as_json)
    if (exit_code := await stage.worker.stop()) != 0:
        raise DemoFailed(f"the worker ended with exit code {exit_code} when it was asked to stop", stage)
    return report


async def _until_all_has_ended(
    options: DemoOptions, stage: Stage, records: Sequence[Sample], watch: Watch, view: View
) -> None:
    progress = watch.progress
    sending = asyncio.create_task(send(records, stage.broker.bootstrap_servers, progress))
    looks_left = _LAST_LOOKS
    try:
        while looks_left:
            await watch.look()
            view.show(progress)
            if stage.worker.exit_code is not None:
                raise DemoFailed(f"the worker ended by itself with exit code {stage.worker.exit_code}", stage)
            if progress.elapsed_s > options.timeout_s:
                ended = f"{progress.metrics.ended} of {progress.sent} events sent have ended"
                raise DemoFailed(f"after {options.timeout_s:.0f} s only {ended}", stage)
            if sending.done():
                sending.result()
                looks_left = looks_left - 1 if progress.settled else _LAST_LOOKS
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


def _report(options: DemoOptions, stage: Stage, records: Sequence[Sample], progress: Progress) -> DemoReport:
    return DemoReport(
        events=progress.sent,
        metrics=progress.metrics,
        insights=tuple(progress.insights),
        first_insight_s=progress.first_insight_s,
        elapsed_s=progress.elapsed_s,
        journey=_journey(stage, records, progress),
        problems=problems_of(progress, records),
        worker_log=stage.worker.log,
        urls=stage.urls if options.keep else {},
    )


def _journey(stage: Stage, records: Sequence[Sample], progress: Progress) -> Journey | None:
    event = next((record.event for record in records if record.label == JOURNEY_EVENT_ID), None)
    insight = next((insight for insight in progress.insights if insight.event_id == JOURNEY_EVENT_ID), None)
    exchange = stage.exchange(event, insight) if event is not None and insight is not None else None
    if event is None or insight is None or exchange is None:
        return None
    return journey_of(event, exchange, insight)


def _present(report: DemoReport, options: DemoOptions, console: Console) -> None:
    if options.as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False, indent=2))
    else:
        report.show(console)


async def _keep(stage: Stage, signals: _StopSignals, console: Console, *, silent: bool) -> None:
    """Leave everything running until SIGINT or its like, which is now the regular end."""
    if not silent:
        console.print(Text("\nStill running; Ctrl-C ends it.", style="bold"))
        for name, url in stage.urls.items():
            console.print(Text(f"  {name:17} {url}"), soft_wrap=True)
        console.print(Text("\nSend it an event of your own:", style="bold"))
        console.print(Text(stage.posting()), soft_wrap=True)
    stopped = asyncio.Event()
    signals.act = stopped.set
    waits = {asyncio.create_task(stopped.wait()), asyncio.create_task(stage.worker.wait())}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    if not stopped.is_set():
        raise DemoFailed(f"the worker ended by itself with exit code {stage.worker.exit_code}", stage)


class _StopSignals:
    """`with _StopSignals() as signals:` turns SIGINT and its like into `signals.act`: at first, cancel this task."""

    def __init__(self) -> None:
        self._task = asyncio.current_task()
        self._earlier: dict[signal.Signals, Any] = {}
        self.act: Callable[[], object] = self._cancel

    def __enter__(self) -> Self:
        # SIGHUP: the terminal was closed.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._earlier[number] = signal.getsignal(number)
            asyncio.get_running_loop().add_signal_handler(number, self._on_signal)
        return self

    def __exit__(self, *_exc: object) -> None:
        for number, earlier in self._earlier.items():
            asyncio.get_running_loop().remove_signal_handler(number)
            # None is a handler that was not set from Python: there is no way to put it back.
            if earlier is not None:
                signal.signal(number, earlier)

    def _on_signal(self) -> None:
        self.act()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()


def _console() -> Console:
    """On a terminal as it is; elsewhere plain, and wide enough for a table."""
    if sys.stdout.isatty():
        return Console()
    width = None if os.environ.get("COLUMNS") else _PLAIN_WIDTH
    return Console(width=width, color_system=None, force_terminal=False)
