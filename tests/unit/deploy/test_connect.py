"""deploy/connect: connectors, table and image belong together, and docs/sinks.md tells of what is there."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from tests.support.connect.files import CONNECT_POM, POSTGRES_POM
from tests.support.connect.worker import MAIN_CLASS
from tests.support.jars import POM
from tests.unit.deploy.test_compose import SERVICES, environment

ROOT = Path(__file__).parents[3]
CONNECT = ROOT / "deploy" / "connect"
SINKS = (ROOT / "docs" / "sinks.md").read_text("utf-8")
FIELDS: list[dict[str, Any]] = json.loads((ROOT / "schemas" / "avro" / "crm_insight.avsc").read_text("utf-8"))["fields"]
CONNECTORS = ("crm-source", "insights-sink")

# What a column must be so that the sink can write the field there.
COLUMN_TYPES = {
    "string": "text",
    "long": "bigint",
    "double": "double precision",
    "boolean": "boolean",
    "timestamp-millis": "timestamptz",
    "array": "text[]",
}


def connector(name: str) -> dict[str, str]:
    config: dict[str, str] = json.loads((CONNECT / f"{name}.json").read_text("utf-8"))
    return config


def properties(pom: Path) -> dict[str, str]:
    found = ET.parse(pom).getroot().find("{*}properties")
    assert found is not None
    return {entry.tag.rpartition("}")[2]: entry.text or "" for entry in found}


def column_of(field: dict[str, Any]) -> str:
    """The column of a field as the table should have it."""
    nullable = isinstance(field["type"], list)
    kind = next(one for one in field["type"] if one != "null") if nullable else field["type"]
    name = kind if isinstance(kind, str) else kind.get("logicalType", kind["type"])
    told = "jsonb" if field["name"] == "answer_json" else COLUMN_TYPES[name]
    if field["name"] == "event_id":
        return f"event_id {told} PRIMARY KEY"
    return f"{field['name']} {told}" + ("" if nullable else " NOT NULL")


def test_the_table_has_a_column_for_each_field_of_an_insight_and_one_for_its_writer() -> None:
    table = (CONNECT / "crm_insights.sql").read_text("utf-8").partition("CREATE TABLE crm_insights (\n")[2]
    columns = re.findall(r"^ {4}(?!--)(.+?),?$", table.partition("\n);")[0], re.MULTILINE)

    assert columns == [*(column_of(field) for field in FIELDS), "written_by text"]


def test_the_sink_names_itself_as_the_readme_says() -> None:
    marker = connector("insights-sink")["transforms.mark.static.value"]

    readme = (ROOT / "README.md").read_text("utf-8")
    assert f"CRM_INSIGHTS_OWN_IDS='[\"{marker}\"]'" in readme


@pytest.mark.parametrize("name", CONNECTORS)
def test_a_connectors_file_holds_no_address_and_no_password(name: str) -> None:
    values = [value for key, value in connector(name).items() if re.search("password|user|host|url", key)]

    assert values
    assert all("${env:" in value for value in values)


@pytest.mark.parametrize("name", CONNECTORS)
def test_what_a_connector_reads_from_the_environment_compose_gives(name: str) -> None:
    read = set(re.findall(r"\$\{env:(\w+)\}", json.dumps(connector(name))))

    assert read <= environment("connect").keys()


def test_what_the_worker_reads_from_the_environment_compose_gives() -> None:
    read = set(
        re.findall(r"^[^#\n]*\$\{env:(\w+)\}", (CONNECT / "connect.properties").read_text("utf-8"), re.MULTILINE)
    )

    assert read
    assert read <= environment("connect").keys()


def test_connect_has_the_version_of_the_broker() -> None:
    for name in ("kafka.version", "log4j.version"):
        assert properties(CONNECT_POM)[name] == properties(POM)[name]


def test_the_tests_run_composes_postgresql() -> None:
    major = properties(POSTGRES_POM)["postgres.version"].partition(".")[0]

    assert SERVICES["crm-database"]["image"] == f"postgres:{major}-alpine"


def test_the_image_is_made_of_what_the_tests_run() -> None:
    dockerfile = (CONNECT / "Dockerfile").read_text("utf-8")
    copied = re.findall(r"^COPY (?!--from)(\S+) \S+$", dockerfile, re.MULTILINE)

    assert sorted(copied) == ["classpath", "connect.properties", "pom.xml"]
    assert all((CONNECT / name).exists() for name in copied)
    assert f'"classpath:libs/*", \\\n    "{MAIN_CLASS}", "connect.properties"]' in dockerfile


def test_each_setting_that_the_page_explains_is_set() -> None:
    explained = re.findall(
        r"^\| `([a-z.]+)[^|]* \|[^|]*\|$", SINKS.partition("What the settings are for")[2], re.MULTILINE
    )
    known = {name for one in CONNECTORS for name in connector(one)} | {"transforms.mark"}

    assert len(explained) == 10
    assert set(explained) <= known


def test_the_requests_of_the_page_are_made_of_fields_of_an_insight() -> None:
    requests = re.findall(r"```http\n(.*?)```", SINKS, re.DOTALL)
    named = {name for request in requests for name in re.findall(r"\$\{(\w+)\}", request)}

    assert len(requests) == 2
    assert {"event_id", "record_id", "executive_summary"} <= named <= {field["name"] for field in FIELDS}


def test_the_bodies_of_the_page_are_json_when_they_are_filled_in() -> None:
    for request in re.findall(r"```http\n(.*?)```", SINKS, re.DOTALL):
        body = request.partition("\n\n")[2]
        assert json.loads(re.sub(r"\$\{\w+\}", "0.5", body))


def test_the_pages_transformations_name_fields_of_an_insight() -> None:
    (block,) = re.findall(r"```json\n(.*?)```", SINKS, re.DOTALL)
    config = json.loads(block)
    kept = config["transforms.only.include"].split(",")

    assert set(kept) <= {field["name"] for field in FIELDS}
    assert [pair.partition(":")[0] for pair in config["transforms.names.renames"].split(",")] == kept
