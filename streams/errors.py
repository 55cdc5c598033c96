"""What the streams package raises on purpose, beside the two faults of an event (schemas/errors.py).

CrmInsightsError
├── SettingsError        the settings are wrong: every mistake at once, exit 2
├── BrokerUnreachable    no broker answers, or it refuses us: exit 1
└── CommandFailed        a command could not do what it was asked to do: exit 1

This module imports nothing heavy: the command line needs its names before it knows which command runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.errors import CrmInsightsError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong with the settings.

    `name` is the full variable or the path in the file as the user wrote it; `problem` continues the sentence that it
    begins ("is missing."), and `remedy` says what to do. Neither ever holds the value of a secret.
    """

    name: str
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        """Say it as one sentence or two."""
        return f"{self.name} {self.problem} {self.remedy}".rstrip()


class SettingsError(CrmInsightsError):
    """The settings are wrong; the message lists every mistake with what to do about it."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        """Hold all `mistakes`, which must be at least one."""
        self.mistakes = tuple(mistakes)
        count = "1 setting is wrong" if len(self.mistakes) == 1 else f"{len(self.mistakes)} settings are wrong"
        super().__init__("\n".join([f"{count}:", *(f"  {mistake}" for mistake in self.mistakes)]))


class BrokerUnreachable(CrmInsightsError):  # noqa: N818 - named for the state of the broker, as DependencyFault is
    """No Kafka broker answers, or it refuses us; the message names the setting to look at."""


class CommandFailed(CrmInsightsError):  # noqa: N818 - it is an ending, the message is the whole explanation
    """A command could not do what it was asked to do; the message is one line for the person who typed it."""
