"""What the columns of a record mean when no setting says so."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import Identifier, Message
from schemas.sources.mapping import MappedRow, TableMapping, map_row, record_id_of
from tests.unit.schemas.builders import any_text


def mapped(entity: str = "Ticket", record_id: str = "5012", **row: Any) -> MappedRow:
    return map_row(row, entity=entity, record_id=record_id)


@pytest.mark.parametrize(
    "column",
    ["text", "body", "description", "note", "notes", "content", "comment", "transcript", "message", "Description"],
)
def test_a_text_column_is_the_text(column: str) -> None:
    row = mapped(**{column: "Export stuck"})
    assert (row.text, row.fields) == ("Export stuck", {})


def test_of_two_text_columns_the_first_of_the_list_is_the_text_and_the_other_a_field() -> None:
    row = mapped(comment="Please hurry", description="Export stuck")
    assert (row.text, row.fields) == ("Export stuck", {"comment": "Please hurry"})


@pytest.mark.parametrize("column", ["title", "subject", "summary", "Subject"])
def test_a_title_column_is_the_title(column: str) -> None:
    assert mapped(**{column: "Export"}).title == "Export"


@pytest.mark.parametrize("column", ["tenant", "tenant_id", "org_id", "account_id", "AccountId", "portalId"])
def test_a_tenant_column_is_the_tenant(column: str) -> None:
    row = map_row({column: 4455}, entity="Ticket", record_id="5012")
    assert (row.tenant, row.fields) == ("4455", {})


def test_the_account_id_of_an_account_is_not_its_tenant() -> None:
    assert mapped(entity="Account", record_id="7", account_id=7, name="Acme").tenant is None


def test_the_rest_becomes_fields_with_every_digit() -> None:
    row = mapped(status="open", amount=Decimal("125000.50"), seats=40, vip=True, tags=["a", "b"])
    assert row.fields == {"status": "open", "amount": "125000.50", "seats": "40", "vip": "true", "tags": "a, b"}


def test_objects_become_one_field_a_leaf() -> None:
    row = mapped(deal={"stage": "won", "owner": {"region": "EU"}}, items=[{"sku": "1"}, {"sku": "2"}])
    assert row.fields == {"deal.stage": "won", "deal.owner.region": "EU", "items.0.sku": "1", "items.1.sku": "2"}


def test_nulls_empty_texts_and_the_id_itself_tell_nothing() -> None:
    assert mapped(id=5012, ticketId="5012", closed_at=None, phase="").fields == {}


def test_another_id_is_told() -> None:
    assert mapped(id=1, contact_id=9).fields == {"id": "1", "contact_id": "9"}


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("name", "Ann Lee", "PERSON"),
        ("contactName", "Ann Lee", "PERSON"),
        ("last_name", "Lee", "PERSON"),
        ("email", "ann@x.example", "EMAIL"),
        ("Email_Address", "ann@x.example", "EMAIL"),
        ("billing_email", "ann@x.example", "EMAIL"),
        ("phone", "+1 415 555 0123", "PHONE"),
        ("MobilePhone", "+1 415 555 0123", "PHONE"),
        ("work_phone_number", 4155550123, "PHONE"),
        ("fax", "+1 415 555 0123", "PHONE"),
        ("street", "12 High Street", "ADDRESS"),
        ("date_of_birth", "1990-01-02", "DATE_OF_BIRTH"),
        # as SuiteCRM, Dynamics, vTiger and HubSpot call them
        ("customer_first_name", "Ann", "PERSON"),
        ("hs_email_from_firstname", "Ann", "PERSON"),
        ("primary_contact_name", "Ann Lee", "PERSON"),
        ("account_manager_name", "Ann Lee", "PERSON"),
        ("owner_full_name", "Ann Lee", "PERSON"),
        ("email1", "ann@x.example", "EMAIL"),
        ("emailaddress2", "ann@x.example", "EMAIL"),
        ("contact_email_2", "ann@x.example", "EMAIL"),
        ("new_contactemail", "ann@x.example", "EMAIL"),
        ("phone_work", "+1 415 555 0123", "PHONE"),
        ("phone2", "+1 415 555 0123", "PHONE"),
        ("homephone", "+1 415 555 0123", "PHONE"),
        ("telephone1", "+1 415 555 0123", "PHONE"),
        ("whatsapp_number", "+1 415 555 0123", "PHONE"),
        ("primary_address_street", "12 High Street", "ADDRESS"),
        ("mailingstreet", "12 High Street", "ADDRESS"),
        ("address1", "12 High Street", "ADDRESS"),
        ("customer_birthdate", "1990-01-02", "DATE_OF_BIRTH"),
        ("Customer_First_Name__c", "Ann", "PERSON"),
        ("Work_Email__c", "ann@x.example", "EMAIL"),
        ("Phone_2__pc", "+1 415 555 0123", "PHONE"),
        ("alternate_phone_c", "+1 415 555 0123", "PHONE"),
    ],
)
def test_identifiers_are_known_by_their_column_and_are_no_fields(column: str, value: Any, kind: str) -> None:
    row = mapped(**{column: value})
    assert (row.identifiers, row.fields) == ([Identifier(kind, str(value))], {})


def test_identifiers_are_found_inside_objects_and_lists() -> None:
    row = mapped(requester={"name": "Ann", "emails": ["a@x.example", "b@x.example"]})
    assert row.identifiers == [
        Identifier("PERSON", "Ann"),
        Identifier("EMAIL", "a@x.example"),
        Identifier("EMAIL", "b@x.example"),
    ]


def test_objects_within_a_text_are_read_as_objects_so_that_people_in_them_are_known() -> None:
    row = mapped(
        custom='{"contact_name": "Ann Lee", "plan": "Pro", "seats": 1.50}', people='[{"email": "a@x.example"}]'
    )
    assert row.identifiers == [Identifier("PERSON", "Ann Lee"), Identifier("EMAIL", "a@x.example")]
    assert row.fields == {"custom.plan": "Pro", "custom.seats": "1.50"}


@pytest.mark.parametrize("text", ["{not JSON", '["a", "b"]', "[1]", "{}" * 2, "[" * 2000, '{"a": ' * 2000])
def test_a_text_that_holds_no_objects_stays_as_it_is(text: str) -> None:
    assert mapped(custom=text).fields == {"custom": text}


@pytest.mark.parametrize(
    "column",
    [
        "password",
        "encrypted_password",
        "PASSWORD_DIGEST",
        "apiKey",
        "client_secret",
        "resetToken",
        "salt",
        "Token__c",
    ],
)
def test_a_secret_is_not_read_wherever_it_stands(column: str) -> None:
    row = mapped(**{column: "s3cret"}, profile={column: "s3cret", "plan": "Pro"}, custom=f'{{"{column}": "s3cret"}}')
    assert (row.fields, row.identifiers, row.text) == ({"profile.plan": "Pro"}, [], None)


@pytest.mark.parametrize("column", ["password_changed_at", "token_count", "secretary", "keynote", "salty", "pin_code"])
def test_what_only_sounds_like_a_secret_is_read(column: str) -> None:
    assert mapped(**{column: "x"}).fields == {column: "x"}


def test_the_settings_can_say_that_a_column_is_no_secret() -> None:
    said = TableMapping(identifiers={"token": ""})
    assert map_row({"token": "GOLD"}, entity="Ticket", record_id="1", rules=said).fields == {"token": "GOLD"}


def test_first_and_last_name_are_known_as_one_name_too() -> None:
    row = mapped(first_name="Ann", last_name="Lee")
    assert row.identifiers == [Identifier("PERSON", name) for name in ("Ann Lee", "Ann", "Lee")]


def test_the_two_names_of_each_person_in_a_row_are_one_name_too() -> None:
    row = mapped(customer_first_name="Ann", customer_last_name="Lee", agent_firstname="Bo", agent_lastname="Ray")
    assert {one.value for one in row.identifiers} == {"Ann Lee", "Ann", "Lee", "Bo Ray", "Bo", "Ray"}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("product_family_name", "Laptops"),
        ("company_full_name", "Acme Corporation"),
        ("ip_address", "10.0.0.1"),
        ("phone_model", "Fairphone 5"),
        ("has_dob", 1),
        ("email_count", 3),
        ("email_template", "Welcome"),
    ],
)
def test_a_column_that_only_sounds_like_a_person_s_is_a_field(column: str, value: Any) -> None:
    assert mapped(**{column: value}).fields == {column: str(value)}


def test_the_name_of_a_company_is_no_person() -> None:
    row = mapped(entity="Account", name="Acme", company={"name": "Initech"})
    assert (row.identifiers, row.fields) == ([], {"name": "Acme", "company.name": "Initech"})


@pytest.mark.parametrize("entity", ["LineItem", "Product", "Asset"])
def test_the_name_of_a_thing_is_no_person(entity: str) -> None:
    assert mapped(entity=entity, name="Harbour lease").fields == {"name": "Harbour lease"}


def test_a_flag_named_like_an_identifier_is_a_field_so_that_true_is_not_masked_everywhere() -> None:
    row = mapped(has_email=True, opt_in_phone="yes")
    assert (row.identifiers, row.fields) == ([], {"has_email": "true", "opt_in_phone": "yes"})


def test_a_thread_becomes_messages() -> None:
    row = mapped(
        comments=[
            {"author": "Ann", "role": "customer", "created_at": "2025-11-25T01:00:00Z", "body": "Stuck"},
            {"from": "Bo", "text": "Looking", "time": "soon"},
        ]
    )
    assert row.messages == (
        Message(author="Ann", role="customer", sent_at=1764032400000, text="Stuck"),
        Message(author="Bo", text="Looking"),
    )
    assert row.fields == {}


@pytest.mark.parametrize(
    "value",
    ["__debezium_unavailable_value", "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==", ["__debezium_unavailable_value"]],
)
def test_a_value_that_was_not_sent_is_unchanged_and_never_read(value: Any) -> None:
    row = mapped(body=value, status="open")
    assert (row.text, row.unchanged_fields, row.fields) == (None, ["body"], {"status": "open"})


def test_a_value_that_was_not_sent_is_unchanged_within_a_text_too() -> None:
    row = mapped(custom='{"body": "__debezium_unavailable_value"}')
    assert (row.unchanged_fields, row.fields) == (["custom"], {})


def test_the_language_is_a_tag() -> None:
    assert mapped(locale="de_AT").language == "de-AT"
    assert mapped(language="Klingon, mostly").fields == {"language": "Klingon, mostly"}


def test_the_actor_is_who_changed_it_last() -> None:
    assert mapped(updatedBy="user-7").actor == "user-7"


@pytest.mark.parametrize("row", [{"id": 310}, {"recordId": "310"}, {"caseId": 310}, {"case_id": "310"}])
def test_a_record_knows_its_id(row: dict[str, Any]) -> None:
    assert record_id_of(row, "Case") == "310"


def test_a_record_without_an_id_has_none() -> None:
    assert record_id_of({"id": None, "contact_id": 3}, "Case") is None


rows = st.dictionaries(
    any_text | st.sampled_from(["id", "text", "name", "email", "tenant", "messages", "language", "actor"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | any_text,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=6,
)


@given(rows)
def test_any_row_can_be_mapped_to_texts(row: dict[str, Any]) -> None:
    result = map_row(row, entity="Ticket", record_id="1")
    assert all(isinstance(value, str) for value in result.fields.values())
    assert all(identifier.value for identifier in result.identifiers)
