"""Values as Dataverse's execution contexts have them: arrays of key and value, references, choices, money, dates.

Source: learn.microsoft.com, `Microsoft.Xrm.Sdk` (`Entity`, `EntityReference`, `EntityCollection`, `OptionSetValue`,
`Money`, `AliasedValue`), as .NET's data contract serializer writes them. A date is `/Date(1764032400000-0800)/`: the
milliseconds are UTC, the offset only says how to show it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from schemas.events import Identifier
from schemas.sources.hooks.json_body import text_at
from schemas.sources.hooks.notifications import objects_at
from schemas.text.html import without_markup
from schemas.text.times import iso_utc

if TYPE_CHECKING:
    from collections.abc import Iterator

_DATE: Final = re.compile(r"/Date\((-?\d{1,18})(?:[+-]\d{4})?\)/", re.ASCII)
_PEOPLE: Final = frozenset({"contact", "systemuser", "lead"})


def date_ms(value: Any) -> int | None:
    """Return the milliseconds since the epoch of a date, None for what is none."""
    found = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(found[1]) if found else None


def attributes_of(entity: Any) -> dict[str, Any]:
    """Return the columns of an `Entity` with their plain values; choices by their labels, where those are told.

    A reference that comes without the name of what it refers to has it as a label, too.
    """
    labels = _labels(entity)
    columns = {text_at(one, "key"): one.get("value") for one in objects_at(entity, "Attributes")}
    return {
        column: labels[column] if labels.get(column) and _is_labelled(value) else _plain(value)
        for column, value in columns.items()
        if column
    }


def people_in(entity: Any) -> list[Identifier]:
    """Return who is named in an `Entity`: people that it refers to, and the parties of a mail or call."""
    labels, columns = _labels(entity), objects_at(entity, "Attributes")
    named = [labels.get(text_at(one, "key"), "") for one in columns if text_at(one, "value", "LogicalName") in _PEOPLE]
    return list(dict.fromkeys([*_people(columns), *(Identifier("PERSON", name) for name in named if name)]))


def _labels(entity: Any) -> dict[str, str]:
    return {text_at(one, "key"): text_at(one, "value") for one in objects_at(entity, "FormattedValues")}


def _is_labelled(value: Any) -> bool:
    return "OptionSetValue" in text_at(value, "__type") or (
        bool(text_at(value, "LogicalName")) and not text_at(value, "Name")
    )


def _plain(value: Any) -> Any:
    """Unwrap a value. What nests is bounded by the depth that a body may have."""
    if isinstance(value, str):
        ms = date_ms(value)
        return without_markup(value) if ms is None else iso_utc(ms)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return _unwrapped(value) if isinstance(value, Mapping) else value


def _unwrapped(value: Mapping[str, Any]) -> Any:
    if "Attributes" in value:
        return attributes_of(value)
    if "Entities" in value:
        return [attributes_of(entity) for entity in objects_at(value, "Entities")]
    if "LogicalName" in value:
        return text_at(value, "Name") or text_at(value, "Id") or None
    return _plain(value.get("Value"))


def _people(value: Any) -> Iterator[Identifier]:
    if isinstance(value, list):
        for item in value:
            yield from _people(item)
    if not isinstance(value, Mapping):
        return
    if text_at(value, "LogicalName") in _PEOPLE and text_at(value, "Name"):
        yield Identifier("PERSON", text_at(value, "Name"))
    if text_at(value, "key") == "addressused" and text_at(value, "value"):
        yield Identifier("EMAIL", text_at(value, "value"))
    for inner in value.values():
        yield from _people(inner)
