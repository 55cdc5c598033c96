"""Bodies of web hooks for the tests: samples with made-up data in real shapes, and what adapters make of them."""

from __future__ import annotations

import copy
import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.events import CrmEvent
from schemas.outcomes import Skipped
from schemas.refetch import Refetch
from schemas.sources import Mappings, SourceRecord, SourceRules, TableMapping, adapter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.sources import Adapted

SAMPLES = Path(__file__).parent / "samples"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.json"))
NOW_MS = 1764035555000
"""When the record came to Kafka."""


@functools.cache
def _read(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))


def source_of(name: str) -> str:
    return name.partition("-")[0]


def sample(name: str) -> tuple[Any, dict[str, str]]:
    """The body of a sample (text where it is no JSON), and its headers."""
    found = copy.deepcopy(_read(name))
    if isinstance(found, dict) and ("body" in found or "raw_body" in found):
        return found.get("body", found.get("raw_body")), found.get("headers", {})
    return found, {}


def a_delivery(body: Any, headers: Mapping[str, str] | None = None, *, topic: str = "") -> SourceRecord:
    """The record that a body becomes; bytes are taken as they are, a text too, anything else is written as JSON."""
    if isinstance(body, str):
        body = body.encode("utf-8", "surrogatepass")
    value = body if body is None or isinstance(body, bytes) else json.dumps(body).encode("utf-8", "surrogatepass")
    told = tuple((name, text.encode()) for name, text in (headers or {}).items())
    return SourceRecord(topic, 0, 0, NOW_MS, None, value, told)


def rules(*own_ids: str, **tables: TableMapping) -> SourceRules:
    """Rules with our own ids, and mappings whose names have `__` for a dot."""
    said = {name.replace("__", "."): mapping for name, mapping in tables.items()}
    return SourceRules(frozenset(own_ids), Mappings(said))


async def adapted(
    source: str, body: Any, headers: Mapping[str, str] | None = None, said: SourceRules | None = None
) -> Adapted:
    return await adapter(source, None, said or SourceRules()).adapt(a_delivery(body, headers))


async def event(
    source: str, body: Any, headers: Mapping[str, str] | None = None, said: SourceRules | None = None
) -> CrmEvent:
    (item,) = await adapted(source, body, headers, said)
    assert isinstance(item, CrmEvent)
    return item


async def request(source: str, body: Any, headers: Mapping[str, str] | None = None) -> Refetch:
    (item,) = await adapted(source, body, headers)
    assert isinstance(item, Refetch)
    return item


async def skip(source: str, body: Any, said: SourceRules | None = None) -> Skipped:
    (item,) = await adapted(source, body, None, said)
    assert isinstance(item, Skipped)
    return item


def identifiers(found: CrmEvent) -> set[tuple[str, str]]:
    return {(one.type, one.value) for one in found.identifiers}
