"""What is sent: drawn from a seed, so that a run can be repeated event for event."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from typing import Any

# Where the LLM simulator finds an event's id in its prompt.
MARKER = r"\bref (evt-[0-9]+)\b"

RECORDS = 200
ZIPF = 1.1
DUPLICATES = 0.1
# What a source that sends at least once does in one breath.
SOON_S = 0.06

_EPOCH_MS = 1_764_000_000_000
_COMPLAINTS = ("the export fails", "the invoice is wrong", "nobody calls back", "the login hangs", "it is too slow")


@dataclass(frozen=True, slots=True)
class Sending:
    """One event on its way: `at_s` seconds after the start of the load; `copy` says that it was sent before."""

    at_s: float
    number: int
    record: int
    copy: bool

    @property
    def event_id(self) -> str:
        """The event's identity, which its text carries too."""
        return f"evt-{self.number}"

    def event(self) -> dict[str, Any]:
        """The change event. Distinct texts and rising times: every event must become an insight of its own."""
        complaint = _COMPLAINTS[self.number % len(_COMPLAINTS)]
        return {
            "event_id": self.event_id,
            "source": "chaos",
            "tenant": f"tenant-{self.record % 3}",
            "entity": "Ticket",
            "record_id": str(self.record),
            "operation": "UPDATE",
            "occurred_at": _EPOCH_MS + self.number * 1000,
            "text": f"We write again, ref {self.event_id} in our books, because {complaint}. We want a refund.",
        }


def plan(seed: int, *, rate_per_s: float, duration_s: float) -> tuple[Sending, ...]:
    """Draw the load of one run in the order of sending.

    Times between events are exponential, keys Zipf. A tenth of the events is sent twice: half of those a blink later,
    the other half anywhere up to the end, long after their insight.
    """
    rng = random.Random(seed)
    cumulative = list(itertools.accumulate(1 / rank**ZIPF for rank in range(1, RECORDS + 1)))
    sendings: list[Sending] = []
    at_s = 0.0
    for number in itertools.count():
        at_s += rng.expovariate(rate_per_s)
        if at_s >= duration_s:
            break
        (record,) = rng.choices(range(RECORDS), cum_weights=cumulative)
        sendings.append(Sending(at_s, number, record, copy=False))
        if rng.random() < DUPLICATES:
            again_s = at_s + SOON_S if rng.random() < 0.5 else rng.uniform(at_s, duration_s)
            sendings.append(Sending(again_s, number, record, copy=True))
    return tuple(sorted(sendings, key=lambda one: (one.at_s, one.copy)))
