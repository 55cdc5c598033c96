"""`crm-insights demo` as a newcomer runs it: the real command, no service, no key."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.processes import COMMAND, clean_environ

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Alone on two cores it takes about 15 s; other tests may run beside it.
_TIMEOUT_S = 170.0
_SECRETS = ("4111 1111 1111 1111", "grace.okonkwo@example.com", "Grace Okonkwo")


def run_demo(*arguments: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Run the demo to its end; what it leaves behind is left in `directory`."""
    return subprocess.run(
        [COMMAND, "demo", *arguments],
        capture_output=True,
        text=True,
        env=clean_environ({"TMPDIR": str(directory)}),
        timeout=_TIMEOUT_S,
        check=False,
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    return run_demo("--json", directory=tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def report(finished: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert finished.returncode == 0, finished.stderr
    parsed: dict[str, Any] = json.loads(finished.stdout)
    return parsed


def test_it_ends_well_and_says_nothing_on_standard_error(finished: subprocess.CompletedProcess[str]) -> None:
    assert (finished.returncode, finished.stderr) == (0, "")


def test_at_least_fifty_events_become_insights_none_of_them_twice(report: dict[str, Any]) -> None:
    ids = Counter(insight["event_id"] for insight in report["insights"])
    assert len(ids) >= 50
    assert ids.most_common(1)[0][1] == 1
    assert report["counts"]["insights"] == len(ids)


def test_every_other_event_ends_as_it_should(report: dict[str, Any]) -> None:
    assert report["counts"]["skipped"] == {"duplicate": 5, "unchanged": 1, "no_kind": 1}
    assert report["counts"]["dead_letters"] == {"undecodable": 1}
    assert report["counts"]["events"] == len(report["insights"]) + 5 + 1 + 1 + 1


def test_an_insight_is_complete_and_its_placeholders_are_restored(report: dict[str, Any]) -> None:
    for insight in report["insights"]:
        assert insight["executive_summary"].startswith("[simulated]")
        assert insight["overall_sentiment"] in {"Positive", "Negative", "Neutral"}
        assert "<PERSON_" not in insight["executive_summary"]
        assert (insight["cost"] or 0) > 0
        assert insight["unrestored"] == 0


def test_the_long_thread_was_cut_and_the_injection_noticed(report: dict[str, Any]) -> None:
    by_id = {insight["event_id"]: insight for insight in report["insights"]}
    assert by_id["mail:thr-388:320"]["truncated"]
    assert by_id["mail:thr-388:320"]["dropped_tokens"] > 1_000
    assert by_id["helpdesk:9034:1"]["injection_suspected"]
    assert by_id["helpdesk:9034:1"]["churn_risk_score"] != 0.0


def test_what_left_the_house_holds_nothing_personal_and_what_was_published_does(report: dict[str, Any]) -> None:
    journey = report["journey"]
    said, sent = json.dumps(journey["said"]), journey["sent"]
    assert all(secret in said for secret in _SECRETS)
    assert not any(secret in sent or secret in journey["answered"] for secret in _SECRETS)
    assert "<PERSON_1>" in sent
    assert "Grace Okonkwo" in journey["published"]["executive_summary"]


def test_the_first_insight_comes_early(report: dict[str, Any]) -> None:
    # The promise is 15 s on a machine of one's own; this one may be shared with a whole test suite.
    assert report["first_insight_s"] < 60


def test_a_worker_that_refuses_its_settings_makes_it_fail_with_the_workers_own_words(tmp_path: Path) -> None:
    done = run_demo("--model", "gpt-5-mnii", directory=tmp_path)
    assert done.returncode == 1
    assert "CRM_INSIGHTS_LLM__MODEL" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(list(tmp_path.glob("crm-insights-demo-*/worker.log"))) == 1


def test_openai_without_a_key_is_a_wrong_use(tmp_path: Path) -> None:
    done = run_demo("--provider", "openai", directory=tmp_path)
    assert done.returncode == 2
    assert "OPENAI_API_KEY" in done.stderr


def test_for_people_it_prints_tables_and_kept_running_it_shows_its_addresses_until_it_is_interrupted(
    tmp_path: Path,
) -> None:
    with started_demo("--keep", directory=tmp_path) as process:
        shown = _until(process, "schema_registry")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    for words in ("Insights", "What the CRM said", "What left the house", "What came back", "What was published"):
        assert words in shown
    assert "/metrics" in shown
    # Standard output is no terminal here.
    assert "\x1b" not in shown
    assert (process.returncode, errors) == (0, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_early_it_takes_everything_down(number: signal.Signals, tmp_path: Path) -> None:
    with started_demo(directory=tmp_path) as process:
        _until(process, "events sent")
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == "crm-insights demo: interrupted; everything is stopped.\n"
    assert list(tmp_path.iterdir()) == []


@contextlib.contextmanager
def started_demo(*arguments: str, directory: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [COMMAND, "demo", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environ({"TMPDIR": str(directory)}),
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            # Not SIGKILL: the worker is a child of its own session, and only the demo can stop it.
            process.terminate()
            process.communicate(timeout=60)


def _until(process: subprocess.Popen[str], words: str) -> str:
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return "".join(lines)
    raise AssertionError(f"it ended without saying {words!r}: {process.stderr.read() if process.stderr else ''}")
