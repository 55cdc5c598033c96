"""Fetch Kafka Connect, its connectors and PostgreSQL through Maven, as `tests.support.jars` fetches Kafka.

`python -m tests.support.connect.files` fetches them by hand. PostgreSQL comes as the binaries that Zonky packs for
embedding; `CRM_INSIGHTS_TEST_POSTGRES` names the directory of `initdb` and `postgres` of another one instead, which a
platform without such binaries needs.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.jars import ServicesUnavailableError, fetched, java_home, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parents[3]
CONNECT_POM = ROOT / "deploy" / "connect" / "pom.xml"
POSTGRES_POM = Path(__file__).with_name("postgres.xml")
OWN_POSTGRES = "CRM_INSIGHTS_TEST_POSTGRES"

# What Zonky calls the platforms that it packs for.
_SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64v8", "arm64": "arm64v8"}


@dataclass(frozen=True, slots=True)
class ConnectFiles:
    """Where the pieces lie. PostgreSQL is an archive, for who runs it as root must put it where others can read it."""

    java: Path
    libs: Path
    plugins: Path
    postgres: Path


def fetch(environ: Mapping[str, str] = os.environ, say: Callable[[str], None] = lambda _: None) -> ConnectFiles:
    """Answer the files, fetching what the cache does not hold; raises `ServicesUnavailableError`."""
    connect = fetched(CONNECT_POM, "Kafka Connect with Maven (about 110 MB)", _unpack_connectors, {}, environ, say)
    return ConnectFiles(java_home() / "bin" / "java", connect / "libs", connect / "plugins", _postgres(environ, say))


def _postgres(environ: Mapping[str, str], say: Callable[[str], None]) -> Path:
    """The archive of PostgreSQL, or the directory of the user's own."""
    own = environ.get(OWN_POSTGRES)
    if own:
        return Path(own).expanduser().resolve()
    properties = {"postgres.platform": _platform()}
    home = fetched(POSTGRES_POM, "PostgreSQL with Maven (about 15 MB)", _take_archive, properties, environ, say)
    return home / "postgres.txz"


def _platform() -> str:
    system, machine = _SYSTEMS.get(platform.system()), _MACHINES.get(platform.machine().lower())
    if system is None or machine is None:
        raise ServicesUnavailableError(
            f"no PostgreSQL is packed for {platform.system()} on {platform.machine()}: name the directory of initdb "
            f"and postgres in {OWN_POSTGRES}"
        )
    return f"{system}-{machine}"


def _unpack_connectors(content: Path) -> None:
    archives = content / "archives"
    for archive in archives.glob("*-plugin.tar.gz"):
        unpack(archive, content / "plugins")
    shutil.rmtree(archives)


def _take_archive(content: Path) -> None:
    with zipfile.ZipFile(content / "postgres.jar") as jar:
        (inner,) = (name for name in jar.namelist() if name.endswith(".txz"))
        (content / "postgres.txz").write_bytes(jar.read(inner))
    (content / "postgres.jar").unlink()


if __name__ == "__main__":
    try:
        print(fetch(say=lambda line: print(line, file=sys.stderr)))  # noqa: T201 -- a command for people
    except ServicesUnavailableError as unavailable:
        sys.exit(str(unavailable))
