"""Records of Debezium for the tests: captured ones, and made ones in JSON."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.codec import StaticSchemas
from schemas.events import CrmEvent
from schemas.outcomes import Skipped
from schemas.sources import Mappings, SourceRecord, SourceRules, TableMapping, adapter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.sources import Adapted

CAPTURES = Path(__file__).parent / "captures"
NAMES = sorted(path.stem for path in CAPTURES.glob("*.json"))


@functools.cache
def captured(name: str) -> tuple[StaticSchemas, tuple[SourceRecord, ...]]:
    """The writer schemas and the records of a capture, in the order of their offsets."""
    data = json.loads((CAPTURES / f"{name}.json").read_text("utf-8"))
    schemas = StaticSchemas({int(number): schema for number, schema in data["schemas"].items()})
    return schemas, tuple(_record(line) for line in data["records"])


async def events_of(name: str, topic: str = "", rules: SourceRules | None = None) -> list[CrmEvent]:
    """The change events of a capture's records, of one topic where it is given."""
    schemas, records = captured(name)
    reader = adapter("debezium", schemas, rules or SourceRules())
    adapted = [await reader.adapt(record) for record in records if topic in ("", record.topic)]
    return [item for items in adapted for item in items if isinstance(item, CrmEvent)]


def an_envelope(op: str = "u", *, ts_ms: Any = 1764032400410, **parts: Any) -> dict[str, Any]:
    """An envelope of PostgreSQL's connector; `parts` replace before, after, and what `source` holds."""
    images = {"before": parts.pop("before", None), "after": parts.pop("after", None)}
    source = {
        "version": "3.2.1.Final", "connector": "postgresql", "name": "crm", "ts_ms": 1764032400123,
        "snapshot": "false", "db": "crmdb", "sequence": '["990012","990112"]', "schema": "public",
        "table": "tickets", "txId": 7741, "lsn": 990112, "xmin": None,
    }  # fmt: skip
    return {**images, "source": source | parts, "op": op, "ts_ms": ts_ms, "transaction": None}


def a_record(
    value: Any,
    key: Any = None,
    headers: Mapping[str, Any] | None = None,
    *,
    topic: str = "crm.public.tickets",
    **at: int,
) -> SourceRecord:
    """A record in JSON; bytes are taken as they are, and headers that are no text are written as JSON."""
    return SourceRecord(
        topic=topic,
        partition=at.get("partition", 0),
        offset=at.get("offset", 0),
        timestamp_ms=at.get("timestamp_ms", 1764000000000),
        key=_bytes(key),
        value=_bytes(value),
        headers=tuple(
            (name, text.encode() if isinstance(text, str) else json.dumps(text).encode())
            for name, text in (headers or {}).items()
        ),
    )


def rules(own_ids: frozenset[str] = frozenset(), **tables: TableMapping) -> SourceRules:
    return SourceRules(own_ids=own_ids, mappings=Mappings(tables))


async def adapted(record: SourceRecord, said: SourceRules | None = None) -> Adapted:
    return await adapter("debezium", None, said or SourceRules()).adapt(record)


async def the_event(record: SourceRecord, said: SourceRules | None = None) -> CrmEvent:
    (item,) = await adapted(record, said)
    assert isinstance(item, CrmEvent), item
    return item


async def the_skip(record: SourceRecord, said: SourceRules | None = None) -> Skipped:
    (item,) = await adapted(record, said)
    assert isinstance(item, Skipped), item
    return item


def _record(line: Mapping[str, Any]) -> SourceRecord:
    return SourceRecord(
        topic=line["topic"],
        partition=line["partition"],
        offset=line["offset"],
        timestamp_ms=line["timestamp"],
        key=None if line["key_hex"] is None else bytes.fromhex(line["key_hex"]),
        value=None if line["value_hex"] is None else bytes.fromhex(line["value_hex"]),
        headers=tuple((name, text.encode()) for name, text in line["headers"].items()),
    )


def _bytes(value: Any) -> bytes | None:
    return value if value is None or isinstance(value, bytes) else json.dumps(value).encode()
