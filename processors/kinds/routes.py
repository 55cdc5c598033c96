"""Which kind an event is read with, or why it is not read: a table and one pure decision."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from processors.kinds.interaction_summary import interaction_summary
from processors.kinds.texts import has_text
from schemas.events import Operation
from schemas.outcomes import SkipReason

if TYPE_CHECKING:
    from processors.kinds.kind import Kind
    from schemas.events import CrmEvent


class SnapshotPolicy(StrEnum):
    """What is done with the rows of a first snapshot. Reading them all may cost more than a year of changes."""

    SKIP = "skip"
    READ_CHANGED = "read_changed"
    READ_ALL = "read_all"


# A DELETE leaves nothing to report on, a REKEY changes no content: a route must name them to get them.
DEFAULT_OPERATIONS = frozenset({Operation.CREATE, Operation.UPDATE})


@dataclass(frozen=True, slots=True)
class Route:
    """Events of these entities (None: all) and operations are read with `kind`."""

    kind: Kind
    entities: frozenset[str] | None = None
    operations: frozenset[Operation] = DEFAULT_OPERATIONS

    def takes(self, entity: str, operation: Operation) -> bool:
        """Whether such an event is read by this route."""
        return operation in self.operations and (self.entities is None or entity in self.entities)


@dataclass(frozen=True, slots=True)
class Routes:
    """The routes in order, of which the first that takes an event wins, and the policy for snapshots."""

    routes: tuple[Route, ...]
    snapshot: SnapshotPolicy = SnapshotPolicy.SKIP

    @classmethod
    def default(cls, snapshot: str = SnapshotPolicy.SKIP) -> Routes:
        """Every entity is read as `interaction_summary`. Raises ValueError for an unknown snapshot policy."""
        return cls((Route(interaction_summary()),), SnapshotPolicy(snapshot))

    def route(self, event: CrmEvent) -> Kind | SkipReason:
        """The kind to read `event` with, or why it ends without a call. The model has no say in it."""
        if event.attributes.get("test", "").strip().lower() == "true":
            return SkipReason.TEST_EVENT
        operation = event.operation
        if operation is Operation.SNAPSHOT:
            if self.snapshot is SnapshotPolicy.SKIP:
                return SkipReason.SNAPSHOT
            # Read like an update. What has not changed since it was last read is then absorbed by its fingerprint.
            operation = Operation.UPDATE
        kind = next((route.kind for route in self.routes if route.takes(event.entity, operation)), None)
        if kind is None:
            return SkipReason.NO_KIND
        return kind if has_text(event) else SkipReason.NO_CONTENT

    def reads_unchanged(self, event: CrmEvent) -> bool:
        """Whether `event` is read even if its content was read before: only rows of a snapshot under `read_all`."""
        return event.operation is Operation.SNAPSHOT and self.snapshot is SnapshotPolicy.READ_ALL
