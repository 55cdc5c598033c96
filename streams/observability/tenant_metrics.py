"""How busy each tenant is against its own past, as a metric."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge

from processors.llm.call_rates import CallRate

if TYPE_CHECKING:
    from collections.abc import Callable

    from prometheus_client import CollectorRegistry


class TenantMetrics:
    """One series for each tenant that the label shows; all others together are one more. Memory: 2 KB for each."""

    def __init__(
        self,
        registry: CollectorRegistry,
        shown_tenant: Callable[[str], str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Register on `registry`; `shown_tenant` is what the label shows, `clock` seconds since the epoch."""
        self._shown_tenant = shown_tenant
        self._clock = clock
        self._rates: dict[str, CallRate] = {}
        self._calls = Counter("crm_insights_tenant_calls", "Calls that were answered", ["tenant"], registry=registry)
        self._ratio = Gauge(
            "crm_insights_tenant_call_ratio",
            "Calls of the last hour, in multiples of the tenant's mean hour of the week before; NaN on the first day",
            ["tenant"],
            registry=registry,
        )

    def called(self, tenant: str, calls: int) -> None:
        """Count calls on behalf of a tenant."""
        shown = self._shown_tenant(tenant)
        self._calls.labels(shown).inc(calls)
        now_s = self._clock()
        rate = self._rates.get(shown)
        if rate is None:
            rate = self._rates[shown] = CallRate(now_s)
            # Asked when the metrics are: it changes with time alone.
            self._ratio.labels(shown).set_function(lambda: self._now(rate))
        rate.add(calls, now_s)

    def _now(self, rate: CallRate) -> float:
        ratio = rate.ratio(self._clock())
        return math.nan if ratio is None else ratio
