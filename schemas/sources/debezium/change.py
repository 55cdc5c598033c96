"""One change of one row, whatever form the connector gave it: the row before and after, and where the log has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from schemas.avro.framing import undecodable
from schemas.events import Operation
from schemas.sources.mapping.unavailable import is_unavailable
from schemas.text.json_values import read_json

if TYPE_CHECKING:
    from schemas.sources.base import SourceRecord

_OPERATIONS: Final = {
    "c": Operation.CREATE,
    "u": Operation.UPDATE,
    "d": Operation.DELETE,
    "r": Operation.SNAPSHOT,
}
_NO_SNAPSHOT: Final = frozenset({"", "false", "none"})
# What PostgreSQL's connector writes into a deleted row for columns that are NOT NULL and no part of its identity.
_MADE_UP: Final = ("", 0, False, "0", "00000000-0000-0000-0000-000000000000")
_EPOCH: Final = "1970-01-01"
_PREFIX: Final = "__"
_OF_SOURCE: Final = "source_"
_DELETED: Final = "deleted"


@dataclass(frozen=True, slots=True, repr=False)
class RowChange:
    """`source` says where: the connector's name, db, schema, table, the position in the log, `ts_ms` of the commit.

    `code` is Debezium's letter, "" where a flattened row does not tell. `processed_ms` is when the connector saw it.
    """

    code: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    source: Mapping[str, Any]
    processed_ms: Any = None

    @property
    def operation(self) -> Operation:
        """What happened to the row; a row of a snapshot is one, also where an old connector calls it created."""
        operation = _OPERATIONS.get(self.code, Operation.UPDATE)
        if operation in (Operation.CREATE, Operation.UPDATE) and self.in_snapshot:
            return Operation.SNAPSHOT
        return operation

    @property
    def in_snapshot(self) -> bool:
        """Whether the row was read, not logged. The connector says so as a truth value or as a word."""
        return str(self.source.get("snapshot") or "").lower() not in _NO_SNAPSHOT

    @property
    def table(self) -> str:
        """The table's name, "" where it is not told."""
        return text_of(self.source.get("table")) or text_of(self.source.get("collection"))

    def changed(self) -> tuple[str, ...] | None:
        """Return the columns whose values differ; None where the row before is not known."""
        if not self.before or all(is_made_up(value) for value in self.before.values()):
            return None
        return tuple(
            name
            for name, value in self.after.items()
            if name in self.before and not is_unavailable(value) and value != self.before[name]
        )

    def row(self) -> dict[str, Any]:
        """Return the row as it is now. A large value that was not sent is taken from before, where that has it."""
        if self.changed() is None:
            return dict(self.after)
        return {
            name: self.before[name] if is_unavailable(value) and not is_made_up(self.before.get(name)) else value
            for name, value in self.after.items()
        }


def is_envelope(value: Any) -> bool:
    """Whether a value is a change in Debezium's envelope."""
    return isinstance(value, Mapping) and isinstance(value.get("op"), str) and isinstance(value.get("source"), Mapping)


def row_change(envelope: Mapping[str, Any]) -> RowChange:
    """Read an envelope. Raises DataFault(UNDECODABLE) where it has an unknown operation or lacks its row."""
    code = envelope["op"]
    if code not in _OPERATIONS:
        raise undecodable("the envelope's op is none of c, u, d, r, t and m")
    after = _image(envelope.get("after"))
    if not after and code != "d":
        raise undecodable("the envelope has no row in after")
    return RowChange(code, _image(envelope.get("before")), after, envelope["source"], envelope.get("ts_ms"))


def flattened(row: Mapping[str, Any], record: SourceRecord) -> RowChange:
    """Read a row without its envelope; what the transformation was told to add stands in `__` columns or headers."""
    told = {name.removeprefix(_PREFIX): value for name, value in row.items() if name.startswith(_PREFIX)}
    for name, value in record.headers:
        if name.startswith(_PREFIX) and not name.startswith("__debezium.") and value is not None:
            told.setdefault(name.removeprefix(_PREFIX), value.decode("utf-8", "replace"))
    deleted = text_of(told.get(_DELETED)).lower() == "true" or told.get(_DELETED) is True
    source = {name.removeprefix(_OF_SOURCE): value for name, value in told.items() if name not in ("op", "ts_ms")}
    columns = {name: value for name, value in row.items() if not name.startswith(_PREFIX)}
    code = "d" if deleted else text_of(told.get("op"))
    gone = code == "d"
    return RowChange(code, columns if gone else {}, {} if gone else columns, source, told.get("ts_ms"))


def is_made_up(value: Any) -> bool:
    """Whether a value may be no value at all, but what stands for an unknown one of a column that is NOT NULL."""
    return value is None or value in _MADE_UP or (isinstance(value, str) and value.startswith(_EPOCH))


def text_of(value: Any) -> str:
    """Return a text as it is, "" for anything else."""
    return value if isinstance(value, str) else ""


def _image(value: Any) -> Mapping[str, Any]:
    """Return a row; MongoDB's connector writes documents as JSON texts."""
    if isinstance(value, str) and value.startswith("{"):
        value = read_json(value.encode("utf-8", "surrogatepass"))
    return value if isinstance(value, Mapping) else {}
