"""From one record on a topic of Salesforce's events to change events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from schemas.avro.framing import split_frame
from schemas.avro.parsed import ParsedSchema
from schemas.bounded import BoundedCache
from schemas.connect import ConnectReader
from schemas.outcomes import Skipped, SkipReason
from schemas.sources.salesforce.bitmaps import FieldOrder
from schemas.sources.salesforce.changes import record_change
from schemas.sources.salesforce.events import items_of
from schemas.sources.salesforce.messages import MetaMessage, PushMessage, message_of
from schemas.sources.salesforce.push_topics import pushed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.avro.reader import WriterSchemas
    from schemas.events import CrmEvent
    from schemas.refetch import Refetch
    from schemas.sources.base import Adapted, SourceRecord, SourceRules

_FRAMED: Final = b"\x00"
_ORDERS_KEPT: Final = 256


class SalesforceAdapter:
    """Takes change events and PushTopic events, one or a list of them in a record; an event for each record changed.

    Gap and overflow events, and long texts that came as a diff, are requests to fetch. Identity: see `events`.
    """

    name = "salesforce"

    def __init__(self, schemas: WriterSchemas | None, rules: SourceRules) -> None:
        """Read Avro with `schemas`; without them only JSON can be read. Skip and map as `rules` say."""
        self._reader = ConnectReader(schemas)
        self._schemas = schemas
        self._rules = rules
        self._orders: BoundedCache[int, FieldOrder | None] = BoundedCache(_ORDERS_KEPT)

    async def adapt(self, record: SourceRecord) -> Adapted:
        """Return the record's events, skips and requests. Raises DataFault, DependencyFault."""
        if record.value is None:
            return (Skipped(SkipReason.TOMBSTONE),)
        value = await self._reader.value(record.value)
        order = await self._order(record.value)
        values = value if isinstance(value, list) else [value]
        return tuple(item for one in values for item in self._items(one, order, record))

    def _items(
        self, value: Any, order: FieldOrder | None, record: SourceRecord
    ) -> Iterable[CrmEvent | Skipped | Refetch]:
        message = message_of(value)
        if isinstance(message, MetaMessage):
            return (Skipped(SkipReason.CONTROL, "meta"),)
        if isinstance(message, PushMessage):
            return (pushed(message, record, self._rules),)
        return items_of(record_change(message, order), record, self._rules)

    async def _order(self, data: bytes) -> FieldOrder | None:
        """Return the order of the fields in the schema that this event was written with; None for JSON.

        An object that gets a field gets a schema in which the bitmaps' positions are others.
        """
        if self._schemas is None or not data.startswith(_FRAMED):
            return None
        schema_id, _ = split_frame(data)
        order = self._orders.get(schema_id)
        if order is None:
            parsed = ParsedSchema(await self._schemas.schema(schema_id), whose=f"writer schema {schema_id}").parsed
            order = FieldOrder.of_schema(parsed)
            self._orders.put(schema_id, order)
        return order
