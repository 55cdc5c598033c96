"""Topics of joined records are read whole, whatever the broker says in between."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaError
from prometheus_client import CollectorRegistry

from schemas.sources import Directory, SourceRules, adapter
from streams.delivery.offset_gate import Partition
from streams.delivery.poison import PoisonWatch
from streams.delivery.stages import Stages
from streams.intake import joined_topics
from streams.intake.joined_topics import JoinedTopics
from streams.observability.metrics import Metrics
from streams.settings.model import KafkaSettings
from tests.unit.debezium.records import an_envelope

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pytest

    from schemas.sources import Adapted, Adapter, SourceRecord

CONTACTS = "crm.public.contacts"
REFUSED = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)


class FakeMessage:
    """A contact, or an error in its place."""

    def __init__(self, number: int, error: KafkaError | None = None) -> None:
        """Take the contact's id, which is its offset too."""
        row = {"id": number, "first_name": f"Ann{number}"}
        self._number = number
        self._error = error
        self._value = json.dumps(an_envelope("c", after=row, lsn=number, table="contacts")).encode()

    def error(self) -> KafkaError | None:
        return self._error

    def topic(self) -> str:
        return CONTACTS

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self._number

    def timestamp(self) -> tuple[int, int]:
        return (1, 1764032400000)

    def headers(self) -> None:
        return None

    def key(self) -> bytes:
        return json.dumps({"id": self._number}).encode()

    def value(self) -> bytes:
        return self._value


class FakeConsumer:
    """Gives its messages in one batch, once."""

    def __init__(self, messages: Iterable[FakeMessage]) -> None:
        """Take what there is to give."""
        self._left = list(messages)

    def poll(self, _: float) -> FakeMessage | None:
        return self._left.pop(0) if self._left else None

    def consume(self, _: int, *, timeout: float) -> list[FakeMessage]:
        assert timeout == 0
        batch, self._left = self._left, []
        return batch

    def incremental_assign(self, _: Any) -> None:
        """Whatever is assigned, its messages are given."""

    def close(self) -> None:
        """Nothing is held."""


class FakeEnds:
    """One partition that ends behind the third contact."""

    def __init__(self, _: KafkaSettings) -> None:
        """No cluster is asked."""

    def partitions(self, topics: Iterable[str]) -> set[Partition]:
        return {Partition(topic, 0) for topic in topics}

    def ask(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        return dict.fromkeys(partitions, 3)


class Stumbling:
    """Fails in an unforeseen way at one contact."""

    name = "stumbling"

    def __init__(self, at_offset: int) -> None:
        """Read all others as Debezium's."""
        self._at_offset = at_offset
        self._inner = adapter("debezium", None, SourceRules())

    async def adapt(self, record: SourceRecord) -> Adapted:
        if record.offset == self._at_offset:
            raise RuntimeError("unforeseen")
        return await self._inner.adapt(record)


async def known_after(
    batch: Iterable[FakeMessage], reader: Adapter, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> list[str]:
    """The names that are known of contacts 0 to 2 once the topic is read."""
    monkeypatch.setattr(joined_topics, "Consumer", lambda _: FakeConsumer(batch))
    monkeypatch.setattr(joined_topics, "EndOffsets", FakeEnds)
    directory = Directory()
    joined = JoinedTopics(
        KafkaSettings(bootstrap_servers="none:9092"),
        {CONTACTS: reader},
        directory,
        stages=Stages(PoisonWatch(tmp_path)),
        metrics=Metrics(CollectorRegistry()),
    )
    reading = asyncio.create_task(joined.run())
    try:
        async with asyncio.timeout(10):
            await joined.catch_up()
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    return [one.value for number in range(3) for one in directory.identifiers(CONTACTS, str(number))]


async def test_records_that_came_with_an_error_of_the_broker_are_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    batch = [FakeMessage(0), FakeMessage(0, REFUSED), FakeMessage(1), FakeMessage(2)]
    reader = adapter("debezium", None, SourceRules())
    assert await known_after(batch, reader, monkeypatch, tmp_path) == ["Ann0", "Ann1", "Ann2"]


async def test_a_record_that_fails_in_an_unforeseen_way_is_passed_over_and_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    batch = [FakeMessage(0), FakeMessage(1), FakeMessage(2)]
    assert await known_after(batch, Stumbling(1), monkeypatch, tmp_path) == ["Ann0", "Ann2"]
