"""`CrmEvent` as JSON: what `POST /v1/events` takes, what a JSON producer writes, and what `preview` shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from schemas.avro.framing import STAGE, undecodable
from schemas.events import CrmEvent
from schemas.identity import accepted, no_identity
from schemas.text import clean_value
from schemas.text.json_values import json_text, scalar_text
from schemas.text.times import epoch_ms, iso_utc

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.errors import DataFault
    from schemas.refetch import Refetch

_IDS: Final = ("event_id", "entity", "record_id")
_KNOWN: Final = frozenset(CrmEvent.__struct_fields__)
# msgspec's "Expected `str`, got `int` - at `$.title`" holds no value; its words on enums quote theirs.
_COMPLAINT: Final = re.compile(r"(Expected `[\w |]+`, got `\w+`|Object missing required field `\w+`)")
_PATH: Final = re.compile(r" - at `(?:key in )?\$\.?([^`]*)`$")


def event_from_json(data: Mapping[str, Any]) -> CrmEvent:
    """Read an event in JSON: the fields of the Avro contract, times as ISO 8601 or epoch milliseconds.

    A null stands for the field's default, and an identifier without a value is left out. Numbers are taken for texts
    wherever the contract has texts: a phone and a version are numbers to many producers. Unknown fields are passed over
    as an Avro reader does. Raises DataFault(NO_IDENTITY), DataFault(OVERSIZED) for an id that is too long,
    DataFault(UNDECODABLE) for anything else; each names the field and quotes no value.
    """
    given = {name: value for name, value in data.items() if name in _KNOWN and value is not None}
    for name in _IDS:
        if name not in given:
            raise no_identity(name, stage=STAGE)
    for name in ("source", "occurred_at"):
        if name not in given:
            raise undecodable(f"{name} is missing")
    try:
        event = msgspec.convert(_shaped(given), CrmEvent)
    except msgspec.ValidationError as error:
        raise _fault(str(error)) from None
    except UnicodeEncodeError:
        # msgspec looks an operation and a lane up by their bytes, and half a character has none.
        raise undecodable("a name among operation and lane is no text") from None
    return accepted(event, stage=STAGE)


def event_to_json(event: CrmEvent) -> dict[str, Any]:
    """Return the event as JSON values: every field, times in ISO 8601 with Z, texts clean.

    `event_from_json` reads it back. A time that no calendar date stands for remains a number.
    """
    values: dict[str, Any] = clean_value(event)
    values["occurred_at"] = iso_utc(event.occurred_at)
    for message in values["messages"]:
        if message["sent_at"] is not None:
            message["sent_at"] = iso_utc(message["sent_at"])
    return values


def refetch_to_json(request: Refetch) -> dict[str, Any]:
    """Return a request to fetch a record as JSON values, its time in ISO 8601 with Z."""
    values: dict[str, Any] = clean_value(request)
    values["occurred_at"] = iso_utc(request.occurred_at)
    return values


def _shaped(given: Mapping[str, Any]) -> dict[str, Any]:
    """Bring each value into the type that the struct has, where its meaning is beyond doubt."""
    return {name: _SHAPES[name](value) if name in _SHAPES else value for name, value in given.items()}


def _text_of_number(value: Any) -> Any:
    return value if isinstance(value, bool) else scalar_text(value) or value


def _symbol(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _texts(values: Any) -> Any:
    """Numbers and booleans as text, objects and arrays as JSON text; a null is no value."""
    if not isinstance(values, Mapping):
        return values
    texts = {name: scalar_text(value) for name, value in values.items() if value is not None}
    return {name: json_text(values[name]) if text is None else text for name, text in texts.items()}


def _messages(messages: Any) -> Any:
    if not isinstance(messages, list):
        return messages
    return [_message(message, index) for index, message in enumerate(messages)]


def _message(message: Any, index: int) -> Any:
    if not isinstance(message, Mapping):
        return message
    given = {name: value for name, value in message.items() if value is not None}
    for name in _MESSAGE_TEXTS & given.keys():
        given[name] = _text_of_number(given[name])
    if "sent_at" in given:
        given["sent_at"] = _time(given["sent_at"], f"messages[{index}].sent_at")
    return given


def _identifiers(identifiers: Any) -> Any:
    """One with a null for a value is a contact without a phone, not a fault."""
    if not isinstance(identifiers, list):
        return identifiers
    return [
        {**identifier, "value": _text_of_number(identifier["value"])}
        if isinstance(identifier, Mapping) and "value" in identifier
        else identifier
        for identifier in identifiers
        if not isinstance(identifier, Mapping) or identifier.get("value", "") is not None
    ]


def _names(names: Any) -> Any:
    return [_text_of_number(name) for name in names] if isinstance(names, list) else names


def _time(value: Any, field: str) -> int:
    try:
        return epoch_ms(value)
    except ValueError as error:
        raise undecodable(f"{field} is {error}") from None


def _fault(words: str) -> DataFault:
    complaint = _COMPLAINT.match(words)
    path = _PATH.search(words)
    return undecodable(f"{path[1] if path else 'the event'}: {complaint[1] if complaint else 'not one of the known'}")


_MESSAGE_TEXTS: Final = frozenset({"author", "role", "text"})
_TEXTS: Final = ("source", "tenant", "department", "actor", "language", "title", "text", *_IDS)
_NAMES: Final = ("changed_fields", "cleared_fields", "unchanged_fields")

# Systems number their records, users and tenants; JSON producers pass the numbers on as they are.
_SHAPES: Final[dict[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(_TEXTS, _text_of_number),
    **dict.fromkeys(_NAMES, _names),
    **dict.fromkeys(("operation", "lane"), _symbol),
    **dict.fromkeys(("fields", "attributes"), _texts),
    "messages": _messages,
    "identifiers": _identifiers,
    "occurred_at": lambda value: _time(value, "occurred_at"),
}
