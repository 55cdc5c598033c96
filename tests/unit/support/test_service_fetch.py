"""Fetching the real services: once, all or nothing, and loud when they cannot be had."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import jars
from tests.support.jars import ServicesUnavailableError, cache_directory, fetch

ROOT = Path(__file__).parents[3]

# Stands in for Maven: notes each call, and brings an archive with a single file in the place of the registry.
GOOD_MAVEN = """
target=$(printf '%s\\n' "$@" | sed -n 's/^-Dservices.directory=//p')
mkdir -p "$target/kafka" "$target/apicurio"
: > "$target/kafka/kafka.jar"
cd "$target" && : > quarkus-run.jar && tar -czf apicurio/apicurio-registry-app-all.tar.gz quarkus-run.jar
"""


class Machine:
    """A PATH with nothing on it but a shell's tools and the Maven that a test gives it."""

    def __init__(self, directory: Path) -> None:
        """Lay out the PATH below `directory`."""
        self.cache = directory / "cache"
        self._bin = directory / "bin"
        self._bin.mkdir()
        self._calls = directory / "calls"
        for tool in ("sh", "sed", "mkdir", "tar", "gzip", "sleep"):
            (self._bin / tool).symlink_to(
                next(path for path in map(Path, (f"/bin/{tool}", f"/usr/bin/{tool}")) if path.exists())
            )
        self.environ = {"PATH": str(self._bin), "CRM_INSIGHTS_TEST_CACHE": str(self.cache)}

    def with_maven(self, body: str) -> Machine:
        script = self._bin / "mvn"
        script.write_text(f'#!{self._bin}/sh\necho "JAVA_HOME=$JAVA_HOME" >> {self._calls}\n{body}\n', "utf-8")
        script.chmod(0o755)
        return self

    @property
    def calls(self) -> list[str]:
        return self._calls.read_text("utf-8").splitlines() if self._calls.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_first_fetch_asks_maven_and_unpacks_the_registry(machine: Machine) -> None:
    files = fetch(machine.with_maven(GOOD_MAVEN).environ)

    assert (files.kafka_libs / "kafka.jar").is_file()
    assert (files.registry / "quarkus-run.jar").is_file()
    assert files.java.is_file()


def test_a_second_fetch_asks_nobody(machine: Machine) -> None:
    environ = machine.with_maven(GOOD_MAVEN).environ

    assert fetch(environ) == fetch(environ)
    assert len(machine.calls) == 1


def test_maven_gets_our_java_where_the_machine_has_none(machine: Machine) -> None:
    files = fetch(machine.with_maven(GOOD_MAVEN).environ)

    assert machine.calls == [f"JAVA_HOME={files.java.parents[1]}"]


def test_a_machine_without_maven_is_told_so(machine: Machine) -> None:
    with pytest.raises(ServicesUnavailableError, match="no Maven: the command `mvn` is not on the PATH"):
        fetch(machine.environ)


def test_a_failure_of_maven_shows_what_it_said_is_not_repeated_and_leaves_nothing(machine: Machine) -> None:
    with pytest.raises(ServicesUnavailableError, match="exit code 3:\nno such artifact"):
        fetch(machine.with_maven("echo no such artifact; exit 3").environ)

    assert len(machine.calls) == 1
    assert list(machine.cache.iterdir()) == []


def test_a_time_out_of_maven_is_tried_again(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "_ATTEMPT_TIMEOUT_S", 1.0)
    hang_once = f"[ -e {machine.cache}/hung ] || {{ : > {machine.cache}/hung; sleep 60; }}"

    fetch(machine.with_maven(hang_once + GOOD_MAVEN).environ)

    assert len(machine.calls) == 2


def test_time_outs_are_given_up_on_after_the_third(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "_ATTEMPT_TIMEOUT_S", 0.2)

    with pytest.raises(ServicesUnavailableError, match="timed out 3 times"):
        fetch(machine.with_maven("sleep 60").environ)
    assert len(machine.calls) == 3


def test_two_fetches_at_the_same_time_end_with_one_set_of_files(machine: Machine) -> None:
    # The second run finishes while the first one's Maven still works.
    environ = machine.with_maven(GOOD_MAVEN).environ
    inner = f"{sys.executable} -c 'from tests.support.jars import fetch; fetch()'"
    outer = f'if [ -z "$INNER" ]; then (cd {ROOT} && INNER=1 {inner}); fi'

    files = fetch(machine.with_maven(outer + GOOD_MAVEN).environ)

    assert fetch(environ) == files
    assert len(machine.calls) == 2
    assert [path.name for path in machine.cache.iterdir()] == [files.kafka_libs.parent.name]


def test_the_cache_lies_outside_the_tree_unless_one_is_named(tmp_path: Path) -> None:
    assert cache_directory({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "crm-insights-tests"
    assert cache_directory({"CRM_INSIGHTS_TEST_CACHE": str(tmp_path / "c")}) == tmp_path / "c"


def run_harness_tests(machine: Machine, **environ: str) -> subprocess.CompletedProcess[str]:
    """A test run of its own on a machine without Maven."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "-k",
            "registered",
            "tests/integration/test_harness.py",
        ],
        cwd=ROOT,
        env={"HOME": os.environ.get("HOME", "/"), **machine.environ, **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_run_without_the_services_skips_and_says_so_in_its_last_lines(machine: Machine) -> None:
    run = run_harness_tests(machine)

    assert run.returncode == 0, run.stdout + run.stderr
    *_, heading, count, why, remedy, summary = run.stdout.splitlines()
    assert "NOT TESTED ON A REAL BROKER" in heading
    assert count == "1 tests were skipped and 0 failed for want of Kafka and its registry:"
    assert why.startswith("no Maven")
    assert "CRM_INSIGHTS_TEST_KAFKA" in remedy
    assert "1 skipped" in summary


def test_a_run_that_requires_the_services_fails_without_them(machine: Machine) -> None:
    run = run_harness_tests(machine, CRM_INSIGHTS_TEST_REQUIRE_KAFKA="1")

    assert run.returncode == 1
    assert "CRM_INSIGHTS_TEST_REQUIRE_KAFKA is set, but: no Maven" in run.stdout
