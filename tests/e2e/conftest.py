"""One pipeline for the whole run: it takes half a minute to start and is the same for all tests."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.support.connect import files
from tests.support.jars import ServicesUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.pipeline import Pipeline
    from tests.support.connect.files import ConnectFiles
    from tests.support.jars import ServiceFiles
    from tests.support.kafka import KafkaBroker
    from tests.support.registry import ApicurioRegistry

_files = pytest.StashKey["ConnectFiles | ServicesUnavailableError"]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fetch before the first test: a download inside one would use up that test's time limit."""
    if session.config.option.collectonly:
        return
    try:
        session.config.stash[_files] = files.fetch(say=lambda line: print(f"\n{line}", flush=True))  # noqa: T201 -- for who waits
    except ServicesUnavailableError as unavailable:
        session.config.stash[_files] = unavailable


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what was measured: a figure that nobody sees is none."""
    for report in terminalreporter.stats.get("passed", ()):
        for name, value in report.user_properties:
            terminalreporter.line(f"{name}: {value}")


@pytest.fixture(scope="session")
def connect_files(request: pytest.FixtureRequest, service_files: ServiceFiles) -> ConnectFiles:
    """The files of Kafka Connect and PostgreSQL; wanted where those of Kafka are to be had."""
    assert service_files
    found = request.config.stash[_files]
    if isinstance(found, ServicesUnavailableError):
        if os.environ.get("CRM_INSIGHTS_TEST_REQUIRE_KAFKA"):
            pytest.fail(str(found), pytrace=False)
        pytest.skip(str(found))
    return found


@pytest.fixture(scope="session")
def running_pipeline(
    connect_files: ConnectFiles,
    kafka_broker: KafkaBroker,
    registry: ApicurioRegistry,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Pipeline]:
    """Everything started, the connectors made and the worker ready, as the README says."""
    from tests.e2e.setting_up import start_pipeline  # noqa: PLC0415 -- a machine without its clients must skip, not fail

    with ExitStack() as stack:
        directory = tmp_path_factory.mktemp("e2e")
        yield start_pipeline(stack, directory, connect_files, kafka_broker.bootstrap_servers, registry.url)


@pytest.fixture
def pipeline(running_pipeline: Pipeline) -> Iterator[Pipeline]:
    """The pipeline; after each test its connectors still run, and no event has two insights."""
    yield running_pipeline
    running_pipeline.assert_sound()
