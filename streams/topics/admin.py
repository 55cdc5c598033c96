"""Ask a cluster about its topics and make the missing ones, through confluent-kafka's AdminClient."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (  # type: ignore[attr-defined] # it re-exports them without saying so
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from streams.errors import CommandFailed
from streams.kafka_clients import CONNECT_TIMEOUT_S, BrokerComplaints, client_config, unreachable
from streams.topics.judge import Finding, TopicFacts, judge
from streams.topics.sources import SourceTopics
from streams.topics.spec import DEFAULT_PARTITIONS, TOPICS, PlannedTopic, name_of, plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from concurrent.futures import Future

    from streams.settings.model import Settings

CREATE_TIMEOUT_S = 30.0
"""Bound of making all topics: a cluster under load needs seconds to elect the leaders of new partitions."""


_POLL_S = 0.05

EMBEDDED_CLUSTER = "mockCluster"
"""How the cluster id of librdkafka's mock begins. It leaves the requests that it does not know without an answer, and
each of them would hold a start for CONNECT_TIMEOUT_S."""


class Creation(StrEnum):
    """What became of a topic that was to be made."""

    CREATED = "created"
    EXISTED = "existed"


@dataclass(frozen=True, slots=True)
class CreatedTopic:
    """What `create` did about one topic; `partitions` is what was asked for, or what it has had before."""

    name: str
    creation: Creation
    partitions: int


@dataclass(frozen=True, slots=True)
class TopicIdentity:
    """Which topic a name means: its id, which lasts until it is deleted, and how many partitions it has."""

    topic_id: str
    partitions: int


class TopicAdmin:
    """Reads and makes topics. It blocks; a caller on an event loop uses a thread."""

    def __init__(self, settings: Settings) -> None:
        """Prepare a client; nothing is sent yet."""
        self._settings = settings
        self._complaints = BrokerComplaints()
        self._client = AdminClient(client_config(settings.kafka) | {"error_cb": self._complaints})
        self._sources = SourceTopics(settings)
        self._embedded: bool | None = None

    def facts(self) -> dict[str, TopicFacts]:
        """What the cluster says about our topics and the source topics; those that do not exist are absent.

        Raises BrokerUnreachable. A configuration that cannot be asked for (no permission, a broker that does not know
        the request) is noted in the facts.
        """
        existing = self._existing()
        ours = [name_of(spec, self._settings) for spec in TOPICS]
        configs = self._configs(name for name in ours if name in existing)
        facts = {name: existing[name] for name in (*ours, *self._sources.resolved(existing)) if name in existing}
        return {
            name: TopicFacts(topic.partitions, topic.replicas, *configs[name]) if name in configs else topic
            for name, topic in facts.items()
        }

    def sources(self) -> dict[str, str]:
        """Each source topic with its adapter: those that are named, and those that match a pattern now.

        Raises BrokerUnreachable, CommandFailed.
        """
        return self._sources.resolved(self._existing()) if self._sources.has_patterns else dict(self._sources.named)

    def check(self) -> tuple[Finding, ...]:
        """What is wrong with the topics. Raises BrokerUnreachable."""
        return judge(self._settings, self.facts())

    def identities(self, names: Sequence[str]) -> dict[str, TopicIdentity]:
        """Which topics these are now; those of which the cluster does not tell are absent. Raises BrokerUnreachable."""
        if self._embedded is None:
            self._existing()
        if self._embedded:
            return {}
        described = self._client.describe_topics(TopicCollection(list(names)), request_timeout=CONNECT_TIMEOUT_S)
        found = {}
        for name, future in described.items():
            # No such topic, no permission, no answer.
            with suppress(KafkaException):
                topic = future.result(2 * CONNECT_TIMEOUT_S)
                found[name] = TopicIdentity(str(topic.topic_id), len(topic.partitions))
        return found

    def create(self, partitions: int | None = None) -> tuple[CreatedTopic, ...]:
        """Make the topics that are missing and leave the others alone.

        Without `partitions`, the count is that of an events or insights topic that exists, else DEFAULT_PARTITIONS.
        Raises CommandFailed if the cluster refuses, or if an existing topic contradicts `partitions`.
        """
        existing = self._existing()
        planned = plan(self._settings, self._count(partitions, existing))
        missing = [topic for topic in planned if topic.name not in existing]
        made = self._make(missing)
        return tuple(
            CreatedTopic(topic.name, made[topic.name], topic.partitions)
            if topic.name in made
            else CreatedTopic(topic.name, Creation.EXISTED, existing[topic.name].partitions)
            for topic in planned
        )

    def _count(self, asked: int | None, existing: Mapping[str, TopicFacts]) -> int:
        names = self._settings.topics
        for name in (names.events, names.insights):
            if name in existing:
                count = existing[name].partitions
                if asked not in {None, count}:
                    raise CommandFailed(
                        f"{name} has {count} partitions already, not {asked}. Growing it in place is unsupported: keys "
                        "would move to other partitions and the marks of finished events would stay behind."
                    )
                return count
        return asked or DEFAULT_PARTITIONS

    def _make(self, topics: Iterable[PlannedTopic]) -> dict[str, Creation]:
        new = [NewTopic(t.name, t.partitions, t.replication_factor, config=dict(t.config)) for t in topics]
        if not new:
            return {}
        futures = self._client.create_topics(
            new, operation_timeout=CREATE_TIMEOUT_S, request_timeout=CREATE_TIMEOUT_S + CONNECT_TIMEOUT_S
        )
        made = {name: self._creation(name, future) for name, future in futures.items()}
        self._wait_for(made)
        return made

    def _wait_for(self, names: Iterable[str]) -> None:
        """Wait until a broker tells of the new topics.

        The controller answers first; a worker that starts right behind `topics create` would be told there are none.
        """
        deadline = time.monotonic() + CREATE_TIMEOUT_S
        missing = set(names)
        while missing := missing - self._existing().keys():
            if time.monotonic() > deadline:
                raise CommandFailed(f"{', '.join(sorted(missing))} was made, but no broker tells of it yet.")
            time.sleep(_POLL_S)

    def _creation(self, name: str, future: Future[None]) -> Creation:
        try:
            future.result(CREATE_TIMEOUT_S + 2 * CONNECT_TIMEOUT_S)
        except KafkaException as error:
            code, said = error.args[0].code(), error.args[0].str()
            if code == KafkaError.TOPIC_ALREADY_EXISTS:
                # Somebody else made it between our look and our request.
                return Creation.EXISTED
            if code == KafkaError.INVALID_REPLICATION_FACTOR:
                said += " Set CRM_INSIGHTS_KAFKA__REPLICATION_FACTOR to at most the number of brokers"
            raise self._failure(error) or CommandFailed(f"{name} could not be made: {said}.") from error
        return Creation.CREATED

    def _existing(self) -> dict[str, TopicFacts]:
        try:
            metadata = self._client.list_topics(timeout=CONNECT_TIMEOUT_S)
            self._embedded = str(metadata.cluster_id).startswith(EMBEDDED_CLUSTER)
        except KafkaException as error:
            raise self._failure(error) or CommandFailed(
                f"the topics could not be listed: {error.args[0].str()}."
            ) from error
        return {
            name: TopicFacts(
                partitions=len(topic.partitions),
                replicas=min((len(partition.replicas) for partition in topic.partitions.values()), default=0),
            )
            for name, topic in metadata.topics.items()
            if topic.error is None
        }

    def _configs(self, names: Iterable[str]) -> dict[str, tuple[dict[str, str] | None, str]]:
        resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
        if not resources:
            return {}
        if self._embedded:
            return {resource.name: (None, "an embedded broker does not know the request") for resource in resources}
        futures = self._client.describe_configs(resources, request_timeout=CONNECT_TIMEOUT_S)
        return {resource.name: self._config(future) for resource, future in futures.items()}

    def _config(self, future: Future[Mapping[str, Any]]) -> tuple[dict[str, str] | None, str]:
        try:
            entries = future.result(2 * CONNECT_TIMEOUT_S)
        except KafkaException as error:
            if (failure := self._failure(error)) is not None:
                # A broker that is away for a moment must not make a worker pass over what it would refuse.
                raise failure from error
            # No permission, or a broker without this request.
            return None, error.args[0].str()
        return {name: entry.value for name, entry in entries.items() if entry.value is not None}, ""

    def _failure(self, error: KafkaException) -> Exception | None:
        # Complaints come by polling only; without this the reason (connection refused, wrong password) is lost.
        self._client.poll(0)
        return unreachable(error, self._settings.kafka, self._complaints)


def check(settings: Settings) -> tuple[Finding, ...]:
    """What is wrong with the topics that `settings` name; errors first. Blocks; raises BrokerUnreachable."""
    return TopicAdmin(settings).check()


def create(settings: Settings, partitions: int | None = None) -> tuple[CreatedTopic, ...]:
    """Make the topics that are missing. Blocks; raises BrokerUnreachable, CommandFailed."""
    return TopicAdmin(settings).create(partitions)
