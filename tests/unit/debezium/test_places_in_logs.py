"""Identity by connector: the record's key and the place in the log, and nothing that differs on a second delivery."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.sources import TableMapping
from tests.unit.debezium.records import a_record, an_envelope, rules, the_event

ROW = {"id": 5012, "body": "Refund not received"}
POSITIONS: dict[str, dict[str, Any]] = {
    "postgresql": {"lsn": 990112, "txId": 7741},
    "mysql": {"server_id": 184054, "gtid": "6f1c:418", "file": "binlog.000017", "pos": 88214, "row": 0},
    "sqlserver": {"commit_lsn": "0000002a:00000e18:0006", "change_lsn": "0000002a:00000e18:0003", "event_serial_no": 2},
    "oracle": {
        "scn": "8812201",
        "commit_scn": "8812207",
        "rs_id": "0x0001af.00003c11.0010",
        "ssn": 0,
        "redo_thread": 1,
    },
}


def a_change(connector: str, *, op: Any = "u", ts_ms: Any = 1, **source: Any) -> dict[str, Any]:
    nowhere = {"lsn": None, "txId": None}
    return an_envelope(
        op, ts_ms=ts_ms, after=dict(ROW), **{**nowhere, "connector": connector, **POSITIONS[connector], **source}
    )


async def id_of(value: Any, key: Any = None, **said: Any) -> str:
    return (await the_event(a_record(value, {"id": 5012} if key is None else key, **said))).event_id


@pytest.mark.parametrize("connector", POSITIONS)
async def test_a_row_that_is_delivered_again_later_has_the_same_id(connector: str) -> None:
    first = await id_of(a_change(connector, ts_ms=1), offset=12)
    again = a_change(connector, ts_ms=999, sequence='[null,"1"]', version="3.7.0.Final")
    assert await id_of(again | {"transaction": {"id": "7741:9", "total_order": 4}}, offset=87, partition=3) == first


@pytest.mark.parametrize(
    ("connector", "field"), [(name, field) for name, fields in POSITIONS.items() for field in fields]
)
async def test_another_place_in_the_log_is_another_change(connector: str, field: str) -> None:
    moved = a_change(connector, **{field: f"{POSITIONS[connector][field]}9"})
    assert await id_of(moved) != await id_of(a_change(connector))


@pytest.mark.parametrize("connector", POSITIONS)
async def test_rows_of_one_place_are_told_apart_by_their_keys(connector: str) -> None:
    assert await id_of(a_change(connector), {"id": 31}) != await id_of(a_change(connector), {"id": 32})


@pytest.mark.parametrize("field", ["name", "db", "schema", "table"])
async def test_equal_places_of_two_databases_are_two_changes(field: str) -> None:
    assert await id_of(a_change("postgresql", **{field: "other"})) != await id_of(a_change("postgresql"))


async def test_a_number_that_is_printed_as_text_is_the_same_number() -> None:
    assert await id_of(a_change("sqlserver", event_serial_no="2")) == await id_of(a_change("sqlserver"))


async def test_a_row_of_a_snapshot_is_its_content() -> None:
    first = an_envelope("r", after=ROW, snapshot="first", lsn=880000)
    again = an_envelope("r", after=ROW, snapshot="incremental", lsn=None, txId=None)
    changed = an_envelope("r", after=ROW | {"body": "Refund received"}, snapshot="first", lsn=880000)
    assert await id_of(first) == await id_of(again)
    assert await id_of(first) != await id_of(changed)


@pytest.mark.parametrize("word", [True, "true", "first", "last_in_data_collection", "incremental"])
async def test_a_snapshot_is_told_by_a_word_or_a_truth_value(word: Any) -> None:
    event = await the_event(a_record(an_envelope("c", after=ROW, snapshot=word), {"id": 5012}))
    assert (event.operation, event.attributes["snapshot"]) == ("SNAPSHOT", str(word).lower())


async def test_an_unknown_connector_is_identified_by_commit_time_and_content() -> None:
    def informix(moment: int, body: str) -> dict[str, Any]:
        return an_envelope("u", connector="x", lsn=None, txId=None, after=ROW | {"body": body}) | {
            "source": {"connector": "x", "name": "crm", "table": "tickets", "ts_ms": moment}
        }

    assert await id_of(informix(1, "a"), offset=1) == await id_of(informix(1, "a"), offset=2)
    assert len({await id_of(informix(1, "a")), await id_of(informix(2, "a")), await id_of(informix(1, "b"))}) == 3


async def test_a_bare_row_is_identified_by_the_columns_that_the_settings_call_its_version() -> None:
    said = rules(tickets=TableMapping(version=("updated_at",)))
    values = [ROW | {"updated_at": moment} for moment in (1, 1, 2)]
    events = [
        await the_event(a_record(value, {"id": 5012}, offset=offset), said) for offset, value in enumerate(values)
    ]
    assert events[0].event_id == events[1].event_id != events[2].event_id


async def test_a_bare_row_without_any_such_word_is_identified_by_its_place_on_the_topic() -> None:
    assert await id_of(ROW, offset=1) == await id_of(ROW, offset=1)
    assert await id_of(ROW, offset=1) != await id_of(ROW, offset=2)


@pytest.mark.parametrize(
    ("key", "record_id"),
    [
        ({"id": 5012}, "5012"),
        ({"schema": {"type": "struct"}, "payload": {"id": 5012}}, "5012"),
        ({"contact_id": 1, "seq": 9}, "1/9"),
        ({"a": "x/y", "b": "50%"}, "x%2Fy/50%25"),
        ({"id": {"scale": 0, "value": "Aew="}}, "492"),
        (b"007", "007"),
        (b'"T-1"', "T-1"),
        (b"1e5", "1e5"),
    ],
)
async def test_the_key_is_the_record_id(key: Any, record_id: str) -> None:
    event = await the_event(a_record(a_change("postgresql"), key))
    assert event.record_id == record_id


async def test_without_a_key_the_id_in_the_row_is_the_record_id() -> None:
    assert (await the_event(a_record(a_change("postgresql")))).record_id == "5012"
