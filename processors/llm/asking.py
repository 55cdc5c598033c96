"""How the asking for one event stands: what was sent, what it cost, which attempts and second chances are used up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from processors.llm.answer_checks import Examiner
from processors.llm.provider import CompletionFailure, Usage
from processors.llm.retry_policy import CutAndRetry, RetryAfter, WaitRateLimit

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

    from processors.llm.limits import Flow
    from processors.llm.provider import CompletionRequest
    from processors.llm.recent_calls import Tally
    from processors.llm.retry_policy import Decision


# How often an event was asked in vain, and how many others were answered for each that was, before it is its own fault.
# In an outage that comes and goes, up for three seconds in thirty with answers that take as long, an event may miss
# many of them: with less than these, simulated, more events are dead letters than without it.
_IN_VAIN: Final = 2
_ANSWERED_FOR_EACH: Final = 3


@dataclass(slots=True)
class AskHistory:
    """What has been spent on one event, over all pauses: whoever owns the event keeps it for the next asking.

    `number` is the event's alone, in the process, once it has been asked about: its own earlier calls are no witnesses.
    `in_calls_s` are seconds in calls. `in_vain` counts the askings that ended in a pause which they gave reason to.
    `was_cut` says that its prompt was shortened because the model found it too long.
    `asked_until_s` is the time, on the caller's clock, until which the provider has asked this event to wait.
    `in_call` says that a request is with the provider now, `owes_a_correction` that its last answer is paid and bad.
    `interrupted` is the asking that had no money for its next request: the next one goes on with it. Begun anew it
    would pay for its first answer once more, and use up no attempts, as often as money is short.
    """

    number: int | None = None
    sent: int = 0
    usage: Usage = field(default_factory=Usage)
    in_calls_s: float = 0.0
    in_vain: int = 0
    asked_until_s: float = 0.0
    was_cut: bool = False
    in_call: bool = False
    owes_a_correction: bool = False
    interrupted: Asking | None = field(default=None, compare=False, repr=False)
    _tally: Tally | None = None
    _uncounted: Usage = field(default_factory=Usage)

    @property
    def next_request(self) -> CompletionRequest | None:
        """What an interrupted asking sends next; None if none was interrupted."""
        return None if self.interrupted is None else self.interrupted.request

    def paid(self, usage: Usage) -> None:
        """Take note of what a call has used, whatever its answer is worth."""
        self.usage += usage
        self._uncounted += usage

    def take_uncounted(self) -> Usage:
        """What was paid since this was last asked for: so that each call is counted once, however its event ends."""
        uncounted, self._uncounted = self._uncounted, Usage()
        return uncounted

    def began_to_fail(self, tally: Tally) -> None:
        """Keep how others had fared when the first transient failure came."""
        if self._tally is None:
            self._tally = tally

    def outvoted(self, tally: Tally) -> bool:
        """Tell whether it was asked in vain again and again while by far most others were answered.

        Then it is no witness against the provider either: of two prompts that are never answered each would excuse the
        other, and both would wait for ever. Each event has one vote, however often it was asked.
        """
        if self._tally is None or self.in_vain < _IN_VAIN:
            return False
        in_vain = tally.in_vain - self._tally.in_vain
        return tally.answered - self._tally.answered >= _ANSWERED_FOR_EACH * in_vain


@dataclass(slots=True)
class Asking:
    """One asking of an event, from which decisions are made.

    `failed_attempts`, `elapsed_s` (seconds of failed attempts and of our own waits between them) and `asked_s` (seconds
    of waits that the provider has asked for) cover the time since the last pause.
    """

    number: int
    request: CompletionRequest
    flow: Flow
    examiner: Examiner
    shorten: Callable[[], CompletionRequest | None] | None = None
    history: AskHistory = field(default_factory=AskHistory)
    failed_attempts: int = 0
    failing_since_s: float = 0.0
    elapsed_s: float = 0.0
    asked_s: float = 0.0
    had_a_turn: bool = False
    decision: Decision | None = None
    _pauses: int | None = None

    @classmethod
    def on(
        cls,
        history: AskHistory,
        request: CompletionRequest,
        flow: Flow,
        check: Callable[[str], BaseModel],
        shorten: Callable[[], CompletionRequest | None] | None,
    ) -> Asking:
        """The asking of `history` that was interrupted, or a new one about `request`. The event has its number."""
        asking, history.interrupted = history.interrupted, None
        if asking is None:
            return cls(history.number or 0, request, flow, Examiner(check), shorten, history)
        asking.examiner.check, asking.shorten = check, shorten
        return asking

    def may_be_interrupted(self) -> None:
        """Be gone on with if there is no money for the next request now. What has sent nothing may begin anew."""
        self.history.interrupted = self if self.history.sent else None

    def begin_attempt(self, pauses: int) -> None:
        """Count a request; forget the attempts if a pause has begun since: they were the outage's, not the event's.

        `pauses` is the number of pauses so far.
        """
        if self._pauses != pauses:
            self._pauses, self.failed_attempts, self.elapsed_s, self.asked_s = pauses, 0, 0.0, 0.0
        self.history.sent += 1
        self.history.in_call, self.history.owes_a_correction, self.history.interrupted = True, False, None

    def end_attempt(self) -> None:
        """Take note that no request is with the provider any more, however it ended."""
        self.history.in_call = False

    def answered(self, usage: Usage, took_s: float) -> None:
        """Take note of a completion, whatever it is worth: it is billed."""
        self.history.paid(usage)
        self.history.in_calls_s += took_s

    def failed(self, *, transient: bool, began_s: float, took_s: float) -> None:
        """Take note of a failure; only a transient one uses up an attempt and time."""
        self.history.in_calls_s += took_s
        if transient:
            if self.failed_attempts == 0:
                self.failing_since_s = began_s
            self.failed_attempts += 1
            self.elapsed_s += took_s

    def correct(self, better: CompletionRequest) -> None:
        """Ask `better` next: the answer to the request before it is paid for and no good."""
        self.history.owes_a_correction = True
        self.request = better

    def follow(self, decision: Decision, now_s: float) -> bool:
        """Carry out what is this event's own affair: time, the cut. False if it cannot be cut.

        The cut is tried once; what the checks have changed in the request stays changed.
        """
        self.decision = decision
        match decision:
            case RetryAfter(wait_s, asked_s):
                self.elapsed_s += wait_s - asked_s
                self.asked_s += asked_s
                if asked_s:
                    self.history.asked_until_s = now_s + wait_s
            case CutAndRetry():
                self.history.was_cut = True
                shorter = self.shorten() if self.shorten is not None else None
                if shorter is None:
                    return False
                max_output_tokens = max(shorter.max_output_tokens, self.request.max_output_tokens)
                self.request = replace(shorter, max_output_tokens=max_output_tokens, correction=self.request.correction)
        return True

    def wait_after(self, error: Exception) -> bool | float:
        """How many seconds to wait before the next attempt, in stamina's words; False where there is none."""
        if not isinstance(error, CompletionFailure):
            return False
        match self.decision:
            case RetryAfter(wait_s):
                return wait_s
            case CutAndRetry() | WaitRateLimit():
                # A rate limit is waited for with everybody else, before the next turn.
                return 0.0
            case _:
                return False
