"""What we wrote back to Salesforce ends as our own write, however it is told, and nobody else's change does."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.events import CrmEvent
from schemas.outcomes import Skipped, SkipReason
from schemas.sources import TableMapping
from tests.unit.salesforce.records import CASE, a_change, adapted, flat, framed, rules

OWN = Skipped(SkipReason.OWN_WRITE)
USER = "005Ax00000hUserIAU"
API = "com/salesforce/api/rest/61.0;client="


async def ending(value: Any, *own_ids: str, **tables: TableMapping) -> Skipped | str:
    (item,) = await adapted(value, rules(*own_ids, **tables), s7=CASE)
    assert isinstance(item, CrmEvent | Skipped)
    return item if isinstance(item, Skipped) else "event"


@pytest.mark.parametrize("client", ["InsightSync", "InsightSync/", "Insight Sync;2"])
async def test_a_change_by_our_client_is_our_own_in_every_form(client: str) -> None:
    event = a_change(changeOrigin=API + client)
    for value in (event, flat(event), framed(a_change(changeOrigin=API + client, changedFields=["0x2"]), CASE)):
        assert await ending(value, client) == OWN
        assert await ending(value, client.rstrip("/")) == OWN
        assert await ending(value, "SomebodyElse") == "event"


@pytest.mark.parametrize(
    "origin", ["", API, API + "InsightSync2", "com/salesforce/api/soap/61.0;client=SfdcInternalAPI/"]
)
async def test_other_origins_are_other_peoples(origin: str) -> None:
    assert await ending(a_change(changeOrigin=origin), "InsightSync", "") == "event"


@pytest.mark.parametrize("own", [USER, USER[:15]])
async def test_a_change_by_our_user_is_our_own_by_either_length_of_its_id(own: str) -> None:
    assert await ending(a_change(changeOrigin="", commitUser=USER), own) == OWN


async def test_another_user_whose_id_differs_in_case_is_another() -> None:
    assert await ending(a_change(changeOrigin="", commitUser=USER), USER.lower(), USER[:14]) == "event"


async def test_each_record_of_a_merged_change_of_ours_is_skipped() -> None:
    assert await adapted(a_change(recordIds=["1", "2"]), rules("SalesApp")) == (OWN, OWN)


async def test_a_gap_that_we_caused_asks_for_nothing() -> None:
    assert await ending(a_change({}, changeType="GAP_UPDATE"), "SalesApp") == OWN


async def test_a_change_of_nothing_but_insight_fields_is_our_own() -> None:
    said = TableMapping(insight_fields=("AI_Summary__c", "AI_Mood__c"))
    body = {"AI_Summary__c": "Wants a refund.", "LastModifiedDate": 1764032400000, "LastModifiedById": "005"}
    names = ["AI_Summary__c", "LastModifiedDate", "LastModifiedById"]
    assert await ending(a_change(body, changedFields=names), Case=said) == OWN
    assert await ending(a_change(body, changedFields=names)) == "event"
    assert await ending(a_change(body, changedFields=[*names, "Status"]), Case=said) == "event"
    bare = a_change(body, changedFields=None, nulledFields=None)
    assert await ending(bare, Case=said) == OWN


async def test_insight_fields_of_their_usual_names_need_no_setting_and_are_never_read() -> None:
    body = {"Executive_Summary__c": "Wants a refund.", "Churn_Risk_Score__c": 0.4}
    assert await ending(a_change(body, changedFields=[*body])) == OWN
    (event,) = await adapted(a_change(body | {"Subject": "Refund"}, changedFields=["Subject"]))
    assert isinstance(event, CrmEvent)
    assert (event.title, event.fields) == ("Refund", {})


async def test_a_touch_of_nothing_is_not_our_own() -> None:
    assert await ending(a_change({"LastModifiedDate": 1}, changedFields=["LastModifiedDate"])) == "event"


async def test_a_push_topic_s_change_is_ours_by_who_changed_the_record_last() -> None:
    sobject = {"Id": "500Ax00000AAAA1IAB", "Subject": "x", "LastModifiedById": USER}
    value = {"channel": "/topic/T", "data": {"event": {"replayId": 1, "type": "updated"}, "sobject": sobject}}
    assert await ending(value, USER[:15]) == OWN
    assert await ending(value) == "event"


async def test_a_field_that_the_settings_call_the_writer_counts_too() -> None:
    said = TableMapping(writer=("Last_App__c",))
    assert await ending(a_change({"Subject": "x", "Last_App__c": "sync"}), "sync", Case=said) == OWN


async def test_an_object_that_tells_nothing_is_skipped() -> None:
    assert await ending(a_change(), Case=TableMapping(skip=True)) == Skipped(
        SkipReason.CONTROL, "skipped by its mapping"
    )
