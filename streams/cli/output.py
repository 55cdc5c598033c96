"""How commands print: tables for people on a terminal, plain columns elsewhere, one JSON document with --json."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from streams.observability import logs
from streams.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.settings import Need, Settings

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
"""The --json option, the same everywhere; the command gets `as_json`."""

_STYLES = {"error": "bold red", "warning": "yellow", "ok": "green", "created": "green"}


def settings_for(need: frozenset[Need]) -> Settings:
    """The settings that a command needs, with the logs set up after them. Raises SettingsError."""
    settings = load_settings(need)
    logs.configure(settings.log)
    return settings


def print_json(document: Any) -> None:
    """Print one JSON document, times as ISO 8601."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below their column names: a table with wrapped cells on a terminal, aligned lines elsewhere."""
    if sys.stdout.isatty():
        _print_rich(columns, rows)
        return
    # No cell holds the text of a stranger unescaped: a line break would make one row look like two.
    lines = [[" ".join(cell.split()) for cell in row] for row in (columns, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(columns))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _print_rich(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich import box  # noqa: PLC0415 - only for a terminal
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(*columns, box=box.SIMPLE_HEAD, header_style="bold")
    for row in rows:
        # Text, not markup: a topic or an event id may hold brackets, and escape sequences must not reach the terminal.
        table.add_row(*(Text(_printable(cell), style=_STYLES.get(cell, "")) for cell in row))
    Console().print(table)


def _printable(cell: str) -> str:
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in cell)
