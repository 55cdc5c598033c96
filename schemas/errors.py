"""The two ways in which handling an event can fail, because callers do two different things.

CrmInsightsError
├── DataFault            this event can never succeed: dead-letter it and go on
└── DependencyFault      nobody's event can succeed now: pause, keep the event, try again
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemas.outcomes import DeadLetterReason


class Dependency(StrEnum):
    """What an event may wait for; a label of `crm_insights_paused`."""

    BROKER = "broker"
    REGISTRY = "registry"
    PROVIDER = "provider"
    BUDGET = "budget"


class CrmInsightsError(Exception):
    """Base of everything that crm-insights raises on purpose."""


class DataFault(CrmInsightsError):  # noqa: N818 - the field's own word for it; what is wrong is the data
    """This event can never succeed.

    `detail` says what is wrong in words that are safe in logs and headers: field names, sizes, types; never a value
    that a customer or a model wrote.
    """

    def __init__(self, reason: DeadLetterReason, detail: str, *, stage: str) -> None:
        """Name the `reason` from the closed list, the `stage` that found it, and a `detail` without customer text."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.stage = stage


class DependencyFault(CrmInsightsError):  # noqa: N818 - as above
    """Nobody's event can succeed now; the event keeps its place and is tried again.

    `alarm` is true where waiting alone will not mend it (a wrong key, an exhausted quota) and a person must act.
    """

    def __init__(
        self, dependency: Dependency, detail: str, *, retry_after_s: float | None = None, alarm: bool = False
    ) -> None:
        """Name the `dependency`, what it said (no customer text), and when it asked to be tried again, in seconds."""
        super().__init__(f"{dependency}: {detail}")
        self.dependency = dependency
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.alarm = alarm


class ProcessLeaving(Exception):  # noqa: N818 - not an error: the event is left to its next owner
    """Nobody waits for a slot, a turn or money any more; what was waited for was not done."""
