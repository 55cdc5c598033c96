"""Fetching Kafka Connect and PostgreSQL: what is packed for this platform, or a PostgreSQL of the user's own."""

from __future__ import annotations

import platform
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.connect.files import OWN_POSTGRES, fetch
from tests.support.jars import ServicesUnavailableError
from tests.unit.support.test_service_fetch import Machine

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """One whose Maven brings a connector's archive and PostgreSQL's, whichever it is asked for."""
    jar = tmp_path / "postgres.jar"
    with zipfile.ZipFile(jar, "w") as file:
        file.writestr("META-INF/MANIFEST.MF", "")
        file.writestr("postgres-linux-x86_64.txz", "packed")
    return Machine(tmp_path).with_maven(
        f"""
        target=$(printf '%s\\n' "$@" | sed -n 's/^-Dservices.directory=//p')
        mkdir -p "$target/libs" "$target/archives" "$target/some-connector"
        : > "$target/some-connector/some.jar"
        tar -czf "$target/archives/some-connector-plugin.tar.gz" -C "$target" some-connector
        /bin/cp {jar} "$target/postgres.jar"
        """
    )


def test_a_fetch_unpacks_the_connectors_and_leaves_postgresql_packed(machine: Machine) -> None:
    files = fetch(machine.environ)

    assert (files.plugins / "some-connector" / "some.jar").is_file()
    assert files.libs.is_dir()
    assert files.postgres.read_bytes() == b"packed"
    assert len(machine.calls) == 2


def test_a_second_fetch_of_both_asks_nobody(machine: Machine) -> None:
    assert fetch(machine.environ) == fetch(machine.environ)
    assert len(machine.calls) == 2


def test_a_postgresql_of_ones_own_is_not_fetched(machine: Machine, tmp_path: Path) -> None:
    files = fetch(machine.environ | {OWN_POSTGRES: str(tmp_path / "bin")})

    assert files.postgres == tmp_path / "bin"
    assert len(machine.calls) == 1


def test_a_platform_that_none_is_packed_for_is_told_what_to_name(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")

    with pytest.raises(ServicesUnavailableError, match=rf"on riscv64: name the directory .* in {OWN_POSTGRES}"):
        fetch(machine.environ)
    assert fetch(machine.environ | {OWN_POSTGRES: "/opt/postgres/bin"}).postgres.name == "bin"
