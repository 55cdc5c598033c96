"""Freshdesk's web hooks, whose payload is whatever the author of the automation rule typed.

Source: Freshdesk's support site, "Using webhooks in automation rules"; the names are those of its placeholders with an
underscore (`{{ticket.subject}}` is usually sent as `ticket_subject`), in a wrapper `freshdesk_webhook` or without.
Values are HTML, with entities. Identity: there is no id of the event, so it is the ticket's id and all that the payload
holds. A rule that sends `ticket_updated_at` makes two equal updates two; without it the second passes for the first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from schemas.avro.framing import STAGE
from schemas.events import CrmEvent, Operation
from schemas.identity import accepted, derived_event_id, no_identity
from schemas.outcomes import Skipped, SkipReason
from schemas.sources.hooks.json_body import text_at
from schemas.sources.hooks.notifications import each_notification, first_time, object_at
from schemas.sources.mapping import TableMapping, first_text, map_row, writer_of
from schemas.sources.mapping.columns import SAID_TENANT_COLUMNS
from schemas.sources.mapping.naming import column_name, entity_and_operation
from schemas.sources.mapping.rules import columns_of
from schemas.text.html import without_markup
from schemas.text.json_values import json_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.sources.base import Adapted, SourceRecord, SourceRules

_WRAPPER: Final = "freshdesk_webhook"
_IDS: Final = ("ticket_id", "id", "ticket_display_id", "display_id")
_TIMES: Final = ("ticket_updated_at", "updated_at", "ticket_created_at", "created_at")
_EVENTS: Final = ("event", "event_type", "operation", "action")
_DEFAULTS: Final = TableMapping(
    tenant=SAID_TENANT_COLUMNS,
    title=("ticket_subject", "subject", "title"),
    text=(
        *("ticket_description", "description", "ticket_latest_public_comment", "latest_public_comment"),
        *("ticket_latest_private_comment", "latest_private_comment", "comment", "body", "text", "note"),
    ),
    identifiers={
        **dict.fromkeys(
            ("ticket_contact_name", "ticket_requester_name", "ticket_agent_name", "ticket_from_name"), "PERSON"
        ),
        **dict.fromkeys(("ticket_requester_email", "ticket_from_email", "ticket_cc_emails", "from"), "EMAIL"),
        "ticket_contact_mobile": "PHONE",
    },
    ignore=("triggered_event",),
)
# "{status:{from:Pending,to:Open}}": the fields whose change set the rule off.
_CHANGED: Final = re.compile(r"(\w{1,64}):\{from:")
_HOST: Final = re.compile(r"[\w-]{1,63}\.freshdesk\.com", re.ASCII)


class FreshdeskAdapter:
    """Takes a payload as a ticket, by the names that Freshdesk's placeholders have."""

    name = "freshdesk"

    def __init__(self, rules: SourceRules) -> None:
        """Skip and map as `rules` say; a mapping of "freshdesk.ticket" knows what a rule's author named otherwise."""
        self._rules = rules

    async def adapt(self, record: SourceRecord) -> Adapted:
        """Return the event of the payload, or the reason to skip it. Raises DataFault."""
        return each_notification(record, lambda body: self._adapted(body, record))

    def _adapted(self, body: Mapping[str, Any], record: SourceRecord) -> Iterator[CrmEvent | Skipped]:
        payload = object_at(body, _WRAPPER) or body
        mapping = self._rules.mappings.of("freshdesk.ticket", "ticket").filled_from(_DEFAULTS)
        row = {name: without_markup(value) if isinstance(value, str) else value for name, value in payload.items()}
        event = _event(payload, row, mapping, record)
        writer = writer_of(row, mapping)
        if mapping.skip:
            yield Skipped(SkipReason.CONTROL, "skipped by its mapping")
        elif self._rules.own_write(mapping, event.changed_fields, event.actor, writer):
            yield Skipped(SkipReason.OWN_WRITE)
        else:
            yield event


def is_freshdesk(value: Any) -> bool:
    """Whether a value is a payload in Freshdesk's wrapper, or has at least two of its placeholders' names."""
    if object_at(value, _WRAPPER):
        return True
    return isinstance(value, Mapping) and sum(name.startswith("ticket_") for name in value) > 1


def _event(payload: Mapping[str, Any], row: Mapping[str, Any], mapping: TableMapping, record: SourceRecord) -> CrmEvent:
    ticket_id = first_text(row, columns_of(mapping.record_id, _IDS))
    if ticket_id is None:
        raise no_identity("ticket_id", stage=STAGE)
    entity = mapping.entity or "Ticket"
    operation = _operation(payload)
    gone = operation is Operation.DELETE
    mapped = map_row({} if gone else _told(row, ticket_id), entity=entity, record_id=ticket_id, rules=mapping)
    host = _host(row)
    event = CrmEvent(
        event_id=derived_event_id("freshdesk", ticket_id, json_text(dict(sorted(payload.items())))),
        source="/".join(filter(None, ("freshdesk", host))),
        tenant=mapped.tenant or host,
        entity=entity,
        record_id=ticket_id,
        operation=operation,
        occurred_at=_occurred_at(payload, record),
        actor=mapped.actor,
        changed_fields=tuple(dict.fromkeys(_CHANGED.findall(text_at(payload, "triggered_event")))),
        **mapped.content(),
    )
    return accepted(event, stage=STAGE)


def _occurred_at(payload: Mapping[str, Any], record: SourceRecord) -> int:
    """Placeholders give times in words of the account's language, too: where none can be read, that of the record."""
    return first_time(map(payload.get, _TIMES), record)


def _told(row: Mapping[str, Any], ticket_id: str) -> dict[str, Any]:
    """The row without the names of the ticket's own id, which says nothing to a reader."""
    return {
        name: value for name, value in row.items() if column_name(name) not in _IDS or text_at(row, name) != ticket_id
    }


def _operation(payload: Mapping[str, Any]) -> Operation:
    """What happened, where the rule's author sends it: Freshdesk itself does not tell."""
    named = next((text for name in _EVENTS if (text := text_at(payload, name))), "")
    return entity_and_operation(named, has_data=True)[1]


def _host(row: Mapping[str, Any]) -> str:
    """The account, from the link to the ticket: "acme.freshdesk.com", "" without one."""
    for name, value in row.items():
        if column_name(name).endswith("url") and isinstance(value, str):
            try:
                host = urlsplit(value).hostname or ""
            except ValueError:
                continue
            if _HOST.fullmatch(host):
                return host
    return ""
