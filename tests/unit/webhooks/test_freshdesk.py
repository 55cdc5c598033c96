"""Whatever the author of a Freshdesk rule typed becomes a ticket, as far as its names tell."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.errors import DataFault
from schemas.events import Operation
from schemas.outcomes import SkipReason
from schemas.sources import TableMapping
from tests.unit.webhooks.bodies import NOW_MS, adapted, event, identifiers, rules, sample, skip


def payload(**changes: Any) -> dict[str, Any]:
    inner: dict[str, Any] = sample("freshdesk-ticket-updated")[0]["freshdesk_webhook"]
    return inner | changes


async def test_a_payload_is_read_in_its_wrapper_and_without() -> None:
    ticket = await event("freshdesk", {"freshdesk_webhook": payload()})
    assert (ticket.entity, ticket.record_id, ticket.operation) == ("Ticket", "812", Operation.UPDATE)
    assert (ticket.title, ticket.fields) == ("VAT number wrong", {"ticket_status": "Open"})
    assert (await event("freshdesk", payload())) == ticket


async def test_markup_and_entities_are_read_as_what_they_say() -> None:
    body = payload(
        ticket_description="<div>No &#39;VAT&#39;</div>", ticket_latest_public_comment="Please fix &amp; resend"
    )
    assert (await event("freshdesk", body)).text == "No 'VAT'\n\nPlease fix & resend"


async def test_names_mails_and_phones_of_the_payload_are_identifiers() -> None:
    body = payload(ticket_contact_name="Kim Day", ticket_contact_phone="+1 415 555 0132", ticket_agent_name="Bo")
    assert identifiers(await event("freshdesk", body)) == {
        ("EMAIL", "kim@delta.example"), ("PERSON", "Kim Day"), ("PHONE", "+1 415 555 0132"), ("PERSON", "Bo")
    }  # fmt: skip


async def test_a_repeated_payload_has_the_same_id_whatever_the_order_of_its_names() -> None:
    turned = dict(reversed(payload().items()))
    assert (await event("freshdesk", payload())).event_id == (await event("freshdesk", turned)).event_id


@pytest.mark.parametrize("change", [{"ticket_updated_at": "2025-11-25T01:00:01Z"}, {"ticket_status": "Pending"}])
async def test_another_content_or_time_has_another_id(change: dict[str, Any]) -> None:
    assert (await event("freshdesk", payload())).event_id != (await event("freshdesk", payload(**change))).event_id


async def test_the_time_of_the_update_counts_where_it_can_be_read() -> None:
    assert (await event("freshdesk", payload(ticket_updated_at="2025-11-25T01:00:00Z"))).occurred_at == 1764032400000
    for unclear in ("25 Nov at 1:00", "1764032400", 1764032400):
        assert (await event("freshdesk", payload(ticket_updated_at=unclear))).occurred_at == NOW_MS


async def test_the_link_to_the_ticket_tells_whose_it_is() -> None:
    assert (await event("freshdesk", payload())).tenant == "default"
    assert (await event("freshdesk", payload(ticket_url="https://acme.freshdesk.com/a/tickets/812"))).tenant == (
        "acme.freshdesk.com"
    )
    assert (await event("freshdesk", payload(ticket_url="https://[bad"))).tenant == "default"


async def test_what_set_the_rule_off_is_what_was_changed_and_no_content() -> None:
    ticket = await event("freshdesk", payload(triggered_event="{status:{from:Pending,to:Open},priority:{from:1,to:2}}"))
    assert ticket.changed_fields == ("status", "priority")
    assert "triggered_event" not in ticket.fields


async def test_a_rule_that_sends_what_happened_can_delete() -> None:
    gone = await event("freshdesk", payload(event="ticket.deleted"))
    assert (gone.operation, gone.title, gone.text) == (Operation.DELETE, None, None)


async def test_a_mapping_knows_what_the_author_named_otherwise() -> None:
    said = rules(freshdesk__ticket=TableMapping(record_id=("nr",), text=("what",), tenant=("shop",), writer=("by",)))
    ticket = await event("freshdesk", {"nr": 7, "what": "Broken", "shop": "north", "by": "portal"}, None, said)
    assert (ticket.record_id, ticket.text, ticket.tenant) == ("7", "Broken", "north")


async def test_our_own_writes_are_known_by_writer_and_by_insight_fields() -> None:
    said = rules("sync@acme.example", ticket=TableMapping(writer=("by",), insight_fields=("cf_summary",)))
    assert (await skip("freshdesk", payload(by="sync@acme.example"), said)).reason is SkipReason.OWN_WRITE
    ours = payload(triggered_event="{cf_summary:{from:,to:Angry}}")
    assert (await skip("freshdesk", ours, said)).reason is SkipReason.OWN_WRITE
    await event("freshdesk", payload(by="kim"), None, said)


async def test_a_payload_without_the_ticket_s_id_is_a_fault() -> None:
    with pytest.raises(DataFault, match="no_identity: ticket_id"):
        await adapted("freshdesk", payload(ticket_id=None))
