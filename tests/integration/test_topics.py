"""`topics create` and `topics check` on a real broker, seen from outside with a client of the test's own."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka.admin import (  # type: ignore[attr-defined] # it re-exports them without saying so
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from streams.cli import main
from streams.errors import BrokerUnreachable, CommandFailed
from streams.settings import KafkaSettings, Settings, TopicNames
from streams.topics import Severity, TopicFacts
from streams.topics.admin import Creation, TopicAdmin, check, create

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.kafka

DAY_MS = 86_400_000


@pytest.fixture
def settings(bootstrap_servers: str) -> Settings:
    """Settings whose topics nobody else has."""
    mark = uuid.uuid4().hex[:8]
    return Settings(
        kafka=KafkaSettings(bootstrap_servers=bootstrap_servers, replication_factor=1),
        topics=TopicNames(
            events=f"{mark}.events",
            insights=f"{mark}.insights",
            dead_letters=f"{mark}.dlq",
            webhooks=f"{mark}.webhooks",
            refetch=f"{mark}.refetch",
            spend=f"{mark}.spend",
        ),
    )


@pytest.fixture
def admin(bootstrap_servers: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": bootstrap_servers})


def config_of(admin: AdminClient, topic: str) -> dict[str, str]:
    resource = ConfigResource(ResourceType.TOPIC, topic)
    entries = admin.describe_configs([resource])[resource].result(10)
    return {name: entry.value for name, entry in entries.items()}


def alter(admin: AdminClient, topic: str, **config: str) -> None:
    wanted = {name.replace("_", "."): value for name, value in config.items()}
    changes = [ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in wanted.items()]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=changes)
    admin.incremental_alter_configs([resource])[resource].result(10)
    wait_until(lambda: wanted.items() <= config_of(admin, topic).items())


def by_hand(admin: AdminClient, topic: str, partitions: int) -> None:
    admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result(10)
    wait_until(lambda: topic in admin.list_topics(timeout=10).topics)


def wait_until(holds: Callable[[], bool]) -> None:
    """The controller acknowledges a change a moment before the broker tells of it."""
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def errors(settings: Settings) -> list[tuple[str, str]]:
    return [(f.topic, f.problem) for f in check(settings) if f.severity is Severity.ERROR]


def test_created_topics_are_as_the_table_says(settings: Settings, admin: AdminClient) -> None:
    create(settings, 6)
    topics = admin.list_topics(timeout=10).topics
    assert len(topics[settings.topics.events].partitions) == 6
    assert len(topics[settings.topics.insights].partitions) == 6
    events, insights = (config_of(admin, name) for name in (settings.topics.events, settings.topics.insights))
    assert events["cleanup.policy"] == "delete"
    assert set(insights["cleanup.policy"].split(",")) == {"compact", "delete"}
    assert (events["retention.ms"], insights["retention.ms"]) == (str(7 * DAY_MS), str(14 * DAY_MS))
    assert {events["message.timestamp.type"], insights["message.timestamp.type"]} == {"LogAppendTime"}
    assert {events["retention.bytes"], insights["retention.bytes"]} == {"-1"}


def test_created_topics_pass_the_check(settings: Settings) -> None:
    create(settings)
    assert check(settings) == ()


def test_creating_again_changes_nothing_and_says_so(settings: Settings) -> None:
    first = create(settings, 4)
    again = create(settings)
    assert {topic.creation for topic in first} == {Creation.CREATED}
    assert {topic.creation for topic in again} == {Creation.EXISTED}
    assert [topic.partitions for topic in again] == [topic.partitions for topic in first]


def test_insights_get_the_count_of_events_that_exist(settings: Settings, admin: AdminClient) -> None:
    by_hand(admin, settings.topics.events, 5)
    create(settings)
    assert len(admin.list_topics(timeout=10).topics[settings.topics.insights].partitions) == 5


def test_another_count_than_the_events_topic_has_is_refused(settings: Settings) -> None:
    create(settings, 4)
    with pytest.raises(CommandFailed, match="has 4 partitions already, not 8"):
        create(settings, 8)


def test_more_copies_than_brokers_are_refused_with_the_setting(settings: Settings) -> None:
    greedy = settings.model_copy(update={"kafka": settings.kafka.model_copy(update={"replication_factor": 3})})
    with pytest.raises(CommandFailed, match="CRM_INSIGHTS_KAFKA__REPLICATION_FACTOR"):
        create(greedy)


def test_topics_that_do_not_exist_are_errors(settings: Settings) -> None:
    missing = {topic for topic, problem in errors(settings) if problem == "does not exist."}
    names = settings.topics
    assert missing == {name for _, name in names}


def test_a_topic_with_the_brokers_defaults_is_refused(settings: Settings, admin: AdminClient) -> None:
    create(settings)
    names = settings.topics
    plain = settings.model_copy(update={"topics": names.model_copy(update={"events": f"{names.events}.plain"})})
    by_hand(admin, plain.topics.events, 12)
    (found,) = errors(plain)
    assert found[0] == plain.topics.events
    assert "message.timestamp.type=CreateTime" in found[1]


def test_unequal_counts_are_refused(settings: Settings, admin: AdminClient) -> None:
    by_hand(admin, settings.topics.insights, 3)
    by_hand(admin, settings.topics.events, 4)
    assert any("has 3 partitions and" in problem for _, problem in errors(settings))


@pytest.mark.parametrize(
    ("field", "config", "said"),
    [
        ("events", {"cleanup_policy": "compact"}, "cleanup.policy=compact"),
        ("insights", {"cleanup_policy": "compact"}, "never deleted"),
        ("insights", {"retention_ms": str(7 * DAY_MS)}, "at least one day more"),
        ("events", {"retention_ms": "-1"}, "for ever"),
        ("events", {"retention_ms": str(DAY_MS)}, "for 1 d, less than 7 d"),
        ("webhooks", {"retention_ms": str(DAY_MS)}, "for 1 d, less than 7 d"),
        ("webhooks", {"cleanup_policy": "compact"}, "cleanup.policy=compact"),
        ("insights", {"retention_bytes": "1000000"}, "retention.bytes=1000000"),
        ("insights", {"message_timestamp_type": "CreateTime"}, "message.timestamp.type=CreateTime"),
        ("insights", {"min_insync_replicas": "2"}, "nothing can be written"),
    ],
)
def test_a_wrong_configuration_is_refused(
    settings: Settings, admin: AdminClient, field: str, config: dict[str, str], said: str
) -> None:
    create(settings)
    name = getattr(settings.topics, field)
    alter(admin, name, **config)
    (found,) = errors(settings)
    assert found[0] == name
    assert said in found[1]


def test_an_unreachable_broker_is_an_error_that_names_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.topics.admin.CONNECT_TIMEOUT_S", 1.0)
    nobody = Settings(kafka=KafkaSettings(bootstrap_servers="127.0.0.1:1"))
    with pytest.raises(BrokerUnreachable, match="CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"):
        check(nobody)


def test_facts_hold_our_topics_only(settings: Settings, admin: AdminClient) -> None:
    by_hand(admin, f"{settings.topics.events}.other", 1)
    create(settings)
    facts = TopicAdmin(settings).facts()
    assert set(facts) == set(settings.topics.model_dump().values())
    assert isinstance(facts[settings.topics.events], TopicFacts)


@pytest.fixture
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS", settings.kafka.bootstrap_servers)
    monkeypatch.setenv("CRM_INSIGHTS_KAFKA__REPLICATION_FACTOR", "1")
    for field, name in settings.topics:
        monkeypatch.setenv(f"CRM_INSIGHTS_TOPICS__{field.upper()}", name)


def json_of(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("environment")
def test_the_commands_create_check_and_refuse(
    settings: Settings, admin: AdminClient, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["topics", "check", "--json"]) == 1
    assert json_of(capsys)["ok"] is False

    assert main(["topics", "create", "--partitions", "2", "--json"]) == 0
    assert {topic["result"] for topic in json_of(capsys)["topics"]} == {"created"}

    assert main(["topics", "check"]) == 0
    assert capsys.readouterr().out == "All topics are as they must be.\n"

    alter(admin, settings.topics.events, cleanup_policy="compact")
    assert main(["topics", "check"]) == 1
    out = capsys.readouterr().out
    assert "error" in out
    assert f"--entity-name {settings.topics.events} --add-config cleanup.policy=delete" in out
