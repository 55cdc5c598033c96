"""A real PostgreSQL server on loopback, with logical replication, as any user: also where the tests run as root."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.jars import unpack
from tests.support.supervision import HOST, ManagedProcess, StartError, User, free_port

if TYPE_CHECKING:
    from tests.support.connect.files import ConnectFiles

START_TIMEOUT_S = 60.0

USER = "postgres"
PASSWORD = "not-asked-for-on-loopback"
DATABASE = "postgres"

# PostgreSQL refuses to run as root; this user owns nothing else.
_UNPRIVILEGED = "nobody"

_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    # What a source of changes needs; the default, replica, leaves out the rows.
    "wal_level": "logical",
    # Gone with the test: nothing of it must survive the machine.
    "fsync": "off",
    "shared_buffers": "32MB",
    "max_connections": "40",
}


class PostgresServer:
    """One server with an empty database. It lives in a directory of its own below /tmp, not below pytest's.

    pytest's directories are for their owner only, and so may be the cache with the binaries: a server that root starts
    as another user could neither be run nor write there.
    """

    def __init__(self, files: ConnectFiles, log_directory: Path) -> None:
        """Describe the server; nothing is unpacked or started."""
        self._files = files
        self._home: Path | None = None
        self._log = log_directory / "postgres.log"
        self._user = _unprivileged() if os.geteuid() == 0 else None
        self._process: ManagedProcess | None = None
        self.port = free_port()
        self.url = f"postgresql://{USER}@{HOST}:{self.port}/{DATABASE}"

    def start(self) -> None:
        """Make the database and start; raises `StartError` with the end of the log."""
        self._home = home = Path(tempfile.mkdtemp(prefix="crm-insights-postgres-"))
        binaries = self._files.postgres
        if binaries.is_file():
            unpack(binaries, home)
            binaries = home / "bin"
        if self._user is not None:
            os.chown(home, self._user.user, self._user.group)
        self._make_database(binaries / "initdb")
        settings = [option for name, value in _SETTINGS.items() for option in ("-c", f"{name}={value}")]
        self._process = ManagedProcess(
            "PostgreSQL",
            [str(binaries / "postgres"), "-D", str(home / "data"), "-p", str(self.port), *settings],
            log=self._log,
            cwd=home,
            user=self._user,
        )
        self._process.start()
        self._process.wait_ready(self._answers, timeout_s=START_TIMEOUT_S)

    def close(self) -> None:
        """Stop at once, and leave nothing behind."""
        try:
            if self._process is not None and self._process.running:
                # "Immediate" waits neither for clients nor for a last checkpoint.
                self._process.stop(number=signal.SIGQUIT)
        finally:
            if self._home is not None:
                shutil.rmtree(self._home)

    def _make_database(self, initdb: Path) -> None:
        assert self._home is not None
        command = [str(initdb), "-D", str(self._home / "data"), "-U", USER, "--auth=trust", "--no-sync", "-E", "UTF8"]
        done = subprocess.run(
            [*command, "--locale=C"],
            cwd=self._home,
            capture_output=True,
            text=True,
            timeout=START_TIMEOUT_S,
            check=False,
            **({} if self._user is None else self._user._asdict()),
        )
        if done.returncode != 0:
            raise StartError(f"initdb ended with exit code {done.returncode}:\n{(done.stdout + done.stderr)[-2000:]}")

    def _answers(self) -> bool:
        import psycopg  # noqa: PLC0415 -- only who runs a server needs a client for it

        try:
            psycopg.connect(self.url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


def _unprivileged() -> User:
    entry = pwd.getpwnam(_UNPRIVILEGED)
    return User(entry.pw_uid, entry.pw_gid)
