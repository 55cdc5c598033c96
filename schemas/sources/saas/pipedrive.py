"""Pipedrive's web hooks, version 2 and version 1.

Source: pipedrive.readme.io, "Guide for Webhooks v2" and "Webhooks v2 migration guide". Identity: `meta.id` in version
2, never `meta.attempt`; in version 1, whose `meta.id` is the record's, web hook, action, object, id and
`timestamp_micro`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from schemas.avro.framing import STAGE
from schemas.events import CrmEvent, Identifier, Operation
from schemas.identity import accepted, derived_event_id, no_identity
from schemas.outcomes import Skipped, SkipReason
from schemas.refetch import RefetchReason
from schemas.sources.hooks.json_body import at, seconds_at, text_at
from schemas.sources.hooks.notifications import each_notification, object_at, request_to_fetch, told
from schemas.sources.mapping import TableMapping, map_row, writer_of
from schemas.sources.mapping.naming import entity_name
from schemas.text.html import without_markup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.refetch import Refetch
    from schemas.sources.base import Adapted, SourceRecord, SourceRules

_OPERATIONS: Final = {
    **dict.fromkeys(("create", "added"), Operation.CREATE),
    **dict.fromkeys(("delete", "deleted"), Operation.DELETE),
}
# How the company has set Pipedrive up: no customer's record.
_SETTINGS: Final = frozenset({"user", "pipeline", "stage", "activityType", "board", "phase"})
# Pipedrive moves these with every change: they say nothing of what was changed, and no text would be the same twice.
_BOOKKEEPING: Final = ("update_time", "stage_change_time")
# References that version 1 and some bridges resolve: {"name": ..., "email": ..., "value": 5} in place of 5.
_PERSON: Final = re.compile(r"(?:.+_)?(?:person|user|owner|creator)(?:_id)?")
_DEFAULTS: Final = TableMapping(
    # The `org_id` of a deal is the customer's company, and another one when the deal moves; ours is `company_id`.
    tenant=(),
    identifiers={"person_name": "PERSON", "owner_name": "PERSON", "user_name": "PERSON"},
    ignore=_BOOKKEEPING,
)


class PipedriveAdapter:
    """Takes the record as it is after the change, and from `previous` what was changed."""

    name = "pipedrive"

    def __init__(self, rules: SourceRules) -> None:
        """Skip and map as `rules` say; the user who made a change is compared with our own ids."""
        self._rules = rules

    async def adapt(self, record: SourceRecord) -> Adapted:
        """Return the events, requests to fetch and skips of the notifications. Raises DataFault."""
        return each_notification(record, lambda body: self._adapted(body, record))

    def _adapted(self, body: Mapping[str, Any], record: SourceRecord) -> Iterator[CrmEvent | Skipped | Refetch]:
        change = _change(body, record)
        if change.thing in _SETTINGS:
            yield Skipped(SkipReason.CONTROL, "tells of no record")
            return
        entity = entity_name(change.thing)
        mapping = self._rules.mappings.of(f"pipedrive.{change.thing}", entity, change.thing)
        if mapping.skip:
            yield Skipped(SkipReason.CONTROL, "skipped by its mapping")
        elif self._rules.own_write(mapping, change.changed(), change.actor, writer_of(change.after, mapping)):
            yield Skipped(SkipReason.OWN_WRITE)
        else:
            yield change.ending(mapping.entity or entity, mapping.filled_from(_DEFAULTS))


def is_pipedrive(value: Any) -> bool:
    """Whether a value is one of Pipedrive's notifications, of either version, or an array of them."""
    first = value[0] if isinstance(value, list) and value else value
    meta = at(first, "meta")
    return isinstance(meta, dict) and "action" in meta and ({"entity", "entity_id"} <= meta.keys() or "object" in meta)


@dataclass(frozen=True, slots=True, repr=False)
class _Change:
    """What both versions tell. `identity` is what the event id is made of."""

    thing: str
    record_id: str
    operation: Operation
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    occurred_at: int
    actor: str | None
    tenant: str
    people: tuple[Identifier, ...]
    identity: tuple[str, ...]
    attributes: dict[str, str]

    def changed(self) -> tuple[str, ...]:
        """The fields of `previous` that are others now. Version 2 has only those in it, version 1 all fields."""
        if self.operation is not Operation.UPDATE:
            return ()
        return tuple(name for name, value in self.before.items() if self.after.get(name) != value)

    def ending(self, entity: str, mapping: TableMapping) -> CrmEvent | Refetch:
        """Make the event; a request to fetch where the notification names the record and holds nothing of it."""
        gone = self.operation is Operation.DELETE
        mapped = map_row({} if gone else self.after, entity=entity, record_id=self.record_id, rules=mapping)
        mapped.identifiers.extend(() if gone else self.people)
        event = CrmEvent(
            event_id=derived_event_id("pipedrive", self.tenant, *self.identity),
            source=f"pipedrive/{self.tenant}",
            tenant=mapped.tenant or self.tenant,
            entity=entity,
            record_id=self.record_id,
            operation=self.operation,
            occurred_at=self.occurred_at,
            actor=self.actor,
            changed_fields=self.changed(),
            cleared_fields=tuple(name for name in self.changed() if self.after.get(name) is None),
            attributes=self.attributes,
            **mapped.content(),
        )
        if not self.after and not gone:
            return request_to_fetch(event, RefetchReason.IDS_ONLY)
        return accepted(event, stage=STAGE)


def _change(body: Mapping[str, Any], record: SourceRecord) -> _Change:
    """Read a notification of either version. Raises DataFault(NO_IDENTITY) where it lacks what identifies it."""
    meta = object_at(body, "meta")
    if "entity" in meta:
        thing, record_id, after = text_at(meta, "entity"), text_at(meta, "entity_id"), body.get("data")
        identity: tuple[str, ...] = (text_at(meta, "id"),)
        occurred_at = seconds_at(meta, "timestamp", record=record)
    else:
        thing, record_id, after = text_at(meta, "object"), text_at(meta, "id"), body.get("current")
        moment = text_at(meta, "timestamp_micro") or text_at(meta, "timestamp")
        identity = (text_at(meta, "webhook_id"), text_at(meta, "action"), thing, record_id, moment)
        occurred_at = _of_microseconds(meta, record)
    if not thing or not all(identity[-1:]):
        raise no_identity("meta.id with meta.entity, or meta.object with meta.timestamp_micro", stage=STAGE)
    return _Change(
        thing=thing,
        record_id=record_id or text_at(after, "id"),
        operation=_OPERATIONS.get(text_at(meta, "action"), Operation.UPDATE),
        before=_row(body.get("previous")),
        after=_row(after),
        occurred_at=occurred_at,
        actor=text_at(meta, "user_id") or None,
        tenant=text_at(meta, "company_id"),
        people=tuple(_people(after)),
        identity=identity,
        attributes=told(
            host=text_at(meta, "host"),
            change_source=text_at(meta, "change_source"),
            merged_to_id=text_at(meta, "merged_to_id"),
        ),
    )


def _people(image: Any) -> Iterator[Identifier]:
    """Yield who is named in the records that this one refers to."""
    for column, person in object_at(image).items():
        if isinstance(person, Mapping) and _PERSON.fullmatch(column):
            row = {name: _value(value) for name, value in person.items()}
            yield from map_row(row, entity="Person", record_id="").identifiers


def _of_microseconds(meta: Mapping[str, Any], record: SourceRecord) -> int:
    micro = meta.get("timestamp_micro")
    if isinstance(micro, int) and not isinstance(micro, bool):
        return seconds_at({"timestamp_micro": Decimal(micro) / 1_000_000}, "timestamp_micro", record=record)
    return seconds_at(meta, "timestamp", record=record)


def _row(image: Any) -> dict[str, Any]:
    """Return the fields of a record on one level, custom ones of version 2 as "custom_fields.9f8e7d"."""
    row = dict(image) if isinstance(image, Mapping) else {}
    custom = row.pop("custom_fields", None)
    if isinstance(custom, Mapping):
        row |= {f"custom_fields.{name}": value for name, value in custom.items()}
    return {name: _value(value) for name, value in row.items()}


def _value(value: Any) -> Any:
    """Return what stands in a field: of typed values and of lists of phones and e-mails the values alone."""
    if isinstance(value, str):
        return without_markup(value)
    if isinstance(value, list):
        return [_value(item) for item in value]
    if isinstance(value, Mapping):
        return next((value[name] for name in ("value", "values", "id") if name in value), value)
    return value
