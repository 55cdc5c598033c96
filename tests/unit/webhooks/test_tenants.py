"""All changes of one record are one tenant's: that of the account that sent them, whatever columns a payload has."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.sources import TableMapping
from tests.unit.webhooks.bodies import event, rules, sample

COLUMNS = {"org_id": "7", "account_id": "7", "portal_id": "7"}
DYNAMICS = [{"key": "Target", "value": {"Attributes": [{"key": name, "value": "7"} for name in COLUMNS]}}]
CONTACT = {"item": {"type": "contact", "id": "c1", "name": "Ann", "custom_attributes": COLUMNS}}
BODIES: list[tuple[str, Any, str]] = [
    ("pipedrive", sample("pipedrive-v2-change")[0][0] | {"data": {"id": 88, "title": "Lease", **COLUMNS}}, "5151"),
    ("pipedrive", sample("pipedrive-v1-updated")[0] | {"current": {"id": 88, "title": "Lease", **COLUMNS}}, "5151"),
    ("dynamics", sample("dynamics-incident-update")[0] | {"InputParameters": DYNAMICS}, "acme"),
    ("intercom", sample("intercom-conversation-replied")[0] | {"data": CONTACT}, "ab12cd34"),
    ("freshdesk", {"ticket_id": 1, "ticket_url": "https://acme.freshdesk.com/1", **COLUMNS}, "acme.freshdesk.com"),
]


@pytest.mark.parametrize(("source", "body", "account"), BODIES)
async def test_a_customer_s_company_in_the_record_is_not_the_tenant(source: str, body: Any, account: str) -> None:
    assert (await event(source, body)).tenant == account


@pytest.mark.parametrize(("source", "body", "account"), BODIES)
async def test_a_mapping_may_say_that_it_is(source: str, body: Any, account: str) -> None:
    found = await event(source, body, said=rules(**{"*": TableMapping(tenant=("org_id",))}))
    assert found.tenant == "7" != account
