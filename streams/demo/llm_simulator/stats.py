"""What the simulator counts, so that a test can tell how often each prompt was sent and how often it was paid for."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from streams.demo.llm_simulator.call_log import CallLog

# More prompts than this are counted in the totals only: a simulator left running must not grow without end.
_MAX_PROMPTS = 500_000


@dataclass(slots=True)
class Call:
    """One call while it lasts. `status` stays None if the client went away before an answer."""

    hash: str | None = None
    marker: str | None = None
    caller: str | None = None
    started: float = field(default_factory=time.time)
    status: int | None = None
    paid: bool = False


class Stats:
    """Counters of one simulator. A call is paid when the model has answered, whether or not the answer arrived."""

    def __init__(self, marker: re.Pattern[str] | None = None, log: CallLog | None = None) -> None:
        """`marker` finds in a user message the name under which a test wants its calls counted; `log` gets each."""
        self._marker = marker
        self._log = log
        self.calls = 0
        self.paid = 0
        self.in_flight = 0
        self.peak_in_flight = 0
        self.input_tokens = 0
        self.output_tokens = 0
        self.by_status: Counter[str] = Counter()
        self.by_fault: Counter[str] = Counter()
        self.calls_by_prompt: Counter[str] = Counter()
        self.paid_by_prompt: Counter[str] = Counter()
        self.calls_by_marker: Counter[str] = Counter()
        self.paid_by_marker: Counter[str] = Counter()

    @contextlib.contextmanager
    def call(self) -> Iterator[Call]:
        """Count a call from its first byte to its end, however it ends."""
        call = Call()
        self.calls += 1
        self.in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self.in_flight)
        try:
            yield call
        finally:
            self.in_flight -= 1
            self.by_status["cut_off" if call.status is None else str(call.status)] += 1
            self._count(call)
            if self._log is not None:
                self._log.write(call)

    def marker_in(self, user_message: str) -> str | None:
        """What the marker's pattern finds: its first group if it has one, else the whole match."""
        found = self._marker.search(user_message) if self._marker else None
        return None if found is None else found.group(found.re.groups and 1)

    def as_dict(self) -> dict[str, Any]:
        """The body of `GET /_stats`."""
        return {
            "calls": self.calls,
            "paid": self.paid,
            "in_flight": self.in_flight,
            "peak_in_flight": self.peak_in_flight,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "by_status": dict(self.by_status),
            "by_fault": dict(self.by_fault),
            "calls_by_prompt": dict(self.calls_by_prompt),
            "paid_by_prompt": dict(self.paid_by_prompt),
            "calls_by_marker": dict(self.calls_by_marker),
            "paid_by_marker": dict(self.paid_by_marker),
        }

    def _count(self, call: Call) -> None:
        self.paid += call.paid
        for calls, paid, name in (
            (self.calls_by_prompt, self.paid_by_prompt, call.hash),
            (self.calls_by_marker, self.paid_by_marker, call.marker),
        ):
            if name is None or (name not in calls and len(calls) >= _MAX_PROMPTS):
                continue
            calls[name] += 1
            if call.paid:
                paid[name] += 1
