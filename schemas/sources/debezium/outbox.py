"""Events of the outbox pattern: what an application wrote into its outbox table, routed by Debezium.

Source: outbox-event-router.adoc. The topic is named after the aggregate's type, the key is the aggregate's id, the
header `id` is the event's, unique for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from schemas.avro.framing import STAGE
from schemas.errors import DataFault
from schemas.events import CrmEvent
from schemas.identity import accepted, derived_event_id, no_identity
from schemas.outcomes import Skipped, SkipReason
from schemas.sources.mapping import map_row, record_id_of, writer_of
from schemas.sources.mapping.keys import key_text
from schemas.sources.mapping.naming import entity_and_operation, entity_name
from schemas.text.json_values import json_text, read_json

if TYPE_CHECKING:
    from schemas.sources.base import SourceRecord, SourceRules

OUTBOX_ID: Final = "id"
"""The header that makes a record an outbox event, and that identifies it."""


def outbox_event(value: Any, key: Any, record: SourceRecord, rules: SourceRules) -> CrmEvent | Skipped:
    """Make the change event of an outbox event. Raises DataFault(NO_IDENTITY, OVERSIZED)."""
    event_id = (record.header(OUTBOX_ID) or "").strip()
    if not event_id:
        raise no_identity(f"header {OUTBOX_ID}", stage=STAGE)
    event_type = _header(record, "eventtype", "type")
    typed, operation = entity_and_operation(event_type, has_data=True)
    aggregate = _header(record, "aggregatetype") or record.topic.rsplit(".", 1)[-1]
    mapping = rules.mappings.of(record.topic, aggregate)
    if mapping.skip:
        return Skipped(SkipReason.CONTROL, "skipped by its mapping")
    entity = mapping.entity or entity_name(aggregate) or typed
    row = _row(value)
    record_id = key_text(key) or _header(record, "aggregateid") or record_id_of(row, entity)
    if not record_id:
        raise no_identity("the record's key (the aggregate's id)", stage=STAGE)
    mapped = map_row(row, entity=entity, record_id=record_id, rules=mapping)
    source = f"/debezium/outbox/{aggregate}"
    if rules.own(mapped.actor, source, writer_of(row, mapping)):
        return Skipped(SkipReason.OWN_WRITE)
    return accepted(
        CrmEvent(
            event_id=derived_event_id("dbz-outbox", event_id),
            source=source,
            tenant=mapped.tenant or "",
            entity=entity,
            record_id=record_id,
            operation=operation,
            # The router sets it to the event's own time where it is told to.
            occurred_at=record.timestamp_ms,
            actor=mapped.actor,
            attributes={"event_type": event_type} if event_type else {},
            **mapped.content(),
        ),
        stage=STAGE,
    )


def _row(value: Any) -> Mapping[str, Any]:
    """Return the payload; without `table.expand.json.payload` it is JSON within a text."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = read_json(value.encode("utf-8", "surrogatepass"))
        except DataFault:
            return {"text": value}
    if isinstance(value, Mapping):
        inner = value.get("payload")
        return inner if isinstance(inner, Mapping) else value
    return {"text": value} if isinstance(value, str) else {"data": json_text(value)}


def _header(record: SourceRecord, *names: str) -> str:
    return next((text.strip() for name in names if (text := record.header(name)) and text.strip()), "")
