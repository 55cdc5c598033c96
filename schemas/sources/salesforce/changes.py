"""What one change event says: which records of which object, what happened to them, who did it, and which fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from schemas.avro.framing import STAGE, undecodable
from schemas.errors import DataFault
from schemas.events import Operation
from schemas.identity import no_identity
from schemas.outcomes import DeadLetterReason
from schemas.sources.salesforce.bitmaps import HEADER, FieldOrder, NotTold, fields_of, is_bitmap
from schemas.sources.salesforce.values import is_difference
from schemas.text.json_values import scalar_text
from schemas.text.times import epoch_ms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.sources.salesforce.messages import ChangeMessage

_MODIFIED: Final = "LastModifiedDate"
AUDIT_FIELDS: Final = frozenset({_MODIFIED, "LastModifiedById", "SystemModstamp"})
"""Every change touches them, so that they say nothing of what it was."""

_Names = tuple[str, ...]

_OPERATIONS: Final = {
    "CREATE": Operation.CREATE,
    "UPDATE": Operation.UPDATE,
    "DELETE": Operation.DELETE,
    # The record is there again, with all of its fields.
    "UNDELETE": Operation.CREATE,
}
_GAP: Final = "GAP_"
_OVERFLOW: Final = "GAP_OVERFLOW"
_NO_RECORD: Final = "000000000000000"
_CLIENT: Final = "client="
# A transaction of Salesforce changes 10,000 records at most by its own limits. Each becomes an event, in one go.
_MAX_RECORDS: Final = 10_000


@dataclass(frozen=True, slots=True, repr=False)
class RecordChange:
    """A change that was made to each of `record_ids`; `whole_object` says that it concerns all records there are.

    `kind` is Salesforce's changeType. `changed` and `cleared` are names of fields, with those within a compound field
    as "MailingAddress.City". `differences` are fields of which only a diff came; they are not in `body`. `committed` is
    the time of the commit as it was written.
    """

    object_name: str
    record_ids: tuple[str, ...]
    whole_object: bool
    kind: str
    origin: str
    user: str
    transaction: str
    sequence: str
    committed: Any
    body: Mapping[str, Any]
    changed: tuple[str, ...]
    cleared: tuple[str, ...]
    differences: tuple[str, ...]
    bus_id: str
    replay_id: str

    @property
    def operation(self) -> Operation:
        """What happened; meaningless for a gap."""
        return _OPERATIONS.get(self.kind, Operation.UPDATE)

    @property
    def is_gap(self) -> bool:
        """Whether Salesforce only says that something happened, because it could not make the event."""
        return self.kind.startswith(_GAP)

    @property
    def is_overflow(self) -> bool:
        """Whether there were more changes in the transaction than Salesforce tells one by one."""
        return self.kind == _OVERFLOW

    @property
    def clients(self) -> tuple[str, str]:
        """The app that made the change through an API, as it calls itself, with and without a slash behind it.

        "" where the change came in otherwise, or the app gives no name.
        """
        client = self.origin.partition(_CLIENT)[2]
        return client, client.rstrip("/")

    def committed_ms(self) -> int | None:
        """When the change was committed, in milliseconds since the epoch; None where that is not told."""
        for moment in (self.committed, self.body.get(_MODIFIED)):
            try:
                return epoch_ms(moment)
            except ValueError:
                continue
        return None


def record_change(message: ChangeMessage, order: FieldOrder | None) -> RecordChange:
    """Read a change event; `order` is its schema's, None where it came as JSON.

    Raises DataFault(NO_IDENTITY) where it names no object or no record, DataFault(UNDECODABLE) for an unknown kind of
    change, DataFault(OVERSIZED) for more records than a transaction can change.
    """
    header = message.header
    object_name, kind = _text(header, "entityName"), _text(header, "changeType")
    if not object_name:
        raise no_identity(f"{HEADER}.entityName", stage=STAGE)
    if kind not in _OPERATIONS and not kind.startswith(_GAP):
        raise undecodable(f"{HEADER}.changeType is none of CREATE, UPDATE, DELETE, UNDELETE and GAP_*")
    record_ids, whole_object = _records(message, is_gap=kind.startswith(_GAP))
    changed, cleared, differences = _fields(message, order) if kind == "UPDATE" else ((), (), ())
    return RecordChange(
        object_name=object_name,
        record_ids=record_ids,
        whole_object=whole_object,
        kind=kind,
        origin=_text(header, "changeOrigin"),
        user=_text(header, "commitUser"),
        transaction=_text(header, "transactionKey"),
        sequence=_text(header, "sequenceNumber"),
        committed=header.get("commitTimestamp"),
        body={name: value for name, value in message.body.items() if name not in differences},
        changed=changed,
        cleared=cleared,
        differences=differences,
        bus_id=message.bus_id,
        replay_id=message.replay_id,
    )


def _records(message: ChangeMessage, *, is_gap: bool) -> tuple[_Names, bool]:
    """Return the ids, each once, and whether all records of the object are meant ("001*", or an overflow's no id)."""
    listed = _texts(message.header, "recordIds") or ((message.record_id,) if message.record_id else ())
    ids = dict.fromkeys(one for one in listed if not one.endswith("*") and not one.startswith(_NO_RECORD))
    whole = any(one.endswith("*") for one in listed) or (is_gap and not ids)
    if not ids and not whole:
        raise no_identity(f"{HEADER}.recordIds", stage=STAGE)
    if len(ids) > _MAX_RECORDS:
        detail = f"{HEADER}.recordIds names {len(ids)} records; at most {_MAX_RECORDS} are taken"
        raise DataFault(DeadLetterReason.OVERSIZED, detail, stage=STAGE)
    return tuple(ids), whole


def _fields(message: ChangeMessage, order: FieldOrder | None) -> tuple[_Names, _Names, _Names]:
    """Return which fields an update changed, cleared, and told as a diff."""
    header, body = message.header, message.body
    listed = {name: _texts(header, name) for name in ("changedFields", "nulledFields", "diffFields")}
    try:
        changed, nulled, differing = _decoded(message, order, *listed.values())
    except NotTold:
        # Better the fields that have a value than wrong ones; a null may be an unchanged one.
        return tuple(_with_value(body)), (), _differences(body)
    if not any(is_bitmap(entry) for entry in listed["changedFields"]):
        # A bitmap is told bit by bit, as Salesforce's own tool does; a list of names is what a reader gets to see.
        changed = tuple(name for name in changed if name not in AUDIT_FIELDS)
    if header.get("nulledFields") is None:
        if header.get("changedFields") is not None:
            nulled = tuple(name for name in changed if _at(body, name) is None)
        elif not message.flat:
            # The Streaming API lists nothing, and sends a null only for a field that was emptied.
            nulled = tuple(name for name, value in body.items() if value is None)
    if not listed["changedFields"]:
        changed = tuple(dict.fromkeys((*_with_value(body), *nulled)))
    return changed, nulled, _differences(body, differing)


def _decoded(message: ChangeMessage, order: FieldOrder | None, *lists: _Names) -> Iterator[_Names]:
    # The schema of a flat record is its connector's, whose columns stand elsewhere than the fields of Salesforce's.
    known = message.order or (None if message.flat else order)
    if known is None:
        known = FieldOrder.of_body({HEADER: None, **message.body})
        _check(message.body, known, *lists[:2])
    return iter([fields_of(entries, known) for entries in lists])


def _check(body: Mapping[str, Any], guessed: FieldOrder, changed: _Names, nulled: _Names) -> None:
    """Make sure that JSON stands in the order of its schema and left nothing out. Raises NotTold.

    Then every changed field has a value unless it was emptied, every emptied one has none, and the time of the last
    change is among the changed.
    """
    if not any(is_bitmap(entry) for entry in (*changed, *nulled)) or all(value is None for value in body.values()):
        # Names need no order, and an event without any value has its nulls.
        return
    touched, emptied = fields_of(changed, guessed), frozenset(fields_of(nulled, guessed))
    fits = all(_at(body, name) is None for name in emptied)
    fits = fits and all(_at(body, name) is not None or name in emptied for name in touched)
    if not fits or (body.get(_MODIFIED) is not None and _MODIFIED not in touched):
        raise NotTold


def _differences(body: Mapping[str, Any], listed: _Names = ()) -> _Names:
    """Return the fields of which only a diff came: as listed, and by their shape, since connectors drop the list."""
    return tuple(name for name, value in body.items() if name in listed or is_difference(value))


def _with_value(body: Mapping[str, Any]) -> Iterator[str]:
    for name, value in body.items():
        if name in AUDIT_FIELDS or value is None:
            continue
        if isinstance(value, Mapping) and not is_difference(value):
            yield from (f"{name}.{inner}" for inner, inner_value in value.items() if inner_value is not None)
        else:
            yield name


def _at(body: Mapping[str, Any], name: str) -> Any:
    parent, _, inner = name.partition(".")
    value = body.get(parent)
    if not inner:
        return value
    if isinstance(value, Mapping):
        return value.get(inner)
    # Confluent's connector has a column for each: LastName, MailingCity.
    found = body.get(inner)
    return body.get(parent.removesuffix("Address") + inner) if found is None else found


def _text(header: Mapping[str, Any], name: str) -> str:
    return (scalar_text(header.get(name)) or "").strip()


def _texts(header: Mapping[str, Any], name: str) -> _Names:
    listed = header.get(name)
    entries = (one.strip() for one in listed if isinstance(one, str)) if isinstance(listed, list) else ()
    return tuple(one for one in entries if one)
