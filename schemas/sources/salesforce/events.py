"""From a change of Salesforce to change events, one for each record, and to requests to fetch what it does not say.

Identity: the transaction, the change's place in it, the object, the record and the kind of change. They stand in the
header, so that one change has one id whichever API told of it, also when a connector starts anew or the stream is
replayed. Replay ids are none: they are not unique when Salesforce moves an org; the event's UUID is known to clients of
newer APIs only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from schemas.avro.framing import STAGE, undecodable
from schemas.events import CrmEvent
from schemas.identity import accepted, derived_event_id
from schemas.outcomes import Skipped, SkipReason
from schemas.refetch import RefetchReason
from schemas.sources.hooks.notifications import request_to_fetch
from schemas.sources.mapping import map_row, writer_of
from schemas.sources.salesforce.objects import channel_of, entity_of, mapping_of
from schemas.sources.salesforce.values import told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.refetch import Refetch
    from schemas.sources.base import SourceRecord, SourceRules
    from schemas.sources.mapping import MappedRow, TableMapping
    from schemas.sources.salesforce.changes import RecordChange

SCHEME: Final = "sf"
_SOURCE: Final = "/salesforce"
# Stands for the id that a request for a whole object has none of; no id of Salesforce's looks like it.
_ALL_RECORDS: Final = "*"
# Ids have 15 characters, or 18 where a checksum stands behind them; people copy either into their settings.
_SHORT_ID: Final = 15
_LONG_ID: Final = 18


def items_of(change: RecordChange, record: SourceRecord, rules: SourceRules) -> Iterator[CrmEvent | Skipped | Refetch]:
    """Make the events of a change, the reasons to skip it, and the requests, in the order of its records.

    Raises DataFault(OVERSIZED, UNDECODABLE).
    """
    mapping = mapping_of(change.object_name, rules.mappings, record.topic)
    row = row_of(change.body)
    entity = mapping.entity or entity_of(change.object_name)
    mapped = map_row(row, entity=entity, record_id="", rules=mapping)
    skipped = _reason_to_skip(change, row, mapped, mapping, rules)
    making = _Making(change, record, entity, mapped)
    if change.whole_object:
        yield skipped or making.request("")
    for record_id in change.record_ids:
        if skipped or change.is_gap:
            yield skipped or making.request(record_id)
            continue
        yield making.event(record_id, mapped.actor if mapping.actor else None)
        if change.differences:
            yield making.request(record_id)


class _Making:
    """What the events and requests of one change have in common."""

    def __init__(self, change: RecordChange, record: SourceRecord, entity: str, mapped: MappedRow) -> None:
        self._change = change
        self._entity = entity
        self._mapped = mapped
        committed = change.committed_ms()
        self._occurred_at = record.timestamp_ms if committed is None else committed
        self._source = _SOURCE + channel_of(change.object_name)
        self._place = _place(change, record)

    def event(self, record_id: str, actor: str | None) -> CrmEvent:
        change, mapped = self._change, self._mapped
        event = CrmEvent(
            event_id=derived_event_id(SCHEME, *self._place, record_id, change.kind),
            source=self._source,
            tenant=mapped.tenant or "",
            entity=self._entity,
            record_id=record_id,
            operation=change.operation,
            occurred_at=self._occurred_at,
            actor=actor or change.user or mapped.actor,
            changed_fields=change.changed,
            cleared_fields=change.cleared,
            attributes=self._attributes(),
            **mapped.content(),
        )
        return accepted(event, stage=STAGE)

    def request(self, record_id: str) -> Refetch:
        """Ask for a record, or for all of the object's where the id is ""."""
        change = self._change
        reason = RefetchReason.GAP if change.is_gap or not record_id else RefetchReason.OVERSIZED
        event = CrmEvent(
            event_id=derived_event_id(f"{SCHEME}-refetch", *self._place, record_id, change.kind),
            source=self._source,
            tenant=self._mapped.tenant or "",
            entity=self._entity,
            record_id=record_id or _ALL_RECORDS,
            occurred_at=self._occurred_at,
            # Whoever fetches all records of an object replays the changes from there on.
            attributes=self._attributes() | ({"replay_id": change.replay_id} if change.replay_id else {}),
        )
        request = request_to_fetch(event, RefetchReason.OVERFLOW if change.is_overflow else reason)
        return request if record_id else msgspec.structs.replace(request, record_id="")

    def _attributes(self) -> dict[str, str]:
        change = self._change
        said = {"object": change.object_name, "change_type": change.kind, "change_origin": change.origin}
        said["difference_fields"] = ", ".join(change.differences)
        return {name: text for name, text in said.items() if text}


def row_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a record with their values in words: a person's name in its parts, one text of a mail.

    The parts of a name are columns of their own in Confluent's form, so that both forms say the same. Nulls are left
    out, which are most of a record: each column that is looked at takes some microseconds.
    """
    row: dict[str, Any] = {}
    for name, value in body.items():
        if value is None:
            continue
        if name == "Name" and isinstance(value, Mapping):
            row.update(value)
        elif isinstance(value, Mapping):
            row[name] = {inner: told(inner, inner_value) for inner, inner_value in value.items()}
        else:
            row[name] = told(name, value)
    if row.get("TextBody"):
        row.pop("HtmlBody", None)
    return row


def own_names(*ids: str | None) -> list[str]:
    """Return under which names the `ids` may stand among our own: users also by their first 15 characters."""
    told_of = [one for one in ids if one]
    return [*told_of, *(one[:_SHORT_ID] for one in told_of if len(one) == _LONG_ID)]


def digest(row: Mapping[str, Any]) -> str:
    """Return what tells contents apart where nothing else does. Raises DataFault(UNDECODABLE) for one nested deeply."""
    try:
        text = json.dumps(row, sort_keys=True, default=str)
    except RecursionError:
        raise undecodable("the record is nested too deeply") from None
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def place_of_content(row: Mapping[str, Any], changed_ms: int | None, record: SourceRecord) -> tuple[str, ...]:
    """Return what identifies a change that nothing names: its content and its time.

    Without a time, the record's place on its topic: a field that goes back to what it was has changed all the same.
    """
    if changed_ms is not None:
        return ("at", str(changed_ms), digest(row))
    return ("record", record.topic, str(record.partition), str(record.offset), digest(row))


def _place(change: RecordChange, record: SourceRecord) -> tuple[str, ...]:
    """Return what identifies a change but for its record and kind."""
    if change.transaction and change.sequence:
        return (change.object_name, change.transaction, change.sequence)
    if change.bus_id:
        return (change.object_name, "bus", change.bus_id)
    return (change.object_name, change.transaction, *place_of_content(change.body, change.committed_ms(), record))


def _reason_to_skip(
    change: RecordChange, row: Mapping[str, Any], mapped: MappedRow, mapping: TableMapping, rules: SourceRules
) -> Skipped | None:
    if mapping.skip:
        return Skipped(SkipReason.CONTROL, "skipped by its mapping")
    writer = writer_of(row, mapping)
    own = rules.own_write(mapping, change.changed, *own_names(*change.clients, change.user, writer, mapped.actor))
    return Skipped(SkipReason.OWN_WRITE) if own else None
