"""What a trigger or an automation sends: a JSON object that its author typed, without an id of the event.

Nothing in it says which change it is: the invocation's id is another one when the web hook is invoked again. So the
settings must name fields that differ from change to change (`version`), such as {{ticket.updated_at_with_timestamp}}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from schemas.avro.framing import STAGE
from schemas.events import CrmEvent
from schemas.identity import accepted, derived_event_id, no_identity
from schemas.outcomes import Skipped, SkipReason
from schemas.sources.hooks.json_body import text_at
from schemas.sources.hooks.notifications import first_time
from schemas.sources.mapping import TableMapping, first_text, map_row, record_id_of, writer_of
from schemas.sources.mapping.columns import ACTOR_COLUMNS, SAID_TENANT_COLUMNS, TEXT_COLUMNS, TITLE_COLUMNS
from schemas.sources.mapping.rules import columns_of
from schemas.sources.zendesk.event import account_of
from schemas.text.html import without_markup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.sources.base import SourceRecord, SourceRules

_ENTITY: Final = "Ticket"
_TICKET_ID: Final = "ticket_id"
_NAMES: Final = ("zendesk.trigger", "zendesk", _ENTITY)
# As authors name what they fill in with ticket.title, ticket.description, ticket.latest_comment and current_user.
_DEFAULTS: Final = TableMapping(
    tenant=SAID_TENANT_COLUMNS,
    title=(*TITLE_COLUMNS, "ticket_title", "ticket_subject"),
    text=(*TEXT_COLUMNS, "ticket_description", "latest_comment", "latest_public_comment", "ticket_latest_comment"),
    actor=("actor_id", "current_user_id", "updater_id", *ACTOR_COLUMNS),
)
_HAPPENED: Final = ("updated_at", "updated_at_with_timestamp", "timestamp", "time")


def triggered_event(body: Mapping[str, Any], record: SourceRecord, rules: SourceRules) -> CrmEvent | Skipped:
    """Make the change event of a body by the mapping `zendesk.trigger` (or `zendesk`), and by names.

    Placeholders fill in HTML where the author asked for it, so that each text is cleaned of it. Raises
    DataFault(NO_IDENTITY) where the mapping names no `version`, or where the ticket's id is missing.
    """
    mapping = rules.mappings.of(*_NAMES).filled_from(_DEFAULTS)
    if mapping.skip:
        return Skipped(SkipReason.CONTROL, "skipped by its mapping")
    row = _row(body)
    entity = mapping.entity or _ENTITY
    # A bare `id` may be anything beside a `ticket_id`: of the comment, or of the event.
    record_id = first_text(row, columns_of(mapping.record_id, (_TICKET_ID,))) or record_id_of(row, entity)
    if record_id is None:
        raise no_identity("the ticket's id (mappings.zendesk.record_id names its field)", stage=STAGE)
    mapped = map_row(row, entity=entity, record_id=record_id, rules=mapping)
    if rules.own(mapped.actor, writer_of(row, mapping)):
        return Skipped(SkipReason.OWN_WRITE)
    account = account_of(body, record)
    return accepted(
        CrmEvent(
            event_id=derived_event_id("zendesk-trigger", account, entity, record_id, *_version(row, mapping)),
            source=f"zendesk/{account}",
            tenant=mapped.tenant or account,
            entity=entity,
            record_id=record_id,
            occurred_at=_occurred_at(row, record),
            actor=mapped.actor,
            **mapped.content(),
        ),
        stage=STAGE,
    )


def _version(row: Mapping[str, Any], mapping: TableMapping) -> list[str]:
    columns = columns_of(mapping.version, ())
    values = [first_text(row, (column,)) for column in columns]
    if not columns or any(value is None for value in values):
        raise no_identity("an id of the change (mappings.zendesk.version names fields that differ)", stage=STAGE)
    return [value or "" for value in values]


def _occurred_at(row: Mapping[str, Any], record: SourceRecord) -> int:
    """When the ticket was updated, where the body tells it in a form that can be read; else when it came."""
    return first_time((first_text(row, (name,)) for name in _HAPPENED), record)


def _row(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields by name; an author who nests puts the ticket's own under `ticket`, the user's beside it."""
    ticket = body.get("ticket")
    flat = {**body, **ticket} if isinstance(ticket, dict) else dict(body)
    if isinstance(ticket, dict):
        del flat["ticket"]
    user_id = text_at(body, "current_user", "id")
    if user_id:
        flat.setdefault("current_user_id", user_id)
    return {name: without_markup(value) if isinstance(value, str) else value for name, value in flat.items()}
