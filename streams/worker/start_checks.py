"""What must hold before a worker takes its first event: topics, their ids, and where a new group begins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from confluent_kafka import Consumer, KafkaException, TopicPartition

from schemas.errors import CrmInsightsError
from streams.kafka_clients import CONNECT_TIMEOUT_S, BrokerComplaints, client_config, unreachable
from streams.topics import Finding, Severity, TopicFacts, judge
from streams.topics.admin import TopicAdmin
from streams.topics.spec import DAY_MS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from streams.settings import Settings

log = structlog.get_logger()

INSIGHTS_RETENTION_MS = 14 * DAY_MS
FOR_EVER_MS = 100 * 365 * DAY_MS


class TopicsRefusedError(CrmInsightsError):
    """The topics are such that events or insights would be lost or doubled; the message names each remedy."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Hold the findings that are errors."""
        super().__init__("\n".join(["the topics are not fit for a worker:", *(f"  {finding}" for finding in findings)]))


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """What a worker must know of the cluster.

    `partitions` are those of `crm.events`; `sources` is every source topic with its adapter's name; topic
    ids are empty where the cluster does not tell. `horizon_ms` is how long marks are kept: as long as their insights.
    """

    partitions: int
    events_topic_id: str
    insights_topic_id: str
    horizon_ms: int
    sources: Mapping[str, str] = field(default_factory=dict)


def inspect_cluster(settings: Settings) -> ClusterFacts:
    """Check the topics and gather what the worker needs. Blocks.

    Raises TopicsRefusedError, BrokerUnreachable. What cannot be asked is a warning in the log.
    """
    admin = TopicAdmin(settings)
    facts = admin.facts()
    findings = judge(settings, facts)
    for finding in findings:
        if finding.severity is Severity.WARNING:
            log.warning("topic_warning", topic=finding.topic, problem=finding.problem, remedy=finding.remedy)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise TopicsRefusedError(errors)
    events, insights = settings.topics.events, settings.topics.insights
    identities = admin.identities([events, insights])
    return ClusterFacts(
        partitions=facts[events].partitions,
        events_topic_id=identities[events].topic_id if events in identities else "",
        insights_topic_id=identities[insights].topic_id if insights in identities else "",
        horizon_ms=_horizon_ms(facts[insights]),
        sources=admin.sources(),
    )


def _horizon_ms(insights: TopicFacts) -> int:
    """The retention of the insights topic; what `topics create` makes it where the cluster does not tell."""
    told = int((insights.config or {}).get("retention.ms", INSIGHTS_RETENTION_MS))
    # Kept for ever means remembered for ever.
    return told if told >= 0 else FOR_EVER_MS


def begin_where_asked(settings: Settings, group_id: str, topics: Sequence[str]) -> None:
    """Commit KAFKA__START_FROM for the partitions of `topics` where `group_id` has no committed offset. Blocks.

    Faust must run with `earliest` (see `create_app`), and a first start on an old topic would read, and pay for, all of
    it. Committing before the start says where to begin. With `earliest` nothing is written. A group that is running
    refuses the commit; it has begun already, so that is only logged. Raises BrokerUnreachable.
    """
    start_from = settings.kafka.start_from
    if start_from == "earliest":
        return
    complaints = BrokerComplaints()
    config = client_config(settings.kafka) | {"group.id": group_id, "enable.auto.commit": False, "error_cb": complaints}
    consumer = Consumer(config)
    try:
        fresh = _without_commit(consumer, topics)
        offsets = [_start_offset(consumer, partition, start_from) for partition in fresh]
        if offsets:
            consumer.commit(offsets=offsets, asynchronous=False)
            log.info("begins_at", group=group_id, start_from=str(start_from), partitions=len(offsets))
    except KafkaException as error:
        if (fault := unreachable(error, settings.kafka, complaints)) is not None:
            raise fault from error
        log.warning("start_offsets_not_committed", group=group_id, answer=error.args[0].name())
    finally:
        consumer.close()


def _without_commit(consumer: Consumer, topics: Iterable[str]) -> list[TopicPartition]:
    partitions = [
        TopicPartition(topic, number)
        for topic in topics
        for number in consumer.list_topics(topic, timeout=CONNECT_TIMEOUT_S).topics[topic].partitions
    ]
    if not partitions:
        # A source topic that its connector has not made yet.
        return []
    committed = consumer.committed(partitions, timeout=CONNECT_TIMEOUT_S)
    return [TopicPartition(known.topic, known.partition) for known in committed if known.offset < 0]


def _start_offset(consumer: Consumer, partition: TopicPartition, start_from: datetime | str) -> TopicPartition:
    _, end = consumer.get_watermark_offsets(partition, timeout=CONNECT_TIMEOUT_S)
    if isinstance(start_from, str):
        return TopicPartition(partition.topic, partition.partition, end)
    asked = TopicPartition(partition.topic, partition.partition, int(start_from.timestamp() * 1000))
    (found,) = consumer.offsets_for_times([asked], timeout=CONNECT_TIMEOUT_S)
    # No record is younger than the moment: begin with the next one.
    return TopicPartition(partition.topic, partition.partition, found.offset if found.offset >= 0 else end)
