"""`crm-insights forecast`: what events will cost before they are read."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from streams.cli.output import json_option, print_json, print_table, settings_for
from streams.errors import CommandFailed
from streams.settings import COMMAND_NEEDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from processors.llm.forecast import Forecast, Traffic
    from schemas.sources import SourceRecord
    from streams.settings import Settings
    from streams.settings.model import TopicNames

_OUTPUT_TOKENS = 200


@dataclass(slots=True)
class Sample:
    """What a dry run over source records has found: how many events, how many of them would be read, their tokens."""

    events: int = 0
    calls: int = 0
    input_tokens: int = 0

    def add(self, outcome: Mapping[str, Any]) -> None:
        """Count one outcome of `preview`."""
        self.events += 1
        if outcome["outcome"] == "insight":
            self.calls += 1
            self.input_tokens += outcome["input_tokens"] + outcome["instruction_tokens"]


@click.command()
@click.option("--events-per-day", type=click.FloatRange(min=0), required=True, help="Change events that come in a day.")
@click.option("--input-tokens", type=click.IntRange(min=0), help="Tokens of a prompt, instructions included.")
@click.option(
    "--output-tokens",
    type=click.IntRange(min=0),
    default=_OUTPUT_TOKENS,
    show_default=True,
    help="Tokens of an answer.",
)
@click.option(
    "--cached-input-tokens",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Tokens of a prompt that the provider finds in its cache.",
)
@click.option("--model", help="Another model than LLM__MODEL.")
@click.option("--batch", is_flag=True, help="At the price of the provider's Batch API.")
@click.option(
    "--sample", type=click.File("rb"), help="Measure the prompts on a file of source records, as `preview` reads them."
)
@click.option("--topic", help="Measure the prompts on the newest records of this topic.")
@click.option("--last", type=click.IntRange(1, 100_000), default=500, show_default=True, help="So many, with --topic.")
@json_option
def forecast(  # noqa: PLR0913 - one argument for each option
    *,
    events_per_day: float,
    input_tokens: int | None,
    output_tokens: int,
    cached_input_tokens: int,
    model: str | None,
    batch: bool,
    sample: Any,
    topic: str | None,
    last: int,
    as_json: bool,
) -> None:
    """Say what change events will cost: for each event, a day, a month of 30.4 days.

    The length of a prompt is given, or measured by a dry run over a sample, which also finds how many events are read
    at all (duplicates, unchanged and stale ones cost nothing). Nothing is sent to a provider.
    """
    from processors.llm.forecast import Traffic  # noqa: PLC0415 - heavy

    if sum(given is not None for given in (input_tokens, sample, topic)) != 1:
        raise click.UsageError("Give one of --input-tokens, --sample and --topic: where a prompt's length comes from.")
    if input_tokens is not None and cached_input_tokens > input_tokens:
        raise click.UsageError("--cached-input-tokens are a part of --input-tokens and cannot be more.")
    way = "" if input_tokens is not None else " --sample" if topic is None else " --topic"
    settings = settings_for(COMMAND_NEEDS[f"forecast{way}"])
    measured = _measured(settings, sample, topic, last) if way else None
    traffic = Traffic(
        events_per_day,
        float(input_tokens or 0) if measured is None else measured.input_tokens / measured.calls,
        output_tokens,
        cached_input_tokens,
        1.0 if measured is None else measured.calls / measured.events,
        batch,
    )
    found = _forecast(settings, model or settings.llm.model, traffic)
    _print(found, traffic, measured, _rates(settings), as_json=as_json)


def _forecast(settings: Settings, model: str, traffic: Traffic) -> Forecast:
    from processors.llm.forecast import forecast as of  # noqa: PLC0415
    from streams.parts import make_prices  # noqa: PLC0415

    prices = make_prices(settings)
    try:
        return of(prices, model, traffic)
    except LookupError:
        near = prices.suggest(model) or prices.models()
        raise CommandFailed(
            f"{model} has no price. Known: {', '.join(near[:8])}, ... Add it under [models] in insights.toml."
        ) from None


def _rates(settings: Settings) -> str:
    """The exchange rates that prices are converted with; empty without any."""
    prices = settings.prices
    if prices.currency is None:
        return ""
    return ", ".join(f"1 {other} = {rate:g} {prices.currency}" for other, rate in prices.exchange_rates.items())


def _measured(settings: Settings, sample: Any, topic: str | None, last: int) -> Sample:
    records = (
        _records_of_topic(settings, topic, last) if topic is not None else _records_of_file(sample, settings.topics)
    )
    found = asyncio.run(_dry_run(settings, records))
    if not found.calls:
        raise CommandFailed(f"none of the {found.events} events of the sample would be read: no prompt to measure.")
    return found


async def _dry_run(settings: Settings, records: Iterable[SourceRecord]) -> Sample:
    from contextlib import AsyncExitStack  # noqa: PLC0415

    from streams.cli.preview import compose, schemas_of  # noqa: PLC0415

    found = Sample()
    async with AsyncExitStack() as cleanup:
        run = compose(settings, schemas_of(settings, None, cleanup), reveal=False)
        for number, record in enumerate(records, start=1):
            try:
                answer = await run.record(record)
            except CommandFailed as error:
                raise CommandFailed(f"record {number} of the sample: {error}") from error
            for outcome in answer["outcomes"]:
                found.add(outcome)
    return found


def _records_of_file(sample: Any, topics: TopicNames) -> Iterable[SourceRecord]:
    from streams.preview import json_line, source_record  # noqa: PLC0415

    count = 0
    for number, text in enumerate(sample, start=1):
        if text.strip():
            count += 1
            try:
                line = json_line(text)
            except CommandFailed as error:
                raise CommandFailed(f"line {number} of {sample.name}: {error}") from error
            try:
                yield source_record(line, topics.webhooks)
            except CommandFailed as error:
                raise CommandFailed(f"record {count} of the sample: {error}") from error


def _records_of_topic(settings: Settings, topic: str, last: int) -> Iterable[SourceRecord]:
    from streams.topics.reader import TopicReader, source_record  # noqa: PLC0415

    with closing(TopicReader(settings.kafka, topic)) as reader:
        for message in reader.newest(last):
            yield source_record(message)


def _print(found: Forecast, traffic: Traffic, measured: Sample | None, rates: str, *, as_json: bool) -> None:
    if as_json:
        sample = None if measured is None else asdict(measured)
        print_json({"forecast": asdict(found), "traffic": asdict(traffic), "sample": sample, "exchange_rates": rates})
        return
    if measured is not None:
        click.echo(
            f"Sample: {measured.events:,} events, of which {measured.calls:,} would be read, "
            f"with {measured.input_tokens / measured.calls:,.0f} tokens of prompt each."
        )
    click.echo(
        f"{found.model}: {traffic.events_per_day:,.0f} events a day, {traffic.input_tokens:,.0f} tokens of prompt and "
        f"{traffic.output_tokens:,.0f} of answer, {'Batch API' if traffic.batch else 'list'} prices in {found.currency}"
        f"{f' ({rates})' if rates else ''}."
    )
    rows = [
        ["one event", f"{found.per_event:.6f}"],
        ["a day", f"{found.per_day:,.2f}"],
        ["a month (30.4 days)", f"{found.per_month:,.2f}"],
    ]
    print_table(["", found.currency], rows)
