"""Pipedrive's notifications, of both versions, become the change that they tell of."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.errors import DataFault
from schemas.events import Operation
from schemas.outcomes import SkipReason
from schemas.refetch import RefetchReason
from schemas.sources import TableMapping
from tests.unit.webhooks.bodies import NOW_MS, adapted, event, identifiers, request, rules, sample, skip


def v2(**changes: Any) -> dict[str, Any]:
    """A change of a deal; `meta` is added to, everything else stands in place."""
    body: dict[str, Any] = sample("pipedrive-v2-change")[0][0]
    body["meta"] |= changes.pop("meta", {})
    return body | changes


def v1(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = sample("pipedrive-v1-updated")[0]
    body["meta"] |= changes.pop("meta", {})
    return body | changes


async def test_a_change_of_version_2_tells_the_deal_and_what_was_changed() -> None:
    deal = await event("pipedrive", v2())
    assert (deal.tenant, deal.entity, deal.record_id) == ("5151", "Deal", "88")
    assert (deal.operation, deal.occurred_at, deal.actor) == (Operation.UPDATE, 1764032400461, "611")
    assert (deal.title, deal.changed_fields) == ("Harbour lease renewal", ("stage_id",))
    assert deal.fields == {"value": "4200", "currency": "EUR", "stage_id": "3", "custom_fields.9f8e7d": "17"}


async def test_a_change_of_version_1_tells_what_differs_from_before() -> None:
    deal = await event("pipedrive", v1())
    assert (deal.tenant, deal.entity, deal.record_id) == ("5151", "Deal", "88")
    assert (deal.occurred_at, deal.changed_fields) == (1764032400461, ("stage_id",))


@pytest.mark.parametrize(("form", "counter"), [(v2, "attempt"), (v1, "retry")])
async def test_another_attempt_has_the_same_id(form: Any, counter: str) -> None:
    again = form(meta={counter: 3}) | {counter: 3}
    assert (await event("pipedrive", form())).event_id == (await event("pipedrive", again)).event_id


@pytest.mark.parametrize(
    "body", [v2(meta={"id": "another"}), v1(meta={"timestamp_micro": 1764032400461701}), v1(meta={"webhook_id": "9"})]
)
async def test_another_notification_has_another_id(body: dict[str, Any]) -> None:
    ids = {(await event("pipedrive", one)).event_id for one in (v1(), v2(), body)}
    assert len(ids) == 3


async def test_what_is_cleared_is_told() -> None:
    deal = await event("pipedrive", v2(data={"id": 88, "title": "x", "value": None}, previous={"value": 4200}))
    assert (deal.changed_fields, deal.cleared_fields) == (("value",), ("value",))


@pytest.mark.parametrize(
    ("body", "operation"),
    [
        (v2(meta={"action": "create"}, previous=None), Operation.CREATE),
        (v1(meta={"action": "added"}, previous=None), Operation.CREATE),
        (v2(meta={"action": "delete"}, data=None, previous={"id": 88, "title": "x"}), Operation.DELETE),
        (v1(meta={"action": "deleted"}, current=None), Operation.DELETE),
        (v1(meta={"action": "merged"}), Operation.UPDATE),
    ],
)
async def test_actions_are_operations(body: dict[str, Any], operation: Operation) -> None:
    assert (await event("pipedrive", body)).operation is operation


async def test_a_deleted_record_has_no_content_and_says_what_it_was_merged_into() -> None:
    gone = await event(
        "pipedrive", v2(meta={"action": "delete", "merged_to_id": "89"}, data=None, previous={"title": "x"})
    )
    assert (gone.title, gone.changed_fields) == (None, ())
    assert gone.attributes["merged_to_id"] == "89"


async def test_phones_and_mails_of_a_person_are_identifiers() -> None:
    data = {
        "id": 7,
        "name": "Ann Lee",
        "emails": [{"value": "ann@lee.example", "primary": True}, {"value": "al@lee.example"}],
        "phones": [{"value": "+1 415 555 0132", "label": "work"}],
    }
    person = await event("pipedrive", v2(meta={"entity": "person", "entity_id": "7"}, data=data))
    assert identifiers(person) == {
        ("PERSON", "Ann Lee"), ("EMAIL", "ann@lee.example"), ("EMAIL", "al@lee.example"), ("PHONE", "+1 415 555 0132")
    }  # fmt: skip


async def test_the_person_of_a_deal_is_an_identifier_and_stays_one_beside_a_mapping() -> None:
    said = rules(pipedrive__deal=TableMapping(identifiers={"won_by": "PERSON"}))
    deal = await event("pipedrive", v1(current={"id": 88, "person_name": "Ann Lee", "won_by": "Bo Day"}), None, said)
    assert identifiers(deal) == {("PERSON", "Ann Lee"), ("PERSON", "Bo Day")}


async def test_a_note_is_read_without_its_markup() -> None:
    data = {"id": 5, "content": "<p>Rate &amp; term<br>agreed</p>"}
    note = await event("pipedrive", v2(meta={"entity": "note", "entity_id": "5"}, data=data))
    assert (note.entity, note.text) == ("Note", "Rate & term\nagreed")


async def test_the_time_of_the_last_update_is_no_content() -> None:
    assert "update_time" not in (await event("pipedrive", v2())).fields


async def test_who_is_named_in_a_reference_is_an_identifier() -> None:
    person = {"name": "Ann Lee", "email": [{"value": "ann@lee.example"}], "phone": "+14155550132", "value": 5}
    organization = {"name": "Acme", "value": 7}
    deal = await event("pipedrive", v1(current={"id": 88, "person_id": person, "org_id": organization}))
    assert identifiers(deal) == {("PERSON", "Ann Lee"), ("EMAIL", "ann@lee.example"), ("PHONE", "+14155550132")}
    assert (deal.fields, deal.tenant) == ({"person_id": "5", "org_id": "7"}, "5151")


@pytest.mark.parametrize("body", [v1(meta={"action": "deleted"}), v2(meta={"action": "delete"})])
async def test_nothing_is_read_of_a_deal_that_is_gone(body: dict[str, Any]) -> None:
    deal = await event("pipedrive", body)
    assert (deal.operation, deal.title, deal.fields) == (Operation.DELETE, None, {})


@pytest.mark.parametrize("body", [v1(), v2()])
async def test_a_change_by_our_own_user_is_our_own(body: dict[str, Any]) -> None:
    assert (await skip("pipedrive", body, rules("611"))).reason is SkipReason.OWN_WRITE
    await event("pipedrive", body, None, rules("612"))


async def test_a_change_of_nothing_but_insight_fields_is_our_own() -> None:
    said = rules(deal=TableMapping(insight_fields=("custom_fields.9f8e7d",)))
    ours = v2(previous={"custom_fields": {"9f8e7d": {"type": "enum", "id": 16}}, "update_time": "2025-11-24T00:00:00Z"})
    assert (await skip("pipedrive", ours, said)).reason is SkipReason.OWN_WRITE
    theirs = v2(previous=ours["previous"] | {"stage_id": 2})
    assert "custom_fields.9f8e7d" not in (await event("pipedrive", theirs, None, said)).fields


async def test_a_column_that_a_mapping_calls_the_writer_tells_our_own_too() -> None:
    said = rules("insight-sync", deal=TableMapping(writer=("via",)))
    assert (await skip("pipedrive", v2(data={"id": 88, "via": "insight-sync"}), said)).reason is SkipReason.OWN_WRITE
    await event("pipedrive", v2(data={"id": 88, "via": "portal"}), None, said)


@pytest.mark.parametrize("thing", ["pipeline", "stage", "user", "activityType"])
async def test_how_the_company_set_pipedrive_up_is_no_record(thing: str) -> None:
    assert (await skip("pipedrive", v1(meta={"object": thing}))).reason is SkipReason.CONTROL


async def test_a_change_without_its_record_is_asked_for() -> None:
    asked = await request("pipedrive", v2(data=None))
    assert (asked.reason, asked.entity, asked.record_id) == (RefetchReason.IDS_ONLY, "Deal", "88")


@pytest.mark.parametrize(
    "meta", [{"id": None}, {"id": ""}, {"entity": ""}, {"entity_id": None}], ids=["null id", "no id", "what", "which"]
)
async def test_what_lacks_its_identity_is_a_fault(meta: dict[str, Any]) -> None:
    with pytest.raises(DataFault, match="no_identity"):
        await adapted("pipedrive", v2(meta=meta, data={"title": "x"}))


async def test_a_time_in_seconds_is_read_and_a_missing_one_is_that_of_the_record() -> None:
    assert (await event("pipedrive", v2(meta={"timestamp": 1727447128}))).occurred_at == 1727447128000
    assert (await event("pipedrive", v2(meta={"timestamp": None}))).occurred_at == NOW_MS
    with pytest.raises(DataFault, match="timestamp"):
        await event("pipedrive", v2(meta={"timestamp": "yesterday"}))
