"""What every adapter takes and gives: a record of a source topic in, change events and skips out."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from schemas.avro.framing import undecodable
from schemas.events import CrmEvent
from schemas.outcomes import Skipped
from schemas.refetch import Refetch
from schemas.sources.mapping.joins import Directory
from schemas.sources.mapping.rules import Mappings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from schemas.sources.mapping.rules import TableMapping

Adapted = tuple[CrmEvent | Skipped | Refetch, ...]

# Headers that go on from the source record to the event and to the insight; `*` stands for any ending.
FORWARDED_HEADERS: Final = ("traceparent", "tracestate", "correlation_id", "ce_*")
_FORWARDED_NAME: Final = re.compile(r"traceparent|tracestate|correlation_id|ce_[a-z0-9_]{1,64}")
# What a source may add to the insight's record by its headers. Without a bound, a large enough header would make an
# insight that the broker refuses, after it was paid for.
_MAX_FORWARDED: Final = 32
_MAX_FORWARDED_BYTES: Final = 2048


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One record of a source topic as Kafka holds it. `timestamp_ms` is the record's own, since the epoch."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None = field(repr=False)
    value: bytes | None = field(repr=False)
    headers: tuple[tuple[str, bytes], ...] = field(repr=False)

    def header(self, name: str) -> str | None:
        """Return the first header of that name (case does not count) as text, None if there is none.

        Raises DataFault(UNDECODABLE) if it is not UTF-8.
        """
        for found, value in self.headers:
            # Kafka lets a header be null, whatever the type says.
            if found.lower() == name and value is not None:
                return header_text(name, value)
        return None


@dataclass(frozen=True, slots=True)
class SourceRules:
    """What the settings say on all sources.

    `own_ids`: users, clients, apps and `ce_source`s that are ourselves. `mappings`: what the columns of tables mean.
    `directory`: what their joins look into; whoever runs the adapters fills it. `skips_own`: see `of_joined`.
    """

    own_ids: frozenset[str] = frozenset()
    mappings: Mappings = field(default_factory=Mappings)
    directory: Directory = field(default_factory=Directory)
    skips_own: bool = True

    def of_joined(self) -> SourceRules:
        """Return the rules for topics that are read only to know who their records are.

        What our own sync user wrote into a contact is no news, and what a mapping skips is no event; both still have
        the contact's name, and compaction may have left no other record of it.
        """
        tables = {name: dataclasses.replace(table, skip=None) for name, table in self.mappings.tables.items()}
        return dataclasses.replace(self, mappings=Mappings(tables), skips_own=False)

    def own(self, *ids: str | None) -> bool:
        """Whether one of the `ids` is ours: the change is an insight that we wrote back, and no news."""
        return self.skips_own and any(one in self.own_ids for one in ids if one is not None)

    def own_write(self, mapping: TableMapping, changed: Collection[str], *ids: str | None) -> bool:
        """Whether a change is ours: one of the `ids` made it, or it touched only fields that insights are written to.

        `changed`: the fields' names as the source has them, empty where it does not tell.
        """
        return self.own(*ids) or (self.skips_own and mapping.only_insights(changed))


class Adapter(Protocol):
    """Turns the records of one kind of source into change events, without keeping anything between them."""

    name: str

    async def adapt(self, record: SourceRecord) -> Adapted:
        """Return the record's events, skips and requests to fetch in their order; empty where it has none.

        Raises DataFault (the record goes to the dead letters as it is) or DependencyFault (it keeps its place). One
        faulty event of several fails the record: the dead letter holds them all.
        """
        ...


def forwarded_headers(record_headers: Iterable[tuple[str, bytes | None]]) -> tuple[tuple[str, bytes], ...]:
    """Pick the headers that go on: in lower case, each name once (the first wins), none of them null.

    A sink connector fails on a null header and on one that stands twice (measured with Debezium's JDBC sink). HTTP's
    `ce-` is Kafka's `ce_`.
    """
    picked: dict[str, bytes] = {}
    for raw_name, value in record_headers:
        name = header_name(raw_name)
        if value is None or name in picked or len(value) > _MAX_FORWARDED_BYTES or len(picked) == _MAX_FORWARDED:
            continue
        if _FORWARDED_NAME.fullmatch(name):
            picked[name] = value
    return tuple(picked.items())


def header_name(name: str) -> str:
    """Return a header's name as Kafka's binding of CloudEvents spells it: lower case, `ce_` where HTTP has `ce-`."""
    name = name.lower()
    return f"ce_{name[3:]}" if name.startswith("ce-") else name


def header_text(name: str, value: bytes) -> str:
    """Return a header's value as text. Raises DataFault(UNDECODABLE) if it is not UTF-8."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise undecodable(f"header {name} is not UTF-8") from None
