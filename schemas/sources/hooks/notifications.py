"""What adapters of web hooks share beyond their body: many notifications in one, and requests to fetch a record."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from schemas.avro.framing import STAGE, undecodable
from schemas.identity import accepted
from schemas.outcomes import Skipped, SkipReason
from schemas.refetch import Refetch
from schemas.sources.hooks.json_body import at, json_body
from schemas.text.times import epoch_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from schemas.events import CrmEvent
    from schemas.refetch import RefetchReason
    from schemas.sources.base import Adapted, SourceRecord


_EARLIEST_MS: Final = 100_000_000_000


def each_notification(
    record: SourceRecord, adapted: Callable[[Mapping[str, Any]], Iterable[CrmEvent | Skipped | Refetch]]
) -> Adapted:
    """Return what `adapted` makes of the body's JSON object, or of each object of its array, in their order.

    A null value is a tombstone. Raises DataFault(UNDECODABLE) where the body is neither, and what `adapted` raises.
    """
    if record.value is None:
        return (Skipped(SkipReason.TOMBSTONE),)
    body = json_body(record.value)
    found = body if isinstance(body, list) else [body]
    if not all(isinstance(one, Mapping) for one in found):
        raise undecodable("the body is no JSON object, nor an array of them")
    return tuple(item for one in found for item in adapted(one))


def object_at(value: Any, *path: str) -> Mapping[str, Any]:
    """Return the object at the end of a path of names, an empty one where there is none."""
    found = at(value, *path)
    return found if isinstance(found, Mapping) else {}


def objects_at(value: Any, *path: str) -> list[Mapping[str, Any]]:
    """Return the objects of the array at the end of a path of names; what is no object in it is passed over."""
    found = at(value, *path)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def first_time(values: Iterable[Any], record: SourceRecord) -> int:
    """Return the first of the times that an author of a payload typed which can be read; else that of the record.

    A number that would be a moment before 1973 counts seconds, or something else: an event of 1970 would be stale.
    """
    for value in values:
        with contextlib.suppress(ValueError):
            moment = epoch_ms(value)
            if moment >= _EARLIEST_MS:
                return moment
    return record.timestamp_ms


def request_to_fetch(event: CrmEvent, reason: RefetchReason, *, url: str | None = None) -> Refetch:
    """Make the request for the record of `event`, of which the source tells no content; its id is the request's.

    Raises DataFault(NO_IDENTITY, OVERSIZED) as `accepted` does.
    """
    known = accepted(event, stage=STAGE)
    return Refetch(
        request_id=known.event_id,
        source=known.source,
        tenant=known.tenant,
        entity=known.entity,
        record_id=known.record_id,
        reason=reason,
        occurred_at=known.occurred_at,
        url=url,
        attributes=known.attributes,
    )


def told(**attributes: str | None) -> dict[str, str]:
    """Return the attributes that have a text."""
    return {name: text for name, text in attributes.items() if text}
