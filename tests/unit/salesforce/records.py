"""Records of Salesforce's events for the tests: samples, and made ones in JSON and in Avro."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fastavro

from schemas.codec import StaticSchemas
from schemas.events import CrmEvent
from schemas.outcomes import Skipped
from schemas.refetch import Refetch
from schemas.sources import Mappings, SourceRecord, SourceRules, TableMapping, adapter

if TYPE_CHECKING:
    from schemas.sources import Adapted

SAMPLES = Path(__file__).parent / "samples"
SAMPLE_NAMES = sorted(path.stem for path in SAMPLES.glob("*.json"))
COMMITTED_MS = 1764032400000

HEADER_SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "ChangeEventHeader",
    "fields": [
        {"name": "entityName", "type": "string"},
        {"name": "recordIds", "type": {"type": "array", "items": "string"}},
        {
            "name": "changeType",
            "type": {
                "type": "enum",
                "name": "ChangeType",
                "symbols": ["CREATE", "UPDATE", "DELETE", "UNDELETE", "GAP_CREATE", "GAP_UPDATE", "GAP_DELETE",
                            "GAP_UNDELETE", "GAP_OVERFLOW", "SNAPSHOT"],
            },
        },
        {"name": "changeOrigin", "type": "string"},
        {"name": "transactionKey", "type": "string"},
        {"name": "sequenceNumber", "type": "int"},
        {"name": "commitTimestamp", "type": "long"},
        {"name": "commitNumber", "type": "long"},
        {"name": "commitUser", "type": "string"},
        {"name": "nulledFields", "type": {"type": "array", "items": "string"}},
        {"name": "diffFields", "type": {"type": "array", "items": "string"}},
        {"name": "changedFields", "type": {"type": "array", "items": "string"}},
    ],
}  # fmt: skip


def _field(name: str, field_type: Any = "string") -> dict[str, Any]:
    branches = field_type if isinstance(field_type, list) else [field_type]
    return {"name": name, "type": ["null", *branches], "default": None}


def a_record_type(name: str, *fields: str) -> dict[str, Any]:
    """A compound field's type."""
    return {"type": "record", "name": name, "fields": [_field(field) for field in fields]}


def a_schema(object_name: str = "Contact", **types: Any) -> dict[str, Any]:
    """The schema of an object's change events; each field may be null, as Salesforce has it."""
    return {
        "type": "record",
        "name": f"{object_name}ChangeEvent",
        "namespace": "com.sforce.eventbus",
        "fields": [
            {"name": "ChangeEventHeader", "type": HEADER_SCHEMA},
            *(_field(name, field_type) for name, field_type in types.items()),
        ],
    }


CONTACT = a_schema(
    Name=["string", a_record_type("Switchable_PersonName", "Salutation", "FirstName", "LastName")],
    AccountId="string",
    Phone="string",
    MailingAddress=a_record_type("Address", "Street", "City", "State"),
    OtherAddress="Address",
    Fax="string",
    Email="string",
    LastModifiedDate="long",
)
CASE = a_schema("Case", Subject="string", Description="string", Status="string", LastModifiedDate="long")


def a_header(**parts: Any) -> dict[str, Any]:
    """The header of an update; `parts` replace what it holds, None leaves it out."""
    header = {
        "entityName": "Case",
        "recordIds": ["500Ax00000AAAA1IAB"],
        "changeType": "UPDATE",
        "changeOrigin": "com/salesforce/api/rest/61.0;client=SalesApp",
        "transactionKey": "0004a1d2-77aa-91c0-5b33-0c1de0aa4f10",
        "sequenceNumber": 1,
        "commitTimestamp": COMMITTED_MS,
        "commitNumber": 11900230112233,
        "commitUser": "005Ax000000hUserIAU",
        "nulledFields": [],
        "diffFields": [],
        "changedFields": ["Subject", "LastModifiedDate"],
    }
    return {name: value for name, value in (header | parts).items() if value is not None}


def a_change(body: dict[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
    """A change event as JSON, as the bus has it."""
    return {"ChangeEventHeader": a_header(**parts)} | ({"Subject": "Refund"} if body is None else body)


def flat(event: dict[str, Any], **columns: Any) -> dict[str, Any]:
    """The event as Confluent's connector writes it: no lists of nulled fields and diffs, and columns of its own."""
    header = {k: v for k, v in event["ChangeEventHeader"].items() if k not in ("nulledFields", "diffFields")}
    body = {name: value for name, value in event.items() if name != "ChangeEventHeader"}
    own = {"_ObjectType": f"{header['entityName']}ChangeEvent", "_EventType": "kL9x2mQpR4sT6uV8wX0yZA"}
    return {"Id": header["recordIds"][0], "ReplayId": "2093801", "ChangeEventHeader": header} | body | columns | own


def a_record(value: Any, *, topic: str = "sfdc.cdc", **at: int) -> SourceRecord:
    """A record in JSON; bytes and None are taken as they are."""
    data = value if value is None or isinstance(value, bytes) else json.dumps(value).encode()
    return SourceRecord(topic, at.get("partition", 0), at.get("offset", 0), at.get("timestamp_ms", 5), None, data, ())


def framed(event: dict[str, Any], schema: dict[str, Any] = CONTACT, schema_id: int = 7) -> bytes:
    """The event in Avro in Confluent's wire format; fields that are not given are null."""
    stream = io.BytesIO()
    whole = {field["name"]: event.get(field["name"]) for field in schema["fields"]}
    fastavro.schemaless_writer(stream, fastavro.parse_schema(schema), whole)
    return b"\x00" + schema_id.to_bytes(4, "big") + stream.getvalue()


def rules(*own_ids: str, **tables: TableMapping) -> SourceRules:
    return SourceRules(own_ids=frozenset(own_ids), mappings=Mappings(tables))


async def adapted(value: Any, said: SourceRules | None = None, **schemas: dict[str, Any]) -> Adapted:
    """What becomes of a record; `schemas` are named by their ids behind an `s`: s7=CONTACT."""
    known = StaticSchemas({int(name[1:]): schema for name, schema in schemas.items()}) if schemas else None
    record = value if isinstance(value, SourceRecord) else a_record(value)
    return await adapter("salesforce", known, said or SourceRules()).adapt(record)


async def the_event(value: Any, said: SourceRules | None = None, **schemas: dict[str, Any]) -> CrmEvent:
    (item,) = await adapted(value, said, **schemas)
    assert isinstance(item, CrmEvent), item
    return item


async def the_skip(value: Any, said: SourceRules | None = None) -> Skipped:
    (item,) = await adapted(value, said)
    assert isinstance(item, Skipped), item
    return item


async def the_request(value: Any, said: SourceRules | None = None) -> Refetch:
    (item,) = await adapted(value, said)
    assert isinstance(item, Refetch), item
    return item


def sample(name: str) -> dict[str, Any]:
    """A sample as the record that `preview` reads."""
    value = json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))
    return value if "topic" in value else {"topic": "sfdc", "key": None, "value": value}
