"""`crm-insights preview`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Protocol

import click

from streams.cli.json_lines import json_line
from streams.cli.output import settings_for
from streams.errors import CommandFailed
from streams.settings import COMMAND_NEEDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from schemas.codec import WriterSchemas
    from streams.preview import Preview
    from streams.preview.view import Line
    from streams.settings import Settings


@click.command()
@click.option("--jsonl", is_flag=True, help="Write one JSON object a line, for programs.")
@click.option(
    "--schemas",
    "schemas_file",
    type=click.File("rb"),
    help="JSON object {id: Avro schema} for framed values, in place of a registry.",
)
@click.option("--reveal", is_flag=True, help="Show originals where placeholders stand. Mind who reads the output.")
def preview(*, jsonl: bool, schemas_file: Any, reveal: bool) -> int:
    """Dry run: what the source records on standard input would become, and what would be sent for them.

    A line of input is {"topic", "key", "value", "headers"?, "partition"?, "offset"?, "timestamp"?}, with key_hex and
    value_hex for raw bytes, or {"webhook": "events", "headers", "body" or "body_base64"} for what is posted to
    /v1/events; for another web hook, the name of its adapter in place of "events". The answer has the change events,
    how each would end, the messages for the model, their tokens and the estimated cost (for 200 tokens of answer).
    State is kept over the lines. Nothing is sent to any broker or provider; a registry is asked for framed values only.
    """
    settings = settings_for(COMMAND_NEEDS["preview"])
    return asyncio.run(_preview(settings, schemas_file, _JsonLines() if jsonl else _Readable(), reveal=reveal))


async def _preview(settings: Settings, schemas_file: Any, output: _Output, *, reveal: bool) -> int:
    failed = False
    async with AsyncExitStack() as closing:
        run = compose(settings, schemas_of(settings, schemas_file, closing), reveal=reveal)
        for number, text in enumerate(sys.stdin.buffer, start=1):
            if not text.strip():
                continue
            try:
                answer = await _answer(run, text)
            except CommandFailed as error:
                failed = True
                answer = {"events": [], "outcomes": [], "error": f"line {number}: {error}"}
            output.add(number, answer)
    output.end()
    return 1 if failed else 0


async def _answer(run: Preview, text: bytes) -> dict[str, Any]:
    from streams.preview import json_line  # noqa: PLC0415 - heavy

    return await run.line(json_line(text))


class _Output(Protocol):
    def add(self, number: int, answer: Mapping[str, Any]) -> None: ...

    def end(self) -> None: ...


class _JsonLines:
    """One JSON object a line, each written when it is known."""

    def add(self, number: int, answer: Mapping[str, Any]) -> None:
        del number
        click.echo(json_line(answer), nl=False)

    def end(self) -> None:
        pass


class _Readable:
    """Text for people."""

    def __init__(self) -> None:
        self._answers = 0
        self._endings: Counter[str] = Counter()
        self._costs: Counter[str] = Counter()

    def add(self, number: int, answer: Mapping[str, Any]) -> None:
        from streams.preview.view import readable  # noqa: PLC0415 - as above

        self._answers += 1
        for outcome in answer["outcomes"]:
            self._endings[outcome["outcome"]] += 1
            if outcome.get("estimated_cost") is not None:
                self._costs[outcome["currency"]] += outcome["estimated_cost"]
        self._print(readable(number, answer))

    def end(self) -> None:
        from streams.preview.view import totals  # noqa: PLC0415

        self._print(totals(self._answers, self._costs, self._endings))

    def _print(self, lines: Iterable[Line]) -> None:
        if not sys.stdout.isatty():
            for _, text in lines:
                click.echo(text)
            return
        from rich.console import Console  # noqa: PLC0415 - only for a terminal
        from rich.text import Text  # noqa: PLC0415

        console = Console()
        for style, text in lines:
            # Text, not markup: a ticket may hold brackets.
            console.print(Text(text, style=style), soft_wrap=True)


def schemas_of(settings: Settings, schemas_file: Any, closing: AsyncExitStack) -> WriterSchemas | None:
    """Where framed values get their schemas: the file, else the registry of the settings, else nowhere."""
    from schemas.codec import StaticSchemas  # noqa: PLC0415 - heavy, and a mistake in the settings is told before

    if schemas_file is not None:
        try:
            given = json.load(schemas_file)
            parsed = {int(number): json.loads(s) if isinstance(s, str) else s for number, s in given.items()}
        except (ValueError, AttributeError, RecursionError) as error:
            raise CommandFailed(f"{schemas_file.name} is not a JSON object {{id: schema}}") from error
        return StaticSchemas(parsed)
    if settings.schema_registry.url:
        from streams.parts import make_registry  # noqa: PLC0415

        registry = make_registry(settings)
        closing.push_async_callback(registry.aclose)
        return registry
    return None


def compose(settings: Settings, schemas: WriterSchemas | None, *, reveal: bool) -> Preview:
    """Make a dry run with the parts that the worker would have."""
    from processors.tokens import tokenizer_for  # noqa: PLC0415 - heavy
    from streams.parts import make_enrichment, make_prices, make_source_rules  # noqa: PLC0415
    from streams.preview import Preview, PreviewParts  # noqa: PLC0415

    prices = make_prices(settings)
    parts = PreviewParts(
        rules=make_source_rules(settings),
        schemas=schemas,
        enrichment=make_enrichment(settings, prices),
        tokenizer=tokenizer_for(settings.llm.model),
        prices=prices,
    )
    return Preview(settings, parts, reveal=reveal)
