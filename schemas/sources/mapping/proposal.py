"""What the columns of a table probably mean, judged by their names and by the values of a sample of its rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from schemas.sources.mapping.columns import (
    ACTOR_COLUMNS,
    LANGUAGE_COLUMNS,
    TENANT_COLUMNS,
    TEXT_COLUMNS,
    THREAD_COLUMNS,
    TITLE_COLUMNS,
    identifier_type,
    is_secret,
    plausible,
)
from schemas.sources.mapping.naming import column_name, entity_name
from schemas.sources.mapping.row import messages_of
from schemas.sources.mapping.unavailable import is_unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# A column is what most of its values are: a few empty or odd ones are in every CRM.
_MOST: Final = 0.8
_PROSE_WORDS: Final = 5
_PROSE_SHARE: Final = 0.3
_TITLES: Final = re.compile(r"(?:.+_)?(?:title|subject|headline|summary)")
_TENANTS: Final = re.compile(r"(?:tenant|workspace|organi[sz]ation|org|company|portal|instance)(?:_id)?")
_DEPARTMENTS: Final = re.compile(r"(?:department|team|queue|business_unit)(?:_id|_name)?")
_ACTORS: Final = re.compile(r"(?:changed|updated|modified|edited|last_modified|last_updated)_by(?:_id|_name)?")
_WRITERS: Final = re.compile(r"(?:.+_)?(?:application|app)(?:_name|_id)?|(?:.+_)?via|change_source")
_SOMEBODY: Final = re.compile(
    r"(?:.+_)?(?:name|by|for|from|to|cc|agent|rep|contact|customer|client|person|user|assignee|requester|caller|owner)"
)
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE: Final = re.compile(r"(?=.*[+()\s./-])\+?[\d()\s./-]{7,24}")
_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){2,7}\s?[A-Z0-9]{0,4}")
_NAME: Final = re.compile(r"[^\W\d_][\w'.-]*(?:,? [^\W\d_][\w'.-]*){1,3}")
_FOREIGN_ID: Final = re.compile(r"(.+)_id")
# Tables that people stand in under another word than the column's.
_PEOPLE: Final = ("contact", "user", "person", "customer", "agent", "lead", "member", "client")
_WHO: Final = frozenset({"requester", "submitter", "caller", "author", "assignee", "reporter", "sender", "recipient"})


@dataclass(slots=True)
class Proposal:
    """A table's entity and what to write below [mappings.TABLE]: key to value, and key to the reason for it.

    `possible` are further lines, as key and value with a reason each, that only a person can decide on.
    """

    table: str
    rows: int
    entity: str
    keys: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    possible: list[tuple[str, Any, str]] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)

    def say(self, key: str, value: Any, reason: str) -> None:
        """Propose one key."""
        self.keys[key] = value
        self.reasons[key] = reason


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the sample; `values` are those that are there."""

    name: str
    plain: str
    values: tuple[Any, ...]
    rows: int

    @property
    def texts(self) -> list[str]:
        return [value.strip() for value in self.values if isinstance(value, str) and value.strip()]

    def share(self, pattern: re.Pattern[str]) -> float:
        """The part of the values that are texts of this form."""
        return _part(sum(pattern.fullmatch(text) is not None for text in self.texts), len(self.values))

    @property
    def prose(self) -> float:
        """The part of the values that are sentences."""
        return _part(sum(len(text.split()) >= _PROSE_WORDS for text in self.texts), len(self.values))

    @property
    def threads(self) -> float:
        """The part of the values that are lists of messages."""
        return _part(sum(bool(messages_of(value)) for value in self.values), len(self.values))

    @property
    def filled(self) -> str:
        return f"{_part(len(self.values), self.rows):.0%} filled"


def propose(table: str, rows: Sequence[Mapping[str, Any]], topics: Iterable[str] = ()) -> Proposal:
    """Propose a mapping for `table` from a sample of its rows; `topics` are where a join could look.

    It holds names of columns only, no values.
    """
    proposal = Proposal(table, len(rows), entity_name(table))
    columns = _columns(rows)
    left = {column.name: column for column in columns if not is_secret(column.plain)}
    for take in (_take_threads, _take_texts, _take_title, _take_whose):
        for used in take(proposal, list(left.values())):
            del left[used]
    _tell_joins(proposal, columns, topics)
    for used in _take_identifiers(proposal, list(left.values())):
        del left[used]
    for column in left.values():
        if _WRITERS.fullmatch(column.plain):
            proposal.possible.append(("writer", [column.name], "if it names the application that wrote the row"))
    proposal.fields = sorted(left)
    return proposal


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[_Column]:
    names = dict.fromkeys(name for row in rows for name in row)
    return [
        _Column(name, column_name(name), tuple(value for row in rows if _is_there(value := row.get(name))), len(rows))
        for name in names
    ]


def _is_there(value: Any) -> bool:
    return value is not None and value != "" and not is_unavailable(value)


def _take_threads(proposal: Proposal, columns: list[_Column]) -> list[str]:
    found = [column for column in columns if column.threads >= _MOST]
    found.sort(key=lambda column: _rank(column, THREAD_COLUMNS))
    if found:
        proposal.say("messages", [found[0].name], f"{found[0].filled}, lists of objects that each hold a text")
    return [column.name for column in found[:1]]


def _take_texts(proposal: Proposal, columns: list[_Column]) -> list[str]:
    found = [
        column
        for column in columns
        if not _TITLES.fullmatch(column.plain)
        and (column.prose >= _PROSE_SHARE or (column.plain in TEXT_COLUMNS and column.texts))
    ]
    found.sort(key=lambda column: _rank(column, TEXT_COLUMNS))
    if found:
        proposal.say("text", [column.name for column in found], ", ".join(f"{one.name} {one.filled}" for one in found))
    return [column.name for column in found]


def _take_title(proposal: Proposal, columns: list[_Column]) -> list[str]:
    found = [column for column in columns if column.texts and _TITLES.fullmatch(column.plain)]
    found.sort(key=lambda column: _rank(column, TITLE_COLUMNS))
    if found:
        proposal.say(
            "title", [column.name for column in found], f"{found[0].filled}; the first that is not empty counts"
        )
    return [column.name for column in found]


def _take_whose(proposal: Proposal, columns: list[_Column]) -> list[str]:
    """Tenant, department, actor and language: each at most one column."""
    own_id = f"{column_name(proposal.entity)}_id"
    used: list[str] = []
    for key, usual, pattern in (
        ("tenant", TENANT_COLUMNS, _TENANTS),
        ("department", (), _DEPARTMENTS),
        ("actor", ACTOR_COLUMNS, _ACTORS),
        ("language", LANGUAGE_COLUMNS, None),
    ):
        found = [
            column
            for column in columns
            if column.name not in used
            and column.plain != own_id
            and column.values
            and (column.plain in usual or (pattern is not None and pattern.fullmatch(column.plain)))
        ]
        found.sort(key=lambda column: _rank(column, usual))
        if found:
            distinct = len({str(value) for value in found[0].values})
            reason = f"{found[0].filled}, {distinct} different in the sample"
            if key == "tenant" and len(found[0].values) < found[0].rows:
                # Salesforce's events, say, hold a column only when it changed: one record would be two tenants'.
                proposal.possible.append((key, [found[0].name], f"{reason}; only if each change of a record tells it"))
            else:
                proposal.say(key, [found[0].name], reason)
            used.append(found[0].name)
    return used


def _take_identifiers(proposal: Proposal, columns: list[_Column]) -> list[str]:
    said: dict[str, str] = {}
    reasons: list[str] = []
    for column in columns:
        by_name = identifier_type(column.plain, proposal.entity.lower())
        if by_name and any(plausible(by_name, text) for text in column.texts):
            said[column.name] = by_name
            reasons.append(f"{column.name} by its name")
        elif (by_value := _type_by_values(column)) is not None:
            said[column.name] = by_value
            reasons.append(f"{column.name} by its values")
    if said:
        proposal.say("identifiers", said, ", ".join(reasons))
    return list(said)


def _type_by_values(column: _Column) -> str | None:
    for kind, pattern in (("EMAIL", _EMAIL), ("IBAN", _IBAN), ("PHONE", _PHONE)):
        if column.values and column.share(pattern) >= _MOST:
            # A day and a decimal are made of the letters of phone numbers too.
            return kind if kind != "PHONE" or _many_digits(column) else None
    # Two capitalised words are a name only where the column is about somebody: "In Progress" is a status.
    if column.values and _SOMEBODY.fullmatch(column.plain) and column.share(_NAME) >= _MOST:
        return "PERSON"
    return None


def _many_digits(column: _Column) -> bool:
    texts = column.texts
    phones = [text for text in texts if 9 <= sum(letter.isdigit() for letter in text) <= 15]  # noqa: PLR2004 - E.164
    dates = [text for text in texts if re.match(r"\d{4}-\d\d-\d\d|\d\d?[./]\d\d?[./]\d{2,4}", text)]
    return len(phones) >= _MOST * len(texts) and not dates


def _tell_joins(proposal: Proposal, columns: list[_Column], topics: Iterable[str]) -> None:
    by_entity: dict[str, list[str]] = {}
    for topic in topics:
        by_entity.setdefault(column_name(entity_name(topic.rsplit(".", 1)[-1])), []).append(topic)
    sure: list[dict[str, Any]] = []
    for column in columns:
        if (match := _FOREIGN_ID.fullmatch(column.plain)) is None or not column.values:
            continue
        who = match[1].rsplit("_", 1)[-1]
        wanted = [who, *_PEOPLE] if who in _WHO else [who] if who in _PEOPLE else []
        found = [topic for name in wanted for topic in by_entity.get(name, ())]
        joins = [{"columns": [column.name], "topic": topic} for topic in found]
        if len(found) == 1 and who in _PEOPLE:
            sure += joins
        else:
            proposal.possible += [("joins", [join], f"if {column.name} points to a record there") for join in joins]
    if sure:
        proposal.say("joins", sure, "names, e-mails and phones of whoever the id stands for are masked too")


def _rank(column: _Column, usual: Sequence[str]) -> tuple[int, float]:
    known = usual.index(column.plain) if column.plain in usual else len(usual)
    return known, -sum(len(text) for text in column.texts)


def _part(some: int, whole: int) -> float:
    return some / whole if whole else 0.0
