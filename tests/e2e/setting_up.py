"""Starts the pipeline as the documentation tells a user to: its files, and its blocks of code as they stand there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg.rows import dict_row

from tests.e2e.pipeline import SINK, SOURCE, Pipeline
from tests.support.connect.postgres import DATABASE, PASSWORD, USER, PostgresServer
from tests.support.connect.worker import ConnectWorker
from tests.support.installation import SALT, Installation
from tests.support.processes import clean_environ
from tests.support.simulator import LlmSimulator
from tests.support.supervision import HOST

if TYPE_CHECKING:
    from contextlib import ExitStack

    from tests.support.connect.files import ConnectFiles

ROOT = Path(__file__).parents[2]
SINKS = ROOT / "docs" / "sinks.md"

# Each test's texts hold a word of its own, by which the simulator counts what was paid for them.
MARKER = "case-[a-z0-9-]+"


def start_pipeline(
    stack: ExitStack, directory: Path, files: ConnectFiles, bootstrap_servers: str, registry_url: str
) -> Pipeline:
    """Start all that is not given; `stack` stops it."""
    database = PostgresServer(files, directory)
    stack.callback(database.close)
    database.start()
    crm = stack.enter_context(psycopg.connect(database.url, autocommit=True, row_factory=dict_row))
    crm.execute(Path(__file__).with_name("crm.sql").read_bytes())
    crm.execute((ROOT / "deploy" / "connect" / "crm_insights.sql").read_bytes())
    crm.execute(block(SINKS, "write-back", "sql").encode())

    connect = ConnectWorker(files, directory, bootstrap_servers, _variables(database, registry_url))
    stack.callback(connect.close)
    connect.start()
    simulator = LlmSimulator(directory, "--marker", MARKER)
    stack.callback(simulator.close)
    simulator.start()

    installation = _installation(directory, bootstrap_servers, registry_url, simulator.base_url).set_up()
    installation.settings.update(_run_readme(connect.url))
    for connector in (SOURCE, SINK):
        connect.wait_running(connector)
    worker = installation.worker()
    stack.callback(worker.close)
    worker.start()
    return Pipeline(crm, connect, worker, installation, simulator)


def block(page: Path, name: str, language: str) -> str:
    """The block of code below the comment that begins with `name`."""
    found = re.search(rf"<!-- {name}:.*?```{language}\n(.*?)\n *```", page.read_text("utf-8"), re.DOTALL)
    assert found is not None, f"{page.name} has no block {name}"
    return re.sub(r"^  ", "", found[1], flags=re.MULTILINE) if "\n  ```" in found[0] else found[1]


def _installation(directory: Path, bootstrap_servers: str, registry_url: str, llm_url: str) -> Installation:
    """The topics have their own names here: the connectors' files name them, and the broker is this run's alone."""
    config = directory / "insights.toml"
    config.write_text(block(SINKS, "write-back settings", "toml"), "utf-8")
    settings = {
        "CONFIG": str(config),
        "KAFKA__BOOTSTRAP_SERVERS": bootstrap_servers,
        "KAFKA__REPLICATION_FACTOR": "1",
        "SCHEMA_REGISTRY__URL": registry_url,
        "TOPICS__EVENTS": "crm.events",
        "TOPICS__INSIGHTS": "crm.insights",
        "LLM__BASE_URL": llm_url,
        "LLM__API_KEY": "simulated",
        "PRIVACY__SALT": SALT,
        "LOG__FORMAT": "json",
        # What is read must not depend on whether a row was logged or read from the table.
        "SNAPSHOT": "read_changed",
    }
    return Installation("e2e", {f"CRM_INSIGHTS_{name}": value for name, value in settings.items()}, directory)


def _variables(database: PostgresServer, registry_url: str) -> dict[str, str]:
    """What the connectors' files read from the environment of Kafka Connect."""
    return {
        "CRM_DATABASE_HOST": HOST,
        "CRM_DATABASE_PORT": str(database.port),
        "CRM_DATABASE_USER": USER,
        "CRM_DATABASE_PASSWORD": PASSWORD,
        "CRM_DATABASE_NAME": DATABASE,
        "APICURIO_URL": registry_url.replace("/apis/ccompat/v7", "/apis/registry/v2"),
    }


def _run_readme(connect_url: str) -> dict[str, str]:
    """Run the README's block but for its last line, the worker, and answer the settings that it exports."""
    *lines, last = block(ROOT / "README.md", "postgresql", "sh").splitlines()
    assert last == "crm-insights worker"
    script = "\n".join(lines)
    done = subprocess.run(
        ["sh", "-euc", f"{{ {script}\n}} >&2; env -0"],
        cwd=ROOT,
        env=clean_environ({"CONNECT_URL": connect_url}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    exported = (line.partition("=") for line in done.stdout.split("\0"))
    return {name: value for name, _, value in exported if name.startswith("CRM_INSIGHTS_")}
