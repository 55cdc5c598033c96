"""What the runs of one enrich worker share, and the two ways in which a run stops without an ending of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

    from processors.enrichment import Enrichment
    from processors.llm.caller import Caller
    from processors.llm.purse import Purse
    from schemas.codec import EventReader, InsightWriter
    from schemas.events import CrmEvent
    from schemas.outcomes import Skipped
    from streams.delivery.dedupe.dedupe_state import DedupeState
    from streams.delivery.dedupe.record_states import RecordStates
    from streams.delivery.delivered import Delivered
    from streams.delivery.ended_here import EndedHere
    from streams.delivery.in_flight import InFlight
    from streams.delivery.offset_gate import Partition
    from streams.delivery.ownership import Ownership
    from streams.delivery.pauses import Pauses
    from streams.delivery.publisher import Publisher
    from streams.delivery.slots import Slots
    from streams.delivery.stages import Stages
    from streams.enrich.kept_answers import KeptAnswers
    from streams.observability.telemetry import Telemetry
    from streams.settings.model import TopicNames

ClaimKey = tuple["Partition", bytes | None, str]


class NoLongerOurs(Exception):  # noqa: N818 - not an error: another worker ends the event
    """The partition went elsewhere, or this process is leaving; the event is delivered to somebody again."""


class AlreadyEnded(Exception):  # noqa: N818 - not an error: there is nothing to do
    """This very delivery has ended before, and has been counted then."""


class EndedElsewhere(Exception):  # noqa: N818 - not an error: nothing is left to ask
    """Another worker has ended the event while this one waited to ask about it; `skipped` says so."""

    def __init__(self, skipped: Skipped) -> None:
        """Hold what it ends as here."""
        super().__init__()
        self.skipped = skipped


@dataclass(frozen=True, slots=True)
class EventContext:
    """What the runs of one worker share."""

    topics: TopicNames
    events_topic_id: str
    reader: EventReader
    writer: InsightWriter
    enrichment: Enrichment
    caller: Caller
    purse: Purse
    state: DedupeState
    records: RecordStates
    in_flight: InFlight[ClaimKey]
    ended_here: EndedHere
    ownership: Ownership
    pauses: Pauses
    slots: Slots
    stages: Stages
    kept_answers: KeptAnswers
    leaving: asyncio.Event
    """Set when this process is on its way out: waits that are no call under way end, and their events are given up."""
    publisher: Publisher | None
    """None in shadow mode: everything but publishing and committing."""
    telemetry: Telemetry
    partitions: int
    """How many partitions the events topic has, to see whether a key lies where it belongs."""


def place_of(delivery: Delivered, event: CrmEvent | None = None) -> dict[str, Any]:
    """Where a delivery stands, for a log line: nothing of its content."""
    place: dict[str, Any] = {
        "topic": delivery.partition.topic,
        "partition": delivery.partition.partition,
        "offset": delivery.offset,
    }
    if event is not None:
        place["event_id"] = event.event_id
    return place
