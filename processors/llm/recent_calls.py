"""How the calls of the last seconds went: the evidence for whose fault a failing call is."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RecentCalls:
    """Calls of other events within the window, counted by how they went."""

    succeeded: int = 0
    failed: int = 0

    @property
    def mostly_succeed(self) -> bool:
        """Whether the provider works for the others. A tie and no evidence at all say no: waiting loses nothing."""
        return self.succeeded > self.failed


class CallWindow:
    """A sliding window over the calls to one provider; bounded in time and in number.

    Times are seconds of any monotonic clock, passed in, never falling.
    """

    def __init__(self, window_s: float = 30.0, max_calls: int = 1024) -> None:
        """`window_s`: the design's 30 s. `max_calls`: enough to see a majority; bounds memory and a look's cost."""
        self._window_s = window_s
        self._calls: deque[tuple[float, int, bool]] = deque(maxlen=max_calls)

    def __len__(self) -> int:
        """Calls that are remembered now."""
        return len(self._calls)

    def record(self, *, asker: int, succeeded: bool, at_s: float) -> None:
        """Remember how one call of `asker` (a number that is an event's alone) went."""
        self._forget_before(at_s - self._window_s)
        self._calls.append((at_s, asker, succeeded))

    def others(self, asker: int, *, since_s: float, at_s: float) -> RecentCalls:
        """Count the calls of everyone but `asker` that ended within the window and not before `since_s`.

        Not the asker's own: an event must not be outvoted by its own attempts. And only those since it began to fail:
        in the first seconds of an outage most calls of the last 30 s are successes from before, and would turn the
        first events that use up their attempts into dead letters.
        """
        self._forget_before(at_s - self._window_s)
        succeeded = failed = 0
        for ended_s, who, well in self._calls:
            if who != asker and ended_s >= since_s:
                succeeded += well
                failed += not well
        return RecentCalls(succeeded, failed)

    def _forget_before(self, at_s: float) -> None:
        while self._calls and self._calls[0][0] < at_s:
            self._calls.popleft()
