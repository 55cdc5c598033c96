"""Change events as we define them: Avro in Confluent's wire format, or the same fields as a JSON object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from schemas.avro.framing import undecodable
from schemas.codec import EventReader
from schemas.errors import Dependency, DependencyFault
from schemas.event_json import event_from_json
from schemas.outcomes import Skipped, SkipReason
from schemas.text.json_values import read_json

if TYPE_CHECKING:
    from schemas.avro.reader import WriterSchemas
    from schemas.events import CrmEvent
    from schemas.sources.base import Adapted, SourceRecord, SourceRules

_FRAMED: Final = b"\x00"


class NativeAdapter:
    """Takes a `CrmEvent` as it is. The first byte tells Avro (0x00) from JSON; the content type need not be there."""

    name = "native"

    def __init__(self, schemas: WriterSchemas | None, rules: SourceRules) -> None:
        """Read Avro with `schemas`; without them only JSON can be read."""
        self._reader = EventReader(schemas) if schemas is not None else None
        self._rules = rules

    async def adapt(self, record: SourceRecord) -> Adapted:
        """Return the one event of the record, or the reason to skip it. Raises DataFault, DependencyFault."""
        if record.value is None:
            return (Skipped(SkipReason.TOMBSTONE),)
        event = await self._event(record.value)
        return (Skipped(SkipReason.OWN_WRITE) if self._rules.own(event.source, event.actor) else event,)

    async def _event(self, value: bytes) -> CrmEvent:
        if value.startswith(_FRAMED):
            if self._reader is None:
                # Not the record's fault: it can be read as soon as there is a registry to ask.
                detail = "an Avro record came in, but CRM_INSIGHTS_SCHEMA_REGISTRY__URL is not set"
                raise DependencyFault(Dependency.REGISTRY, detail, alarm=True)
            return await self._reader.read(value)
        data = read_json(value)
        if not isinstance(data, dict):
            raise undecodable("the JSON is no object; expected the fields of a CrmEvent")
        return event_from_json(data)
