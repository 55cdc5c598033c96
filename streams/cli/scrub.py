"""`crm-insights scrub` and `crm-insights restore`: the scrubber for people and for pipes. Neither needs any setting."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, NoReturn, TypeGuard

import click

from streams.cli.json_lines import json_line

# The scrubber (google-re2, phonenumbers) and rich are imported inside the commands: --help must not pay for them.
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from processors.pii import Scrubbed, Scrubber, Span


class BadLineError(Exception):
    """What is wrong with a line of the input, in words without any of its content."""


@dataclass(frozen=True, slots=True)
class _Number:
    """A number of the input as it is written there: as a float 1e400 would come back as Infinity, which is no JSON."""

    text: str


@click.command(
    epilog="""\b
Example:
  echo '{"id":"1","text":"Mail ann@x.example"}' | crm-insights scrub --jsonl"""
)
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--jsonl", is_flag=True, help="Lines of JSON in, lines of JSON out.")
@click.option(
    "--known",
    "known_options",
    multiple=True,
    metavar="TYPE=VALUE",
    help="An identifier that the record holds, such as PERSON='Ann Lee'. May be repeated; without --jsonl only.",
)
def scrub(file: IO[bytes], *, jsonl: bool, known_options: tuple[str, ...]) -> None:
    """Mask personal data in FILE (- or nothing: standard input).

    The masked text goes to standard output, with coloured placeholders on a terminal, and a table of what was masked to
    standard error.

    With --jsonl, each line {"id", "text", "known"?: {"PERSON": ["Ann Lee"], ...}} becomes one line {"id", "text",
    "spans": [{"start", "end", "type", "text", "placeholder"}]}, in order, written as soon as it is done. The id, a
    string or a number, comes back as it came. Offsets count code points of the input text. Blank lines are passed over.
    A line that is not of that form ends the run with exit status 1 and its number on standard error; the lines before
    it are written.
    """
    from processors.pii import Scrubber  # noqa: PLC0415 - heavy

    scrubber = Scrubber()
    if jsonl:
        if known_options:
            raise click.UsageError('--known is for plain text; with --jsonl each line has its own "known".')
        _each_line(file, lambda data: _scrubbed_line(scrubber, data))
        return
    text = _whole_text(file)
    _show(scrubber.scrub([text], _known_from_options(known_options)), text)


@click.command(
    epilog="""\b
Example:
  crm-insights restore --map vault.json answer.txt"""
)
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--jsonl", is_flag=True, help="Lines of JSON in, lines of JSON out.")
@click.option(
    "--map",
    "map_file",
    type=click.File("rb"),
    help='Without --jsonl: a file with the JSON object {"<PERSON_1>": "Ann Lee", ...}.',
)
def restore(file: IO[bytes], *, jsonl: bool, map_file: IO[bytes] | None) -> None:
    """Put the originals back into an answer that has placeholders, FILE (- or nothing: standard input).

    Forms that models make of a placeholder are understood: any case, lost or escaped brackets, a space or hyphen for
    the underscore. What is unknown or ambiguous stays as it is and is reported: never a guess.

    With --jsonl, each line {"id", "answer", "map": {"<PERSON_1>": "..."}, "format"?: "json"} becomes one line {"id",
    "text", "unrestorable": [...]}, in order, written as soon as it is done. The id comes back as it came. With format
    json, values are escaped as JSON strings need it. Blank lines are passed over. A line that is not of that form ends
    the run with exit status 1 and its number on standard error; the lines before it are written.
    """
    if jsonl:
        if map_file is not None:
            raise click.UsageError('--map is for plain text; with --jsonl each line has its own "map".')
        _each_line(file, _restored_line)
        return
    if map_file is None:
        raise click.UsageError("--map FILE is needed to know what the placeholders stand for (or --jsonl).")
    from processors.pii import restore as restore_text  # noqa: PLC0415 - heavy

    placeholders = _json_of_file(map_file)
    if not _is_map(placeholders):
        _fail(f"{map_file.name}: not a JSON object of strings")
    restored = restore_text(_whole_text(file), placeholders)
    _write_text(restored.text)
    if restored.unrestorable:
        click.echo(f"Not restored: {', '.join(restored.unrestorable)}", err=True)


def _each_line(file: IO[bytes], answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Answer line by line, each flushed: whoever waits for an answer before the next question must get it."""
    out = sys.stdout.buffer
    for number, data in _json_lines(file):
        try:
            out.write(b'{"id": ' + _id_as_it_came(data.get("id")) + b", " + json_line(answer(data)).removeprefix(b"{"))
        except BadLineError as fault:
            _fail(f"line {number}: {fault}")
        out.flush()


def _id_as_it_came(value: Any) -> bytes:
    if isinstance(value, _Number):
        return value.text.encode()
    if value is not None and not isinstance(value, str | bool):
        raise BadLineError('"id" is neither a string nor a number')
    return json_line(value).rstrip(b"\n")


def _json_lines(file: IO[bytes]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(file, 1):
        if line.isspace():
            continue
        try:
            # Decoded here: json guesses UTF-16 and UTF-32 where bytes begin with a zero.
            text = line.decode("utf-8-sig")
            data = json.loads(text, parse_float=_Number, parse_int=_Number, parse_constant=_refuse_constant)
        except UnicodeDecodeError:
            _fail(f"line {number}: not UTF-8")
        except RecursionError:
            _fail(f"line {number}: nested too deep")
        except json.JSONDecodeError as fault:
            _fail(f"line {number}: not JSON ({fault.msg} at column {fault.colno})")
        except ValueError:
            _fail(f"line {number}: not JSON (NaN and Infinity are no numbers there)")
        if not isinstance(data, dict):
            _fail(f"line {number}: not a JSON object")
        yield number, data


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError


def _scrubbed_line(scrubber: Scrubber, data: dict[str, Any]) -> dict[str, Any]:
    scrubbed = scrubber.scrub([_string(data, "text")], _known(data.get("known")))
    spans = [
        {"start": s.start, "end": s.end, "type": s.type, "text": s.text, "placeholder": s.placeholder}
        for s in scrubbed.spans[0]
    ]
    return {"text": scrubbed.texts[0], "spans": spans}


def _restored_line(data: dict[str, Any]) -> dict[str, Any]:
    from processors.pii import restore as restore_text  # noqa: PLC0415 - heavy

    form = data.get("format")
    if form not in {None, "json", "text"}:
        raise BadLineError('"format" is neither "json" nor "text"')
    restored = restore_text(_string(data, "answer"), _placeholder_map(data.get("map")), json=form == "json")
    return {"text": restored.text, "unrestorable": list(restored.unrestorable)}


def _string(data: dict[str, Any], field: str) -> str:
    value = data.get(field)
    if not isinstance(value, str):
        raise BadLineError(f'"{field}" is not a string' if field in data else f'"{field}" is missing')
    return value


def _known(value: Any) -> dict[str, list[str]]:
    """Check `known`. A single string is taken for a list of one; null and "" stand for nothing known."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadLineError('"known" is not an object of lists of strings')
    known: dict[str, list[str]] = {}
    for kind, values in value.items():
        listed = [values] if isinstance(values, str) else values or []
        if not (isinstance(listed, list) and all(isinstance(item, str) for item in listed)):
            raise BadLineError('"known" is not an object of lists of strings')
        known[kind] = listed
    return known


def _placeholder_map(value: Any) -> dict[str, str]:
    if not _is_map(value):
        raise BadLineError('"map" is missing or not an object of strings')
    return value


def _is_map(value: Any) -> TypeGuard[dict[str, str]]:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _known_from_options(options: tuple[str, ...]) -> dict[str, list[str]]:
    from processors.pii import TYPES  # noqa: PLC0415 - heavy

    known: dict[str, list[str]] = {}
    for option in options:
        word, _, value = option.partition("=")
        kind = word.strip().upper()
        if kind not in TYPES or not value:
            raise click.UsageError(f"--known takes TYPE=VALUE with one of the types {', '.join(TYPES)}.")
        known.setdefault(kind, []).append(value)
    return known


def _json_of_file(file: IO[bytes]) -> Any:
    try:
        return json.load(file)
    except (ValueError, RecursionError):
        _fail(f"{file.name}: not JSON")


def _whole_text(file: IO[bytes]) -> str:
    try:
        return file.read().decode()
    except UnicodeDecodeError:
        _fail("the input is not UTF-8")


def _write_text(text: str) -> None:
    # A lone surrogate can come out of a map in JSON, and cannot be written.
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def _show(scrubbed: Scrubbed, source: str) -> None:
    """Write the masked text, and on standard error what was masked: a pipe behind gets the text alone."""
    from rich.console import Console  # noqa: PLC0415 - heavy
    from rich.table import Table  # noqa: PLC0415

    if sys.stdout.isatty():
        # rich itself leaves colours out where NO_COLOR or TERM=dumb asks for it.
        Console().print(_coloured(scrubbed, source), soft_wrap=True, end="" if source.endswith("\n") else "\n")
    else:
        _write_text(scrubbed.texts[0])
    Console(stderr=True).print(_summary(Table(title="Masked"), scrubbed.redactions, scrubbed.spans[0]))


def _coloured(scrubbed: Scrubbed, source: str) -> Any:
    from rich.text import Text  # noqa: PLC0415 - heavy

    shown = Text()
    done = 0
    for span in scrubbed.spans[0]:
        shown.append(_harmless(source[done : span.start]))
        shown.append(span.placeholder, style=_style(span.type))
        done = span.end
    shown.append(_harmless(source[done:]))
    return shown


def _harmless(text: str) -> str:
    """Give `text` without what steers a terminal: a ticket may hold escape sequences."""
    return "".join(char if char.isprintable() or char in "\n\t" else "\N{REPLACEMENT CHARACTER}" for char in text)


def _summary(table: Any, redactions: Mapping[str, int], spans: Sequence[Span]) -> Any:
    table.add_column("type")
    table.add_column("places", justify="right")
    table.add_column("values", justify="right")
    for kind, places in sorted(redactions.items(), key=lambda item: (-item[1], item[0])):
        values = len({span.placeholder for span in spans if span.type == kind})
        table.add_row(kind, str(places), str(values), style=_style(kind))
    if not redactions:
        table.add_row("nothing", "0", "0")
    return table


def _style(kind: str) -> str:
    colours = {
        "PERSON": "cyan",
        "EMAIL": "green",
        "PHONE": "yellow",
        "URL": "blue",
        "SECRET": "red",
        "CREDIT_CARD": "red",
    }
    return f"bold {colours.get(kind, 'magenta')}"


def _fail(message: str) -> NoReturn:
    context = click.get_current_context(silent=True)
    name = context.command_path if context is not None else "crm-insights"
    click.echo(f"{name}: {message}", err=True)
    sys.exit(1)
