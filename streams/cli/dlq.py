"""`crm-insights dlq list|show|replay`: what could not become an insight, why, and back. Reading commits nothing."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from schemas.outcomes import DeadLetterReason
from streams.cli.dead_letter_log import DeadLetterLog, Letter, LetterEntry, newest
from streams.cli.output import json_option, print_json, print_table, settings_for
from streams.errors import CommandFailed
from streams.settings import COMMAND_NEEDS

if TYPE_CHECKING:
    from collections.abc import Iterator

_DURATION = re.compile(r"(?P<number>[0-9]{1,6})(?P<unit>[smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_PLACE = re.compile(r"(?P<partition>[0-9]{1,9}):(?P<offset>[0-9]{1,18})")


class Moment(click.ParamType):
    """A point in time: ISO 8601 (UTC if it names no zone), or how long ago (90s, 30m, 12h, 7d)."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it, or fail with what is accepted."""
        if isinstance(value, datetime):
            return value
        duration = _DURATION.fullmatch(value)
        if duration is not None:
            try:
                return datetime.now(UTC) - timedelta(**{_UNITS[duration["unit"]]: int(duration["number"])})
            except OverflowError:
                self.fail(f"{value!r} is neither a time nor a span: it reaches back before the calendar.", param, ctx)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is neither a time such as 2026-11-01T12:00:00Z nor a span such as 12h.", param, ctx)
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


@click.group()
def dlq() -> None:
    """Look into the dead letters, and send them back."""


@dlq.command("list")
@click.option("--reason", type=click.Choice([str(reason) for reason in DeadLetterReason]), help="Only this reason.")
@click.option("--since", type=Moment(), help="Only letters since then: a time, or a span such as 12h.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="The newest so many.")
@json_option
def list_letters(*, reason: str | None, since: datetime | None, limit: int, as_json: bool) -> None:
    """List dead letters, oldest first, one line an event; nothing of their content is shown."""
    since_ms = None if since is None else int(since.timestamp() * 1000)
    with closing(DeadLetterLog(settings_for(COMMAND_NEEDS["dlq"]))) as log:
        entries = newest((e for e in _entries(log, since_ms) if reason is None or e.reason == reason), limit)
    if as_json:
        print_json({"letters": [_as_dict(entry) for entry in entries]})
    elif not entries:
        click.echo("No dead letters.")
    else:
        print_table(["time", "reason", "stage", "from", "event id", "at", "copies"], [_row(entry) for entry in entries])


@dlq.command()
@click.argument("letter", metavar="PARTITION:OFFSET|EVENT_ID")
@click.option("--reveal", is_flag=True, help="Print key, value and the record's own headers: customer data.")
@json_option
def show(*, letter: str, reveal: bool, as_json: bool) -> None:
    """Show one dead letter: why it ended, where it came from; its content only with --reveal."""
    place = _PLACE.fullmatch(letter)
    with closing(DeadLetterLog(settings_for(COMMAND_NEEDS["dlq"]))) as log:
        found = log.letter_at(int(place["partition"]), int(place["offset"])) if place else None
        # An event id may look like a place.
        found = found or log.letter_of(letter)
    if found is None:
        raise CommandFailed(f"there is no dead letter {letter}. `crm-insights dlq list` shows what there is.")
    if as_json:
        print_json(_as_dict(found.entry) | _content(found, reveal=reveal))
        return
    rows = [[name.replace("_", " "), _cell(value)] for name, value in _as_dict(found.entry).items()]
    rows += [[name.replace("_", " "), _cell(value)] for name, value in _content(found, reveal=reveal).items()]
    print_table(["field", "value"], rows)


@dlq.command()
@click.argument("letters", metavar="[PARTITION:OFFSET|EVENT_ID]...", nargs=-1)
@click.option("--reason", type=click.Choice([str(reason) for reason in DeadLetterReason]), help="All of this reason.")
@click.option("--since", type=Moment(), help="Only letters since then: a time, or a span such as 12h.")
@click.option("--dry-run", is_flag=True, help="Say what would be sent back, and send nothing.")
@json_option
def replay(
    *, letters: tuple[str, ...], reason: str | None, since: datetime | None, dry_run: bool, as_json: bool
) -> None:
    """Send records back to the topics that they came from, each event once, those of a record in their order.

    The letters stay where they are. An event that has an insight by now is skipped as a duplicate, and one whose record
    has a newer insight as stale: neither costs a call.
    """
    if not letters and reason is None:
        raise click.UsageError("name letters, or a --reason: what is sent back is read again, and paid for")
    from streams.cli.replaying import Replayer, once_each  # noqa: PLC0415 - a producer, only to send

    settings = settings_for(COMMAND_NEEDS["dlq"])
    replayer = Replayer(settings, dry_run=dry_run)
    with closing(DeadLetterLog(settings)) as log:
        for letter in once_each(log.standing_letters(None if since is None else int(since.timestamp() * 1000))):
            named = not letters or letter.entry.place in letters or letter.entry.event_id in letters
            if named and reason in (None, letter.entry.reason):
                replayer.send(letter)
    result = replayer.finish()
    if as_json:
        print_json({"dry_run": dry_run, "sent": result.sent, "left": result.left})
    else:
        rows = [["would be sent back" if dry_run else "sent back", topic, str(n)] for topic, n in result.sent.items()]
        rows += [["left", place, why] for place, why in result.left.items()]
        print_table(["what", "topic or letter", "records or reason"], rows)
    if result.left or not result.sent:
        raise CommandFailed(
            "some letters cannot be sent back." if result.left else "there is no such letter; `dlq list` shows them."
        )


def _entries(log: DeadLetterLog, since_ms: int | None) -> Iterator[LetterEntry]:
    for letter in log.letters(since_ms):
        yield letter.entry


def _row(entry: LetterEntry) -> list[str]:
    return [
        _time(entry.timestamp_ms),
        entry.reason,
        entry.stage,
        entry.origin,
        entry.event_id,
        entry.place,
        str(entry.copies),
    ]


def _as_dict(entry: LetterEntry) -> dict[str, Any]:
    plain = asdict(entry)
    return {"at": entry.place, "time": _time(plain.pop("timestamp_ms"))} | plain


def _content(letter: Letter, *, reveal: bool) -> dict[str, Any]:
    content: dict[str, Any] = {"value_type": letter.value_type}
    if not reveal:
        # Names only: correlation ids and ce_subject belong to the customer as well.
        return content | {"headers": [name for name, _ in letter.foreign_headers]}
    return content | {
        "headers": {name: _text(value) for name, value in letter.foreign_headers},
        "key": _text(letter.key),
        "value": _text(letter.value),
    }


def _text(data: bytes | None) -> str | None:
    """Bytes as text if they are UTF-8 without control characters, else in hexadecimal."""
    if data is None:
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return f"hex:{data.hex()}"
    return text if all(letter.isprintable() or letter in "\n\r\t" for letter in text) else f"hex:{data.hex()}"


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{name}: {text}" for name, text in value.items())
    return ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)


def _time(timestamp_ms: int) -> str:
    return datetime.fromtimestamp(timestamp_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
