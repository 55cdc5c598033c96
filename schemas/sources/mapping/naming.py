"""Names of entities and operations, from table names, object names and event types."""

from __future__ import annotations

import functools
import re
from typing import Final

from schemas.events import Operation

_CAMEL_BORDER: Final = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SEPARATORS: Final = re.compile(r"[\W_]+")
_VERSION: Final = re.compile(r"v?\d+", re.IGNORECASE)
_IRREGULAR: Final = {
    "people": "person",
    "statuses": "status",
    "news": "news",
    "series": "series",
    "addresses": "address",
}
_VERBS: Final = {
    **dict.fromkeys(
        ("created", "create", "added", "opened", "inserted", "submitted", "received", "logged", "registered"),
        Operation.CREATE,
    ),
    **dict.fromkeys(("deleted", "delete", "removed", "destroyed", "purged", "erased"), Operation.DELETE),
    **dict.fromkeys(("snapshot", "snapshotted"), Operation.SNAPSHOT),
    **dict.fromkeys(("update", "upsert"), Operation.UPDATE),
}
_ARCHIVED: Final = "archived"
_LONGEST_ACRONYM: Final = 4


def entity_name(name: str) -> str:
    """Return a table or object name in singular and camel case ("sales_orders" -> "SalesOrder"), or ""."""
    words = _words(name)
    if not words:
        return ""
    return "".join(word[0].upper() + word[1:] for word in (*words[:-1], _singular(words[-1])))


@functools.lru_cache(maxsize=4096)
def column_name(name: str) -> str:
    """Return a column or field name in lower snake case: "caseId", "case-id" and "Case Id" -> "case_id"."""
    return "_".join(_words(name)).lower()


def entity_and_operation(event_type: str, *, has_data: bool) -> tuple[str, Operation]:
    """Read an event type such as "com.acme.case.updated", "CaseUpdated" or "case.updated.v2".

    The entity is the word before the verb, "" if there is none; an unknown verb is an UPDATE. "archived" is a DELETE
    only without data: with data there is still a record to read.
    """
    segments = [segment for segment in re.split(r"[./:]", event_type) if segment and not _VERSION.fullmatch(segment)]
    if not segments:
        return "", Operation.UPDATE
    words = _words(segments[-1])
    if len(words) > 1 and words[-1].lower() == "event":
        words.pop()
    verb = words[-1].lower() if words else ""
    if verb not in _VERBS and not (verb.endswith("ed") and not verb.endswith("eed")):
        return entity_name("_".join(words)), Operation.UPDATE
    operation = _VERBS.get(verb, Operation.UPDATE)
    if verb == _ARCHIVED and not has_data:
        operation = Operation.DELETE
    before = "_".join(words[:-1]) or (segments[-2] if len(segments) > 1 else "")
    return entity_name(before), operation


def _words(name: str) -> list[str]:
    if name.isupper() and len(name) > _LONGEST_ACRONYM:
        name = name.lower()  # Oracle's and many event types' way to write
    return [word for word in _SEPARATORS.split(_CAMEL_BORDER.sub("_", name)) if word]


def _singular(word: str) -> str:
    lower = word.lower()
    if lower in _IRREGULAR:
        return _IRREGULAR[lower]
    if word.isupper() or len(word) <= 3 or not lower.endswith("s"):  # noqa: PLR2004 -- "gas", "bus", "SMS", "DNS"
        return word
    if lower.endswith("ies"):
        return word[:-3] + "y"
    if lower.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if lower.endswith(("ss", "us", "is")):
        return word
    return word[:-1]
