"""The directory below STATE__DIR that one running process has to itself, and finds again after a crash."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING, Self

from schemas.errors import CrmInsightsError

if TYPE_CHECKING:
    from pathlib import Path

# More processes than ever share a machine and a directory.
DIRECTORIES = 64


class StateDirectoryUnusableError(CrmInsightsError):
    """STATE__DIR cannot be written to, or too many processes use it."""


class OwnDirectory:
    """`STATE__DIR/process-N`, held by a lock that the kernel gives back however the process ends.

    The lowest free number is taken: a single worker always finds its own again, and several that share a directory
    find those of the dead among them.
    """

    def __init__(self, path: Path, lock: int) -> None:
        """Hold `path` by the file descriptor `lock`; use `claim`."""
        self.path = path
        self._lock = lock

    @classmethod
    def claim(cls, state_dir: Path) -> Self:
        """Take the first directory that nobody holds. Raises StateDirectoryUnusableError."""
        try:
            for number in range(DIRECTORIES):
                path = state_dir / f"process-{number}"
                path.mkdir(parents=True, exist_ok=True)
                lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(lock)
                else:
                    return cls(path, lock)
        except OSError as error:
            raise StateDirectoryUnusableError(
                f"CRM_INSIGHTS_STATE__DIR: {state_dir.absolute()} cannot be used ({error.strerror}). The worker keeps "
                "there what must outlive a crash; set it to a directory that it may write to."
            ) from error
        raise StateDirectoryUnusableError(
            f"CRM_INSIGHTS_STATE__DIR: {state_dir.absolute()} is used by {DIRECTORIES} running processes. Give each "
            "worker a directory of its own."
        )

    def __enter__(self) -> Self:
        """Have it until the block ends."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let another process have it."""
        os.close(self._lock)
