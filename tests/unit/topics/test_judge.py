"""What is wrong with topics, judged over facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streams.settings import Settings
from streams.topics import Finding, Severity, TopicFacts, judge, plan

DAY_MS = 86_400_000
EVENTS, INSIGHTS, DEAD_LETTERS, WEBHOOKS = "crm.events", "crm.insights", "crm.events.dlq", "crm.webhooks"
SEVERITIES = [(EVENTS, "error"), (INSIGHTS, "error"), (WEBHOOKS, "error"), (DEAD_LETTERS, "warning")]


def right_topics() -> dict[str, TopicFacts]:
    return {t.name: TopicFacts(t.partitions, t.replication_factor, dict(t.config)) for t in plan(Settings(), 12)}


def with_config(topic: str, **config: str) -> dict[str, TopicFacts]:
    facts = right_topics()
    changed = {name.replace("_", "."): value for name, value in config.items()}
    return facts | {topic: replace(facts[topic], config={**(facts[topic].config or {}), **changed})}


def the_finding(facts: dict[str, TopicFacts], settings: Settings | None = None) -> Finding:
    (finding,) = judge(settings or Settings(), facts)
    return finding


@pytest.mark.parametrize("topic", [EVENTS, INSIGHTS, DEAD_LETTERS, WEBHOOKS, "crm.refetch", "crm.spend"])
def test_a_missing_topic_is_an_error(topic: str) -> None:
    facts = right_topics()
    del facts[topic]
    finding = the_finding(facts)
    assert (finding.severity, finding.topic) == (Severity.ERROR, topic)
    assert finding.remedy == "Run `crm-insights topics create`."


def test_unequal_counts_of_events_and_insights_are_an_error() -> None:
    facts = right_topics()
    facts[INSIGHTS] = replace(facts[INSIGHTS], partitions=8)
    finding = the_finding(facts)
    assert finding.severity is Severity.ERROR
    assert "crm.insights has 8 partitions and crm.events has 12" in str(finding)
    assert "topics create --partitions 12" in finding.remedy


def test_a_ledger_that_forgets_is_an_error() -> None:
    finding = the_finding(with_config("crm.spend", cleanup_policy="compact,delete"))
    assert finding.severity is Severity.ERROR
    assert "what was spent is forgotten" in finding.problem
    assert finding.remedy.endswith("--entity-name crm.spend --add-config cleanup.policy=compact")


def test_the_dead_letters_may_have_any_count() -> None:
    facts = right_topics()
    facts[DEAD_LETTERS] = replace(facts[DEAD_LETTERS], partitions=1)
    assert judge(Settings(), facts) == ()


@pytest.mark.parametrize("topic", [EVENTS, WEBHOOKS])
def test_events_and_web_hooks_that_are_compacted_are_an_error_because_unread_ones_disappear(topic: str) -> None:
    finding = the_finding(with_config(topic, cleanup_policy="compact"))
    assert finding.severity is Severity.ERROR
    assert "compaction removes all but the last record" in finding.problem
    assert finding.remedy.endswith(f"--entity-name {topic} --add-config cleanup.policy=delete")


def test_insights_that_are_never_deleted_are_an_error() -> None:
    finding = the_finding(with_config(INSIGHTS, cleanup_policy="compact"))
    assert finding.severity is Severity.ERROR
    assert finding.remedy.endswith("--add-config cleanup.policy=[compact,delete]")


def test_the_order_of_cleanup_policies_means_nothing() -> None:
    assert judge(Settings(), with_config(INSIGHTS, cleanup_policy="delete, compact")) == ()


@pytest.mark.parametrize(("topic", "severity"), SEVERITIES)
def test_the_producers_time_is_refused(topic: str, severity: str) -> None:
    finding = the_finding(with_config(topic, message_timestamp_type="CreateTime"))
    assert finding.severity == severity
    assert finding.remedy.endswith("message.timestamp.type=LogAppendTime")


@pytest.mark.parametrize(("topic", "severity"), SEVERITIES)
def test_a_limit_by_size_is_refused(topic: str, severity: str) -> None:
    finding = the_finding(with_config(topic, retention_bytes="1000000"))
    assert finding.severity == severity
    assert finding.remedy.endswith("retention.bytes=-1")


def test_insights_must_be_kept_a_day_longer_than_events() -> None:
    finding = the_finding(with_config(EVENTS, retention_ms=str(13 * DAY_MS + 1)))
    assert (finding.severity, finding.topic) == (Severity.ERROR, INSIGHTS)
    assert finding.remedy.endswith(f"retention.ms={14 * DAY_MS + 1}")


def test_exactly_a_day_longer_is_enough() -> None:
    assert judge(Settings(), with_config(EVENTS, retention_ms=str(13 * DAY_MS))) == ()


def test_events_that_are_kept_for_ever_outlive_every_mark() -> None:
    finding = the_finding(with_config(EVENTS, retention_ms="-1"))
    assert (finding.severity, finding.topic) == (Severity.ERROR, EVENTS)
    assert "for ever" in finding.problem


def test_insights_that_are_kept_for_ever_only_grow() -> None:
    assert the_finding(with_config(INSIGHTS, retention_ms="-1")).severity is Severity.WARNING


def test_both_kept_for_ever_are_consistent() -> None:
    facts = with_config(EVENTS, retention_ms="-1") | {
        INSIGHTS: with_config(INSIGHTS, retention_ms="-1")[INSIGHTS],
    }
    assert [finding.severity for finding in judge(Settings(), facts)] == [Severity.WARNING]


@pytest.mark.parametrize("topic", [EVENTS, WEBHOOKS])
def test_events_and_web_hooks_that_an_outage_outlasts_are_an_error(topic: str) -> None:
    finding = the_finding(with_config(topic, retention_ms=str(7 * DAY_MS - 1)))
    assert (finding.severity, finding.topic) == (Severity.ERROR, topic)
    assert "an outage that lasts longer loses what has not been read" in finding.problem
    assert finding.remedy.endswith(f"--entity-name {topic} --add-config retention.ms={7 * DAY_MS}")


@pytest.mark.parametrize("retention_ms", [8 * DAY_MS, 13 * DAY_MS])
def test_events_may_be_kept_longer_as_long_as_their_marks_are_too(retention_ms: int) -> None:
    assert judge(Settings(), with_config(EVENTS, retention_ms=str(retention_ms))) == ()


@pytest.mark.parametrize("retention_ms", [8 * DAY_MS, 60 * DAY_MS])
def test_the_retention_of_insights_is_measured_by_that_of_events(retention_ms: int) -> None:
    assert judge(Settings(), with_config(INSIGHTS, retention_ms=str(retention_ms))) == ()


def test_web_hooks_may_be_kept_for_ever() -> None:
    assert judge(Settings(), with_config(WEBHOOKS, retention_ms="-1")) == ()


def test_dead_letters_that_go_early_are_a_warning() -> None:
    finding = the_finding(with_config(DEAD_LETTERS, retention_ms=str(DAY_MS)))
    assert finding.severity is Severity.WARNING
    assert "keeps its records for 1 d, less than 30 d" in finding.problem


def test_fewer_copies_than_set_are_a_warning() -> None:
    facts = right_topics()
    facts[EVENTS] = TopicFacts(12, 1, {**(facts[EVENTS].config or {}), "min.insync.replicas": "1"})
    finding = the_finding(facts)
    assert finding.severity is Severity.WARNING
    assert "has 1 copies, less than CRM_INSIGHTS_KAFKA__REPLICATION_FACTOR=3" in finding.problem


def test_one_acknowledgement_of_three_copies_is_a_warning() -> None:
    finding = the_finding(with_config(INSIGHTS, min_insync_replicas="1"))
    assert finding.severity is Severity.WARNING
    assert finding.remedy.endswith("min.insync.replicas=2")


def test_a_topic_that_nothing_can_be_written_to_is_an_error() -> None:
    finding = the_finding(with_config(INSIGHTS, min_insync_replicas="4"))
    assert finding.severity is Severity.ERROR
    assert "nothing can be written" in finding.problem


def test_what_cannot_be_asked_is_a_warning_that_says_what_must_hold() -> None:
    facts = right_topics()
    facts[INSIGHTS] = replace(facts[INSIGHTS], config=None, not_asked="Topic authorization failed")
    finding = the_finding(facts)
    assert finding.severity is Severity.WARNING
    assert "Topic authorization failed" in finding.problem
    assert "cleanup.policy=compact,delete" in finding.remedy


def test_partition_counts_are_compared_even_where_configurations_cannot_be_asked() -> None:
    facts = {name: replace(topic, config=None) for name, topic in right_topics().items()}
    facts[EVENTS] = replace(facts[EVENTS], partitions=4)
    assert judge(Settings(), facts)[0].severity is Severity.ERROR


def test_a_source_topic_that_does_not_exist_is_a_warning() -> None:
    finding = the_finding(right_topics(), Settings(sources={"helpdesk.tickets": "cloudevents"}))
    assert (finding.severity, finding.topic) == (Severity.WARNING, "helpdesk.tickets")


def test_errors_stand_before_warnings() -> None:
    facts = right_topics()
    del facts["crm.webhooks"], facts["crm.refetch"]
    facts[EVENTS] = replace(facts[EVENTS], replicas=2, config=None)
    severities = [finding.severity for finding in judge(Settings(), facts)]
    assert severities == sorted(severities)
    assert len(severities) == 4
