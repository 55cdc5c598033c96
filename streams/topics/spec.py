"""The topics as data: what each holds, how it is cleaned up, who writes it, and what `topics create` makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.settings.model import Settings

DAY_MS: Final = 86_400_000
DEFAULT_PARTITIONS: Final = 12
"""Divisible among 1, 2, 3, 4, 6 and 12 workers. The count cannot grow later, and one worker reads 12 as well as 1."""

MIN_REPLICAS_FOR_QUORUM: Final = 3
"""From three copies on, a write must reach two of them; with two, one dead broker would stop every write."""

UNLIMITED: Final = -1
"""Kafka's word for no limit, in retention.ms and retention.bytes."""


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """One topic of ours.

    `field` is the name of its setting below TOPICS; `partitions` a fixed count, or None for that of the events topic;
    `config` what it is made with beside that. `strict` is true where another clean-up, a shorter retention or another
    time stamp loses events or insights, and not only records that someone might want to look at. `outlasts_events` says
    that its retention is measured by that of the events topic, whatever that is.
    """

    field: str
    holds: str
    cleanup: frozenset[str]
    retention_ms: int
    written_by: str
    partitions: int | None = None
    strict: bool = False
    outlasts_events: bool = False
    config: tuple[tuple[str, str], ...] = ()


DELETE = frozenset({"delete"})
COMPACT = frozenset({"compact"})
COMPACT_DELETE = frozenset({"compact", "delete"})

# A worker writes to the ledger each second and reads all of it at its start. Kafka compacts closed segments only, and
# its own are closed at 1 GB or after a week: millions of records that say nothing any more.
_COMPACTED_OFTEN = (
    ("segment.bytes", "16777216"),
    ("segment.ms", "3600000"),
    ("min.cleanable.dirty.ratio", "0.1"),
)

TOPICS: Final = (
    TopicSpec("events", "change events", DELETE, 7 * DAY_MS, "intake, native producers", strict=True),
    # Longer than the events': a mark must outlive the last event that it answers for.
    TopicSpec(
        "insights", "insights and marks", COMPACT_DELETE, 14 * DAY_MS, "enrich", strict=True, outlasts_events=True
    ),
    # Few partitions: dead letters are rare, and people read them.
    TopicSpec("dead_letters", "dead letters", DELETE, 30 * DAY_MS, "intake, enrich", partitions=3),
    # The sender was told that it is kept, and sends it no second time.
    TopicSpec("webhooks", "web hooks as received", DELETE, 7 * DAY_MS, "web", strict=True),
    TopicSpec("refetch", "records to be fetched again", COMPACT_DELETE, 7 * DAY_MS, "intake"),
    # One partition: that its records have one order is what keeps budgets from being passed.
    TopicSpec(
        "spend",
        "budgets and what is taken of them",
        COMPACT,
        UNLIMITED,
        "enrich",
        1,
        strict=True,
        config=_COMPACTED_OFTEN,
    ),
)


@dataclass(frozen=True, slots=True)
class PlannedTopic:
    """A topic as it is to be made."""

    name: str
    spec: TopicSpec
    partitions: int
    replication_factor: int
    config: Mapping[str, str]


def name_of(spec: TopicSpec, settings: Settings) -> str:
    """The name that the settings give to a topic."""
    name: str = getattr(settings.topics, spec.field)
    return name


def plan(settings: Settings, partitions: int) -> tuple[PlannedTopic, ...]:
    """Every topic as `topics create` makes it, with `partitions` for events, insights and all that follow them."""
    copies = settings.kafka.replication_factor
    return tuple(
        PlannedTopic(
            name=name_of(spec, settings),
            spec=spec,
            partitions=spec.partitions or partitions,
            replication_factor=copies,
            config=wanted_config(spec, copies),
        )
        for spec in TOPICS
    )


def wanted_config(spec: TopicSpec, replication_factor: int) -> dict[str, str]:
    """The topic's configuration, each value set even where it is a broker's usual default: brokers differ."""
    config = {
        # In this order: Kafka 4 takes either, but shows what it was given.
        "cleanup.policy": ",".join(sorted(spec.cleanup)),
        "retention.ms": str(spec.retention_ms),
        "retention.bytes": str(UNLIMITED),
        # With CreateTime a record stamped 30 days ago is deleted unread within seconds.
        "message.timestamp.type": "LogAppendTime",
    }
    config |= dict(spec.config)
    if replication_factor >= MIN_REPLICAS_FOR_QUORUM:
        config["min.insync.replicas"] = "2"
    return config
