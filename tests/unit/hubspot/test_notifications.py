"""What each of HubSpot's notifications becomes: an event with the property's value, a deletion, or a request."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.errors import DataFault
from schemas.events import CrmEvent, Identifier, Operation
from schemas.outcomes import DeadLetterReason, Skipped, SkipReason
from schemas.refetch import Refetch, RefetchReason
from schemas.sources import Directory, Join, TableMapping, adapter
from tests.unit.hubspot.notifications import SAMPLES, a_notification, rules, told
from tests.unit.schemas.builders import a_record, an_event


async def the_event(said: dict[str, Any], **parts: Any) -> CrmEvent:
    (event,) = await told(said, **parts)
    assert isinstance(event, CrmEvent)
    return event


async def the_request(said: dict[str, Any]) -> Refetch:
    (request,) = await told(said)
    assert isinstance(request, Refetch)
    return request


async def test_a_changed_property_is_told_with_its_value_its_object_and_its_portal() -> None:
    event = await the_event(a_notification())
    assert (event.tenant, event.entity, event.record_id) == ("4455", "Contact", "7001")
    assert (event.operation, event.occurred_at) == (Operation.UPDATE, 1764032400123)
    assert (event.fields, event.changed_fields) == ({"lifecyclestage": "customer"}, ("lifecyclestage",))
    assert (event.source, event.actor) == ("hubspot/4455", "userId:321")


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("content", "The export is stuck.", "The export is stuck."),
        ("hs_note_body", "<div>Asked for <b>SSO</b> &amp; SCIM</div><div>Again</div>", "Asked for SSO & SCIM\nAgain"),
        ("hs_call_body", "Wants out", "Wants out"),
        ("hs_email_text", "a < b\n  c", "a < b\n  c"),
    ],
)
async def test_a_text_is_content_without_its_markup(name: str, value: str, text: str) -> None:
    event = await the_event(a_notification("object.propertyChange", objectTypeId="0-46", propertyName=name,
                                           propertyValue=value))  # fmt: skip
    assert (event.entity, event.text, event.fields) == ("Note", text, {})


async def test_a_title_is_one() -> None:
    event = await the_event(a_notification("ticket.propertyChange", propertyName="subject", propertyValue="Down again"))
    assert (event.entity, event.title) == ("Ticket", "Down again")


async def test_a_name_or_an_address_is_an_identifier_and_no_content() -> None:
    event = await the_event(a_notification(propertyName="email", propertyValue="bo@harbour.example"))
    assert event.identifiers == (Identifier("EMAIL", "bo@harbour.example"),)
    assert event.fields == {}


async def test_an_emptied_property_is_cleared() -> None:
    event = await the_event(a_notification(propertyValue=""))
    assert (event.changed_fields, event.cleared_fields, event.fields) == (("lifecyclestage",), ("lifecyclestage",), {})


@pytest.mark.parametrize("value", [12, True])
async def test_a_value_that_is_no_text_is_told_as_one(value: Any) -> None:
    event = await the_event(a_notification(propertyValue=value))
    assert event.fields == {"lifecyclestage": str(value).lower()}


@pytest.mark.parametrize(
    ("said", "hints"),
    [
        (a_notification("contact.creation"), {}),
        (a_notification("contact.restore"), {}),
        (a_notification("contact.propertyChange", propertyValue=None), {"property": "lifecyclestage"}),
        (
            a_notification("conversation.newMessage", messageId="m-1", messageType="MESSAGE"),
            {"message_id": "m-1", "message_type": "MESSAGE"},
        ),
        (
            a_notification("contact.associationChange", objectId=None, fromObjectId=7001, toObjectId=31,
                           associationType="CONTACT_TO_COMPANY", associationRemoved=False),
            {"to_record_id": "31", "association_type": "CONTACT_TO_COMPANY", "association_removed": "false"},
        ),
        (a_notification("contact.somethingNew"), {}),
    ],
    ids=lambda said: said.get("subscriptionType", "") if isinstance(said, dict) else "",
)  # fmt: skip
async def test_what_tells_no_content_is_a_request_to_fetch_the_object(
    said: dict[str, Any], hints: dict[str, str]
) -> None:
    request = await the_request(said)
    assert (request.tenant, request.record_id, request.reason) == ("4455", "7001", RefetchReason.IDS_ONLY)
    source = {"subscription_type": said["subscriptionType"], "change_source": "CRM_UI"}
    assert request.attributes == {**source, **hints}
    assert request.occurred_at == 1764032400123


async def test_a_message_in_a_conversation_asks_for_its_thread() -> None:
    request = await the_request(a_notification("conversation.newMessage", objectId=88, messageId="m-1"))
    assert (request.entity, request.record_id) == ("Conversation", "88")


@pytest.mark.parametrize("subject", ["contact", "conversation", "line_item"])
async def test_a_deletion_is_one_and_holds_no_content(subject: str) -> None:
    event = await the_event(a_notification(f"{subject}.deletion"))
    assert (event.operation, event.fields) == (Operation.DELETE, {})
    assert "erasure" not in event.attributes


async def test_a_deletion_for_privacy_says_that_the_record_must_be_forgotten() -> None:
    (event,) = await told(*SAMPLES["privacy_deletion"]["body"])
    assert isinstance(event, CrmEvent)
    assert (event.operation, event.attributes["erasure"]) == (Operation.DELETE, "record")


async def test_a_merge_deletes_what_went_into_another_and_asks_for_that() -> None:
    items = await told(
        a_notification("contact.merge", objectId=None, primaryObjectId=1, mergedObjectIds=[2, 3], newObjectId=9)
    )
    gone = [item for item in items if isinstance(item, CrmEvent)]
    assert [item.record_id for item in gone] == ["1", "2", "3"]
    assert {(item.operation, item.attributes["merged_into"]) for item in gone} == {(Operation.DELETE, "9")}
    assert len({item.event_id for item in gone}) == 3
    assert [item.record_id for item in items if isinstance(item, Refetch)] == ["9"]


async def test_a_merge_into_the_primary_object_does_not_delete_it() -> None:
    items = await told(
        a_notification("contact.merge", objectId=None, primaryObjectId=1, mergedObjectIds=[2], newObjectId=1)
    )
    assert [item.record_id for item in items if isinstance(item, CrmEvent | Refetch)] == ["2", "1"]


@pytest.mark.parametrize(
    ("type_id", "entity"),
    [("0-1", "Contact"), ("0-5", "Ticket"), ("0-8", "LineItem"), ("0-48", "Call"), ("2-3444025", "2-3444025")],
)
async def test_a_generic_subscription_tells_its_object_by_the_id_of_its_type(type_id: str, entity: str) -> None:
    event = await the_event(a_notification("object.propertyChange", objectTypeId=type_id))
    assert event.entity == entity


async def test_a_mapping_names_entity_text_tenant_and_writer_of_a_custom_object() -> None:
    said = rules(
        {"sync"},
        **{"2-3444025": TableMapping(entity="Visit", text=("report",), tenant=("app_id",), writer=("written_by",))},
    )
    change = a_notification("object.propertyChange", objectTypeId="2-3444025", propertyName="report", propertyValue="x")
    event = await the_event(change, rules=said)
    assert (event.entity, event.text, event.tenant) == ("Visit", "x", "9001")
    assert await told(change | {"written_by": "sync"}, rules=said) == (Skipped(SkipReason.OWN_WRITE),)


async def test_whose_property_it_is_is_known_by_the_topic_of_contacts_where_a_join_says_so() -> None:
    people = Directory()
    people.take("hubspot.contacts", an_event(record_id="7001", identifiers=(Identifier("PERSON", "Bo Reed"),)))
    join = Join(columns=("contact_id",), topic="hubspot.contacts", directory=people)
    said = rules(contact=TableMapping(joins=(join,)))
    event = await the_event(a_notification(propertyName="notes", propertyValue="Bo wants out"), rules=said)
    assert (event.identifiers, event.fields) == ((Identifier("PERSON", "Bo Reed"),), {})


async def test_an_object_that_its_mapping_skips_is_skipped() -> None:
    items = await told(a_notification(), rules=rules(contact=TableMapping(skip=True)))
    assert items == (Skipped(SkipReason.CONTROL, "skipped by its mapping"),)


async def test_an_empty_body_tells_nothing() -> None:
    assert await told() == ()


async def test_a_single_notification_without_an_array_is_read_too() -> None:
    (event,) = await adapter("hubspot", None, rules()).adapt(a_record(a_notification()))
    assert isinstance(event, CrmEvent)


async def test_a_null_is_a_tombstone() -> None:
    assert await adapter("hubspot", None, rules()).adapt(a_record(None)) == (Skipped(SkipReason.TOMBSTONE),)


@pytest.mark.parametrize(
    ("body", "reason", "word"),
    [
        (b"", DeadLetterReason.UNDECODABLE, "JSON"),
        (b'["Ann"]', DeadLetterReason.UNDECODABLE, "object"),
        (b'{"subscriptionType":"contact"}', DeadLetterReason.UNDECODABLE, "subscriptionType"),
        ([a_notification(objectId=None)], DeadLetterReason.NO_IDENTITY, "objectId"),
        ([a_notification(occurredAt=None)], DeadLetterReason.NO_IDENTITY, "occurredAt"),
        ([a_notification(occurredAt="soon")], DeadLetterReason.UNDECODABLE, "occurredAt"),
        ([a_notification("object.creation")], DeadLetterReason.NO_IDENTITY, "objectTypeId"),
        ([a_notification("contact.merge", objectId=None)], DeadLetterReason.NO_IDENTITY, "newObjectId"),
        ([a_notification(objectId="9" * 2000)], DeadLetterReason.OVERSIZED, "record_id"),
    ],
)
async def test_what_cannot_be_told_is_a_data_fault_that_names_the_field(
    body: Any, reason: DeadLetterReason, word: str
) -> None:
    with pytest.raises(DataFault, match=word) as caught:
        await adapter("hubspot", None, rules()).adapt(a_record(body))
    assert caught.value.reason is reason
    assert "Ann" not in caught.value.detail
