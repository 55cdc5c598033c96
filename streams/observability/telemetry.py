"""What the runs tell the metrics: endings, stages, calls, tokens and money. Never an id, never text."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from processors.llm.prompt_cache import CachedShare
from schemas.outcomes import DeadLetter, Insight, Outcome, Skipped
from schemas.refetch import Refetch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from processors.enrichment import Prepared
    from processors.llm import Usage
    from processors.llm.call_reports import CallReport
    from processors.llm.prices import PriceBook
    from schemas.events import CrmEvent
    from streams.observability.metrics import Metrics

UNKNOWN = "unknown"
"""The source and entity of a record that could not be decoded."""


class Telemetry:
    """Feeds the metrics of one worker."""

    def __init__(self, metrics: Metrics, prices: PriceBook) -> None:
        """Take the metrics, and the prices that turn tokens into money."""
        self.metrics = metrics
        self._prices = prices
        self._cached: dict[tuple[str, str], CachedShare] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure a stage of one event."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.metrics.stage_seconds.labels(stage=name).observe(time.perf_counter() - started)

    def adapted(self, items: Iterable[CrmEvent | Skipped | Refetch]) -> None:
        """Count what a source record came to that is no change event: skips, and requests to fetch."""
        for item in items:
            if isinstance(item, Skipped):
                self.ended(None, item, latency_s=0.0)
            elif isinstance(item, Refetch):
                self.metrics.refetch_total.labels(
                    source=item.source, entity=item.entity, reason=item.reason.value
                ).inc()

    def masked(self, prepared: Prepared) -> None:
        """Count what was masked."""
        for kind, count in prepared.redactions.items():
            self.metrics.redactions_total.labels(type=kind).inc(count)

    def cut(self, tokens: int, *, again: bool = False) -> None:
        """Count a cut; `again`: of an event that was cut before."""
        if not again:
            self.metrics.truncated_total.inc()
        self.metrics.dropped_tokens_total.inc(tokens)

    def ended(self, event: CrmEvent | None, outcome: Outcome, *, latency_s: float) -> None:
        """Count the one ending of an event."""
        reason = ""
        match outcome:
            case Insight(insight):
                name = "insight"
                self.metrics.unrestored_total.inc(insight.unrestored)
            case Skipped(reason):
                name = "skipped"
            case DeadLetter(reason=reason):
                name = "dead_letter"
        self.metrics.events_total.labels(
            source=event.source if event is not None else UNKNOWN,
            entity=event.entity if event is not None else UNKNOWN,
            outcome=name,
            reason=str(reason),
        ).inc()
        self.metrics.latency_seconds.observe(max(0.0, latency_s))

    def called(self, report: CallReport) -> None:
        """Count one request to the provider."""
        self.metrics.llm_calls_total.labels(model=report.model, outcome=str(report.outcome)).inc()

    def spent(self, prepared: Prepared, usage: Usage) -> None:
        """Count what calls for an event have used, when they have: however it ends, rejected answers are billed."""
        event, model, kind = prepared.event, prepared.request.model, prepared.kind.name
        spender = {"model": model, "tenant": event.tenant, "department": event.department, "kind": kind}
        directions = {
            "input": max(0, usage.input_tokens - usage.cached_input_tokens),
            "cached_input": usage.cached_input_tokens,
            "output": usage.output_tokens,
        }
        for direction, tokens in directions.items():
            self.metrics.llm_tokens_total.labels(**spender, direction=direction).inc(tokens)
        self.metrics.tenants.called(event.tenant, max(1, len(usage.calls)))
        # Models and kinds come from the settings and are few.
        cached = self._cached.setdefault((model, kind), CachedShare()).learn(usage)
        self.metrics.llm_cached_ratio.labels(model=model, kind=kind).set(cached)
        cost = self._prices.cost(model, usage)
        if cost is None:
            self.metrics.unpriced_calls_total.labels(model=model).inc()
        else:
            self.metrics.llm_cost_total.labels(**spender, currency=cost.currency).inc(cost.amount)
