"""The forms in which Salesforce's events come to lie on a topic, each unwrapped into what it says.

- Pub/Sub API: the event's Avro in Confluent's framing, or its JSON, alone or within what the client was given
  ({"consumer_event", "payload"}, {"replayId", "payload"}).
- Streaming API (CometD): {"channel", "data": {"schema", "payload", "event"}}, or what stands in `data`.
- Confluent's connectors: one flat record with a column for each field of the object, and columns of its own.
- PushTopic: {"channel", "data": {"event", "sobject"}}.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemas.avro.framing import undecodable
from schemas.sources.salesforce.bitmaps import HEADER, FieldOrder
from schemas.text.json_values import scalar_text

OBJECT_COLUMN: Final = "_ObjectType"
_TYPE_COLUMN: Final = "_EventType"
_CONNECTORS_OWN: Final = frozenset({"Id", "ReplayId", OBJECT_COLUMN, _TYPE_COLUMN})
_ORDER: Final = "avro_field_order"
_ORDER_WITHIN: Final = "nested_field_order"
_NO_FIELDS: Final = _CONNECTORS_OWN | {HEADER, _ORDER, _ORDER_WITHIN}
_META: Final = "/meta/"
_PUSHED: Final = frozenset({"created", "updated", "deleted", "undeleted"})
_WRAPPINGS: Final = ("payload", "event")


@dataclass(frozen=True, slots=True, repr=False)
class ChangeMessage:
    """A change event: its `header`, its `body` of fields, and what helps to read the header's bitmaps.

    `record_id` is what a connector says beside the header, `bus_id` what the event bus calls the event, `replay_id`
    where it has it; "" where that is not told. `order` is None where the bridge says nothing of it. `flat` says that
    every field of the object has a column.
    """

    header: Mapping[str, Any]
    body: Mapping[str, Any]
    order: FieldOrder | None
    record_id: str
    bus_id: str
    replay_id: str
    flat: bool


@dataclass(frozen=True, slots=True, repr=False)
class PushMessage:
    """A PushTopic's event: the fields that its query selects, as they are now. `channel` is "/topic/<its name>"."""

    channel: str
    kind: str
    replay_id: str
    created: Any
    object_name: str
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MetaMessage:
    """What client and server of the Streaming API say to each other: a heartbeat, a handshake."""


Message = ChangeMessage | PushMessage | MetaMessage


def message_of(value: Any) -> Message:
    """Return what a value says. Raises DataFault(UNDECODABLE) for what is none of Salesforce's."""
    message = _read(value)
    if message is None:
        raise undecodable(f"the value has neither a {HEADER} nor an sobject; expected an event of Salesforce")
    return message


def is_salesforce(value: Any) -> bool:
    """Whether a value, or the first of a list, looks like one of Salesforce's."""
    return _read(value[0] if isinstance(value, list) and value else value) is not None


def _read(value: Any) -> Message | None:
    if not isinstance(value, Mapping):
        return None
    channel = _text(value.get("channel"))
    if channel.startswith(_META):
        return MetaMessage()
    data = value.get("data")
    inner = data if isinstance(data, Mapping) else value
    if isinstance(inner.get("sobject"), Mapping):
        return _pushed(channel, inner)
    for event in (inner, *(inner.get(name) for name in _WRAPPINGS)):
        if isinstance(event, Mapping) and isinstance(event.get(HEADER), Mapping):
            return _changed(channel, inner, event)
    return _pushed_flat(inner)


def _changed(channel: str, outer: Mapping[str, Any], event: Mapping[str, Any]) -> ChangeMessage:
    body = {name: field for name, field in event.items() if name not in _NO_FIELDS}
    replay_id = next((text for one in (outer, event) if (text := _replay_id(one))), "")
    return ChangeMessage(
        header=event[HEADER],
        body=body,
        order=FieldOrder.of_lists(outer.get(_ORDER), outer.get(_ORDER_WITHIN)),
        record_id=_text(event.get("Id")),
        bus_id=_uuid(outer) or (f"{channel}@{replay_id}" if replay_id else ""),
        replay_id=replay_id,
        flat=OBJECT_COLUMN in event or _TYPE_COLUMN in event,
    )


def _pushed(channel: str, data: Mapping[str, Any]) -> PushMessage:
    event = _mapping(data.get("event"))
    row = dict(data["sobject"])
    attributes = row.pop("attributes", None)
    return PushMessage(
        channel=channel,
        kind=_text(event.get("type")),
        replay_id=_replay_id(event),
        created=event.get("createdDate"),
        object_name=_text(_mapping(attributes).get("type")),
        row=row,
    )


def _pushed_flat(row: Mapping[str, Any]) -> PushMessage | None:
    """Confluent's PushTopic connector: what happened stands in the column that else names a schema."""
    kind = _text(row.get(_TYPE_COLUMN))
    if kind not in _PUSHED or OBJECT_COLUMN not in row:
        return None
    return PushMessage(
        channel="",
        kind=kind,
        replay_id=_replay_id(row),
        created=None,
        object_name=_text(row[OBJECT_COLUMN]),
        row={name: value for name, value in row.items() if name == "Id" or name not in _CONNECTORS_OWN},
    )


def _uuid(outer: Mapping[str, Any]) -> str:
    """The event's UUID: `EventUuid` in the Streaming API, `event.id` in the Pub/Sub API."""
    given = _mapping(_mapping(outer.get("consumer_event")).get("event"))
    event = _mapping(outer.get("event"))
    return _text(given.get("id")) or _text(event.get("EventUuid")) or _text(event.get("id"))


def _replay_id(event: Mapping[str, Any]) -> str:
    """A number, a text, or bytes in hexadecimal; beside the event, or in what says where it was."""
    places = (event, _mapping(event.get("event")), _mapping(event.get("consumer_event")))
    names = ("replayId", "ReplayId", "replay_id_hex")
    return next((text for place in places for name in names if (text := scalar_text(place.get(name)))), "")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
