"""Which adapter a record is meant for, judged by the record: for a dry run, before any setting says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from schemas.connect import ConnectReader
from schemas.errors import DataFault
from schemas.sources.debezium import is_debezium
from schemas.sources.hooks.webhook import source_of_post
from schemas.sources.hubspot import is_hubspot
from schemas.sources.saas import is_dynamics, is_freshdesk, is_intercom, is_pipedrive
from schemas.sources.salesforce import is_salesforce
from schemas.sources.voice import is_gong, is_twilio, is_zoom
from schemas.sources.zendesk import is_zendesk

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.avro.reader import WriterSchemas
    from schemas.sources.base import SourceRecord

_NATIVE: Final = "native"
_NATIVE_FIELDS: Final = frozenset({"event_id", "record_id", "entity"})


def _is_debezium(value: Any, record: SourceRecord) -> bool:
    headers = {name.lower() for name, _ in record.headers}
    if any(name.startswith("__debezium.") for name in headers) or {"id", "eventtype"} <= headers:
        return True
    return is_debezium(value)


def _is_row(value: Any, record: SourceRecord) -> bool:
    """A bare row under a key, as Connect's source connectors and flattening transformations write it."""
    return isinstance(value, Mapping) and record.key is not None and not _NATIVE_FIELDS & value.keys()


# The first that looks right wins; the last takes every row that nobody else knows.
_LOOKS: Final[tuple[tuple[str, Callable[[Any, SourceRecord], bool]], ...]] = (
    ("salesforce", lambda value, _: is_salesforce(value)),
    ("hubspot", lambda value, _: is_hubspot(value)),
    ("zendesk", lambda value, _: is_zendesk(value)),
    ("debezium", _is_debezium),
    ("pipedrive", lambda value, _: is_pipedrive(value)),
    ("dynamics", lambda value, _: is_dynamics(value)),
    ("intercom", lambda value, _: is_intercom(value)),
    ("zoom", lambda value, _: is_zoom(value)),
    ("gong", lambda value, _: is_gong(value)),
    ("twilio", lambda _, record: is_twilio(record.value)),
    ("freshdesk", lambda value, record: record.key is None and is_freshdesk(value)),
    ("debezium", _is_row),
)


async def recognised(record: SourceRecord, schemas: WriterSchemas | None) -> str:
    """Return the name of the adapter that the record looks made for; "native", which complains best, where none does.

    Raises DependencyFault where it is Avro and its schema cannot be asked for.
    """
    headers = {name: value.decode("utf-8", "replace") for name, value in record.headers if value is not None}
    posted = source_of_post(headers, record.value or b"")
    if posted != _NATIVE:
        return posted
    try:
        value = await ConnectReader(schemas).value(record.value) if record.value is not None else None
    except DataFault:
        value = None
    return next((name for name, looks in _LOOKS if looks(value, record)), _NATIVE)
