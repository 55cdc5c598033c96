"""Both stores of the dedupe table, by the same statements; and that they tell the same of any history."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.delivery.dedupe.dedupe_state import DedupeState, EntryReader
from streams.delivery.dedupe.mark_table import DAY_MS, Entry, MarkTable, MemoryTable, Reading, mark_digest
from streams.delivery.dedupe.rocks_table import RocksTable, StateDirectoryError, tables_in
from tests.unit.delivery.insights import a_last

if TYPE_CHECKING:
    from collections.abc import Iterator

TODAY = 20_000 * DAY_MS


@pytest.fixture(params=["memory", "rocksdb"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MarkTable]:
    made: MarkTable = MemoryTable() if request.param == "memory" else RocksTable(tmp_path / "table")
    yield made
    made.close()


def a_mark(name: str, at_ms: int = TODAY) -> Entry:
    return Entry(mark_digest(name.encode()), at_ms)


def test_a_new_table_knows_nothing(table: MarkTable) -> None:
    assert table.applied is None
    assert not table.has(mark_digest(b"e1"))
    assert table.record(b"r" * 16) is None


def test_marks_and_offset_are_written_together(table: MarkTable) -> None:
    table.write([a_mark("e1"), a_mark("e2")], 7)
    assert table.applied == 7
    assert table.has(mark_digest(b"e1"))
    assert not table.has(mark_digest(b"e3"))
    table.write([a_mark("e3")], None)
    assert table.applied == 7


def test_what_is_older_than_the_horizon_is_forgotten_and_the_rest_is_kept(table: MarkTable) -> None:
    old = Entry(mark_digest(b"old"), TODAY - 3 * DAY_MS, b"o" * 16, b"kind", b"f" * 16, 1, 1, b"t" * 8)
    new = Entry(mark_digest(b"new"), TODAY, b"n" * 16, b"kind", b"f" * 16, 1, 1, b"t" * 8)
    table.write([old, new], 1)
    table.forget_before(TODAY - DAY_MS)
    assert not table.has(old.mark)
    assert table.record(b"o" * 16) is None
    assert table.has(new.mark)
    assert table.record(b"n" * 16) is not None
    assert table.applied == 1


def test_a_wiped_table_knows_nothing_and_can_be_written_again(table: MarkTable) -> None:
    table.write([a_mark("e1")], 7)
    table.wipe()
    assert table.applied is None
    assert not table.has(mark_digest(b"e1"))
    table.write([a_mark("e2")], 0)
    assert table.has(mark_digest(b"e2"))


def test_rocksdb_goes_on_where_it_was(tmp_path: Path) -> None:
    state = DedupeState(tables_in(tmp_path, "crm.insights", "id"))
    state.restored_to(0, 41)
    state.apply(0, "e1", a_last(source_offset=10))
    state.acknowledged(0, 42)
    state.close()
    again = DedupeState(tables_in(tmp_path, "crm.insights", "id"))
    assert again.applied(0) == 42
    assert again.has_insight(0, "e1")
    assert again.last_reading(0, a_last().record, a_last().kind) == Reading.of(a_last())
    again.close()


def test_a_topic_that_was_made_anew_begins_empty(tmp_path: Path) -> None:
    state = DedupeState(tables_in(tmp_path, "crm.insights", "old"))
    state.apply(0, "e1", None)
    state.close()
    again = DedupeState(tables_in(tmp_path, "crm.insights", "new"))
    assert not again.has_insight(0, "e1")
    assert [path.name for path in (tmp_path / "marks" / "crm.insights").iterdir()] == ["new"]
    again.close()


def test_partitions_of_a_topic_whose_id_holds_a_slash_leave_one_another_alone(tmp_path: Path) -> None:
    state = DedupeState(tables_in(tmp_path, "crm.insights", "a/b+c=="))
    for partition in range(3):
        state.apply(partition, "e1", None)
    assert [state.has_insight(partition, "e1") for partition in range(3)] == [True] * 3
    state.close()
    again = DedupeState(tables_in(tmp_path, "crm.insights", "a/b+c=="))
    assert [again.has_insight(partition, "e1") for partition in range(3)] == [True] * 3
    again.close()


def test_a_state_directory_that_another_worker_holds_is_refused_by_name(tmp_path: Path) -> None:
    first = DedupeState(tables_in(tmp_path, "crm.insights", "id"))
    first.apply(0, "e1", None)
    second = DedupeState(tables_in(tmp_path, "crm.insights", "id"))
    with pytest.raises(StateDirectoryError, match=r"CRM_INSIGHTS_STATE__DIR.*directory of its own"):
        second.apply(0, "e1", None)
    first.close()


entries = st.builds(
    Entry,
    mark=st.binary(min_size=16, max_size=16),
    at_ms=st.integers(0, 30).map(lambda days: TODAY + days * DAY_MS),
    record=st.none() | st.sampled_from([b"a" * 16, b"b" * 16]),
    kind=st.sampled_from([b"kind", b"king"]),
    fingerprint=st.binary(min_size=16, max_size=16),
    occurred_at=st.integers(-(2**62), 2**62),
    source_offset=st.integers(0, 2**40),
    topic=st.sampled_from([b"t" * 8, b"u" * 8]),
)


@given(batches=st.lists(st.lists(entries, max_size=6), max_size=5), horizon=st.integers(0, 31))
def test_both_stores_tell_the_same_of_any_history(batches: list[list[Entry]], horizon: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        memory, rocks = MemoryTable(), RocksTable(Path(directory) / "table")
        for number, batch in enumerate(batches):
            memory.write(batch, number)
            rocks.write(batch, number)
        for table in (memory, rocks):
            table.forget_before(TODAY + horizon * DAY_MS)
        assert memory.applied == rocks.applied
        for entry in (entry for batch in batches for entry in batch):
            assert memory.has(entry.mark) == rocks.has(entry.mark)
        for record in (b"a" * 16, b"b" * 16):
            assert memory.record(record) == rocks.record(record)
        rocks.close()


def test_an_entry_that_is_read_is_the_one_that_was_written() -> None:
    written, read = DedupeState(), DedupeState()
    last = a_last(kind="größe", fingerprint="0" * 32)
    written.apply(0, "e1", last)
    from schemas.codec import InsightWriter  # noqa: PLC0415 - heavy, for one test

    read.apply_batch(0, [EntryReader().entry(InsightWriter(1, 2).key("e1"), dict(last.headers()), TODAY)], 0)
    for state in (written, read):
        assert state.has_insight(0, "e1")
        assert state.last_reading(0, last.record, last.kind) == Reading.of(last)
        assert state.has_ended(0, last.record, last.source_offset - 1, last.events_topic_id)
