"""`crm-insights topics create|check`."""

from __future__ import annotations

import click

from streams.cli.output import json_option, print_json, print_table, settings_for
from streams.settings import COMMAND_NEEDS
from streams.topics import DEFAULT_PARTITIONS, Severity
from streams.topics.admin import Creation, TopicAdmin


@click.group()
def topics() -> None:
    """Create or check the Kafka topics."""


@topics.command()
@click.option(
    "--partitions",
    type=click.IntRange(1, 10_000),
    help=f"Partitions of the events topic and of all that follow it (default {DEFAULT_PARTITIONS}, or as it has). They "
    "bound the number of workers and cannot grow later.",
)
@json_option
def create(*, partitions: int | None, as_json: bool) -> None:
    """Make the topics that are missing, as they must be; those that exist are left as they are."""
    made = TopicAdmin(settings_for(COMMAND_NEEDS["topics"])).create(partitions)
    if as_json:
        print_json({"topics": [{"topic": t.name, "result": t.creation, "partitions": t.partitions} for t in made]})
        return
    print_table(["topic", "result", "partitions"], [[t.name, t.creation, str(t.partitions)] for t in made])
    if any(topic.creation is Creation.EXISTED for topic in made):
        click.echo("`crm-insights topics check` tells whether those that existed are as they must be.")


@topics.command()
@json_option
def check(*, as_json: bool) -> int:
    """Compare the topics with what they must be; exit 1 if a worker would refuse to start."""
    settings = settings_for(COMMAND_NEEDS["topics"])
    findings = TopicAdmin(settings).check()
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    if as_json:
        rows = [{"severity": f.severity, "topic": f.topic, "problem": f.problem, "remedy": f.remedy} for f in findings]
        print_json({"ok": errors == 0, "findings": rows})
    elif findings:
        rows_of_text = [[f.severity, f.topic, f.problem, f.remedy] for f in findings]
        print_table(["severity", "topic", "problem", "remedy"], rows_of_text)
    else:
        click.echo("All topics are as they must be.")
    return 1 if errors else 0
