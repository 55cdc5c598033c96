"""How far a demo is: what was sent, how events ended, what it cost, which insights have come."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from schemas.insights import CrmInsight

_PREFIX = "crm_insights_"
# `--keep` may run for days; older insights have scrolled away anyway.
_KEPT_INSIGHTS = 1_000

INSIGHT = "insight"
SKIPPED = "skipped"
DEAD_LETTER = "dead_letter"

Ending = tuple[str, str]
"""An outcome and its reason, as the metric `crm_insights_events_total` has them; an insight's reason is empty."""


@dataclass(frozen=True, slots=True)
class WorkerMetrics:
    """One reading of the worker's /metrics."""

    endings: Counter[Ending] = field(default_factory=Counter)
    in_flight: int = 0
    tokens: Counter[str] = field(default_factory=Counter)
    cost: dict[str, float] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    redactions: int = 0
    paused: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> WorkerMetrics:
        """Read Prometheus' text format; metrics that are not ours are passed over. Raises ValueError."""
        metrics = _Collected()
        for family in text_string_to_metric_families(text):
            if family.name.startswith(_PREFIX):
                for sample in family.samples:
                    metrics.add(sample.name.removeprefix(_PREFIX), sample.labels, sample.value)
        return metrics.done()

    @property
    def ended(self) -> int:
        """How many events have ended, however."""
        return self.endings.total()

    def count(self, outcome: str) -> int:
        """How many events ended with an outcome, for whatever reason."""
        return sum(count for (name, _), count in self.endings.items() if name == outcome)

    def reasons(self, outcome: str) -> dict[str, int]:
        """The reasons of an outcome with their counts, the most frequent first."""
        found = {reason: count for (name, reason), count in self.endings.most_common() if name == outcome and count}
        return dict(found)


class _Collected:
    """Sums samples over the labels that the demo does not show."""

    def __init__(self) -> None:
        self._endings: Counter[Ending] = Counter()
        self._tokens: Counter[str] = Counter()
        self._cost: dict[str, float] = {}
        self._calls: Counter[str] = Counter()
        self._paused: list[str] = []
        self._numbers: Counter[str] = Counter()

    def add(self, name: str, labels: dict[str, str], value: float) -> None:
        match name:
            case "events_total":
                self._endings[labels["outcome"], labels["reason"]] += int(value)
            case "llm_tokens_total":
                self._tokens[labels["direction"]] += int(value)
            case "llm_cost_total":
                currency = labels["currency"]
                self._cost[currency] = self._cost.get(currency, 0.0) + value
            case "llm_calls_total":
                self._calls[labels["outcome"]] += int(value)
            case "paused" if value:
                self._paused.append(labels["reason"])
            case "in_flight" | "redactions_total":
                self._numbers[name] += int(value)

    def done(self) -> WorkerMetrics:
        return WorkerMetrics(
            endings=self._endings,
            in_flight=self._numbers["in_flight"],
            tokens=self._tokens,
            cost=self._cost,
            calls=self._calls,
            redactions=self._numbers["redactions_total"],
            paused=tuple(sorted(self._paused)),
        )


@dataclass(slots=True)
class Progress:
    """What the view shows and the verdict is made from. Times are in seconds since the start of the demo."""

    total: int
    sent: int = 0
    elapsed_s: float = 0.0
    first_insight_s: float | None = None
    metrics: WorkerMetrics = field(default_factory=WorkerMetrics)
    insights: deque[CrmInsight] = field(default_factory=lambda: deque(maxlen=_KEPT_INSIGHTS))
    dead_letters: int = 0

    def add_insight(self, insight: CrmInsight, elapsed_s: float) -> None:
        """Note an insight that was read from the topic."""
        if self.first_insight_s is None:
            self.first_insight_s = elapsed_s
        self.insights.append(insight)

    @property
    def settled(self) -> bool:
        """Whether everything that was sent has ended, and what it ended as has been read from the topics."""
        return (
            self.metrics.ended >= self.sent
            and len(self.insights) >= self.metrics.count(INSIGHT)
            and self.dead_letters >= self.metrics.count(DEAD_LETTER)
        )
