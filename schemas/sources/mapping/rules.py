"""What the settings say about single tables and objects: [mappings.*] of insights.toml, as plain data."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from schemas.sources.mapping.columns import INSIGHT_COLUMNS, is_history, is_secret
from schemas.sources.mapping.naming import column_name

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from schemas.sources.mapping.joins import Lookup

ANY_TABLE: Final = "*"
"""The mapping that holds for each table where its own says nothing."""

Columns = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMapping:
    """What one table's columns mean; None and empty leave the default in force. Case and separators do not count.

    `record_id`: columns that identify a row where its record has no key. `text`: all of them, in this order, make the
    text. `identifiers`: column to type, "" for a column that is none. `writer`: who or what wrote the row, compared
    with OWN_IDS as the actor is. `insight_fields`: columns that insights are written back to; they are never read, and
    a change of nothing else is our own. `version`: columns that differ from change to change, for records that tell no
    place in a log. `types`: column to type, where JSON comes without its schema. `skip`: the table tells nothing.
    `joins`: columns that point to records of other topics, whose identifiers are the row's too.
    """

    entity: str | None = None
    record_id: Columns | None = None
    title: Columns | None = None
    text: Columns | None = None
    messages: Columns | None = None
    actor: Columns | None = None
    tenant: Columns | None = None
    department: Columns | None = None
    language: Columns | None = None
    identifiers: Mapping[str, str] | None = None
    ignore: Columns | None = None
    writer: Columns | None = None
    insight_fields: Columns | None = None
    version: Columns | None = None
    types: Mapping[str, str] | None = None
    skip: bool | None = None
    joins: tuple[Lookup, ...] | None = None

    def over(self, other: TableMapping) -> TableMapping:
        """Return `other` with everything that this one says in its place."""
        said = {f.name: value for f in dataclasses.fields(self) if (value := getattr(self, f.name)) is not None}
        return dataclasses.replace(other, **said)

    def filled_from(self, defaults: TableMapping) -> TableMapping:
        """Return this mapping with the `defaults` of a source where it says nothing.

        Identifiers add up, as do what is ignored and where insights are written: who names one more column of a contact
        has not said that its phone may be sent.
        """
        said = self.identifiers or {}
        # What this one says stands first: it counts where the two spell a column differently.
        more = {name: kind for name, kind in (defaults.identifiers or {}).items() if name not in said}
        return dataclasses.replace(
            self.over(defaults),
            identifiers={**said, **more},
            ignore=(*(defaults.ignore or ()), *(self.ignore or ())),
            insight_fields=(*(defaults.insight_fields or ()), *(self.insight_fields or ())),
        )

    def is_insight(self, column: str) -> bool:
        """Whether insights are written to the `column` (its name in lower snake case)."""
        return column in INSIGHT_COLUMNS or column in _names(self.insight_fields)

    def only_insights(self, changed: Collection[str]) -> bool:
        """Whether a change of these columns (their names as they are) touched nothing but what insights write to.

        What moves with each change does not count: a trigger sets `updated_at` when an insight is written, too.
        """
        touched = {column for name in changed if self.is_insight(column := column_name(name)) or not is_history(column)}
        return bool(touched) and all(map(self.is_insight, touched))

    def is_left_out(self, column: str) -> bool:
        """Whether the `column` (as above) is nothing to read: insights, what the settings ignore, and secrets.

        What only sounds like a secret is read where the settings name it among the `identifiers`, as none ("").
        """
        ignored = self.is_insight(column) or column in _names(self.ignore)
        return ignored or (is_secret(column) and self.identifier_type(column) is None)

    def identifier_type(self, column: str) -> str | None:
        """Return the type that the settings give the `column` (as above), "" for none; None if they do not say."""
        return next((kind for name, kind in (self.identifiers or {}).items() if column_name(name) == column), None)


NO_MAPPING: Final = TableMapping()


@dataclass(frozen=True, slots=True)
class Mappings:
    """All of them, by the name of the table or object; names are compared without their case."""

    tables: Mapping[str, TableMapping] = field(default_factory=dict)
    _by_name: dict[str, TableMapping] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare for look-ups, of which there is one for each record."""
        object.__setattr__(self, "_by_name", {name.lower(): mapping for name, mapping in self.tables.items()})

    @property
    def joined_topics(self) -> frozenset[str]:
        """The topics that some table's joins look into."""
        return frozenset(join.topic for mapping in self.tables.values() for join in mapping.joins or ())

    def of(self, *names: str) -> TableMapping:
        """Return the mapping of the first of the `names` (most precise first) that has one, over that of any table."""
        if not self._by_name:
            return NO_MAPPING
        found = next((self._by_name[name.lower()] for name in names if name.lower() in self._by_name), NO_MAPPING)
        return found.over(self._by_name.get(ANY_TABLE, NO_MAPPING))


def columns_of(said: Columns | None, default: Columns) -> Columns:
    """Return the columns that the settings name, in lower snake case, or the default."""
    return default if said is None else tuple(column_name(name) for name in said)


@functools.lru_cache(maxsize=1024)
def _names(said: Columns | None) -> frozenset[str]:
    return frozenset(column_name(name) for name in said or ())
