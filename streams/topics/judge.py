"""What is wrong with the topics of a cluster: a pure judgement over gathered facts, each finding with its remedy."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from streams.topics.sources import SourceTopics
from streams.topics.spec import (
    COMPACT,
    DAY_MS,
    DEFAULT_PARTITIONS,
    MIN_REPLICAS_FOR_QUORUM,
    TOPICS,
    UNLIMITED,
    TopicSpec,
    name_of,
    wanted_config,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from streams.settings.model import Settings


class Severity(StrEnum):
    """ERROR: a worker refuses to start, because events or insights would be lost. WARNING: it starts."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with `topic`, and the exact command or setting that mends it."""

    severity: Severity
    topic: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.topic} {self.problem} {self.remedy}"


@dataclass(frozen=True, slots=True)
class TopicFacts:
    """What the cluster said about a topic that exists.

    `config` is None where it could not be asked, with the reason in `not_asked`. `replicas` is the least of all
    partitions'.
    """

    partitions: int
    replicas: int
    config: Mapping[str, str] | None = field(default_factory=dict)
    not_asked: str = ""


def judge(settings: Settings, facts: Mapping[str, TopicFacts]) -> tuple[Finding, ...]:
    """Every finding over `facts`, which has an entry for each topic that exists; errors stand first."""
    found = [*_each_topic(settings, facts), *_partition_counts(settings, facts), *_horizon(settings, facts)]
    found += _source_topics(settings, facts)
    return tuple(sorted(found, key=lambda finding: finding.severity is not Severity.ERROR))


def _each_topic(settings: Settings, facts: Mapping[str, TopicFacts]) -> Iterator[Finding]:
    for spec in TOPICS:
        name = name_of(spec, settings)
        topic = facts.get(name)
        if topic is None:
            yield Finding(Severity.ERROR, name, "does not exist.", "Run `crm-insights topics create`.")
            continue
        yield from _replication(settings, name, topic)
        if topic.config is None:
            problem = f"could not be asked for its configuration ({topic.not_asked})."
            remedy = "Allow DESCRIBE_CONFIGS on it, or see to it yourself: " + _as_text(wanted_config(spec, 1)) + "."
            yield Finding(Severity.WARNING, name, problem, remedy)
        else:
            yield from _configuration(spec, name, topic.config)


def _configuration(spec: TopicSpec, name: str, config: Mapping[str, str]) -> Iterator[Finding]:
    severity = Severity.ERROR if spec.strict else Severity.WARNING
    cleanup = frozenset(config.get("cleanup.policy", "delete").replace(" ", "").split(",")) - {""}
    if cleanup != spec.cleanup:
        wanted = ",".join(sorted(spec.cleanup))
        yield Finding(
            severity,
            name,
            f"has cleanup.policy={','.join(sorted(cleanup))}; {_cleanup_loss(spec, cleanup)}",
            _alter(name, **{"cleanup.policy": f"[{wanted}]" if "," in wanted else wanted}),
        )
    if config.get("message.timestamp.type", "CreateTime") != "LogAppendTime":
        problem = "has message.timestamp.type=CreateTime; records that a producer stamps with an old time are deleted "
        yield Finding(severity, name, problem + "unread.", _alter(name, **{"message.timestamp.type": "LogAppendTime"}))
    limit = _number(config, "retention.bytes")
    if limit != UNLIMITED:
        problem = f"has retention.bytes={limit}; records are deleted by size before their time."
        yield Finding(severity, name, problem, _alter(name, **{"retention.bytes": "-1"}))
    retention = _number(config, "retention.ms")
    if not spec.outlasts_events and UNLIMITED < retention < spec.retention_ms:
        # Longer is the operator's choice.
        problem = f"keeps its records for {_days(retention)}, less than {_days(spec.retention_ms)}"
        problem += "; an outage that lasts longer loses what has not been read." if spec.strict else "."
        yield Finding(severity, name, problem, _alter(name, **{"retention.ms": str(spec.retention_ms)}))


def _cleanup_loss(spec: TopicSpec, cleanup: frozenset[str]) -> str:
    if "compact" in cleanup - spec.cleanup:
        return "compaction removes all but the last record of a key, read or not."
    if spec.cleanup == COMPACT:
        return "what was spent is forgotten with the records that tell it."
    if "delete" not in cleanup:
        return "its records are never deleted, and the state of the workers grows with them."
    return f"it must be {','.join(sorted(spec.cleanup))}."


def _replication(settings: Settings, name: str, topic: TopicFacts) -> Iterator[Finding]:
    wanted = settings.kafka.replication_factor
    if topic.replicas < wanted:
        yield Finding(
            Severity.WARNING,
            name,
            f"has {topic.replicas} copies, less than CRM_INSIGHTS_KAFKA__REPLICATION_FACTOR={wanted}.",
            "Add copies with kafka-reassign-partitions.sh, or set it to what you mean "
            f"(CRM_INSIGHTS_KAFKA__REPLICATION_FACTOR={topic.replicas}).",
        )
    if topic.config is None or "min.insync.replicas" not in topic.config:
        return
    insync = _number(topic.config, "min.insync.replicas")
    if insync > topic.replicas:
        problem = f"has min.insync.replicas={insync} and {topic.replicas} copies; nothing can be written to it."
        yield Finding(
            Severity.ERROR, name, problem, _alter(name, **{"min.insync.replicas": f"{max(1, topic.replicas - 1)}"})
        )
    elif topic.replicas >= MIN_REPLICAS_FOR_QUORUM and insync < 2:  # noqa: PLR2004 - two copies
        problem = f"has min.insync.replicas={insync}; what one broker alone has acknowledged is lost with its disk."
        yield Finding(Severity.WARNING, name, problem, _alter(name, **{"min.insync.replicas": "2"}))


def _partition_counts(settings: Settings, facts: Mapping[str, TopicFacts]) -> Iterator[Finding]:
    names = settings.topics
    events, insights = facts.get(names.events), facts.get(names.insights)
    if events is None or insights is None or events.partitions == insights.partitions:
        return
    yield Finding(
        Severity.ERROR,
        names.insights,
        f"has {insights.partitions} partitions and {names.events} has {events.partitions}; with unequal counts the "
        "marks of finished events lie where the worker of those events does not look.",
        f"If {names.insights} is empty: kafka-topics.sh --bootstrap-server ... --delete --topic {names.insights}, then "
        f"`crm-insights topics create --partitions {events.partitions}`. Otherwise create both under new names "
        "(CRM_INSIGHTS_TOPICS__EVENTS, CRM_INSIGHTS_TOPICS__INSIGHTS) and let the producers move.",
    )


def _horizon(settings: Settings, facts: Mapping[str, TopicFacts]) -> Iterator[Finding]:
    names = settings.topics
    events, insights = facts.get(names.events), facts.get(names.insights)
    if events is None or insights is None or events.config is None or insights.config is None:
        return
    kept, remembered = _number(events.config, "retention.ms"), _number(insights.config, "retention.ms")
    if remembered == UNLIMITED:
        if "delete" in insights.config.get("cleanup.policy", ""):
            yield Finding(
                Severity.WARNING,
                names.insights,
                "keeps its records for ever; the state of the workers grows without end.",
                _alter(names.insights, **{"retention.ms": str(14 * DAY_MS)}),
            )
    elif kept == UNLIMITED:
        yield Finding(
            Severity.ERROR,
            names.events,
            f"keeps its records for ever and {names.insights} for {_days(remembered)}; events older than that are read "
            "and paid for again when their offsets are reset.",
            _alter(names.events, **{"retention.ms": str(max(DAY_MS, remembered - DAY_MS))}),
        )
    elif remembered < kept + DAY_MS:
        yield Finding(
            Severity.ERROR,
            names.insights,
            f"keeps its records for {_days(remembered)} and {names.events} for {_days(kept)}; it must be at least one "
            "day more, or an event can outlive the mark that says it is done, and is read and published again.",
            _alter(names.insights, **{"retention.ms": str(max(14 * DAY_MS, kept + DAY_MS))}),
        )


def _source_topics(settings: Settings, facts: Mapping[str, TopicFacts]) -> Iterator[Finding]:
    for name in SourceTopics(settings).named:
        if name not in facts:
            yield Finding(
                Severity.WARNING,
                name,
                "is a source topic and does not exist.",
                f"Its connector makes it; if the name is wrong, correct it in CRM_INSIGHTS_SOURCES. To make it: "
                f"kafka-topics.sh --bootstrap-server ... --create --topic {name} --partitions {DEFAULT_PARTITIONS}.",
            )


def _alter(name: str, **config: str) -> str:
    return (
        "Run: kafka-configs.sh --bootstrap-server ... --alter --entity-type topics "
        f"--entity-name {name} --add-config {_as_text(config)}"
    )


def _as_text(config: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in config.items())


def _number(config: Mapping[str, str], name: str) -> int:
    # What a broker does not tell has Kafka's default: a week, and no limit by size.
    return int(config.get(name, 7 * DAY_MS if name == "retention.ms" else UNLIMITED))


def _days(milliseconds: int) -> str:
    return f"{milliseconds / DAY_MS:.3g} d"
