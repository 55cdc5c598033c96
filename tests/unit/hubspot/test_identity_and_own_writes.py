"""What makes two of HubSpot's notifications one, and which of them are our own writes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import CrmEvent
from schemas.outcomes import Skipped, SkipReason
from schemas.refetch import Refetch
from schemas.sources import TableMapping
from tests.unit.hubspot.notifications import SAMPLES, a_notification, rules, told


async def ids_of(*notifications: dict[str, Any]) -> list[str]:
    items = await told(*notifications)
    return [item.request_id if isinstance(item, Refetch) else item.event_id for item in items
            if isinstance(item, CrmEvent | Refetch)]  # fmt: skip


@pytest.mark.parametrize(
    "changes", [{"attemptNumber": 3}, {"eventId": 7}, {"subscriptionId": 8}, {"changeSource": "API"}, {"appId": 2}]
)
async def test_what_counts_deliveries_or_subscriptions_is_no_part_of_the_identity(changes: dict[str, Any]) -> None:
    first, second = await ids_of(a_notification(), a_notification(**changes))
    assert first == second


@pytest.mark.parametrize(
    "changes",
    [{"objectId": 7002}, {"portalId": 4456}, {"propertyName": "stage"}, {"propertyValue": "lead"},
     {"occurredAt": 1764032400124}],
)  # fmt: skip
async def test_whatever_tells_another_change_makes_another_id(changes: dict[str, Any]) -> None:
    first, second = await ids_of(a_notification(), a_notification(**changes))
    assert first != second


async def test_two_messages_of_a_thread_in_one_millisecond_are_two() -> None:
    one, two = (a_notification("conversation.newMessage", messageId=name) for name in ("m-1", "m-2"))
    assert len(set(await ids_of(one, two))) == 2


async def test_associations_differ_by_both_ends_and_by_being_removed() -> None:
    def change(**changes: Any) -> dict[str, Any]:
        return (
            a_notification(
                "deal.associationChange", objectId=None, fromObjectId=1, toObjectId=2, associationRemoved=False
            )
            | changes
        )

    ids = await ids_of(change(), change(toObjectId=3), change(fromObjectId=3), change(associationRemoved=True))
    assert len(set(ids)) == 4


async def test_a_change_told_by_a_generic_and_by_a_named_subscription_is_one() -> None:
    generic = a_notification("object.propertyChange", objectTypeId="0-1")
    first, second = await ids_of(a_notification(), generic)
    assert first == second


async def test_one_object_id_of_two_types_is_two_objects() -> None:
    first, second = await ids_of(*(a_notification("object.deletion", objectTypeId=one) for one in ("0-1", "0-2")))
    assert first != second


@given(st.permutations(range(8)))
async def test_the_order_of_the_array_is_kept(order: list[int]) -> None:
    items = await told(*(a_notification(objectId=number) for number in order))
    assert [item.record_id for item in items if isinstance(item, CrmEvent)] == [str(number) for number in order]


async def test_a_body_of_a_hundred_gives_a_hundred() -> None:
    assert len(await told(*(a_notification(objectId=number) for number in range(100)))) == 100


async def test_of_the_recorded_body_two_contacts_with_one_event_id_are_two_and_the_second_attempt_is_none() -> None:
    first, second, again, created = await ids_of(*SAMPLES["batch"]["body"])
    assert first == again
    assert len({first, second, created}) == 3


@pytest.mark.parametrize("own", ["userId:321", "321", "CRM_UI", "CRM_UI:userId:321"])
async def test_a_change_by_one_of_our_ids_is_our_own_write(own: str) -> None:
    assert await told(a_notification(), rules=rules({own})) == (Skipped(SkipReason.OWN_WRITE),)


async def test_what_our_app_created_is_not_fetched_and_what_others_did_beside_it_is_told() -> None:
    created, changed = await told(
        a_notification("contact.creation", changeSource="INTEGRATION", sourceId="9001"),
        a_notification(),
        rules=rules({"9001"}),
    )
    assert created == Skipped(SkipReason.OWN_WRITE)
    assert isinstance(changed, CrmEvent)


async def test_what_must_be_forgotten_is_told_also_where_we_ordered_it() -> None:
    (event,) = await told(a_notification("contact.privacyDeletion", sourceId="9001"), rules=rules({"9001"}))
    assert isinstance(event, CrmEvent)


async def test_two_merges_into_one_object_in_one_millisecond_are_two() -> None:
    one, two = (a_notification("contact.merge", primaryObjectId=1, newObjectId=1, mergedObjectIds=[n]) for n in (2, 3))
    assert len(set(await ids_of(one, two))) == 4


async def test_another_integration_is_not_ours_though_the_app_that_is_subscribed_is() -> None:
    (event,) = await told(a_notification(changeSource="INTEGRATION", sourceId="77"), rules=rules({"9001"}))
    assert isinstance(event, CrmEvent)


@pytest.mark.parametrize("name", ["executive_summary", "ai_summary"])
async def test_a_property_that_insights_are_written_to_is_our_own_write_whoever_wrote_it(name: str) -> None:
    said = rules(**{"hubspot.contact": TableMapping(insight_fields=("ai_summary",))})
    items = await told(a_notification(propertyName=name, propertyValue="x"), rules=said)
    assert items == (Skipped(SkipReason.OWN_WRITE),)
