"""Change events and insights to and from the bytes on Kafka: Confluent's wire format over our Avro contracts.

The border for everything else: framing, Avro and clean text are re-exported here.
"""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING, Any, TypeVar

import fastavro
import msgspec

from schemas.avro import event_schema, insight_key_schema, insight_schema, refetch_schema
from schemas.avro.framing import STAGE, event_id_bytes_of_key, event_id_of_key, frame, split_frame, undecodable
from schemas.avro.parsed import ParsedSchema
from schemas.avro.reader import AvroReader, StaticSchemas, WriterSchemas
from schemas.events import CrmEvent
from schemas.identity import accepted
from schemas.insights import CrmInsight
from schemas.text import clean_text, clean_value

if TYPE_CHECKING:
    from schemas.refetch import Refetch

__all__ = [
    "AvroReader",
    "EventReader",
    "EventWriter",
    "InsightReader",
    "InsightWriter",
    "RefetchWriter",
    "StaticSchemas",
    "WriterSchemas",
    "clean_text",
    "event_id_bytes_of_key",
    "event_id_of_key",
    "frame",
    "split_frame",
]


T = TypeVar("T")


class EventReader:
    """Reads change events from `crm.events`, whichever version or part of the contract they were written with."""

    def __init__(self, schemas: WriterSchemas) -> None:
        """Ask `schemas` for what an event was written with."""
        self._avro = AvroReader(schemas, event_schema())

    async def read(self, data: bytes) -> CrmEvent:
        """Return the event, with clean texts.

        Raises DataFault(UNDECODABLE, UNKNOWN_SCHEMA, NO_IDENTITY, OVERSIZED) or DependencyFault(REGISTRY).
        """
        return accepted(_converted(await self._avro.decode(data), CrmEvent), stage=STAGE)


class EventWriter:
    """Writes change events for `crm.events`."""

    def __init__(self, schema_id: int) -> None:
        """Write with our schema, which the registry knows as `schema_id`."""
        self._schema_id = schema_id
        self._schema = _writer_schema("event")

    def write(self, event: CrmEvent) -> bytes:
        """Return the framed event, with clean texts. Raises ValueError for a time beyond 64 bits."""
        return frame(self._schema_id, _body(self._schema, clean_value(event)))


class RefetchWriter:
    """Writes requests to fetch records, for `crm.refetch`."""

    def __init__(self, schema_id: int) -> None:
        """Write with our schema, which the registry knows as `schema_id`."""
        self._schema_id = schema_id
        self._schema = _writer_schema("refetch")

    def write(self, request: Refetch) -> bytes:
        """Return the framed request, with clean texts. Raises ValueError for a time beyond 64 bits."""
        return frame(self._schema_id, _body(self._schema, clean_value(request)))


class InsightWriter:
    """Writes insights and their keys for `crm.insights`."""

    def __init__(self, key_schema_id: int, value_schema_id: int) -> None:
        """Write with our schemas, which the registry knows by these ids."""
        self._key_schema_id = key_schema_id
        self._value_schema_id = value_schema_id
        self._key_schema = _writer_schema("insight_key")
        self._value_schema = _writer_schema("insight")

    def key(self, event_id: str) -> bytes:
        """Return the framed key of the insight on that event."""
        return frame(self._key_schema_id, _body(self._key_schema, {"event_id": clean_text(event_id)}))

    def value(self, insight: CrmInsight) -> bytes:
        """Return the framed insight, with clean texts. Raises ValueError for a number beyond 64 bits."""
        return frame(self._value_schema_id, _body(self._value_schema, clean_value(insight)))


class InsightReader:
    """Reads insights from `crm.insights`, whichever version of the contract they were written with."""

    def __init__(self, schemas: WriterSchemas) -> None:
        """Ask `schemas` for what an insight was written with."""
        self._avro = AvroReader(schemas, insight_schema())

    async def read(self, data: bytes) -> CrmInsight:
        """Return the insight. Raises DataFault(UNDECODABLE, UNKNOWN_SCHEMA) or DependencyFault(REGISTRY)."""
        return _converted(await self._avro.decode(data), CrmInsight)


def _body(schema: Any, record: dict[str, Any]) -> bytes:
    stream = io.BytesIO()
    try:
        fastavro.schemaless_writer(stream, schema, record)
    except (OverflowError, TypeError, ValueError) as error:
        raise ValueError(f"a {schema['name']} does not fit its schema ({type(error).__name__})") from None
    return stream.getvalue()


@functools.cache
def _writer_schema(name: str) -> Any:
    schemas = {
        "event": event_schema,
        "refetch": refetch_schema,
        "insight": insight_schema,
        "insight_key": insight_key_schema,
    }
    schema = schemas[name]()
    return ParsedSchema(schema, whose=f"our own {name} schema").parsed


def _converted(record: dict[str, Any], into: type[T]) -> T:
    try:
        return msgspec.convert(record, into)
    except msgspec.ValidationError:
        # Cannot happen while the structs mirror the contracts, which a test checks. msgspec's words quote values.
        raise undecodable(f"the record does not make a {into.__name__}") from None
