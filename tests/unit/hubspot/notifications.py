"""Bodies of HubSpot's as they lie on `crm.webhooks`, and what the adapter makes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.sources import Mappings, SourceRules, TableMapping, adapter
from tests.unit.schemas.builders import a_record

if TYPE_CHECKING:
    from collections.abc import Collection

    from schemas.sources import Adapted

SAMPLES = {
    path.stem: json.loads(path.read_text("utf-8")) for path in (Path(__file__).parent / "samples").glob("*.json")
}


def a_notification(type_: str = "contact.propertyChange", /, **changes: Any) -> dict[str, Any]:
    """A notification; of a changed property unless `type_` says otherwise. None takes a field away."""
    said = {
        "eventId": 100,
        "subscriptionId": 2211,
        "portalId": 4455,
        "appId": 9001,
        "occurredAt": 1764032400123,
        "subscriptionType": type_,
        "attemptNumber": 0,
        "objectId": 7001,
        "changeSource": "CRM_UI",
        "sourceId": "userId:321",
    }
    if type_.endswith("propertyChange"):
        said |= {"propertyName": "lifecyclestage", "propertyValue": "customer"}
    return {name: value for name, value in (said | changes).items() if value is not None}


def rules(own_ids: Collection[str] = (), /, **tables: TableMapping) -> SourceRules:
    return SourceRules(own_ids=frozenset(own_ids), mappings=Mappings(tables))


async def told(*notifications: Any, rules: SourceRules | None = None) -> Adapted:
    return await adapter("hubspot", None, rules or SourceRules()).adapt(a_record(list(notifications)))
