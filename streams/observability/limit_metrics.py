"""How the limits of the account stand, as metrics. Few labels: the model, and which limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import Gauge, Histogram

if TYPE_CHECKING:
    from collections.abc import Callable

    from prometheus_client import CollectorRegistry

    from processors.llm import CallerState

# From a turn that came at once to a queue of ten thousand events before 500 requests a minute.
_WAIT_BUCKETS_S: Final = (0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1200)


class LimitMetrics:
    """What `CallerState` tells of limits, and the waits; refusals are `crm_insights_llm_calls_total`'s."""

    def __init__(self, registry: CollectorRegistry, shown_model: Callable[[str], str]) -> None:
        """Register on `registry`; `shown_model` is what the label shows for a model."""
        self._shown_model = shown_model
        self.wait_seconds = Histogram(
            "crm_insights_llm_wait_seconds",
            "Time a request waits for the limits of the account before it is sent",
            buckets=_WAIT_BUCKETS_S,
            registry=registry,
        )
        self.queued = Gauge(
            "crm_insights_llm_queued", "Requests that wait for the limits of the account", registry=registry
        )
        self.limit = self._gauge(registry, "limit", "What the account allows a minute, by limit", "limit")
        self.remaining = self._gauge(registry, "limit_remaining", "What is left of it, as this worker reckons", "limit")
        self.rate_factor = self._gauge(registry, "rate_factor", "1 at the full rate; less for a while after a refusal")
        self.pause_seconds = self._gauge(registry, "limit_pause_seconds", "What is left of the pause after a refusal")
        self.in_flight_bound = self._gauge(
            registry, "in_flight_bound", "Calls at the same time, found by trying, where no limits are known"
        )

    def show(self, state: CallerState) -> None:
        """Show how everything stands."""
        self.queued.set(state.queued)
        for name, limits in state.limits.items():
            model = self._shown_model(name)
            for unit, limit in limits.limit.items():
                self.limit.labels(model=model, limit=unit).set(limit)
                self.remaining.labels(model=model, limit=unit).set(limits.remaining[unit])
            self.rate_factor.labels(model=model).set(limits.factor)
            self.pause_seconds.labels(model=model).set(limits.paused_s)
            if limits.in_flight_bound is not None:
                self.in_flight_bound.labels(model=model).set(limits.in_flight_bound)

    @staticmethod
    def _gauge(registry: CollectorRegistry, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"crm_insights_llm_{name}", meaning, ["model", *labels], registry=registry)
