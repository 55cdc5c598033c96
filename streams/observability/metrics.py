"""The metrics, by name, with labels that have few values.

A label never holds an id or text, nor anything that the scrubber finds personal. Labels whose values come from the data
(source, entity, tenant, department, model) are capped: each of them keeps the first values it sees and counts the rest
as "other", because every combination of label values is a time series in this process and in Prometheus, and a mistaken
mapping can send a million "tenants".
"""

from __future__ import annotations

import functools
import platform
from typing import TYPE_CHECKING, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from processors.pii import Scrubber, is_bare_name
from streams.observability.budget_metrics import BudgetMetrics
from streams.observability.limit_metrics import LimitMetrics
from streams.observability.tenant_metrics import TenantMetrics
from streams.version import version

if TYPE_CHECKING:
    from collections.abc import Mapping

OTHER: Final = "other"
"""What a capped label shows for the values beyond its cap."""

MAX_TENANTS = 200
MAX_DEPARTMENTS = 50
MAX_SOURCES = 50
MAX_ENTITIES = 100
MAX_MODELS = 50
MAX_KINDS = 50
MAX_VALUE_CHARS = 100

# From a table look-up to a call that used up all its attempts (120 s).
STAGE_BUCKETS_S = (0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
# From an event that was taken at once to one that waited for a day behind an outage.
LATENCY_BUCKETS_S = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600, 21_600, 86_400)


@functools.cache
def _scrubber() -> Scrubber:
    return Scrubber()


class LabelCap:
    """Lets the first `limit` distinct values of a label pass and turns every other one into "other"."""

    def __init__(self, limit: int) -> None:
        """Cap at `limit` values, which must be positive."""
        self._limit = limit
        self._shown: dict[str, str] = {}

    def __call__(self, value: str | None) -> str:
        """The value to show; an empty string for None, and without what the scrubber finds personal in it."""
        text = (value or "")[:MAX_VALUE_CHARS]
        shown = self._shown.get(text)
        if shown is None:
            if len(self._shown) >= self._limit:
                return OTHER
            # CloudEvents' own example of a source is `mailto:` with an address.
            shown = self._shown[text] = text if is_bare_name(text) else _scrubber().scrub([text]).texts[0]
        return shown


class CappedCounter:
    """A counter some of whose labels are capped."""

    def __init__(self, counter: Counter, caps: Mapping[str, LabelCap]) -> None:
        """Cap the labels of `counter` that `caps` names."""
        self._counter = counter
        self._caps = caps

    def labels(self, **labels: str | None) -> Counter:
        """The child for these labels, all of which must be given."""
        shown = {name: self._caps[name](value) if name in self._caps else value or "" for name, value in labels.items()}
        return self._counter.labels(**shown)


class Metrics:
    """Every metric of one process, on a registry of its own.

    An attribute bears the name of its metric without the prefix. A registry that is passed in, rather than the global
    one of the library, lets several apps and every test count apart.
    """

    def __init__(self, registry: CollectorRegistry, *, process: bool = False) -> None:
        """Register all metrics on `registry`; with `process` also those of the process, the platform and the GC."""
        # A second series beside each counter, with the time of its birth, which nobody here asks for. (The library has
        # this switch for the whole process only.)
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry
        sources, entities, models = LabelCap(MAX_SOURCES), LabelCap(MAX_ENTITIES), LabelCap(MAX_MODELS)
        self._spenders = {
            "model": models,
            "tenant": LabelCap(MAX_TENANTS),
            "department": LabelCap(MAX_DEPARTMENTS),
            "kind": LabelCap(MAX_KINDS),
        }
        if process:
            ProcessCollector(registry=registry)
            PlatformCollector(registry=registry)
            GCCollector(registry=registry)

        self.events_total = self._capped(
            "crm_insights_events",
            "Change events that have ended, by outcome (insight, skipped, dead_letter) and its reason",
            {"source": sources, "entity": entities, "outcome": None, "reason": None},
        )
        self.refetch_total = self._capped(
            "crm_insights_refetch",
            "Records that intake asked to be fetched from the CRM, by the reason why their content was not there",
            {"source": sources, "entity": entities, "reason": None},
        )
        self._register_llm_metrics(models)
        self.limits = LimitMetrics(registry, models)
        self.budgets = BudgetMetrics(registry, self._spenders["tenant"], OTHER)
        self.tenants = TenantMetrics(registry, self._spenders["tenant"])
        self._register_flow_metrics()
        self._register_evidence_metrics()
        Info("crm_insights_build", "Which release runs", registry=registry).info(
            {"version": version(), "python": platform.python_version()}
        )

    def render(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def _register_llm_metrics(self, models: LabelCap) -> None:
        self.llm_calls_total = self._capped(
            "crm_insights_llm_calls",
            "Attempts at the provider, by how they ended",
            {"model": models, "outcome": None},
        )
        self.llm_tokens_total = self._capped(
            "crm_insights_llm_tokens",
            "Tokens billed, by direction (input, cached_input, output)",
            {**self._spenders, "direction": None},
        )
        self.llm_cost_total = self._capped(
            "crm_insights_llm_cost",
            "Money spent, in units of the currency",
            {**self._spenders, "currency": None},
        )
        self.llm_cached_ratio = Gauge(
            "crm_insights_llm_cached_ratio",
            "Part of the input tokens that the provider had in its cache, over about the last hundred calls",
            ["model", "kind"],
            registry=self.registry,
        )
        self.unpriced_calls_total = self._capped(
            "crm_insights_unpriced_calls", "Calls whose model has no price, so that no cost is known", {"model": models}
        )

    def _register_flow_metrics(self) -> None:
        registry = self.registry
        self.stage_seconds = Histogram(
            "crm_insights_stage_seconds",
            "Time one event spends in a stage",
            ["stage"],
            buckets=STAGE_BUCKETS_S,
            registry=registry,
        )
        self.latency_seconds = Histogram(
            "crm_insights_latency_seconds",
            "Time from the append of an event to crm.events to its ending",
            buckets=LATENCY_BUCKETS_S,
            registry=registry,
        )
        self.in_flight = Gauge("crm_insights_in_flight", "Calls to the provider that are running", registry=registry)
        self.window = Gauge("crm_insights_window", "Events taken and not yet committed", registry=registry)
        self.tasks = Gauge("crm_insights_tasks", "Tasks of the event loop; those of events included", registry=registry)
        self.lag = Gauge(
            "crm_insights_lag", "Records behind the end of a partition", ["topic", "partition"], registry=registry
        )
        self.paused = Gauge(
            "crm_insights_paused",
            "1 while no event is taken, by reason; rate_limited: while events wait because the provider asks for it",
            ["reason"],
            registry=registry,
        )
        self.intake_records_total = Counter(
            "crm_insights_intake_records",
            "Source records that intake has read, by how they ended",
            ["topic", "outcome"],
            registry=registry,
        )
        self.joined_records = Gauge(
            "crm_insights_joined_records", "Records whose identifiers are kept for joins", registry=registry
        )
        self.unjoined_total = Counter(
            "crm_insights_unjoined",
            "Source records that point to one that its topic does not hold; names in their texts must be recognised",
            ["topic"],
            registry=registry,
        )
        self.redelivered_total = Counter(
            "crm_insights_redelivered", "Events that Kafka delivered again and that cost nothing", registry=registry
        )
        self.key_mismatch_total = Counter(
            "crm_insights_key_mismatch",
            "Events on another partition than their key's: a producer without partitioner=murmur2_random",
            registry=registry,
        )
        self.events_expired_total = Counter(
            "crm_insights_events_expired", "Events lost to retention before they were read", registry=registry
        )

    def _register_evidence_metrics(self) -> None:
        registry = self.registry
        self.redactions_total = Counter(
            "crm_insights_redactions", "Placeholders put in place of personal data", ["type"], registry=registry
        )
        self.unrestored_total = Counter(
            "crm_insights_unrestored", "Placeholders in answers that stand for nothing in the event", registry=registry
        )
        self.truncated_total = Counter(
            "crm_insights_truncated", "Events whose text was cut to fit the token budget", registry=registry
        )
        self.dropped_tokens_total = Counter(
            "crm_insights_dropped_tokens", "Tokens cut from texts to fit the token budget", registry=registry
        )

    def _capped(self, name: str, meaning: str, labels: Mapping[str, LabelCap | None]) -> CappedCounter:
        counter = Counter(name, meaning, list(labels), registry=self.registry)
        return CappedCounter(counter, {label: cap for label, cap in labels.items() if cap is not None})
