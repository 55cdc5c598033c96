"""`crm-insights --help` answers at once, because nothing heavy is imported before a command runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.support.processes import COMMAND, clean_environ, run_command

# The promise is half a second on a machine that is idle. Counted is processor time: on a loaded machine the clock on
# the wall measures its other work.
PROMISED_CPU_S = 0.5
# An interpreter that does nothing takes 0.02 s on an idle machine; contention for caches slows both alike.
USUAL_EMPTY_CPU_S = 0.02
TRIES = 3

HEAVY = ("aiohttp", "aiokafka", "confluent_kafka", "fastavro", "faust", "openai", "phonenumbers", "pydantic", "re2",
         "regex", "rich", "stamina", "structlog", "tiktoken")  # fmt: skip


def cpu_seconds(*command: str) -> float:
    """The least processor time of a few runs, user and system."""
    spent = []
    for _ in range(TRIES):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=clean_environ())
        assert process.stderr is not None
        with process.stderr:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            assert process.returncode == 0, process.stderr.read()
        spent.append(usage.ru_utime + usage.ru_stime)
    return min(spent)


def test_the_help_takes_at_most_half_a_second_of_processor_time() -> None:
    empty = cpu_seconds(sys.executable, "-c", "pass")
    slowness = max(1.0, empty / USUAL_EMPTY_CPU_S)
    assert cpu_seconds(COMMAND, "--help") <= PROMISED_CPU_S * slowness


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_nothing_heavy_is_imported(arguments: list[str]) -> None:
    script = (
        "import json, sys\n"
        "from streams.cli import main\n"
        f"assert main({arguments!r}) == 0\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=clean_environ(), timeout=60, check=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_the_help_names_every_command() -> None:
    done = run_command("--help")
    assert (done.exit_code, done.stderr) == (0, "")
    for command in ("demo", "worker", "preview", "scrub", "restore", "config", "topics", "schemas", "dlq"):
        assert f"\n  {command} " in done.stdout
