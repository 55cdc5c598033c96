"""What came in by HTTP: raw bodies on `crm.webhooks`, each with a header that names the adapter for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from schemas.avro.framing import undecodable
from schemas.sources.base import SourceRecord, header_name, header_text
from schemas.sources.cloudevents import is_structured

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from schemas.sources.base import Adapted, Adapter

SOURCE_HEADER: Final = "crm_insights.source"


class WebhookAdapter:
    """Hands each record to the adapter that its header names.

    The adapter sees the record as if the sender had produced it: HTTP's `ce-` headers as Kafka's `ce_`, no key (ours
    is source/account, not an id of the record) and no topic.
    """

    name = "webhook"

    def __init__(self, adapter_of: Callable[[str], Adapter]) -> None:
        """Find adapters by name with `adapter_of`, which raises ValueError for an unknown one."""
        self._adapter_of = adapter_of
        self._adapters: dict[str, Adapter] = {}

    async def adapt(self, record: SourceRecord) -> Adapted:
        """Return what the named adapter makes of the record. Raises DataFault, DependencyFault."""
        name = record.header(SOURCE_HEADER)
        if name is None:
            raise undecodable(f"header {SOURCE_HEADER} is missing; it names the adapter that reads the body")
        if name not in self._adapters:
            try:
                self._adapters[name] = self._adapter_of(name)
            except ValueError:
                raise undecodable(f"header {SOURCE_HEADER} names no adapter") from None
        return await self._adapters[name].adapt(_as_sent(record))


def source_of_post(headers: Mapping[str, str], body: bytes) -> str:
    """Tell which adapter reads a body posted to /v1/events: "cloudevents" or "native" (a `CrmEvent` in JSON).

    By content type or `ce-` headers; a plain JSON object is a CloudEvent if it has a `specversion`. Never raises: a
    body that is neither goes to "native", which says what is wrong with it.
    """
    names = {header_name(name): value for name, value in headers.items()}
    if is_structured(names.get("content-type")) or "ce_id" in names or "ce_specversion" in names:
        return "cloudevents"
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return "native"
    return "cloudevents" if isinstance(data, dict) and "specversion" in data else "native"


def _as_sent(record: SourceRecord) -> SourceRecord:
    headers = []
    for raw_name, value in record.headers:
        name = header_name(raw_name)
        if value is None or name == SOURCE_HEADER:
            continue
        # HTTP's binding percent-encodes attribute values, Kafka's does not.
        as_kafka = unquote(header_text(name, value)).encode() if name.startswith("ce_") else value
        headers.append((name, as_kafka))
    return SourceRecord(
        topic="",
        partition=record.partition,
        offset=record.offset,
        timestamp_ms=record.timestamp_ms,
        key=None,
        value=record.value,
        headers=tuple(headers),
    )
