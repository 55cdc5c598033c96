"""One notification as HubSpot sends it: of what it tells, and what makes it this one and no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemas.avro.framing import STAGE, undecodable
from schemas.identity import derived_event_id, no_identity
from schemas.sources.hooks.json_body import at, text_at
from schemas.sources.mapping.naming import entity_name
from schemas.text.json_values import scalar_text

_TYPE: Final = "subscriptionType"
_SCHEME: Final = "hubspot"
_ANY_OBJECT: Final = "object"
_USER: Final = "userId:"
# Ids of object types: developers.hubspot.com/docs/guides/crm/using-object-apis. Custom objects are 2-..., as they are.
_OBJECTS: Final = {
    "0-1": "contact", "0-2": "company", "0-3": "deal", "0-5": "ticket", "0-7": "product", "0-8": "line_item",
    "0-14": "quote", "0-18": "communication", "0-19": "feedback_submission", "0-27": "task", "0-46": "note",
    "0-47": "meeting", "0-48": "call", "0-49": "email", "0-53": "invoice", "0-54": "marketing_event",
    "0-69": "subscription", "0-74": "goal", "0-84": "discount", "0-85": "fee", "0-86": "tax", "0-101": "payment",
    "0-115": "user", "0-116": "postal_mail", "0-123": "order", "0-136": "lead", "0-142": "cart", "0-162": "service",
    "0-410": "course", "0-420": "listing", "0-421": "appointment", "0-970": "project",
}  # fmt: skip
# Beside portal, type and property. Left out on purpose: eventId (one for several contacts of an import), attemptNumber
# (counts deliveries), subscriptionId (two subscriptions tell of one change).
_TOLD_APART_BY: Final = (
    *("messageId", "fromObjectId", "toObjectId", "toObjectTypeId", "associationType", "associationTypeId"),
    *("associationRemoved", "primaryObjectId", "newObjectId"),
)


@dataclass(frozen=True, slots=True, repr=False)
class Notification:
    """`subject` is what it is about ("contact"), `action` what happened ("propertyChange"), `said` all that it says."""

    said: Mapping[str, Any]
    subject: str
    action: str

    @classmethod
    def of(cls, said: Any) -> Notification:
        """Take one element of a body. Raises DataFault(UNDECODABLE) for what is no notification."""
        subject, dot, action = text_at(said, _TYPE).rpartition(".")
        if not dot or not subject or not action:
            raise undecodable(f"a notification has no {_TYPE} such as contact.propertyChange")
        if subject == _ANY_OBJECT:
            type_id = text_at(said, "objectTypeId") or text_at(said, "fromObjectTypeId")
            subject = _OBJECTS.get(type_id, type_id)
            if not subject:
                raise no_identity("objectTypeId", stage=STAGE)
        return cls(said, subject, action)

    def text(self, name: str) -> str:
        """Return what it says under that name as text, "" where it says nothing."""
        return text_at(self.said, name)

    @property
    def type(self) -> str:
        """Its subscription's type in the form that names the object, whichever form it came in."""
        return f"{self.subject}.{self.action}"

    @property
    def entity(self) -> str:
        """The entity by the object's name; the type's id of a custom object, whose name is not told."""
        return self.subject if self.subject[:1].isdigit() else entity_name(self.subject)

    @property
    def object_id(self) -> str:
        """The id of the object, of a conversation's thread, of that from which an association goes out, or ""."""
        return self.text("objectId") or self.text("fromObjectId")

    @property
    def property_name(self) -> str:
        """The property that changed, "" where none did."""
        return self.text("propertyName")

    @property
    def value(self) -> str | None:
        """The property's new value as text, "" where it was emptied, None where the value is not told."""
        return scalar_text(at(self.said, "propertyValue"))

    @property
    def merged_ids(self) -> tuple[str, ...]:
        """The ids of the objects that were merged into another."""
        merged = at(self.said, "mergedObjectIds")
        return tuple(scalar_text(one) or "" for one in merged) if isinstance(merged, list) else ()

    @property
    def writers(self) -> tuple[str, ...]:
        """Who wrote, in each form that OWN_IDS may have: "userId:321", "321", "INTEGRATION", "INTEGRATION:9001"."""
        source, writer = self.text("changeSource"), self.text("sourceId")
        both = f"{source}:{writer}" if source and writer else ""
        return tuple(one for one in (writer, writer.removeprefix(_USER), source, both) if one)

    def event_id(self, *more: str) -> str:
        """Return the id of what it tells; `more` tells several events of one notification apart.

        Raises DataFault(NO_IDENTITY) where HubSpot did not say when it happened.
        """
        occurred = self.text("occurredAt")
        if not occurred:
            raise no_identity("occurredAt", stage=STAGE)
        ids = (self.object_id, *(self.text(name) for name in _TOLD_APART_BY), ",".join(self.merged_ids))
        what = (self.property_name, self.value or "", occurred)
        return derived_event_id(_SCHEME, self.text("portalId"), self.type, *ids, *what, *more)


def is_hubspot(value: Any) -> bool:
    """Whether a JSON value looks like a body of HubSpot's."""
    first = value[0] if isinstance(value, list) and value else value
    return isinstance(first, Mapping) and _TYPE in first and "portalId" in first
