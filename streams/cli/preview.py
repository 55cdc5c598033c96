"""`crm-insights preview`."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

import click

from streams.cli.output import settings_for
from streams.errors import CommandFailed
from streams.settings import COMMAND_NEEDS

if TYPE_CHECKING:
    from schemas.codec import WriterSchemas
    from streams.preview import Preview
    from streams.settings import Settings


@click.command()
@click.option("--jsonl", is_flag=True, required=True, help="Read one JSON object a line, write one a line.")
@click.option(
    "--schemas",
    "schemas_file",
    type=click.File("rb"),
    help="JSON object {id: Avro schema} for framed values, in place of a registry.",
)
@click.option("--reveal", is_flag=True, help="Show originals where placeholders stand. Mind who reads the output.")
def preview(*, jsonl: bool, schemas_file: Any, reveal: bool) -> int:
    """Dry run: what the source records on standard input would become, and what would be sent for them.

    A line is {"topic", "key", "value", "headers"?, "partition"?, "offset"?, "timestamp"?}, with key_hex and value_hex
    for raw bytes, or {"webhook": source, "headers", "body" or "body_base64"}. The answer has the change events, how
    each would end, the messages for the model, their tokens and the estimated cost (for 200 tokens of answer). State
    is kept over the lines. Nothing is sent to any broker or provider; a registry is asked for framed values only.
    """
    del jsonl
    settings = settings_for(COMMAND_NEEDS["preview"])
    return asyncio.run(_preview(settings, schemas_file, reveal=reveal))


async def _preview(settings: Settings, schemas_file: Any, *, reveal: bool) -> int:
    schemas = _schemas(settings, schemas_file)
    run = _compose(settings, schemas, reveal=reveal)
    failed = False
    for number, text in enumerate(sys.stdin.buffer, start=1):
        if not text.strip():
            continue
        try:
            answer = await run.line(_object(text))
        except CommandFailed as error:
            failed = True
            answer = {"events": [], "outcomes": [], "error": f"line {number}: {error}"}
        click.echo(json.dumps(answer, ensure_ascii=False))
    if hasattr(schemas, "aclose"):
        await schemas.aclose()
    return 1 if failed else 0


def _object(text: bytes) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except ValueError as error:
        raise CommandFailed("not JSON") from error
    if not isinstance(line, dict):
        raise CommandFailed("not a JSON object")
    return line


def _schemas(settings: Settings, schemas_file: Any) -> WriterSchemas | None:
    from schemas.codec import StaticSchemas  # noqa: PLC0415 - heavy, and a mistake in the settings is told before

    if schemas_file is not None:
        try:
            given = json.load(schemas_file)
            parsed = {int(number): json.loads(s) if isinstance(s, str) else s for number, s in given.items()}
        except (ValueError, AttributeError) as error:
            raise CommandFailed(f"{schemas_file.name} is not a JSON object {{id: schema}}") from error
        return StaticSchemas(parsed)
    if settings.schema_registry.url:
        from streams.parts import make_registry  # noqa: PLC0415

        return make_registry(settings)
    return None


def _compose(settings: Settings, schemas: WriterSchemas | None, *, reveal: bool) -> Preview:
    from processors.pii import Scrubber  # noqa: PLC0415
    from processors.tokens import tokenizer_for  # noqa: PLC0415
    from schemas.sources import SourceRules  # noqa: PLC0415
    from streams.parts import make_enrichment, make_prices  # noqa: PLC0415
    from streams.preview import Preview  # noqa: PLC0415

    prices = make_prices(settings)
    return Preview(
        settings,
        SourceRules(own_ids=settings.own_ids),
        schemas=schemas,
        enrichment=make_enrichment(settings, prices),
        scrubber=Scrubber(),
        tokenizer=tokenizer_for(settings.llm.model),
        prices=prices,
        reveal=reveal,
    )
