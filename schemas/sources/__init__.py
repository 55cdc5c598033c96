"""One adapter for each kind of source: from what a connector or a webhook delivers to change events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from schemas.sources.base import (
    FORWARDED_HEADERS,
    Adapted,
    Adapter,
    SourceRecord,
    SourceRules,
    forwarded_headers,
)
from schemas.sources.cloudevents import CloudEventsAdapter
from schemas.sources.debezium import DebeziumAdapter
from schemas.sources.hooks.webhook import SOURCE_HEADER, WebhookAdapter, source_of_post
from schemas.sources.hubspot import HubSpotAdapter
from schemas.sources.mapping import Directory, Join, Mappings, TableMapping
from schemas.sources.native import NativeAdapter
from schemas.sources.recognition import recognised
from schemas.sources.saas import DynamicsAdapter, FreshdeskAdapter, IntercomAdapter, PipedriveAdapter
from schemas.sources.salesforce import SalesforceAdapter
from schemas.sources.voice import GongAdapter, TwilioAdapter, ZoomAdapter
from schemas.sources.zendesk import ZendeskAdapter

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.avro.reader import WriterSchemas

__all__ = [
    "FORWARDED_HEADERS",
    "SOURCE_HEADER",
    "Adapted",
    "Adapter",
    "Directory",
    "Join",
    "Mappings",
    "SourceRecord",
    "SourceRules",
    "TableMapping",
    "adapter",
    "forwarded_headers",
    "recognised",
    "source_of_post",
]

_SOURCES: Final[dict[str, Callable[[WriterSchemas | None, SourceRules], Adapter]]] = {
    "native": NativeAdapter,
    "cloudevents": lambda _, rules: CloudEventsAdapter(rules),
    "debezium": DebeziumAdapter,
    "salesforce": SalesforceAdapter,
    "hubspot": HubSpotAdapter,
    "zendesk": ZendeskAdapter,
    "pipedrive": lambda _, rules: PipedriveAdapter(rules),
    "dynamics": lambda _, rules: DynamicsAdapter(rules),
    "intercom": lambda _, rules: IntercomAdapter(rules),
    "freshdesk": lambda _, rules: FreshdeskAdapter(rules),
    "twilio": lambda _, rules: TwilioAdapter(rules),
    "zoom": lambda _, rules: ZoomAdapter(rules),
    "gong": lambda _, rules: GongAdapter(rules),
}


def adapter(name: str, schemas: WriterSchemas | None, rules: SourceRules) -> Adapter:
    """Make the adapter of that name: "native", "cloudevents", or "webhook", which reads what the web server wrote.

    `schemas` is where writer schemas are found; None if there is no registry. Raises ValueError, listing the known.
    """
    if name == WebhookAdapter.name:
        return WebhookAdapter(lambda source: _source(source, schemas, rules))
    return _source(name, schemas, rules)


def _source(name: str, schemas: WriterSchemas | None, rules: SourceRules) -> Adapter:
    if name not in _SOURCES:
        known = ", ".join(sorted([*_SOURCES, WebhookAdapter.name]))
        raise ValueError(f"'{name}' is no adapter. Known: {known}")
    return _SOURCES[name](schemas, rules)
