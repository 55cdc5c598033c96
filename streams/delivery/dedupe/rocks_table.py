"""The store that outlives a restart: one RocksDB per partition of the changelog, in STATE__DIR.

A mark and the changelog offset that it stands at are written in one batch. (Faust's own RocksDB store persists the
offset in the send callback, apart from the mark: after a crash between the two, events are lost or repeated.)
Writes are not synced: what a crash of the machine takes back is read again from the changelog.
"""

from __future__ import annotations

import shutil
import struct
from typing import TYPE_CHECKING, Any

from rocksdict import BlockBasedOptions, Cache, Options, Rdict, WriteBatch

from schemas.errors import CrmInsightsError
from streams.delivery.dedupe.mark_table import DAY_MS, Entry, MarkTable, day_of, packed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

# RocksDB's default is 2 GiB for each database.
CACHE_BYTES = 16 * 1024 * 1024
WRITE_BUFFER_BYTES = 8 * 1024 * 1024
MAX_OPEN_FILES = 64
BLOOM_BITS = 10

_APPLIED = b"applied"
_OFFSET = struct.Struct(">q")
_DAY = struct.Struct(">I")
_MARK, _RECORD = b"m", b"r"


class StateDirectoryError(CrmInsightsError):
    """STATE__DIR cannot be used: another worker holds it, it is not writable, or its files are damaged."""


def tables_in(directory: Path, topic: str, topic_id: str) -> Callable[[int], MarkTable]:
    """What opens the table of a partition below `directory`.

    The topic's id is part of the path, so that a topic that was made anew under the same name begins empty; what was
    kept for the old one is deleted. Raises StateDirectoryError when a table is opened.
    """
    home = directory / "marks" / topic
    # librdkafka writes ids in base64, whose / would make a directory of its own.
    current = home / (topic_id.replace("/", "_") or "unknown")

    def open_table(partition: int) -> MarkTable:
        try:
            current.mkdir(parents=True, exist_ok=True)
            for other in home.iterdir():
                if other != current:
                    shutil.rmtree(other)
            return RocksTable(current / str(partition))
        except Exception as error:
            raise StateDirectoryError(
                f"CRM_INSIGHTS_STATE__DIR: {current / str(partition)} cannot be opened ({type(error).__name__}). Each "
                "worker needs a directory of its own that it may write to; a damaged one may be deleted, it is "
                "rebuilt from Kafka."
            ) from error

    return open_table


class RocksTable:
    """One partition's table on disk."""

    def __init__(self, path: Path) -> None:
        """Open or create it. Raises whatever RocksDB does; see `tables_in`."""
        self._path = path
        self._open()

    def _open(self) -> None:
        self._db = Rdict(str(self._path), _options())
        self._days = self._days_on_disk()
        applied: Any = self._db.get(_APPLIED)
        self._applied: int | None = None if applied is None else _OFFSET.unpack(applied)[0]

    @property
    def applied(self) -> int | None:
        """See `MarkTable`."""
        return self._applied

    def has(self, mark: bytes) -> bool:
        """See `MarkTable`. One look for each day that is kept; bloom filters answer most of them."""
        return any(self._db.get(_MARK + day + mark) is not None for day in self._days)

    def record(self, record: bytes) -> bytes | None:
        """See `MarkTable`."""
        found: Any = self._db.get(_RECORD + record)
        return found  # type: ignore[no-any-return]  # bytes, as raw mode has nothing else

    def write(self, entries: Iterable[Entry], applied: int | None) -> None:
        """See `MarkTable`."""
        batch = WriteBatch(raw_mode=True)
        states: dict[bytes, bytes] = {}
        for entry in entries:
            day = _DAY.pack(entry.at_ms // DAY_MS)
            self._days.add(day)
            batch.put(_MARK + day + entry.mark, b"")
            if entry.record is not None:
                before = states.get(entry.record) or self.record(entry.record)
                states[entry.record] = packed(entry, before)
        for record, state in states.items():
            batch.put(_RECORD + record, state)
        if applied is not None:
            batch.put(_APPLIED, _OFFSET.pack(applied))
        self._db.write(batch)
        if applied is not None:
            self._applied = applied

    def forget_before(self, at_ms: int) -> None:
        """See `MarkTable`."""
        first_day = at_ms // DAY_MS
        old = {day for day in self._days if _DAY.unpack(day)[0] < first_day}
        if not old:
            return
        batch = WriteBatch(raw_mode=True)
        batch.delete_range(_MARK + _DAY.pack(0), _MARK + _DAY.pack(first_day))
        position = self._db.iter()
        position.seek(_RECORD)
        while position.valid():
            key: Any = position.key()
            if not key.startswith(_RECORD):
                break
            state: Any = position.value()
            if day_of(state) < first_day:
                batch.delete(key)
            position.next()
        self._db.write(batch)
        self._days -= old

    def wipe(self) -> None:
        """See `MarkTable`."""
        self._db.close()
        shutil.rmtree(self._path)
        self._open()

    def close(self) -> None:
        """See `MarkTable`."""
        self._db.close()

    def __len__(self) -> int:
        """See `MarkTable`; an estimate, as counting would read everything: marks and records are counted alike."""
        return int(self._db.property_int_value("rocksdb.estimate-num-keys") or 0)

    def _days_on_disk(self) -> set[bytes]:
        """The days that marks are kept of, found by jumping from day to day."""
        days: set[bytes] = set()
        position = self._db.iter()
        position.seek(_MARK)
        while position.valid():
            key: Any = position.key()
            if not key.startswith(_MARK):
                break
            day = key[1 : 1 + _DAY.size]
            days.add(day)
            position.seek(_MARK + _DAY.pack(_DAY.unpack(day)[0] + 1))
        return days


def _options() -> Options:
    options = Options(raw_mode=True)
    options.create_if_missing(True)  # noqa: FBT003 - RocksDB's own name
    options.set_write_buffer_size(WRITE_BUFFER_BYTES)
    options.set_max_open_files(MAX_OPEN_FILES)
    options.set_keep_log_file_num(2)
    blocks = BlockBasedOptions()
    blocks.set_block_cache(Cache(CACHE_BYTES))
    blocks.set_bloom_filter(BLOOM_BITS, False)  # noqa: FBT003 - full filters, not one for each block
    options.set_block_based_table_factory(blocks)
    return options
