"""What makes a change event addressable: ids that are there, that every system can hold, and that stay the same."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from schemas.errors import DataFault
from schemas.events import CrmEvent
from schemas.outcomes import DeadLetterReason
from schemas.text import clean_value

# Ids travel in the key, in headers and in the state of every worker, for each event of the dedupe horizon: one id of a
# megabyte would be held for two weeks and would not fit the insight's own record.
MAX_ID_CHARS: Final = 1024
_IDS: Final = ("event_id", "entity", "record_id")
_BOUNDED: Final = (*_IDS, "source", "tenant")


def accepted(event: CrmEvent, *, stage: str) -> CrmEvent:
    """Return the event with clean texts, ready to be identified by; an empty tenant becomes "default".

    Clean before anything is keyed by it: a mark is found again by the id that was published, which is the clean one.
    Raises DataFault(NO_IDENTITY) for an empty event_id, entity or record_id, DataFault(OVERSIZED) for an id longer
    than `MAX_ID_CHARS`; both name the field.
    """
    values = clean_value(event)
    values["tenant"] = values["tenant"] or "default"
    for name in _IDS:
        if not values[name].strip():
            raise no_identity(name, stage=stage)
    for name in _BOUNDED:
        if len(values[name]) > MAX_ID_CHARS:
            detail = f"{name} has {len(values[name])} characters; at most {MAX_ID_CHARS} are taken"
            raise DataFault(DeadLetterReason.OVERSIZED, detail, stage=stage)
    return msgspec.convert(values, CrmEvent)


def no_identity(field: str, *, stage: str) -> DataFault:
    """Make the fault for an event that cannot be told from others because `field` is missing or empty."""
    return DataFault(DeadLetterReason.NO_IDENTITY, f"{field} is missing or empty", stage=stage)


def derived_event_id(scheme: str, *parts: str) -> str:
    """Derive an event id from what identifies the change at its source: equal parts, equal id.

    `scheme` names the rule ("ce", "dbz") and stands in front, for people. 128 bits of SHA-256 over the parts with their
    lengths, so that ("ab", "c") and ("a", "bc") differ.
    """
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big"))
        digest.update(encoded)
    return f"{scheme}-{digest.hexdigest()[:32]}"
