"""What the fields of Salesforce's standard objects mean, where no setting says so, and how objects are named.

Source: Salesforce's Object Reference (fields, and key prefixes of record ids). The settings' mappings of an object,
under its API name or its entity, lie over this.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from schemas.sources.mapping import TableMapping
from schemas.sources.mapping.columns import INSIGHT_COLUMNS, TEXT_COLUMNS
from schemas.sources.mapping.naming import entity_name

if TYPE_CHECKING:
    from schemas.sources.mapping import Mappings

_CUSTOM: Final = "__c"
_CHANGE_EVENT: Final = "ChangeEvent"

# TextBody is EmailMessage's, CommentBody that of the comments on cases and posts, Comments is what Case and Task have.
_TEXTS: Final = (*TEXT_COLUMNS, "comments", "comment_body", "text_body", "html_body")
_ANY: Final = TableMapping(
    title=("Subject", "Title"),
    text=(*_TEXTS, *(f"{column}{_CUSTOM}" for column in _TEXTS)),
    # An event holds AccountId when that has changed, and not otherwise: one record would be two, of two tenants.
    tenant=(),
    identifiers={
        "MailingStreet": "ADDRESS",
        "OtherStreet": "ADDRESS",
        "BillingStreet": "ADDRESS",
        "ShippingStreet": "ADDRESS",
        "AssistantName": "PERSON",
        "SuppliedName": "PERSON",
        "FromName": "PERSON",
        "FromAddress": "EMAIL",
        "ValidatedFromAddress": "EMAIL",
        "ToAddress": "EMAIL",
        "CcAddress": "EMAIL",
        "BccAddress": "EMAIL",
        "Alias": "USERNAME",
        "CommunityNickname": "USERNAME",
    },
    ignore=("CreatedDate", "CreatedById", "LastModifiedDate", "SystemModstamp", "IsDeleted", "CleanStatus"),
    insight_fields=tuple(f"{column}{_CUSTOM}" for column in sorted(INSIGHT_COLUMNS)),
)
_OF_A_PERSON: Final = dataclasses.replace(_ANY, title=())
"""Their Title is what they do. Their Name is a person's, as that of a custom object may be: neither is a title."""
_OF_A_THING: Final = dataclasses.replace(_ANY, title=("Name",))
_OBJECTS: Final = {
    **dict.fromkeys(("Contact", "Lead", "User", "Individual"), _OF_A_PERSON),
    **dict.fromkeys(("Opportunity", "Campaign", "Product2", "Contract", "Order", "Quote", "Asset"), _OF_A_THING),
}
_PREFIXES: Final = {
    "001": "Account",
    "002": "Note",
    "003": "Contact",
    "005": "User",
    "006": "Opportunity",
    "00Q": "Lead",
    "00T": "Task",
    "00U": "Event",
    "00a": "CaseComment",
    "00k": "OpportunityLineItem",
    "01t": "Product2",
    "02i": "Asset",
    "02s": "EmailMessage",
    "069": "ContentDocument",
    "0D5": "FeedItem",
    "0D7": "FeedComment",
    "0LQ": "VoiceCall",
    "0Q0": "Quote",
    "0WO": "WorkOrder",
    "500": "Case",
    "501": "Solution",
    "570": "LiveChatTranscript",
    "701": "Campaign",
    "800": "Contract",
    "801": "Order",
}


def mapping_of(object_name: str, mappings: Mappings, *names: str) -> TableMapping:
    """Return what an object's fields mean; `names` are others under which the settings may know it."""
    return mappings.of(object_name, *names, entity_of(object_name)).filled_from(_OBJECTS.get(object_name, _ANY))


def entity_of(object_name: str) -> str:
    """Return the entity of an object: "Case", "Employee" of Employee__c, "AcmeVisit" of acme__Visit__c."""
    return entity_name(object_name.removesuffix(_CUSTOM))


def object_of(record_id: str) -> str:
    """Return the standard object that a record id belongs to, by its first three characters; "" for any other."""
    return _PREFIXES.get(record_id[:3], "")


def channel_of(object_name: str) -> str:
    """Return the channel on which Salesforce tells of an object's changes: "/data/Employee__ChangeEvent"."""
    if object_name.endswith(_CUSTOM):
        return f"/data/{object_name.removesuffix(_CUSTOM)}__{_CHANGE_EVENT}"
    return f"/data/{object_name}{_CHANGE_EVENT}"
