"""A request to fetch a record is written in Avro for whoever can fetch, and shown as JSON."""

from __future__ import annotations

import io

import fastavro

from schemas.avro import refetch_schema
from schemas.codec import RefetchWriter, split_frame
from schemas.event_json import refetch_to_json
from schemas.refetch import Refetch, RefetchReason

REQUEST = Refetch(
    request_id="sf-1",
    source="salesforce/acme",
    tenant="a/b",
    entity="Case",
    record_id="500B1",
    reason=RefetchReason.GAP,
    occurred_at=1764032400123,
    attributes={"change": "UPDATE"},
)


def test_a_request_is_read_back_by_any_reader_of_the_contract() -> None:
    schema_id, body = split_frame(RefetchWriter(9).write(REQUEST))
    read = fastavro.schemaless_reader(io.BytesIO(body), fastavro.parse_schema(refetch_schema()), None)
    assert schema_id == 9
    assert isinstance(read, dict)
    assert (read["request_id"], read["reason"], read["url"]) == ("sf-1", "gap", None)
    assert read["occurred_at"].isoformat() == "2025-11-25T01:00:00.123000+00:00"


def test_its_key_is_that_of_the_record_s_events() -> None:
    assert REQUEST.key == b"a%2Fb/Case/500B1"


def test_every_reason_is_described_in_the_contract() -> None:
    (doc,) = [field["doc"] for field in refetch_schema()["fields"] if field["name"] == "reason"]
    assert all(f"{reason}:" in doc for reason in RefetchReason)


def test_as_json_its_time_is_in_iso_8601() -> None:
    shown = refetch_to_json(REQUEST)
    assert (shown["occurred_at"], shown["reason"], shown["record_id"]) == ("2025-11-25T01:00:00.123Z", "gap", "500B1")


def test_its_representation_holds_its_id_only() -> None:
    assert repr(REQUEST) == "<Refetch 'sf-1'>"
