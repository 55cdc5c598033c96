"""The dedupe table's store as Faust sees it: Faust's recovery fills it from `crm.insights`, keys and headers only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from faust.stores import STORES
from faust.stores.base import Store

from schemas.codec import event_id_of_key
from schemas.errors import DataFault
from streams.delivery.dedupe_state import DedupeState
from streams.delivery.insight_headers import LastInsight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from faust.types import TP, EventT

log = structlog.get_logger()


class DedupeStore(Store[bytes, bytes]):
    """Feeds `DedupeState` from the changelog and tells Faust where to go on reading.

    The state outlives a revoked partition: when the partition comes back only the delta is read. It is written
    through `dedupe`, never through the table: a mark is set only after the broker has acknowledged the insight.
    """

    # mode announces "[^---DedupeStore: ...]: Starting..." at this level, and operators read INFO.
    mundane_level = "debug"

    def __post_init__(self) -> None:
        """Begin empty; Faust creates the store with the table."""
        self.dedupe = DedupeState()

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
                event_id = event_id_of_key(message.key or b"")
            except DataFault as fault:
                log.warning("unreadable_mark", partition=partition, offset=offset, detail=fault.detail)
            else:
                self.dedupe.apply(partition, event_id, LastInsight.of_headers(dict(event.headers)))
            self.dedupe.restored_to(partition, offset)

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
