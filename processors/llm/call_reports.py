"""What the caller tells: of an answer, of one request, of the provider, and of an event that cannot be answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from processors.llm.retry_policy import GiveUp, Pause
from schemas.errors import DataFault, Dependency, DependencyFault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from processors.llm.asking import AskHistory
    from processors.llm.breaker import BreakerState
    from processors.llm.limits import LimitsState
    from processors.llm.provider import Completion, CompletionFailure, Usage
    from processors.llm.retry_policy import Decision, PauseCause
    from schemas.outcomes import DeadLetterReason

STAGE = "llm"


@dataclass(frozen=True, slots=True)
class Answered:
    """A validated answer, and what it took.

    `usage` sums all calls of this asking, rejected answers included: they are billed. `attempts` counts the requests
    that were sent. `latency_ms` is the time spent in calls, without waits.
    """

    answer: BaseModel
    completion: Completion
    attempts: int
    usage: Usage
    latency_ms: int


@dataclass(frozen=True, slots=True)
class CallReport:
    """One request and how it ended, for metrics.

    `outcome` is "ok", an `AnswerFlaw` or a `FailureKind`: a closed list, fit for a label. `latency_s` is seconds.
    """

    model: str
    outcome: str
    usage: Usage
    latency_s: float
    provider_request_id: str | None


@dataclass(frozen=True, slots=True)
class CallerState:
    """How the provider stands, for the body of `/readyz` and for metrics.

    `cause` is None unless calls are paused; `waiting` callers stand before the breaker, `queued` before the limits of
    the account, whose state is told by model; `in_flight` requests are sent and not answered.
    """

    provider: str
    breaker: BreakerState
    cause: PauseCause | None
    waiting: int
    queued: int = 0
    in_flight: int = 0
    limits: Mapping[str, LimitsState] = field(default_factory=dict)


class AskFault(DataFault):
    """This event cannot be answered; `attempts` requests were sent for it and `usage` is what they cost."""

    def __init__(self, reason: DeadLetterReason, detail: str, *, attempts: int, usage: Usage) -> None:
        """See `DataFault`."""
        super().__init__(reason, detail, stage=STAGE)
        self.attempts = attempts
        self.usage = usage


def fault_of(
    decision: Decision | None, failure: CompletionFailure, history: AskHistory
) -> AskFault | DependencyFault | None:
    """What an asking ends with that `decision` ends; None where it was to go on.

    That happens if stamina was told from outside to retry nothing (its test mode): the failure says what happened.
    """
    match decision:
        case GiveUp(reason):
            return AskFault(reason, str(failure), attempts=history.sent, usage=history.usage)
        case Pause(cause, retry_after_s):
            detail = f"{cause}: {failure}"
            return DependencyFault(Dependency.PROVIDER, detail, retry_after_s=retry_after_s, alarm=cause.alarm)
        case _:
            return None
