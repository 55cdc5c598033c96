"""An event as Zendesk sends it: what happened to which record, by whom, and what was said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from schemas.avro.framing import STAGE, undecodable
from schemas.events import Identifier, Message, Operation
from schemas.identity import derived_event_id, no_identity
from schemas.sources.hooks.json_body import at, text_at
from schemas.sources.hooks.notifications import object_at
from schemas.sources.mapping.naming import entity_name
from schemas.text.html import plain_text, without_markup

if TYPE_CHECKING:
    from schemas.sources.base import SourceRecord

_TYPE: Final = "zen:event-type:"
_SUBJECT: Final = re.compile(r"zen:([a-z_]+):(.+)", re.DOTALL)
_SCHEME: Final = "zendesk"
_ACCOUNT_HEADER: Final = "x-zendesk-account-id"
_CHANGED: Final = "_changed"
_CUSTOM_FIELD: Final = "custom_field"
# Where the name of a change is not that of the field in `detail`.
_FIELDS: Final = {"agent_assignment": "assignee_id", "group_assignment": "group_id", "problem_link": "problem_id"}
_TOLD_ELSEWHERE: Final = frozenset(
    {"meta", "current", "previous", "field", "comment", "message", "actor", "conversation_id"}
)
_MACHINES: Final = frozenset({"system", "trigger"})
_OPERATIONS: Final = {
    "created": Operation.CREATE,
    **dict.fromkeys(("deleted", "soft_deleted", "permanently_deleted"), Operation.DELETE),
}
# What these name must not be kept, nor read from `detail` once more: it may still be in there.
_ERASURES: Final = {"permanently_deleted": "record"}
_REDACTED: Final = re.compile(r"([a-z]+)_redacted.*", re.DOTALL)
_INTERNAL: Final = "internal note"
_AGENT, _CUSTOMER = "agent", "customer"
_ROLES: Final = {"end_user": _CUSTOMER}


@dataclass(frozen=True, slots=True, repr=False)
class ZendeskEvent:
    """`domain` and `verb` are the parts of its type: "ticket", "comment_added"."""

    body: Mapping[str, Any]
    domain: str
    verb: str

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> ZendeskEvent:
        """Take a body that `is_zendesk`. Raises DataFault(UNDECODABLE) where its type names nothing."""
        domain, dot, verb = text_at(body, "type").removeprefix(_TYPE).rpartition(".")
        if not dot or not domain or not verb:
            raise undecodable("the event's type is not of the form zen:event-type:ticket.created")
        return cls(body, domain, verb)

    @property
    def type(self) -> str:
        """Its type without the prefix that each has."""
        return f"{self.domain}.{self.verb}"

    @property
    def detail(self) -> Mapping[str, Any]:
        """The record as it is now; of some events nothing but its id."""
        return object_at(self.body, "detail")

    @property
    def entity(self) -> str:
        """The record's type: what a `messaging_ticket` event is about is a Ticket, as its subject says."""
        subject = _SUBJECT.fullmatch(text_at(self.body, "subject"))
        return entity_name(subject[1] if subject else self.domain)

    @property
    def record_id(self) -> str:
        """The record's own id. Raises DataFault(NO_IDENTITY) where neither detail nor subject has one."""
        subject = _SUBJECT.fullmatch(text_at(self.body, "subject"))
        record_id = text_at(self.detail, "id") or (subject[2] if subject else "")
        if not record_id:
            raise no_identity("detail.id", stage=STAGE)
        return record_id

    @property
    def event_id(self) -> str:
        """The body's id; a web hook that is invoked again has it again. Raises DataFault(NO_IDENTITY) without."""
        event_id = text_at(self.body, "id")
        if not event_id:
            raise no_identity("id", stage=STAGE)
        return derived_event_id(_SCHEME, text_at(self.body, "account_id"), event_id)

    @property
    def operation(self) -> Operation:
        """What happened to the record; all that is neither its beginning nor its end is an UPDATE."""
        return _OPERATIONS.get(self.verb, Operation.UPDATE)

    @property
    def erasure(self) -> str | None:
        """What is to be forgotten ("comment", "attachment", "message", "record"); None for what tells something."""
        redacted = _REDACTED.fullmatch(self.verb)
        return redacted[1] if redacted else _ERASURES.get(self.verb)

    @property
    def actor(self) -> str | None:
        """Who did it."""
        return text_at(self._happened, "actor", "id") or text_at(self.detail, "actor_id") or None

    @property
    def writers(self) -> tuple[str, ...]:
        """Whose write it may be: the actor's, or the author's of a comment that was written for somebody."""
        author = text_at(self._happened, "comment", "author", "id")
        return tuple(one for one in (self.actor, author) if one)

    @property
    def is_bare(self) -> bool:
        """Whether it says nothing of its record but ids."""
        return all(name == "id" or name.endswith("_id") for name in self.detail)

    def changes(self) -> dict[str, Any]:
        """Return the fields that changed with their values now: `subject_changed` has `current` and `previous`."""
        if not self.verb.endswith(_CHANGED):
            return {}
        name = self.verb.removesuffix(_CHANGED)
        name = _FIELDS.get(name, f"{name}_id" if f"{name}_id" in self.detail else name)
        if name == _CUSTOM_FIELD:
            name = text_at(self._happened, "field", "raw_title") or text_at(self._happened, "field", "id") or name
        return {name: self._happened.get("current", self.detail.get(name))}

    def cleared(self) -> tuple[str, ...]:
        """Return the fields that are empty now; of `followers_changed` only is told who came and went."""
        changes = self.changes()
        return tuple(
            name
            for name, value in changes.items()
            if value in (None, "", []) and ("current" in self._happened or name in self.detail)
        )

    def row(self) -> dict[str, Any]:
        """Return what is told of the record, and what happened as far as it is no message, by field name."""
        happened = {name: value for name, value in self._happened.items() if name not in _TOLD_ELSEWHERE}
        row = {**happened, **self.detail, **self.changes()}
        return {name: without_markup(value) if isinstance(value, str) else value for name, value in row.items()}

    def message(self, sent_at: int) -> Message | None:
        """Return the comment or message that came; None where none did. `sent_at`: when the event happened."""
        comment, message = at(self._happened, "comment"), at(self._happened, "message")
        text = text_at(comment, "body") or plain_text(text_at(comment, "html_body")) or text_at(message, "body")
        if not text:
            return None
        who = at(comment, "author") if comment else at(self._happened, "actor")
        return Message(author=text_at(who, "name") or None, role=self._role(comment, who), sent_at=sent_at, text=text)

    def people(self) -> tuple[Identifier, ...]:
        """Return who wrote the comment or did it, by name; "Answer Bot" and other machines are no persons."""
        author, actor = at(self._happened, "comment", "author"), at(self._happened, "actor")
        names = [text_at(who, "name") for who in (author, actor) if text_at(who, "type") not in _MACHINES]
        return tuple(Identifier("PERSON", name) for name in dict.fromkeys(names) if name)

    @property
    def _happened(self) -> Mapping[str, Any]:
        return object_at(self.body, "event")

    def _role(self, comment: Any, who: Any) -> str:
        """An internal note must not be taken for what was said to the customer, nor for what the customer said."""
        if comment:
            if at(comment, "is_public") is False:
                return _INTERNAL
            return _AGENT if at(who, "is_staff") is True else _CUSTOMER
        kind = text_at(who, "type")
        return _ROLES.get(kind, kind or _CUSTOMER)


def is_zendesk(value: Any) -> bool:
    """Whether a JSON value is the body of one of Zendesk's events."""
    return isinstance(value, Mapping) and text_at(value, "type").startswith(_TYPE)


def account_of(body: Mapping[str, Any], record: SourceRecord) -> str:
    """Return the account's id as the body or the web hook's header tells it, else its subdomain; "" without either.

    The id first: events have it, and what a trigger tells of the same ticket must be the same tenant's.
    """
    account_id = text_at(body, "account_id") or (record.header(_ACCOUNT_HEADER) or "").strip()
    return account_id or text_at(body, "subdomain")
