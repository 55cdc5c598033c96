"""Keys and values as Connect's converters write them, read into plain values that mean what the source meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import fastavro

from schemas.avro.framing import split_frame, undecodable
from schemas.avro.reader import AvroReader
from schemas.bounded import BoundedCache
from schemas.connect.shapes import of_avro, of_connect_json, same
from schemas.errors import Dependency, DependencyFault
from schemas.text.json_values import read_json

if TYPE_CHECKING:
    from schemas.avro.reader import WriterSchemas
    from schemas.connect.semantics import Meaning

_FRAMED: Final = b"\x00"
_SHAPES_KEPT: Final = 256
_VALUE: Final = "value"
_JSON_BEGINS: Final = (b"{", b"[", b'"')


class ConnectReader:
    """Reads Avro in Confluent's wire format, JSON, and JSON with its schema beside it; the bytes tell which.

    Objects come as dicts, decimals and times as texts, bytes as bytes. A reader remembers schemas, nothing else.
    """

    def __init__(self, schemas: WriterSchemas | None) -> None:
        """Read Avro with `schemas`; without them only JSON can be read."""
        self._schemas = None if schemas is None else _AsRecords(schemas)
        self._avro = None if self._schemas is None else AvroReader(self._schemas)
        self._shapes: BoundedCache[int, Meaning] = BoundedCache(_SHAPES_KEPT)

    async def value(self, data: bytes) -> Any:
        """Return what a value says. Raises DataFault(UNDECODABLE, UNKNOWN_SCHEMA) or DependencyFault(REGISTRY)."""
        if data.startswith(_FRAMED):
            return await self._framed(data)
        return _with_schema(read_json(data))

    async def key(self, data: bytes | None) -> Any:
        """Return what a key says: a text where it is neither Avro nor a JSON object or text, None where there is none.

        Raises as `value`. A number in plain text stays text: "007" is no 7, and "1e5" no hundred thousand.
        """
        if not data:
            return None
        if data.startswith(_FRAMED):
            return await self._framed(data)
        if data.lstrip().startswith(_JSON_BEGINS):
            return _with_schema(read_json(data))
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            raise undecodable("the key is neither Avro, JSON nor UTF-8 text") from None

    async def _framed(self, data: bytes) -> Any:
        if self._avro is None or self._schemas is None:
            # Not the record's fault: it can be read as soon as there is a registry to ask.
            detail = "an Avro record came in, but CRM_INSIGHTS_SCHEMA_REGISTRY__URL is not set"
            raise DependencyFault(Dependency.REGISTRY, detail, alarm=True)
        record = await self._avro.decode(data)
        schema_id, _ = split_frame(data)
        shape = self._shapes.get(schema_id)
        if shape is None:
            shape = await self._shape(self._schemas, schema_id)
            self._shapes.put(schema_id, shape)
        told = shape(record)
        return told[_VALUE] if self._schemas.is_wrapped(schema_id) else told

    async def _shape(self, schemas: _AsRecords, schema_id: int) -> Meaning:
        raw = await schemas.schema(schema_id)
        try:
            # Parsed once more, with the logical types that a body is read without: they say what a value means.
            return of_avro(fastavro.parse_schema(raw))
        except Exception:  # noqa: BLE001
            # fastavro raises on logical types that make no sense (a decimal without a precision). The body was read
            # without them, and tells as much as it can.
            return same


class _AsRecords:
    """Schemas of keys are often no records ("string", "long"). Their bytes are those of a record of one field."""

    def __init__(self, schemas: WriterSchemas) -> None:
        self._schemas = schemas
        self._wrapped: BoundedCache[int, bool] = BoundedCache(4 * _SHAPES_KEPT)

    async def schema(self, schema_id: int) -> dict[str, Any]:
        schema = await self._schemas.schema(schema_id)
        is_record = schema.get("type") == "record"
        self._wrapped.put(schema_id, not is_record)
        if is_record:
            return schema
        # The registry's client puts a bare type or union in an object, so that all schemas are objects.
        bare = schema["type"] if schema.keys() == {"type"} else schema
        return {"type": "record", "name": "crm_insights.Wrapped", "fields": [{"name": _VALUE, "type": bare}]}

    def is_wrapped(self, schema_id: int) -> bool:
        return bool(self._wrapped.get(schema_id))


def _with_schema(value: Any) -> Any:
    """Take the payload out of {"schema", "payload"}, and let its schema say what it means."""
    if not isinstance(value, dict) or value.keys() != {"schema", "payload"}:
        return value
    if not isinstance(value["schema"], Mapping | None):
        return value
    try:
        return of_connect_json(value["schema"])(value["payload"])
    except (ValueError, RecursionError):
        raise undecodable("the JSON's schema is nested too deeply") from None
