"""The dedupe table's store, as Faust's recovery uses it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import faust
import pytest
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import InsightWriter
from streams.delivery.dedupe import dedupe_store
from streams.delivery.dedupe.dedupe_store import STORE_URL, DedupeStore
from streams.delivery.dedupe.mark_table import Reading
from tests.unit.delivery.insights import TOPIC_ID, a_last

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faust.types import EventT

WRITER = InsightWriter(key_schema_id=1, value_schema_id=2)
INSIGHTS_3 = TP("crm.insights", 3)


def a_store(highwaters: dict[TP, int | None] | None = None) -> DedupeStore:
    recovery = SimpleNamespace(active_highwaters=highwaters or {})
    app = SimpleNamespace(tables=SimpleNamespace(recovery=recovery))
    return DedupeStore(STORE_URL, cast("Any", app), cast("Any", SimpleNamespace(name="marks")))


def an_event(
    offset: int, key: bytes | None, headers: Sequence[tuple[str, bytes | None]] = (), value: bytes | None = b"insight"
) -> EventT[Any]:
    message = SimpleNamespace(partition=3, offset=offset, key=key, value=value, timestamp=1_764_000_000.0)
    return cast("EventT[Any]", SimpleNamespace(message=message, headers=dict(headers)))


def apply(store: DedupeStore, *events: EventT[Any]) -> None:
    store.apply_changelog_batch(events, to_key=_unused, to_value=_unused)


def _unused(_: Any) -> bytes:
    pytest.fail("keys and values are not decoded: millions are read at a start")


def test_faust_finds_the_store_by_its_url() -> None:
    dedupe_store.register()
    app = faust.App("store-test", broker="aiokafka://127.0.0.1:1", store="memory://")
    table: Any = app.Table("marks", key_type=bytes, value_type=bytes, partitions=4, store=STORE_URL)
    assert isinstance(table.data, DedupeStore)


def test_a_restored_insight_is_a_mark_and_its_records_last_one() -> None:
    store = a_store()
    apply(store, an_event(5, WRITER.key("e1"), a_last(source_offset=10).headers()))
    assert store.dedupe.has_insight(3, "e1")
    assert store.dedupe.last_reading(3, "acme/Ticket/1", "interaction_summary") == Reading.of(a_last(source_offset=10))
    assert store.dedupe.has_ended(3, "acme/Ticket/1", 9, TOPIC_ID)
    assert store.persisted_offset(INSIGHTS_3) == 5
    assert len(store) == 1


def test_a_tombstone_is_a_mark_too() -> None:
    store = a_store()
    apply(store, an_event(5, WRITER.key("e1"), value=None))
    assert store.dedupe.has_insight(3, "e1")


@pytest.mark.parametrize("key", [None, b"", b"\x00\x00\x00\x00\x01\x7f", b"plain"])
def test_a_key_that_is_not_ours_is_passed_over_and_the_restore_goes_on(key: bytes | None) -> None:
    store = a_store()
    apply(store, an_event(5, key), an_event(6, WRITER.key("e1")))
    assert len(store) == 1
    assert store.persisted_offset(INSIGHTS_3) == 6


@given(
    key=st.none() | st.binary() | st.binary().map(lambda body: b"\x00\x00\x00\x00\x01" + body),
    headers=st.lists(st.tuples(st.sampled_from([name for name, _ in a_last().headers()]), st.none() | st.binary())),
)
def test_no_bytes_on_the_insights_topic_stop_a_restore(
    key: bytes | None, headers: list[tuple[str, bytes | None]]
) -> None:
    """Faust would log the error, keep the record in its buffer, and never come to an end."""
    store = a_store()
    apply(store, an_event(5, key, headers))
    assert store.persisted_offset(INSIGHTS_3) == 5


def test_nothing_is_persisted_before_anything_is_read() -> None:
    assert a_store().persisted_offset(INSIGHTS_3) is None


def test_sending_a_record_marks_nothing_and_moves_no_offset() -> None:
    store = a_store()
    apply(store, an_event(5, WRITER.key("e1")))
    store.set_persisted_offset(INSIGHTS_3, 99)
    assert store.persisted_offset(INSIGHTS_3) == 5


async def test_our_records_follow_the_end_of_the_restore_without_a_gap() -> None:
    store = a_store({INSIGHTS_3: 7, TP("crm.insights", 4): None})
    apply(store, an_event(5, WRITER.key("e1")))
    await store.on_recovery_completed({INSIGHTS_3, TP("crm.insights", 4), TP("crm.insights", 5)}, set())
    store.dedupe.acknowledged(3, 8)
    assert store.persisted_offset(INSIGHTS_3) == 8
    assert store.persisted_offset(TP("crm.insights", 4)) is None


async def test_the_first_insight_of_an_empty_partition_needs_no_second_reading() -> None:
    store = a_store({INSIGHTS_3: -1})
    await store.on_recovery_completed({INSIGHTS_3}, set())
    store.dedupe.acknowledged(3, 0)
    assert store.persisted_offset(INSIGHTS_3) == 0


async def test_no_standby_is_wanted() -> None:
    assert await a_store().need_active_standby_for(INSIGHTS_3) is False


def test_marks_are_written_through_the_state_only() -> None:
    store = a_store()
    with pytest.raises(NotImplementedError):
        store[b"e1"] = b"x"
    with pytest.raises(NotImplementedError):
        del store[b"e1"]
    with pytest.raises(KeyError):
        store[b"e1"]


async def test_there_is_nothing_to_back_up() -> None:
    store = a_store()
    await store.backup_partition(INSIGHTS_3)
    store.restore_backup(INSIGHTS_3)
    assert len(store) == 0


def test_a_reset_drops_everything() -> None:
    store = a_store()
    apply(store, an_event(5, WRITER.key("e1")))
    store.reset_state()
    assert len(store) == 0
    assert store.persisted_offset(INSIGHTS_3) is None
