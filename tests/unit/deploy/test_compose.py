"""docker-compose.yml: valid, complete, and set up as the services that the tests run on."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from streams.settings import WORKER, load_settings
from streams.settings.catalogue import catalogue
from streams.worker.process import DRAIN_BOUND_S
from tests.support.jars import POM
from tests.support.kafka import SHARED_SETTINGS

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
SCHEMA = json.loads((Path(__file__).parent / "compose-spec.json").read_text("utf-8"))

# ${NAME}, ${NAME:-default}, ${NAME:?message}; not $${...}, which stands for a dollar sign.
INTERPOLATION = re.compile(r"(?<!\$)\$\{(?P<name>\w+)(?::(?P<operator>[-?])(?P<text>[^}]*))?\}")


def env_example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    pairs = (line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return {name: value.removeprefix("'").removesuffix("'") for name, value in pairs}


def environment(service: str) -> dict[str, str]:
    """The service's variables as Compose resolves them with .env.example as .env."""
    given = env_example()

    def value(match: re.Match[str]) -> str:
        return given.get(match["name"]) or ((match["text"] or "") if match["operator"] == "-" else "")

    raw: dict[str, str] = SERVICES[service].get("environment", {})
    from_file = given if ".env" in SERVICES[service].get("env_file", ()) else {}
    return from_file | {name: INTERPOLATION.sub(value, text) for name, text in raw.items()}


def versions() -> dict[str, str]:
    """The versions that the tests run, from the POM's properties."""
    properties = ET.parse(POM).getroot().find("properties")
    assert properties is not None
    return {entry.tag: entry.text or "" for entry in properties}


def test_the_file_is_valid_by_the_compose_specification() -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(COMPOSE)


def test_a_misspelt_key_would_be_found() -> None:
    broken = copy.deepcopy(COMPOSE)
    broken["services"]["worker"]["helthcheck"] = {}

    with pytest.raises(jsonschema.ValidationError, match="helthcheck"):
        jsonschema.Draft202012Validator(SCHEMA).validate(broken)


def test_every_service_that_is_waited_for_is_there_and_has_what_is_waited_for() -> None:
    for service in SERVICES.values():
        wanted = service.get("depends_on", {})
        for name, condition in wanted.items() if isinstance(wanted, dict) else ((name, {}) for name in wanted):
            assert name in SERVICES
            if condition.get("condition") == "service_healthy":
                assert "test" in SERVICES[name]["healthcheck"]


def test_every_path_that_is_mounted_exists() -> None:
    mounts = [mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])]

    for source in mounts:
        assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"], source


def test_every_volume_is_used() -> None:
    mounts = {mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}

    assert set(COMPOSE["volumes"]) <= mounts


def test_every_variable_of_ours_is_a_setting() -> None:
    known = {setting.variable for setting in catalogue()}
    used = {name for service in SERVICES for name in environment(service) if name.startswith("CRM_INSIGHTS_")}

    assert used - known == set()


def test_env_example_holds_exactly_the_variables_that_are_read() -> None:
    read = {match["name"] for match in INTERPOLATION.finditer((ROOT / "docker-compose.yml").read_text("utf-8"))}

    known = {setting.variable for setting in catalogue()}
    # Compose itself reads COMPOSE_PROFILES, the worker its settings.
    assert set(env_example()) - known == read - known | {"COMPOSE_PROFILES"}


@pytest.mark.parametrize("service", ["setup", "worker"])
def test_every_setting_may_stand_in_the_env_file(service: str) -> None:
    """Listed one by one, those that were forgotten did nothing, PRIVACY__RESTORE=false among them."""
    assert SERVICES[service]["env_file"] == [".env"]


def test_env_example_can_be_read_by_a_shell_too() -> None:
    script = 'set -aeu; . ./.env.example; printf %s "$CRM_INSIGHTS_WEBHOOKS__SECRETS"'
    told = subprocess.run(["sh", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert json.loads(told) == {"events": ["only-for-a-trial-on-one-machine"]}


def test_the_worker_accepts_its_settings_as_env_example_has_them() -> None:
    settings = load_settings(WORKER, environment("worker"))

    assert settings.kafka.bootstrap_servers == "kafka:9092"
    assert settings.llm.base_url == "http://simulator:8089/v1"
    assert len(settings.webhooks.tokens) == 1


@pytest.mark.parametrize("name", ["CRM_INSIGHTS_WEB__HOST", "CRM_INSIGHTS_WEB__PORT", "CRM_INSIGHTS_STATE__DIR"])
def test_what_compose_relies_on_cannot_be_set_otherwise(name: str) -> None:
    assert SERVICES["worker"]["environment"].get(name)


def test_the_worker_is_given_no_password_of_another_service() -> None:
    others = {name for name in env_example() if "PASSWORD" in name and not name.startswith("CRM_INSIGHTS_")}
    assert others
    assert [environment("worker")[name] for name in others] == [""] * len(others)


def test_the_worker_has_longer_to_leave_than_its_drain_takes() -> None:
    assert int(SERVICES["worker"]["stop_grace_period"].removesuffix("s")) >= DRAIN_BOUND_S + 20


def test_the_broker_is_set_up_as_the_one_that_the_tests_use() -> None:
    names = {name: "KAFKA_" + name.replace(".", "_").upper() for name in SHARED_SETTINGS}

    assert {name: environment("kafka")[variable] for name, variable in names.items()} == dict(SHARED_SETTINGS)


def test_broker_and_registry_have_the_versions_that_the_tests_use() -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{versions()['kafka.version']}"
    assert SERVICES["registry"]["image"] == f"apicurio/apicurio-registry:{versions()['apicurio.version']}"


def test_the_registry_keeps_its_ids_over_a_restart() -> None:
    assert environment("registry")["APICURIO_STORAGE_KIND"] == "sql"
    assert SERVICES["registry-database"]["volumes"]


def test_nothing_is_published_beyond_this_machine() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


@pytest.mark.parametrize("service", ["setup", "worker", "simulator"])
def test_our_containers_write_to_their_volumes_only_and_hold_no_privilege(service: str) -> None:
    assert SERVICES[service]["read_only"] is True
    assert SERVICES[service]["cap_drop"] == ["ALL"]
    assert SERVICES[service]["security_opt"] == ["no-new-privileges:true"]


def test_the_state_directory_of_the_worker_is_a_volume() -> None:
    assert f"worker-state:{environment('worker')['CRM_INSIGHTS_STATE__DIR']}" in SERVICES["worker"]["volumes"]


def test_the_image_runs_as_a_numbered_user_and_has_a_health_check() -> None:
    last_stage = (ROOT / "Dockerfile").read_text("utf-8").rpartition("\nFROM ")[2]

    assert re.search(r"^USER [1-9][0-9]*:[1-9][0-9]*$", last_stage, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK .*\n.*/healthz", last_stage, re.MULTILINE)


def test_what_the_image_copies_is_let_into_the_build() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}

    sources = {source for line in copied for source in line.split()}
    assert sources == let_in
    assert all((ROOT / source).exists() for source in sources)
