"""The ledger of budgets on a real broker."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from streams.errors import BrokerUnreachable
from streams.settings import KafkaSettings
from streams.spend.ledger import SpendLedger
from tests.support.supervision import free_port
from tests.support.topics import create_topic, fresh, read_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.spend.ledger import Record

pytestmark = pytest.mark.kafka


@pytest.fixture
def topic(bootstrap_servers: str) -> str:
    return create_topic(bootstrap_servers, fresh("spend"), partitions=1, config={"cleanup.policy": "compact"})


@pytest.fixture
def ledgers(bootstrap_servers: str, topic: str) -> Iterator[tuple[SpendLedger, SpendLedger]]:
    first, second = (SpendLedger(KafkaSettings(bootstrap_servers=bootstrap_servers), topic) for _ in range(2))
    yield first, second
    for ledger in (first, second):
        ledger.close((), within_s=5.0)


async def heard(into: list[Record], count: int) -> None:
    async with asyncio.timeout(20):
        while len(into) < count:  # noqa: ASYNC110 - a list tells nobody
            await asyncio.sleep(0.01)


def not_to_fail(error: Exception) -> None:
    raise AssertionError(error)


async def test_two_workers_read_what_both_write_in_one_order(ledgers: tuple[SpendLedger, SpendLedger]) -> None:
    read: tuple[list[Record], list[Record]] = ([], [])
    for ledger, into in zip(ledgers, read, strict=True):
        assert ledger.restore() == []
        ledger.follow(into.extend, not_to_fail)
    for number in range(50):
        for name, ledger in zip("ab", ledgers, strict=True):
            ledger.write([(f"{name}{number}".encode(), b"{}")])
    for into in read:
        await heard(into, 100)
    assert read[0] == read[1]
    assert [key for key, _ in read[0] if key.startswith(b"a")] == [f"a{number}".encode() for number in range(50)]


async def test_a_start_reads_all_that_was_written_and_the_end_writes_what_is_left_to_say(
    ledgers: tuple[SpendLedger, SpendLedger], bootstrap_servers: str, topic: str
) -> None:
    first, second = ledgers
    first.restore()
    into: list[Record] = []
    first.follow(into.extend, not_to_fail)
    first.write([(b"k1", b"one"), (b"k2", b"two"), (b"k1", None)])
    await heard(into, 3)
    await asyncio.to_thread(first.close, [(b"k2", b"last")], within_s=10.0)
    assert second.restore() == [(b"k1", b"one"), (b"k2", b"two"), (b"k1", None), (b"k2", b"last")]
    assert {record.partition for record in read_all(bootstrap_servers, topic)} == {0}


def test_a_broker_that_does_not_answer_is_told_of() -> None:
    ledger = SpendLedger(KafkaSettings(bootstrap_servers=f"127.0.0.1:{free_port()}"), "spend")
    try:
        with pytest.raises(BrokerUnreachable, match="refused"):
            ledger.restore()
    finally:
        ledger.close((), within_s=1.0)
