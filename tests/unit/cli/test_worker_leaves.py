"""How the worker's process ends once the worker has stopped."""

from __future__ import annotations

import subprocess
import sys

from tests.support.processes import clean_environ

STOPPED = """
import atexit, sys
from streams.cli import main
from streams.worker.process import Worker

async def run(self):
    print("stopped")
    return 3

Worker.run = run
atexit.register(print, "taken apart")
sys.exit(main(["worker"]))
"""

SETTINGS = {
    "CRM_INSIGHTS_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:9",
    "CRM_INSIGHTS_SCHEMA_REGISTRY__URL": "http://127.0.0.1:9",
    "CRM_INSIGHTS_LLM__API_KEY": "sk-a-secret-key",
    "CRM_INSIGHTS_PRIVACY__SALT": "a-salt-of-sixteen-letters",
}


def test_it_ends_with_its_code_and_output_at_once_and_does_not_take_the_interpreter_apart() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STOPPED],
        env=clean_environ(SETTINGS),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout) == (3, "stopped\n"), done.stderr
