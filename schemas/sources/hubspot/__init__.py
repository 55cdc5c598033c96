"""HubSpot's web hooks: notifications of what happened to CRM objects and conversations, up to 100 in one body.

Sources: developers.hubspot.com/docs/api/webhooks (fields, subscription types, "eventId is not guaranteed to be unique",
order not guaranteed, the same notification may come twice), create-generic-webhook-subscriptions (`object.*` with
`objectTypeId`), changelog/new-subscription-types-for-webhooks (merge, restore, association change).
"""

from __future__ import annotations

from schemas.sources.hubspot.adapter import HubSpotAdapter
from schemas.sources.hubspot.notification import is_hubspot

__all__ = ["HubSpotAdapter", "is_hubspot"]
