"""Zendesk's web hooks: events of tickets and other records, and what triggers and automations send.

Sources: developer.zendesk.com/api-reference/webhooks/event-types (ticket-events, messaging-events): `detail` is the
record as it is now, `event` what happened; "can be invoked more than once", order not guaranteed. What a trigger sends
is whatever the author of the trigger typed.
"""

from __future__ import annotations

from schemas.sources.zendesk.adapter import ZendeskAdapter
from schemas.sources.zendesk.event import is_zendesk

__all__ = ["ZendeskAdapter", "is_zendesk"]
