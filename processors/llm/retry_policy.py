"""What to do after a failed call: a pure decision over plain values. Nothing here sleeps, counts or sends.

The rows of `ROWS` are the policy; `RetryPolicy.decide` turns a row and the history of one event into what is done now.
A rate limit is not a failure: waiting for it uses up neither attempts nor time, since giving up on it loses an event
that nothing is wrong with. Attempts that are used up are a question, not an ending: the calls of the others tell
whether it is this event's fault or the provider's. What no event's content can cause (a retired model, a parameter
that is not taken) is nobody's fault but the settings': it pauses, and dead-letters nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from processors.llm.provider import FailureKind
from schemas.outcomes import DeadLetterReason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processors.llm.provider import CompletionFailure
    from processors.llm.recent_calls import RecentCalls


class PauseCause(StrEnum):
    """Why nobody calls the provider now; a label of `crm_insights_paused`."""

    QUOTA = "quota"
    UNAUTHORISED = "unauthorised"
    FORBIDDEN = "forbidden"
    REDIRECTED = "redirected"
    NOT_FOUND = "not_found"
    UNSUPPORTED = "unsupported"
    TLS = "tls"
    REFUSED = "refused"  # one event after the other, and nobody says why
    OUTAGE = "outage"

    @property
    def alarm(self) -> bool:
        """Whether a person must act; an outage ends by itself."""
        return self is not PauseCause.OUTAGE


# ---- decisions


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Try again in `wait_s`; the attempt is used up, and of the event's time all but `asked_s`.

    `asked_s` seconds of the wait are the provider's own long wish: its time, not the event's.
    """

    wait_s: float
    asked_s: float = 0.0


@dataclass(frozen=True, slots=True)
class WaitRateLimit:
    """Try again in `wait_s`; nothing is used up."""

    wait_s: float


@dataclass(frozen=True, slots=True)
class CutAndRetry:
    """Shorten the prompt and try again at once; nothing is used up, and it happens once per event."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Nobody's call can succeed now: stop calling, keep the event. `retry_after_s` is the provider's own wish.

    `in_vain` says that the event was tried for that: it has had all its attempts or time, or is one of many in a row.
    """

    cause: PauseCause
    retry_after_s: float | None = None
    in_vain: bool = False


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It is this event's fault, for good."""

    reason: DeadLetterReason


Decision = RetryAfter | WaitRateLimit | CutAndRetry | Pause | GiveUp


# ---- the policy as data


class Transient(StrEnum):
    """The row that depends on history: try again with backoff while attempts and time last."""

    TRY_AGAIN = "try_again"


class RateLimit(StrEnum):
    """Wait as long as it takes."""

    WAIT = "wait"


class Oversize(StrEnum):
    """Cut once."""

    CUT = "cut"


class Unexplained(StrEnum):
    """The event's fault, unless events one after the other meet the same."""

    ASK_THE_OTHERS = "ask_the_others"


Row = Transient | RateLimit | Oversize | Unexplained | PauseCause | DeadLetterReason

ROWS: Final[Mapping[FailureKind, Row]] = {
    FailureKind.RATE_LIMITED: RateLimit.WAIT,
    # An account, a key, a region, a base URL: the same for every event, and only a person can change it.
    FailureKind.QUOTA_EXHAUSTED: PauseCause.QUOTA,
    FailureKind.UNAUTHORISED: PauseCause.UNAUTHORISED,
    FailureKind.FORBIDDEN: PauseCause.FORBIDDEN,
    FailureKind.REDIRECTED: PauseCause.REDIRECTED,
    # Model and path come from the settings. The night a model retires, each event would be a dead letter otherwise.
    FailureKind.NOT_FOUND: PauseCause.NOT_FOUND,
    # A certificate, an authority or a version of TLS. Tried again it would look like an outage, and nobody would come.
    FailureKind.TLS: PauseCause.TLS,
    # Every event's request has the same parameters; one that is not taken is not taken of anybody.
    FailureKind.UNSUPPORTED: PauseCause.UNSUPPORTED,
    # Usually what the event says. But a server that dislikes a parameter and has no code for it answers the same way.
    FailureKind.BAD_REQUEST: Unexplained.ASK_THE_OTHERS,
    FailureKind.UNPROCESSABLE: Unexplained.ASK_THE_OTHERS,
    # The provider says in so many words that it is this prompt.
    FailureKind.CONTENT_FILTERED: DeadLetterReason.CONTENT_FILTER,
    FailureKind.CONTEXT_TOO_LONG: Oversize.CUT,
    # May pass by itself; whose fault it is if it does not, the others' calls tell.
    FailureKind.SERVER_ERROR: Transient.TRY_AGAIN,
    FailureKind.TIMEOUT: Transient.TRY_AGAIN,
    FailureKind.CONNECTION: Transient.TRY_AGAIN,
    FailureKind.MALFORMED: Transient.TRY_AGAIN,
}


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long one event is tried.

    `attempt_timeout_s` is the deadline of one attempt; the rest are bounds of the full-jitter backoff
    (uniform between nothing and `base * 2 ** (attempt - 1)`, capped), which spreads retries best of the known ones.
    """

    max_attempts: int = 6
    max_elapsed_s: float = 120.0
    attempt_timeout_s: float = 60.0
    backoff_base_s: float = 0.5
    backoff_cap_s: float = 20.0
    # A refused call without a Retry-After waits in this range: a minute's bucket has refilled noticeably by then.
    rate_limit_base_s: float = 1.0
    rate_limit_cap_s: float = 60.0
    # Waiters that were all told the same Retry-After spread over a quarter of it more, so that they do not come back
    # as the same burst that was refused.
    rate_limit_spread: float = 0.25
    # So many other events in a row that were refused without an explanation, and no answer to anybody between, make it
    # the request's fault that is the same in all of them. Among events of which one in a hundred is refused for what
    # it says that is one in ten thousand, and costs a short pause.
    refused_alike: int = 2
    # What the provider may ask of one event beyond the event's own time, in sum since the last pause. Six attempts with
    # a Retry-After of ten minutes each would hold a partition for an hour while everybody else is served; with one of
    # three minutes, as servers that shed load ask for, all six are made.
    max_asked_s: float = 900.0
    # So many other events in a row that failed, and no word of the provider to anybody for so long, are an outage
    # before anybody has used up its attempts: with attempts of 60 s nobody has for two minutes, and where 256 that are
    # never answered try one after the other, nobody has for ten. Not without the silence: when a proxy restarts, all
    # connections break in one moment, and the next attempts are answered.
    unanswered: int = 4
    silence_s: float = 10.0

    def __post_init__(self) -> None:
        """Refuse a policy that could not end or could not begin."""
        if self.max_attempts < 1 or self.max_elapsed_s <= 0 or self.attempt_timeout_s <= 0:
            raise ValueError("a retry policy needs at least one attempt and time for it")

    def decide(  # noqa: PLR0911, PLR0913 -- one return per row, one value per fact that a row depends on
        self,
        failure: CompletionFailure,
        attempt: int,
        elapsed_s: float,
        recent: RecentCalls,
        jitter: float,
        *,
        refusals: int = 1,
        was_cut: bool = False,
        probed: PauseCause | None = None,
        asked_s: float = 0.0,
    ) -> Decision:
        """Decide what follows `failure`.

        `attempt` counts this event's failed attempts, this one included, and `elapsed_s` the seconds spent on them,
        both without rate limits, both since the last pause. `recent` are the other events' calls. `jitter` is uniform
        in [0, 1). `refusals` counts rate limits in a row, this one included; `was_cut` says that the prompt has been
        shortened before. `probed` is the pause whose probe the call was. `asked_s` sums what the provider has asked for
        before and got (`RetryAfter.asked_s`), since the last pause.
        """
        row = ROWS[failure.kind]
        match row:
            case RateLimit():
                return WaitRateLimit(self._rate_limit_wait_s(failure.retry_after_s, refusals, jitter))
            case Oversize():
                return GiveUp(DeadLetterReason.CONTEXT_TOO_LONG) if was_cut else CutAndRetry()
            case Unexplained():
                # A probe is given up all the same: during a pause no event is begun, so that one which is refused for
                # what it says could wait for ever for another that is answered. It costs an event a pause at most.
                if recent.refused_alike >= self.refused_alike and probed is not PauseCause.REFUSED:
                    return Pause(PauseCause.REFUSED, failure.retry_after_s)
                return GiveUp(DeadLetterReason.PROVIDER_ERROR)
            case PauseCause():
                return Pause(row, failure.retry_after_s)
            case DeadLetterReason():
                return GiveUp(row)
            case Transient():
                left_s = self.max_elapsed_s - elapsed_s if attempt < self.max_attempts else 0.0
                backoff_s = jitter * _doubled(self.backoff_base_s, attempt, self.backoff_cap_s)
                return self._after_transient(
                    failure.retry_after_s, backoff_s, left_s, self.max_asked_s - asked_s, recent
                )

    def _after_transient(
        self, asked_s: float | None, backoff_s: float, left_s: float, left_to_ask_s: float, recent: RecentCalls
    ) -> RetryAfter | Pause | GiveUp:
        wait_s = backoff_s + (asked_s or 0.0)
        # A Retry-After beyond the longest wait of our own is the provider's word about itself. If it serves the others
        # all the same (it sheds load), only this event waits, and not on its own time: it would be given up for it.
        asked_long_s = asked_s if asked_s is not None and asked_s > self.backoff_cap_s else 0.0
        # A wait that would end after the time is not begun: its attempt could no longer be made.
        used_up = wait_s - asked_long_s >= left_s or asked_long_s > left_to_ask_s
        if used_up and recent.mostly_succeed:
            return GiveUp(DeadLetterReason.PROVIDER_ERROR)
        silent = recent.unanswered >= self.unanswered and recent.silent_s >= self.silence_s
        if used_up or silent or (asked_long_s and not recent.mostly_succeeded_lately):
            return Pause(PauseCause.OUTAGE, asked_s, in_vain=used_up or silent)
        return RetryAfter(wait_s, asked_long_s)

    def _rate_limit_wait_s(self, floor_s: float | None, refusals: int, jitter: float) -> float:
        ceiling_s = _doubled(self.rate_limit_base_s, refusals, self.rate_limit_cap_s)
        if floor_s is not None:
            return floor_s + jitter * max(ceiling_s, self.rate_limit_spread * floor_s)
        # Half of it for certain: a full jitter could come back at once, which a rate limit answers with a refusal.
        return ceiling_s * (1 + jitter) / 2


def _doubled(base_s: float, times: int, cap_s: float) -> float:
    """`base_s`, doubled with each of `times` after the first. The exponent is bounded: 2.0 ** 1024 overflows."""
    return min(cap_s, base_s * 2.0 ** min(max(times, 1) - 1, 32))
