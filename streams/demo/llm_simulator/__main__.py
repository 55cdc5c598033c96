"""`python -m streams.demo.llm_simulator`: the simulator as a service of its own, for Docker Compose and load tests."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
from pathlib import Path
from typing import Any

import click

from streams.demo.llm_simulator.call_log import CallLog
from streams.demo.llm_simulator.server import LlmSimulator, SimulatorOptions

# What a small production account is like; without the flag the simulator is exact and at once, as tests want it.
_REALISTIC = {
    "latency_median_s": 0.8,
    "requests_per_minute": 5_000,
    "tokens_per_minute": 4_000_000,
    "rate_limited_share": 0.01,
    "server_error_share": 0.01,
}


@click.command(help="Serve OpenAI's API with simulated answers until SIGINT or SIGTERM.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8089, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option("--realistic", is_flag=True, help="Latency, limits and now and then a fault, as an account has them.")
@click.option("--seed", type=int, help="Seed of latencies and chance faults.")
@click.option("--latency-s", "latency_median_s", type=float, help="Median latency of an answer.")
@click.option("--latency-sigma", type=float, help="Spread of the latency (log-normal).")
@click.option("--latency-shortest-s", type=float, help="No answer comes sooner.")
@click.option("--latency-longest-s", type=float, help="No answer comes later.")
@click.option("--slow-share", type=float, help="Part of the calls that take from 6 s to the longest, 0.0 to 1.0.")
@click.option("--requests-per-minute", type=int, help="Limit on requests.")
@click.option("--tokens-per-minute", type=int, help="Limit on tokens, input and output.")
@click.option("--rate-limited-share", type=float, help="Part of the calls answered 429, 0.0 to 1.0.")
@click.option("--server-error-share", type=float, help="Part of the calls answered 500, 0.0 to 1.0.")
@click.option("--context-window", type=int, help="Longest prompt that is taken, in tokens.")
@click.option("--api-key", help="The only key that is taken; any by default.")
@click.option("--marker", help="Regular expression; /_stats also counts calls by what it finds in a prompt.")
@click.option("--call-log", type=click.Path(path_type=Path), help="File that gets a line of JSON for each call.")
def main(*, host: str, port: int, realistic: bool, marker: str | None, call_log: Path | None, **given: Any) -> None:
    """Parse the command line and serve."""
    chosen = (_REALISTIC if realistic else {}) | {name: value for name, value in given.items() if value is not None}
    options = SimulatorOptions(marker=None if marker is None else re.compile(marker), **chosen)
    with contextlib.ExitStack() as files:
        log = None if call_log is None else files.enter_context(CallLog(call_log))
        asyncio.run(_serve(LlmSimulator(options, host=host, port=port, call_log=log)))


async def _serve(simulator: LlmSimulator) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Windows loops have no signal handlers; Ctrl-C raises KeyboardInterrupt there.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    async with simulator:
        click.echo(
            f"LLM simulator: base_url {simulator.base_url}  faults {simulator.url}/_faults  {simulator.url}/_stats"
        )
        await stop.wait()


if __name__ == "__main__":
    main()
