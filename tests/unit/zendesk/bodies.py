"""Bodies of Zendesk's as they lie on `crm.webhooks`, and what the adapter makes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.events import CrmEvent
from schemas.sources import Mappings, SourceRules, TableMapping, adapter
from tests.unit.schemas.builders import a_record

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from schemas.sources import Adapted

SAMPLES = {
    path.stem: json.loads(path.read_text("utf-8")) for path in (Path(__file__).parent / "samples").glob("*.json")
}


def an_event(verb: str = "created", /, *, detail: Mapping[str, Any] | None = None, **happened: Any) -> dict[str, Any]:
    """An event of a ticket; `detail` changes fields of the ticket, `happened` is what stands under `event`."""
    ticket = {
        "actor_id": "881",
        "assignee_id": None,
        "created_at": "2025-11-24T20:00:00Z",
        "custom_status": "77",
        "description": "The printer is offline.",
        "group_id": "12",
        "id": "71500",
        "is_public": True,
        "priority": "HIGH",
        "requester_id": "5550",
        "status": "OPEN",
        "subject": "Printer offline",
        "submitter_id": "5550",
        "tags": ["hardware"],
        "updated_at": "2025-11-25T01:00:00Z",
        "via": {"channel": "email"},
    }
    return {
        "account_id": 224466,
        "detail": {**ticket, **(detail or {})},
        "event": happened,
        "id": "2f0e6d6c-6b5f-4f7e-a1d1-2a2b3c4d5e6f",
        "subject": "zen:ticket:71500",
        "time": "2025-11-25T01:00:00.304701605Z",
        "type": verb if ":" in verb else f"zen:event-type:ticket.{verb}",
        "zendesk_event_version": "2022-11-06",
    }


def a_comment(**changes: Any) -> dict[str, Any]:
    author = {"id": "5550", "is_staff": False, "name": "Rhea Vance"}
    return {"author": author, "body": "Still offline.", "id": "9911", "is_public": True} | changes


def rules(own_ids: Collection[str] = (), /, **tables: TableMapping) -> SourceRules:
    return SourceRules(own_ids=frozenset(own_ids), mappings=Mappings(tables))


async def told(body: Any, *, rules: SourceRules | None = None, headers: dict[str, str] | None = None) -> Adapted:
    return await adapter("zendesk", None, rules or SourceRules()).adapt(a_record(body, headers=headers))


async def the_event(body: Any, **parts: Any) -> CrmEvent:
    (event,) = await told(body, **parts)
    assert isinstance(event, CrmEvent)
    return event
