"""From one record of a Debezium connector to its change event, or to the reason why it is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from schemas.avro.framing import undecodable
from schemas.connect import ConnectReader
from schemas.outcomes import Skipped, SkipReason
from schemas.sources.debezium.change import RowChange, flattened, is_envelope, row_change
from schemas.sources.debezium.control import control_kind
from schemas.sources.debezium.event import change_event
from schemas.sources.debezium.outbox import OUTBOX_ID, outbox_event
from schemas.sources.debezium.rekey import is_delete_half, old_key

if TYPE_CHECKING:
    from schemas.avro.reader import WriterSchemas
    from schemas.sources.base import Adapted, SourceRecord, SourceRules


class DebeziumAdapter:
    """Takes envelopes, flattened rows and outbox events; one change event each. What is none of a row is skipped.

    Identity: the place in the database's log (`debezium.identity`), never the connector's own times.
    """

    name = "debezium"

    def __init__(self, schemas: WriterSchemas | None, rules: SourceRules) -> None:
        """Read Avro with `schemas`; without them only JSON can be read. Skip and map as `rules` say."""
        self._reader = ConnectReader(schemas)
        self._rules = rules

    async def adapt(self, record: SourceRecord) -> Adapted:
        """Return the record's event, or the reason to skip it. Raises DataFault, DependencyFault."""
        if record.value is None:
            return (Skipped(SkipReason.TOMBSTONE),)
        value = await self._value(record)
        control = control_kind(value, record.topic)
        if control is not None:
            return (Skipped(SkipReason.CONTROL, control),)
        if not is_envelope(value) and record.header(OUTBOX_ID) is not None:
            return (outbox_event(value, await self._reader.key(record.key), record, self._rules),)
        if not isinstance(value, Mapping):
            raise undecodable("the value is no object; expected a Debezium envelope or a row")
        change = row_change(value) if is_envelope(value) else flattened(value, record)
        return (await self._row(change, record),)

    async def _row(self, change: RowChange, record: SourceRecord) -> Any:
        if is_delete_half(change, record):
            # The other half, with the same position in the log, is the event.
            return Skipped(SkipReason.CONTROL, "rekey")
        key = await self._reader.key(record.key)
        return change_event(change, key, record, self._rules, old_key=old_key(change, record))

    async def _value(self, record: SourceRecord) -> Any:
        data = record.value or b""
        if not data.startswith((b"\x00", b"{", b"[", b'"')) and record.header(OUTBOX_ID) is not None:
            # An outbox may carry plain text.
            try:
                return data.decode("utf-8")
            except UnicodeDecodeError:
                raise undecodable("the outbox event is neither Avro, JSON nor UTF-8 text") from None
        return await self._reader.value(data)
