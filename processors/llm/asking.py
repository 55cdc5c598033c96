"""How the asking for one event stands: what was sent, what it cost, which attempts and second chances are used up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from processors.llm.provider import Usage
from processors.llm.retry_policy import CutAndRetry, RetryAfter, WaitRateLimit

if TYPE_CHECKING:
    from collections.abc import Callable

    from processors.llm.provider import CompletionRequest
    from processors.llm.retry_policy import Decision


@dataclass(slots=True)
class Asking:
    """The history that decisions are made from.

    `sent`, `usage` and `in_calls_s` cover everything; `failed_attempts`, `elapsed_s` (seconds of failed attempts and
    of the waits between them) and `refusals` (rate limits in a row) cover the time since the last pause.
    """

    number: int
    request: CompletionRequest
    shorten: Callable[[], CompletionRequest | None] | None = None
    sent: int = 0
    usage: Usage = field(default_factory=Usage)
    in_calls_s: float = 0.0
    failed_attempts: int = 0
    failing_since_s: float = 0.0
    elapsed_s: float = 0.0
    refusals: int = 0
    was_cut: bool = False
    decision: Decision | None = None
    _pauses: int | None = None

    def begin_attempt(self, pauses: int) -> None:
        """Count a request; forget the attempts if a pause has begun since: they were the outage's, not the event's.

        `pauses` is the number of pauses so far.
        """
        if self._pauses != pauses:
            self._pauses, self.failed_attempts, self.elapsed_s, self.refusals = pauses, 0, 0.0, 0
        self.sent += 1

    def answered(self, usage: Usage, took_s: float) -> None:
        """Take note of a completion, whatever it is worth: it is billed."""
        self.usage += usage
        self.in_calls_s += took_s
        self.refusals = 0

    def failed(self, *, transient: bool, began_s: float, took_s: float) -> None:
        """Take note of a failure; only a transient one uses up an attempt and time."""
        self.in_calls_s += took_s
        if transient:
            if self.failed_attempts == 0:
                self.failing_since_s = began_s
            self.failed_attempts += 1
            self.elapsed_s += took_s
            self.refusals = 0

    def follow(self, decision: Decision) -> bool:
        """Carry out what is this event's own affair: time, the count of refusals, the cut. False if it cannot be cut.

        The cut is tried once; what the checks have changed in the request stays changed.
        """
        self.decision = decision
        match decision:
            case RetryAfter(wait_s):
                self.elapsed_s += wait_s
            case WaitRateLimit():
                self.refusals += 1
            case CutAndRetry():
                self.was_cut = True
                shorter = self.shorten() if self.shorten is not None else None
                if shorter is None:
                    return False
                max_output_tokens = max(shorter.max_output_tokens, self.request.max_output_tokens)
                self.request = replace(shorter, max_output_tokens=max_output_tokens, correction=self.request.correction)
        return True
