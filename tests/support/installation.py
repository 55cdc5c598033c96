"""One installation of the product for one test: topics, subjects and groups of its own on the run's services."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.processes import WorkerProcess, run_command
from tests.support.topics import end_offsets, fresh

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SALT = "a-salt-of-the-tests-0123456789"
TOKEN = "a-token-of-the-tests"


@dataclass(frozen=True)
class Installation:
    """Names and settings of one installation; `set_up` makes its topics and schemas with the real commands."""

    name: str
    settings: dict[str, str]
    directory: Path

    @property
    def events(self) -> str:
        """The events topic."""
        return self.settings["CRM_INSIGHTS_TOPICS__EVENTS"]

    @property
    def insights(self) -> str:
        """The insights topic."""
        return self.settings["CRM_INSIGHTS_TOPICS__INSIGHTS"]

    @property
    def dead_letters(self) -> str:
        """The dead-letter topic."""
        return self.settings["CRM_INSIGHTS_TOPICS__DEAD_LETTERS"]

    @property
    def group(self) -> str:
        """The enrich group."""
        return self.settings["CRM_INSIGHTS_KAFKA__GROUP_ID"]

    def worker(self, number: int = 1, *arguments: str, **settings: str) -> WorkerProcess:
        """Describe a worker of this installation; nothing is started."""
        directory = self.directory / f"worker-{number}"
        directory.mkdir(exist_ok=True)
        changed = {f"CRM_INSIGHTS_{name}": value for name, value in settings.items()}
        return WorkerProcess(directory, self.settings | changed, arguments)

    def command(self, *arguments: str, stdin: str = "") -> Any:
        """Run a command with this installation's settings; it must end with 0."""
        done = run_command(*arguments, settings=self.settings, stdin=stdin)
        assert done.exit_code == 0, done.stderr + done.stdout
        return done

    def published(self) -> int:
        """How many insights its topic holds by its offsets."""
        return sum(end_offsets(self.settings["CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS"], self.insights).values())

    def set_up(self, partitions: int = 4) -> Installation:
        """Make the topics and register the schemas, as a user would."""
        self.command("topics", "create", "--partitions", str(partitions))
        self.command("schemas", "register")
        return self


def an_installation(
    directory: Path, bootstrap_servers: str, registry_url: str, llm_url: str, *, sources: dict[str, str] | None = None
) -> Installation:
    """Name a new installation on these services."""
    name = fresh("t")
    settings = {
        "KAFKA__BOOTSTRAP_SERVERS": bootstrap_servers,
        "KAFKA__GROUP_ID": name,
        "KAFKA__REPLICATION_FACTOR": "1",
        "SCHEMA_REGISTRY__URL": registry_url,
        "TOPICS__EVENTS": f"{name}.events",
        "TOPICS__INSIGHTS": f"{name}.insights",
        "TOPICS__DEAD_LETTERS": f"{name}.events.dlq",
        "TOPICS__WEBHOOKS": f"{name}.webhooks",
        "TOPICS__REFETCH": f"{name}.refetch",
        "TOPICS__SPEND": f"{name}.spend",
        "LLM__BASE_URL": llm_url,
        "LLM__API_KEY": "simulated",
        "PRIVACY__SALT": SALT,
        "WEBHOOKS__SECRETS": json.dumps({"events": [TOKEN]}),
        "SOURCES": json.dumps(sources or {}),
        "LOG__FORMAT": "json",
    }
    return Installation(name, {f"CRM_INSIGHTS_{key}": value for key, value in settings.items()}, directory)


def log_lines(worker: WorkerProcess) -> Sequence[dict[str, Any]]:
    """What a worker logged, parsed; lines that are no JSON (there should be none) as {"raw": ...}."""
    lines = []
    for line in worker.stderr.splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:
            lines.append({"raw": line})
    return lines
