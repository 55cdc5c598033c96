"""`crm-insights config show|check`: what is set, where it was set, and whether it is right."""

from __future__ import annotations

import click

from streams.cli.output import json_option, print_json, print_table
from streams.errors import SettingsError
from streams.settings import COMMAND_NEEDS, load_anyway, load_settings
from streams.settings.document import shown_settings


@click.group()
def config() -> None:
    """Show or check the settings."""


@config.command()
@json_option
def show(*, as_json: bool) -> int:
    """List every setting with its value and where it comes from; secrets are masked.

    What is wrong is said below, on standard error, with exit 2; what was given wrongly stands at its default.
    """
    settings, names, mistakes = load_anyway()
    shown = shown_settings(settings, names)
    if as_json:
        print_json({line.variable: {"value": line.value, "from": line.source} for line in shown})
    else:
        print_table(["setting", "value", "from"], [[line.variable, line.text, line.source] for line in shown])
    if mistakes:
        raise SettingsError(mistakes)
    return 0


@config.command()
@click.option(
    "--for",
    "command",
    type=click.Choice(sorted(COMMAND_NEEDS)),
    default="worker",
    show_default=True,
    help="The command whose needs are checked.",
)
@json_option
def check(*, command: str, as_json: bool) -> int:
    """Check all settings at once; exit 2 and list every mistake if there is one."""
    try:
        load_settings(COMMAND_NEEDS[command])
    except SettingsError as error:
        if not as_json:
            raise
        mistakes = [{"name": m.name, "problem": m.problem, "remedy": m.remedy} for m in error.mistakes]
        print_json({"ok": False, "for": command, "mistakes": mistakes})
        return 2
    if as_json:
        print_json({"ok": True, "for": command, "mistakes": []})
    else:
        click.echo(f"The settings are right for `{command}`.")
    return 0
