"""Execution contexts of Dataverse become the changes of the rows that they are about."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.errors import DataFault
from schemas.events import CrmEvent, Operation
from schemas.outcomes import SkipReason
from schemas.refetch import RefetchReason
from schemas.sources import TableMapping
from tests.unit.webhooks.bodies import NOW_MS, adapted, event, identifiers, request, rules, sample, skip

ZEROS = "00000000-0000-0000-0000-000000000000"
ROW = "55555555-0000-4000-8000-000000000005"


def context(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = sample("dynamics-incident-update")[0]
    return body | changes


def entity(table: str = "incident", row_id: str = ROW, **columns: Any) -> dict[str, Any]:
    return {"LogicalName": table, "Id": row_id, "Attributes": [{"key": n, "value": v} for n, v in columns.items()]}


def target(table: str = "incident", **columns: Any) -> list[dict[str, Any]]:
    return [{"key": "Target", "value": entity(table, **columns)}]


def image(**columns: Any) -> list[dict[str, Any]]:
    return [{"key": "image", "value": entity(**columns)}]


def typed(kind: str, **values: Any) -> dict[str, Any]:
    return {"__type": f"{kind}:http://schemas.microsoft.com/xrm/2011/Contracts"} | values


async def test_an_update_tells_the_row_and_the_columns_that_were_set() -> None:
    case = await event("dynamics", context())
    assert (case.tenant, case.entity, case.record_id, case.operation) == ("acme", "Incident", ROW, Operation.UPDATE)
    assert (case.title, case.fields["prioritycode"]) == ("Boiler fault", "1")
    assert case.changed_fields == ("title", "prioritycode", "modifiedon", "customerid")
    assert case.actor == "33333333-0000-4000-8000-000000000003"


@pytest.mark.parametrize("text", ["/Date(1764032400000-0800)/", "/Date(1764032400000+0530)/", "/Date(1764032400000)/"])
async def test_the_offset_of_a_date_only_says_how_to_show_it(text: str) -> None:
    case = await event("dynamics", context(OperationCreatedOn=text, InputParameters=target(followupby=text)))
    assert (case.occurred_at, case.fields["followupby"]) == (1764032400000, "2025-11-25T01:00:00.000Z")


async def test_a_missing_time_is_that_of_the_record_and_a_wrong_one_a_fault() -> None:
    assert (await event("dynamics", context(OperationCreatedOn=None))).occurred_at == NOW_MS
    with pytest.raises(DataFault, match="OperationCreatedOn"):
        await event("dynamics", context(OperationCreatedOn="/Date(noon)/"))


async def test_a_context_that_was_too_large_is_asked_for() -> None:
    asked = await request("dynamics", *sample("dynamics-size-exceeded"))
    assert (asked.reason, asked.tenant, asked.entity, asked.record_id) == (
        RefetchReason.OVERSIZED, "acme", "Incident", ROW
    )  # fmt: skip
    assert asked.occurred_at == 1764032400000


async def test_a_context_without_any_column_is_asked_for() -> None:
    moniker = [{"key": "EntityMoniker", "value": {"Id": ROW, "LogicalName": "incident"}}]
    assert (await request("dynamics", context(MessageName="SetState", InputParameters=moniker))).reason is (
        RefetchReason.IDS_ONLY
    )


async def test_a_deletion_is_one_whatever_its_size() -> None:
    body = context(MessageName="Delete", InputParameters=[], PreEntityImages=image(title="Boiler fault"))
    gone = await event("dynamics", body, {"X-Ms-Dynamics-Msg-Size-Exceeded": "true"})
    assert (gone.operation, gone.record_id, gone.title, gone.changed_fields) == (Operation.DELETE, ROW, None, ())


async def test_images_tell_the_columns_that_were_not_set_and_which_were_not_changed() -> None:
    body = context(
        InputParameters=target(title="Boiler fault", description="Still cold"),
        PreEntityImages=image(title="Boiler fault", description="Cold", ticketnumber="C-1"),
        PostEntityImages=image(ticketnumber="C-2"),
    )
    case = await event("dynamics", body)
    assert (case.title, case.text, case.fields) == ("Boiler fault", "Still cold", {"ticketnumber": "C-2"})
    assert case.changed_fields == ("description",)


async def test_a_cleared_column_is_told() -> None:
    case = await event("dynamics", context(InputParameters=target(title="x", description=None)))
    assert (case.changed_fields, case.cleared_fields) == (("title", "description"), ("description",))


async def test_values_are_unwrapped() -> None:
    columns = {
        "revenue": typed("Money", Value=125000.5),
        "tags": [typed("OptionSetValue", Value=3), typed("OptionSetValue", Value=4)],
        "alias": typed("AliasedValue", AttributeLogicalName="x", Value=typed("OptionSetValue", Value=7)),
        "accountid": typed("EntityReference", Id="a1", LogicalName="account", Name="Harbour Ltd"),
        "notetext": "<div>Rate &amp; term</div>",
    }
    row = await event(
        "dynamics", context(PrimaryEntityName="annotation", InputParameters=target("annotation", **columns))
    )
    assert row.fields == {"revenue": "125000.5", "tags": "3, 4", "alias": "7", "accountid": "Harbour Ltd"}
    assert (row.entity, row.text) == ("Annotation", "Rate & term")


async def test_a_choice_has_its_label_where_that_is_told() -> None:
    row = entity(prioritycode=typed("OptionSetValue", Value=1), on="2025-11-25")
    row["FormattedValues"] = [{"key": "prioritycode", "value": "High"}, {"key": "on", "value": "25/11"}]
    case = await event("dynamics", context(InputParameters=[{"key": "Target", "value": row}]))
    assert case.fields == {"prioritycode": "High", "on": "2025-11-25"}


async def test_contacts_parties_phones_and_mails_are_identifiers() -> None:
    contact = typed("EntityReference", Id="c1", LogicalName="contact", Name="Ann Lee")
    party = entity("activityparty", partyid=typed("EntityReference", Id="c2", LogicalName="contact", Name="Bo Day"),
                   addressused="bo@day.example")  # fmt: skip
    mail = target(
        "email", customerid=contact, to=typed("EntityCollection", Entities=[party]),
        emailaddress1="al@lee.example", telephone1="+1 415 555 0132",
    )  # fmt: skip
    found = identifiers(await event("dynamics", context(PrimaryEntityName="email", InputParameters=mail)))
    assert found == {
        ("PERSON", "Ann Lee"), ("PERSON", "Bo Day"), ("EMAIL", "bo@day.example"), ("EMAIL", "al@lee.example"),
        ("PHONE", "+1 415 555 0132"),
    }  # fmt: skip


async def test_the_same_operation_has_the_same_id_and_what_identifies_it_makes_others() -> None:
    first = (await event("dynamics", context())).event_id
    assert (await event("dynamics", context(CorrelationId="another", Depth=2))).event_id == first
    for other in ({"OperationId": "o2"}, {"MessageName": "Assign"}, {"Stage": 20}):
        assert (await event("dynamics", context(**other))).event_id != first


async def test_changes_of_synchronous_steps_which_have_no_operation_id_are_told_apart() -> None:
    one = context(OperationId=ZEROS)
    later = context(OperationId=ZEROS, OperationCreatedOn="/Date(1764032400001)/")
    other = context(OperationId=ZEROS, CorrelationId="another")
    ids = [(await event("dynamics", body)).event_id for body in (one, one, later, other)]
    assert len(set(ids)) == 3
    assert ids[0] == ids[1]


async def test_a_message_on_many_rows_is_an_event_for_each() -> None:
    rows = [entity(row_id="r1", title="One"), entity(row_id="r2", title="Two")]
    many = [{"key": "Targets", "value": typed("EntityCollection", Entities=rows)}]
    found = await adapted(
        "dynamics", context(MessageName="UpdateMultiple", PrimaryEntityId=ZEROS, InputParameters=many)
    )
    events = [item for item in found if isinstance(item, CrmEvent)]
    assert [(item.record_id, item.title) for item in events] == [("r1", "One"), ("r2", "Two")]
    assert len({item.event_id for item in events}) == 2


@pytest.mark.parametrize("writer", ["UserId", "InitiatingUserId", "InitiatingUserApplicationId"])
async def test_a_change_by_our_own_user_or_application_is_our_own(writer: str) -> None:
    assert (await skip("dynamics", context(**{writer: "us"}), rules("us"))).reason is SkipReason.OWN_WRITE
    await event("dynamics", context(), None, rules("us"))


async def test_the_name_that_a_reference_has_only_as_a_label_is_an_identifier() -> None:
    case = entity(customerid=typed("EntityReference", LogicalName="contact", Id="44", Name=None))
    case["Attributes"].append({"key": "accountid", "value": typed("EntityReference", LogicalName="account", Id="7")})
    case["FormattedValues"] = [{"key": "customerid", "value": "Jane Doe"}, {"key": "accountid", "value": "Acme"}]
    found = await event("dynamics", context(InputParameters=[{"key": "Target", "value": case}]))
    assert identifiers(found) == {("PERSON", "Jane Doe")}
    assert found.fields == {"customerid": "Jane Doe", "accountid": "Acme"}


async def test_a_column_that_a_mapping_calls_the_writer_tells_our_own_too() -> None:
    said = rules("insight-sync", incident=TableMapping(writer=("new_via",)))
    ours, theirs = (context(InputParameters=target(title="x", new_via=by)) for by in ("insight-sync", "portal"))
    assert (await skip("dynamics", ours, said)).reason is SkipReason.OWN_WRITE
    await event("dynamics", theirs, None, said)


async def test_a_change_of_nothing_but_insight_fields_is_our_own() -> None:
    said = rules(dynamics__incident=TableMapping(insight_fields=("new_summary",)))
    ours = context(InputParameters=target(new_summary="x", modifiedon="/Date(1764032400000)/", incidentid=ROW))
    assert (await skip("dynamics", ours, said)).reason is SkipReason.OWN_WRITE
    await event("dynamics", context(InputParameters=target(new_summary="x", title="y")), None, said)


@pytest.mark.parametrize(
    "lacking",
    [
        {"PrimaryEntityId": ZEROS, "InputParameters": []},
        {"PrimaryEntityId": None, "InputParameters": []},
        {"OperationId": ZEROS, "CorrelationId": None},
    ],
)
async def test_what_lacks_its_identity_is_a_fault(lacking: dict[str, Any]) -> None:
    with pytest.raises(DataFault, match="no_identity"):
        await adapted("dynamics", context(**lacking))
