"""Services for the tests that need them, each started once a run, on first use, and stopped whatever happens.

`CRM_INSIGHTS_TEST_KAFKA` (bootstrap servers) and `CRM_INSIGHTS_TEST_REGISTRY` (URL of its Confluent-compatible API)
name services of your own instead; tests that must kill and restart a service are skipped then.
`CRM_INSIGHTS_TEST_REQUIRE_KAFKA=1` makes it a failure, not a skip, if the services cannot be had.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests.support.jars import ServiceFiles, ServicesUnavailableError, fetch

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from tests.support.kafka import KafkaBroker
    from tests.support.registry import ApicurioRegistry
    from tests.support.simulator import LlmSimulator

# The same examples in each run: a change is judged by what it did, not by the luck of its seed. `make explore` draws
# others, and more of them. A shared machine, or a clone in which Hypothesis builds its tables of characters first, is
# slow; that is no finding.
_EXPLORE = os.environ.get("CRM_INSIGHTS_TEST_EXPLORE") == "1"
hypothesis.settings.register_profile(
    "this project",
    deadline=None,
    derandomize=not _EXPLORE,
    max_examples=1_000 if _EXPLORE else 100,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("this project")

_SERVICE_FIXTURES = frozenset({"service_files", "kafka_broker", "bootstrap_servers", "registry", "registry_url"})
_OWN_KAFKA = "CRM_INSIGHTS_TEST_KAFKA"
_OWN_REGISTRY = "CRM_INSIGHTS_TEST_REGISTRY"
_REQUIRED = "CRM_INSIGHTS_TEST_REQUIRE_KAFKA"

_files = pytest.StashKey[ServiceFiles | ServicesUnavailableError]()


def _all_own() -> bool:
    return bool(os.environ.get(_OWN_KAFKA) and os.environ.get(_OWN_REGISTRY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that uses a service `kafka`, so that `-m "not kafka"` never misses one."""
    for item in items:
        if _SERVICE_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("kafka")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fetch the services before the first test: a download inside one would use up that test's time limit."""
    config = session.config
    if config.option.collectonly or not any(item.get_closest_marker("kafka") for item in session.items):
        return
    if _all_own():
        config.stash[_files] = ServicesUnavailableError(f"{_OWN_KAFKA} and {_OWN_REGISTRY} are used instead")
        return
    try:
        config.stash[_files] = fetch(say=lambda line: print(f"\n{line}", flush=True))  # noqa: T201 -- for who waits
    except ServicesUnavailableError as unavailable:
        config.stash[_files] = unavailable


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show, below a failed test, what the services and workers logged while it ran."""
    report = yield
    if report.failed:
        from tests.support.supervision import logs_written_since  # noqa: PLC0415 -- only where something failed

        # A second earlier: file times are coarser than the clock.
        report.sections += [(f"log of {name}", tail) for name, tail in logs_written_since(call.start - 1)]
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Generator[None, None, None]:
    """Say loudly, below everything else, that the tests on a real broker did not run, and why."""
    yield
    unavailable = config.stash.get(_files, None)
    if not isinstance(unavailable, ServicesUnavailableError) or _all_own():
        return
    skipped = sum(1 for report in terminalreporter.stats.get("skipped", ()) if "kafka" in report.keywords)
    failed = sum(
        1
        for name in ("error", "failed")
        for report in terminalreporter.stats.get(name, ())
        if "kafka" in report.keywords
    )
    terminalreporter.section("NOT TESTED ON A REAL BROKER", sep="!", red=True, bold=True)
    terminalreporter.line(f"{skipped} tests were skipped and {failed} failed for want of Kafka and its registry:")
    terminalreporter.line(str(unavailable))
    terminalreporter.line(f"Or name services of your own in {_OWN_KAFKA} and {_OWN_REGISTRY}.")


@pytest.fixture(scope="session")
def service_files(request: pytest.FixtureRequest) -> ServiceFiles:
    """The files of the real Kafka and Apicurio, for tests that start their own."""
    found = request.config.stash[_files]
    if isinstance(found, ServicesUnavailableError):
        if os.environ.get(_REQUIRED) and not _all_own():
            pytest.fail(f"{_REQUIRED} is set, but: {found}", pytrace=False)
        pytest.skip(str(found))
    return found


@pytest.fixture(scope="session")
def kafka_broker(service_files: ServiceFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """The run's broker; a test that kills or pauses it brings it back before it ends."""
    from tests.support.kafka import KafkaBroker, Node  # noqa: PLC0415 -- unit tests start without a Kafka client

    if os.environ.get(_OWN_KAFKA):
        pytest.skip(f"needs a broker that it may restart; {_OWN_KAFKA} names one that is not ours")
    broker = KafkaBroker(service_files, Node.at(tmp_path_factory.mktemp("kafka")))
    try:
        broker.start()
        yield broker
    finally:
        broker.close()


@pytest.fixture(scope="session")
def bootstrap_servers(request: pytest.FixtureRequest) -> str:
    """Where clients find the broker, ours or the one that was named."""
    own = os.environ.get(_OWN_KAFKA)
    if own:
        return own
    broker: KafkaBroker = request.getfixturevalue("kafka_broker")
    return broker.bootstrap_servers


@pytest.fixture(scope="session")
def registry(service_files: ServiceFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApicurioRegistry]:
    """The run's registry. A restart forgets its schemas: a test that restarts it starts a registry of its own."""
    from tests.support.registry import ApicurioRegistry  # noqa: PLC0415 -- as above

    if os.environ.get(_OWN_REGISTRY):
        pytest.skip(f"needs a registry that it may restart; {_OWN_REGISTRY} names one that is not ours")
    service = ApicurioRegistry(service_files, tmp_path_factory.mktemp("registry"))
    try:
        service.start()
        yield service
    finally:
        service.close()


@pytest.fixture(scope="session")
def registry_url(request: pytest.FixtureRequest) -> str:
    """The registry's Confluent-compatible API, ours or the one that was named."""
    own = os.environ.get(_OWN_REGISTRY)
    if own:
        return own
    service: ApicurioRegistry = request.getfixturevalue("registry")
    return service.url


@pytest.fixture
def llm_simulator(tmp_path: Path) -> Iterator[LlmSimulator]:
    """An LLM simulator of the test's own, healthy and with its counts at zero."""
    from tests.support.simulator import LlmSimulator  # noqa: PLC0415 -- as above

    simulator = LlmSimulator(tmp_path)
    try:
        simulator.start()
        yield simulator
    finally:
        simulator.close()
