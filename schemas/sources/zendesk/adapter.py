"""From a body of Zendesk's to the change event, and to a request to fetch where the record itself is not told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from schemas.avro.framing import STAGE
from schemas.events import CrmEvent, Operation
from schemas.identity import accepted
from schemas.outcomes import Skipped, SkipReason
from schemas.refetch import RefetchReason
from schemas.sources.hooks.json_body import json_object, text_at, time_at
from schemas.sources.hooks.notifications import request_to_fetch, told
from schemas.sources.mapping import TableMapping, first_text, map_row, writer_of
from schemas.sources.mapping.rules import columns_of
from schemas.sources.zendesk.event import ZendeskEvent, account_of, is_zendesk
from schemas.sources.zendesk.trigger import triggered_event

if TYPE_CHECKING:
    from schemas.avro.reader import WriterSchemas
    from schemas.sources.base import Adapted, SourceRecord, SourceRules

# The id of a status, and whether the ticket can be seen by its requester: neither says anything of what happened.
_DEFAULTS: Final = TableMapping(tenant=(), actor=("actor_id",), ignore=("custom_status", "is_public"))


class ZendeskAdapter:
    """Takes events, by their type `zen:event-type:...`, and bodies of triggers; one change event each.

    An event's identity is the body's `id`, a trigger's is what its mapping names. An event that has nothing of its
    record but the id becomes a request to fetch it, beside the message that it may tell. What was redacted or deleted
    is told without any content, its `erasure` in the attributes.
    """

    name = "zendesk"

    def __init__(self, _: WriterSchemas | None, rules: SourceRules) -> None:
        """Skip and map as `rules` say. Web hooks are JSON, so that no schemas are needed."""
        self._rules = rules

    async def adapt(self, record: SourceRecord) -> Adapted:
        """Return what the body tells. Raises DataFault."""
        if record.value is None:
            return (Skipped(SkipReason.TOMBSTONE),)
        body = json_object(record.value)
        if is_zendesk(body):
            return self._told(ZendeskEvent.of(body), record)
        return (triggered_event(body, record, self._rules),)

    def _told(self, event: ZendeskEvent, record: SourceRecord) -> Adapted:
        mapping = self._rules.mappings.of(f"zendesk.{event.domain}", event.domain, event.entity).filled_from(_DEFAULTS)
        if mapping.skip:
            return (Skipped(SkipReason.CONTROL, "skipped by its mapping"),)
        writers = (*event.writers, writer_of(event.detail, mapping))
        # An erasure must be told whoever ordered it, ourselves included.
        if not event.erasure and self._rules.own_write(mapping, list(event.changes()), *writers):
            return (Skipped(SkipReason.OWN_WRITE),)
        change = _change_event(event, record, mapping)
        if change.operation is Operation.DELETE or event.erasure or not event.is_bare:
            return (change,)
        # Without its record, a message is read for itself; an event that tells nothing at all is the request only.
        request = request_to_fetch(change, RefetchReason.IDS_ONLY)
        return (change, request) if change.messages or change.fields or change.text or change.title else (request,)


def _change_event(event: ZendeskEvent, record: SourceRecord, mapping: TableMapping) -> CrmEvent:
    entity, record_id = mapping.entity or event.entity, event.record_id
    account = account_of(event.body, record)
    occurred_at = time_at(event.body, "time", record=record)
    known = first_text(event.detail, columns_of(mapping.tenant, ()))
    return accepted(
        CrmEvent(
            event_id=event.event_id,
            source=f"zendesk/{account}",
            tenant=known or account,
            entity=entity,
            record_id=record_id,
            operation=event.operation,
            occurred_at=occurred_at,
            actor=event.actor,
            changed_fields=tuple(event.changes()),
            cleared_fields=event.cleared(),
            attributes=_attributes(event),
            **_content(event, entity, record_id, occurred_at, mapping),
        ),
        stage=STAGE,
    )


def _content(
    event: ZendeskEvent, entity: str, record_id: str, occurred_at: int, mapping: TableMapping
) -> dict[str, Any]:
    """What the record holds now and what was said; nothing of a record that is gone or in which something is erased."""
    if event.erasure or event.operation is Operation.DELETE:
        return {}
    content = map_row(event.row(), entity=entity, record_id=record_id, rules=mapping).content()
    message = event.message(occurred_at)
    content["messages"] = (*content["messages"], message) if message else content["messages"]
    content["identifiers"] = (*content["identifiers"], *event.people())
    return content


def _attributes(event: ZendeskEvent) -> dict[str, str]:
    return told(
        event_type=event.type,
        erasure=event.erasure,
        comment_id=text_at(event.body, "event", "comment", "id"),
        comment_is_public=text_at(event.body, "event", "comment", "is_public"),
        message_id=text_at(event.body, "event", "message", "id"),
        conversation_id=text_at(event.body, "event", "conversation_id"),
    )
