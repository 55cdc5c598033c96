"""The dedupe table's store as Faust sees it: Faust's recovery fills it from `crm.insights`, keys and headers only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from faust.stores import STORES
from faust.stores.base import Store

from schemas.errors import DataFault
from streams.delivery.dedupe.bulk_restore import BulkRestore
from streams.delivery.dedupe.dedupe_state import DedupeState, EntryReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from faust.types import TP, EventT

log = structlog.get_logger()

# Options of the table that declares the store: the Kafka settings to restore with, which marks a restore must find, and
# what opens a partition's table.
KAFKA = "kafka"
NEEDED = "needed"
MAKE_TABLE = "make_table"


class DedupeStore(Store[bytes, bytes]):  # type: ignore[misc]  # Faust's classes are Any to mypy
    """Feeds `DedupeState` from the changelog and tells Faust where to go on reading.

    The state outlives a revoked partition: when the partition comes back only the delta is read. It is written
    through `dedupe`, never through the table: a mark is set only after the broker has acknowledged the insight.
    """

    # mode announces "[^---DedupeStore: ...]: Starting..." at this level, and operators read INFO.
    mundane_level = "debug"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin empty; Faust creates the store with the table, whose options are the constants above."""
        super().__init__(*args, **kwargs)
        options = self.options or {}
        self.dedupe = DedupeState(options[MAKE_TABLE]) if MAKE_TABLE in options else DedupeState()
        self._reader = EntryReader()
        self._bulk: BulkRestore | None = None

    async def restore_in_bulk(self, tps: set[TP]) -> None:
        """Bring the partitions up to the end of the changelog (patch B).

        Raises MarksExpiredError.
        """
        options = self.options or {}
        if KAFKA not in options:
            return
        if self._bulk is None:
            topic = self.table.changelog_topic.get_topic_name()
            self._bulk = BulkRestore(options[KAFKA], topic, self.dedupe, options[NEEDED])
        await self._bulk.run({tp.partition for tp in tps})

    async def on_stop(self) -> None:
        """Let go of files once Faust stops the table."""
        self.dedupe.close()

    def persisted_offset(self, tp: TP) -> int | None:
        """Answer the changelog offset up to which nothing is missing."""
        return self.dedupe.applied(tp.partition)

    def set_persisted_offset(self, tp: TP, offset: int) -> None:
        """Do nothing: Faust calls it when a record is sent, and a mark without its record would lose an event."""

    async def need_active_standby_for(self, tp: TP) -> bool:
        """Answer that no standby is wanted: with one, every worker would read all insights."""
        del tp
        return False

    def apply_changelog_batch(
        self,
        batch: Iterable[EventT[Any]],
        to_key: Callable[[Any], bytes],
        to_value: Callable[[Any], bytes],
    ) -> None:
        """Apply what Faust's recovery has read. A null value is a mark too: sinks delete insights by tombstone."""
        del to_key, to_value
        for event in batch:
            message = event.message
            partition, offset = message.partition, message.offset
            try:
                entry = self._reader.entry(message.key or b"", dict(event.headers), int(message.timestamp * 1000))
            except DataFault as fault:
                log.warning("unreadable_mark", partition=partition, offset=offset, detail=fault.detail)
                self.dedupe.restored_to(partition, offset)
            else:
                self.dedupe.apply_batch(partition, (entry,), offset)

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Note that the changelog is read to its end, so that our own records follow without a gap."""
        del standby_tps
        highwaters = self.app.tables.recovery.active_highwaters
        for tp in active_tps:
            if (highwater := highwaters.get(tp)) is not None:
                self.dedupe.restored_to(tp.partition, highwater)

    def reset_state(self) -> None:
        """Drop everything."""
        self.dedupe = DedupeState()

    def __getitem__(self, key: bytes) -> bytes:
        """Refuse: marks are asked for by partition, through `dedupe`."""
        raise KeyError(key)

    def __setitem__(self, key: bytes, value: bytes) -> None:
        """Refuse: see the class."""
        raise NotImplementedError

    def __delitem__(self, key: bytes) -> None:
        """Refuse: marks are forgotten with their horizon only."""
        raise NotImplementedError

    def __len__(self) -> int:
        """Return how many marks are held."""
        return len(self.dedupe)

    async def backup_partition(self, tp: TP | int, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the changelog is the backup."""

    def restore_backup(self, tp: TP | int, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the changelog is the backup."""


# With a host, because yarl takes a URL of a scheme alone for false, and Faust then uses its default store.
STORE_URL = "insight-marks://memory"


def register() -> None:
    """Let Faust find the store by `STORE_URL`; to be called before the table is declared."""
    STORES.aliases["insight-marks"] = f"{DedupeStore.__module__}:{DedupeStore.__qualname__}"
