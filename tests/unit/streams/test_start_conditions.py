"""What must hold before a worker takes its first event, judged without a broker."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from streams.errors import BrokerUnreachable
from streams.settings import Settings
from streams.topics import TopicFacts, plan
from streams.topics.admin import TopicIdentity
from streams.worker import start_checks
from streams.worker.start_checks import (
    INSIGHTS_RETENTION_MS,
    ClusterFacts,
    TopicsRefusedError,
    begin_where_asked,
    inspect_cluster,
)

if TYPE_CHECKING:
    import io
    from collections.abc import Sequence

MOMENT = datetime(2026, 11, 1, tzinfo=UTC)
MOMENT_MS = 1_793_491_200_000


def right_topics() -> dict[str, TopicFacts]:
    return {t.name: TopicFacts(t.partitions, t.replication_factor, dict(t.config)) for t in plan(Settings(), 12)}


@dataclass
class Cluster:
    """What the admin client would find."""

    topics: dict[str, TopicFacts]
    topic_id: str = "an-id"


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    found = Cluster(right_topics())

    class ScriptedAdmin:
        def __init__(self, settings: Settings) -> None:
            self.settings = settings

        def facts(self) -> dict[str, TopicFacts]:
            return found.topics

        def sources(self) -> dict[str, str]:
            return dict(self.settings.sources)

        def identities(self, names: Sequence[str]) -> dict[str, TopicIdentity]:
            assert set(names) == {self.settings.topics.events, self.settings.topics.insights}
            return {name: TopicIdentity(found.topic_id, found.topics[name].partitions) for name in names}

    monkeypatch.setattr(start_checks, "TopicAdmin", ScriptedAdmin)
    return found


def test_right_topics_give_the_partitions_and_the_id_of_the_events(cluster: Cluster) -> None:
    assert inspect_cluster(Settings()) == ClusterFacts(
        partitions=12,
        events_topic_id=cluster.topic_id,
        insights_topic_id=cluster.topic_id,
        horizon_ms=INSIGHTS_RETENTION_MS,
    )


def test_topics_that_would_lose_events_are_refused_each_with_its_remedy(cluster: Cluster) -> None:
    del cluster.topics["crm.events.dlq"]
    cluster.topics["crm.insights"] = replace(cluster.topics["crm.insights"], partitions=8)
    with pytest.raises(TopicsRefusedError) as caught:
        inspect_cluster(Settings())
    first, *findings = str(caught.value).splitlines()
    assert first == "the topics are not fit for a worker:"
    assert len(findings) == 2
    assert all("crm-insights topics create" in finding for finding in findings)


def test_what_is_only_unwise_is_a_warning_in_the_log(cluster: Cluster, log_output: io.StringIO) -> None:
    cluster.topics["crm.events"] = replace(cluster.topics["crm.events"], config=None, not_asked="no permission")
    inspect_cluster(Settings())
    (line,) = [json.loads(line) for line in log_output.getvalue().splitlines()]
    assert (line["event"], line["topic"]) == ("topic_warning", "crm.events")
    assert "no permission" in line["problem"]
    assert line["remedy"]


class ScriptedConsumer:
    """A consumer of a group that has committed partition 0 of `crm.events` and nothing else."""

    def __init__(self) -> None:
        """Partition 1 begins again at 40 at the asked moment and ends at 90; nothing in 2 is that young."""
        self.commits: list[tuple[str, int, int]] = []
        self.closed = False
        self.refusal: int | None = None
        self.asked_ms: int | None = None

    def list_topics(self, topic: str, timeout: float) -> Any:
        assert timeout > 0
        partitions = {} if topic == "crm.nowhere" else {0: None, 1: None, 2: None}
        return SimpleNamespace(topics={topic: SimpleNamespace(partitions=partitions)})

    def committed(self, partitions: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        assert timeout > 0
        assert partitions, "librdkafka refuses an empty list"
        return [TopicPartition(p.topic, p.partition, 7 if p.partition == 0 else -1001) for p in partitions]

    def get_watermark_offsets(self, partition: TopicPartition, timeout: float) -> tuple[int, int]:
        assert timeout > 0
        return 10, {1: 90, 2: 95}[partition.partition]

    def offsets_for_times(self, partitions: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        assert timeout > 0
        (asked,) = partitions
        self.asked_ms = asked.offset
        return [TopicPartition(asked.topic, asked.partition, {1: 40, 2: -1}[asked.partition])]

    def commit(self, offsets: list[TopicPartition], *, asynchronous: bool) -> None:
        assert not asynchronous
        if self.refusal is not None:
            raise KafkaException(KafkaError(self.refusal))
        self.commits += [(p.topic, p.partition, p.offset) for p in offsets]

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def consumer(monkeypatch: pytest.MonkeyPatch) -> ScriptedConsumer:
    scripted = ScriptedConsumer()
    configs: list[dict[str, Any]] = []

    def make(config: dict[str, Any]) -> ScriptedConsumer:
        configs.append(config)
        assert config["group.id"] == "crm-insights"
        assert config["enable.auto.commit"] is False
        return scripted

    monkeypatch.setattr(start_checks, "Consumer", make)
    return scripted


def settings_from(start_from: Any) -> Settings:
    return Settings.model_validate({"kafka": {"bootstrap_servers": "k:9092", "start_from": start_from}})


def test_from_the_earliest_nothing_is_written_and_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_checks, "Consumer", None)
    begin_where_asked(settings_from("earliest"), "crm-insights", ["crm.events"])


def test_from_the_latest_partitions_without_a_commit_begin_at_their_end(consumer: ScriptedConsumer) -> None:
    begin_where_asked(settings_from("latest"), "crm-insights", ["crm.events"])
    assert consumer.commits == [("crm.events", 1, 90), ("crm.events", 2, 95)]
    assert consumer.closed


def test_from_a_moment_they_begin_with_the_first_record_that_is_not_older(consumer: ScriptedConsumer) -> None:
    begin_where_asked(settings_from(MOMENT), "crm-insights", ["crm.events"])
    assert consumer.asked_ms == MOMENT_MS
    assert consumer.commits[0] == ("crm.events", 1, 40)


def test_where_no_record_is_so_young_they_begin_with_the_next_one(consumer: ScriptedConsumer) -> None:
    begin_where_asked(settings_from(MOMENT), "crm-insights", ["crm.events"])
    assert consumer.commits[1] == ("crm.events", 2, 95)


def test_a_source_topic_that_is_not_there_yet_is_passed_over(consumer: ScriptedConsumer) -> None:
    begin_where_asked(settings_from("latest"), "crm-insights", ["crm.nowhere"])
    assert consumer.commits == []


def test_a_group_that_runs_already_refuses_and_that_is_only_told(
    consumer: ScriptedConsumer, log_output: io.StringIO
) -> None:
    consumer.refusal = KafkaError.UNKNOWN_MEMBER_ID
    begin_where_asked(settings_from("latest"), "crm-insights", ["crm.events"])
    assert "start_offsets_not_committed" in log_output.getvalue()
    assert consumer.closed


def test_a_broker_that_cannot_be_reached_is_told_as_such(consumer: ScriptedConsumer) -> None:
    consumer.refusal = KafkaError._ALL_BROKERS_DOWN
    with pytest.raises(BrokerUnreachable, match="k:9092"):
        begin_where_asked(settings_from("latest"), "crm-insights", ["crm.events"])
    assert consumer.closed
