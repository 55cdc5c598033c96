"""The default mapping: what the columns of a CRM record mean when no setting says so, judged by their names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from schemas.events import Identifier, Message
from schemas.sources.naming import column_name
from schemas.text.json_values import json_text, scalar_text
from schemas.text.times import epoch_ms

if TYPE_CHECKING:
    from collections.abc import Mapping

# In each tuple the first that the record has wins.
TEXT_COLUMNS: Final = ("text", "body", "description", "note", "notes", "content", "comment", "transcript", "message")
TITLE_COLUMNS: Final = ("title", "subject", "summary")
TENANT_COLUMNS: Final = ("tenant", "tenant_id", "org_id", "account_id", "portal_id")
ACTOR_COLUMNS: Final = ("actor", "changed_by", "updated_by", "modified_by", "last_modified_by", "last_modified_by_id")
LANGUAGE_COLUMNS: Final = ("language", "locale", "lang")
THREAD_COLUMNS: Final = ("messages", "comments", "thread", "conversation", "transcript", "utterances")
ENTITY_COLUMNS: Final = ("entity", "entity_type", "object_type", "object")
ID_COLUMNS: Final = ("id", "record_id", "uuid")

_AUTHOR_COLUMNS: Final = ("author", "from", "sender", "speaker", "name")
_ROLE_COLUMNS: Final = ("role", "author_type", "speaker_role")
_SENT_AT_COLUMNS: Final = ("sent_at", "created_at", "timestamp", "time")

_PERSON_NAMES: Final = frozenset(
    {"full_name", "fullname", "first_name", "firstname", "middle_name", "last_name", "lastname", "surname"}
    | {"given_name", "family_name", "nickname", "display_name", "maiden_name", "salutation_name"}
    | {f"{who}_name" for who in ("contact", "customer", "client", "caller", "requester", "author", "sender", "agent")}
    | {f"{who}_name" for who in ("recipient", "owner", "assignee", "speaker", "patient", "guest", "member", "lead")}
)
# "name" alone is a person's unless the thing that has it is none of these: a name too many is masked, none is sent.
_NO_PERSONS: Final = frozenset(
    {"account", "company", "organization", "organisation", "business", "product", "campaign", "deal", "opportunity"}
    | {"project", "team", "department", "list", "category", "file", "attachment", "tag", "status", "stage", "pipeline"}
    | {"plan", "subscription", "contract", "order", "invoice", "quote", "country", "city", "queue", "group", "type"}
)
_IDENTIFIERS: Final = (
    (re.compile(r"(?:.+_)?(?:e_?)?mails?(?:_address(?:es)?)?"), "EMAIL"),
    (
        re.compile(r"(?:.+_)?(?:tele)?phones?(?:_numbers?)?|(?:.+_)?(?:mobile|cell|fax|tel)(?:_?phone)?(?:_number)?"),
        "PHONE",
    ),
    (
        re.compile(r"(?:.+_)?(?:street|postal|mailing|billing|shipping|home)_?address|street|address(?:_line_?\d)?"),
        "ADDRESS",
    ),
    (re.compile(r"date_of_birth|dob|birth_?(?:date|day)"), "DATE_OF_BIRTH"),
    (re.compile(r"user_?name|login|screen_name"), "USERNAME"),
    (re.compile(r"(?:.+_)?iban"), "IBAN"),
    (re.compile(r"ssn|social_security_number"), "US_SSN"),
)
# What a value must hold besides: "has_email" is true, and "true" must not be masked wherever it stands.
_PLAUSIBLE: Final = {
    "PERSON": re.compile(r"[^\W\d_]"),
    "EMAIL": re.compile(r"[@\uff20]"),
    "PHONE": re.compile(r"(?:\d\D*){5}"),
    "ADDRESS": re.compile(r"\w{2}"),
    "DATE_OF_BIRTH": re.compile(r"\d"),
    "USERNAME": re.compile(r"\w{2}"),
    "IBAN": re.compile(r"[A-Za-z]{2}\s*\d"),
    "US_SSN": re.compile(r"\d{3}"),
}
_BCP47: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
# Debezium's stand-in for a large value that did not change, as text and as base64 of bytes. It is not the value, and
# it must never be read as one: a customer's transcript would "become" it.
_UNCHANGED: Final = frozenset({"__debezium_unavailable_value", "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="})
# Deeper than this, an object is told as JSON text instead of one field a leaf.
_MAX_DEPTH: Final = 5


@dataclass(slots=True, repr=False)
class MappedRow:
    """What the columns of one record mean; the parts of a change event that come from its data."""

    title: str | None = None
    text: str | None = None
    language: str | None = None
    tenant: str | None = None
    actor: str | None = None
    messages: tuple[Message, ...] = ()
    fields: dict[str, str] = field(default_factory=dict)
    identifiers: list[Identifier] = field(default_factory=list)
    unchanged_fields: list[str] = field(default_factory=list)


def map_row(row: Mapping[str, Any], *, entity: str, record_id: str) -> MappedRow:
    """Sort the columns of an after-image by their names, whatever their case and separators.

    Nulls and empty texts tell nothing and are left out, as are the columns that only repeat entity and id. Values that
    mean nothing special become fields: numbers with all their digits, objects as one field a leaf ("address.city").
    """
    mapped = MappedRow()
    columns: dict[str, str] = {}
    for name, value in row.items():
        if _is_unchanged(value):
            mapped.unchanged_fields.append(name)
        elif value is not None and value != "":
            columns.setdefault(column_name(name), name)
    own_id = f"{column_name(entity)}_id"
    # The account_id of an Account is the record itself, not whose it is.
    taken = _take_special(row, {column: name for column, name in columns.items() if column != own_id}, mapped)
    own_ids = {*ID_COLUMNS, own_id}
    for name, value in row.items():
        column = column_name(name)
        repeats = (column in own_ids and scalar_text(value) == record_id) or column in ENTITY_COLUMNS[:3]
        if name not in taken and not repeats and not _is_unchanged(value):
            _put(mapped, name, column, value, holder=entity.lower())
    _add_whole_names(mapped, row)
    return mapped


def record_id_of(row: Mapping[str, Any], entity: str) -> str | None:
    """Return the record's own id as text, from `id`, `record_id`, `uuid` or the entity's own ("caseId" of a Case)."""
    return first_text(row, (*ID_COLUMNS, f"{column_name(entity)}_id"))


def first_text(row: Mapping[str, Any], wanted: tuple[str, ...]) -> str | None:
    """Return the first of the `wanted` columns that holds a text or number that is not empty, as text."""
    columns = {column_name(name): value for name, value in reversed(list(row.items()))}
    for column in wanted:
        text = scalar_text(columns.get(column))
        if text and not _is_unchanged(text):
            return text
    return None


def _take_special(row: Mapping[str, Any], columns: Mapping[str, str], mapped: MappedRow) -> set[str]:
    """Fill what stands in one column; return the names of the columns that are used up by that."""
    taken: set[str] = set()

    def take(wanted: tuple[str, ...], *, only_text: bool) -> str | None:
        for column in wanted:
            name = columns.get(column)
            value = row[name] if name is not None else None
            text = value if only_text and isinstance(value, str) else None if only_text else scalar_text(value)
            if name is not None and text is not None and text.strip():
                taken.add(name)
                return text
        return None

    for column in THREAD_COLUMNS:
        messages = _messages(row[columns[column]]) if column in columns else ()
        if messages:
            mapped.messages = messages
            taken.add(columns[column])
            break
    mapped.text = take(TEXT_COLUMNS, only_text=True)
    mapped.title = take(TITLE_COLUMNS, only_text=True)
    mapped.tenant = take(TENANT_COLUMNS, only_text=False)
    mapped.actor = take(ACTOR_COLUMNS, only_text=False)
    language = first_text(row, LANGUAGE_COLUMNS)
    if language is not None and _BCP47.fullmatch(language):
        mapped.language = language.replace("_", "-")
        take(LANGUAGE_COLUMNS, only_text=True)
    return taken


def _messages(value: Any) -> tuple[Message, ...]:
    """Read a list of objects that each hold a text; anything else is no thread."""
    if not isinstance(value, list) or not value:
        return ()
    messages = []
    for item in value:
        text = first_text(item, TEXT_COLUMNS) if isinstance(item, dict) else None
        if text is None:
            return ()
        messages.append(
            Message(
                author=first_text(item, _AUTHOR_COLUMNS),
                role=first_text(item, _ROLE_COLUMNS),
                sent_at=_time_or_none(first_text(item, _SENT_AT_COLUMNS)),
                text=text,
            )
        )
    return tuple(messages)


def _time_or_none(text: str | None) -> int | None:
    try:
        return None if text is None else epoch_ms(text)
    except ValueError:
        return None


def _put(mapped: MappedRow, name: str, column: str, value: Any, *, holder: str, depth: int = 1) -> None:
    """Put one value where it belongs: among the identifiers if its column says so, else among the fields."""
    if isinstance(value, dict) and depth < _MAX_DEPTH:
        for inner, inner_value in value.items():
            inner_column = column_name(inner)
            _put(mapped, f"{name}.{inner}", inner_column, inner_value, holder=column, depth=depth + 1)
        return
    if isinstance(value, list) and depth < _MAX_DEPTH:
        texts = [scalar_text(item) for item in value]
        if any(text is None for text in texts):
            for index, item in enumerate(value):
                _put(mapped, f"{name}.{index}", column, item, holder=holder, depth=depth + 1)
            return
        values = [text for text in texts if text]
    else:
        text = json_text(value) if isinstance(value, dict | list) else scalar_text(value)
        values = [text] if text else []
    kind = _identifier_type(column, holder)
    if kind is not None and values and all(_PLAUSIBLE[kind].search(one) for one in values):
        mapped.identifiers.extend(Identifier(kind, one) for one in values)
    elif values:
        mapped.fields[name] = ", ".join(values)


def _identifier_type(column: str, holder: str) -> str | None:
    if column in _PERSON_NAMES or (column == "name" and holder not in _NO_PERSONS):
        return "PERSON"
    for pattern, kind in _IDENTIFIERS:
        if pattern.fullmatch(column):
            return kind
    return None


def _add_whole_names(mapped: MappedRow, row: Mapping[str, Any]) -> None:
    """Add "Ann Lee" where the record holds "Ann" and "Lee": so it stands in the texts, and as one placeholder."""
    first = first_text(row, ("first_name", "firstname", "given_name"))
    last = first_text(row, ("last_name", "lastname", "surname", "family_name"))
    if first and last:
        mapped.identifiers.insert(0, Identifier("PERSON", f"{first} {last}"))


def _is_unchanged(value: Any) -> bool:
    if isinstance(value, list):
        return any(isinstance(item, str) and item in _UNCHANGED for item in value)
    return isinstance(value, str) and value in _UNCHANGED
