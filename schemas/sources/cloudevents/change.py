"""From the attributes and the data of a CloudEvent to a change event."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from schemas.avro.framing import STAGE, undecodable
from schemas.event_json import event_from_json
from schemas.events import CrmEvent, Operation
from schemas.identity import accepted, derived_event_id, no_identity
from schemas.outcomes import Skipped, SkipReason
from schemas.sources.mapping import ENTITY_COLUMNS, TENANT_COLUMNS, first_text, map_row, record_id_of, writer_of
from schemas.sources.mapping.naming import entity_and_operation, entity_name
from schemas.sources.mapping.rules import columns_of
from schemas.text.json_values import json_text
from schemas.text.times import epoch_ms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.sources.base import SourceRecord, SourceRules

_CORE: Final = frozenset(
    {"id", "source", "specversion", "type", "datacontenttype", "dataschema", "subject", "time", "partitionkey"}
)
_ACTOR_ATTRIBUTES: Final = ("actor", "authid")
_ENTITY_ATTRIBUTES: Final = ("entity", "entitytype", "objecttype", "iodebeziumtable")
_TENANT_ATTRIBUTES: Final = ("tenant", "tenantid")
_DEBEZIUM_TYPE: Final = "io.debezium."
_DEBEZIUM_OPERATIONS: Final = {
    "c": Operation.CREATE,
    "u": Operation.UPDATE,
    "d": Operation.DELETE,
    "r": Operation.SNAPSHOT,
}


def change_event(
    attributes: Mapping[str, str], data: Any, record: SourceRecord, rules: SourceRules
) -> CrmEvent | Skipped:
    """Make the change event of one CloudEvent, or the reason to skip it.

    It is identified by (source, id), which the specification makes unique together and not apart. Data with the fields
    of a `CrmEvent` is taken as such, any other by the mapping of its topic or entity, and by names where that says
    nothing. Raises DataFault(NO_IDENTITY, UNDECODABLE, OVERSIZED), naming the attribute.
    """
    for name in ("id", "source"):
        if not attributes.get(name, "").strip():
            raise no_identity(f"ce_{name}", stage=STAGE)
    if isinstance(data, dict) and {"entity", "record_id"} <= data.keys():
        event = _given_event(attributes, data, record)
        own = rules.own(event.source, event.actor, attributes["source"])
        return Skipped(SkipReason.OWN_WRITE) if own else event
    before, row = _images(data)
    entity, operation = _entity_and_operation(attributes, data, row, record.topic)
    mapping = rules.mappings.of(record.topic, entity)
    if mapping.skip:
        return Skipped(SkipReason.CONTROL, "skipped by its mapping")
    entity = mapping.entity or entity
    record_id = _record_id(attributes, record) or record_id_of(row, entity) or record_id_of(before, entity)
    if record_id is None:
        raise no_identity("record_id (subject, partitionkey, key or an id in the data)", stage=STAGE)
    mapped = map_row(row, entity=entity, record_id=record_id, rules=mapping)
    actor = _first(attributes, _ACTOR_ATTRIBUTES) or mapped.actor
    changed = [name for name, value in row.items() if name in before and before[name] != value]
    if rules.own_write(mapping, changed, attributes["source"], actor, writer_of(row, mapping)):
        return Skipped(SkipReason.OWN_WRITE)
    event = CrmEvent(
        event_id=_event_id(attributes, entity, record_id),
        source=attributes["source"],
        tenant=_first(attributes, _TENANT_ATTRIBUTES)
        or mapped.tenant
        or first_text(before, columns_of(mapping.tenant, TENANT_COLUMNS))
        or "",
        entity=entity,
        record_id=record_id,
        operation=operation,
        occurred_at=_occurred_at(attributes, record),
        actor=actor,
        attributes=_told(attributes),
        **mapped.content(),
    )
    return accepted(event, stage=STAGE)


def _given_event(attributes: Mapping[str, str], data: Mapping[str, Any], record: SourceRecord) -> CrmEvent:
    """Take data that is a `CrmEvent`; what it leaves out comes from the envelope."""
    given = {name: value for name, value in data.items() if value is not None}
    _, operation = entity_and_operation(attributes.get("type", ""), has_data=True)
    envelope = {
        "event_id": derived_event_id("ce", attributes["source"], attributes["id"]),
        "source": attributes["source"],
        "operation": operation.value,
        "occurred_at": _occurred_at(attributes, record),
        "actor": _first(attributes, _ACTOR_ATTRIBUTES),
        "attributes": _told(attributes),
    }
    return event_from_json({**envelope, **given})


def _images(data: Any) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the record before and after the change; the data itself is the record unless it is a change envelope."""
    if isinstance(data, dict):
        payload = data["payload"] if isinstance(data.get("payload"), dict) and "schema" in data else data
        if (
            "after" in payload
            and ("before" in payload or "op" in payload)
            and isinstance(payload["after"], dict | None)
        ):
            before = payload.get("before")
            return before if isinstance(before, dict) else {}, payload["after"] or {}
        return {}, payload
    if data is None:
        return {}, {}
    return {}, {"text": data} if isinstance(data, str) else {"data": json_text(data)}


def _entity_and_operation(
    attributes: Mapping[str, str], data: Any, row: Mapping[str, Any], topic: str
) -> tuple[str, Operation]:
    event_type = attributes.get("type", "")
    typed_entity, operation = entity_and_operation(event_type, has_data=data is not None)
    if event_type.startswith(_DEBEZIUM_TYPE):
        # The type is the same for every table; table and operation stand in extension attributes.
        typed_entity = ""
        code = attributes.get("iodebeziumop") or (data.get("op") if isinstance(data, dict) else None)
        operation = _DEBEZIUM_OPERATIONS.get(str(code), Operation.UPDATE)
    named = first_text(row, ENTITY_COLUMNS) or _first(attributes, _ENTITY_ATTRIBUTES) or ""
    entity = entity_name(named) or typed_entity or entity_name(topic.rsplit(".", 1)[-1])
    if not entity:
        raise no_identity("entity (in the data, an attribute or ce_type)", stage=STAGE)
    return entity, operation


def _record_id(attributes: Mapping[str, str], record: SourceRecord) -> str | None:
    return _first(attributes, ("subject", "partitionkey")) or key_text(record.key)


def key_text(key: bytes | None) -> str | None:
    """Return a record's key as an id: plain text, a JSON text or number, or the one value of a JSON object.

    None for a key that is empty, binary, or an object of several values, which is no single id.
    """
    if not key or key.startswith(b"\x00"):
        return None
    try:
        text = key.decode("utf-8").strip()
    except UnicodeDecodeError:
        return None
    if text[:1] not in ('"', "{"):
        return text or None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, dict):
        value = value["payload"] if "schema" in value and "payload" in value else value
    if isinstance(value, dict):
        value = next(iter(value.values())) if len(value) == 1 else None
    return str(value).strip() or None if isinstance(value, str | int) and not isinstance(value, bool) else None


def _event_id(attributes: Mapping[str, str], entity: str, record_id: str) -> str:
    if attributes.get("type", "").startswith(_DEBEZIUM_TYPE):
        # Debezium's id is the transaction's position in the log: rows of one statement share it.
        return derived_event_id("ce", attributes["source"], attributes["id"], entity, record_id)
    return derived_event_id("ce", attributes["source"], attributes["id"])


def _occurred_at(attributes: Mapping[str, str], record: SourceRecord) -> int:
    time = attributes.get("time")
    if not time:
        return record.timestamp_ms
    try:
        return epoch_ms(time)
    except ValueError:
        # Taking the time of producing instead would let an old event pass for the newest of its record.
        raise undecodable("ce_time is no RFC 3339 time") from None


def _told(attributes: Mapping[str, str]) -> dict[str, str]:
    """Keep what the envelope says beside the core attributes, for routing, and the id as the source gave it."""
    told = {name: value for name, value in attributes.items() if name not in _CORE}
    return {**told, **{f"ce_{name}": attributes[name] for name in ("id", "type") if name in attributes}}


def _first(attributes: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((attributes[name].strip() for name in names if attributes.get(name, "").strip()), None)
