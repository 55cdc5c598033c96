"""CloudEvents 1.0 on Kafka: structured, batched and binary mode, JSON data, mapped by the names in it.

Source: cloudevents/spec, kafka-protocol-binding.md and json-format.md. The mode is told by the content type, whose case
and parameters do not count; binary mode carries the attributes as `ce_*` headers.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from schemas.avro.framing import undecodable
from schemas.outcomes import Skipped, SkipReason
from schemas.sources.base import header_name, header_text
from schemas.sources.cloudevents.change import change_event
from schemas.text import clean_text
from schemas.text.json_values import read_json, scalar_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.sources.base import Adapted, SourceRecord, SourceRules

_STRUCTURED: Final = "application/cloudevents"
_BATCH: Final = "application/cloudevents-batch"
_JSON_SUFFIX: Final = "+json"


@dataclass(frozen=True, slots=True, repr=False)
class CloudEvent:
    """One CloudEvent: context attributes as text by their lower-case names, and the data; None if there is none."""

    attributes: Mapping[str, str]
    data: Any


class CloudEventsAdapter:
    """Takes CloudEvents in any mode; one event each."""

    name = "cloudevents"

    def __init__(self, rules: SourceRules) -> None:
        """Skip what `rules` say is our own."""
        self._rules = rules

    async def adapt(self, record: SourceRecord) -> Adapted:
        """Return the events of the record in their order. Raises DataFault."""
        attributes = _header_attributes(record)
        if record.value is None and not attributes:
            return (Skipped(SkipReason.TOMBSTONE),)
        found = _cloud_events(record, attributes)
        return tuple(change_event(one.attributes, one.data, record, self._rules) for one in found)


def is_structured(content_type: str | None) -> bool:
    """Whether a content type says that the body is a CloudEvent, or a batch of them, as a whole."""
    return _media_type(content_type).startswith(_STRUCTURED)


def _cloud_events(record: SourceRecord, attributes: Mapping[str, str]) -> list[CloudEvent]:
    content_type = _media_type(record.header("content-type"))
    value = record.value
    if content_type.startswith(_STRUCTURED):
        if not content_type.endswith(_JSON_SUFFIX):
            raise undecodable("the CloudEvent has another format than JSON")
        if value is None:
            raise undecodable("a structured CloudEvent has no value")
        body = read_json(value)
        if not content_type.startswith(_BATCH):
            return [_structured(body)]
        if not isinstance(body, list):
            raise undecodable("a batch of CloudEvents is no JSON array")
        return [_structured(item) for item in body]
    if attributes:
        return [CloudEvent(attributes, None if value is None else _data(value, content_type))]
    # Neither says so, but many producers leave the content type away: the body may still be one.
    return [_structured(read_json(value or b""))]


def _structured(body: Any) -> CloudEvent:
    if not isinstance(body, dict):
        raise undecodable("a CloudEvent is no JSON object")
    attributes = {
        clean_text(name.lower()): clean_text(text)
        for name, value in body.items()
        if name not in ("data", "data_base64") and (text := scalar_text(value)) is not None
    }
    content_type = _media_type(attributes.get("datacontenttype"))
    data = body.get("data")
    if data is None and isinstance(body.get("data_base64"), str):
        try:
            data = _data(base64.b64decode(body["data_base64"], validate=True), content_type)
        except ValueError:  # binascii.Error is one; letters beyond ASCII raise a plain one
            raise undecodable("data_base64 is not base64") from None
    return CloudEvent(attributes, data)


def _header_attributes(record: SourceRecord) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for raw_name, value in record.headers:
        name = header_name(raw_name)
        if name.startswith("ce_") and value is not None:
            attributes.setdefault(clean_text(name[3:]), clean_text(header_text(name, value)))
    return attributes


def _data(value: bytes, content_type: str) -> Any:
    """Read the data as its content type says: JSON if it says nothing, text for text/*."""
    if not value:
        return None
    if content_type.startswith("text/"):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            raise undecodable("the CloudEvent's data is text that is not UTF-8") from None
    if content_type in ("", "application/json", "text/json") or content_type.endswith(_JSON_SUFFIX):
        return read_json(value)
    raise undecodable("the CloudEvent's data is neither JSON nor text")


def _media_type(content_type: str | None) -> str:
    return (content_type or "").split(";", 1)[0].strip().lower()
