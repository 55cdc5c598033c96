"""Notes the rows that adapters sort into change events, for whoever wants to know what their columns hold."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from schemas.sources.mapping.rules import Mappings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.events import Identifier
    from schemas.sources.mapping.rules import TableMapping

Row = dict[str, Any]


@dataclass(frozen=True)
class SampledMappings(Mappings):
    """Mappings that keep each row by its table's plainest name; they map as those do that they are made from."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def of(self, *names: str) -> TableMapping:
        """Return the mapping of the first of the `names`, which notes the row that it is used for."""
        return replace(super().of(*names), joins=(_Noting(self.rows[names[-1]]),))


@dataclass(frozen=True, slots=True)
class _Noting:
    """Stands where a join stands, because a join is shown the whole row."""

    rows: list[Row]
    topic: str = ""

    def identifiers(self, row: Mapping[str, Any]) -> tuple[Identifier, ...]:
        self.rows.append(dict(row))
        return ()
