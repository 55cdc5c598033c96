"""`crm-insights doctor --sample TOPIC`: a mapping for insights.toml, proposed from records that are really there."""

from __future__ import annotations

import asyncio
import functools
import json
from collections import Counter
from contextlib import AsyncExitStack, closing
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import click

from streams.cli.output import json_option, print_json, settings_for
from streams.errors import CommandFailed
from streams.settings import COMMAND_NEEDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schemas.codec import WriterSchemas
    from schemas.sources import SourceRecord
    from schemas.sources.mapping.proposal import Proposal
    from streams.settings import Settings

# The type is told by the beginning of a value as well, and rows of megabytes need not all be kept.
_KEPT_CHARS = 2_000


@dataclass(slots=True)
class Sampled:
    """What became of the records of a sample; `failed` counts the reasons for which records cannot be read."""

    topic: str
    adapter: str = ""
    records: int = 0
    without_row: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    proposals: list[Proposal] = field(default_factory=list)


@click.command()
@click.option("--sample", "topic", required=True, metavar="TOPIC", help="The topic whose records are looked at.")
@click.option("--last", type=click.IntRange(1, 10_000), default=500, show_default=True, help="So many of the newest.")
@json_option
def doctor(*, topic: str, last: int, as_json: bool) -> None:
    """Propose what the columns of a topic's records mean, as lines for insights.toml.

    Reads the newest records, joins no consumer group and changes nothing. What is printed names columns, never values.
    """
    settings = settings_for(COMMAND_NEEDS["doctor --sample"])
    found = asyncio.run(_sample(settings, topic, last))
    if not found.records:
        raise CommandFailed(f"{topic} holds no record to look at.")
    if as_json:
        print_json(asdict(found))
        return
    for line in insights_toml(found):
        click.echo(line)
    if not found.proposals:
        raise CommandFailed(f"no record of {topic} holds a row whose columns could mean something.")


async def _sample(settings: Settings, topic: str, last: int) -> Sampled:
    from schemas.sources.mapping.proposal import propose  # noqa: PLC0415 - heavy
    from schemas.sources.mapping.sampling import SampledMappings  # noqa: PLC0415
    from streams.cli.preview import schemas_of  # noqa: PLC0415

    mappings = SampledMappings()
    found = Sampled(topic)
    records, topics = await asyncio.to_thread(_read, settings, topic, last)
    async with AsyncExitStack() as cleanup:
        await _adapt(records, found, mappings, settings, schemas_of(settings, None, cleanup))
    found.proposals = [
        propose(table, rows, _beside(topic, topics)) for table, rows in sorted(mappings.rows.items()) if rows
    ]
    return found


async def _adapt(
    records: Iterable[SourceRecord], found: Sampled, mappings: Any, settings: Settings, schemas: WriterSchemas | None
) -> None:
    from schemas.errors import DataFault, DependencyFault  # noqa: PLC0415
    from schemas.sources import SourceRules, adapter, recognised  # noqa: PLC0415
    from streams.topics.sources import SourceTopics  # noqa: PLC0415

    rules = SourceRules(mappings=mappings)
    said = SourceTopics(settings).adapter_of(found.topic)
    names: Counter[str] = Counter()
    # Kept: each parses the schemas that it meets once.
    adapter_named = functools.cache(lambda name: adapter(name, schemas, rules))
    for record in records:
        found.records += 1
        if record.value is None:
            found.without_row += 1
            continue
        before = sum(map(len, mappings.rows.values()))
        try:
            name = said or await recognised(record, schemas)
            names[name] += 1
            await adapter_named(name).adapt(record)
        except DataFault as fault:
            found.failed[f"{fault.reason}: {fault.detail}"] += 1
        except DependencyFault as fault:
            raise CommandFailed(fault.detail) from fault
        else:
            found.without_row += sum(map(len, mappings.rows.values())) == before
    # One odd record must not speak for the others.
    found.adapter = names.most_common(1)[0][0] if names else ""
    for rows in mappings.rows.values():
        rows[:] = [{name: _cut(value) for name, value in row.items()} for row in rows]


def _beside(topic: str, topics: list[str]) -> list[str]:
    """Return the topics of the same connector, whose names begin alike: a cluster may hold several CRMs' contacts."""
    return [other for other in topics if other.rpartition(".")[0] == topic.rpartition(".")[0]]


def _read(settings: Settings, topic: str, last: int) -> tuple[list[SourceRecord], list[str]]:
    from streams.topics.reader import TopicReader, source_record  # noqa: PLC0415 - Kafka's client, where it is used

    with closing(TopicReader(settings.kafka, topic)) as reader:
        return [source_record(message) for message in reader.newest(last)], reader.topics()


def _cut(value: Any) -> Any:
    return value[:_KEPT_CHARS] if isinstance(value, str) and not value.lstrip().startswith("[") else value


# ---- as insights.toml ------------------------------------------------------------------------------------------------


def insights_toml(found: Sampled) -> Iterator[str]:
    """The lines of the proposal, ready to be put into insights.toml."""
    rows = sum(proposal.rows for proposal in found.proposals)
    yield f"# {found.topic}: {found.records} records, of which {rows} hold a row and {found.without_row} none."
    for reason, count in found.failed.most_common():
        yield f"# {count} cannot be read: {_one_line(reason)}"
    if any(reason.startswith("no_identity") for reason in found.failed):
        yield '# Name the columns that identify a row: record_id = ["..."]'
    yield ""
    yield "[sources]"
    yield f"{_toml(found.topic)} = {_toml(found.adapter)}"
    for proposal in found.proposals:
        yield from _table(proposal)


def _table(proposal: Proposal) -> Iterator[str]:
    yield ""
    yield f"[mappings.{_toml(proposal.table)}]        # {proposal.rows} rows; entity {_one_line(proposal.entity)}"
    for key, value in proposal.keys.items():
        yield f"# {_one_line(proposal.reasons[key])}"
        yield f"{key} = {_toml(value)}"
    for key, value, reason in proposal.possible:
        yield f"# {key} = {_toml(value)}        {_one_line(reason)}"
    if proposal.fields:
        yield "# Fields (the model reads what says something, no ids or times of changes; `ignore` leaves one out):"
        yield f"# {_one_line(', '.join(proposal.fields))}"


def _toml(value: Any) -> str:
    """As a TOML value: JSON's texts are TOML's basic strings, but for pairs of surrogates."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml(name)} = {_toml(one)}" for name, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _one_line(text: str) -> str:
    """For a comment, which a line break in a column's name would end."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
