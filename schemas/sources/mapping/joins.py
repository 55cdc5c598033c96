"""Who is in a record that other records only point to: a ticket holds its contact's id, and the contact has the name.

A name that stands in a ticket's text is masked most surely where it is known to be one. Many tables know it by an id
only; what they point at is kept here, from the topic that it comes from.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from schemas.events import Identifier, Operation
from schemas.sources.mapping.keys import key_text
from schemas.sources.mapping.naming import column_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from schemas.events import CrmEvent

# Older names and addresses are kept beside new ones, for old ones stand in old texts; without a bound, a record whose
# e-mail is made anew with each change would grow for ever.
MAX_IDENTIFIERS: Final = 24


class Lookup(Protocol):
    """What more is known of a row than it holds; `topic` is where it is known from."""

    @property
    def topic(self) -> str:
        """The topic of the other records."""
        ...

    def identifiers(self, row: Mapping[str, Any]) -> tuple[Identifier, ...]:
        """Return the identifiers that belong to the row beside its own."""
        ...


@dataclass(frozen=True, slots=True)
class Join:
    """An id in the `columns` of a row (several for a key of several) names a record whose changes are on `topic`."""

    columns: tuple[str, ...]
    topic: str
    directory: Directory

    def identifiers(self, row: Mapping[str, Any]) -> tuple[Identifier, ...]:
        """Return the identifiers of the record that the `row` points to; none where it points to none."""
        columns = {column_name(name): value for name, value in row.items()}
        record_id = key_text({column: columns.get(column_name(column)) for column in self.columns})
        return () if record_id is None else self.directory.identifiers(self.topic, record_id)


class Directory:
    """Direct identifiers by topic and record id, as the topics' change events tell them.

    In memory only, so that no name lies on a disk of ours (how much: `python -m benchmarks joined_memory`).
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._known: dict[bytes, bytes] = {}
        self._missed: set[str] = set()

    def __len__(self) -> int:
        """Return how many records are known."""
        return len(self._known)

    def take(self, topic: str, event: CrmEvent) -> None:
        """Take over what one change of a record tells; a deleted record is forgotten, as compaction will do."""
        place = _place(topic, event.record_id)
        if event.operation is Operation.DELETE:
            self._known.pop(place, None)
            return
        old_id = event.attributes.get("old_record_id")
        if old_id is not None:
            self._known.setdefault(place, self._known.pop(_place(topic, old_id), _NOBODY))
        # A change may tell only the columns that changed, so what it does not tell stays.
        told = dict.fromkeys([*event.identifiers, *_unpacked(self._known.get(place, _NOBODY))])
        self._known[place] = _packed(list(told)[:MAX_IDENTIFIERS])

    def identifiers(self, topic: str, record_id: str) -> tuple[Identifier, ...]:
        """Return the identifiers of a record; none where it is not known, which `missed` tells."""
        packed = self._known.get(_place(topic, record_id))
        if packed is None:
            self._missed.add(topic)
            return ()
        return _unpacked(packed)

    def missed(self) -> frozenset[str]:
        """Return the topics of which a record was asked for that is not known, since this was asked last."""
        missed, self._missed = frozenset(self._missed), set()
        return missed


def _place(topic: str, record_id: str) -> bytes:
    # 16 bytes in place of two texts: a million records less 100 MB.
    return blake2b(f"{topic}\0{record_id}".encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _packed(identifiers: Iterable[Identifier]) -> bytes:
    """A tenth of the memory of the objects."""
    return msgspec.msgpack.encode([(one.type, one.value) for one in identifiers])


def _unpacked(packed: bytes) -> tuple[Identifier, ...]:
    return tuple(Identifier(kind, value) for kind, value in _PAIRS.decode(packed))


_PAIRS: Final = msgspec.msgpack.Decoder(list[tuple[str, str]])
_NOBODY: Final = _packed(())
