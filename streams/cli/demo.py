"""`crm-insights demo`: sample events become insights before one's eyes, with no service and no key."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from streams.demo.stage import DemoOptions


@click.command()
@click.option(
    "--provider",
    type=click.Choice(["simulator", "openai"]),
    default="simulator",
    show_default=True,
    help="Who answers: a simulator on this machine, or OpenAI (needs OPENAI_API_KEY and costs a few cents).",
)
@click.option("--model", help="Model to ask; the worker's default if not given.")
@click.option("--keep", is_flag=True, help="Leave everything running at the end and print where to look.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.IntRange(min=1, max=86_400),
    default=120,
    show_default=True,
    help="Seconds until it fails.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def demo(*, provider: str, model: str | None, keep: bool, timeout_s: int, as_json: bool) -> int:
    """Watch about 60 sample events become insights; needs no service and no key.

    Starts an embedded Kafka broker, a schema registry and a simulated model in this process, and the real worker beside
    it. The events, and everyone in them, are made up.
    """
    from streams.demo.stage import DemoOptions, ModelProvider  # noqa: PLC0415 - only for this command

    api_key = None
    if provider == ModelProvider.OPENAI:
        api_key = os.environ.get("OPENAI_API_KEY")
        if not api_key:
            raise click.UsageError("--provider openai needs the key of your account in OPENAI_API_KEY.")
    options = DemoOptions(
        provider=ModelProvider(provider),
        api_key=api_key,
        model=model,
        keep=keep,
        timeout_s=timeout_s,
        as_json=as_json,
    )
    return _run(options)


def _run(options: DemoOptions) -> int:
    import asyncio  # noqa: PLC0415 - only for this command

    from streams.demo.run import DemoFailed, run_demo  # noqa: PLC0415

    try:
        report = asyncio.run(run_demo(options))
    except asyncio.CancelledError:
        # Ctrl-C or its like: everything has been taken down by now.
        click.echo("crm-insights demo: interrupted; everything is stopped.", err=True)
        raise click.Abort from None
    except DemoFailed as failed:
        if options.as_json:
            click.echo(json.dumps({"ok": False, "problems": [str(failed)], "worker_log": str(failed.log)}, indent=2))
        click.echo(f"--- the end of {failed.log} ---\n{failed.log_tail}\n---", err=True)
        raise
    if not report.ok and options.as_json:
        click.echo(f"crm-insights demo: not as it should be: {'; '.join(report.problems)}", err=True)
    return 0 if report.ok else 1
