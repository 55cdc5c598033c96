"""What a run leaves behind, as plain values: all that the checker looks at."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class EventSeen:
    """A change event as it stands on the events topic; copies that the source sent again stand there too."""

    partition: int
    offset: int
    event_id: str
    record: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class InsightSeen:
    """An insight as it stands on the insights topic; `at_ms` is when the broker appended it."""

    partition: int
    offset: int
    event_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Commit:
    """The group's offset of one partition, as the group's coordinator wrote it down."""

    at_ms: int
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Sample:
    """Where a group stood: asked at `at_s` (epoch) for its committed offsets, and for the ends of both topics after.

    All by partition number. What was finished when the offsets were read lies before `insight_ends`.
    """

    at_s: float
    committed: Mapping[int, int]
    insight_ends: Mapping[int, int]
    event_ends: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Call:
    """One call to the model, by the provider's own log. `status` is None where the caller went away first."""

    event_id: str
    caller: str
    started_s: float
    ended_s: float
    status: int | None

    @property
    def costs(self) -> bool:
        """Whether a provider would charge for it: it has answered, or was working on it when the caller went away."""
        return self.status in {None, 200}


class Leaving(StrEnum):
    """How a worker process came to its end."""

    KILL = "kill"
    STOP = "stop"
    EXIT = "exit"


@dataclass(frozen=True, slots=True)
class Departure:
    """The end of one worker process, named as in the calls: the kill, the SIGTERM, or the end by itself.

    `gone_s` is when the process was gone: after a SIGTERM it goes on for a while with what it has begun.
    """

    caller: str
    at_s: float
    how: Leaving
    gone_s: float


@dataclass(frozen=True)
class Evidence:
    """Everything of one run. `acknowledged` are the event ids that the producer was told to be durable."""

    events: Sequence[EventSeen]
    insights: Sequence[InsightSeen]
    acknowledged: Sequence[str] = ()
    dead_letters: Sequence[str] = ()
    samples: Sequence[Sample] = ()
    commits: Sequence[Commit] = ()
    calls: Sequence[Call] = ()
    departures: Sequence[Departure] = ()
    load_ended_s: float = 0.0
    notes: Sequence[str] = field(default_factory=tuple)
