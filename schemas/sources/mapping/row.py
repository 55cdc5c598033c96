"""Sorts the columns of one record: title, text, messages, whose it is, who is in it, and the rest."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from schemas.errors import DataFault
from schemas.events import Identifier, Message
from schemas.sources.mapping.columns import (
    ACTOR_COLUMNS,
    AUTHOR_COLUMNS,
    ENTITY_COLUMNS,
    ID_COLUMNS,
    LANGUAGE_COLUMNS,
    ROLE_COLUMNS,
    SENT_AT_COLUMNS,
    TENANT_COLUMNS,
    TEXT_COLUMNS,
    THREAD_COLUMNS,
    TITLE_COLUMNS,
    identifier_type,
    is_secret,
    plausible,
)
from schemas.sources.mapping.naming import column_name
from schemas.sources.mapping.rules import NO_MAPPING, TableMapping, columns_of
from schemas.sources.mapping.unavailable import is_unavailable
from schemas.text.json_values import json_text, read_json, scalar_text
from schemas.text.times import epoch_ms

if TYPE_CHECKING:
    from collections.abc import Mapping

_BCP47: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_GIVEN: Final = re.compile(r"(?:\A|(?<=_))(?:first_?name|given_name)\Z")
# Deeper than this, an object is told as JSON text instead of one field a leaf.
_MAX_DEPTH: Final = 5


@dataclass(slots=True, repr=False)
class MappedRow:
    """What the columns of one record mean; the parts of a change event that come from its data."""

    title: str | None = None
    text: str | None = None
    language: str | None = None
    tenant: str | None = None
    department: str | None = None
    actor: str | None = None
    messages: tuple[Message, ...] = ()
    fields: dict[str, str] = field(default_factory=dict)
    identifiers: list[Identifier] = field(default_factory=list)
    unchanged_fields: list[str] = field(default_factory=list)

    def content(self) -> dict[str, Any]:
        """What a `CrmEvent` takes over as it is; whose record it is and who changed it, an envelope may know better."""
        return {
            "department": self.department,
            "language": self.language,
            "title": self.title,
            "text": self.text,
            "messages": self.messages,
            "fields": self.fields,
            "unchanged_fields": tuple(self.unchanged_fields),
            "identifiers": tuple(self.identifiers),
        }


def map_row(row: Mapping[str, Any], *, entity: str, record_id: str, rules: TableMapping = NO_MAPPING) -> MappedRow:
    """Sort the columns of an after-image as `rules` say and by their names, whatever their case and separators.

    Nulls and empty texts tell nothing and are left out, as are binary values and the columns that only repeat entity
    and id. Values that mean nothing special become fields: numbers with all their digits, objects as one field a leaf
    ("address.city").
    """
    mapped = MappedRow()
    columns: dict[str, str] = {}
    for name, value in row.items():
        if is_unavailable(value):
            mapped.unchanged_fields.append(name)
        elif value is not None and value != "" and not rules.is_left_out(column_name(name)):
            columns.setdefault(column_name(name), name)
    own_id = f"{column_name(entity)}_id"
    # The account_id of an Account is the record itself, not whose it is.
    taking = _Taking(row, {column: name for column, name in columns.items() if column != own_id}, mapped, rules)
    taking.take_all()
    own_ids = {*ID_COLUMNS, own_id}
    for name, value in row.items():
        column = column_name(name)
        repeats = (column in own_ids and scalar_text(value) == record_id) or column in ENTITY_COLUMNS[:3]
        if name not in taking.taken and not repeats and not rules.is_left_out(column) and not is_unavailable(value):
            _put(mapped, name, column, value, holder=entity.lower(), told=rules.identifier_type(column))
    _add_whole_names(mapped, row)
    for join in rules.joins or ():
        mapped.identifiers.extend(join.identifiers(row))
    return mapped


def record_id_of(row: Mapping[str, Any], entity: str) -> str | None:
    """Return the record's own id as text, from `id`, `record_id`, `uuid` or the entity's own ("caseId" of a Case)."""
    return first_text(row, (*ID_COLUMNS, f"{column_name(entity)}_id"))


def first_text(row: Mapping[str, Any], wanted: tuple[str, ...]) -> str | None:
    """Return the first of the `wanted` columns that holds a text or number that is not empty, as text."""
    columns = {column_name(name): value for name, value in reversed(list(row.items()))}
    for column in wanted:
        text = scalar_text(columns.get(column))
        if text and not is_unavailable(text):
            return text
    return None


def writer_of(row: Mapping[str, Any], rules: TableMapping) -> str | None:
    """Return who or what wrote the row, where the settings name a column for it: to be compared with our own ids."""
    return first_text(row, columns_of(rules.writer, ()))


class _Taking:
    """Fills what stands in one column, and remembers the columns that are used up by that."""

    def __init__(
        self, row: Mapping[str, Any], columns: Mapping[str, str], mapped: MappedRow, rules: TableMapping
    ) -> None:
        self._row = row
        self._columns = columns
        self._mapped = mapped
        self._rules = rules
        self.taken: set[str] = set()

    def take_all(self) -> None:
        mapped, rules = self._mapped, self._rules
        mapped.messages = self._thread(columns_of(rules.messages, THREAD_COLUMNS))
        if rules.text is None:
            mapped.text = self._take(TEXT_COLUMNS, only_text=True)
        else:
            parts = [self._take((column,), only_text=True) for column in columns_of(rules.text, ())]
            mapped.text = "\n\n".join(part for part in parts if part) or None
        mapped.title = self._take(columns_of(rules.title, TITLE_COLUMNS), only_text=True)
        mapped.tenant = self._take(columns_of(rules.tenant, TENANT_COLUMNS), only_text=False)
        mapped.department = self._take(columns_of(rules.department, ()), only_text=False)
        mapped.actor = self._take(columns_of(rules.actor, ACTOR_COLUMNS), only_text=False)
        languages = columns_of(rules.language, LANGUAGE_COLUMNS)
        language = first_text(self._row, languages)
        if language is not None and _BCP47.fullmatch(language):
            mapped.language = language.replace("_", "-")
            self._take(languages, only_text=True)

    def _take(self, wanted: tuple[str, ...], *, only_text: bool) -> str | None:
        for column in wanted:
            name = self._columns.get(column)
            value = self._row[name] if name is not None else None
            text = value if only_text and isinstance(value, str) else None if only_text else scalar_text(value)
            if name is not None and text is not None and text.strip():
                self.taken.add(name)
                return text
        return None

    def _thread(self, wanted: tuple[str, ...]) -> tuple[Message, ...]:
        for column in wanted:
            if column in self._columns:
                messages = messages_of(self._row[self._columns[column]])
                if messages:
                    self.taken.add(self._columns[column])
                    return messages
        return ()


def messages_of(value: Any) -> tuple[Message, ...]:
    """Read a list of objects that each hold a text, or such a list as JSON text; anything else is no thread."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return ()
    if not isinstance(value, list) or not value:
        return ()
    messages = []
    for item in value:
        text = first_text(item, TEXT_COLUMNS) if isinstance(item, dict) else None
        if text is None:
            return ()
        messages.append(
            Message(
                author=first_text(item, AUTHOR_COLUMNS),
                role=first_text(item, ROLE_COLUMNS),
                sent_at=_time_or_none(first_text(item, SENT_AT_COLUMNS)),
                text=text,
            )
        )
    return tuple(messages)


def _time_or_none(text: str | None) -> int | None:
    try:
        return None if text is None else epoch_ms(text)
    except ValueError:
        return None


def _put(
    mapped: MappedRow, name: str, column: str, value: Any, *, holder: str, told: str | None = None, depth: int = 1
) -> None:
    """Put one value where it belongs: among the identifiers if its column says so, else among the fields.

    `told` is the identifier type that the settings give it, "" for none, None where they do not say.
    """
    if told is None and isinstance(value, str) and value[:1] in ("{", "["):
        value = _within_text(value)
        if is_unavailable(value):
            mapped.unchanged_fields.append(name)
            return
    inside = _inside(name, column, value, holder) if depth < _MAX_DEPTH else None
    if inside is not None:
        for inner_name, inner_column, inner_holder, inner in inside:
            if told is not None or not is_secret(inner_column):
                _put(mapped, inner_name, inner_column, inner, holder=inner_holder, told=told, depth=depth + 1)
        return
    values = _texts(value)
    kind = identifier_type(column, holder) if told is None else told
    if kind and values and all(plausible(kind, one) for one in values):
        mapped.identifiers.extend(Identifier(kind, one) for one in values)
    elif values:
        mapped.fields[name] = ", ".join(values)


def _inside(name: str, column: str, value: Any, holder: str) -> list[tuple[str, str, str, Any]] | None:
    """Return what an object or a list of objects holds, as (name, column, holder, value); None for what is one value.

    A list of plain values is one.
    """
    if isinstance(value, dict):
        return [(f"{name}.{inner}", column_name(inner), column, inner_value) for inner, inner_value in value.items()]
    if isinstance(value, list) and any(scalar_text(item) is None and item is not None for item in value):
        return [(f"{name}.{index}", column, holder, item) for index, item in enumerate(value)]
    return None


def _texts(value: Any) -> list[str]:
    """Return one value, or those of a plain list, as texts; what nests too deeply is one text of JSON."""
    if isinstance(value, list):
        texts = [scalar_text(item) for item in value]
        if not any(text is None and item is not None for text, item in zip(texts, value, strict=True)):
            return [text for text in texts if text]
    text = json_text(value) if isinstance(value, dict | list) else scalar_text(value)
    return [text] if text else []


def _within_text(text: str) -> Any:
    """Return the objects that a text is: PostgreSQL's `jsonb` comes as one, and may name people. Else the text."""
    try:
        value = read_json(text.encode("utf-8", "surrogatepass"))
    except DataFault:
        return text
    holds_objects = isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, dict) for one in value))
    return value if holds_objects else text


def _add_whole_names(mapped: MappedRow, row: Mapping[str, Any]) -> None:
    """Add "Ann Lee" where the record holds "Ann" and "Lee": so it stands in the texts, and as one placeholder."""
    given_of = (_GIVEN.search(column_name(name)) for name in row)
    for whose in dict.fromkeys(given.string[: given.start()] for given in given_of if given):
        first = first_text(row, tuple(whose + name for name in ("first_name", "firstname", "given_name")))
        last = first_text(row, tuple(whose + name for name in ("last_name", "lastname", "surname", "family_name")))
        if first and last:
            mapped.identifiers.insert(0, Identifier("PERSON", f"{first} {last}"))
