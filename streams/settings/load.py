"""From what the user wrote to `Settings`, or to one error that names every mistake."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from streams.errors import Mistake, SettingsError
from streams.settings.catalogue import Path, Setting, by_path
from streams.settings.gather import Gathered, gather
from streams.settings.model import Settings
from streams.settings.rules import Look, Need, broken_rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

_MAX_SHOWN = 80


def load_settings(need: frozenset[Need] = frozenset(), environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of `environ` (the process's environment by default) and of the file that it names.

    `need` says what the command uses: only that is required, but whatever is given is checked.
    Raises SettingsError with all mistakes at once.
    """
    return load_with_names(need, environ)[0]


def load_with_names(
    need: frozenset[Need] = frozenset(), environ: Mapping[str, str] | None = None
) -> tuple[Settings, Mapping[Path, str]]:
    """As `load_settings`, with the names under which the settings that are not at their default were given."""
    settings, names, mistakes = load_anyway(need, environ)
    if mistakes:
        raise SettingsError(mistakes)
    return settings, names


def load_anyway(
    need: frozenset[Need] = frozenset(), environ: Mapping[str, str] | None = None
) -> tuple[Settings, Mapping[Path, str], tuple[Mistake, ...]]:
    """As `load_with_names`, with the mistakes beside the settings instead of raised.

    What was given wrongly stands at its default.
    """
    gathered = gather(os.environ if environ is None else environ)
    settings = _validated(gathered)
    return settings, gathered.names, (*gathered.mistakes, *broken_rules(Look(settings, need, gathered)))


def _validated(gathered: Gathered) -> Settings:
    """The settings with every wrong value replaced by its default, so that the rules can judge the rest as well."""
    try:
        return Settings.model_validate(gathered.tree())
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_context=False):
            path, mistake = _mistake(detail, gathered)
            # The members of a union complain one by one about the same value.
            if not any(other.name == mistake.name for other in gathered.mistakes):
                gathered.mistakes.append(mistake)
            gathered.drop(path)
    return Settings.model_validate(gathered.tree())


def _mistake(detail: ErrorDetails, gathered: Gathered) -> tuple[Path, Mistake]:
    steps = tuple(str(step) for step in detail["loc"])
    setting = next(by_path()[steps[:end]] for end in range(1, len(steps) + 1) if steps[:end] in by_path())
    name = gathered.names.get(setting.path, setting.variable) + _inside(steps[len(setting.path) :])
    return setting.path, Mistake(name, _problem(detail, setting), _remedy(setting))


def _inside(steps: tuple[str, ...]) -> str:
    # pydantic ends the place of a union's member with a description of the member, which says nothing to a user.
    return "".join(f"[{step}]" for step in steps if "[" not in step and not step.startswith(("literal", "datetime")))


def _problem(detail: ErrorDetails, setting: Setting) -> str:
    said = detail["msg"].removeprefix("Value error, ").removeprefix("Input should ")
    said = f"must {said}" if not said.startswith("must ") else said
    if detail["type"] == "extra_forbidden":
        return "is no setting."
    if detail["type"] == "missing":
        return "is missing."
    if setting.structured and detail["type"].endswith("_type"):
        return "has the wrong shape."
    # A URL that is refused for the password in it must not be shown with it.
    if setting.secret or setting.structured or "@" in str(detail["input"]):
        return f"{said}."
    return f"is {_shown(detail['input'])}; it {said}."


def _remedy(setting: Setting) -> str:
    return f"Write it like {setting.example}." if setting.structured else ""


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "..."
