"""What the fields of an object mean: who is in it, what it says, what changed and what was emptied."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.events import CrmEvent, Identifier
from schemas.refetch import Refetch, RefetchReason
from schemas.sources import TableMapping
from schemas.sources.mapping.joins import Directory, Join
from tests.unit.salesforce.records import CONTACT, a_change, a_header, adapted, flat, framed, rules, the_event

CREATED = {"changeType": "CREATE", "changedFields": []}
HASH = "682b8747ccdb93b546e7bbe479b27d26ec7c38ccabb76cdd8308c6595492bffc"
DIFF = f"--- \n+++ {HASH}\n@@ -2,1 +2,1 @@\n-Business applications are moving.\n+Business apps are moving.\n"


async def created(object_name: str, **body: Any) -> CrmEvent:
    return await the_event(a_change(body, entityName=object_name, **CREATED))


async def test_unchanged_fields_are_null_and_not_emptied() -> None:
    body = {"Phone": "+1 415 555 0132", "Fax": None, "Email": None, "Title": None}
    lists = {"changedFields": ["Phone", "Fax", "LastModifiedDate"], "nulledFields": ["Fax"]}
    event = await the_event(a_change(body, entityName="Contact", **lists))
    assert (event.changed_fields, event.cleared_fields) == (("Phone", "Fax"), ("Fax",))
    assert event.unchanged_fields == ()


async def test_confluent_s_record_tells_emptied_fields_by_what_changed_to_nothing() -> None:
    body = {"Phone": None, "Fax": None, "LastName": "Okafor", "MailingCity": "Cork", "MailingState": None, "Name": None}
    names = ["Fax", "Name.LastName", "MailingAddress.City", "MailingAddress.State"]
    event = await the_event(flat(a_change(body, entityName="Contact", changedFields=names)))
    assert event.cleared_fields == ("Fax", "MailingAddress.State")
    assert Identifier("PERSON", "Okafor") in event.identifiers


async def test_confluent_s_record_that_lists_nothing_empties_nothing() -> None:
    event = await the_event(flat(a_change({"Phone": None, "Subject": "x"}, changedFields=None)))
    assert (event.changed_fields, event.cleared_fields) == (("Subject",), ())


async def test_the_streaming_api_lists_nothing_and_sends_what_changed() -> None:
    body = {
        "Subject": "Refund",
        "Fax": None,
        "Name": {"LastName": "Okafor"},
        "LastModifiedDate": "2025-11-25T01:00:00Z",
    }
    event = await the_event({"payload": a_change(body, changedFields=None, nulledFields=None, diffFields=None)})
    assert event.changed_fields == ("Subject", "Name.LastName", "Fax")
    assert event.cleared_fields == ("Fax",)


async def test_an_emptied_field_may_lie_within_a_compound_one() -> None:
    event = {"ChangeEventHeader": a_header(entityName="Contact", changedFields=["4-0x3"], nulledFields=["4-0x2"])}
    told = await the_event(framed(event | {"MailingAddress": {"Street": "9 Quay Rd"}}), s7=CONTACT)
    assert (told.changed_fields[-1], told.cleared_fields) == ("MailingAddress.City", ("MailingAddress.City",))


@pytest.mark.parametrize(
    ("object_name", "body", "title", "text"),
    [
        ("Case", {"Subject": "Down", "Description": "Since noon", "Comments": "Asked twice"}, "Down",
         "Since noon\n\nAsked twice"),
        ("Task", {"Subject": "Call", "Description": "She wants SSO."}, "Call", "She wants SSO."),
        ("Opportunity", {"Name": "400 widgets", "Description": "Wants a pilot"}, "400 widgets", "Wants a pilot"),
        ("EmailMessage", {"Subject": "Re: Down", "TextBody": "Hello", "HtmlBody": "<p>Hello</p>"}, "Re: Down", "Hello"),
        ("FeedItem", {"Title": "Post", "Body": "It broke."}, "Post", "It broke."),
        ("FeedItem", {"Body": "<p>It <b>broke</b>.</p><p>Again &amp; again.</p>"}, None, "It broke.\n\nAgain & again."),
        ("EmailMessage", {"HtmlBody": "<html><style>p{}</style><p>Hello</p></html>"}, None, "Hello"),
        ("ContentNote", {"Title": "Visit", "Content": "They are happy."}, "Visit", "They are happy."),
        ("CaseComment", {"CommentBody": "Any news?"}, None, "Any news?"),
        ("LiveChatTranscript", {"Body": "Hi there"}, None, "Hi there"),
        ("Visit__c", {"Subject__c": "x", "Notes__c": "They are happy."}, None, "They are happy."),
    ],
)  # fmt: skip
async def test_texts_are_known_by_their_objects(object_name: str, body: dict[str, Any], title: str, text: str) -> None:
    event = await created(object_name, **body)
    assert (event.title, event.text) == (title, text)


async def test_people_are_identifiers_and_their_title_is_what_they_do() -> None:
    event = await created(
        "Contact",
        Name={"Salutation": "Ms.", "FirstName": "Ada", "LastName": "Okafor-Lind"},
        Title="VP Sales",
        Email="ada@okafor.example",
        MobilePhone="+1 415 555 0132",
        Birthdate=-325987200000,
        MailingAddress={"Street": "9 Quay Rd", "City": "Cork", "PostalCode": None},
    )
    assert (event.title, event.text) == (None, None)
    assert {(one.type, one.value) for one in event.identifiers} == {
        ("PERSON", "Ada Okafor-Lind"),
        ("PERSON", "Ada"),
        ("PERSON", "Okafor-Lind"),
        ("EMAIL", "ada@okafor.example"),
        ("PHONE", "+1 415 555 0132"),
        ("DATE_OF_BIRTH", "1959-09-03"),
        ("ADDRESS", "9 Quay Rd"),
    }
    assert event.fields == {"Salutation": "Ms.", "Title": "VP Sales", "MailingAddress.City": "Cork"}


async def test_the_flat_form_names_the_same_people() -> None:
    nested = {"Name": {"FirstName": "Ada", "LastName": "Okafor"}, "Email": "a@o.example"}
    columns = {
        "Name": None,
        "FirstName": "Ada",
        "LastName": "Okafor",
        "Email": "a@o.example",
        "MailingStreet": "9 Quay",
    }
    one = await created("Lead", **nested)
    other = await the_event(flat(a_change(columns, entityName="Lead", **CREATED)))
    assert set(other.identifiers) == {*one.identifiers, Identifier("ADDRESS", "9 Quay")}


async def test_who_wrote_to_us_is_an_identifier_of_a_case_and_of_a_mail() -> None:
    case = await created("Case", SuppliedName="Ada Okafor", SuppliedEmail="a@o.example")
    mail = await created("EmailMessage", FromName="Ada Okafor", FromAddress="a@o.example", TextBody="Hi")
    assert set(case.identifiers) == set(mail.identifiers)
    assert set(case.identifiers) == {Identifier("PERSON", "Ada Okafor"), Identifier("EMAIL", "a@o.example")}


async def test_the_name_of_a_custom_object_may_be_a_person_s() -> None:
    event = await created("Employee__c", Name="Ada Okafor", Notes__c="Wants to leave.")
    assert event.entity == "Employee"
    assert event.identifiers == (Identifier("PERSON", "Ada Okafor"),)


@pytest.mark.parametrize(
    ("object_name", "entity", "source"),
    [
        ("Case", "Case", "/salesforce/data/CaseChangeEvent"),
        ("Employee__c", "Employee", "/salesforce/data/Employee__ChangeEvent"),
        ("acme__Site_Visit__c", "AcmeSiteVisit", "/salesforce/data/acme__Site_Visit__ChangeEvent"),
        ("OpportunityLineItem", "OpportunityLineItem", "/salesforce/data/OpportunityLineItemChangeEvent"),
    ],
)
async def test_an_object_is_an_entity_and_its_channel_the_source(object_name: str, entity: str, source: str) -> None:
    event = await created(object_name, Subject="x")
    assert (event.entity, event.source) == (entity, source)


async def test_the_account_is_no_tenant_for_it_is_told_only_when_it_changes() -> None:
    with_account, without = [await created("Case", Subject="x", **more) for more in ({"AccountId": "001A"}, {})]
    assert with_account.key == without.key == b"default/Case/500Ax00000AAAA1IAB"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("CloseDate", 1653955200000, "2022-05-31"),
        ("Renewal_Date__c", 1764032400000, "2025-11-25T01:00:00.000Z"),
        ("CloseDate", "2022-05-31", "2022-05-31"),
        ("ActivityDateTime", 1764032400000, "2025-11-25T01:00:00.000Z"),
        ("Response_Time__c", 90_000_000, "90000000"),
        ("Opening_Time__c", 32_400_000, "32400000"),
        ("Amount", 40000.0, "40000"),
        ("Amount", 40000.5, "40000.5"),
        ("Amount", 1653955200000, "1653955200000"),
        ("Far_Date__c", 2**62, str(2**62)),
        ("IsPrivate", False, "false"),
    ],
)
async def test_values_are_told_in_words(name: str, value: Any, told: str) -> None:
    event = await created("Opportunity", **{name: value})
    assert event.fields == {name: told}


async def test_when_and_by_whom_the_row_was_touched_is_no_content() -> None:
    body = {
        "CreatedDate": 1,
        "CreatedById": "005",
        "LastModifiedDate": 2,
        "SystemModstamp": 3,
        "LastModifiedById": "005B",
    }
    event = await the_event(a_change(body, commitUser=None))
    assert (event.fields, event.actor) == ({}, "005B")


@pytest.mark.parametrize(
    ("body", "lists"),
    [
        ({"Status": "New", "Description": DIFF}, {"diffFields": ["Description"], "changedFields": ["Description"]}),
        ({"Status": "New", "Description": DIFF}, {"diffFields": None}),
        ({"Status": "New", "Description": {"diff": DIFF}}, {"diffFields": None, "changedFields": None}),
    ],
    ids=["listed", "not listed", "streaming"],
)
async def test_a_long_text_that_came_as_a_diff_is_asked_for_and_not_read(body: Any, lists: Any) -> None:
    event, request = await adapted(a_change(body, **lists))
    assert isinstance(event, CrmEvent)
    assert (event.text, event.fields) == (None, {"Status": "New"})
    assert event.attributes["difference_fields"] == "Description"
    assert isinstance(request, Refetch)
    assert (request.record_id, request.reason) == (event.record_id, RefetchReason.OVERSIZED)


async def test_a_record_is_created_with_its_whole_text_whatever_that_is() -> None:
    assert (await created("Case", Description=DIFF)).text == DIFF


async def test_a_text_that_looks_a_little_like_a_diff_is_a_text() -> None:
    text = "--- \n+++ what I wrote\n@@ -1 @@"
    assert (await created("Case", Description=text)).text == text


async def test_the_settings_lie_over_what_is_known_and_add_to_it() -> None:
    said = TableMapping(
        entity="Ticket",
        title=("Headline__c",),
        text=("Resolution__c",),
        tenant=("Region__c",),
        actor=("OwnerId",),
        identifiers={"Opened_For__c": "PERSON", "Supplied_Name": ""},
        ignore=("Internal_Notes__c",),
    )
    body = {
        "Headline__c": "Down", "Resolution__c": "Restarted it.", "Region__c": "emea", "OwnerId": "005Z",
        "Opened_For__c": "Ada", "SuppliedName": "Web form", "SuppliedEmail": "a@o.example",
        "Internal_Notes__c": "grumpy", "CleanStatus": "Pending", "Subject": "Old title",
    }  # fmt: skip
    event = await the_event(a_change(body, **CREATED), rules(Case=said))
    assert (event.entity, event.title, event.text, event.tenant) == ("Ticket", "Down", "Restarted it.", "emea")
    assert event.actor == "005Z"
    assert set(event.identifiers) == {Identifier("PERSON", "Ada"), Identifier("EMAIL", "a@o.example")}
    assert event.fields == {"SuppliedName": "Web form", "Subject": "Old title"}


async def test_a_contact_s_name_is_joined_to_the_case_that_points_to_it() -> None:
    directory = Directory()
    contact = a_change({"Name": {"LastName": "Okafor"}}, entityName="Contact", recordIds=["003A"], **CREATED)
    directory.take("sfdc.ContactChangeEvent", await the_event(contact))
    said = TableMapping(joins=(Join(("ContactId",), "sfdc.ContactChangeEvent", directory),))
    event = await the_event(a_change({"Subject": "Okafor again", "ContactId": "003A"}), rules(Case=said))
    assert event.identifiers == (Identifier("PERSON", "Okafor"),)


@pytest.mark.parametrize("name", ["Employee__c", "Employee", "sfdc.cdc", "*"])
async def test_the_settings_may_name_an_object_by_its_api_name_its_topic_or_its_entity(name: str) -> None:
    said = rules(**{name: TableMapping(entity="Colleague")})
    assert (await the_event(a_change({}, entityName="Employee__c"), said)).entity == "Colleague"
