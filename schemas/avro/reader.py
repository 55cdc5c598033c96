"""Reading Avro bodies that anyone may have written: any bytes end as a value or as a DataFault, nothing else."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final, Protocol

import fastavro
from fastavro.read import SchemaResolutionError

from schemas.avro.framing import STAGE, split_frame, undecodable
from schemas.avro.parsed import ParsedSchema
from schemas.bounded import BoundedCache
from schemas.errors import DataFault
from schemas.outcomes import DeadLetterReason

if TYPE_CHECKING:
    from collections.abc import Mapping

# A CDC topic has a schema a table and version; a worker that reads more than this at once only parses again.
_PARSED_SCHEMAS_KEPT: Final = 256
_LONGEST_NAME: Final = 100


class WriterSchemas(Protocol):
    """Where the schema that a body was written with is found by its id."""

    async def schema(self, schema_id: int) -> dict[str, Any]:
        """Return the raw Avro schema. Raises DataFault(UNKNOWN_SCHEMA) or DependencyFault(REGISTRY)."""
        ...


class StaticSchemas:
    """Writer schemas that are known beforehand, without any registry."""

    def __init__(self, schemas: Mapping[int, dict[str, Any]]) -> None:
        """Know exactly these `schemas`, by id."""
        self._schemas = dict(schemas)

    async def schema(self, schema_id: int) -> dict[str, Any]:
        """Return the schema of that id. Raises DataFault(UNKNOWN_SCHEMA) if it is not among the known."""
        if schema_id not in self._schemas:
            raise unknown_schema(schema_id)
        return self._schemas[schema_id]


class AvroReader:
    """Decodes framed records, each with the schema that it was written with.

    Values come without logical types: dates, timestamps and decimals are the ints and bytes that they are on the wire.
    With a reader schema they are resolved to it, so that older, newer and partial writers are read alike; defaults that
    it fills in are shared between records and must not be changed.
    """

    def __init__(self, schemas: WriterSchemas, reader_schema: dict[str, Any] | None = None) -> None:
        """Ask `schemas` for what a record was written with, and resolve to `reader_schema` if there is one."""
        self._schemas = schemas
        self._reader = ParsedSchema(reader_schema, whose="the reader schema") if reader_schema else None
        self._parsed: BoundedCache[int, ParsedSchema] = BoundedCache(_PARSED_SCHEMAS_KEPT)

    async def decode(self, data: bytes) -> dict[str, Any]:
        """Return the record as plain values.

        Raises DataFault(UNDECODABLE) for bytes that are no such record, DataFault(UNKNOWN_SCHEMA) for an id that the
        registry does not know, DependencyFault(REGISTRY) when it cannot be asked.
        """
        schema_id, body = split_frame(data)
        writer = self._parsed.get(schema_id)
        if writer is None:
            writer = ParsedSchema(await self._schemas.schema(schema_id), whose=f"writer schema {schema_id}")
            self._parsed.put(schema_id, writer)
        return self._read(body, writer, schema_id)

    def _read(self, body: bytes, writer: ParsedSchema, schema_id: int) -> dict[str, Any]:
        stream = io.BytesIO(body)
        try:
            record = fastavro.schemaless_reader(stream, writer.parsed, self._reader.parsed if self._reader else None)
        except SchemaResolutionError:
            # fastavro's own words quote both schemas in full, without saying where they differ.
            raise undecodable(
                f"writer schema {schema_id} does not resolve to ours: {self._unresolved(body, writer)}"
            ) from None
        except EOFError:
            raise undecodable(f"the body ends early for writer schema {schema_id} ({len(body)} bytes)") from None
        except Exception as error:  # noqa: BLE001
            # Bytes that were written with another schema raise almost anything: IndexError for a union's branch,
            # UnicodeDecodeError, OverflowError for a length. All mean that this body can never be read; an exception
            # that went further would take the worker down at every restart.
            raise undecodable(
                f"the body does not fit writer schema {schema_id} ({type(error).__name__}, {len(body)} bytes)"
            ) from None
        left = len(body) - stream.tell()
        if left:
            raise undecodable(f"{left} bytes are left over after the record of writer schema {schema_id}")
        if not isinstance(record, dict):
            raise undecodable(f"writer schema {schema_id} gives no record")
        return record

    def _unresolved(self, body: bytes, writer: ParsedSchema) -> str:
        """Say what does not fit: the record's name, or the first field of ours that this body cannot fill.

        Fields are resolved each by itself.
        """
        assert self._reader is not None  # noqa: S101 -- only called where resolution failed
        theirs, ours = writer.name, self._reader.name
        if theirs.rpartition(".")[2] != ours.rpartition(".")[2]:
            return f"its record is called {_printable(theirs)}, ours {ours}"
        for field in self._reader.raw["fields"]:
            alone = {**self._reader.raw, "fields": [field]}
            try:
                fastavro.schemaless_reader(io.BytesIO(body), writer.parsed, fastavro.parse_schema(alone))
            except SchemaResolutionError:
                written = any(other["name"] == field["name"] for other in writer.raw["fields"])
                # Records are matched by their names, also within a field.
                problem = "has another type" + (", or a record of another name" if _of_records(field["type"]) else "")
                return f"field {field['name']} " + (problem if written else "is missing")
            except Exception:  # noqa: BLE001, S112 -- the field by itself cannot be judged; another one can
                continue
        return "the record has another shape"


def _of_records(field_type: Any) -> bool:
    """Whether values of a type of ours are, or hold, records."""
    if isinstance(field_type, list):
        return any(_of_records(branch) for branch in field_type)
    if not isinstance(field_type, dict):
        return False
    return field_type["type"] == "record" or any(_of_records(field_type.get(name)) for name in ("items", "values"))


def _printable(name: str) -> str:
    """A name from outside as it may stand in a message: no longer than a name is."""
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."


def unknown_schema(schema_id: int) -> DataFault:
    """Make the fault for an id that no registry knows."""
    return DataFault(DeadLetterReason.UNKNOWN_SCHEMA, f"no schema has the id {schema_id}", stage=STAGE)
