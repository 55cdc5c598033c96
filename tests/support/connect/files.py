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

POM = Path(__file__).with_name("pom.xml")
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
    own = environ.get(OWN_POSTGRES)
    properties = {"postgres.platform": _platform() or ("linux-amd64" if own else _no_platform())}
    home = fetched(POM, "Kafka Connect and PostgreSQL with Maven (about 120 MB)", _prepare, properties, environ, say)
    postgres = Path(own).expanduser().resolve() if own else home / "postgres.txz"
    return ConnectFiles(java_home() / "bin" / "java", home / "connect", home / "plugins", postgres)


def _platform() -> str | None:
    system, machine = _SYSTEMS.get(platform.system()), _MACHINES.get(platform.machine().lower())
    return f"{system}-{machine}" if system and machine else None


def _no_platform() -> str:
    raise ServicesUnavailableError(
        f"no PostgreSQL is packed for {platform.system()} on {platform.machine()}: name the directory of initdb and "
        f"postgres in {OWN_POSTGRES}"
    )


def _prepare(content: Path) -> None:
    archives = content / "archives"
    for archive in archives.glob("*-plugin.tar.gz"):
        unpack(archive, content / "plugins")
    with zipfile.ZipFile(archives / "postgres.jar") as jar:
        (inner,) = (name for name in jar.namelist() if name.endswith(".txz"))
        (content / "postgres.txz").write_bytes(jar.read(inner))
    shutil.rmtree(archives)


if __name__ == "__main__":
    try:
        print(fetch(say=lambda line: print(line, file=sys.stderr)))  # noqa: T201 -- a command for people
    except ServicesUnavailableError as unavailable:
        sys.exit(str(unavailable))
