"""An event that kills the worker is dead-lettered at the third start, and everything else goes on."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.support import poisoned
from tests.support.foreign_clients import ForeignClients, crm_event
from tests.support.installation import an_installation
from tests.support.supervision import wait_until
from tests.support.topics import wait_for_records

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.simulator import LlmSimulator

pytestmark = pytest.mark.kafka

POISON = 7


@pytest.mark.parametrize(
    ("text", "stage", "event_id"),
    [(poisoned.DECODING, "decode", ""), (poisoned.SCRUBBING, "prepare", f"evt-{POISON}")],
    ids=["while it is decoded", "while it is scrubbed"],
)
def test_an_event_that_kills_the_process_twice_is_a_dead_letter_and_the_others_are_read(
    tmp_path: Path,
    bootstrap_servers: str,
    registry_url: str,
    llm_simulator: LlmSimulator,
    text: str,
    stage: str,
    event_id: str,
) -> None:
    installation = an_installation(tmp_path, bootstrap_servers, registry_url, llm_simulator.base_url).set_up()
    worker = installation.worker(1, "--only", "enrich")
    worker.process.command[:1] = [sys.executable, str(poisoned.__file__)]
    try:
        with ForeignClients(installation) as foreign:
            foreign.produce(crm_event(n, **({"text": text} if n == POISON else {})) for n in range(20))
            for _ in range(2):
                worker.start(wait=False)
                assert worker.process.wait(timeout_s=60) == -signal.SIGKILL
            worker.start()
            insights = Counter(value["event_id"] for _, value in foreign.wait_for_insights(19, settle_s=0.5))
        (letter,) = wait_for_records(bootstrap_servers, installation.dead_letters, 1)
        assert worker.stop() == 0
    finally:
        worker.close()

    assert insights == {f"evt-{number}": 1 for number in range(20) if number != POISON}
    headers = {name: (value or b"").decode() for name, value in letter.headers}
    assert headers["crm_insights.reason"] == "poison"
    assert headers["crm_insights.event_id"] == event_id
    assert headers["__streams.errors.stage"] == stage
    assert text in (letter.value or b"").decode("utf-8", "replace")


def test_a_large_event_that_is_at_work_when_the_worker_is_stopped_is_no_suspect(
    tmp_path: Path, bootstrap_servers: str, registry_url: str, llm_simulator: LlmSimulator
) -> None:
    """Its thread ends with the process; twice would make it a dead letter at the third start."""
    installation = an_installation(tmp_path, bootstrap_servers, registry_url, llm_simulator.base_url).set_up()
    worker = installation.worker(1, "--only", "enrich")
    worker.process.command[:1] = [sys.executable, str(poisoned.__file__)]

    def is_in_hand() -> bool:
        # A slot begins with the length of the name in it.
        return any(any(slot.read_bytes()[:2]) for slot in worker.state_directory.rglob("aside.slot"))

    try:
        with ForeignClients(installation) as foreign:
            foreign.produce([crm_event(1, text=poisoned.ENDLESS + " x" * 40_000)])
        worker.start()
        wait_until(is_in_hand, timeout_s=60, what="the event in the thread")
        assert worker.stop(grace_s=20) == 0
        assert not is_in_hand()
    finally:
        worker.close()


def test_a_worker_that_dies_at_each_start_waits_longer_before_the_next(
    tmp_path: Path, bootstrap_servers: str, registry_url: str, llm_simulator: LlmSimulator
) -> None:
    """Its own poison would end this; a topic that is not fit for it does not."""
    installation = an_installation(tmp_path, bootstrap_servers, registry_url, llm_simulator.base_url)
    worker = installation.worker(1, "--only", "enrich")
    try:
        for _ in range(4):
            worker.start(wait=False)
            assert worker.process.wait(timeout_s=60) == 1
    finally:
        worker.close()
    assert worker.stderr.count('"start_delayed"') == 1
