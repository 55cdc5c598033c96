"""`schemas check` and `schemas register` against a real registry."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient

from streams.cli import main

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.kafka


@pytest.fixture
def topics(registry_url: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    mark = uuid.uuid4().hex[:8]
    events, insights = f"{mark}.events", f"{mark}.insights"
    monkeypatch.setenv("CRM_INSIGHTS_SCHEMA_REGISTRY__URL", registry_url)
    monkeypatch.setenv("CRM_INSIGHTS_TOPICS__EVENTS", events)
    monkeypatch.setenv("CRM_INSIGHTS_TOPICS__INSIGHTS", insights)
    return events, insights


def run(capsys: pytest.CaptureFixture[str], arguments: Sequence[str]) -> tuple[int, Any]:
    code = main([*arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("topics")
def test_a_registry_without_our_schemas_fails_the_check(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = run(capsys, ["schemas", "check"])
    assert code == 1
    assert found["ok"] is False
    assert all(schema["remedy"] for schema in found["schemas"])


def test_registered_schemas_pass_the_check_and_hold_their_level(
    topics: tuple[str, str], registry_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    events, insights = topics
    code, registered = run(capsys, ["schemas", "register"])
    assert code == 0
    assert run(capsys, ["schemas", "check"])[0] == 0
    subjects = (f"{events}-value", f"{insights}-key", f"{insights}-value", "crm.refetch-value")
    with SchemaRegistryClient({"url": registry_url, "timeout": 10}) as client:
        held = {subject: client.get_latest_version(subject).schema_id for subject in subjects}
        level = client.get_config(f"{insights}-value")
    assert {schema["subject"]: schema["id"] for schema in registered["schemas"]} == held
    assert "FULL_TRANSITIVE" in {level.compatibility_level, level.compatibility}


@pytest.mark.usefixtures("topics")
def test_the_tables_name_the_subjects(topics: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schemas", "register"]) == 0
    assert main(["schemas", "check"]) == 0
    assert f"{topics[0]}-value" in capsys.readouterr().out


def test_an_unreachable_registry_is_one_line_with_exit_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CRM_INSIGHTS_SCHEMA_REGISTRY__URL", "http://127.0.0.1:1")
    monkeypatch.setenv("CRM_INSIGHTS_SCHEMA_REGISTRY__TIMEOUT_S", "1")
    assert main(["schemas", "check"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
