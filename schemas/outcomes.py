"""How a change event ends: exactly one of an insight, a skip or a dead letter, each with a reason of a closed list."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemas.errors import DataFault
    from schemas.insights import CrmInsight


class SkipReason(StrEnum):
    """Why an event rightly ends without a call."""

    DUPLICATE = "duplicate"
    UNCHANGED = "unchanged"
    STALE = "stale"
    OWN_WRITE = "own_write"
    SNAPSHOT = "snapshot"
    NO_KIND = "no_kind"
    NO_CONTENT = "no_content"
    CONTROL = "control"
    TOMBSTONE = "tombstone"
    TEST_EVENT = "test_event"


class DeadLetterReason(StrEnum):
    """Why an event can never become an insight as it is."""

    UNDECODABLE = "undecodable"
    UNKNOWN_SCHEMA = "unknown_schema"
    NO_IDENTITY = "no_identity"
    OVERSIZED = "oversized"
    MODEL_REFUSED = "model_refused"
    CONTENT_FILTER = "content_filter"
    OUTPUT_TRUNCATED = "output_truncated"
    INVALID_ANSWER = "invalid_answer"
    PROVIDER_ERROR = "provider_error"
    CONTEXT_TOO_LONG = "context_too_long"
    BUDGET_EXCEEDED = "budget_exceeded"
    POISON = "poison"
    INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True, slots=True)
class Insight:
    """The event was read: `insight` is what is published."""

    insight: CrmInsight


@dataclass(frozen=True, slots=True)
class Skipped:
    """The event needs no reading, for `reason`; `detail` says more to people, without customer text."""

    reason: SkipReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """The event can never be read; `stage` found out, `detail` is safe in headers and logs."""

    reason: DeadLetterReason
    stage: str
    detail: str
    exception: str = ""
    attempts: int = 0

    @classmethod
    def of(cls, fault: DataFault, *, attempts: int = 0) -> DeadLetter:
        """Turn a fault into the ending that it means."""
        return cls(fault.reason, fault.stage, fault.detail, type(fault).__name__, attempts)


Outcome = Insight | Skipped | DeadLetter
