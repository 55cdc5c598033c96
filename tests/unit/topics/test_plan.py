"""What `topics create` makes."""

from __future__ import annotations

from streams.settings import KafkaSettings, Settings, TopicNames
from streams.topics import TopicFacts, judge, plan
from streams.topics.spec import DAY_MS


def test_events_and_insights_have_the_same_count() -> None:
    counts = {topic.name: topic.partitions for topic in plan(Settings(), 24)}
    assert counts["crm.events"] == counts["crm.insights"] == 24


def test_names_are_those_of_the_settings() -> None:
    names = {topic.name for topic in plan(Settings(topics=TopicNames(events="acme.events")), 1)}
    assert names == {"acme.events", "crm.insights", "crm.events.dlq", "crm.webhooks", "crm.refetch", "crm.spend"}


def test_insights_are_compacted_and_outlive_the_events() -> None:
    config = {topic.name: topic.config for topic in plan(Settings(), 1)}
    assert config["crm.insights"]["cleanup.policy"] == "compact,delete"
    assert config["crm.insights"]["retention.ms"] == str(14 * DAY_MS)
    assert config["crm.events"]["cleanup.policy"] == "delete"
    assert config["crm.events"]["retention.ms"] == str(7 * DAY_MS)
    assert config["crm.events.dlq"]["retention.ms"] == str(30 * DAY_MS)


def test_the_ledger_of_budgets_has_one_order_and_is_never_deleted() -> None:
    (spend,) = (topic for topic in plan(Settings(), 24) if topic.name == "crm.spend")
    assert spend.partitions == 1
    assert spend.config["cleanup.policy"] == "compact"
    assert spend.config["retention.ms"] == "-1"


def test_every_topic_has_the_brokers_time_and_no_limit_by_size() -> None:
    for topic in plan(Settings(), 1):
        assert topic.config["message.timestamp.type"] == "LogAppendTime"
        assert topic.config["retention.bytes"] == "-1"


def test_three_copies_need_two_in_sync_and_one_copy_needs_no_more_than_itself() -> None:
    three, one = (plan(Settings(kafka=KafkaSettings(replication_factor=n)), 1)[0] for n in (3, 1))
    assert three.config["min.insync.replicas"] == "2"
    assert "min.insync.replicas" not in one.config


def test_what_is_planned_is_found_right() -> None:
    facts = {t.name: TopicFacts(t.partitions, t.replication_factor, t.config) for t in plan(Settings(), 12)}
    assert judge(Settings(), facts) == ()
