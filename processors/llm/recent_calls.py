"""How the calls of the last seconds went: the evidence for whose fault a failing call is."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace
from typing import Final

# More in a row than any policy asks for; bounds memory.
_MOST_IN_A_ROW: Final = 16


@dataclass(frozen=True, slots=True)
class RecentCalls:
    """Calls of other events within the window, counted by how they went.

    `succeeded` and `failed` ended since the asker began to fail, the `earlier_` ones before that. `refused_alike` are
    the events, one after the other, that were refused without an explanation since anybody got an answer. No window of
    time bounds these: at one event a minute they tell as much as at ten a second. `unanswered` are likewise the events
    that met a transient failure since the provider last said anything, and `silent_s` for how long it has not.
    """

    succeeded: int = 0
    failed: int = 0
    earlier_succeeded: int = 0
    earlier_failed: int = 0
    refused_alike: int = 0
    unanswered: int = 0
    silent_s: float = 0.0
    outvoted: bool = False
    """This event was asked in vain before, and most others ended well since it began to fail. No window either:
    an event whose attempts take longer than the window would hold up a quiet topic for ever. One failure of another in
    the window overrules it: in an outage that comes and goes, what was well before says nothing."""

    @property
    def mostly_succeed(self) -> bool:
        """Whether the provider works for the others. A tie and no evidence at all say no: waiting loses nothing."""
        return self.succeeded > self.failed or (self.outvoted and not self.failed)

    @property
    def mostly_succeeded_lately(self) -> bool:
        """The same over the whole window: enough to let one event wait alone, but not to give it up."""
        return self.succeeded + self.earlier_succeeded > self.failed + self.earlier_failed


@dataclass(frozen=True, slots=True)
class Tally:
    """How events have fared since the process began: answers that came, and events that were asked in vain."""

    answered: int = 0
    in_vain: int = 0


class CallWindow:
    """A sliding window over the calls to one provider; bounded in time and in number.

    Times are seconds of any monotonic clock, passed in, never falling.
    """

    def __init__(self, window_s: float = 30.0, max_calls: int = 1024) -> None:
        """`window_s`: the design's 30 s. `max_calls`: enough to see a majority; bounds memory and a look's cost."""
        self._window_s = window_s
        self._calls: deque[tuple[float, int, bool]] = deque(maxlen=max_calls)
        self._refused: set[int] = set()
        self._unanswered: set[int] = set()
        self._heard_at_s = -math.inf
        self._silent_since_s = math.inf
        self.tally = Tally()

    def __len__(self) -> int:
        """Calls that are remembered now."""
        return len(self._calls)

    def record(self, *, asker: int, succeeded: bool, at_s: float, began_s: float | None = None) -> None:
        """Remember how one call of `asker` (a number that is an event's alone), sent at `began_s`, went."""
        self._forget_before(at_s - self._window_s)
        self._calls.append((at_s, asker, succeeded))
        if succeeded:
            self._refused.clear()
            self.record_heard(at_s)
            self.tally = Tally(self.tally.answered + 1, self.tally.in_vain)
        elif len(self._unanswered) < _MOST_IN_A_ROW:
            self._unanswered.add(asker)
            # What was sent before the provider last spoke has been without an answer only since then.
            waits_since_s = max(at_s if began_s is None else began_s, self._heard_at_s)
            self._silent_since_s = min(self._silent_since_s, waits_since_s)

    def record_in_vain(self) -> None:
        """Remember that another event was asked in vain and waits for the end of a pause."""
        self.tally = replace(self.tally, in_vain=self.tally.in_vain + 1)

    def record_refused(self, asker: int) -> None:
        """Remember that `asker` was refused and nobody said why; neither a success nor a failure of the provider."""
        if len(self._refused) < _MOST_IN_A_ROW:
            self._refused.add(asker)

    def record_heard(self, at_s: float) -> None:
        """Remember that the provider has said something to somebody, if only that it refuses."""
        self._heard_at_s, self._silent_since_s = at_s, math.inf
        self._unanswered.clear()

    def others(self, asker: int, *, since_s: float, at_s: float) -> RecentCalls:
        """Count the calls of everyone but `asker` that ended within the window, apart those from before `since_s`.

        Not the asker's own: an event must not be outvoted by its own attempts. And those from before it began to fail
        apart: in the first seconds of an outage most calls of the last 30 s are successes from before, and would turn
        the first events that use up their attempts into dead letters.
        """
        self._forget_before(at_s - self._window_s)
        succeeded = failed = earlier_succeeded = earlier_failed = 0
        for ended_s, who, well in self._calls:
            if who == asker:
                continue
            if ended_s >= since_s:
                succeeded += well
                failed += not well
            else:
                earlier_succeeded += well
                earlier_failed += not well
        return RecentCalls(
            succeeded,
            failed,
            earlier_succeeded,
            earlier_failed,
            refused_alike=len(self._refused - {asker}),
            unanswered=len(self._unanswered - {asker}),
            silent_s=max(0.0, at_s - self._silent_since_s),
        )

    def _forget_before(self, at_s: float) -> None:
        while self._calls and self._calls[0][0] < at_s:
            self._calls.popleft()
