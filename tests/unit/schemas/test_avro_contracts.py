"""The Avro contracts keep what connectors, readers and later versions rely on."""

from __future__ import annotations

from typing import Any

import fastavro
import msgspec
import pytest

from schemas.avro import event_schema, insight_key_schema, insight_schema, refetch_schema
from schemas.events import CrmEvent, Identifier, Lane, Message, Operation
from schemas.insights import CrmInsight
from schemas.refetch import Refetch

ALL = [event_schema, insight_schema, insight_key_schema, refetch_schema]
NULLABLE_TEXTS = ["null", {"type": "array", "items": "string"}]
TIME = {"type": "long", "logicalType": "timestamp-millis"}
# What connectors' databases reserve (PostgreSQL, MySQL, SQL Server, Oracle), as far as a CRM field might be called so.
RESERVED = {"order", "group", "user", "table", "column", "select", "from", "to", "end", "date", "desc", "key", "index"}


def fields_of(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {field["name"]: field for field in schema["fields"]}


@pytest.mark.parametrize("schema", ALL)
def test_every_contract_parses(schema: Any) -> None:
    fastavro.parse_schema(schema())


@pytest.mark.parametrize("schema", ALL)
def test_every_field_and_type_says_what_it_means(schema: Any) -> None:
    def undocumented(node: Any, path: str) -> list[str]:
        if isinstance(node, list):
            return [hit for branch in node for hit in undocumented(branch, path)]
        if not isinstance(node, dict):
            return []
        missing = [path] if node.get("type") in ("record", "enum") and not node.get("doc") else []
        for field in node.get("fields", []):
            here = f"{path}.{field['name']}"
            missing += ([] if field.get("doc") else [here]) + undocumented(field["type"], here)
        return missing + undocumented(node.get("items"), path) + undocumented(node.get("values"), path)

    assert undocumented(schema(), "") == []


def test_the_contracts_are_named_as_connectors_address_them() -> None:
    names = [(schema()["namespace"], schema()["name"]) for schema in ALL]
    assert names == [
        ("crm.events", "CrmEvent"),
        ("crm.insights", "CrmInsight"),
        ("crm.insights", "CrmInsightKey"),
        ("crm.events", "CrmRefetch"),
    ]


def test_the_structs_mirror_the_contracts_field_by_field() -> None:
    assert list(fields_of(event_schema())) == list(CrmEvent.__struct_fields__)
    assert list(fields_of(insight_schema())) == list(CrmInsight.__struct_fields__)
    assert list(fields_of(refetch_schema())) == list(Refetch.__struct_fields__)
    event = fields_of(event_schema())
    assert list(fields_of(event["messages"]["type"]["items"])) == list(Message.__struct_fields__)
    assert list(fields_of(event["identifiers"]["type"]["items"])) == list(Identifier.__struct_fields__)
    assert event["operation"]["type"]["symbols"] == list(Operation)
    assert event["lane"]["type"]["symbols"] == list(Lane)


@pytest.mark.parametrize(("struct", "schema"), [(CrmEvent, event_schema), (CrmInsight, insight_schema)])
def test_the_structs_have_the_defaults_of_the_contracts(struct: Any, schema: Any) -> None:
    for field in msgspec.structs.fields(struct):
        declared = fields_of(schema())[field.name]
        if field.required:
            assert "default" not in declared
        else:
            default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
            assert declared["default"] == msgspec.to_builtins(default) or declared["default"] == list(default)


def test_an_event_needs_only_what_stands_up_to_its_time() -> None:
    names = list(fields_of(event_schema()))
    after = names[names.index("occurred_at") + 1 :]
    assert [name for name in after if "default" not in fields_of(event_schema())[name]] == []


def test_enums_have_a_default_symbol_so_that_old_readers_survive_new_symbols() -> None:
    event = fields_of(event_schema())
    assert event["operation"]["type"]["default"] == event["operation"]["default"] == "UPDATE"
    assert event["lane"]["type"]["default"] == event["lane"]["default"] == "REALTIME"


def test_an_insight_is_flat_and_holds_only_types_that_a_jdbc_sink_makes_columns_of() -> None:
    accepted = ["string", "long", "double", "boolean", TIME, NULLABLE_TEXTS]
    accepted += [["null", scalar] for scalar in ("string", "long", "double", "boolean")]
    assert [name for name, field in fields_of(insight_schema()).items() if field["type"] not in accepted] == []


def test_lists_of_an_insight_default_to_null_because_the_sink_fails_on_empty_arrays() -> None:
    lists = [field for field in fields_of(insight_schema()).values() if "array" in str(field["type"])]
    assert [field["name"] for field in lists] == ["action_items", "mentioned_competitors"]
    assert [field["default"] for field in lists] == [None, None]


def test_columns_of_an_insight_are_lower_snake_case_and_not_reserved() -> None:
    names = list(fields_of(insight_schema()))
    assert [name for name in names if name != name.lower() or name in RESERVED] == []


def test_the_key_is_a_record_of_the_event_id_alone() -> None:
    assert {name: field["type"] for name, field in fields_of(insight_key_schema()).items()} == {"event_id": "string"}
