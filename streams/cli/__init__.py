"""The command line: `crm-insights COMMAND`. Only what a command uses is imported, when it runs.

Exit codes: 0 done, 1 failed, 2 used wrongly (arguments or settings), 130 interrupted.
"""

from __future__ import annotations

import contextlib
import difflib
import errno
import importlib
import os
import sys
from typing import TYPE_CHECKING, Final

import click

from schemas.errors import CrmInsightsError
from streams.errors import SettingsError
from streams.version import version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROGRAM: Final = "crm-insights"
INTERRUPTED: Final = 130

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "demo": ("streams.cli.demo:demo", "Watch sample events become insights; needs no service and no key."),
    "worker": ("streams.cli.worker:worker", "Read change events, ask the model, publish insights."),
    "preview": ("streams.cli.preview:preview", "Dry run: what would be sent for the records on standard input."),
    "forecast": ("streams.cli.forecast:forecast", "Say what events will cost: each, a day, a month."),
    "scrub": ("streams.cli.scrub:scrub", "Mask personal data in texts from standard input."),
    "restore": ("streams.cli.scrub:restore", "Put originals back in place of placeholders."),
    "config": ("streams.cli.config:config", "Show or check the settings."),
    "doctor": ("streams.cli.doctor:doctor", "Propose a mapping from the records of a source topic."),
    "topics": ("streams.cli.topics:topics", "Create or check the Kafka topics."),
    "schemas": ("streams.cli.schemas:schemas", "Check or register the schemas."),
    "dlq": ("streams.cli.dlq:dlq", "Look into the dead letters, and send them back."),
}
"""Name of a command -> where it is defined, and its line in the help. The help imports none of them."""


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is run.

    Faust, pydantic and the Kafka clients take seconds to import together; `--help` and `scrub` must not wait for them.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        """All names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command, or None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a word on what may have been meant."""
        name = args[0]
        nearest = difflib.get_close_matches(name, COMMANDS, n=1)
        if name not in COMMANDS and not name.startswith("-") and nearest:
            ctx.fail(f"No such command '{name}'. Did you mean '{nearest[0]}'?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table without importing what stands in it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    help="Show the version and exit.",
    callback=lambda ctx, _, asked: _show_version(ctx) if asked else None,
)
def cli() -> None:
    """Turn CRM change events on Kafka into validated LLM insights.

    Settings come from CRM_INSIGHTS_... variables; `crm-insights config show` lists them.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line with `arguments` (the process's by default) and return the exit code."""
    try:
        result = cli.main(args=arguments, prog_name=PROGRAM, standalone_mode=False)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - nothing may print local variables or quote content
        return _explain(error)
    return result if isinstance(result, int) else 0


def _explain(error: BaseException) -> int:
    """Say what went wrong on standard error and return the exit code that belongs to it."""
    code = 1
    match error:
        case click.ClickException():
            error.show()
            code = error.exit_code
        case click.Abort() | KeyboardInterrupt():
            code = INTERRUPTED
        case SettingsError():
            _say(f"{error}")
            code = 2
        case CrmInsightsError():
            _say(f"{error}")
        case BrokenPipeError():
            # `| head` has seen enough. Without this the interpreter complains once more when it flushes at its end.
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        case OSError(errno=errno.ENOSPC | errno.EDQUOT | errno.EIO):
            _say(f"the output could not be written: {error.strerror}")
        case _:
            _say(_unexpected(error))
    return code


def _show_version(ctx: click.Context) -> None:
    click.echo(f"{PROGRAM} {version()}")
    ctx.exit()


def _say(text: str) -> None:
    click.echo(f"{PROGRAM}: {text}", err=True)


def _unexpected(error: BaseException) -> str:
    from streams.observability.logs import describe  # noqa: PLC0415 - only when all else has failed

    return f"unexpected error; please report it with these lines:\n{describe(error)}"
