"""Intercom's notifications on conversations, tickets, contacts and companies.

Source: developers.intercom.com, "Webhook notifications" and "Webhook models". Identity: the notification's `id`; never
`delivery_attempts`, which grows. A notification holds the conversation with the part that it tells of, in HTML.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from schemas.avro.framing import STAGE
from schemas.events import CrmEvent, Identifier, Message, Operation
from schemas.identity import accepted, derived_event_id, no_identity
from schemas.outcomes import Skipped, SkipReason
from schemas.sources.hooks.json_body import seconds_at, text_at
from schemas.sources.hooks.notifications import each_notification, object_at, objects_at, told
from schemas.sources.mapping import TableMapping, map_row
from schemas.sources.mapping.naming import entity_name
from schemas.text.html import plain_text, without_markup
from schemas.text.times import epoch_ms_of_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.sources.base import Adapted, SourceRecord, SourceRules

# What happens to the workspace and its content, first word of the topic: no customer's record.
_CONTROL: Final = frozenset({"admin", "content_stat", "job", "granular"})
_THREADS: Final = ("conversation", "ticket")
# Attributes of people's own making may be called `account_id`, and are set one day: the workspace stays.
_DEFAULTS: Final = TableMapping(tenant=())
# What the button "Send a test request" sends.
_PING: Final = "ping"
_REDACTED: Final = "conversation_part.redacted"
_TAGGED: Final = ".tag."
_ROLES: Final = {"user": "customer", "lead": "customer", "contact": "customer", "admin": "agent", "team": "agent"}
_OPERATIONS: Final = {"created": Operation.CREATE, "deleted": Operation.DELETE}
_NOTE: Final = "note"
_PARTS: Final = ("conversation_parts", "ticket_parts")
_OF_A_THREAD: Final = ("state", "priority", "category", "custom_attributes")
_PEOPLE: Final = (("PERSON", "name"), ("EMAIL", "email"), ("PHONE", "phone"))


class IntercomAdapter:
    """Takes conversations and tickets as threads, contacts and companies as rows."""

    name = "intercom"

    def __init__(self, rules: SourceRules) -> None:
        """Skip and map as `rules` say; whoever wrote the newest part is compared with our own ids."""
        self._rules = rules

    async def adapt(self, record: SourceRecord) -> Adapted:
        """Return the event of the notification, or the reason to skip it. Raises DataFault."""
        return each_notification(record, lambda body: self._adapted(body, record))

    def _adapted(self, body: Mapping[str, Any], record: SourceRecord) -> Iterator[CrmEvent | Skipped]:
        topic, item = text_at(body, "topic"), object_at(body, "data", "item")
        if topic == _PING:
            yield Skipped(SkipReason.TEST_EVENT)
            return
        if topic.partition(".")[0] in _CONTROL:
            yield Skipped(SkipReason.CONTROL, "tells of no record")
            return
        parts = _parts(item)
        writer = parts[-1].get("author") if parts else None
        kind = text_at(item, "type")
        mapping = self._rules.mappings.of(f"intercom.{kind}", kind, entity_name(kind)).filled_from(_DEFAULTS)
        if mapping.skip:
            yield Skipped(SkipReason.CONTROL, "skipped by its mapping")
        # What must be forgotten is told whoever wrote it, ourselves included.
        elif topic != _REDACTED and self._rules.own(text_at(writer, "id"), text_at(writer, "email")):
            yield Skipped(SkipReason.OWN_WRITE)
        else:
            yield _event(body, parts, mapping, record)


def is_intercom(value: Any) -> bool:
    """Whether a value is one of Intercom's notifications."""
    return text_at(value, "type") == "notification_event" and bool(text_at(value, "topic"))


def _event(
    body: Mapping[str, Any], parts: list[Mapping[str, Any]], mapping: TableMapping, record: SourceRecord
) -> CrmEvent:
    topic, item = text_at(body, "topic"), object_at(body, "data", "item")
    workspace, notification_id, record_id = text_at(body, "app_id"), text_at(body, "id"), text_at(item, "id")
    if not notification_id:
        raise no_identity("id", stage=STAGE)
    operation = _operation(topic)
    # In a conversation that was redacted, the words may still stand; nothing of it is read once more.
    gone = operation is Operation.DELETE or topic == _REDACTED
    entity = mapping.entity or entity_name(text_at(item, "type"))
    mapped = map_row({} if gone else _row(item), entity=entity, record_id=record_id, rules=mapping)
    mapped.messages = () if gone else tuple(_messages(parts)) or mapped.messages
    mapped.identifiers.extend(() if gone else _people(item, parts))
    event = CrmEvent(
        event_id=derived_event_id("intercom", workspace, notification_id),
        source=f"intercom/{workspace}",
        tenant=mapped.tenant or workspace,
        entity=entity,
        record_id=record_id,
        operation=operation,
        occurred_at=seconds_at(body, "created_at", record=record),
        actor=text_at(parts[-1], "author", "id") or None if parts else mapped.actor,
        attributes=told(topic=topic, erasure="comment" if topic == _REDACTED else None),
        **mapped.content(),
    )
    return accepted(event, stage=STAGE)


def _operation(topic: str) -> Operation:
    """A topic ends in what happened: to the record, unless a tag was put on it."""
    if _TAGGED in topic:
        return Operation.UPDATE
    return _OPERATIONS.get(topic.rpartition(".")[2], Operation.UPDATE)


def _parts(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The messages of a thread, oldest first: the one that began it, under one of two names, and the rest."""
    if text_at(item, "type") not in _THREADS:
        return []
    first = [part for name in ("source", "conversation_message") if (part := object_at(item, name)).get("body")]
    rest = [part for name in _PARTS for part in objects_at(item, name, name)]
    return [*first[:1], *rest]


def _messages(parts: list[Mapping[str, Any]]) -> Iterator[Message]:
    """Yield the parts that say something; an assignment or a closing has no body."""
    for part in parts:
        text = plain_text(text_at(part, "body"))
        if text:
            author = part.get("author")
            yield Message(
                author=text_at(author, "name") or text_at(author, "email") or text_at(author, "id") or None,
                role=_role(part),
                sent_at=_sent_at(part),
                text=text,
            )


def _role(part: Mapping[str, Any]) -> str | None:
    """Who is speaking; a note is seen by colleagues only."""
    if text_at(part, "part_type") == _NOTE:
        return "internal note"
    kind = text_at(part, "author", "type")
    return _ROLES.get(kind, kind) or None


def _sent_at(part: Mapping[str, Any]) -> int | None:
    try:
        return epoch_ms_of_seconds(part.get("created_at"))
    except ValueError:
        return None


def _row(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the item says beside its thread, on one level; links, lists and how many they hold tell nothing."""
    kind = text_at(item, "type")
    row = {name: item[name] for name in _OF_A_THREAD if name in item} if kind in _THREADS else dict(item)
    row.pop("type", None)
    own = {**object_at(row.pop("custom_attributes", None)), **object_at(item, "ticket_attributes")}
    titles = (item.get("title"), own.pop("_default_title_", None), object_at(item, "source").get("subject"))
    row = {name: value for name, value in row.items() if not _is_list(value)} | own
    if kind in _THREADS:
        # So that a join may find who takes part, of whom a conversation often holds the id only.
        row["contact_id"] = next((text_at(contact, "id") for contact in _contacts(item)), None)
    row["title"] = next((title for title in titles if title), None)
    row["description"] = row.pop("_default_description_", row.get("description"))
    return {
        name: without_markup(value) if isinstance(value, str) else value
        for name, value in row.items()
        if value is not None
    }


def _is_list(value: Any) -> bool:
    return isinstance(value, Mapping) and (text_at(value, "type").endswith("list") or "total_count" in value)


def _people(item: Mapping[str, Any], parts: list[Mapping[str, Any]]) -> list[Identifier]:
    """Who is named in the item: authors, and the contacts that take part."""
    people: list[Any] = [part.get("author") for part in parts]
    people += _contacts(item)
    found = [Identifier(kind, text) for one in people for kind, name in _PEOPLE if (text := text_at(one, name))]
    return list(dict.fromkeys(found))


def _contacts(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Who takes part; version 1 has one of them, as the user."""
    user = object_at(item, "user")
    return [*objects_at(item, "contacts", "contacts"), *objects_at(item, "contacts"), *([user] if user else [])]
