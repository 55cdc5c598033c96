"""From a body of HubSpot's to change events and requests to fetch, in the order of the notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from schemas.avro.framing import STAGE
from schemas.events import CrmEvent, Operation
from schemas.identity import accepted, no_identity
from schemas.outcomes import Skipped, SkipReason
from schemas.refetch import RefetchReason
from schemas.sources.hooks.json_body import time_at
from schemas.sources.hooks.notifications import each_notification, request_to_fetch
from schemas.sources.hubspot.notification import Notification
from schemas.sources.mapping import TableMapping, first_text, map_row, writer_of
from schemas.sources.mapping.columns import TEXT_COLUMNS, TITLE_COLUMNS
from schemas.sources.mapping.naming import column_name
from schemas.sources.mapping.rules import columns_of
from schemas.text.html import without_markup

if TYPE_CHECKING:
    from schemas.avro.reader import WriterSchemas
    from schemas.refetch import Refetch
    from schemas.sources.base import Adapted, SourceRecord, SourceRules
    from schemas.sources.mapping import MappedRow

# Texts and titles of activities have names of their own; a note's or an e-mail's is HTML.
_DEFAULTS: Final = TableMapping(
    text=(
        *TEXT_COLUMNS,
        *("hs_note_body", "hs_call_body", "hs_email_text", "hs_email_html", "hs_meeting_body", "hs_task_body"),
        *("hs_communication_body", "hs_internal_meeting_notes", "hs_content"),
    ),
    title=(*TITLE_COLUMNS, "dealname", "hs_call_title", "hs_email_subject", "hs_meeting_title", "hs_task_subject"),
)
_TENANT: Final = ("portal_id",)
# What helps to fetch, beside the record's id.
_HINTS: Final = {
    "propertyName": "property",
    "messageId": "message_id",
    "messageType": "message_type",
    "toObjectId": "to_record_id",
    "associationType": "association_type",
    "associationTypeId": "association_type_id",
    "associationRemoved": "association_removed",
}


class HubSpotAdapter:
    """Takes arrays of notifications. A changed property is a change event with its value, a deletion is a DELETE.

    A merge is a DELETE of each object that is gone. What tells no content (creations, restored and merged objects, new
    associations and messages) becomes a request to fetch the object. Identity: `Notification.event_id`.
    """

    name = "hubspot"

    def __init__(self, _: WriterSchemas | None, rules: SourceRules) -> None:
        """Skip and map as `rules` say. Web hooks are JSON, so that no schemas are needed."""
        self._rules = rules

    async def adapt(self, record: SourceRecord) -> Adapted:
        """Return what each notification tells, in their order. Raises DataFault."""
        return each_notification(record, lambda said: self._told(Notification.of(said), record))

    def _told(self, notification: Notification, record: SourceRecord) -> Adapted:
        subject, entity = notification.subject, notification.entity
        mapping = self._rules.mappings.of(f"hubspot.{subject}", subject, entity).filled_from(_DEFAULTS)
        if mapping.skip:
            return (Skipped(SkipReason.CONTROL, "skipped by its mapping"),)
        changed = (notification.property_name,) if notification.property_name else ()
        writers = (*notification.writers, writer_of(notification.said, mapping))
        # What must be forgotten is told whoever ordered it, ourselves included.
        if notification.action != "privacyDeletion" and self._rules.own_write(mapping, changed, *writers):
            return (Skipped(SkipReason.OWN_WRITE),)
        return _Telling(notification, mapping, record).all()


class _Telling:
    """What one notification tells, in each of the forms that it may take."""

    def __init__(self, notification: Notification, mapping: TableMapping, record: SourceRecord) -> None:
        self._notification = notification
        self._mapping = mapping
        self._entity = mapping.entity or notification.entity
        self._occurred_at = time_at(notification.said, "occurredAt", record=record)
        said = notification.said
        self._tenant = first_text(said, columns_of(mapping.tenant, _TENANT)) or notification.text("portalId")

    def all(self) -> Adapted:
        """Return what becomes of it, by what happened."""
        notification = self._notification
        match notification.action:
            case "deletion":
                return (self.deleted(),)
            case "privacyDeletion":
                return (self.deleted(erasure="record"),)
            case "merge":
                return self.merged()
            case "propertyChange" if notification.property_name and notification.value is not None:
                return (self.changed(),)
            case _:
                return (self.request(),)

    def changed(self) -> CrmEvent:
        """A property has another value, or none any more."""
        name, value = self._notification.property_name, self._notification.value or ""
        mapped = self._mapped(name, value)
        return self._event(
            self._record_id(),
            Operation.UPDATE,
            changed_fields=(name,),
            cleared_fields=() if value else (name,),
            **mapped.content(),
        )

    def deleted(self, *, erasure: str | None = None) -> CrmEvent:
        """The object is gone; `erasure` says what else must go, where a person asked to be forgotten."""
        return self._event(self._record_id(), Operation.DELETE, told={"erasure": erasure} if erasure else {})

    def merged(self) -> Adapted:
        """The objects that went into another are gone, and that one is another than before."""
        said = self._notification
        survivor = said.text("newObjectId") or said.text("primaryObjectId") or said.object_id
        if not survivor:
            raise no_identity("newObjectId", stage=STAGE)
        gone = [
            one for one in dict.fromkeys((said.text("primaryObjectId"), *said.merged_ids)) if one and one != survivor
        ]
        events = (self._event(one, Operation.DELETE, one, told={"merged_into": survivor}) for one in gone)
        return (*events, self.request(survivor))

    def request(self, record_id: str | None = None) -> Refetch:
        """The object is to be fetched: what it holds now is not told."""
        hints = {hint: self._notification.text(name) for name, hint in _HINTS.items()}
        event = self._event(record_id or self._record_id(), Operation.UPDATE, told=hints)
        return request_to_fetch(event, RefetchReason.IDS_ONLY)

    def _event(
        self, record_id: str, operation: Operation, *more: str, told: dict[str, str] | None = None, **content: Any
    ) -> CrmEvent:
        said = self._notification
        attributes = {"subscription_type": said.type, "change_source": said.text("changeSource"), **(told or {})}
        return accepted(
            CrmEvent(
                event_id=said.event_id(*more),
                source=self._source(),
                tenant=self._tenant,
                entity=self._entity,
                record_id=record_id,
                operation=operation,
                occurred_at=self._occurred_at,
                actor=said.text("sourceId") or None,
                attributes={name: text for name, text in attributes.items() if text},
                **content,
            ),
            stage=STAGE,
        )

    def _mapped(self, name: str, value: str) -> MappedRow:
        record_id = self._record_id()
        # With its own id, so that a join may find who the object is.
        row = {f"{column_name(self._entity)}_id": record_id, name: without_markup(value)}
        return map_row(row, entity=self._entity, record_id=record_id, rules=self._mapping)

    def _record_id(self) -> str:
        record_id = self._notification.object_id
        if not record_id:
            raise no_identity("objectId", stage=STAGE)
        return record_id

    def _source(self) -> str:
        return f"hubspot/{self._notification.text('portalId')}"
