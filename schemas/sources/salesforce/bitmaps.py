"""Which fields a bitmap of a change event's header means.

A header lists fields as names (Streaming API) or as bitmaps in hexadecimal (Pub/Sub API): "0x8a" for the fields of the
record, "4-0x05" for those within the compound field at position 4. Bits are counted from the least significant one, and
positions are those in the Avro schema that this very event was written with, the header itself being one of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

HEADER: Final = "ChangeEventHeader"
"""The field that makes a record a change event."""

_BITMAP: Final = re.compile(r"(?:(\d{1,4})-)?0[xX]([0-9A-Fa-f]{0,1024})", re.ASCII)
"""Salesforce lets an object have some 900 fields. A longer bitmap is none."""
_MOST_BITMAPS: Final = 128
"""One for the record and one for each compound field, of which no object has so many."""


class NotTold(Exception):  # noqa: N818 -- what is wrong is that the event does not tell
    """A bitmap does not fit the fields that the event has; reading on would name the wrong ones."""


@dataclass(frozen=True, slots=True)
class FieldOrder:
    """The names of an event's fields by position, each with those of the fields within it (none if not compound)."""

    fields: tuple[tuple[str, tuple[str, ...]], ...]

    @classmethod
    def of_schema(cls, parsed: Any) -> FieldOrder | None:
        """Read a schema whose names are whole (fastavro's parsed form); None where no record of it has a header.

        A bridge may put the event into a record of its own.
        """
        named = parsed.get("__named_schemas", {})
        for schema in (parsed, *named.values()):
            fields = schema.get("fields", ())
            if any(field["name"] == HEADER for field in fields):
                return cls(tuple((field["name"], _names_within(field["type"], named)) for field in fields))
        return None

    @classmethod
    def of_body(cls, body: Mapping[str, Any]) -> FieldOrder:
        """Take the order in which a decoded event stands in JSON, which is its schema's if nothing was left out."""
        return cls(tuple((name, tuple(value) if isinstance(value, Mapping) else ()) for name, value in body.items()))

    @classmethod
    def of_lists(cls, names: Any, within: Any) -> FieldOrder | None:
        """Read the orders where a bridge writes them beside the event: a list, and lists by compound field."""
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            return None
        lists = within if isinstance(within, Mapping) else {}
        return cls(tuple((name, _texts(lists.get(name))) for name in names))


def is_bitmap(entry: str) -> bool:
    """Whether an entry of a header's list is a bitmap and not a name; no name begins with a digit."""
    return entry[:1].isdigit()


def fields_of(entries: Collection[str], order: FieldOrder) -> tuple[str, ...]:
    """Return the names that the `entries`, names or bitmaps, stand for: "Phone", "MailingAddress.City".

    Raises NotTold for a bitmap that has bits where `order` has no field, and for more bitmaps than there can be.
    """
    names: dict[str, None] = {}
    if sum(map(is_bitmap, entries)) > _MOST_BITMAPS:
        raise NotTold
    for entry in entries:
        names |= dict.fromkeys(_fields_of_bitmap(entry, order) if is_bitmap(entry) else (entry,))
    return tuple(names)


def _fields_of_bitmap(entry: str, order: FieldOrder) -> Iterator[str]:
    bitmap = _BITMAP.fullmatch(entry)
    if bitmap is None:
        raise NotTold
    bits = int(bitmap[2] or "0", 16)
    if bitmap[1] is None:
        names = tuple(name for name, _ in order.fields)
        prefix = ""
    else:
        position = int(bitmap[1])
        if position >= len(order.fields):
            raise NotTold
        parent, names = order.fields[position]
        if bits and not names:
            # All of a compound field went, and JSON without its schema does not say what it had.
            yield parent
            return
        prefix = f"{parent}."
    if bits >> len(names):
        raise NotTold
    yield from (prefix + name for position, name in enumerate(names) if bits >> position & 1)


def _names_within(field_type: Any, named: Mapping[str, Any]) -> tuple[str, ...]:
    for branch in field_type if isinstance(field_type, list) else [field_type]:
        # A second field of the same compound type only names it.
        schema = named.get(branch) if isinstance(branch, str) else branch
        if isinstance(schema, Mapping) and schema.get("type") == "record":
            return tuple(field["name"] for field in schema["fields"])
    return ()


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str)) if isinstance(values, list) else ()
